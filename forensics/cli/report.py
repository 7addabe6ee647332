"""`forensics report`: the evidence report."""

from __future__ import annotations

import hashlib
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from forensics.cli import output
from forensics.cli.options import viewing
from forensics.cli.view import View
from forensics.errors import UsageError
from forensics.times import iso

if TYPE_CHECKING:
    from forensics.analysis import Analysis
    from forensics.report.document import Document

MARKDOWN, HTML = (".md", ".markdown"), (".html", ".htm")


@click.command()
@viewing("run", "stack", "window", "tz", "case")
@click.option("-o", "--output", "file", metavar="FILE", help="Where to: .md or .html.  [default: Markdown to stdout]")
@click.option("--title", default="Evidence report", show_default=True, metavar="TEXT", help="The headline.")
@click.option(
    "--facts", "facts_only", is_flag=True, help="The facts alone, without causes and verdicts: for a reviewer who must not be led."
)
def command(view: View, file: str | None, title: str, facts_only: bool) -> None:
    """Write the evidence report, as Markdown or HTML.

    On the whole case, or on the runs, stacks or hours asked for, with whoever was at work on the same stacks meanwhile.

    The answer in three sentences; WHAT is claimed, HOW to check it, which lines are EXPECTED, WHERE they are; then the facts, apart from them
    the reasoning with every explanation and its verdict, and what the evidence could not show. Each statement has file, line, quote, hash and
    the command that shows the line again without this tool. The same case gives the same bytes. `forensics verify FILE` holds each citation
    against them. HTML is one self-contained file; Markdown that is written to a file has the timeline beside it, FILE.timeline.svg.

    \b
    Example:
      forensics report --output report.md
      forensics report --run m2p --output m2p.html
    """
    about = part(view)
    parts = render(view, about, file, title=title, facts_only=facts_only)
    if file is None:
        click.echo(parts[0][1], nl=False)
        return
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    for name, text in parts:
        Path(file).with_name(name).write_text(text, encoding="utf-8")
    _, *beside = parts
    said = "".join(f", with {Path(file).with_name(name)}" for name, _ in beside)
    output.say(output.quoted(f"{file}: {output.size(Path(file).stat().st_size)}{said}; check it with"))
    command = f"forensics verify {shlex.quote(file)} --case {shlex.quote(view.case_path)}"
    click.echo(f"  {output.quoted(command)}")  # never folded: it is to be copied
    if not about.runs.height:
        output.attention("nothing was going on there: no run of the case is in the report")


def part(view: View) -> Analysis:
    """The answers for what was asked for: for the whole case, or a part of it.

    Raises:
        UsageError: If a run or a stack was named that the case does not know, or a time that is none.
    """
    from forensics.report.part import Asked, Part

    deploys, writes = view.analysis.deploys, view.analysis.writes
    view.known("run", "--run", view.runs, {*view.analysis.runs["run"], *deploys["run"]})
    view.known("stack", "--stack", view.stacks, {*deploys["stack"].drop_nulls(), *writes["stack"].drop_nulls()})
    lo, hi = (None if t is None else round(t.timestamp() * 1e6) for t in view.window)
    # Times are typed again as the instants that they meant: `2h ago` is another hour tomorrow.
    instants = [(option, t) for option, t in zip(("--since", "--until"), view.window, strict=True) if t is not None]
    typed = [*(("--run", run) for run in view.runs), *(("--stack", stack) for stack in view.stacks), *((o, iso(t)) for o, t in instants)]
    asked = Asked(frozenset(view.runs), frozenset(view.stacks), lo, hi, tuple(word for pair in typed for word in pair))
    return Part(view.analysis, asked) if asked else view.analysis


def render(view: View, a: Analysis, file: str | None, *, title: str, facts_only: bool) -> list[tuple[str, str]]:
    """The report in the form that the file's suffix says, then the picture beside it, where it has one: names and texts.

    Raises:
        UsageError: For a suffix that says no form.
    """
    path = Path(file or "report.md")
    if path.suffix.lower() in MARKDOWN:
        from forensics.report import markdown
        from forensics.report.picture import BESIDE, drawing

        drawn = drawing(a) if file and not facts_only else ""
        beside = [(path.stem + BESIDE, drawn)] if drawn else []
        picture = next(((name, hashlib.sha256(text.encode()).hexdigest()) for name, text in beside), ("", ""))
        return [(path.name, markdown.render(document(view, a, title, facts_only, picture))), *beside]
    if path.suffix.lower() in HTML:
        from forensics.report import html
        from forensics.report.picture import figure

        return [(path.name, html.render(document(view, a, title, facts_only), "" if facts_only else figure(a)))]
    raise UsageError(
        f"`{file}` names no report",
        "--output",
        "its suffix says the format, and must be .md or .html",
        f"--output {path.stem}.md",
    )


def document(view: View, a: Analysis, title: str, facts_only: bool, picture: tuple[str, str] = ("", "")) -> Document:
    from forensics.projections.coverage import coverage_of
    from forensics.report.build import build

    sources, windows = view.case.sources(), coverage_of(view.case).collect()
    return build(a, sources.filter(~sources["superseded"]), windows, title=title, facts_only=facts_only, picture=picture)
