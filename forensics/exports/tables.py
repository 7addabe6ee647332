"""Tables as CSV or Parquet, for spreadsheets, DuckDB, pandas, Spark.

CSV is RFC 4180 in UTF-8 with a header: instants are ISO 8601 in UTC, null is an empty field and an empty text is `""`, lists are JSON.
A text that a spreadsheet would run as a formula (it begins with `=`, `+`, `-`, `@`, a tab or a carriage return) is given a `'` in front,
and so is one that begins with `'`: who wants the text back takes one `'` off. Parquet keeps types, nulls and lists, and alters nothing
but secrets and control characters.

References:
    https://www.rfc-editor.org/rfc/rfc4180
    https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from forensics.api import OpenCase
from forensics.redacting import chunks, without_secrets
from forensics.tables import TABLES

FORMULA = r"^([=+\-@\t\r'])"
INSTANT = "%Y-%m-%dT%H:%M:%S%.6fZ"


def write(case: OpenCase, folder: Path, tables: tuple[str, ...], suffix: str) -> dict[str, int]:
    """Write `tables`, or all where none is named, one file each; gives the rows per file."""
    folder.mkdir(parents=True, exist_ok=True)
    return {
        f"{name}.{suffix}": (_csv if suffix == "csv" else _parquet)(case.table(name), folder / f"{name}.{suffix}")
        for name in tables or TABLES
    }


def for_csv(frame: pl.DataFrame) -> pl.DataFrame:
    """A table as CSV can hold it: lists as JSON, instants as text, no text that is a formula."""
    lists = [name for name, dtype in frame.schema.items() if dtype == pl.List]
    frame = frame.with_columns(pl.Series(n, [None if v is None else json.dumps(v.to_list()) for v in frame[n]], pl.String) for n in lists)
    frame = frame.with_columns(pl.col(pl.String).str.replace(FORMULA, "'${1}"))
    return frame.with_columns(pl.col(n).dt.strftime(INSTANT) for n, dtype in frame.schema.items() if dtype == pl.Datetime)


def _csv(table: pl.LazyFrame, path: Path) -> int:
    rows = 0
    with open(path, "wb") as file:
        for n, piece in enumerate(chunks(table)):
            for_csv(piece).write_csv(file, include_header=n == 0, line_terminator="\r\n")
            rows += len(piece)
    return rows


def _parquet(table: pl.LazyFrame, path: Path) -> int:
    rows = 0
    schema = without_secrets(pl.DataFrame(schema=table.collect_schema())).to_arrow(compat_level=pl.CompatLevel.oldest()).schema
    with pq.ParquetWriter(path, schema, store_schema=False) as writer:
        for piece in chunks(table):
            writer.write_table(piece.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema))
            rows += len(piece)
    return rows
