"""Where the messages of one record stand in it.

    {"log":"install: PASS\\nupgrade: PASS\\n", …}          two messages, each with bytes of its own

A record spells the newline between its messages as `\\n`, and other characters too, in one of a few ways. Where its whole text in one of these spellings stands
in the record exactly once, each message has its own bytes. Elsewhere (encoded text, escapes of a terminal taken off the record, a text that stands there twice)
they share the record's, and are told apart by their number.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

NEWLINE = len(b"\\n")  # as spelled
_TERMINATOR = 2  # bytes of it at most, which a record's text lacks
_HTML = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def _json(text: pl.Series) -> pl.Series:
    return text.to_frame("t").select(pl.struct("t").struct.json_encode()).to_series().str.slice(6).str.head(-2)


def _go(text: pl.Series) -> pl.Series:
    """As Go's encoder writes it."""
    return _json(text).str.replace_many(_HTML)


def _ascii(text: pl.Series) -> pl.Series:
    """As Python's encoder writes it: what is not ASCII as UTF-16 units."""
    spelled = _json(text)
    seen = {c for c in spelled.str.extract_all(r"[^\x00-\x7f]").explode(empty_as_null=False).unique() if c is not None}
    return spelled.str.replace_many({c: "".join(f"\\u{u:04x}" for u in _units(c)) for c in seen}) if seen else spelled


def _units(char: str) -> list[int]:
    encoded = char.encode("utf-16-be")
    return [int.from_bytes(encoded[at : at + 2], "big") for at in range(0, len(encoded), 2)]


def _bare(text: pl.Series) -> pl.Series:
    """Only the newline is spelled, as Gitea does."""
    return text.str.replace_all("\n", "\\n", literal=True)


SPELLINGS: tuple[Callable[[pl.Series], pl.Series], ...] = (_json, _go, _ascii, _bare)


def places(said: pl.Series, records: pl.Series, lengths: pl.Series) -> pl.DataFrame:
    """Per record: the byte at which its text begins (`at`), and in which of the `SPELLINGS` (`how`); null where it is not known.

    Args:
        said: The text, of several messages.
        records: What the record holds, as text.
        lengths: Its bytes, with a terminator.
    """
    rest = lengths - records.str.len_bytes().cast(pl.Int64)
    whole = rest.is_between(0, _TERMINATOR) & ~records.str.contains("\ufffd", literal=True)
    frame = pl.DataFrame({"record": pl.select(pl.when(whole).then(records)).to_series()}, schema={"record": pl.String})
    at, how = pl.lit(None, pl.Int64), pl.lit(None, pl.Int64)
    for n, spell in enumerate(SPELLINGS):
        name = f"t{n}"
        frame = frame.with_columns(spell(said).alias(name))
        once = pl.col("record").str.count_matches(pl.col(name), literal=True) == 1
        at = pl.coalesce(at, pl.when(once).then(pl.col("record").str.find(pl.col(name), literal=True).cast(pl.Int64)))
        how = pl.coalesce(how, pl.when(once).then(pl.lit(n, pl.Int64)))
    return frame.select(at=at, how=how)


def own_bytes(rows: pl.DataFrame) -> pl.DataFrame:
    """Messages with the bytes that are theirs.

    Args:
        rows: One row per message: `offset` of its record, `part`, and `_at`, `_how` (of `places`) and `_raw` (the message as it was spelled out).
    """
    known = rows["_how"].is_not_null()
    if not known.any():
        return rows.drop("_at", "_how", "_raw")
    size = pl.lit(None, pl.Int64)
    for n, spell in enumerate(SPELLINGS):
        if (rows["_how"] == n).any():
            rows = rows.with_columns(spell(rows["_raw"]).str.len_bytes().cast(pl.Int64).alias(f"_size{n}"))
            size = pl.when(pl.col("_how") == n).then(f"_size{n}").otherwise(size)
    rows = rows.with_columns(_size=size).drop(f"_size{n}" for n in range(len(SPELLINGS)) if f"_size{n}" in rows.columns)
    before = (pl.col("_size") + NEWLINE).cum_sum().over("source", "line_no", "offset") - pl.col("_size") - NEWLINE
    told = pl.col("_size").is_not_null()
    return rows.with_columns(
        offset=pl.when(told).then(pl.col("offset") + pl.col("_at") + before).otherwise("offset"),
        length=pl.when(told).then("_size").otherwise("length"),
        part=pl.when(told).then(0).otherwise("part"),
    ).drop("_at", "_how", "_raw", "_size")
