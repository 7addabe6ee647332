"""`forensics sources`: what is in the case, and what it could have shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from forensics.cli import output
from forensics.cli.options import listing
from forensics.cli.output import Column
from forensics.cli.sums import accounted
from forensics.cli.view import View

if TYPE_CHECKING:
    import polars as pl

COLUMNS = (
    Column("parser", "read as", wide=True),
    Column("lines", "lines", right=True, show=output.count),
    Column("events", "events", right=True, show=output.count),
    Column("unparsed", "unparsed", right=True, show=output.count),
    Column("share", "", right=True),
    Column("first", "first"),
    Column("last", "last"),
    Column("path", "source", wide=True, below=True),
)

COVERAGE = (
    Column("shows", "shows"),
    Column("from", "from"),
    Column("to", "to"),
    Column("how", "known", wide=True),
    Column("path", "source", wide=True, below=True),
)


@click.command()
@listing()
@click.option("--limit", type=click.IntRange(min=0), default=100, show_default=True, metavar="N", help="At most N in the table; 0 for all.")
def command(view: View, limit: int) -> None:
    """List what is in the case, and the time that it covers.

    For each source: how it was read, how many lines, and how many that no rule understood.

    Then what could have shown where, from when to when, and how that is known: an event outside of such a window proves nothing by its absence. A
    `hole` before or after it says that something is, or may be, lost there; case.toml declares windows that somebody vouches for, such as a
    recorder's. The ledger's chain is checked; `forensics verify` checks every byte.

    \b
    Example:
      forensics sources
      forensics sources --json | jq 'select(.unparsed > 0) | .path'
    """
    frame = with_coverage(view)
    if view.as_json:
        output.machine(frame.iter_rows(named=True), view.zone)
    else:
        people(view, frame, limit)
        output.say(f"ledger: {output.count(len(view.case.ledger.entries))} entries, the chain holds")
        if stale := view.case.stale():
            output.note(f"{output.count(len(stale))} sources were read before what is known and declared now: forensics replay")


def with_coverage(view: View) -> pl.DataFrame:
    """One row per source: the case's columns, the first and last instant that its events state, what it could have shown; by path, then ledger."""
    import polars as pl

    from forensics.projections.coverage import coverage_of

    spans = view.case.events().group_by("source_id").agg(pl.col("ts").min().alias("first"), pl.col("ts").max().alias("last")).collect()
    shown = coverage_of(view.case).filter(pl.col("shows").is_not_null()).drop("path")
    shown = shown.group_by("source_id").agg(coverage=pl.struct(pl.exclude("source_id"))).collect()
    frame = view.case.sources().join(spans, on="source_id", how="left", maintain_order="left")
    frame = frame.join(shown, on="source_id", how="left", maintain_order="left").sort("path", "seq", maintain_order=True)
    return frame.with_columns(pl.col("coverage").fill_null([]))


def people(view: View, frame: pl.DataFrame, limit: int) -> None:
    """Print the sources, at most `limit` of them (0: all), then what each could have shown, then the sum over all."""
    from forensics.times import show

    frame, superseded = frame.filter(~frame["superseded"]), int(frame["superseded"].sum())
    rows = (frame.head(limit) if limit else frame).to_dicts()
    days = {show(row[end], view.zone)[:10] for row in rows for end in ("first", "last") if row[end]}
    for row in rows:
        row |= {end: show(row[end], view.zone, day=len(days) > 1) for end in ("first", "last")}
        row["share"] = share(row["unparsed"], row["lines"])
    output.say(f"times in {view.zone_name}" + (f", {min(days)}" if len(days) == 1 else ""))
    output.table(rows, COLUMNS)
    windows(rows, view)
    if len(rows) < frame.height:
        output.note(f"{output.count(len(rows))} of {output.count(frame.height)} sources; --limit 0 shows all")
    summary(frame, superseded)


def windows(rows: list[dict], view: View) -> None:
    """What could have shown where, and over which window."""
    from forensics.times import show

    found = [{"path": row["path"]} | window for row in rows for window in row["coverage"]]
    days = {show(window[end], view.zone)[:10] for window in found for end in ("from", "to") if window[end]}
    for window in found:
        for end, side in (("from", "before"), ("to", "after")):
            window[end] = (show(window[end], view.zone, day=len(days) > 1) or "?") + (" hole" if window[side] == "hole" else "")
    if found:
        output.say()
        output.say("what could have shown" + (f", {min(days)}" if len(days) == 1 else ""))
        output.table(found, COVERAGE)


def summary(frame: pl.DataFrame, superseded: int) -> None:
    total = {column: int(frame[column].sum()) for column in ("lines", "events", "in_events", "unparsed", "blank")}
    output.say()
    output.say(f"{output.counted(frame.height, 'source')}, {output.counted(total['events'], 'event')}")
    accounted(total)
    if superseded:
        output.note(f"not listed: {output.count(superseded)} earlier states of files that grew")


def share(part: int, whole: int) -> str | None:
    """A part in per cent; a part that is not nothing is never shown as 0 %."""
    if not part:
        return None
    return "<1 %" if part * 100 < whole else f"{part * 100 // whole} %"
