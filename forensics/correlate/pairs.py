"""Overlapping deploys of a history, with the locks that each side held."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from forensics.correlate.model import INF, Deploy, Hold
from forensics.correlate.overlaps import overlapping_pairs
from forensics.correlate.reconstruct import History

LIMIT = 10_000


@dataclass(frozen=True)
class Pair:
    """Two deploys of different runs on one stack that may overlap."""

    a: Deploy
    b: Deploy
    definite: bool
    at_least: int
    at_most: int | None


def deploy_pairs(h: History, *, limit: int = LIMIT) -> list[Pair]:
    """The overlapping pairs of deploys, removals left out; at most `limit`, definite ones first."""
    rows = [d for d in h.deploys if d.verb == "deploy" and d.stack and d.sE <= d.sL and d.eE <= d.eL]
    if len(rows) < 2:
        return []
    bound = lambda v: None if abs(v) >= INF else v  # noqa: E731
    frame = pl.DataFrame(
        {
            "id": range(len(rows)),
            "key": [d.stack for d in rows],
            "run": [d.run for d in rows],
            **{c: [bound(getattr(d, c)) for d in rows] for c in ("sE", "sL", "eE", "eL")},
        },
        schema_overrides={c: pl.Int64 for c in ("id", "sE", "sL", "eE", "eL")},
    )
    found = overlapping_pairs(frame, limit=limit).pairs
    return [Pair(rows[r["a"]], rows[r["b"]], r["definite"], r["at_least_us"] or 0, r["at_most_us"]) for r in found.to_dicts()]


def covers(hold: Hold, deploy: Deploy) -> bool:
    """Whether a hold of the same run covers a call, by the order of the lines: acquired before, released after."""
    start, end = deploy.row["start_at"], deploy.row["end_at"]
    if hold.run != deploy.run or deploy.row["source_id"] is None:
        return False
    return hold.at[0] < start and (hold.at[1] is None or hold.at[1] >= (end if end is not None else start))


def locks_of(h: History, deploy: Deploy) -> set[str]:
    """The locks that a run surely held during one of its calls."""
    return {hold.lock for hold in h.holds if covers(hold, deploy)}
