"""`forensics compare`: what separates the drifting runs from the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from forensics.cli import output
from forensics.cli.options import listing
from forensics.cli.output import Column
from forensics.cli.view import View

if TYPE_CHECKING:
    from forensics.report.compare import Groups

COLUMNS = (
    Column("fact", "fact", wide=True),
    Column("one", "drifting", right=True),
    Column("other", "others", right=True),
    Column("separates", "separates"),
    Column("chance", "by chance", right=True),
    Column("of_all", "of all", right=True),
)
NOTHING = "nothing to compare\n  missing: a {} in this case\n  next:    forensics ingest PATH..., with the evidence of more runs"
LISTED = 40
FEWEST, LIKELY = 5, 0.2  # facts shown at least, and how likely by chance one is that is not


@click.command()
@listing()
@click.option(
    "--by", "how", type=click.Choice(("drift", "outcome")), default="drift", show_default=True, help="Drifted or not; failed or passed."
)
@click.option("--recipe", metavar="RECIPE", help="Only runs of this recipe.")
@click.option("--ref", metavar="COMMIT", help="Only runs of this ref; its first characters are enough.")
def command(view: View, how: str, recipe: str | None, ref: str | None) -> None:
    """Show what separates the drifting runs from the others.

    Each fact (recipe, ref, stack, tree, host, versions, locks, overlaps, load, findings) is set against the runs that drifted and the runs that
    did not. `by chance` is how likely a split at least this uneven would be if the fact had nothing to do with it (Fisher's exact test); `of
    all` is the same after the number of facts looked at. Nothing here is a cause: what goes together may have a common parent.

    \b
    Example:
      forensics compare --recipe discourse
    """
    from forensics.report.compare import by_outcome, cautions, compare, groups

    analysis = view.analysis
    sides = groups(analysis.drift) if how == "drift" else by_outcome(analysis)
    sides = narrowed(view, sides, recipe, ref)
    rows = compare(analysis, sides)
    names = ("drifting", "others") if how == "drift" else ("failed", "passed")
    if view.as_json:
        output.machine(rows, view.zone)
    else:
        for label, runs in zip((*names, "unknown"), (sides.drifting, sides.others, sides.unknown), strict=True):
            if runs:
                output.say(output.quoted(", ".join(sorted(runs))), label=f"{label + ':':<10}{len(runs):>4}  ")
    if not sides.drifting or not sides.others:
        lacking = ("run that drifted", "run that went as intended") if how == "drift" else ("run that failed", "run that passed")
        output.attention(NOTHING.format(lacking[0] if not sides.drifting else lacking[1]))
    for caution in cautions(analysis, sides):
        output.note(caution)
    if sides.drifting and sides.others and not view.as_json:
        people(rows)


def narrowed(view: View, sides: Groups, recipe: str | None, ref: str | None) -> Groups:
    """The groups without the runs of other recipes and refs. Raises UsageError for one that no run has."""
    for attribute, asked in (("recipe", recipe), ("ref", ref)):
        if asked is not None:
            fits = [(run, value) for run, name, value in view.analysis.traits if name == attribute]
            mine = {run for run, value in fits if value == asked or (attribute == "ref" and value.startswith(asked[: len(value)]))}
            if not mine:
                view.known(attribute, f"--{attribute}", [asked], {value for _, value in fits})
            sides = sides.within(mine)
    return sides


def people(rows: list[dict]) -> None:
    """The table, the most telling facts first, then what each overlap is worth."""
    output.say()
    if not rows:
        output.say("nothing that is known separates them")
        return
    telling = rows[: max(FEWEST, sum(row["by_chance"] < LIKELY for row in rows))][:LISTED]
    output.table([row | shown(row) for row in telling], COLUMNS)
    if len(rows) > len(telling):
        output.note(f"showing {len(telling)} of {len(rows)} facts, the least likely by chance; --json lists all")
    told: set[str] = set()
    for row in telling:
        if row["note"] and row["note"] not in told:
            told.add(row["note"])
            output.say()
            output.say(output.quoted(f"{row['fact']}: {row['note']}"))
            if row["together"]:
                output.say(output.quoted(f"the same runs have: {', '.join(row['together'])}"), indent=2)


def shown(row: dict) -> dict:
    return {
        "one": f"{row['with_drift']} of {row['drifting']}",
        "other": f"{row['without_drift']} of {row['others']}",
        "chance": percent(row["by_chance"]),
        "of_all": percent(row["by_chance_of_all"]),
    }


def percent(chance: float) -> str:
    return "<0.1 %" if chance < 0.001 else f"{chance:.1%}".replace("%", " %")
