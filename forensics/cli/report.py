"""`forensics report`: the evidence report."""

from __future__ import annotations

from pathlib import Path

import click

from forensics.cli import output
from forensics.cli.options import viewing
from forensics.cli.view import View
from forensics.errors import UsageError


@click.command()
@viewing("case")
@click.option("-o", "--output", "file", metavar="FILE", help="Where to: .md or .html.  [default: Markdown to stdout]")
@click.option("--title", default="Evidence report", show_default=True, metavar="TEXT", help="The headline.")
@click.option("--facts-only", is_flag=True, help="Leave out causes and findings: for a reviewer who must not be led.")
def command(view: View, file: str | None, title: str, facts_only: bool) -> None:
    """Write the evidence report, as Markdown or HTML.

    What happened, who wrote what, every hypothesis with its verdict, and each claim with file, line and quote. The same case gives the same
    bytes; `forensics verify FILE` holds each citation against them. HTML is one self-contained file.

    \b
    Example:
      forensics report --output report.md
    """
    text = render(view, file, title=title, facts_only=facts_only)
    if file is None:
        click.echo(text, nl=False)
        return
    path = Path(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    output.say(output.quoted(f"{path}: {output.size(path.stat().st_size)}; check it with: forensics verify {path} --case {view.case_path}"))


def render(view: View, file: str | None, *, title: str, facts_only: bool) -> str:
    """The report in the form that the file's suffix says. Raises UsageError for a suffix that says none."""
    suffix = Path(file).suffix.lower() if file else ".md"
    sources = view.case.sources()
    sources = sources.filter(~sources["superseded"])
    if suffix in (".md", ".markdown"):
        from forensics.report import markdown

        return markdown.render(view.analysis, sources, title=title, facts_only=facts_only)
    if suffix in (".html", ".htm"):
        from forensics.report import html

        return html.render(view.analysis, sources, title=title, facts_only=facts_only)
    raise UsageError(
        f"`{file}` names no report",
        "--output",
        "its suffix says the format, and must be .md or .html",
        f"--output {Path(file or 'report').stem}.md",
    )
