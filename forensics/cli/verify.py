"""`forensics verify [REPORT]`: what is stored and what is cited, held against the bytes."""

from __future__ import annotations

import click

from forensics.cli import output
from forensics.cli.options import viewing
from forensics.cli.output import Column
from forensics.cli.view import View

COLUMNS = (Column("what", "what", wide=True), Column("where", "where", wide=True), Column("why", "why", wide=True))


@click.command()
@click.argument("report", required=False, type=click.Path(exists=True, dir_okay=False))
@viewing("json", "case")
def command(view: View, report: str | None) -> None:
    """Check every hash and citation against the bytes.

    The ledger's chain, the segments, the stored lines; with REPORT, also each citation in it.

    Exit status 3 where the case is damaged, 1 where a citation does not stand.

    \b
    Example:
      forensics verify
      forensics verify out/demo/report.md
    """
    raise NotImplementedError
