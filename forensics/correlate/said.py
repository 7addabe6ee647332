"""The events of some kinds, as rows: the one place where analyses look beyond what is reconstructed."""

from __future__ import annotations

from typing import Any

import polars as pl

from forensics.correlate.history import History


def of_kind(h: History, *kinds: str) -> list[dict[str, Any]]:
    """The events of these kinds, by path and line."""
    if kinds not in h.kept:
        rows = h.events.filter(pl.col("kind").is_in(kinds)).sort("path", "line_no", "offset", "event_id")
        h.kept[kinds] = [h.by_id[i] for i in rows["event_id"]]
    return h.kept[kinds]


def of_run(h: History, run: str | None, *kinds: str) -> list[dict[str, Any]]:
    """Those of one run."""
    key = ("by run", *kinds)
    if key not in h.kept:
        h.kept[key] = {}
        for e in of_kind(h, *kinds):
            h.kept[key].setdefault(e["run"], []).append(e)
    return h.kept[key].get(run, [])
