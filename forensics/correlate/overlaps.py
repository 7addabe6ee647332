"""Pairs of deploys of different runs that may, or must, have overlapped on one stack.

Rows are sorted by stack and earliest start; the partners of a row are those after it that start before it ends, a
range found by one binary search. That costs O(n log n + pairs), whatever the stacks look like: an equality join on
the stack would be quadratic in its largest one, and so is writing out the pairs of deploys that never end. Hence
`limit`, and counts that need no listing.

Input, in any order: `id`, `key` (the stack), `run`, and the ends of `intervals`. Rows without a key, and rows whose
bounds no instants satisfy (`sE > sL` or `eE > eL`, an order contradiction), take no part. A run that is not known
(null) is nobody's: such a row is paired with every other.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from forensics.correlate.axis import Axis, codes_of
from forensics.correlate.intervals import (
    ENDS,
    definitely_overlap,
    limited,
    nullable_length,
    overlap_at_least,
    overlap_at_most,
    possible,
    possibly_overlap,
    span_exprs,
    spans,
)
from forensics.correlate.scan import CHUNK, expand, forward, in_order
from forensics.correlate.tables import Frame, taken

Batches = Iterator[tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Overlaps:
    """The pairs listed, how many there are, and how many rows took no part."""

    pairs: pl.DataFrame
    total: int
    skipped: int

    @property
    def left_out(self) -> int:
        """Pairs that exist and are not listed."""
        return self.total - len(self.pairs)


def overlapping_pairs(deploys: Frame, *, limit: int | None = None) -> Overlaps:
    """List the pairs of deploys of different runs on one key that possibly overlap.

    One row is one pair: `a` starts first (by `sE`, then the shorter or the smaller id), `b` second. `definite` says that
    they overlap under every realization of their bounds. `at_least_us` and `at_most_us` bound what they share;
    `at_most_us` is null where nothing limits it, because neither end is known. Sorted by key, then start.

    With a `limit` the definite pairs are listed first, then possible ones, up to that many; the result says how many
    were left out. Without one every pair is listed, and memory grows with them.
    """
    scene = Scene(deploys)
    if limit is None or int(scene.extents.partners().sum()) <= limit:
        a, b = _collected(scene.pairs())
        return Overlaps(scene.frame(a, b), len(a), scene.skipped)
    total = int(scene.extents.foreign_partners().sum())
    a, b = _limited(scene, limit) if total > limit else _collected(scene.foreign_pairs())
    return Overlaps(scene.frame(a, b), total, scene.skipped)


def count_overlaps(deploys: Frame) -> int:
    """How many pairs `overlapping_pairs` would list, without listing them."""
    return int(Scene(deploys).extents.foreign_partners().sum())


def judge_in_own_time(pairs: pl.DataFrame, deploys: Frame) -> pl.DataFrame:
    """Judge pairs that one clock saw by that clock alone; an error between clocks says nothing about them.

    Args:
        pairs: As from `overlapping_pairs`, over bounds that were widened by the error between clocks.
        deploys: The same deploys with `clock` (null where several clocks timed it) and its own bounds, not widened.

    Returns:
        The pairs, those of one clock with new `definite`, `at_least_us` and `at_most_us`; those that do not overlap in
        their own time are gone.
    """
    own = taken(deploys, "deploys", "id", "clock", *ENDS).lazy()
    left, right = own.rename({"id": "a"}), own.rename({"id": "b"})
    a, b = span_exprs(), span_exprs("_b")
    same = (pl.col("clock") == pl.col("clock_b")).fill_null(False)
    most = overlap_at_most(a, b)
    judged = {
        "definite": definitely_overlap(a, b),
        "at_least_us": overlap_at_least(a, b),
        "at_most_us": limited(most),
    }
    return (
        pairs.lazy()
        .with_row_index("row")
        .join(left, on="a", how="left")
        .join(right, on="b", how="left", suffix="_b")
        .filter(~same | possibly_overlap(a, b))
        .with_columns(pl.when(same).then(value).otherwise(pl.col(name)).alias(name) for name, value in judged.items())
        .sort("row")
        .select(pairs.columns)
        .collect()
    )


class Scene:
    """The deploys that take part, as arrays; positions in these arrays are what the methods speak of."""

    def __init__(self, deploys: Frame) -> None:
        frame = taken(deploys, "deploys", "id", "key", "run", *ENDS)
        span = spans(frame)
        (keys,), self.key_count = codes_of(frame["key"])
        (runs,), _ = codes_of(frame["run"])
        ids, taking = frame["id"], possible(span) & (keys >= 0)
        if not taking.all():
            ids, keys, runs, span = ids.filter(pl.Series(taking)), keys[taking], runs[taking], span.take(taking)
        self.ids, self.keys, self.runs, self.span = ids, keys, runs, span
        self.skipped = len(frame) - len(ids)
        self.extents = Scan(keys, self.key_count, runs, span.sE, span.eL, ids)

    def pairs(self) -> Batches:
        """All pairs, in batches: the one that starts first, the other."""
        return self.extents.pairs(self.extents.partners())

    def foreign_pairs(self, chunk: int = CHUNK) -> Batches:
        """The same, without scanning rows that meet only their own run."""
        partners = self.extents.partners()
        return self.extents.pairs(np.where(self.extents.foreign_partners() > 0, partners, 0), chunk)

    def definite_pairs(self, chunk: int = CHUNK) -> Batches:
        """All definite pairs, in batches, the two of a pair in any order.

        One of the two has a core. Two cores overlap as extents do; a row without a core, surely running at one of the
        instants from `eE` to `sL` only, must have all of them inside the other's core.
        """
        cored = np.flatnonzero(self.span.sL < self.span.eE)
        bare = np.flatnonzero(self.span.sL >= self.span.eE)
        core, hollow = self.span.take(cored), self.span.take(bare)
        scan = Scan(self.keys[cored], self.key_count, self.runs[cored], core.sL, core.eE, self.ids.gather(cored))
        for i, j in scan.pairs(np.where(scan.foreign_partners() > 0, scan.partners(), 0), chunk):
            yield cored[i], cored[j]
        cored = cored[scan.order]
        core = self.span.take(cored)
        axis = Axis.fit(self.key_count, [core.sL, core.eE, hollow.eE])
        places = axis.place(self.keys[bare], hollow.eE)
        order = in_order(places, hollow.sL, self.ids.gather(bare))
        places = places[order]
        first = np.searchsorted(places, axis.place(self.keys[cored], core.sL), side="right")
        end = np.searchsorted(places, axis.place(self.keys[cored], core.eE), side="left")
        for i, k in expand(first, np.maximum(end - first, 0), chunk):
            a, b = cored[i], bare[order[k]]
            inside = foreign(self.runs, a, b) & definitely_overlap(self.span.take(a), self.span.take(b))
            yield a[inside], b[inside]

    def frame(self, a: np.ndarray, b: np.ndarray) -> pl.DataFrame:
        """The pairs as people join them."""
        left, right = self.span.take(a), self.span.take(b)
        columns = [
            self.ids.gather(a).alias("a"),
            self.ids.gather(b).alias("b"),
            pl.Series("definite", definitely_overlap(left, right)),
            pl.Series("at_least_us", overlap_at_least(left, right)),
            nullable_length(overlap_at_most(left, right), "at_most_us"),
        ]
        return pl.DataFrame(columns)


class Scan:
    """Rows sorted by key and start, to be paired with those after them that start before they end.

    A row of no length comes before the others of its instant, so that it is paired with none of them: it only
    touches them. Other ties go by id: never by chance, and never by the order in which files were read.
    """

    def __init__(self, keys: np.ndarray, key_count: int, runs: np.ndarray, low: np.ndarray, high: np.ndarray, ids: pl.Series) -> None:
        self.keys, self.runs, self.low, self.high = keys, runs, low, high
        axis = Axis.fit(key_count, [low, high], spare=1)
        starts = (axis.place(keys, low) << 1) | (high > low)
        self.order = in_order(starts, high, ids)
        self.starts = starts[self.order]
        self.ends = (axis.place(keys, high) << 1)[self.order]

    def partners(self) -> np.ndarray:
        """Per sorted row, how many rows after it overlap it, its own run's included."""
        return forward(self.starts, self.ends)

    def foreign_partners(self) -> np.ndarray:
        """The same without its own run's: all, less what a scan of each run by itself finds."""
        counts, runs = self.partners(), self.runs[self.order]
        known = np.flatnonzero(runs >= 0)
        rows = self.order[known]
        run_of_key, own = np.unique(self.keys[rows].astype(np.int64) * (int(runs.max(initial=0)) + 1) + runs[known], return_inverse=True)
        axis = Axis.fit(len(run_of_key), [self.low[rows], self.high[rows]], spare=1)
        starts = (axis.place(own, self.low[rows]) << 1) | (self.high[rows] > self.low[rows])
        order = np.argsort(starts, kind="stable")
        counts[known[order]] -= forward(starts[order], (axis.place(own, self.high[rows]) << 1)[order])
        return counts

    def pairs(self, partners: np.ndarray, chunk: int = CHUNK) -> Batches:
        """Rows paired with as many of those after them as `partners` says; pairs of one run dropped."""
        for i, j in expand(np.arange(1, len(partners) + 1), partners, chunk):
            a, b = self.order[i], self.order[j]
            kept = foreign(self.runs, a, b)
            yield a[kept], b[kept]


def foreign(runs: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Whether the rows are not known to belong to one run."""
    return (runs[a] != runs[b]) | (runs[a] < 0)


def _collected(batches: Batches, limit: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    left, right, held = [np.empty(0, np.int64)], [np.empty(0, np.int64)], 0
    for a, b in batches:
        left.append(a)
        right.append(b)
        held += len(a)
        if limit is not None and held >= limit:
            break
    return np.concatenate(left)[:limit], np.concatenate(right)[:limit]


def _limited(scene: Scene, limit: int) -> tuple[np.ndarray, np.ndarray]:
    """Definite pairs up to the limit, then possible ones, looking at few more at a time than are wanted."""
    chunk = min(CHUNK, max(1 << 16, 4 * limit))
    rank = np.empty(len(scene.keys), np.int64)
    rank[scene.extents.order] = np.arange(len(rank))
    a, b = _collected(scene.definite_pairs(chunk), limit)
    first, second = np.minimum(rank[a], rank[b]), np.maximum(rank[a], rank[b])
    if len(a) < limit:
        doubtful = (
            (a[~sure], b[~sure])
            for a, b in scene.foreign_pairs(chunk)
            for sure in [definitely_overlap(scene.span.take(a), scene.span.take(b))]
        )
        c, d = _collected(doubtful, limit - len(a))
        first, second = np.concatenate([first, rank[c]]), np.concatenate([second, rank[d]])
    order = np.lexsort((second, first))
    return scene.extents.order[first[order]], scene.extents.order[second[order]]
