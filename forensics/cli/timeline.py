"""`forensics timeline`: the picture."""

from __future__ import annotations

from pathlib import Path

import click

from forensics.cli import output
from forensics.cli.explain import the_one
from forensics.cli.options import viewing
from forensics.cli.view import View
from forensics.errors import UsageError

FORMATS = (".svg", ".png", ".pdf")


@click.command()
@viewing("json", "case")
@click.option("--stack", metavar="STACK", help="Only this stack.")
@click.option("--run", metavar="RUN", help="Only the stacks that this run deployed to; its lane is marked.")
@click.option("--service", metavar="SERVICE", help="Only the label of this service over time, and who wrote it.")
@click.option("--finding", metavar="ID", help="Zoomed to this finding, both sides marked; the first characters of its ID are enough.")
@click.option(
    "-o", "--output", "files", multiple=True, metavar="FILE", help="Where to: .svg, .png or .pdf; may be repeated.  [default: timeline.svg]"
)
@click.option("--title", default="", metavar="TEXT", help="A headline for the picture.  [default: what happened, in one line]")
@click.option("--width", type=click.IntRange(480, 8000), default=1200, show_default=True, metavar="PIXELS", help="How wide the picture is.")
def command(
    view: View, stack: str | None, run: str | None, service: str | None, finding: str | None, files: tuple[str, ...], title: str, width: int
) -> None:
    """Draw who did what when, lane by lane.

    Per stack: its runs with their deploys, full height while surely at work and half height while possibly, the locks that they held and what
    they read; its services with the value of their label. Then HEAD of each work tree. A large case is summed up: runs that matter keep a lane,
    the others are counted, and the picture says so. With --json the lanes come as data, and nothing is drawn unless --output asks for it.

    \b
    Example:
      forensics timeline --output timeline.svg --output timeline.png
      forensics timeline --finding 80b10731 --output finding.png
    """
    from forensics.report.lanes import layout

    one_of({"--stack": stack, "--run": run, "--service": service, "--finding": finding})
    paths = [writable(name) for name in files or ([] if view.as_json else ["timeline.svg"])]
    deploys, writes = view.analysis.deploys, view.analysis.writes
    known = {
        "stack": {*deploys["stack"].drop_nulls(), *writes["stack"].drop_nulls()},
        "run": set(deploys["run"]),
        "service": set(writes["service"]),
    }
    for noun, name in (("stack", stack), ("run", run), ("service", service)):
        if name is not None:
            view.known(noun, f"--{noun}", [name], known[noun])
    row = the_one(view, finding) if finding else None
    picture = layout(view.analysis, stack=stack, run=run, service=service, finding=row)
    if view.as_json:
        import dataclasses

        output.machine((dataclasses.asdict(lane) for lane in picture.lanes), view.zone)
    if not picture.lanes:
        output.attention(NOTHING)
    if paths:
        from forensics.report.timeline import draw

        draw(picture, paths, title=title, width=width)
        if not view.as_json:
            output.say(output.quoted(f"{len(picture.lanes)} lanes: {', '.join(map(str, paths))}"))
            if picture.left_out:
                output.note(f"in the picture {picture.left_out}; --run, --stack, --service or --finding shows a part in full")


def one_of(asked: dict[str, str | None]) -> None:
    """Raise UsageError if more than one of these options was given."""
    given = [option for option, value in asked.items() if value is not None]
    if len(given) > 1:
        raise UsageError(
            f"{' and '.join(given)} do not go together", ", ".join(given), "a picture is about one of them", f"leave out {given[-1]}"
        )


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
