"""What an ingest did, so that it can be added up.

lines = in_events + unparsed + blank, for each source and in total; and every file found is in exactly one of stored,
known, passed over, refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from forensics.errors import StoreError
from forensics.store.state import COUNTS
from forensics.store.walk import Passed

OUTCOMES = {
    "stored": "a new source",
    "extends": "a new source: the same file, grown; what was read of it before counts no more",
    "within": "a new source: an earlier state of a file that the case holds longer; it does not count",
    "known": "read before, the same bytes at the same path: nothing was added",
}


@dataclass(frozen=True)
class Row:
    """One source that was read. `note` is what was odd: the source was read only in part, or its parser failed."""

    path: str
    outcome: str  # one of OUTCOMES
    parser: str
    size: int
    lines: int
    in_events: int
    unparsed: int
    blank: int
    events: int
    note: str | None = None


@dataclass
class Receipt:
    """What one ingest read. `skipped` was not meant to be read, `unreadable` was, and could not be."""

    rows: list[Row] = field(default_factory=list)
    skipped: list[Passed] = field(default_factory=list)
    unreadable: list[Passed] = field(default_factory=list)
    swept: int = 0  # leftovers of an ingest that was killed

    def passed(self, what: Passed) -> None:
        (self.unreadable if what.wanted else self.skipped).append(what)

    @property
    def added(self) -> Iterator[Row]:
        """The sources that were not in the case before."""
        return (row for row in self.rows if row.outcome != "known")

    @property
    def known(self) -> int:
        return sum(row.outcome == "known" for row in self.rows)

    @property
    def totals(self) -> dict[str, int]:
        """Sums over what was added: sources, size, events, lines, in_events, unparsed, blank."""
        added = list(self.added)
        return {"sources": len(added)} | {k: sum(getattr(row, k) for row in added) for k in ("size", "events", *COUNTS)}

    def check(self) -> None:
        """Insist that lines are in_events + unparsed + blank.

        Raises:
            StoreError: If not.
        """
        total = self.totals
        if total["lines"] != total["in_events"] + total["unparsed"] + total["blank"]:
            said = ", ".join(f"{k} {v}" for k, v in total.items())
            raise StoreError("the receipt does not add up", "totals", said, "report this: it is a fault of the program")

    @property
    def attention(self) -> bool:
        """True where something was not, or only partly, read."""
        return bool(self.unreadable) or any(row.note for row in self.added)
