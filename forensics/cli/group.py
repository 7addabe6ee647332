"""A click group that imports a command when it is used, and answers every error in four parts."""

from __future__ import annotations

import difflib
import errno
import importlib
import os
import re
import shlex
import sys
import textwrap
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from forensics.errors import ForensicsError, UsageError, four_parts

FEW = 30  # names that are listed whole, where one is not known
MOST = 40
STOPPED = "it was told to stop, as by Ctrl-C; a case holds what its ledger names, and nothing half done"

REFUSED = {  # what the system's refusals mean, and what to type to see more
    errno.EACCES: ("this user may not read or write there", "ls -ld {place}"),
    errno.EPERM: ("this user may not read or write there", "ls -ld {place}"),
    errno.ENOENT: ("it, or a folder on the way there, does not exist and cannot be made", "ls -ld {folder}"),
    errno.ENOTDIR: ("a file is where a folder must be", "ls -ld {place}"),
    errno.EISDIR: ("a folder is where a file must be", "ls -ld {place}"),
    errno.EROFS: ("that file system can only be read", "df -h {place}"),
    errno.ENOSPC: ("the disk is full", "df -h {place}"),
}


class LazyGroup(click.Group):
    """Subcommand `name` is `command` in module `<package>.<name>`.

    `main` turns every expected error into its four parts on stderr and its exit status; an unexpected one keeps its traceback.
    """

    def __init__(self, *args: Any, package: str, commands_in_order: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.package = package
        self.names = tuple(commands_in_order)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.names:
            return None
        return importlib.import_module(f"{self.package}.{cmd_name}").command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.names and not args[0].startswith("-"):
            raise UsageError(
                f"no command is called `{args[0]}`", ctx.command_path, names("the commands are", self.names), suggestion(ctx, args)
            )
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # caught here, because click would call it a failure
            enough()

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, standalone_mode: bool = True, **extra: Any) -> Any:
        try:
            status = super().main(args, prog_name, standalone_mode=False, **extra)
            sys.stdout.flush()
        except click.exceptions.Abort:
            fail(four_parts("interrupted", prog_name or self.name or "", STOPPED, "give the same command again"), 130)
        except click.ClickException as error:
            fail(str(from_click(error)), 2)
        except ForensicsError as error:
            fail(str(error), error.exit_status)
        except OSError as error:
            if error.errno == errno.EPIPE:
                enough()
            fail(refused(error), 2)
        except Exception as error:
            from parsers.errors import FormatError

            if not isinstance(error, FormatError):
                raise
            fail(four_parts(error.what, error.where, error.why, error.next), 2)
        sys.exit(status if isinstance(status, int) else 0)


def enough() -> NoReturn:
    """Leave quietly: whoever reads our output has seen enough, as in `forensics events | head`."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(0)


def fail(text: str, status: int) -> NoReturn:
    click.echo(text, err=True)
    sys.exit(status)


def refused(error: OSError) -> str:
    """What the system refused, in our four parts: what it said, where, what that means, and what to look at."""
    place = str(error.filename or "")
    if error.errno in (errno.EACCES, errno.EPERM) and not os.path.lexists(place):
        place = os.path.dirname(place) or "."
    why, look = REFUSED.get(error.errno or 0, (type(error).__name__, "ls -ld {place}"))
    next_step = look.format(place=shlex.quote(place), folder=shlex.quote(os.path.dirname(place) or ".")) if place else ""
    return four_parts(f"the system refused: {error.strerror or error}", place, why, next_step)


def names(label: str, known: Sequence[str]) -> str:
    """List the names that exist, in lines of some 70 characters; what is long is cut and counted."""
    shown = list(known)[:MOST]
    text = f"{label} " + (", ".join(shown) if shown else "none")
    if len(known) > len(shown):
        text += f" and {len(known) - len(shown)} more"
    return "\n".join(textwrap.wrap(text, 70, break_on_hyphens=False, break_long_words=False))


def nearest(wrong: str, known: Sequence[str]) -> str | None:
    """The known name that was probably meant; null when none is near."""
    return next(iter(near(wrong, known)), None)


def near(wrong: str, known: Sequence[str]) -> list[str]:
    """The known names that may have been meant, the likeliest first: spelled alike, or the rest of one."""
    alike = difflib.get_close_matches(wrong.lower(), known, n=5, cutoff=0.6)
    return list(dict.fromkeys([*alike, *([name for name in known if wrong.lower() in name.lower()][:5] if len(wrong) > 2 else [])]))[:5]


def no_such(noun: str, wrong: str, where: str, known: Sequence[str], typed: str, listing: str = "", meant: str = "") -> UsageError:
    """The answer to a name that is not there: the names that are, or of many the nearest, and what to type instead.

    Args:
        noun: What it should have named; its first word is counted in the plural.
        typed: What to type with a name behind it, such as `forensics drift --run`.
        listing: What lists all names, where they are not all named here.
        meant: What was surely meant.
    """
    likely = [meant] if meant else near(wrong, known)
    if len(known) <= FEW:
        why = names(f"the {plural(noun)} are", known)
    else:
        many = f"{len(known)} {plural(noun)}"
        why = f"of the {many} the nearest are {', '.join(likely)}" if likely else f"none of the {many} is spelled like it"
        why = "\n".join(textwrap.wrap(why, 70, break_on_hyphens=False, break_long_words=False))
    steps = [f"{typed} {shlex.quote(likely[0])}"] if likely else []
    if listing and (not likely or len(known) > FEW):
        steps.append(f"{listing}   (lists them all)")
    return UsageError(f"no {noun} is called `{wrong}`", where, why, "\n".join(steps) or typed.rpartition(" ")[0])


def plural(noun: str) -> str:
    """Of a noun, or of the first word of `class of finding`."""
    first, *of = noun.split(" ")
    return " ".join([first + ("es" if first.endswith("s") else "s"), *of])


def suggestion(ctx: click.Context, args: Sequence[str]) -> str:
    near = nearest(args[0], ctx.command.list_commands(ctx) if isinstance(ctx.command, click.Group) else [])
    return " ".join([ctx.command_path, near, *args[1:]]) if near else f"{ctx.command_path} --help"


def from_click(error: click.ClickException) -> UsageError:
    """Say click's complaint in our four parts."""
    ctx = getattr(error, "ctx", None)
    path = ctx.command_path if ctx else "forensics"
    if isinstance(error, click.NoSuchOption) and ctx:
        known = [opt for parameter in ctx.command.get_params(ctx) for opt in parameter.opts if opt.startswith("--")]
        near = nearest(error.option_name.lstrip("-"), [opt.lstrip("-") for opt in known])
        return UsageError(f"no option is called `{error.option_name}`", path, names("the options are", known), f"{path} --{near or 'help'}")
    if (
        isinstance(error, click.BadParameter)
        and isinstance(error.param, click.Option)
        and isinstance(error.param.type, click.Choice)
        and ctx
    ):
        wrong = re.match(r"'(.*)' is not one of ", error.message, re.DOTALL)
        option = max(error.param.opts, key=len)
        if wrong:
            choices = list(error.param.type.choices)
            likely = nearest(wrong[1], choices)
            next_step = f"{path} {option} {likely}" if likely else f"{path} --help"
            return UsageError(f"{option} cannot be `{wrong[1]}`", path, names("it is one of", choices), next_step)
    if isinstance(error, click.BadParameter) and (absent := re.fullmatch(r"\w+ '(.*)' does not exist\.", error.message, re.DOTALL)):
        option = f" {max(error.param.opts, key=len)}" if isinstance(error.param, click.Option) else ""
        return UsageError(f"`{absent[1]}` does not exist", path, "nothing is there", instead(absent[1], f"{path}{option}"))
    what, why = sentence(error.format_message()), f"it is typed `{ctx.get_usage().removeprefix('Usage: ')}`" if ctx else ""
    if isinstance(error, click.BadParameter) and not isinstance(error, click.MissingParameter):
        why = sentence(error.message)
        what = what.removesuffix(f": {sentence(error.message, lower=False)}")
    return UsageError(what, path, why, f"{path} --help")


def instead(absent: str, typed: str) -> str:
    """What to type where nothing is at a path: the name beside it that was probably meant, or a look at the last folder that there is."""
    folder, name = os.path.split(absent.rstrip("/"))
    while folder and not os.path.isdir(folder):
        folder, name = os.path.split(folder)[0], ""
    try:
        beside = sorted(os.listdir(folder or ".")) if name else []
    except OSError:
        beside = []
    meant = nearest(name, beside)
    return f"{typed} {shlex.quote(os.path.join(folder, meant))}" if meant else f"ls {shlex.quote(folder or '.')}"


def sentence(text: str, lower: bool = True) -> str:
    """A complaint of click's as a part of ours: one line, no full stop, no capital."""
    text = " ".join(text.split()).rstrip(".")
    return text[:1].lower() + text[1:] if lower else text
