"""Bytes of many contents to lines, as Arrow for the segment and as a frame for the parsers, without copying them.

A line ends with LF and keeps it. A content's last line ends with the content. A line longer than `LONGEST` is kept in
pieces of that length, each a row with a number of its own: a Parquet cell holds less than 2 GiB, and memory has a bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from parsers import arrow
from parsers.lines import Block, ends_of_lines

LONGEST = 256 << 20
LINES_ARROW = pa.schema(
    [("content_id", pa.dictionary(pa.int32(), pa.string())), ("line_no", pa.int64()), ("offset", pa.int64()), ("raw", pa.large_binary())]
)


@dataclass(frozen=True)
class Lines:
    """Lines of some contents in a row. `counts` has one element per content."""

    content: np.ndarray  # uint32, the content's place in the sequence given
    line_no: np.ndarray  # int64, 1-based in its content
    offset: np.ndarray  # int64, in its content
    raw: pa.LargeBinaryArray
    counts: np.ndarray

    def frame(self) -> pl.DataFrame:
        """As parsers take them: source, line_no, offset, raw."""
        return pl.DataFrame({"source": self.content, "line_no": self.line_no, "offset": self.offset, "raw": arrow.series(self.raw)})

    def block(self) -> Block:
        """As parsers take the lines of one content."""
        _, bounds, data = self.raw.buffers()
        return Block(memoryview(data), np.frombuffer(bounds, np.int64), self.line_no, self.offset)

    def of(self, contents: np.ndarray) -> Lines:
        """Only the lines of the contents for which the mask is true."""
        kept = np.flatnonzero(contents[self.content])
        # Not by Arrow's `take`, which loads all of its compute functions.
        raw = arrow.series(self.raw).gather(kept).to_arrow(compat_level=pl.CompatLevel.oldest())
        return Lines(self.content[kept], self.line_no[kept], self.offset[kept], raw, np.where(contents, self.counts, 0))

    def table(self, content_ids: Sequence[str]) -> pa.Table:
        """As a segment holds them (`LINES`), content_id in a dictionary."""
        return lines_table(self.content, content_ids, self.line_no, self.offset, self.raw)


def lines_table(content: np.ndarray, content_ids: Sequence[str], line_no: np.ndarray, offset: np.ndarray, raw: pa.Array) -> pa.Table:
    ids = pa.DictionaryArray.from_arrays(_plain(pa.int32(), content.astype(np.int32)), _texts(content_ids))
    return pa.Table.from_arrays([ids, _plain(pa.int64(), line_no), _plain(pa.int64(), offset), raw], schema=LINES_ARROW)


# `pa.array` would do both, but looks whether it was given something of pandas, and loads pandas for it where there is one.
def _plain(of: pa.DataType, values: np.ndarray) -> pa.Array:
    return pa.Array.from_buffers(of, len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])


def _texts(values: Sequence[str]) -> pa.Array:
    bounds = np.concatenate([[0], np.cumsum([len(v.encode()) for v in values])]).astype(np.int32)
    return pa.Array.from_buffers(pa.string(), len(values), [None, pa.py_buffer(bounds), pa.py_buffer("".join(values).encode())])


def _merged(*sorted_: np.ndarray) -> np.ndarray:
    """Sorted numbers as one sequence, each once. Merging runs is what a stable sort is good at; `np.unique` would hash them."""
    whole = np.sort(np.concatenate(sorted_), kind="stable")
    return whole[np.insert(whole[1:] != whole[:-1], 0, True)]


def _no_lines() -> pa.Array:
    return pa.Array.from_buffers(pa.large_binary(), 0, [None, pa.py_buffer(np.zeros(1, np.int64)), pa.py_buffer(b"")])


def split(contents: Sequence[bytes | memoryview], *, offset: int = 0, line_no: int = 1, longest: int = LONGEST) -> Lines:
    """Split contents into lines.

    Args:
        offset: Of the first byte of each in its content: not 0 where one chunk of a big content is given.
        line_no: Of the first line of each, likewise.
    """
    sizes = np.fromiter((len(c) for c in contents), np.int64, len(contents))
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    buffer = contents[0] if len(contents) == 1 else b"".join(contents)
    size = len(buffer)
    if size == 0:
        empty = np.zeros(0, np.int64)
        return Lines(empty.astype(np.uint32), empty, empty, _no_lines(), np.zeros(len(contents), np.int64))
    ends = ends_of_lines(buffer)
    if len(contents) == 1:
        bounds = np.concatenate([starts[:1], ends, starts[1:] if not len(ends) or ends[-1] != size else starts[:0]])
    else:
        bounds = _merged(starts, ends)
    if size > longest and np.diff(bounds).max() > longest:
        bounds = _merged(bounds, *[np.arange(a, b, longest) for a, b in zip(bounds[:-1], bounds[1:], strict=True) if b - a > longest])
    first = bounds[:-1]
    raw = pa.Array.from_buffers(pa.large_binary(), len(first), [None, pa.py_buffer(bounds), pa.py_buffer(buffer)])
    if len(contents) == 1:
        content = np.zeros(len(first), np.uint32)
        return Lines(content, np.arange(line_no, line_no + len(first), dtype=np.int64), first + offset, raw, np.array([len(first)]))
    row_of = np.searchsorted(first, starts)  # of each content's first line; an empty content has none
    counts = np.diff(row_of)
    content = np.repeat(np.arange(len(contents), dtype=np.uint32), counts)
    return Lines(content, np.arange(len(first)) - row_of[content] + line_no, first - starts[content] + offset, raw, counts)
