"""Read stored lines back, segment by segment and content by content, without holding a big one in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from parsers.lines import Block


@dataclass(frozen=True)
class Run:
    """Lines of one content that stand together in one chunk of a segment."""

    content_id: str
    line_no: np.ndarray
    offset: np.ndarray
    raw: pa.Array

    def bounds(self) -> np.ndarray:
        """Where each line begins in the buffer that holds them all, and where the last one ends."""
        _, offsets, _ = self.raw.buffers()
        width = np.int64 if pa.types.is_large_binary(self.raw.type) else np.int32
        return np.frombuffer(offsets, width)[self.raw.offset : self.raw.offset + len(self.raw) + 1]

    def data(self) -> memoryview:
        """The bytes of these lines, without copying them."""
        data = self.raw.buffers()[2]
        if data is None:
            return memoryview(b"")
        bounds = self.bounds()
        return memoryview(data)[int(bounds[0]) : int(bounds[-1])]

    def block(self) -> Block:
        """As parsers take them."""
        bounds = self.bounds().astype(np.int64)
        return Block(self.data(), bounds - bounds[0], self.line_no, self.offset)


def runs(segment: Path) -> Iterator[Run]:
    """Yield a segment of lines in the order in which it was written.

    Raises:
        OSError, pa.ArrowException: If it cannot be read.
    """
    with pq.ParquetFile(segment, read_dictionary=["content_id"]) as file:
        for group in range(file.num_row_groups):
            for batch in file.read_row_group(group).combine_chunks().to_batches():
                yield from _runs(batch)


def _runs(batch: pa.RecordBatch) -> Iterator[Run]:
    ids = batch.column("content_id")
    line_no, offset = (batch.column(n).to_numpy(zero_copy_only=False) for n in ("line_no", "offset"))
    codes = ids.indices.to_numpy(zero_copy_only=False)
    bounds = np.concatenate([[0], np.flatnonzero(np.diff(codes)) + 1, [len(codes)]]).tolist()
    for start, end in zip(bounds[:-1], bounds[1:], strict=True):
        if end > start:
            raw = batch.column("raw").slice(start, end - start)
            yield Run(ids.dictionary[int(codes[start])].as_py(), line_no[start:end], offset[start:end], raw)


def position(segment: Path) -> tuple[int, str] | None:
    """The ledger entry that was the last when a segment was begun; null where the segment does not say."""
    said = pq.read_metadata(segment).metadata or {}
    try:
        return int(said[b"ledger_seq"]), said[b"ledger_hash"].decode()
    except (KeyError, ValueError):
        return None
