"""Find the files below what people name, in an order that is the same everywhere.

A path is stored relative to the argument: `ingest INC/evidence` gives `runs/...`, a single file gives its name. Bytes
in a name that are no UTF-8 are written `\\xff`. Symbolic links to folders are not followed: what they point at inside
the tree is read at its own place, and outside it nothing was asked for. Links to files are followed inside the tree.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from forensics.errors import UsageError


@dataclass(frozen=True)
class Found:
    """A file to read. `path` is its stored path, `place` where it is."""

    place: bytes
    path: str
    size: int


@dataclass(frozen=True)
class Passed:
    """Something that is not read, and why. `wanted` is true where it should have been: the system refused."""

    path: str
    why: str
    wanted: bool


def readable(name: bytes) -> str:
    """A file's name as text."""
    return name.decode("utf-8", "backslashreplace")


def walk(paths: Sequence[str | os.PathLike[str]], case: os.PathLike[str]) -> Iterator[Found | Passed]:
    """Yield what is below the given paths, each argument's files sorted by name, folder by folder.

    Raises:
        UsageError: If an argument does not exist.
    """
    try:
        own = os.stat(case)
        avoid = (own.st_dev, own.st_ino)
    except OSError:
        avoid = (-1, -1)
    for given in paths:
        place = os.fsencode(given)
        try:
            about = os.stat(place)
        except OSError as error:
            raise UsageError(
                f"`{readable(place)}` cannot be read", readable(place), f"{error.strerror}; nothing was read", "forensics ingest PATH..."
            ) from error
        if stat.S_ISDIR(about.st_mode):
            yield from _folder(place, b"", os.path.realpath(place), avoid)
        else:
            name = os.path.basename(os.path.abspath(place))
            yield _file(place, readable(name), about)


def _file(place: bytes, path: str, about: os.stat_result) -> Found | Passed:
    if stat.S_ISREG(about.st_mode):
        return Found(place, path, about.st_size)
    return Passed(path, f"it is a {_nature(about.st_mode)}, no file", False)


def _nature(mode: int) -> str:
    for test, name in (
        (stat.S_ISFIFO, "pipe"),
        (stat.S_ISSOCK, "socket"),
        (stat.S_ISCHR, "device"),
        (stat.S_ISBLK, "device"),
        (stat.S_ISDIR, "folder"),
    ):
        if test(mode):
            return name
    return "special file"


def _folder(place: bytes, below: bytes, root: bytes, avoid: tuple[int, int]) -> Iterator[Found | Passed]:
    """One folder and those in it; a stack instead of recursion, since evidence may be nested deeper than Python may call."""
    stack: list[tuple[bytes, bytes, str]] = [(place, below, "folder")]
    while stack:
        place, below, nature = stack.pop()
        path = readable(below)
        if nature == "folder":
            try:
                about = os.stat(place)
                if (about.st_dev, about.st_ino) == avoid:
                    yield Passed(path or ".", "it is the case itself", False)
                    continue
                with os.scandir(place) as entries:
                    inside = [(e.name, _kind(e)) for e in entries]
            except OSError as error:
                yield Passed(path or ".", f"the folder cannot be read: {error.strerror}", True)
                continue
            inside.sort(reverse=True)
            stack += [(os.path.join(place, name), os.path.join(below, name), kind) for name, kind in inside]
        elif nature == "link":
            yield _link(place, path, root)
        else:
            try:
                yield _file(place, path, os.lstat(place))
            except OSError as error:
                yield Passed(path, f"it cannot be read: {error.strerror}", True)


def _kind(entry: os.DirEntry[bytes]) -> str:
    return "link" if entry.is_symlink() else "folder" if entry.is_dir(follow_symlinks=False) else "file"


def _link(place: bytes, path: str, root: bytes) -> Found | Passed:
    target = os.path.realpath(place)
    try:
        about = os.stat(place)
    except OSError as error:
        return Passed(path, f"a symbolic link that leads nowhere: {error.strerror}", False)
    if stat.S_ISDIR(about.st_mode):
        return Passed(path, "a symbolic link to a folder is not followed", False)
    if not target.startswith(root.rstrip(b"/") + b"/"):
        return Passed(path, f"a symbolic link out of the tree, to {readable(target)}, is not followed", False)
    return _file(target, path, about)
