"""`forensics replay`: events again, from the stored lines."""

from __future__ import annotations

import click

from forensics.cli import output
from forensics.cli.options import declaring, viewing
from forensics.cli.progress import progress
from forensics.cli.sums import accounted
from forensics.cli.view import View


@click.command()
@viewing("json", "case")
@declaring
@click.option("--quiet", is_flag=True, help="No progress.")
def command(view: View, quiet: bool, declared: dict[str, tuple[str, ...]]) -> None:
    """Rebuild all events from the stored lines.

    The parsers of today read them; the files that were ingested need not be there any more. Events are superseded as a whole, never edited:
    the same parsers give the same events, and then the ledger stays as it is. What is declared, here or in case.toml, takes effect.

    \b
    Example:
      forensics replay
      forensics replay --zone 'runs/*/console.log=Europe/Berlin'
    """
    from forensics.replay import replay

    with progress("replaying", quiet=quiet) as report:
        done = replay(view.case, progress=report, declared=declared)
    if view.as_json:
        output.machine([done])
        return
    said = f"{output.counted(done['sources'], 'source')} read again, {output.count(done['changed'])} of them changed"
    output.say(f"{said}; {output.counted(done['events'], 'event')}")
    accounted(done)
