"""Overlapping deploys of a history."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from forensics.correlate.history import History
from forensics.correlate.model import Deploy, bounded
from forensics.correlate.overlaps import overlapping_pairs

LIMIT = 10_000


@dataclass(frozen=True)
class Pair:
    """Two deploys of different runs on one stack that may overlap."""

    a: Deploy
    b: Deploy
    definite: bool
    at_least: int
    at_most: int | None


def deploy_pairs(h: History) -> list[Pair]:
    """The overlapping pairs of deploys, removals left out; at most `LIMIT`, definite ones first."""
    return _found(h)[0]


def pairs_left_out(h: History) -> int:
    """How many pairs there are beyond those that `deploy_pairs` lists."""
    return _found(h)[1]


def _found(h: History) -> tuple[list[Pair], int]:
    if "deploy_pairs" not in h.kept:
        rows = [d for d in h.deploys if d.verb == "deploy" and d.stack and d.sE <= d.sL and d.eE <= d.eL]
        frame = pl.DataFrame(
            {
                "id": range(len(rows)),
                "key": [d.stack for d in rows],
                "run": [d.run for d in rows],
                **{c: [bounded(getattr(d, c)) for d in rows] for c in ("sE", "sL", "eE", "eL")},
            },
            schema={"id": pl.Int64, "key": pl.String, "run": pl.String, **dict.fromkeys(("sE", "sL", "eE", "eL"), pl.Int64)},
        )
        found = overlapping_pairs(frame, limit=LIMIT)
        pairs = [Pair(rows[r["a"]], rows[r["b"]], r["definite"], r["at_least_us"] or 0, r["at_most_us"]) for r in found.pairs.to_dicts()]
        h.kept["deploy_pairs"] = (pairs, found.left_out)
    return h.kept["deploy_pairs"]
