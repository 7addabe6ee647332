"""Where a key stands in a TOML file: for errors that point at it.

The standard parser gives values without places, so the text is looked at line by line: headers `[[rule]]` and `[[rule.samples]]` are
counted, a key is looked for below its header. What is written inline stands on the line of its header or table.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass

_HEADER = re.compile(r"\s*\[\[?\s*([\w.\s\"'-]+?)\s*\]\]?\s*(?:#.*)?$")


@dataclass(frozen=True)
class Place:
    """A key's place; `line` and `column` are 1-based, `source` is the line itself, `width` what to mark."""

    path: str
    line: int = 1
    column: int = 1
    source: str = ""
    width: int = 1

    def __str__(self) -> str:
        if not self.source:
            return f"{self.path}:{self.line}"
        return f"{self.path}:{self.line}:{self.column}\n{self.source}\n{' ' * (self.column - 1)}{'^' * max(self.width, 1)}"


@dataclass(frozen=True)
class Toml:
    """The text of one file."""

    path: str
    text: str

    def at(self, line: int, column: int = 1, width: int = 1) -> Place:
        """A place by line and column; the line is shown without its indentation."""
        lines = self.text.split("\n")
        if not 1 <= line <= len(lines):
            return Place(self.path, max(1, min(line, len(lines))))
        source = lines[line - 1].rstrip("\r").replace("\t", " ")
        bare = source.lstrip()
        column = max(1, column - (len(source) - len(bare)))
        shown = textwrap.shorten(bare, 200, placeholder="…") if len(bare) > 200 else bare
        return Place(self.path, line, min(column, len(shown) + 1), shown, min(width, max(1, len(shown) - column + 1)))

    def find(
        self, table: str, index: int = 0, key: str | None = None, sample: int | None = None, mark: str | None = None, on_key: bool = False
    ) -> Place:
        """The place of a key of the `index`-th `[[table]]`, or of its `sample`-th `[[table.samples]]`.

        Without `key`, or where it cannot be found, the header's own place. `mark` is a part of the value to point at;
        with `on_key` the key itself is pointed at.
        """
        lines = self.text.split("\n")
        start, end = self._section(lines, table, index, 0, len(lines))
        if sample is not None and start is not None:
            inner = self._section(lines, f"{table}.samples", sample, start, end)
            if inner[0] is not None:
                start, end = inner
        if start is None:
            return Place(self.path)
        if key is not None:
            for number in range(start + 1, end):
                if number > start + 1 and sample is None and _HEADER.match(lines[number]):
                    break
                if found := re.match(rf"""\s*["']?{re.escape(key)}["']?\s*=\s*""", lines[number]):
                    return self._value(lines[number], number, 0 if on_key else found.end(), mark)
        head = lines[start]
        return self.at(start + 1, len(head) - len(head.lstrip()) + 1, head.strip().rfind("]") + 1)

    def top(self, key: str) -> Place:
        """The place of a key, or of a header, that stands outside of every table."""
        pattern = re.compile(rf"""\s*(?:\[\[?\s*)?["']?{re.escape(key)}["']?\s*(?:[.=\]]|$)""")
        found = next((number for number, line in enumerate(self.text.split("\n"), 1) if pattern.match(line)), None)
        return Place(self.path) if found is None else self.at(found, self.text.split("\n")[found - 1].find(key) + 1, len(key))

    def _section(self, lines: list[str], table: str, index: int, start: int, end: int) -> tuple[int | None, int]:
        """First line and end of the `index`-th section of this name; its own subsections are inside."""
        begin, count = None, -1
        for number in range(start, end):
            header = _HEADER.match(lines[number])
            name = re.sub(r"[\s\"']", "", header[1]) if header else None
            if name is None:
                continue
            if begin is not None and not name.startswith(f"{table}."):
                return begin, number
            if name == table:
                count += 1
                if count == index:
                    begin = number
        return begin, end

    def _value(self, line: str, number: int, start: int, mark: str | None) -> Place:
        if mark and (at := line.find(mark, start)) >= 0:
            return self.at(number + 1, at + 1, len(mark))
        return self.at(number + 1, start + 1, max(1, len(line.rstrip()) - start))
