"""Which of many calls or writes meet a span of time, without asking each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from forensics.correlate.model import Deploy, Write

T = TypeVar("T", Deploy, Write)


@dataclass(frozen=True)
class Extents(Generic[T]):
    """Some calls or writes, in an order of their own, with when each can have begun and ended.

    Sorted by their beginnings; `latest` is the latest end of all up to each: before the first that reaches a span, none does.
    """

    items: Sequence[T]
    own: np.ndarray  # where each stands in the order of its own
    begin: np.ndarray
    end: np.ndarray
    latest: np.ndarray

    @classmethod
    def of(cls, items: Sequence[T]) -> Extents[T]:
        """As they lie now: what moves afterwards is not seen."""
        begin, end = (np.array([getattr(x, name) for x in items], np.int64) for name in ("sE", "eL"))
        own = np.argsort(begin, kind="stable")
        return cls(items, own, begin[own], end[own], np.maximum.accumulate(end[own]))

    def meeting(self, lo: int, hi: int) -> list[T]:
        """Those that can have begun by `hi` and need not have ended before `lo`, in their own order."""
        first, past = np.searchsorted(self.latest, lo, "left"), np.searchsorted(self.begin, hi, "right")
        return [self.items[n] for n in np.sort(self.own[first:past][self.end[first:past] >= lo])]
