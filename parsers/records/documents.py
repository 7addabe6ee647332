"""The documents of a batch: sources whose lines only make sense together.

Facts of a document name the lines of their own fields. One more fact, of kind `document`, says from which line to which a document was
read whole: its brackets and the fields that no fact needs are understood, though nothing is told by them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from parsers.records.facts import rows_of
from parsers.records.json_walk import Inside, Lines, Member, elements, skip

BREAKS = 64  # one after the other, after which a document is given up: it is none
_CLOSING = re.compile(r"[\s,\]]*")
_BETWEEN = re.compile(r"[\s,\[\]]*")
_OPENING = " \t\r\n,["
_BEGIN = re.compile(r"^[\[{]", re.MULTILINE)


@dataclass(frozen=True)
class Document:
    """One source as one text; `first` is the number of its first line."""

    source: int
    path: str
    text: str
    first: int


def documents(batch: pl.DataFrame) -> Iterator[Document]:
    """Join each source's lines, in the order of their numbers, clean already."""
    joined = batch.group_by("source", maintain_order=True).agg(
        pl.col("path").first(), pl.col("text").str.join("\n"), pl.col("line_no").first()
    )
    for source, path, text, first in joined.iter_rows():
        yield Document(source, path, text, first)


def facts_of_objects(
    batch: pl.DataFrame,
    facts: Callable[[Document, Lines, dict[str, Member]], Iterable[dict[str, Any]]],
    inside: Inside,
    *,
    first: bool = False,
) -> pl.DataFrame:
    """The facts of the objects of each document, from their members with their places, and that the document was read as a whole where there are any.

    Args:
        facts: Those of one object.
        inside: What is stepped through in an object.
        first: Only the first value of a document counts.
    """
    rows: list[dict[str, Any]] = []
    for doc in documents(batch):
        values, found = Elements(doc, inside), []
        for _, _, top in values:
            found += facts(doc, values.lines, top) if isinstance(top, dict) else []
            if first:
                break
        rows += [*found, *values.read_whole()] if found else []
    return rows_of(rows, batch)


def read_whole(doc: Document, first: int, last: int) -> dict[str, Any]:
    """The fact that lines `first` to `last` of a document were read as a whole."""
    return {"source": doc.source, "kind": "document", "line_no": first, "line_last": last, "clock_kind": "none"}


class Elements:
    """The values of a JSON document with their range, one by one (as `elements` gives them), and afterwards which lines were read whole.

    Where the text is no JSON it goes on with the next line that begins a value: one inspect after another may stand in a file, with what a
    shell says between them, or one that broke off before the next.
    """

    def __init__(self, doc: Document, inside: Inside | None = None) -> None:
        self.lines = Lines(doc.text, doc.first)
        self._doc, self._inside = doc, inside
        self._stretches: list[tuple[int, int]] = []

    def __iter__(self) -> Iterator[tuple[int, int, Any]]:
        text, at, breaks = self._doc.text, 0, 0
        while at < len(text) and breaks < BREAKS:
            breaks += 1
            values = elements(text, at, self._inside)
            stopped = len(text)
            while True:
                try:
                    start, end, value = next(values)
                except StopIteration as stop:
                    stopped = stop.value
                    break
                if isinstance(value, dict):
                    breaks = 0
                    self._read(at, start, end)
                yield start, end, value
            begin = _BEGIN.search(text, max(stopped, at + 1))
            at = begin.start() if begin else len(text)

    def _read(self, since: int, start: int, end: int) -> None:
        """Note that the object from `start` to `end` was read, and the brackets between it and the one before."""
        text = self._doc.text
        if self._stretches and _BETWEEN.fullmatch(text, self._stretches[-1][1], start):
            self._stretches[-1] = (self._stretches[-1][0], end)
        else:
            first = since + len(text[since:start].rstrip(_OPENING))
            self._stretches.append((skip(text, first), end))

    def read_whole(self) -> list[dict[str, Any]]:
        """The facts that the values given so far, with the brackets around them, were read as a whole: one where they follow each other."""
        return [
            read_whole(self._doc, self.lines.at(first), self.lines.at(max(end + len(_closing(self._doc.text, end)) - 1, 0)))
            for first, end in self._stretches
        ]


def _closing(text: str, end: int) -> str:
    """What closes the brackets around a value that ends there."""
    return _CLOSING.match(text, end)[0].rstrip()  # type: ignore[index]
