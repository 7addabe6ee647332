"""`forensics bundle`: the case without its secrets, to be passed on."""

from __future__ import annotations

import os
import tarfile
import tempfile
from pathlib import Path

import click

from forensics.cli import output
from forensics.cli.options import viewing
from forensics.cli.view import View
from forensics.errors import UsageError, printable

PACKED = (".tar.gz", ".tgz")
OTHERS = (".zip", ".tar", ".gz", ".bz2", ".xz", ".zst", ".7z")  # a name that asks for what is not written here


@click.command()
@viewing("json", "case")
@click.option("-o", "--output", "place", metavar="PATH", default="bundle.tar.gz", show_default=True, help="Where to: .tar.gz, or a folder.")
def command(view: View, place: str) -> None:
    """Copy the case, without its secrets, to be passed on.

    It is a case like any other: same sources, line numbers, events and answers. Lines that hold a secret are stored redacted; all others are there
    byte for byte. The ledger of this case comes with it, so that each original's hash can be checked. `forensics verify` on it says how far
    it is checked.

    What a secret is, forensics tells by its looks: read the list that is printed, and the README.md in the bundle, before you send it.

    \b
    Example:
      forensics bundle --output incident.tar.gz
    """
    from forensics import bundle

    target = Path(place)
    packed = place.endswith(PACKED)
    if not packed and target.suffix in OTHERS:
        raise UsageError(
            f"`{target}` names no archive that is written", "--output", "it must be .tar.gz or .tgz; without such an end it is a folder",
            f"--output {target.name.partition('.')[0] or 'bundle'}.tar.gz",
        )  # fmt: skip
    if packed and target.exists():
        raise UsageError(f"`{target}` is there already", "--output", "nothing is overwritten", "--output another.tar.gz")
    if packed:
        target.parent.mkdir(parents=True, exist_ok=True)
        name = target.name[: -len(next(end for end in PACKED if place.endswith(end)))] or "bundle"
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            own = bundle.write(view.case, Path(folder) / name)
            rows = redacted(Path(folder) / name)
            pack(Path(folder) / name, target)
    else:
        own = bundle.write(view.case, target)
        rows = redacted(target)
    if view.as_json:
        output.machine(
            [
                {
                    "bundle": str(target),
                    **{k: own[k] for k in ("contents", "redacted_contents", "redacted_lines", "origin")},
                    "redacted": rows,
                }
            ]
        )
        return
    for row in rows:
        output.say(f"{printable(row['path'])}: line {row['lines']}", label="redacted: ")
    output.say(output.quoted(f"{target}: {own['contents']} contents, {own['redacted_lines']} lines of {own['redacted_contents']} redacted"))
    unpack = f"tar xf {target} && forensics verify --case {name}" if packed else f"forensics verify --case {target}"
    output.say(output.quoted(f"check it with: {unpack}"))


def redacted(place: Path) -> list[dict]:
    """The sources with redacted lines, and which."""
    from forensics.bundle import told
    from forensics.case import Case

    return [
        {"path": s.path, "lines": told(said["ranges"])}
        for s in Case.open(place).state.sources.values()
        if (said := s.entry.get("redacted"))
    ]


def pack(folder: Path, target: Path) -> None:
    """Put the folder into an archive, complete before it has its name."""
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with tarfile.open(aside, "x:gz") as archive:
            archive.add(folder, folder.name, filter=nobody)
        os.replace(aside, target)
    finally:
        aside.unlink(missing_ok=True)


def nobody(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Who made it is nobody's business, and the lock is nobody's file."""
    if member.name.endswith("/.lock"):
        return None
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member
