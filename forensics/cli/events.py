"""`forensics events`: the event table, filtered, for looking oneself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from forensics.cli import output
from forensics.cli.options import listing
from forensics.cli.output import Column
from forensics.cli.view import View

if TYPE_CHECKING:
    import polars as pl

ORDER = ("ts", "path", "line_no", "offset", "event_id")

COLUMNS = (
    Column("time", "time"),
    Column("kind", "kind"),
    Column("run", "run", wide=True),
    Column("of", "of", wide=True),
    Column("says", "says", wide=True),
    Column("where", "where", wide=True, below=True),
)
LINE_COLUMNS = (Column("where", "where", wide=True), Column("text", "line", wide=True, below=True))
# The columns that a row's subject, and what it says of it, are taken from: the first, or all, that are not null.
OF = ("service", "stack", "tree", "recipe", "host")
SAYS = ("stamp_prev", "stamp", "commit", "ref", "lock", "outcome", "command")


@click.command()
@listing("run", "stack", "window")
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Only this kind; `service.*` for a family; may be repeated.")
@click.option("--path", "paths", multiple=True, metavar="GLOB", help="Only from sources whose path matches, like 'runs/ab/*'.")
@click.option("--limit", type=click.IntRange(min=0), metavar="N", help="At most N; 0 for all.  [default: 50, with --json all]")
@click.option("--untimed", is_flag=True, help="With a window, keep events that state no time as well.")
@click.option("--unparsed", is_flag=True, help="Instead: the lines that no rule claimed.")
def command(view: View, kinds: Sequence[str], paths: Sequence[str], limit: int | None, untimed: bool, unparsed: bool) -> None:
    """Show what was read, event by event.

    Sorted by the instant as stated, which may be wrong: clocks differ. Events without a time come last, in the order of their lines.
    The run is the one that the answers count an event to, also where its line and path do not name it; `sql` has it as it was read.

    \b
    Example:
      forensics events --run m2p --kind 'lock.*' --since 12:42
      forensics events --unparsed --path 'runs/*'
    """
    frame = lines_left(view, paths) if unparsed else selected(view, kinds, paths, untimed)
    limit = (0 if view.as_json else 50) if limit is None else limit
    found = frame.height
    rows = (frame.head(limit) if limit else frame).to_dicts()
    if view.as_json:
        output.machine((with_object(row) for row in rows), view.zone)
        return
    if not rows:
        output.note(elsewhere(view, paths) or ("no line was left unparsed" if unparsed else "no event fits what was asked for"))
        return
    rows = [row | {"where": f"{row['path']}:{row['line_no']}"} for row in rows]
    if unparsed:
        output.table(rows, LINE_COLUMNS)
    else:
        output.timed_table(view, [row | gist(row) for row in rows], COLUMNS, time="ts")
    if len(rows) < found:
        output.note(f"{output.count(len(rows))} of {output.count(found)}; --limit 0 shows all")


def elsewhere(view: View, paths: Sequence[str]) -> str | None:
    """What to say where a pattern fits no source at all; null where each fits one."""
    sources = view.case.sources()
    wrong = next((path for path in paths if sources.filter(glob("path", [path])).is_empty()), None)
    return wrong and f"no source has a path like `{wrong}`; forensics sources lists them"


def gist(row: dict) -> dict:
    """What an event is about, and the values that it states, in a few words."""
    from forensics.correlate.trees import key

    of = next((key(row[name]) if name == "tree" else row[name] for name in OF if row[name] is not None), None)
    values = [output.stamp(row[name]) for name in SAYS if row[name] is not None]
    return {"of": of, "says": " ".join(dict.fromkeys(values)) or None}


def selected(view: View, kinds: Sequence[str], paths: Sequence[str], untimed: bool) -> pl.DataFrame:
    """The events asked for, sorted. Raises UsageError for a kind, run or stack that is not there."""
    import polars as pl

    from forensics.projections.naming import with_names

    events = with_names(view.case.events())
    asked = []
    if kinds:
        asked.append(glob("kind", kinds))
        check_kinds(kinds)
    if paths:
        asked.append(glob("path", paths))
    for column, option, values in (("run", "--run", view.runs), ("stack", "--stack", view.stacks)):
        if values:
            there = events.select(pl.col(column).unique().drop_nulls()).collect()[column].to_list()
            view.known(column, option, values, there)
            asked.append(pl.col(column).is_in(list(values)))
    since, until = view.window
    if since is not None:
        asked.append((pl.col("ts_hi") >= since) | (pl.col("ts").is_null() & untimed))
    if until is not None:
        asked.append((pl.col("ts_lo") <= until) | (pl.col("ts").is_null() & untimed))
    if asked:
        events = events.filter(pl.all_horizontal(asked))
    return events.sort(ORDER, nulls_last=True).collect()


def glob(column: str, patterns: Sequence[str]) -> pl.Expr:
    """Match whole texts against shell patterns: `*`, `?`, `[…]`."""
    import fnmatch

    import polars as pl

    # fnmatch writes `(?s:…)\Z`; polars' regex engine spells the end of the text `\z`.
    return pl.any_horizontal([pl.col(column).str.contains("^" + fnmatch.translate(pattern).replace(r"\Z", r"\z")) for pattern in patterns])


def check_kinds(kinds: Sequence[str]) -> None:
    """Raise UsageError for what is no kind of event, nor a pattern that fits one."""
    import fnmatch

    from forensics.cli.group import no_such
    from parsers.kinds import KINDS

    for kind in kinds:
        if not any(fnmatch.fnmatchcase(known, kind) for known in KINDS):
            family = f"{kind}.*" if any(known.startswith(f"{kind}.") for known in KINDS) else ""
            raise no_such("kind of event", kind, "--kind", list(KINDS), "forensics events --kind", "forensics formats", family)


def with_object(row: dict) -> dict:
    """`attrs` as the object that it is, where there is one."""
    import json

    return row | {"attrs": json.loads(row["attrs"])} if row.get("attrs") else row


def lines_left(view: View, paths: Sequence[str]) -> pl.DataFrame:
    """The lines that gave no event and are not blank: path, line_no, text; sorted."""

    from forensics.projections.unparsed import unparsed
    from parsers.lines import clean, decode

    sources = view.case.sources().lazy()
    if paths:
        sources = sources.filter(glob("path", paths))
    left = unparsed(view.case.lines(), view.case.events(), sources).collect()
    return left.select("path", "line_no", clean(decode(left["raw"])).alias("text"))
