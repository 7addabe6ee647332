"""Which locks surely, or possibly, covered a write; and which one covered all writes of a register.

A hold is a span like any other: taken in `[aE, aL]`, released in `[zE, zL]`. It covers a write of its own run if it is
taken by the write's start and released no earlier than the write's end; touching is covered.

    guarded(w)    some hold has  aL <= w.sE  and  w.eL <= zE     in every realization of the bounds
    unguarded(w)  no hold has    aE <= w.sL  and  w.eE <= zL     in none
    else unknown

The lockset of a register (Eraser) is the intersection, over its writes, of the keys of covering holds: `c_max` of
those possibly covering, `c_min` of those certainly covering. A hold covers nothing after its process died: its release
is then the death. A write whose run is not known is neither guarded nor unguarded: nobody knows whose holds to ask.

Holds: `id`, `key` (scope included, so that equal keys exclude each other), `run`, `aE aL zE zL`. Writes: `id`,
`register`, `run` and the ends of `intervals`. Null bounds as there.
"""

import numpy as np
import polars as pl

from forensics.correlate.axis import Axis, codes_of
from forensics.correlate.intervals import ENDS, Span, canonical, earliest, latest, possible, spans
from forensics.correlate.scan import MaxTree
from forensics.correlate.tables import Frame, taken

GUARDED = pl.Enum(["guarded", "unguarded", "unknown"])


def certainly_covers(hold: Span, write: Span) -> np.ndarray | pl.Expr:
    """Under every realization of both."""
    return (hold.sL <= write.sE) & (write.eL <= hold.eE)


def covers(holds: Frame, writes: Frame) -> pl.DataFrame:
    """List which holds possibly cover which writes of their run: `write`, `hold`, `key`, `certain`; by write, hold."""
    holds, writes = _holds(holds), taken(writes, "writes", "id", "run", *ENDS)
    return _covers(holds, writes)


def guards(holds: Frame, writes: Frame) -> pl.DataFrame:
    """Judge each write, in the order given: `write`, `state`, `keys_certain`, `keys_possible` (sorted lists).

    `state` is `guarded`, `unguarded` or `unknown`. The keys are null where the run of the write is not known.
    """
    holds, writes = _holds(holds), taken(writes, "writes", "id", "run", *ENDS)
    keys = (
        _covers(holds, writes)
        .group_by("write")
        .agg(keys_certain=pl.col("key").filter("certain").unique().sort(), keys_possible=pl.col("key").unique().sort())
    )
    none = pl.lit([], dtype=pl.List(holds["key"].dtype))
    known = pl.col("run").is_not_null()
    state = (
        pl.when(~known | (pl.col("keys_possible").list.len() > 0) & (pl.col("keys_certain").list.len() == 0))
        .then(pl.lit("unknown"))
        .when(pl.col("keys_certain").list.len() > 0)
        .then(pl.lit("guarded"))
        .otherwise(pl.lit("unguarded"))
    )
    return (
        writes.select(pl.col("id").alias("write"), "run")
        .join(keys, on="write", how="left", maintain_order="left")
        .with_columns(pl.when(known).then(pl.col(name).fill_null(none)) for name in ("keys_certain", "keys_possible"))
        .select("write", state.cast(GUARDED).alias("state"), "keys_certain", "keys_possible")
    )


def locksets(holds: Frame, writes: Frame) -> pl.DataFrame:
    """Find the keys that covered all writes of a register; one row per register, sorted.

    `register`; `writes`; `runs`, how many known ones wrote it; `unknown_runs`, how many writes have none; `c_max` and
    `c_min`, sorted lists. A write of an unknown run empties `c_min` and leaves `c_max` to the others; `c_max` is null
    where no write has a known run. `c_max` empty: the register is surely unguarded as a whole.
    """
    holds, writes = _holds(holds), taken(writes, "writes", "id", "register", "run", *ENDS)
    writes = writes.filter(pl.col("register").is_not_null())
    totals = writes.group_by("register").agg(
        writes=pl.len().cast(pl.Int64),
        runs=pl.col("run").drop_nulls().n_unique().cast(pl.Int64),
        unknown_runs=pl.col("run").null_count().cast(pl.Int64),
    )
    covered = (
        _covers(holds, writes)
        .join(writes.select(pl.col("id").alias("write"), "register"), on="write")
        .group_by("register", "key")
        .agg(possibly=pl.col("write").n_unique(), certainly=pl.col("write").filter("certain").n_unique())
        .join(totals, on="register")
        .group_by("register")
        .agg(
            c_max=pl.col("key").filter(pl.col("possibly") == pl.col("writes") - pl.col("unknown_runs")).sort(),
            c_min=pl.col("key").filter(pl.col("certainly") == pl.col("writes")).sort(),
        )
    )
    none = pl.lit([], dtype=pl.List(holds["key"].dtype))
    return (
        totals.join(covered, on="register", how="left")
        .with_columns(pl.when(pl.col("runs") > 0).then(pl.col("c_max").fill_null(none)).alias("c_max"), pl.col("c_min").fill_null(none))
        .sort("register")
    )


def _holds(holds: Frame) -> pl.DataFrame:
    return taken(holds, "holds", "id", "key", "run", "aE", "aL", "zE", "zL").filter(pl.col("key").is_not_null())


def _covers(holds: pl.DataFrame, writes: pl.DataFrame) -> pl.DataFrame:
    """Holds sorted by run and earliest taking: those taken in time are a prefix, of which those held long enough are searched."""
    hold = canonical(Span(earliest(holds["aE"]), latest(holds["aL"]), earliest(holds["zE"]), latest(holds["zL"])))
    write = spans(writes)
    (hold_runs, write_runs), count = codes_of(holds["run"], writes["run"])
    held = np.flatnonzero(possible(hold) & (hold_runs >= 0))
    wrote = np.flatnonzero(possible(write) & (write_runs >= 0))
    hold, write, hold_runs, write_runs = hold.take(held), write.take(wrote), hold_runs[held], write_runs[wrote]

    axis = Axis.fit(count, [hold.sE, hold.eL, write.sL, write.eE])
    places = axis.place(hold_runs, hold.sE)
    order = np.argsort(places, kind="stable")
    places = places[order]
    tree = MaxTree(axis.place(hold_runs, hold.eL)[order])
    first = np.searchsorted(places, axis.start(write_runs), side="left")
    end = np.searchsorted(places, axis.place(write_runs, write.sL), side="right")
    w, position = tree.at_least(first, end, axis.place(write_runs, write.eE))
    h = order[position]
    return pl.DataFrame(
        [
            writes["id"].gather(wrote[w]).alias("write"),
            holds["id"].gather(held[h]).alias("hold"),
            holds["key"].gather(held[h]),
            pl.Series("certain", certainly_covers(hold.take(h), write.take(w)), dtype=pl.Boolean),
        ]
    ).sort("write", "hold")
