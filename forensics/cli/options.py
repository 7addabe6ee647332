"""Options that several commands share, and the `View` that carries them.

`@listing("run", "window")` adds the options named, and --tz, --json and --case, and calls the command with a `View` first.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from forensics.cli.view import DEFAULT, View

CASE = click.option(
    "--case", "case_path", envvar="FORENSICS_CASE", show_envvar=True, default=DEFAULT, show_default=True, metavar="DIR",
    type=click.Path(), help="The case to work in.",
)  # fmt: skip
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for machines.")
TZ = click.option(
    "--tz",
    "zone_name",
    default="UTC",
    show_default=True,
    metavar="ZONE",
    help="Zone of times shown and typed: local, +02:00, Europe/Berlin.",
)

PARTS: dict[str, tuple[Callable, ...]] = {
    "run": (click.option("--run", "runs", multiple=True, metavar="RUN", help="Only of this run; may be repeated."),),
    "stack": (click.option("--stack", "stacks", multiple=True, metavar="STACK", help="Only of this stack; may be repeated."),),
    "window": (
        click.option("--since", metavar="TIME", help="Only what may be at or after TIME: '2026-11-23 12:42', 12:42, '2h ago'."),
        click.option("--until", metavar="TIME", help="Only what may be at or before TIME; 12:42 includes its minute."),
    ),
    "tz": (TZ,),
    "json": (JSON,),
    "case": (CASE,),
}
FIELDS = {
    "run": ("runs",),
    "stack": ("stacks",),
    "window": ("since", "until"),
    "tz": ("zone_name",),
    "json": ("as_json",),
    "case": ("case_path",),
}


def viewing(*parts: str) -> Callable[[Callable], Callable]:
    """Give a command the options of `parts`; it gets them as a `View`, its first argument."""
    fields = [field for part in parts for field in FIELDS[part]]

    def decorate(function: Callable) -> Callable:
        @functools.wraps(function)
        def command(**kwargs: Any) -> Any:
            view = View(**{field: kwargs.pop(field) for field in fields})
            if view.zone_name != "UTC":
                _ = view.zone  # a zone that is none is said, whether or not a time is shown
            return function(view, **kwargs)

        for option in reversed([option for part in parts for option in PARTS[part]]):
            command = option(command)
        return command

    return decorate


def of_ones_own(what: str) -> Callable[[Callable], Callable]:
    """The option --formats, with what becomes of the formats."""
    file = click.Path(exists=True, dir_okay=False)
    return click.option("--formats", "formats", multiple=True, metavar="TOML", type=file, help=f"Formats of your own; {what}.")


DECLARING = (
    click.option("--zone", "zones", multiple=True, metavar="[WHICH=]ZONE", help="Zone of times that state none, such as Europe/Berlin."),
    click.option(
        "--year", "years", multiple=True, metavar="[WHICH=]YEAR", help="Year of times that state none; or the day they count from."
    ),
    click.option("--offset", "offsets", multiple=True, metavar="[WHICH=]SECONDS", help="How far a clock is ahead: 0.35, or -2,0.5."),
    of_ones_own("kept in the case"),
)


def declaring(function: Callable) -> Callable:
    """Give a command --zone, --year, --offset and --formats; it gets them as `declared`, texts by section of case.toml."""

    @functools.wraps(function)
    def command(*arguments: Any, **kwargs: Any) -> Any:
        declared = {section: kwargs.pop(section) for section in ("zones", "years", "offsets", "formats")}
        return function(*arguments, declared=declared, **kwargs)

    for option in reversed(DECLARING):
        command = option(command)
    return command


def listing(*parts: str) -> Callable[[Callable], Callable]:
    """`viewing` for a command that lists rows: with --tz, --json and --case."""
    return viewing(*parts, "tz", "json", "case")
