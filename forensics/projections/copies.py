"""What a run's files say twice, said once."""

from __future__ import annotations

import polars as pl

from forensics.projections.streams import sources_of, told_by_runs


def without_copies(events: pl.DataFrame) -> pl.DataFrame:
    """Leave out what only repeats other lines of the same run.

    Copies of a file: the same bytes under the same name elsewhere; the one with the first path stays. A file of another name with the same bytes is none: a
    tool that is called twice may print the same twice. And what the tool printed, told again by a further log of the run: what that says of the run itself stays.
    What belongs to no run (swarm's own records, reflogs) stays too: its copies are told apart by what they say.
    """
    name = pl.col("path").str.replace(r"^.*/", "")
    sources = events.filter(pl.col("run").is_not_null()).select("run", "content_id", "source_id", "path", name=name).unique()
    again = sources.sort("path").filter(pl.int_range(pl.len()).over("run", "content_id", "name") > 0)
    events = events if again.is_empty() else events.join(again, on=["run", "source_id"], how="anti")
    logs = sources_of(events.lazy()).filter((pl.col("role") == "witness") | (pl.col("after") > 0))
    if logs.is_empty():
        return events
    told = told_by_runs(events.lazy()).join(logs.lazy().select("run", "source_id", "role", "after"), on=["run", "source_id"])
    witness = (pl.col("role") == "witness") & ~pl.col("harness")
    repeated = told.filter(witness | (pl.col("line_no") <= pl.col("after"))).select("event_id").collect()
    return events.join(repeated, on="event_id", how="anti")
