"""Episodes: what may have overlapped, directly or through others, on one stack.

An episode is a connected component of possible overlap. On rows sorted by start it begins where a row starts no
earlier than everything before it on its stack has ended; no pair is ever written out, so deploys that never end cost
nothing.
"""

import numpy as np
import polars as pl

from forensics.correlate.axis import Axis, codes_of
from forensics.correlate.intervals import ENDS, earliest, latest
from forensics.correlate.tables import Frame, taken


def episodes(deploys: Frame) -> pl.DataFrame:
    """Number the episodes; one row per deploy, in the order given: `id`, `key`, `episode`.

    Episodes are numbered from 0 by key and start. Null where a deploy takes no part: no key, or bounds that no
    instants satisfy. A deploy that nothing overlaps is an episode of its own.
    """
    frame = taken(deploys, "deploys", "id", "key", *ENDS)
    low, high = earliest(frame["sE"]), latest(frame["eL"])
    (keys,), key_count = codes_of(frame["key"])
    taking = (keys >= 0) & (low <= high) & (low <= latest(frame["sL"])) & (earliest(frame["eE"]) <= high)
    rows = None if taking.all() else np.flatnonzero(taking)
    if rows is not None:
        low, high, keys = low[rows], high[rows], keys[rows]
    numbers = np.full(len(frame), -1, np.int64)
    numbers[slice(None) if rows is None else rows] = _numbered(keys, key_count, low, high)
    column = pl.Series("episode", numbers)
    return frame.select("id", "key").with_columns(column if rows is None else column.set(column < 0, None))


def _numbered(keys: np.ndarray, key_count: int, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    axis = Axis.fit(key_count, [low, high], spare=1)
    # A row of no length goes first among those of its instant: it only touches them.
    starts = (axis.place(keys, low) << 1) | (high > low)
    order = np.argsort(starts)
    starts = starts[order] >> 1
    reached = np.maximum.accumulate(axis.place(keys, high)[order])
    new = np.ones(len(order), bool)
    new[1:] = starts[1:] >= reached[:-1]
    numbers = np.empty(len(order), np.int64)
    numbers[order] = np.cumsum(new) - 1
    return numbers


def episode_table(deploys: Frame) -> pl.DataFrame:
    """One row per episode: `episode`, `key`, its bounds `t_lo` and `t_hi`, how many deploys and known runs it holds.

    `t_lo` is the earliest possible start, `t_hi` the latest possible end; null where that is not known.
    """
    frame = taken(deploys, "deploys", "id", "key", "run", *ENDS)
    numbered = frame.with_columns(episodes(frame)["episode"]).filter(pl.col("episode").is_not_null())
    return (
        numbered.lazy()
        .group_by("episode")
        .agg(
            pl.col("key").first(),
            pl.when(pl.col("sE").null_count() == 0).then(pl.col("sE").min()).alias("t_lo"),
            pl.when(pl.col("eL").null_count() == 0).then(pl.col("eL").max()).alias("t_hi"),
            pl.len().cast(pl.Int64).alias("deploys"),
            pl.col("run").drop_nulls().n_unique().cast(pl.Int64).alias("runs"),
        )
        .sort("episode")
        .collect()
    )
