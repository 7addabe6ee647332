"""`forensics export`: the case for other programs."""

from __future__ import annotations

from pathlib import Path

import click

from forensics.cli import output
from forensics.cli.group import no_such
from forensics.cli.options import viewing
from forensics.cli.output import Column
from forensics.cli.view import View
from forensics.errors import UsageError

NAMES = ("timesketch", "csv", "parquet", "chrome-trace")
SUFFIX = {"timesketch": ".jsonl", "chrome-trace": ".json"}
COLUMNS = (Column("file", "file"), Column("rows", "rows", right=True, show=output.count))


@click.command()
@viewing("json", "case")
@click.option("--to", "name", type=click.Choice(NAMES), required=True, help="The format.")
@click.option("-o", "--output", "place", metavar="PATH", help="Where to: a file, or a folder for csv and parquet.  [default: out/export…]")
@click.option("--table", "tables", multiple=True, metavar="TABLE", help="csv, parquet: only this table; may be repeated.")
def command(view: View, name: str, place: str | None, tables: tuple[str, ...]) -> None:
    """Write the case for other programs, redacted.

    timesketch: events and findings as JSON lines. csv, parquet: every table of `forensics sql`, a file each, for DuckDB, pandas,
    spreadsheets. chrome-trace: the timeline for ui.perfetto.dev.

    In CSV a ' stands in front of what a spreadsheet would run as a formula.

    \b
    Example:
      forensics export --to timesketch --output timeline.jsonl
      forensics export --to parquet --output tables --table events
    """
    from forensics.api import OpenCase
    from forensics.exports import FORMATS
    from forensics.tables import TABLES

    form = FORMATS[name]
    if tables and not form.folder:
        why = "it is one file that holds everything"
        raise UsageError(f"`{name}` has no tables to choose", "--table", why, f"forensics export --to {name}")
    for table in tables:
        if table not in TABLES:
            raise no_such("table", table, "--table", list(TABLES), f"forensics export --to {name} --table")
    target = placed(place, name, form.folder)
    written = form.write(OpenCase(view.case), target, tables)
    rows = [{"file": str(target / file if form.folder else target), "rows": n} for file, n in written.items()]
    output.listing(view, rows, COLUMNS, "nothing was written")


def placed(place: str | None, name: str, folder: bool) -> Path:
    """Where to write. Raises UsageError for a folder where a file must be, or the other way round."""
    target = Path(place or (f"out/export-{name}" if folder else f"out/export{SUFFIX[name]}"))
    if target.exists() and target.is_dir() != folder:
        wanted, there = ("a folder", "a file") if folder else ("a file", "a folder")
        raise UsageError(f"`{target}` is {there}", "--output", f"{name} writes {wanted}", f"forensics export --to {name} --output another")
    return target
