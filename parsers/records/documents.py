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
from parsers.records.json_walk import Inside, Lines, Member, elements

_CLOSING = re.compile(r"[\s,\]]*")
_OPENING = re.compile(r"[\s\ufeff]*")


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
        rows += [*found, values.read_whole()] if found else []
    return rows_of(rows, batch)


def read_whole(doc: Document, first: int, last: int) -> dict[str, Any]:
    """The fact that lines `first` to `last` of a document were read as a whole."""
    return {"source": doc.source, "kind": "document", "line_no": first, "line_last": last, "clock_kind": "none"}


class Elements:
    """The values of a JSON document with their range, one by one (as `elements` gives them), and afterwards how far it was read."""

    def __init__(self, doc: Document, inside: Inside | None = None) -> None:
        self.lines = Lines(doc.text, doc.first)
        self._doc, self._inside = doc, inside
        self._end = 0

    def __iter__(self) -> Iterator[tuple[int, int, Any]]:
        for start, end, value in elements(self._doc.text, inside=self._inside):
            self._end = end
            yield start, end, value

    def read_whole(self) -> dict[str, Any]:
        """The fact that the values given so far, with the brackets around them, were read as a whole."""
        text = self._doc.text
        rest = _CLOSING.match(text, self._end)
        end = len(text.rstrip()) if rest and rest.end() == len(text) else self._end
        first = _OPENING.match(text)
        return read_whole(self._doc, self.lines.at(first.end() if first else 0), self.lines.at(max(end - 1, 0)))
