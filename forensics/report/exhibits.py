"""Exhibits: the lines that a report cites, each with a number, its quote, the hash of its source, and the command that shows it again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from forensics.errors import printable
from forensics.quote import brief
from forensics.report import cold

SHORT_HASH = 12


@dataclass(frozen=True)
class Exhibit:
    """One cited line. `path` is printable; `at_us` is when its record says it happened, microseconds since 1970; null if it does not say."""

    number: int
    path: str
    line: int
    sha256: str
    text: str
    member: bool = False
    at_us: int | None = None
    kind: str | None = None

    @cached_property
    def brief(self) -> str:
        return brief(self.text)

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line}"


def again(exhibits: Iterable[Exhibit]) -> str:
    """The commands that show some exhibits again, one a file, in the order of first mention."""
    lines: dict[tuple[str, bool], list[int]] = {}
    for exhibit in exhibits:
        lines.setdefault((exhibit.path, exhibit.member), []).append(exhibit.line)
    return "; ".join(cold.lines_command(path, numbers, member=member) for (path, member), numbers in lines.items())


@dataclass
class Exhibits:
    """The exhibits of one report, numbered from 1 in the order in which they are first cited.

    `members` are the paths of sources that lie in archives.
    """

    members: frozenset[str] = frozenset()
    moments: Mapping[tuple[str, int], tuple[int | None, str]] = field(default_factory=dict)
    found: dict[tuple[str, int, str], Exhibit] = field(default_factory=dict)

    def cite(self, rows: Iterable[Mapping[str, Any]]) -> tuple[Exhibit, ...]:
        """Number the lines of evidence rows (path, line, sha256, text); each line once."""
        cited = {}
        for row in rows:
            key = (row["path"], row["line"], row["sha256"])
            if key not in self.found:
                at, kind = self.moments.get(key[:2], (None, None))
                member = row["path"] in self.members
                path = printable(row["path"])
                self.found[key] = Exhibit(len(self.found) + 1, path, row["line"], row["sha256"], row["text"].strip(), member, at, kind)
            cited[key] = self.found[key]
        return tuple(cited.values())

    def __iter__(self) -> Any:
        return iter(self.found.values())

    def files(self) -> list[tuple[str, str, bool, int]]:
        """What is cited: path, sha256, whether it lies in an archive, how many lines; by path."""
        count: dict[tuple[str, str, bool], int] = {}
        for e in self.found.values():
            count[e.path, e.sha256, e.member] = count.get((e.path, e.sha256, e.member), 0) + 1
        return [(*key, n) for key, n in sorted(count.items())]
