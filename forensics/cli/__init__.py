"""The command line: one command a file, imported only when it is used.

A new command is a module `forensics/cli/<name>.py` with a click command called `command`, and its name below.
Heavy imports (polars, rich, matplotlib, …) stand inside the functions that need them: `forensics --help` imports none.
"""

from __future__ import annotations

import click

from forensics import __version__
from forensics.cli.group import LazyGroup

__all__ = ["COMMANDS", "main"]

# In the order in which they are used, which is the order of `forensics --help`.
COMMANDS = (
    "ingest",
    "claim",
    "sources",
    "overlaps",
    "drift",
    "findings",
    "explain",
    "compare",
    "next",
    "changes",
    "timeline",
    "report",
    "verify",
    "export",
    "bundle",
    "events",
    "sql",
    "formats",
    "replay",
)


@click.group(
    cls=LazyGroup,
    package="forensics.cli",
    commands_in_order=COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, "-V", "--version", prog_name="forensics", message="%(prog)s %(version)s")
@click.pass_context
def main(context: click.Context) -> None:
    """A flight recorder and race detector for deployments.

    Give it what is left of an incident: logs, reflogs, docker events, inspects. It answers what happened, cites the lines, and says
    NOT PROVEN where they do not decide.

    \b
    Example:
      forensics ingest data/dstamp/evidence
      forensics drift
      forensics report --output report.md

    \b
    The case is ./case, unless --case or $FORENSICS_CASE says otherwise.
    Exit status: 0 done; 1 done, but something needs attention; 2 wrong
    usage; 3 the case is damaged.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
