"""Over which time swarm's own events are in evidence: closed windows, one per stretch that some dump of them covers.

Between two windows lies a hole: nobody recorded, and that nothing is there proves nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from forensics.correlate.model import INF

Window = tuple[int, int]
STEP_US = 1  # two windows that abut leave no instant between them


@dataclass(frozen=True)
class Windows:
    """Windows in microseconds, both ends included: sorted, and none touches another. Falsy where there are none."""

    spans: tuple[Window, ...] = ()

    @classmethod
    def of(cls, spans: Iterable[Window]) -> Windows:
        """Windows of any order; those that meet or abut become one."""
        found: list[Window] = []
        for lo, hi in sorted(s for s in spans if s[0] <= s[1]):
            if found and lo <= found[-1][1] + STEP_US:
                found[-1] = found[-1][0], max(found[-1][1], hi)
            else:
                found.append((lo, hi))
        return cls(tuple(found))

    def __bool__(self) -> bool:
        return bool(self.spans)

    @property
    def first(self) -> int:
        """The first instant of all; INF where there is none."""
        return self.spans[0][0] if self.spans else INF

    @property
    def last(self) -> int:
        """The last instant of all; -INF where there is none."""
        return self.spans[-1][1] if self.spans else -INF

    def at(self, t: int) -> Window | None:
        """The window that holds an instant; None where none does."""
        n = bisect_right(self.spans, t, key=lambda s: s[0]) - 1
        return self.spans[n] if n >= 0 and t <= self.spans[n][1] else None

    def cover(self, lo: int, hi: int) -> bool:
        """Whether one window holds both instants, so that nothing between them can be missing."""
        lo, hi = min(lo, hi), max(lo, hi)
        window = self.at(lo)
        return window is not None and hi <= window[1]

    def meet(self, lo: int, hi: int) -> bool:
        """Whether any instant of a closed span is covered."""
        n = bisect_right(self.spans, hi, key=lambda s: s[0]) - 1
        return n >= 0 and self.spans[n][1] >= lo

    def outside(self, lo: int, hi: int) -> list[Window]:
        """The parts of a closed span that no window covers, in order."""
        found, at = [], lo
        for a, b in self.spans:
            if b < at or a > hi:
                continue
            if a > at:
                found.append((at, a - 1))
            at = b + 1
        return [*found, *([(at, hi)] if at <= hi else [])]
