"""`forensics findings`: everything that was found, worst first."""

from __future__ import annotations

import click

from forensics.cli import output
from forensics.cli.options import listing
from forensics.cli.output import Column
from forensics.cli.view import View
from forensics.errors import UsageError

SEVERITIES = ("critical", "high", "medium", "low", "info")

COLUMNS = (
    Column("severity", "severity"),
    Column("verdict", "verdict"),
    Column("id", "id"),
    Column("what", "class", wide=True),
    Column("of", "runs", wide=True),
    Column("summary", "summary", wide=True, below=True),
)
NOTHING = "nothing was found: that is not proof that nothing happened; `forensics sources` shows what was seen"


@click.command()
@listing("run", "stack", "window")
@click.option("--class", "classes", multiple=True, metavar="CLASS", help="Only this class, like torn-stack; may be repeated.")
@click.option("--proven", is_flag=True, help="Only what is PROVEN.")
@click.option("--fail-on", type=click.Choice(SEVERITIES), help="Leave with status 1 if a finding shown is at least this bad.")
def command(view: View, classes: tuple[str, ...], proven: bool, fail_on: str | None) -> None:
    """List all findings, worst first.

    PROVEN means that no reading of the evidence leaves another explanation; NOT PROVEN findings name what is missing.
    `forensics explain ID` shows one in full.

    \b
    Example:
      forensics findings --proven --fail-on high
    """
    rows = view.select(view.analysis.findings)
    if classes:
        check_classes(classes)
        rows = [row for row in rows if row["class"] in classes]
    rows = [row for row in rows if not proven or row["verdict"] == "PROVEN"]
    rows.sort(key=lambda row: (SEVERITIES.index(row["severity"]), row["verdict"] != "PROVEN"))
    output.listing(view, rows if view.as_json else [shown(row) for row in rows], COLUMNS, NOTHING)
    if fail_on and (worse := [row for row in rows if SEVERITIES.index(row["severity"]) <= SEVERITIES.index(fail_on)]):
        output.attention(f"{len(worse)} of {len(rows)} findings are {fail_on} or worse")


def check_classes(asked: tuple[str, ...]) -> None:
    """Raise UsageError for what is no class of finding; one that nothing was found of is none the less."""
    from forensics.cli.group import no_such
    from forensics.findings import classes
    from forensics.report.values import HYPOTHESES

    for name in asked:
        if name in HYPOTHESES.keys() - set(classes()):
            why = "findings are classed by what went wrong; why a read drifted stands beside the read"
            raise UsageError(f"`{name}` explains a drift, and is no class of finding", "--class", why, "forensics drift --drifted")
        if name not in classes():
            raise no_such("class of finding", name, "--class", list(classes()), "forensics findings --class")


def shown(row: dict) -> dict:
    return row | {"what": row["class"] + (f" ({row['sub']})" if row.get("sub") else ""), "of": ", ".join(row["runs"])}
