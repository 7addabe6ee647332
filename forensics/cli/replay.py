"""`forensics replay`: events again, from the stored lines."""

from __future__ import annotations

import click

from forensics.cli import output
from forensics.cli.options import viewing
from forensics.cli.progress import progress
from forensics.cli.view import View


@click.command()
@viewing("json", "case")
@click.option("--quiet", is_flag=True, help="No progress.")
def command(view: View, quiet: bool) -> None:
    """Rebuild all events from the stored lines.

    The parsers of today read them. The files that were ingested are not read, and need not be there any more. Events are superseded as a whole, never edited; with the
    same parsers the same events come out.

    \b
    Example:
      forensics replay
    """
    from forensics.replay import replay

    with progress("replay", quiet=quiet) as report:
        done = replay(view.case, progress=report)
    if view.as_json:
        output.machine([done], view.zone)
    else:
        output.say(str(done))
