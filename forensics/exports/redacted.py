"""Tables with their secrets taken out, a chunk at a time."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from forensics.quote import ESCAPE
from forensics.redact import REDACTED, redact, redacted

# Names that the tool itself gives, or that a citation needs as they are.
LOCATORS = frozenset({"path", "archive", "tree", "content_id", "source_id", "event_id", "extends", "sha256"})
PAIR = r'"key":"((?:[^"\\]|\\.)*)","value":"(?:[^"\\]|\\.)*"'
# What could steer a terminal, reorder text or hide in it. Line breaks and tabs are for each format to quote.
CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
ROWS = 100_000


def without_secrets(frame: pl.DataFrame) -> pl.DataFrame:
    """The same table, redacted: texts by their own looks, and a JSON `value` also by the `key` that it stands beside.

    Bytes become text, undecodable ones `\ufffd`. Terminal escapes and hidden characters are left out, first: one in the middle of a key
    must not save its value from being found. Paths, trees and hashes stay.
    """
    texts = [name for name, dtype in frame.schema.items() if dtype in (pl.String, pl.Binary) and name not in LOCATORS]
    frame = frame.with_columns(_decoded(frame[name]) for name in texts if frame.schema[name] == pl.Binary)
    if texts:
        frame = frame.with_columns(pl.col(texts).str.replace_all(ESCAPE, "").str.replace_all(CONTROL, "").pipe(redacted))
    return frame.with_columns(_by_key(frame["attrs"])) if "attrs" in frame.columns else frame


def chunks(table: pl.LazyFrame, rows: int = ROWS) -> Iterator[pl.DataFrame]:
    """A table in redacted pieces; an empty one gives one empty piece, so that its columns are known."""
    some = False
    for piece in table.collect_batches(chunk_size=rows, maintain_order=True):
        if len(piece) or not some:
            some = True
            yield without_secrets(piece)
    if not some:
        yield without_secrets(pl.DataFrame(schema=table.collect_schema()))


def _decoded(raw: pl.Series) -> pl.Series:
    from parsers.lines import decode

    return decode(raw).alias(raw.name)


def _by_key(attrs: pl.Series) -> pl.Series:
    """Redact `{"key": "DB_PASSWORD", "value": …}`: which keys are secret is asked once per key."""
    key = attrs.str.extract(PAIR, 1)
    secret = [k for k in key.unique().drop_nulls().to_list() if redact(f"{k}=value") == f"{k}={REDACTED}"]
    hidden = attrs.str.replace(r'("key":"(?:[^"\\]|\\.)*","value":")(?:[^"\\]|\\.)*', f"${{1}}{REDACTED}")
    return pl.select(pl.when(key.is_in(secret)).then(hidden).otherwise(attrs).alias(attrs.name)).to_series() if secret else attrs
