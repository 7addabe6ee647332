"""`forensics verify [REPORT]`: what is stored and what is cited, held against the bytes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from forensics.cli import output
from forensics.cli.options import viewing
from forensics.cli.progress import progress
from forensics.cli.view import View
from forensics.errors import SourceError, UsageError

if TYPE_CHECKING:
    from forensics.report.citations import Evidence
    from forensics.verify import Problem

DAMAGED = 3


@click.command()
@click.argument("report", required=False, type=click.Path(exists=True, dir_okay=False))
@click.option(
    "--files", multiple=True, type=click.Path(exists=True), metavar="PATH",
    help="Hold REPORT against these original files instead of a case; what was given to ingest, may be repeated.",
)  # fmt: skip
@viewing("json", "case")
@click.option("--quiet", is_flag=True, help="No progress.")
def command(view: View, report: str | None, files: tuple[str, ...], quiet: bool) -> None:
    """Check every hash and citation against the bytes.

    The ledger's chain, the segments that it names, the contents hashed again from their stored lines, the counts. With REPORT (Markdown or
    HTML), each citation in it is rendered again from its line and compared, and so are its number, its hash and its command; the picture
    beside it is held against its hash, and the report's last line tells whether anything else in it was changed. With --files that needs no
    case; what was typed with `forensics claim` is in no file, and is said not to have been checked.

    \b
    Exit status 3 where the case is damaged, 1 where a citation does not
    stand or a check was not made. With --json, one object for each of
    these: no output, no problem.

    \b
    Example:
      forensics verify
      forensics verify report.md
      forensics verify report.html --files evidence/
    """
    text = read(report) if report else ""
    if files:
        from forensics.report.evidence import FileEvidence

        if not report:
            raise UsageError("no report is named", "--files", "files alone cite nothing", "forensics verify REPORT --files PATH")
        named = " --files ".join(files)
        citations(view, report, text, FileEvidence(files, f"`{named}`"), "compare with the evidence that the report was written from")
        return
    case(view, quiet)
    if report:
        from forensics.report.evidence import CaseEvidence

        citations(view, report, text, CaseEvidence(view.case), f"write the report again: forensics report --case {view.case_path}")


def case(view: View, quiet: bool) -> None:
    """Check the case itself, and leave with status 3 if it is damaged."""
    from forensics.bundle import how_far
    from forensics.verify import verify_case

    with progress("checking", quiet=quiet) as now:
        view.require()
        damage = verify_case(view.case_path, progress=now)
    told(view, damage)
    if damage:
        click.get_current_context().exit(DAMAGED)
    if not view.as_json:
        output.say(f"the case is as it was written: {summary(view)}")
        if far := how_far(view.case):
            output.say(output.quoted(far))


def summary(view: View) -> str:
    sources, entries = view.case.sources(), len(view.case.ledger.entries)
    return f"{output.count(entries)} ledger entries, {output.count(sources.height)} sources, {output.size(int(sources['size'].sum()))}"


def citations(view: View, report: str, text: str, evidence: Evidence, mend: str) -> None:
    """Check a report, and leave with status 1 if anything in it does not stand or was not checked, or if it cites nothing."""
    from forensics.report.citations import check, check_files, check_pictures, not_checked, told_in, typed_in
    from forensics.report.seal import MARK, broken
    from forensics.verify import Problem

    cited = told_in(text)
    if not cited.citations and not cited.flaws:
        output.attention(
            f"nothing to check: no citation is in `{report}`\n  next:    forensics report --case {view.case_path} --output FILE.md"
        )
    changed, absent = check_pictures(text, Path(report), mend)
    flawed = [*check(cited, evidence, report, mend), *check_files(text, evidence, report, mend), *changed]
    unchecked = [*not_checked(cited, evidence, report), *absent]
    if why := broken(text):
        last = text.rstrip("\n").count("\n") + 1
        flawed.append(Problem("the report was changed after it was written", f"{report}:{last}", why, mend))
    told(view, [*flawed, *unchecked])
    if flawed:
        output.attention(
            f"{output.count(len(flawed))} {'problem' if len(flawed) == 1 else 'problems'}; {output.count(len(cited.citations))} citations read"
        )
    if not view.as_json:
        output.say(f"{output.count(len(cited.citations) - len(typed_in(cited, evidence)))} citations stand")
        if MARK not in text:
            output.note("only the citations were checked: the report's last line, which tells whether its prose was changed, is not there")
    if unchecked:
        output.attention(f"{output.count(len(unchecked))} {'check was' if len(unchecked) == 1 else 'checks were'} not made")


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
    """The text of a report. Raises SourceError for what is no text."""
    try:
        return Path(report).read_text("utf-8")
    except UnicodeDecodeError as error:
        why = f"byte {error.start + 1} is not UTF-8: it is no report that forensics wrote"
        raise SourceError(f"`{report}` cannot be read", report, why, "forensics report --output report.md") from error
