"""The reconstructed history as tables: one function a table, its columns declared once.

Times are microseconds of the epoch on the reference clock; a null bound is not known. `sE` and `sL` are the earliest and latest start,
`eE` and `eL` the same of the end. `evidence` are event ids.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

from forensics.correlate import trees
from forensics.correlate.episodes import episode_table
from forensics.correlate.episodes import episodes as numbered
from forensics.correlate.guards import locks_of
from forensics.correlate.history import History
from forensics.correlate.model import INF, bounded

TEXT, NUMBER, YES_NO, TEXTS = pl.String, pl.Int64, pl.Boolean, pl.List(pl.String)
EXTENT = dict.fromkeys(("sE", "sL", "eE", "eL"), NUMBER)
BOUNDS = (*EXTENT, "rE", "rL", "aE", "aL", "zE", "zL", "t_lo", "t_hi", "lo_us", "hi_us", "at_us")  # the columns that are instants

RUNS = pl.Schema(
    {
        "run": TEXT,
        "recipe": TEXT,
        "ref": TEXT,  # the commit under test
        "outcome": TEXT,  # what the run says of itself
        "lo_us": NUMBER,  # of its log
        "hi_us": NUMBER,
    }
)
DEPLOYS = pl.Schema(
    {
        "run": TEXT,
        "n": NUMBER,  # of the run's calls of the deploy tool, from 0
        "verb": TEXT,  # deploy, undeploy
        "stack": TEXT,
        "stamp": TEXT,  # as it was taken
        "outcome": TEXT,
        "upgrade": YES_NO,
        **EXTENT,
        "locks": TEXTS,  # held throughout
        "ended": YES_NO,  # false: the log stops inside of it
        "commit": TEXT,  # eight digits, of the stamp; the stamp where it is not known
        "evidence": TEXTS,
    }
)
WRITES = pl.Schema(
    {
        "stack": TEXT,
        "service": TEXT,
        "verb": TEXT,
        "kind": TEXT,  # of whom: run, swarm, operator, …
        "by": TEXT,  # a run, `swarm`, `operator`; null where nobody can be told
        "value": TEXT,  # of the label, afterwards
        "outcome": TEXT,
        "sure": YES_NO,  # false: it may not have happened
        "actor_sure": YES_NO,
        "service_id": TEXT,
        "commit": TEXT,
        "evidence": TEXTS,
        **EXTENT,
    }
)
READS = pl.Schema(
    {
        "run": TEXT,
        "ordinal": NUMBER,  # of the run's identity reads, from 0
        "stack": TEXT,
        "service": TEXT,
        "observed": TEXT,
        "intended": TEXT,
        "drift": YES_NO,  # null: they cannot be compared
        "cause": TEXT,
        "rE": NUMBER,  # it was made in [rE, rL]
        "rL": NUMBER,
        "evidence": TEXTS,
    }
)
LOCKS = pl.Schema(
    {
        "run": TEXT,
        "lock": TEXT,
        "aE": NUMBER,  # acquired in [aE, aL]
        "aL": NUMBER,
        "zE": NUMBER,  # released in [zE, zL]
        "zL": NUMBER,
        "evidence": TEXTS,
    }
)
HEAD_MOVES = pl.Schema(
    {
        "tree": TEXT,
        "at_us": NUMBER,
        "old": TEXT,
        "new": TEXT,
        "to": TEXT,  # what was asked for
        "run": TEXT,  # whose tool told of it; null for a line of the reflog
        "logged": YES_NO,  # true: a line of the reflog
        "evidence": TEXTS,
    }
)
FAILURES = pl.Schema({"service": TEXT, "service_id": TEXT, "kind": TEXT, "at_us": NUMBER, "evidence": TEXTS})
EPISODES = pl.Schema({"episode": NUMBER, "stack": TEXT, "t_lo": NUMBER, "t_hi": NUMBER, "deploys": NUMBER, "runs": TEXTS})


def runs(h: History) -> pl.DataFrame:
    """One row per run: when, what, how it ended; by name."""
    rows = [(r.id, r.recipe, r.ref, r.outcome, bounded(r.lo), bounded(r.hi)) for r in h.runs.values()]
    return _table(rows, RUNS).sort("run")


def deploys(h: History) -> pl.DataFrame:
    """One row per deploy attempt, with the bounds of its start and end."""
    return _table(
        (
            (
                d.run, d.n, d.verb, d.stack, d.value, d.outcome, d.upgrade, *_extent(d), sorted(locks_of(h, d)), d.ended,
                h.stamps.short(d.value), [i for i in (d.row["start_id"], d.row["taken_id"], d.row["end_id"]) if i],
            )
            for d in h.deploys
        ),
        DEPLOYS,
    )  # fmt: skip


def writes(h: History) -> pl.DataFrame:
    """One row per write of a service: who, what, when."""
    return _table(
        (
            (
                w.stack, w.register, w.verb, w.kind, w.by, w.value, w.outcome, w.sure, w.actor_sure, w.service_id,
                h.stamps.short(w.value), list(w.evidence), *_extent(w),
            )
            for w in h.writes
        ),
        WRITES,
    )  # fmt: skip


def reads(h: History) -> pl.DataFrame:
    """One row per identity read."""
    rows = (
        (r.run, r.ordinal, r.stack, r.register, r.observed, r.intended, r.drift, r.cause, bounded(r.rE), bounded(r.rL), list(r.evidence))
        for r in h.reads
    )
    return _table(rows, READS)


def locks(h: History) -> pl.DataFrame:
    """One row per hold of a lock."""
    rows = ((x.run, x.lock, *map(bounded, (x.aE, x.aL, x.zE, x.zL)), [i for i in (x.acquire_id, x.release_id) if i]) for x in h.holds)
    return _table(rows, LOCKS)


def head_moves(h: History) -> pl.DataFrame:
    """One row per move of a work tree's HEAD: when, from where, to where.

    `logged` is true for a line of the reflog; false for a move that a run's tool told of in its log, which no reflog has: then `run`
    is that run, `old` null, and the time the middle of the line's window.
    """
    rows: list[tuple[Any, ...]] = [
        (m["key"], m["at_us"], m["a"].get("old"), m["commit"], m["a"].get("to"), None, True, [m["event_id"]]) for m in h.moves
    ]
    for e in h.events.filter(pl.col("kind") == "tree.checkout").iter_rows(named=True):
        key, log = trees.key(e["tree"]), h.logs.get(e["run"] or "")
        if key and log is not None and (at := log.place(e["event_id"])) is not None:
            lo, hi = log.window(at)
            middle = (lo + hi) // 2 if abs(lo) < INF // 2 and abs(hi) < INF // 2 else None
            rows.append((key, middle, None, h.stamps.commit_of(e["ref"]) or e["ref"], e["ref"], e["run"], False, [e["event_id"]]))
    return _table(rows, HEAD_MOVES)


def failures(h: History) -> pl.DataFrame:
    """One row per task that swarm's own records say was killed for memory or ended in error: service as the record names it; by time."""
    rows = h.events.filter(pl.col("kind").is_in(["task.oom", "task.error"]) & pl.col("ts").is_not_null())
    at = pl.col("ts").dt.epoch("us").alias("at_us")
    found = rows.select("service", "service_id", "kind", at, pl.concat_list("event_id").alias("evidence"))
    return found.sort("at_us", "service", "kind", maintain_order=True)


def episodes(deploys: pl.DataFrame) -> pl.DataFrame:
    """One row per maximal group of deploys that may overlap on one stack, teardowns left out: bounds, how many deploys, which runs."""
    calls = deploys.filter((pl.col("verb") == "deploy") & pl.col("stack").is_not_null()).with_row_index("id")
    frame = calls.select(pl.col("id").cast(NUMBER), pl.col("stack").alias("key"), "run", *EXTENT)
    members = frame.with_columns(numbered(frame)["episode"]).filter(pl.col("episode").is_not_null())
    named = members.group_by("episode").agg(pl.col("run").unique().sort().alias("named"))
    table = episode_table(frame).join(named, on="episode").sort("episode")
    return table.select("episode", pl.col("key").alias("stack"), "t_lo", "t_hi", "deploys", pl.col("named").alias("runs"))


def _table(rows: Iterable[tuple[Any, ...]], schema: pl.Schema) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def _extent(x: Any) -> tuple[int | None, ...]:
    return bounded(x.sE), bounded(x.sL), bounded(x.eE), bounded(x.eL)
