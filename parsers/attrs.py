"""The JSON object in `attrs`, built from columns."""

from __future__ import annotations

import polars as pl


def attrs(**columns: pl.Expr | str) -> pl.Expr:
    """A JSON object of the given columns: keys sorted, nulls left out, numbers as numbers; null where empty."""
    return pl.struct(**{name: columns[name] for name in sorted(columns)}).map_batches(_encoded, return_dtype=pl.String)


def _encoded(rows: pl.Series) -> pl.Series:
    """Encode all at once, then cut the null members, where there are any, from the text.

    No value can look like a null member: a quote inside a string is encoded with a backslash before it.
    """
    frame = rows.struct.unnest()
    frame = frame.select(c for c in frame.columns if frame[c].null_count() < len(frame))
    if frame.is_empty() or frame.width == 0:
        return pl.Series(rows.name, [None] * len(rows), dtype=pl.String)
    encoded = frame.select(pl.struct(pl.all()).struct.json_encode()).to_series()
    holes = frame.select(pl.any_horizontal(pl.all().is_null())).to_series().arg_true()
    if not holes.is_empty():
        cut = encoded.gather(holes).str.replace_all(r'"[a-z0-9_]+":null,?', "").str.replace(r",\}$", "}")
        encoded = encoded.scatter(holes, cut.to_frame("a").select(pl.when(pl.col("a") != "{}").then("a")).to_series())
    return encoded
