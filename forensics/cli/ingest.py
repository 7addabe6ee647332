"""`forensics ingest PATH...`: read evidence into the case."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from forensics.cli import output
from forensics.cli.options import declaring, viewing
from forensics.cli.output import Column
from forensics.cli.progress import progress
from forensics.cli.sums import accounted
from forensics.cli.view import View

if TYPE_CHECKING:
    from forensics.store.receipt import Receipt, Row

SUMS = ("size", "lines", "events", "in_events", "unparsed", "blank")
MOST = 20  # remarks printed one by one
BY_PARSER = (
    Column("parser", "read as", wide=True),
    Column("sources", "sources", right=True, show=output.count),
    Column("size", "bytes", right=True, show=output.size),
    Column("lines", "lines", right=True, show=output.count),
    Column("events", "events", right=True, show=output.count),
    Column("in_events", "in events", right=True, show=output.count),
    Column("unparsed", "unparsed", right=True, show=output.count),
    Column("blank", "blank", right=True, show=output.count),
)


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(exists=True))
@viewing("json", "case")
@declaring
@click.option("--quiet", is_flag=True, help="No progress, no receipt: only what needs attention.")
def command(view: View, paths: tuple[str, ...], quiet: bool, declared: dict[str, tuple[str, ...]]) -> None:
    """Read evidence into the case: files, folders, archives.

    Every line is kept byte for byte; its format is detected, and what no rule understands stays as an unparsed line. What was read before
    adds nothing. The receipt accounts for every line: in events + unparsed + blank. The files are only read, and need not stay.

    What lines do not say can be declared, for all sources or for WHICH: a path's pattern (`runs/*/console.log`) or `host:NAME`. The case keeps it;
    its case.toml may say the same, and goes first. What was read before changes by `forensics replay`.

    \b
    Example:
      forensics ingest data/dstamp/evidence --case out/dstamp
      forensics ingest /var/log/syslog --zone Europe/Berlin --year 2026
    """
    from forensics.case import Case
    from forensics.ingest import ingest

    with progress("reading", quiet=quiet or view.as_json) as report:
        case = Case.create(view.case_path)
        receipt = ingest(case, paths, progress=report, declared=declared)
    if view.as_json:
        output.machine(every(receipt))
    elif not quiet:
        people(receipt)
    remarks(receipt)
    if stale := case.stale():
        output.note(
            f"{output.count(len(stale))} sources, such as {stale[0]}, were read before what is known and declared now: forensics replay"
        )
    if nothing := not (receipt.rows or receipt.skipped or receipt.unreadable):
        output.note(
            f"nothing was read: no file is in {', '.join(f'`{path}`' for path in paths)}\n  next:    forensics ingest PATH, with the evidence"
        )
    if receipt.attention or nothing:
        click.get_current_context().exit(1)


def every(receipt: Receipt) -> Iterator[dict]:
    """One row per file found: what was read of it, or `skipped` or `unreadable` and why."""
    yield from (asdict(row) for row in receipt.rows)
    for outcome, passed in (("skipped", receipt.skipped), ("unreadable", receipt.unreadable)):
        yield from ({"path": found.path, "outcome": outcome, "why": found.why} for found in passed)


def people(receipt: Receipt) -> None:
    """Print the receipt: one row per way of reading, then the sum."""
    total = receipt.totals
    parsers = sorted({row.parser for row in receipt.added})
    rows = [summed(parser, [row for row in receipt.added if row.parser == parser]) for parser in parsers]
    if rows:
        output.table(rows, BY_PARSER)
        output.say()
    known = f", {output.count(receipt.known)} known before" if receipt.known else ""
    said = f"{output.counted(total['sources'], 'source')} added{known}; {output.size(total['size'])}, {output.counted(total['events'], 'event')}"
    output.say(said)
    accounted(total)


def summed(parser: str, rows: Sequence[Row]) -> dict:
    return {"parser": parser, "sources": len(rows)} | {key: sum(getattr(row, key) for row in rows) for key in SUMS}


def remarks(receipt: Receipt) -> None:
    """Say on stderr what is odd, however quiet: sources read in part, files that could not be read, leftovers."""
    odd = [(row.path, row.note) for row in receipt.added if row.note] + [(found.path, found.why) for found in receipt.unreadable]
    for path, why in odd[:MOST]:
        output.note_of(path, why)
    if len(odd) > MOST:
        output.note(f"attention: and {output.count(len(odd) - MOST)} more; --json lists all")
    if receipt.skipped:
        output.note(f"skipped: {output.counted(len(receipt.skipped), 'file')}, such as {receipt.skipped[0].path}: {receipt.skipped[0].why}")
    if receipt.swept:
        output.note(f"swept: {output.counted(receipt.swept, 'leftover')} of an ingest that was stopped")
