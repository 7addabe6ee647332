"""The writes and reads of many registers, sorted once, and what can be said of a read from their bounds alone.

The formulas are those of `attribution`; here they become searches in sorted arrays. Time order and index order differ
in how bounds are read, and in nothing else.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from forensics.correlate.axis import Axis, codes_of
from forensics.correlate.intervals import ENDS, INF, Span, canonical, earliest, latest, possible, spans
from forensics.correlate.scan import MaxTree, in_order, spread
from forensics.correlate.tables import Frame, taken


@dataclass(frozen=True)
class Seen:
    """Per read: writes that end before `first` were over, writes that start by `last` had begun; `part` is not void."""

    first: np.ndarray
    last: np.ndarray
    part: np.ndarray

    def take(self, rows: np.ndarray) -> "Seen":
        """These reads."""
        return Seen(self.first[rows], self.last[rows], self.part[rows])


class Histories:
    """Writes, and reads sorted by register and time; arrays of the latter are in that order until `as_given`.

    `writes` holds those that take part. Positions of writes are rows of it.
    """

    def __init__(self, reads: pl.DataFrame, writes: pl.DataFrame, seen: Seen, span: Span, times: list[np.ndarray]) -> None:
        (write_keys, read_keys), count = codes_of(writes["register"], reads["register"])
        part = possible(span) & (write_keys >= 0)
        if not part.all():
            writes, span, write_keys = writes.filter(pl.Series(part)), span.take(part), write_keys[part]
        self.writes, self.span, self.keys = writes, span, write_keys
        self.axis = Axis.fit(count, [*times, seen.first, seen.last])
        part = seen.part & (read_keys >= 0)
        rows = np.flatnonzero(part)
        seen, read_keys = (seen, read_keys) if len(rows) == len(part) else (seen.take(rows), read_keys[rows])
        order = np.argsort(self.axis.place(read_keys, seen.first))
        self.reads, self.rows = reads, rows[order]
        self.read_keys, self.first, self.last = read_keys[order], seen.first[order], seen.last[order]
        self.sure = writes["sure"].to_numpy()

    @classmethod
    def in_time(cls, reads: Frame, writes: Frame, *, bare: bool = False) -> "Histories":
        """Ordered by clocks; `bare` asks for the outer bounds and nothing else."""
        ends = ("sE", "eL") if bare else ("run", "value", *ENDS)
        writes = taken(writes, "writes", "id", "register", "sure", *ends)
        reads = taken(reads, "reads", "id", "register", "rE", "rL", *(() if bare else ("observed",)))
        first, last = earliest(reads["rE"]), latest(reads["rL"])
        if bare:
            low, high = earliest(writes["sE"]), latest(writes["eL"])
            return cls(reads, writes, Seen(first, last, first <= last), Span(low, low, high, high), [low, high])
        span = spans(writes)
        return cls(reads, writes, Seen(first, last, first <= last), span, [*span])

    @classmethod
    def by_index(cls, reads: Frame, writes: Frame) -> "Histories":
        """Ordered by `Version.Index`. A write is a point, and a read at j sees the one at j: over before j + 1."""
        writes = taken(writes, "writes", "id", "register", "sure", "run", "value", "iE", "iL")
        reads = taken(reads, "reads", "id", "register", "index", "observed")
        low, high, index = earliest(writes["iE"]), latest(writes["iL"]), latest(reads["index"])
        return cls(reads, writes, Seen(index + 1, index, index < INF), canonical(Span(low, high, low, high)), [low, high])

    @cached_property
    def start_order(self) -> np.ndarray:
        """Writes by register and earliest start; ties by latest end, then id."""
        return in_order(self.axis.place(self.keys, self.span.sE), self.span.eL, self.writes["id"])

    @cached_property
    def ends(self) -> np.ndarray:
        """Places of the latest ends of all writes, sorted."""
        places = self.axis.place(self.keys, self.span.eL)
        places.sort()
        return places

    def last_sure(self, *, named: bool = True) -> tuple[np.ndarray, np.ndarray]:
        """m(r) as a place (its key's start where no sure write ended before), and the write that gives it, or -1."""
        rows = None if self.sure.all() else np.flatnonzero(self.sure)
        keys, starts, ends = (every if rows is None else every[rows] for every in (self.keys, self.span.sE, self.span.eL))
        ids = None
        if named:
            ids = self.writes["id"] if rows is None else self.writes["id"].gather(rows)
        m, giver = latest_before(self.axis, keys, starts, ends, ids, self.read_keys, self.first)
        return m, giver if rows is None else np.where(giver >= 0, np.append(rows, 0)[giver], -1)

    def counts(self, m: np.ndarray) -> np.ndarray:
        """|C(r)|: the writes that had begun, less those overwritten."""
        starts = self.axis.place(self.keys, self.span.sE)
        starts.sort()
        begun = np.searchsorted(starts, self.axis.place(self.read_keys, self.last), side="right")
        return begun - np.searchsorted(self.ends, m, side="left")

    def candidates(self, m: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
        """Pairs (read, write) of C(r), by read, then start.

        Writes that start at m(r) or later are neighbours; those that start before and reach it are searched for.
        """
        order = self.start_order
        starts = self.axis.place(self.keys, self.span.sE)[order]
        end = np.searchsorted(starts, self.axis.place(self.read_keys, self.last), side="right")
        middle = np.searchsorted(starts, m, side="left")
        across = self.counts(m) - (end - middle)
        searched = np.flatnonzero((across > 0) & (across + end - middle <= most))
        tree = MaxTree(self.axis.place(self.keys, self.span.eL)[order])
        first = np.searchsorted(starts, self.axis.start(self.read_keys[searched]), side="left")
        i, position = tree.at_least(first, middle[searched], m[searched])
        listed = np.minimum(end - middle, most)
        j, later = spread(end - listed, listed)
        read, position = np.concatenate([searched[i], j]), np.concatenate([position, later])
        by_read = np.argsort(read, kind="stable")
        return read[by_read], order[position[by_read]]

    def unavoidable(self, read: np.ndarray, write: np.ndarray) -> np.ndarray:
        """Whether the write surely has started by the read, and nothing can come between the two."""
        before, after = np.minimum(self.first, self.last), np.maximum(self.first, self.last)
        started = self.sure[write] & (self.span.sL[write] <= before[read])
        return started & (self._displaced[write] >= after[read])

    @cached_property
    def _displaced(self) -> np.ndarray:
        """Per write, the earliest instant at which another can have started after its end, and ended."""
        span, n = self.span, len(self.keys)
        order = np.argsort(self.axis.place(self.keys, span.sL), kind="stable")
        lasts, ends = self.axis.place(self.keys, span.sL)[order], self.axis.place(self.keys, span.eE)[order]
        lowest = np.minimum.accumulate(ends[::-1])[::-1]
        none = np.iinfo(np.int64).max
        padded = np.append(lowest, none)
        own = np.searchsorted(lasts, ends, side="right")
        out = padded[own]
        # A write must not displace itself. Only the leftmost lowest of a suffix is taken out of it: two such writes
        # have disjoint stretches in between, so looking through them is linear.
        holders = np.append(np.where(ends == lowest, np.arange(n), n), n)
        leftmost = np.minimum.accumulate(holders[::-1])[::-1]
        alone = np.flatnonzero(leftmost[own] == np.arange(n))
        width = alone - own[alone]
        _, between = spread(own[alone], width)
        others = padded[alone + 1]
        if len(between):
            wide = width > 0
            edges = (np.cumsum(width) - width)[wide]
            others[wide] = np.minimum(others[wide], np.minimum.reduceat(ends[between], edges))
        out[alone] = others
        foreign = out >= self.axis.start(self.keys[order] + 1)
        times = np.where(foreign, INF, self.axis.times(np.where(foreign, 0, out)))
        displaced = np.empty(n, np.int64)
        displaced[order] = np.maximum(times, span.eE[order] + 1)
        return displaced

    def sure_between(self, write: np.ndarray, read: np.ndarray) -> np.ndarray:
        """How many sure writes of the register ended after this write did, and before the read."""
        places = self.axis.place(self.keys, self.span.eL)
        ends = np.sort(places[self.sure])
        over = np.searchsorted(ends, self.axis.place(self.read_keys[read], self.first[read]), side="left")
        return over - np.searchsorted(ends, places[write], side="right")

    def as_given(self, values: np.ndarray, name: str, *, known: np.ndarray | None = None) -> pl.Series:
        """A column for all reads in the order given: null where a read takes no part, or the value is not known."""
        out = np.zeros(len(self.reads), np.int64)
        out[self.rows] = values
        column = pl.Series(name, out)
        if len(self.rows) == len(self.reads) and (known is None or known.all()):
            return column
        stated = np.zeros(len(self.reads), bool)
        stated[self.rows] = True if known is None else known
        return pl.select(pl.when(pl.Series(stated)).then(column).alias(name)).to_series()


def latest_before(
    axis: Axis, keys: np.ndarray, starts: np.ndarray, ends: np.ndarray, ids: pl.Series | None, asked: np.ndarray, times: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Of the rows of the asked key that end before the time, the latest start and the row that has it.

    Returns:
        Per question a place, at least the start of its key's stretch, and a row: -1 where there is none, and
        everywhere if no `ids` are given to settle ties by.
    """
    base = axis.start(asked)
    if not len(keys):
        return base, np.full(len(base), -1)
    places = axis.place(keys, ends)
    order = np.argsort(places) if ids is None else in_order(places, ids)
    reached = np.maximum.accumulate(axis.place(keys, starts)[order])
    over = np.searchsorted(places[order], axis.place(asked, times), side="left") - 1
    found = np.where(over >= 0, reached[over], -1)
    if ids is None:
        return np.maximum(found, base), np.full(len(base), -1)
    record = np.insert(reached[1:] > reached[:-1], 0, True)
    giver = order[np.maximum.accumulate(np.where(record, np.arange(len(record)), 0))]
    return np.maximum(found, base), np.where(found >= base, giver[over], -1)
