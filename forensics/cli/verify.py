"""`forensics verify [REPORT]`: what is stored and what is cited, held against the bytes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from forensics.cli import output
from forensics.cli.options import viewing
from forensics.cli.progress import progress
from forensics.cli.view import View
from forensics.errors import SourceError

if TYPE_CHECKING:
    from forensics.verify import Problem

DAMAGED, ATTENTION = 3, 1


@click.command()
@click.argument("report", required=False, type=click.Path(exists=True, dir_okay=False))
@viewing("json", "case")
@click.option("--quiet", is_flag=True, help="No progress.")
def command(view: View, report: str | None, quiet: bool) -> None:
    """Check every hash and citation against the bytes.

    The ledger's chain, the segments that it names, the contents hashed again from their stored lines, the counts. With REPORT
    (Markdown or HTML), each citation in it is rendered again from the stored line and compared.

    \b
    Exit status 3 where the case is damaged, 1 where a citation does not
    stand. With --json, one object a problem: no output, no problem.

    \b
    Example:
      forensics verify
      forensics verify report.md
    """
    from forensics.bundle import how_far
    from forensics.verify import verify_case

    text = read(report) if report else ""
    with progress("checking", quiet=quiet) as now:
        damage = verify_case(view.case_path, progress=now)
    told(view, damage)
    if damage:
        click.get_current_context().exit(DAMAGED)
    if not view.as_json:
        output.say(f"the case is as it was written: {summary(view)}")
        if far := how_far(view.case):
            output.say(output.quoted(far))
    if report:
        citations(view, report, text)


def summary(view: View) -> str:
    sources, entries = view.case.sources(), len(view.case.ledger.entries)
    return f"{output.count(entries)} ledger entries, {output.count(sources.height)} sources, {output.size(int(sources['size'].sum()))}"


def citations(view: View, report: str, text: str) -> None:
    """Check the citations of a report, and leave with status 1 if one does not stand, or if there is none."""
    from forensics.report.citations import check, citations_in

    cited = list(citations_in(text))
    if not cited:
        output.attention(
            f"nothing to check: no citation is in `{report}`\n  next:    forensics report --case {view.case_path} --output FILE.md"
        )
    flawed = check(view.case, cited, report)
    told(view, flawed)
    if flawed:
        output.attention(f"{output.count(len(flawed))} of {output.count(len(cited))} citations do not stand")
    if not view.as_json:
        output.say(f"{output.count(len(cited))} citations stand")


def told(view: View, problems: list[Problem]) -> None:
    """Print problems: an object each for machines, the parts of an error for people."""
    from dataclasses import asdict

    if view.as_json:
        output.machine(asdict(problem) for problem in problems)
        return
    for problem in problems:
        output.say(output.quoted(problem.what), style="bold")
        for label, part in (("where:", problem.where), ("why:", problem.why), ("next:", problem.next)):
            output.say(output.quoted(part), indent=2, label=f"{label:<7}")


def read(report: str) -> str:
    """The text of a report. Raises SourceError for what cannot be read."""
    try:
        return Path(report).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"`{report}` cannot be read", report, str(error), "forensics report --output report.md") from error
