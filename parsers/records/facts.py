"""What the record parsers share to build facts: time of a resolution, and the JSON object in `attrs`.

One row is one fact in every function here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import polars as pl

from parsers.attrs import attrs as attrs
from parsers.schema import FACTS, INSTANT

# The columns that `document` parsers fill by name; the locator's byte range is added from the lines.
_ROW = pl.Schema(
    {k: v for k, v in FACTS.items() if k not in ("offset", "length", "clock", "parser", "run", "host", "level", "lock")}
    | {"run": pl.String, "level": pl.String}
)
LOCATOR = ("source", "line_no", "line_last", "offset", "length", "ordinal")
_WHOLE_MAX = 2**63 - 1
NS_PER_US = 1_000
US_PER_S = 1_000_000
NS_PER_S = 1_000_000_000


def timed(ns: pl.Expr, *, span_us: int | pl.Expr = 0) -> list[pl.Expr]:
    """`ts`, `ts_lo` and `ts_hi` of epoch nanoseconds; `ts_hi` lies `span_us` later. Null stays null."""
    return timed_us(ns // NS_PER_US, span_us=span_us)


def timed_us(us: pl.Expr, *, span_us: int | pl.Expr = 0) -> list[pl.Expr]:
    """The same of epoch microseconds, which reach beyond the year 2262."""
    return [us.cast(INSTANT).alias("ts"), us.cast(INSTANT).alias("ts_lo"), (us + span_us).cast(INSTANT).alias("ts_hi")]


def located() -> list[pl.Expr]:
    """The locator (`LOCATOR`) of a fact that is one line: its number twice, its bytes with the terminator."""
    return [
        pl.col("source", "line_no", "offset"),
        pl.col("line_no").alias("line_last"),
        pl.col("raw").bin.size().cast(pl.Int64).alias("length"),
        pl.lit(0, pl.UInt32).alias("ordinal"),
    ]


def attrs_text(values: Mapping[str, Any]) -> str | None:
    """The same JSON object for one fact of a document."""
    kept = {k: v for k, v in values.items() if v is not None}
    return json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False) if kept else None


def plain(value: object) -> str | None:
    """A JSON string as text that can be stored; anything else is not the string that was asked for."""
    if not isinstance(value, str):
        return None
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def whole(value: object) -> int | None:
    """A JSON number as a 64-bit integer; null for fractions, booleans, text and what does not fit."""
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _WHOLE_MAX:
        return None
    return value


def rows_of(rows: Iterable[Mapping[str, Any]], batch: pl.DataFrame) -> pl.DataFrame:
    """Facts of documents, with the byte range of their lines.

    One row is one fact: `source`, `line_no`, `line_last`, `kind` and the columns it knows. The range runs
    from the first byte of `line_no` to the last of `line_last`; `ordinal` counts a source's facts from 0.
    """
    frame = pl.DataFrame(list(rows), schema=_ROW)
    if frame.is_empty():
        return frame.with_columns(offset=pl.lit(None, pl.Int64), length=pl.lit(None, pl.Int64))
    frame = frame.sort("source", "line_no", maintain_order=True)
    first, last = _rows_at(frame["line_no"], frame, batch), _rows_at(frame["line_last"], frame, batch)
    end = batch["offset"].gather(last) + batch["raw"].gather(last).bin.size().cast(pl.Int64)
    return frame.with_columns(
        ordinal=pl.int_range(pl.len(), dtype=pl.UInt32).over("source"), offset=batch["offset"].gather(first), length=end
    ).with_columns(length=pl.col("length") - pl.col("offset"))


def _rows_at(line_no: pl.Series, frame: pl.DataFrame, batch: pl.DataFrame) -> np.ndarray:
    """The rows of a batch that hold these lines of the sources of `frame`."""
    most = int(batch["line_no"].max()) + 1  # type: ignore[operator, arg-type]
    lines = batch["source"].cast(pl.Int64) * most + batch["line_no"]  # rising, as a batch is sorted
    return np.searchsorted(lines.to_numpy(), (frame["source"].cast(pl.Int64) * most + line_no).to_numpy())
