"""`forensics changes`: what the latest evidence changed in the answers, and why."""

from __future__ import annotations

import click

from forensics.cli import output
from forensics.cli.options import viewing
from forensics.cli.view import View

WORDS = {"alone": "moved by", "needed": "needs", "together": "only together:"}
MOST = 5  # sources named for one answer


@click.command()
@viewing("json", "case")
@click.option(
    "--from", "before", type=click.IntRange(min=0), metavar="ENTRY", help="The ledger entry to start from.  [default: before --to]"
)
@click.option("--to", "after", type=click.IntRange(min=0), metavar="ENTRY", help="The ledger entry to compare with.  [default: the last]")
def command(view: View, before: int | None, after: int | None) -> None:
    """Show what the latest evidence changed, and which source did.

    The case is read as it was after one ledger entry and as it was after another (`forensics sources --json` gives each source's `seq`); by
    default, without and with what the last ingest added. Of each answer that differs: before, after, why it is so now, and the new sources that
    move it, found by trying each without the others.

    \b
    Example:
      forensics changes
      forensics changes --from 12 --to 30 --json
    """
    from forensics.report.changes import changes

    found = changes(view.case, before, after)
    if view.as_json:
        output.machine([found])
        return
    count = len(found["sources"])
    output.say(f"ledger entry {found['before']} to {found['after']}: {output.count(count)} source{'s' if count != 1 else ''} added")
    if not found["changes"]:
        output.note("no answer changed")
        return
    for row in found["changes"]:
        output.say()
        output.say(output.quoted(f"{row['name']} of {row['of']}" if row["of"] else row["name"]), style="bold")
        output.say(output.quoted(f"{row['before'] or 'not there'} -> {row['after'] or 'gone'}"), indent=2)
        if row["because"]:
            output.say(output.quoted(row["because"]), indent=2, label="because ")
        more = len(row["moved_by"]) - MOST
        named = [*row["moved_by"][:MOST], *([f"{more} more"] if more > 0 else [])]
        output.say(output.quoted((" or " if row["how"] == "alone" else ", ").join(named)), indent=2, label=f"{WORDS[row['how']]} ")
