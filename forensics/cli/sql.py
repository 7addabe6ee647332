"""`forensics sql`: any question, over the case's tables."""

from __future__ import annotations

import re
import shlex
import sys
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from forensics.cli import output
from forensics.cli.group import names, nearest
from forensics.cli.options import listing
from forensics.cli.output import Column
from forensics.cli.view import View
from forensics.errors import UsageError

if TYPE_CHECKING:
    import polars as pl

WORD = re.compile(r"\w+")
CHANGES = re.compile(r"(?:\s|--[^\n]*(?:\n|$))*(?P<verb>create|drop|delete|truncate|insert|update|alter)\b", re.IGNORECASE)
LISTS = "forensics sql   (lists the tables and their columns)"
HASH = re.compile(r"[0-9a-f]{8,64}")
NO_TABLE = re.compile(r"relation '(?:\w+\.)*(?P<name>\w+)' was not found")
NO_COLUMN = re.compile(r"""(?:unable to find column|no column named) (?P<quote>["'])(?P<name>\w+)(?P=quote)""")


@click.command()
@click.argument("query", required=False)
@listing()
@click.option("--limit", type=click.IntRange(min=0), metavar="N", help="At most N rows; 0 for all.  [default: 100, with --json all]")
def command(view: View, query: str | None, limit: int | None) -> None:
    """Ask the case anything, in SQL.

    The dialect is that of polars. Without QUERY, the tables and their columns are listed; with `-` it is read from stdin.

    The tables are those of `forensics export` and of the Python API. lines, events and sources are as they are stored; of the others only
    what a query names is worked out. Instants compare with text in UTC: sE > '2026-11-23T08:42:43'. A start lies
    between sE and sL, an end between eE and eL, earliest and latest; likewise r… of a read, a… of a lock taken, z… of one released. Nothing can be changed. The files under
    CASE/events and CASE/lines are plain Parquet: DuckDB reads them too, but only the segments that the ledger names count.

    \b
    Example:
      forensics sql "SELECT kind, COUNT(*) AS n FROM events GROUP BY kind ORDER BY n DESC"
      forensics sql "SELECT class, summary FROM findings WHERE verdict = 'PROVEN'"
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
            Column(
                name,
                name,
                wide=frame[name].dtype.is_nested() or str(frame[name].dtype) == "String",
                right=frame[name].dtype.is_numeric(),
                always=True,
            )
            for name in frame.columns
        ],
    )
    if len(rows) < frame.height:
        output.note(f"{output.count(len(rows))} of {output.count(frame.height)} rows; --limit 0 shows all")


def answer(view: View, query: str) -> pl.DataFrame:
    """Run the query over the tables that it names. Raises UsageError for what cannot be run."""
    import polars as pl

    from forensics.tables import TABLES

    if changes := CHANGES.match(query):
        why = f"{changes['verb'].upper()} would change a table, and they stay as they are\n{names('the tables are', list(TABLES))}"
        raise UsageError("a query cannot change the case", f"case `{view.case_path}`", why, LISTS)
    # A column may be called like a table: what a word names beside its table costs nothing, since its rows are never asked for.
    named = sorted(TABLES.keys() & {word.lower() for word in WORD.findall(query)}) or list(TABLES)
    context = pl.SQLContext({name: TABLES[name].of(view) for name in named})
    try:
        return named_truly(view, context.execute(query, eager=True))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise refused(view, query, str(error) or type(error).__name__, named) from error


def named_truly(view: View, frame: pl.DataFrame) -> pl.DataFrame:
    """The answer, redacted where a column only bears a locator's name: a locator is shown as it is, whatever it looks like."""
    import polars as pl

    from forensics.redacting import without_secrets

    for name in (name for name, dtype in frame.schema.items() if name in output.LOCATORS and dtype in (pl.String, pl.Binary)):
        if not are_locators(view, frame[name]):
            frame = frame.with_columns(without_secrets(frame.select(attrs=name))["attrs"].alias(name))
    return frame


def are_locators(view: View, column: pl.Series) -> bool:
    """Whether all texts of a column are hashes, paths or work trees that the case itself names; asked of what costs least first."""
    from forensics.tables import TABLES

    if str(column.dtype) != "String":
        return False
    left = {text for text in column.drop_nulls().unique() if not HASH.fullmatch(text)}
    named = (
        lambda: TABLES["sources"].of(view).select("path").collect()["path"],
        lambda: TABLES["events"].of(view).select("tree").unique().collect()["tree"],
        lambda: view.analysis.head_moves["tree"],
    )
    for names_of in named:
        if not left:
            break
        left -= set(names_of())
    return not left


def refused(view: View, query: str, said: str, named: Sequence[str]) -> UsageError:
    """Why a query cannot be run; `named` are the tables in it."""
    from forensics.tables import TABLES

    what, next_step = "the query cannot be run", LISTS
    why, wrong, there = "\n".join(textwrap.wrap(said.splitlines()[0].rstrip(": "), 70)[:4]), None, list(TABLES)
    if found := NO_TABLE.search(said):
        wrong, why = found["name"], ""
        what = f"no table is called `{wrong}`"
    elif found := NO_COLUMN.search(said):
        wrong, why = found["name"], "\n".join(names(f"the columns of {name} are", columns(view, name)) for name in named)
        what, there = f"no column is called `{wrong}`", sorted({column for name in named for column in columns(view, name)})
    if wrong and (near := nearest(wrong, there)):
        mended = re.sub(rf"\b{re.escape(wrong)}\b", near, query)
        next_step = f"forensics sql {shlex.quote(mended)}"
    if there == list(TABLES):
        why = "\n".join(filter(None, (why, names("the tables are", there))))
    return UsageError(what, f"case `{view.case_path}`", why, next_step)


def columns(view: View, table: str) -> list[str]:
    from forensics.tables import TABLES

    return TABLES[table].of(view).collect_schema().names()


def tables(view: View) -> list[dict]:
    from forensics.tables import TABLES

    return [{"table": t.name, "one_row_is": t.says, "columns": ", ".join(columns(view, t.name))} for t in TABLES.values()]


def shown(value: object, view: View) -> object:
    """A value as the table shows it: instants in the zone asked for, bytes as text."""
    from datetime import datetime

    from forensics.times import iso

    if isinstance(value, datetime):
        return iso(value, view.zone)
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value
