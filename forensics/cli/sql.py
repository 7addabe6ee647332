"""`forensics sql`: any question, over the case's tables."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from forensics.cli import output
from forensics.cli.group import names
from forensics.cli.options import listing
from forensics.cli.output import Column
from forensics.cli.view import View
from forensics.errors import UsageError

if TYPE_CHECKING:
    import polars as pl

JUDGED = ("runs", "deploys", "writes", "reads", "locks", "head_moves")

# What each table is, for --help and for the answer to a wrong name. Only those that a query names are made.
TABLES: dict[str, Callable[[View], pl.LazyFrame]] = {
    "events": lambda view: view.case.events(),
    "lines": lambda view: view.case.lines(),
    "sources": lambda view: view.case.sources().lazy(),
    "coverage": lambda view: _coverage(view),
    **{name: (lambda view, name=name: getattr(view.analysis, name).lazy()) for name in JUDGED},
}


def _coverage(view: View) -> pl.LazyFrame:
    from forensics.projections.coverage import coverage_of

    return coverage_of(view.case)


@click.command()
@click.argument("query", required=False)
@listing()
@click.option("--limit", type=click.IntRange(min=0), metavar="N", help="At most N rows; 0 for all.  [default: 100, with --json all]")
def command(view: View, query: str | None, limit: int | None) -> None:
    """Ask the case anything, in SQL.

    The dialect is that of polars. Without QUERY, the tables and their columns are listed; with `-` it is read from stdin.

    events, lines and sources are as they are stored; coverage, runs, deploys, writes, reads, locks and head_moves are worked out
    when a query names them. Nothing can be changed. The files under CASE/events and CASE/lines are plain Parquet: DuckDB reads them too,
    but only the segments that the ledger names count.

    \b
    Example:
      forensics sql "SELECT kind, COUNT(*) AS n FROM events GROUP BY kind ORDER BY n DESC"
    """
    if query is None:
        output.listing(view, tables(view), (Column("table", "table"), Column("columns", "columns", wide=True)), "no tables")
        return
    frame = answer(view, sys.stdin.read() if query == "-" else query)
    limit = (0 if view.as_json else 100) if limit is None else limit
    rows = (frame.head(limit) if limit else frame).iter_rows(named=True)
    if view.as_json:
        output.machine(rows, view.zone)
        return
    rows = [{name: shown(value, view) for name, value in row.items()} for row in rows]
    output.table(
        rows,
        [
            Column(name, name, wide=frame[name].dtype == "String", right=frame[name].dtype.is_numeric(), always=True)
            for name in frame.columns
        ],
    )
    if len(rows) < frame.height:
        output.note(f"{output.count(len(rows))} of {output.count(frame.height)} rows; --limit 0 shows all")


def answer(view: View, query: str) -> pl.DataFrame:
    """Run the query over the tables that it names. Raises UsageError for what cannot be run."""
    import polars as pl

    named = {word.lower() for word in re.findall(r"\w+", query)} & TABLES.keys()
    context = pl.SQLContext({name: TABLES[name](view) for name in sorted(named)})
    try:
        result = context.execute(query, eager=True)
    except (pl.exceptions.PolarsError, OSError) as error:
        said = (str(error).splitlines() or [type(error).__name__])[0].partition("; valid columns")[0]
        why = "\n".join(textwrap.wrap(said, 70)[:4])
        raise UsageError(
            "the query cannot be run",
            f"case `{view.case_path}`",
            f"{why}\n{names('the tables are', list(TABLES))}",
            "forensics sql   (lists the columns)",
        ) from error
    return result


def tables(view: View) -> list[dict]:
    return [{"table": name, "columns": ", ".join(make(view).collect_schema().names())} for name, make in TABLES.items()]


def shown(value: object, view: View) -> object:
    """A value as the table shows it: instants in the zone asked for, bytes as text."""
    from datetime import datetime

    from forensics.times import iso

    if isinstance(value, datetime):
        return iso(value, view.zone)
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value
