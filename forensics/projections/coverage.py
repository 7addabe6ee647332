"""Over which window a source could have shown an event at all: outside of it, that nothing is there proves nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from forensics.projections.streams import HARNESS_KINDS, TOOL_KINDS
from parsers.context import fits
from parsers.schema import INSTANT

if TYPE_CHECKING:
    from forensics.case import Case

DOCKER_KEEPS = 256  # events that the daemon holds for who asks later (`docker events --since`); the rest is gone
SERVICES = ("service.create", "service.update", "service.state", "service.remove")
# What a source can show, by the kinds of its events.
SHOWS: dict[str, tuple[str, tuple[str, ...]]] = {
    "services": ("every write to a service, by whomever", SERVICES),
    "tasks": (
        "a task's container starts, dies, is killed, is found healthy or not",
        ("task.start", "task.die", "task.oom", "task.kill", "task.health"),
    ),
    "daemon": ("what dockerd logs of failed tasks and known faults", ("task.error", "infra.fault")),
    "tree": ("moves of a ref that git itself makes; go-git logs none", ("head.move",)),
    "run": ("what one run does and says", HARNESS_KINDS),
    "tool": ("what one call of the deploy tool says", tuple(kind for kind in TOOL_KINDS if kind != "secret.seen")),
    "spec": ("what a service's record held when somebody looked", ("service.spec",)),
}
COVERAGE = pl.Schema(
    {
        "source_id": pl.String,
        "path": pl.String,
        "shows": pl.String,  # one of `SHOWS`; null for a source that shows no writer
        "events": pl.Int64,  # how many of these it holds
        "from": INSTANT,  # null: not known
        "to": INSTANT,
        "before": pl.String,  # `whole`: nothing of the kind can be missing before `from`; `hole`: something is or may be; null: not known
        "after": pl.String,
        "how": pl.String,  # how that is known
    }
)


def coverage(events: pl.LazyFrame, sources: pl.LazyFrame, declared: pl.LazyFrame | None = None) -> pl.LazyFrame:
    """Say for each source what it shows, and over which window.

    One row is one source and one thing that it can show; a source that shows none of `SHOWS` has one row, `shows` null. The window runs from
    the first to the last instant that these events state, both ends included, or is declared. Docker events of any type share the window of their
    dump: while it ran, a write to a service would have shown in it. A dump of exactly `DOCKER_KEEPS` events was
    cut by docker: what came before is lost. A reflog whose first entry has no old oid begins with its ref; any other has lost entries. A
    run's log without its start or end is cut there. A source that was read only in part is cut at its end.

    Args:
        events: Event table of sources that count.
        sources: source_id, path, note; one row per source.
        declared: source_id, from, to: windows that people vouch for (either end may be null), such as a recorder's.

    Returns:
        `COVERAGE`, sorted by path, source_id, shows.
    """
    kind = pl.col("kind")
    # Anybody may tell of a fault: of the daemon's own log it is what its parser reads.
    events = events.filter((kind != "infra.fault") | pl.col("parser").str.starts_with("dockerd/"))
    shown = [_windows(events.filter(kind.is_in(kinds)), name).with_columns(shows=pl.lit(name)) for name, (_, kinds) in SHOWS.items()]
    harness = events.filter(kind.is_in(HARNESS_KINDS)).select("source_id")
    shown = [part.join(harness, on="source_id", how="anti") if name == "tool" else part for name, part in zip(SHOWS, shown, strict=True)]
    rows = sources.select("source_id", "path", "note").join(pl.concat(shown, how="diagonal_relaxed"), on="source_id", how="left")
    rows = rows.join(_dumps(events), on="source_id", how="left").with_columns(
        *(
            pl.when(pl.col("shows").is_in(["services", "tasks"])).then(pl.coalesce(f"dump_{end}", end)).otherwise(end).alias(end)
            for end in ("from", "to")
        )
    )
    rows = rows.with_columns(
        before=pl.when(pl.col("dumped") == DOCKER_KEEPS).then(pl.lit("hole")).otherwise("before"),
        how=pl.when(pl.col("shows").is_null())
        .then(pl.lit("it shows no writer"))
        .when(pl.col("from").is_null() & (pl.col("shows") == "run"))
        .then(pl.format("{}; it states no time", "how"))
        .when(pl.col("from").is_null())
        .then(pl.lit("it states no time"))
        .otherwise(pl.col("how")),
    )
    lost = pl.format("{}; {} events: docker keeps no more, what came before is lost", "how", "dumped")
    rows = rows.with_columns(how=pl.when(pl.col("dumped") == DOCKER_KEEPS).then(lost).otherwise("how"))
    cut = pl.col("note").is_not_null() & pl.col("shows").is_not_null()
    rows = rows.with_columns(
        after=pl.when(cut).then(pl.lit("hole")).otherwise("after"),
        how=pl.when(cut).then(pl.format("{}; {}", "how", "note")).otherwise("how"),
    )
    if declared is not None:
        rows = _with_declared(rows, declared)
    return rows.select([pl.col(name).cast(dtype) for name, dtype in COVERAGE.items()]).sort("path", "source_id", "shows")


def coverage_of(case: Case) -> pl.LazyFrame:
    """The coverage of a case: of its sources that count, with what its case.toml declares."""
    sources = case.sources().filter(~pl.col("superseded"))
    schema = {"source_id": pl.String, "from": INSTANT, "to": INSTANT}
    said, declared = [], case.config.coverage
    for source_id, path in sources.select("source_id", "path").iter_rows():
        window = next((window for pattern, window in declared if fits(pattern, path)), None)
        said += [(source_id, *window)] if window else []
    return coverage(case.events(), sources.lazy(), pl.LazyFrame(said, schema=schema, orient="row"))


def _windows(events: pl.LazyFrame, name: str) -> pl.LazyFrame:
    """The windows of the sources that show one thing."""
    attr = lambda key: pl.col("attrs").str.json_path_match(f"$.{key}")  # noqa: E731
    lo, hi = pl.coalesce("ts_lo", "ts"), pl.coalesce("ts_hi", "ts")
    first_of_all = pl.col("line_no") == pl.col("line_no").min()
    begins: pl.Expr = pl.lit(None, pl.Boolean)
    ends: pl.Expr = pl.lit(None, pl.Boolean)
    how: pl.Expr = pl.lit("from its first to its last event")
    if name == "tree":
        old = attr("old").filter(first_of_all).first()
        begins = pl.when(old.is_not_null()).then(old.str.contains("^0+$"))
        how = (
            pl.when(begins)
            .then(pl.lit("its first entry makes the ref; it was complete until it was copied"))
            .when(begins.not_())
            .then(pl.lit("its first entry has one before it, which is gone"))
            .otherwise(pl.lit("an export: it does not say what came before"))
        )
    elif name == "run":
        begins, ends = (pl.col("kind") == "run.start").any(), (pl.col("kind") == "run.end").any()
        parts = [pl.when(begins).then(pl.lit("from the run's start")).otherwise(pl.lit("without the run's start"))]
        parts.append(pl.when(ends).then(pl.lit("to its end")).otherwise(pl.lit("it stops before the run's end")))
        how = pl.concat_str(parts, separator=", ")
    elif name == "spec":
        captured = attr("captured_ns").cast(pl.Int64, strict=False)
        hi = pl.coalesce((captured // 1000).cast(INSTANT), hi)
        how = pl.lit("from the last write that it shows to its capture, where that is told")
    state = lambda known: pl.when(known).then(pl.lit("whole")).when(known.not_()).then(pl.lit("hole"))  # noqa: E731
    return events.group_by("source_id").agg(
        events=pl.len(),
        **{"from": lo.min(), "to": hi.max()},
        before=state(begins),
        after=state(ends),
        how=how,
    )


def _dumps(events: pl.LazyFrame) -> pl.LazyFrame:
    """The sources that hold docker's own events: over which window, and how many of them."""
    told = events.filter(pl.col("parser").str.starts_with("docker_events") & (pl.col("kind") != "document"))
    return told.group_by("source_id").agg(
        dump_from=pl.coalesce("ts_lo", "ts").min(),
        dump_to=pl.coalesce("ts_hi", "ts").max(),
        dumped=pl.struct("line_no", "offset").n_unique(),
    )


def _with_declared(rows: pl.LazyFrame, declared: pl.LazyFrame) -> pl.LazyFrame:
    said = declared.select("source_id", said_from=pl.col("from").cast(INSTANT), said_to=pl.col("to").cast(INSTANT))
    rows = rows.join(said, on="source_id", how="left")
    both = {"from": ("said_from", "before"), "to": ("said_to", "after")}
    told = pl.any_horizontal(pl.col("said_from", "said_to").is_not_null()) & pl.col("shows").is_not_null()
    return rows.with_columns(
        *(pl.coalesce(given, end).alias(end) for end, (given, _) in both.items()),
        *(pl.when(pl.col(given).is_not_null()).then(pl.lit("whole")).otherwise(side).alias(side) for given, side in both.values()),
        how=pl.when(told).then(pl.lit("declared in case.toml")).otherwise("how"),
    )
