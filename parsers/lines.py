"""Bytes to lines and lines to text.

A line ends with LF and keeps it; the last one may have none. Nothing else ends a line: CR LF is a line
whose text loses its CR, a lone CR is a redraw inside a line. The concatenated `raw` is the content.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_

import numpy as np
import polars as pl
import pyarrow as pa

from parsers import arrow

AT_ONCE = 128 << 10  # bytes in which newlines are looked for
TOGETHER = 8  # lines that are searched as one text
# ECMA-48: control sequences, strings, and what a terminal is told in one or two characters (`tput sgr0` selects a character set).
ANSI = r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])"


@dataclass(frozen=True)
class Block:
    """Lines that follow each other in one content, over the bytes that they were read into: nothing is copied.

    Line i is `data[bounds[i]:bounds[i + 1]]`, its terminator included, and is never empty. `line_no` and `offset` are its places in the content.
    """

    data: bytes | memoryview
    bounds: np.ndarray  # int64, one more than there are lines
    line_no: np.ndarray  # int64
    offset: np.ndarray  # int64

    def __len__(self) -> int:
        return len(self.line_no)

    def __getitem__(self, rows: slice) -> Block:
        start, stop, _ = rows.indices(len(self))
        return Block(self.data, self.bounds[start : stop + 1], self.line_no[start:stop], self.offset[start:stop])

    def raw(self, rows: np.ndarray | None = None) -> pl.Series:
        """The bytes of each line; those of some are copied, so that they can wait without holding all the others."""
        if rows is None:
            return self._raw
        return arrow.series(self._raw.gather(rows).to_arrow(compat_level=pl.CompatLevel.oldest()))

    @cached_property
    def _raw(self) -> pl.Series:
        return _binary(self.data, self.bounds)

    def frame(self, rows: np.ndarray | None = None) -> pl.DataFrame:
        """All lines, or these: line_no, offset, raw."""
        places = (self.line_no, self.offset) if rows is None else (self.line_no[rows], self.offset[rows])
        return pl.DataFrame({"line_no": places[0], "offset": places[1], "raw": self.raw(rows)})

    def holding(self, patterns: Sequence[str]) -> np.ndarray:
        """The numbers of the lines that hold a match of one of these regular expressions, which no newline may be part of.

        Lines are searched several at a time, and alone only for what was found among them: most of the time would go into the beginning of a search.
        """
        told = np.zeros(len(self), bool)
        texts = decode(_binary(self.data, np.append(self.bounds[:-1:TOGETHER], self.bounds[-1])))
        for pattern in patterns:
            held = texts.str.contains(pattern).arg_true().to_numpy().astype(np.int64)
            rows = (held[:, None] * TOGETHER + np.arange(TOGETHER)).ravel()
            rows = rows[: np.searchsorted(rows, len(self))]
            told[rows] |= decode(self._raw.gather(rows)).str.contains(pattern).to_numpy()
        return np.flatnonzero(told)

    def blanks(self) -> int:
        """How many lines are `blank`."""
        first = np.frombuffer(self.data, np.uint8)[self.bounds[:-1]]
        doubtful = np.flatnonzero((first <= ord(" ")) | (first >= 0x7F))
        return int(blank(decode(self.raw(doubtful))).sum()) if len(doubtful) else 0


def _binary(data: bytes | memoryview | np.ndarray, bounds: np.ndarray) -> pl.Series:
    buffers = [None, pa.py_buffer(np.ascontiguousarray(bounds)), pa.py_buffer(data)]
    return arrow.series(pa.Array.from_buffers(pa.large_binary(), len(bounds) - 1, buffers))


def ends_of_lines(data: bytes | memoryview) -> np.ndarray:
    """Where each LF ends, in pieces whose marks stay in the processor's cache."""
    values = np.frombuffer(data, np.uint8)
    ends = [np.flatnonzero(values[at : at + AT_ONCE] == ord("\n")) + (at + 1) for at in range(0, len(values), AT_ONCE)]
    return np.concatenate(ends) if ends else np.zeros(0, np.int64)


def cut(content: bytes | memoryview, *, offset: int = 0, line_no: int = 1) -> Block:
    """Cut bytes into lines: `line_no` from `line_no` on, `offset` from `offset` on. No bytes, no lines. Any bytes are allowed."""
    ends = ends_of_lines(content)
    if len(content) and (len(ends) == 0 or ends[-1] != len(content)):
        ends = np.append(ends, len(content))
    bounds = np.concatenate([np.zeros(1, np.int64), ends])
    return Block(content, bounds, np.arange(line_no, line_no + len(ends), dtype=np.int64), bounds[:-1] + offset)


def split(content: bytes | memoryview) -> pl.DataFrame:
    """The lines of a content: line_no, offset, raw."""
    return cut(content).frame()


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


def having(text: pl.Series, patterns: Sequence[str]) -> pl.Series:
    """Which texts hold a match of one of these regular expressions."""
    return reduce(or_, (text.str.contains(pattern) for pattern in patterns))


def clean(text: pl.Series) -> pl.Series:
    """What a person saw: no terminator, no byte order mark, no escapes, only the last redraw of a line."""
    return last_frame(bare(text))


def bare(text: pl.Series) -> pl.Series:
    """A line without its terminator, byte order mark and escapes. Redraws stay: only who knows the envelope knows what they redraw.

    NUL bytes before it, which a crash or a truncated log leaves, are no part of it.
    """
    bare = text.str.strip_chars_end("\r\n")  # a line has one LF at most, at its end
    holed = bare.str.starts_with("\0").arg_true()
    bare = bare.scatter(holed, bare.gather(holed).str.strip_chars_start("\0")) if len(holed) else bare
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
