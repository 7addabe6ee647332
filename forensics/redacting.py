"""Tables and stored lines with their secrets taken out, a column at a time.

The same as `forensics.quote` does to one text, on a column: what is hidden in a text goes first, since an escape in the middle of a key must not
save its value from being found.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from forensics.quote import ESCAPE, HIDDEN, SPACE, quote
from forensics.redact import REDACTED, redact, redacted
from parsers.lines import decode

# Names that the tool itself gives, or that a citation needs as they are.
LOCATORS = frozenset({"path", "archive", "tree", "content_id", "source_id", "event_id", "extends", "sha256"})
PAIR = r'"key":"((?:[^"\\]|\\.)*)","value":"(?:[^"\\]|\\.)*"'
UNSEEN = rf"(?:{ESCAPE}|{HIDDEN})+".replace(r"\ud800-\udfff", "")  # no surrogate is in a column; Rust's engine knows none
ROWS = 100_000


def plain(text: pl.Expr) -> pl.Expr:
    """A column of texts without terminal escapes and what is hidden, white space made spaces."""
    return text.str.replace_all(UNSEEN, "").str.replace_all(SPACE, " ")


def without_secrets(frame: pl.DataFrame) -> pl.DataFrame:
    """The same table, redacted: texts by their own looks, and a JSON `value` also by the `key` that it stands beside.

    Bytes become text, undecodable ones `\ufffd`. Paths, trees and hashes stay.
    """
    texts = [name for name, dtype in frame.schema.items() if dtype in (pl.String, pl.Binary) and name not in LOCATORS]
    frame = frame.with_columns(decode(frame[name]).alias(name) for name in texts if frame.schema[name] == pl.Binary)
    frame = frame.with_columns(redacted(plain(pl.col(texts)))) if texts else frame
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


def redacted_lines(raw: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Lines as they may be passed on, and which of them are not what they were.

    A line that holds a secret becomes its quote, whole, with its own terminator: whoever quotes it again gets what a quote of the original is.
    All others keep their bytes.
    """
    text = plain(pl.col("text"))
    hits = pl.DataFrame({"text": decode(raw)}).select((redacted(text) != text).fill_null(False).alias("hit"))["hit"].arg_true()
    shown = [_shown(line) for line in raw.gather(hits).to_list()]
    differ = [n for n, (line, new) in enumerate(zip(raw.gather(hits).to_list(), shown, strict=True)) if new != line]
    at = hits.gather(pl.Series(differ, dtype=pl.UInt32))
    mask = pl.Series(raw.name, [False]).new_from_index(0, len(raw)).scatter(at, True) if len(at) else pl.repeat(False, len(raw), eager=True)
    return (raw.scatter(at, pl.Series([shown[n] for n in differ], dtype=pl.Binary)) if len(at) else raw), mask


def _shown(line: bytes) -> bytes:
    body = line.rstrip(b"\r\n")
    return quote(body, None).encode("utf-8", "replace") + line[len(body) :]


def _by_key(attrs: pl.Series) -> pl.Series:
    """Redact `{"key": "DB_PASSWORD", "value": …}`: which keys are secret is asked once per key."""
    key = attrs.str.extract(PAIR, 1)
    secret = [k for k in key.unique().drop_nulls().to_list() if redact(f"{k}=value") == f"{k}={REDACTED}"]
    hidden = attrs.str.replace(r'("key":"(?:[^"\\]|\\.)*","value":")(?:[^"\\]|\\.)*', f"${{1}}{REDACTED}")
    return pl.select(pl.when(key.is_in(secret)).then(hidden).otherwise(attrs).alias(attrs.name)).to_series() if secret else attrs
