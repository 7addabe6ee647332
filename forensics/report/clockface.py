"""How instants are written in one report: the day once where all fall on one, with each instant where they do not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

DAY_US = 86_400_000_000


@dataclass(frozen=True)
class Clockface:
    """Writes microseconds since 1970 in UTC, to the millisecond; null is `unknown`."""

    day: str | None  # the one day of all instants; null where there are several

    @classmethod
    def over(cls, instants: Iterable[int | None]) -> Clockface:
        """One that fits these instants."""
        days = {us // DAY_US for us in instants if us is not None}
        return cls(_text(days.pop() * DAY_US)[:10] if len(days) == 1 else None)

    def at(self, us: int | None) -> str:
        if us is None:
            return "unknown"
        text = _text(us)
        return text[11:] if text[:10] == self.day else text

    def second(self, us: int | None) -> str:
        """An instant that is known to the second, as in a reflog."""
        return self.at(us).partition(".")[0]

    def of(self, instant: datetime | None) -> str:
        """The same of a datetime."""
        return self.at(None if instant is None else int(instant.timestamp()) * 1_000_000 + instant.microsecond)

    def span(self, lo: int | None, hi: int | None) -> str:
        """An instant between two bounds; one instant where they agree to the millisecond."""
        if lo is not None and hi is not None and hi - lo < 1_000:
            return self.at(lo)
        return f"{self.at(lo)} .. {self.at(hi)}"

    @property
    def said(self) -> str:
        """How to read the times."""
        where = f"on {self.day}, UTC" if self.day else "UTC"
        return f"Times are {where}. Two times bound an instant that the evidence does not fix."


def _text(us: int) -> str:
    return datetime.fromtimestamp(us // 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S") + f".{us % 1_000_000 // 1000:03d}"
