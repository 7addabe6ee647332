"""Which log tells the story of a run, and in which order.

A run may be told by several sources: the harness's own log, and one file per call of the tool. The log that
carries the harness's lines is the run's *main* source; a file that holds only the tool's output is a *tool
output*, the k-th of which belongs to the k-th command in the main source. A log may be kept in several files.
"""

from __future__ import annotations

import polars as pl

from forensics.projections.parts import parts

TOOL_KINDS = (
    "tool.version",
    "env.read",
    "stack.check",
    "tree.checkout",
    "stamp.taken",
    "compose.load",
    "deploy.announce",
    "service.intent",
    "converge.skip",
    "deploy.done",
    "undeploy.start",
    "deploy.error",
    "secret.seen",
    "file.shared",
)
HARNESS_KINDS = (
    "run.start",
    "run.end",
    "recipe.fetch",
    "recipe.snapshot",
    "checkout",
    "overlay",
    "env.set",
    "lock.wait",
    "lock.acquire",
    "lock.release",
    "deploy.start",
    "deploy.end",
    "command",
    "stamp.read",
    "stamp.recap",
    "upgrade.base",
    "upgrade.converged",
    "check.pass",
    "check.fail",
    "deploy.count",
    "health",
    "prepull",
    "teardown.start",
    "banner",
    "promote",
)


def stream(events: pl.LazyFrame) -> pl.LazyFrame:
    """Follow each run through its sources.

    One row is one event of a log of a run, with `role`: `main` for the run's own log, `tool` for a file
    that holds only a tool's output, `witness` for a further log that repeats the main one. `at` counts the
    rows of a log from 0, in the order of its lines. Sorted by run, role, path, `at`.

    The main log is the one with the most harness lines, of equals one with times, then the first path; or several sources that together are one log
    (`parts`). Their rows all bear the `source_id` and `path` of the first part: they are one log. A source may tell of several runs: each has its own lines of it.
    """
    rows = told_by_runs(events).join(sources_of(events).lazy(), on=["run", "source_id"]).filter(pl.col("line_no") > pl.col("after"))
    rows = rows.sort("run", "role", "first_path", "part", "path", "line_no", "offset", "kind")
    rows = rows.with_columns(source_id="first_id", path="first_path").drop("harness", "part", "after", "first_id", "first_path")
    return rows.with_columns(at=pl.int_range(pl.len()).over("run", "source_id"))


def told_by_runs(events: pl.LazyFrame) -> pl.LazyFrame:
    """The events that tell a run's story, with `harness` for those of the harness's own lines."""
    told = events.filter(pl.col("run").is_not_null() & pl.col("kind").is_in(TOOL_KINDS + HARNESS_KINDS) & (pl.col("kind") != "secret.seen"))
    return told.with_columns(harness=pl.col("kind").is_in(HARNESS_KINDS))


def sources_of(events: pl.LazyFrame) -> pl.DataFrame:
    """What each source of each run is: `parts`."""
    return parts(told_by_runs(events))
