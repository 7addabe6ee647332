"""The documents of a batch: sources whose lines only make sense together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl


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
