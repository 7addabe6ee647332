"""What each run said of itself, and where each reflog has HEAD."""

from __future__ import annotations

from typing import Any

import polars as pl

from forensics.correlate import trees
from forensics.correlate.attrs import attrs
from forensics.correlate.history import Run

NEWEST_FIRST = r"^git_(?:reflog_export|log_walk)/"  # as git prints reflogs; in its own files the newest line is the last


def runs_of(frame: pl.DataFrame) -> dict[str, Run]:
    """Every run that any line names, with its ref, outcome and end as far as told."""
    runs: dict[str, Run] = {}
    telling = ["run.start", "run.end", "run.result", "command", "deploy.start", "stamp.taken"]
    for row in frame.filter(pl.col("run").is_not_null() & pl.col("kind").is_in(telling)).to_dicts():
        run = runs.setdefault(row["run"], Run(row["run"]))
        if row["kind"] == "run.start":
            run.start_id, run.ref, run.recipe = row["event_id"], row["ref"] or run.ref, row["recipe"]
        elif row["kind"] == "run.end":
            run.end_id, run.outcome = row["event_id"], row["outcome"]
        elif row["kind"] == "run.result":
            run.result_id, run.outcome = row["event_id"], row["outcome"] or run.outcome
            run.ref = run.ref or row["ref"]
            run.recipe = run.recipe or row["recipe"]
            run.finished_us = micros(row["ts"])
    return runs


def head_moves(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Reflog lines of HEAD, file by file in the order in which git wrote them, each with its tree's `key`, its attributes `a` and its second `at_us`.

    Of several copies of a tree's reflog, older ones that are cut off among them, each line comes once.
    """
    moves, seen = [], set()
    written = pl.when(pl.col("parser").str.contains(NEWEST_FIRST)).then(-pl.col("line_no")).otherwise("line_no")
    for move in frame.filter((pl.col("kind") == "head.move") & (pl.col("ref") == "HEAD")).sort("path", written).to_dicts():
        move["key"] = trees.key(move["tree"])
        move["a"] = attrs(move["attrs"])
        move["at_us"] = micros(move["ts"])
        line = (move["key"], move["line_no"], move["a"].get("old"), move["commit"], move["at_us"], move["parser"])
        if move["key"] is None or line not in seen:
            seen.add(line)
            moves.append(move)
    return moves


def micros(ts: Any) -> int | None:
    """Microseconds since the epoch; None for no time."""
    return None if ts is None else int(ts.timestamp() * 1_000_000 + 0.5)
