"""What citations are held against: the lines that a case stored, or the original files themselves.

The files are read without a case: whoever has a report and the evidence can check it. A report is not to be trusted, so no path in it leads
out of the folder that was named.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from forensics.errors import printable
from forensics.report.citations import Content

if TYPE_CHECKING:
    from forensics.case import Case

INSIDE = "!/"
HEAD = 512
STEP = 1 << 20
LONGEST = 256 << 20  # bytes of a line that a case keeps in one piece, and numbers as one


@dataclass
class CaseEvidence:
    """The stored lines of a case."""

    case: Case
    name: str = "the case"
    typed: bool = True

    def look(self, wanted: Mapping[str, set[int]]) -> dict[str, list[Content]]:
        contents: dict[str, list[str]] = {}
        for stored, content in self.case.sources().select("path", "content_id").iter_rows():
            if (path := printable(stored)) in wanted:
                contents.setdefault(path, []).append(content)
        places = {(content, line) for path, found in contents.items() for content in found for line in wanted[path]}
        lines: dict[str, dict[int, bytes]] = {}
        if places:
            for content, line, raw in self.case.lines_at(sorted(places)).select("content_id", "line_no", "raw").iter_rows():
                lines.setdefault(content, {})[line] = raw
        return {path: [Content(content, lines.get(content, {})) for content in found] for path, found in contents.items()}


@dataclass
class FileEvidence:
    """Files below folders, each named as `ingest` names it; a file given by itself is found by its name."""

    roots: Sequence[str | os.PathLike[str]]
    name: str = "the evidence"
    typed: bool = False
    _at: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._at = [os.path.realpath(os.fsencode(root)) for root in self.roots]
        self._at = [at if os.path.isdir(at) else os.path.dirname(at) for at in self._at]

    def look(self, wanted: Mapping[str, set[int]]) -> dict[str, list[Content]]:
        found: dict[str, list[Content]] = {}
        for outer, targets in self._by_file(wanted).items():
            for at in self._at:
                if (place := _place(at, outer)) is not None:
                    with open(place, "rb") as stream:
                        for path, content in _contents(outer, stream, targets, os.path.getsize(place)):
                            found.setdefault(path, []).append(content)
        return found

    def _by_file(self, wanted: Mapping[str, set[int]]) -> dict[str, dict[str, set[int]]]:
        """Paths by the file on disk that they are, or lie in."""
        files: dict[str, dict[str, set[int]]] = {}
        for path, lines in wanted.items():
            parts = path.split(INSIDE)
            outers = (INSIDE.join(parts[:i]) for i in range(len(parts), 0, -1))
            if outer := next((outer for outer in outers if any(_place(at, outer) for at in self._at)), None):
                files.setdefault(outer, {})[path] = lines
        return files


def _place(root: bytes, path: str) -> bytes | None:
    """Where a stored path lies below a folder; null if it is not there, is no file, or leads out."""
    from forensics.store.walk import readable

    parts = path.split("/")
    if path.startswith("/") or any(part in ("", ".", "..") or "\0" in part for part in parts):
        return None
    at = root
    for part in parts:
        step = os.path.join(at, os.fsencode(part)) if part.isprintable() else b""
        if not step or not os.path.lexists(step):
            try:
                name = next((entry for entry in os.listdir(at) if printable(readable(entry)) == part), None)
            except OSError:
                return None
            if name is None:
                return None
            step = os.path.join(at, name)
        at = step
    real = os.path.realpath(at)
    inside = real.startswith(root.rstrip(b"/") + b"/")
    return real if inside and os.path.isfile(real) else None


def _contents(path: str, stream: BinaryIO, targets: Mapping[str, set[int]], size: int) -> Iterator[tuple[str, Content]]:
    """The targets that are this file, or members of it; an archive is read once."""
    from forensics.store.archives import Budget, Limits

    if path in targets:
        yield path, _content(stream, targets[path])
        stream.seek(0)
    inside = {target: lines for target, lines in targets.items() if target != path}
    if inside:
        yield from _members(path, stream, inside, Budget(Limits(), size))


def _members(path: str, stream: BinaryIO, targets: Mapping[str, set[int]], budget: object) -> Iterator[tuple[str, Content]]:
    from forensics.store import archives
    from forensics.store.reading import DAMAGE, Rest, read_up_to
    from forensics.store.walk import Passed

    head = read_up_to(stream, HEAD)
    kind = archives.kind_of(head)
    if kind is None:
        return
    whole: BinaryIO = Rest(head, stream)  # type: ignore[assignment]
    if kind == "zip":
        whole = archives.seekable(whole)
    try:
        for member in archives.members(path, whole, kind, budget):  # type: ignore[arg-type]
            if isinstance(member, Passed):
                continue
            if (name := printable(member.path)) in targets:
                yield name, _content(member.stream, targets[name])
            elif deeper := {target: lines for target, lines in targets.items() if target.startswith(name + INSIDE)}:
                yield from _members(member.path, member.stream, deeper, budget)
    except (archives.LimitReached, *DAMAGE):
        return  # what could not be read is then missing, and each citation of it says so
    finally:
        whole.close()


def _content(stream: BinaryIO, lines: set[int]) -> Content:
    """Hash a content and keep some of its lines, reading it once; a line ends with LF and keeps it."""
    digest, kept = hashlib.sha256(), {}
    number, rest, last = 1, bytearray(), max(lines, default=0)
    while data := stream.read(STEP):
        digest.update(data)
        if number > last:
            continue
        rest += data
        start = 0
        while number <= last:
            end = rest.find(b"\n", start, start + LONGEST)
            if end < 0 and len(rest) - start < LONGEST:
                break
            end = end + 1 if end >= 0 else start + LONGEST
            if number in lines:
                kept[number] = bytes(rest[start:end])
            number, start = number + 1, end
        del rest[:start]
    if rest and number in lines:
        kept[number] = bytes(rest)
    return Content(digest.hexdigest(), kept)
