"""What docker's commands list: a table under its titles, or one JSON object a line (`--format json`).

Both give rows with the columns of the JSON form, under its names, all of them text; empty is null.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import polars as pl

from parsers.records.facts import LOCATOR, located

_CHAR = r'(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))'
_STRING = f'"{_CHAR}*"'
_OBJECT = rf"^\s*\[?,?\s*(\{{\s*{_STRING}\s*:\s*{_STRING}\s*(?:,\s*{_STRING}\s*:\s*{_STRING}\s*)*\}})\s*,?\s*\]?\s*$"
_TO_THE_END = 1 << 20


def begins_with_titles(titles: str, head: bytes) -> bool:
    """Whether a source begins with these titles, or with them behind the command that printed them: a log may quote such a table."""
    return any(re.match(titles.encode(), line.rstrip(b"\r")) for line in head.lstrip().split(b"\n", 3)[:2])


def begins_with_object(head: bytes, keys: Sequence[str]) -> bool:
    """Whether a source's first line is one JSON object with these keys."""
    first = head.lstrip(b"\xef\xbb\xbf[\r\n ").split(b"\n", 1)[0]
    return first.startswith(b"{") and all(f'"{key}"'.encode() in first for key in keys)


def table(batch: pl.DataFrame, titles: str, columns: Mapping[str, str]) -> pl.DataFrame:
    """The rows of tables, each cut where the titles above it begin.

    Args:
        titles: A pattern of the line of titles.
        columns: The title of each key, in the order of the table.
    """
    lines = batch.select(*located(), "text")
    titled = pl.col("text").str.contains(titles)
    lines = lines.with_columns(title=pl.when(titled).then("text").forward_fill().over("source"), titled=titled)
    rows = lines.filter(pl.col("title").is_not_null() & ~pl.col("titled") & (pl.col("text").str.strip_chars() != ""))
    starts = [pl.col("title").str.find(title, literal=True) for title in columns.values()]
    widths = [(after - start).fill_null(_TO_THE_END) for start, after in zip(starts, starts[1:], strict=False)]
    cells = zip(columns, starts, [*widths, pl.lit(_TO_THE_END)], strict=True)
    return _tidy(rows.with_columns(pl.col("text").str.slice(start, width).alias(key) for key, start, width in cells), list(columns))


def objects(batch: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """The lines that are one JSON object of strings."""
    lines = batch.select(*located(), "text").filter(pl.col("text").str.contains(_OBJECT))
    shape = pl.Struct(dict.fromkeys(keys, pl.String))
    return _tidy(lines.with_columns(pl.col("text").str.extract(_OBJECT).str.json_decode(shape).alias("said")).unnest("said"), keys)


def _tidy(rows: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    said = [pl.col(key).str.strip_chars().alias(key) for key in keys]
    return rows.select(*LOCATOR, *(pl.when(value != "").then(value) for value in said))
