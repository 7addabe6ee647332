"""Which log tells the story of a run, and in which order.

A run may be told by several sources: the harness's own log, and one file per call of the tool. The log that
carries the harness's lines is the run's *main* source; a file that holds only the tool's output is a *tool
output*, the k-th of which belongs to the k-th command in the main source.
"""

from __future__ import annotations

import polars as pl

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

    One row is one event of a log of a run, with `role`: `main` for the run's main source, `tool` for a file
    that holds only a tool's output, `witness` for a further log that repeats the main one. `at` counts the
    rows of a source from 0, in the order of its lines. Sorted by run, role, path, `at`.

    The main source is the one with the most harness lines; among equals the first path.
    """
    told = events.filter(pl.col("run").is_not_null() & pl.col("kind").is_in(TOOL_KINDS + HARNESS_KINDS) & (pl.col("kind") != "secret.seen"))
    sources = told.group_by("run", "source_id", "path").agg(harness=pl.col("kind").is_in(HARNESS_KINDS).sum(), lines=pl.len())
    sources = sources.sort("run", "harness", "path", descending=[False, True, False]).with_columns(rank=pl.int_range(pl.len()).over("run"))
    role = pl.when(pl.col("harness") == 0).then(pl.lit("tool")).when(pl.col("rank") == 0).then(pl.lit("main")).otherwise(pl.lit("witness"))
    return (
        told.join(sources.select("source_id", role=role), on="source_id")
        .sort("run", "role", "path", "line_no", "offset", "kind")
        .with_columns(at=pl.int_range(pl.len()).over("source_id"))
    )
