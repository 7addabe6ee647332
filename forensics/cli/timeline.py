"""`forensics timeline`: the picture."""

from __future__ import annotations

from pathlib import Path

import click

from forensics.cli import output
from forensics.cli.options import viewing
from forensics.cli.view import View
from forensics.errors import UsageError

FORMATS = (".svg", ".png", ".pdf")


@click.command()
@viewing("json", "case")
@click.option("--stack", metavar="STACK", help="Only this stack.")
@click.option("--run", metavar="RUN", help="Only the stacks that this run deployed to.")
@click.option(
    "-o", "--output", "files", multiple=True, metavar="FILE", help="Where to: .svg, .png or .pdf; may be repeated.  [default: timeline.svg]"
)
@click.option("--title", default="", metavar="TEXT", help="A headline for the picture.")
def command(view: View, stack: str | None, run: str | None, files: tuple[str, ...], title: str) -> None:
    """Draw who did what when, lane by lane.

    Per stack: its runs with their deploys, as sure and as uncertain as the evidence leaves their ends, the locks that they held and what
    they read; its services with the value of their label. Then HEAD of each work tree. With --json the lanes come as data, and nothing is
    drawn unless --output asks for it.

    \b
    Example:
      forensics timeline --output timeline.svg --output timeline.png
    """
    from forensics.report.lanes import layout

    paths = [writable(name) for name in files or ([] if view.as_json else ["timeline.svg"])]
    deploys = view.analysis.deploys
    for noun, name in (("stack", stack), ("run", run)):
        if name is not None:
            view.known(noun, f"--{noun}", [name], set(deploys[noun].drop_nulls()))
    picture = layout(view.analysis, stack=stack, run=run)
    if view.as_json:
        import dataclasses

        output.machine((dataclasses.asdict(lane) for lane in picture.lanes), view.zone)
    if not picture.lanes:
        output.attention(NOTHING)
    if paths:
        from forensics.report.timeline import draw

        draw(picture, paths, title=title)
        if not view.as_json:
            output.say(output.quoted(f"{len(picture.lanes)} lanes: {', '.join(map(str, paths))}"))


NOTHING = "nothing to draw: no deploy and no write in this case\n  next:    forensics sources shows what there is"


def writable(name: str) -> Path:
    """The path to write to, its folder made. Raises UsageError for a format that cannot be drawn."""
    path = Path(name)
    if path.suffix.lower() not in FORMATS:
        raise UsageError(
            f"`{name}` names no picture",
            "--output",
            f"its suffix says the format, and must be one of {', '.join(FORMATS)}",
            f"--output {path.stem}.svg",
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
