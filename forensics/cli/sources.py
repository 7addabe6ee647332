"""`forensics sources`: what is in the case, and what it could have shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from forensics.cli import output
from forensics.cli.options import listing
from forensics.cli.output import Column
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


@click.command()
@listing()
@click.option("--limit", type=click.IntRange(min=0), default=100, show_default=True, metavar="N", help="At most N in the table; 0 for all.")
def command(view: View, limit: int) -> None:
    """List what is in the case, and the time that it covers.

    For each source: how it was read, how many lines, and how many that no rule understood.

    Coverage is from the first to the last instant that a source states: an event outside of it could not have shown there, so its absence
    proves nothing. The ledger's chain is checked; `forensics verify` checks every byte.

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
    """One row per source: the case's columns, and the first and last instant that its events state; sorted by path, then by ledger."""
    import polars as pl

    spans = view.case.events().group_by("source_id").agg(pl.col("ts").min().alias("first"), pl.col("ts").max().alias("last")).collect()
    return view.case.sources().join(spans, on="source_id", how="left", maintain_order="left").sort("path", "seq", maintain_order=True)


def people(view: View, frame: pl.DataFrame, limit: int) -> None:
    from forensics.times import show

    frame, superseded = frame.filter(~frame["superseded"]), int(frame["superseded"].sum())
    rows = (frame.head(limit) if limit else frame).to_dicts()
    days = {show(row[end], view.zone)[:10] for row in rows for end in ("first", "last") if row[end]}
    for row in rows:
        row |= {end: show(row[end], view.zone, day=len(days) > 1) for end in ("first", "last")}
        row["share"] = share(row["unparsed"], row["lines"])
    output.say(f"times in {view.zone_name}" + (f", {min(days)}" if len(days) == 1 else ""))
    output.table(rows, COLUMNS)
    if len(rows) < frame.height:
        output.note(f"{output.count(len(rows))} of {output.count(frame.height)} sources; --limit 0 shows all")
    summary(frame, superseded)


def summary(frame: pl.DataFrame, superseded: int) -> None:
    total = {column: int(frame[column].sum()) for column in ("lines", "events", "in_events", "unparsed", "blank")}
    output.say()
    output.say(f"{output.count(frame.height)} sources, {output.count(total['events'])} events")
    parts = (
        f"{output.count(total['in_events'])} in events + {output.count(total['unparsed'])} unparsed + {output.count(total['blank'])} blank"
    )
    output.say(f"{output.count(total['lines'])} lines = {parts}")
    if superseded:
        output.note(f"not listed: {output.count(superseded)} earlier states of files that grew")


def share(part: int, whole: int) -> str | None:
    """A part in per cent; a part that is not nothing is never shown as 0 %."""
    if not part:
        return None
    return "<1 %" if part * 100 < whole else f"{part * 100 // whole} %"
