"""Bytes to lines and lines to text.

A line ends with LF and keeps it; the last one may have none. Nothing else ends a line: CR LF is a line
whose text loses its CR, a lone CR is a redraw inside a line. The concatenated `raw` is the content.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pyarrow as pa

ANSI = r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])"


def split(content: bytes | memoryview, *, offset: int = 0, line_no: int = 1) -> pl.DataFrame:
    """Split bytes into lines without copying them.

    One row is one line: `line_no` from `line_no` on, `offset` from `offset` on, `raw` with its
    terminator. No bytes, no rows. Any bytes are allowed.
    """
    size = len(content)
    if size == 0:
        return pl.DataFrame(schema={"line_no": pl.Int64, "offset": pl.Int64, "raw": pl.Binary})
    ends = np.flatnonzero(np.frombuffer(content, dtype=np.uint8) == 10).astype(np.int64) + 1
    if len(ends) == 0 or ends[-1] != size:
        ends = np.append(ends, size)
    bounds = np.concatenate([np.zeros(1, np.int64), ends])
    raw = pa.Array.from_buffers(pa.large_binary(), len(ends), [None, pa.py_buffer(bounds), pa.py_buffer(content)])
    return pl.DataFrame(
        {
            "line_no": np.arange(line_no, line_no + len(ends), dtype=np.int64),
            "offset": bounds[:-1] + offset,
            "raw": pl.from_arrow(raw),
        }
    )


def decode(raw: pl.Series) -> pl.Series:
    """Decode lines for matching: UTF-8, with U+FFFD for what is not. Null stays null.

    One element is one line, terminator included. All lines are validated at once; where that fails, the
    halves are tried, so that only the neighbourhood of a bad line is decoded line by line.
    """
    try:
        return raw.cast(pl.String)
    except pl.exceptions.ComputeError:
        if len(raw) <= 32:
            return pl.Series(raw.name, [b if b is None else b.decode("utf-8", "replace") for b in raw.to_list()], dtype=pl.String)
        half = len(raw) // 2
        return pl.concat([decode(raw[:half]), decode(raw[half:])])


def clean(text: pl.Series) -> pl.Series:
    """What a person saw: no terminator, no byte order mark, no escapes, only the last redraw of a line."""
    return last_frame(bare(text))


def bare(text: pl.Series) -> pl.Series:
    """A line without its terminator, byte order mark and escapes. Redraws stay: only who knows the envelope knows what they redraw."""
    bare = text.str.strip_chars_end("\r\n")  # a line has one LF at most, at its end
    marked = bare.str.starts_with("\ufeff").arg_true()
    return unescaped(bare.scatter(marked, bare.gather(marked).str.strip_prefix("\ufeff")) if len(marked) else bare)


def unescaped(text: pl.Series) -> pl.Series:
    """Text without terminal escapes."""
    return _where(text, "\x1b", lambda s: s.str.replace_all(ANSI, ""))


def last_frame(text: pl.Series) -> pl.Series:
    """What stood there in the end: the text after the last redraw."""
    return _where(text, "\r", lambda s: s.str.replace(r"(?s)^.*\r", ""))


def _where(text: pl.Series, mark: str, tidied: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Tidy the few lines that hold a mark."""
    at = text.str.contains(mark, literal=True).arg_true()
    return text.scatter(at, tidied(text.gather(at))) if len(at) else text


def blank(text: pl.Series) -> pl.Series:
    """Which lines are nothing but white space. What begins with a visible ASCII character is not, and most lines do."""
    doubtful = (text < "!") | (text > "\x7f")
    at = doubtful.arg_true()
    return doubtful.scatter(at, text.gather(at).str.strip_chars() == "")
