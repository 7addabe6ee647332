"""`forensics compare`: what separates the drifting runs from the others."""

from __future__ import annotations

import click

from forensics.cli import output
from forensics.cli.options import listing
from forensics.cli.output import Column
from forensics.cli.view import View

COLUMNS = (
    Column("fact", "fact", wide=True),
    Column("drifting", "drifting", right=True),
    Column("others", "others", right=True),
    Column("separates", "separates"),
    Column("chance", "by chance", right=True),
)
NOTHING = "nothing to compare\n  missing: a {} in this case\n  next:    forensics ingest PATH..., with the evidence of more runs"


@click.command()
@listing()
def command(view: View) -> None:
    """Show what separates the drifting runs from the others.

    Each fact is set against the runs that drifted and the runs that did not. `by chance` is how likely a split at least this uneven would
    be if the fact had nothing to do with it: with few runs, much separates them by chance, and nothing here is a cause.

    \b
    Example:
      forensics compare
    """
    from forensics.report.compare import compare, groups

    sides = groups(view.analysis.drift)
    rows = compare(view.analysis)
    if view.as_json:
        output.machine(rows, view.zone)
    else:
        for label, runs in (("drifting", sides.drifting), ("others", sides.others), ("unknown", sides.unknown)):
            if runs:
                output.say(output.quoted(", ".join(sorted(runs))), label=f"{label + ':':<10}{len(runs):>4}  ")
    if not sides.drifting or not sides.others:
        output.attention(NOTHING.format("run that drifted" if not sides.drifting else "run that went as intended"))
    elif not view.as_json:
        output.say()
        output.table([row | shown(row) for row in rows], COLUMNS) if rows else output.say("nothing that is known separates them")


def shown(row: dict) -> dict:
    chance = row["by_chance"]
    return {
        "drifting": f"{row['with_drift']} of {row['drifting']}",
        "others": f"{row['without_drift']} of {row['others']}",
        "chance": "<0.1 %" if chance < 0.001 else f"{chance:.1%}".replace("%", " %"),
    }
