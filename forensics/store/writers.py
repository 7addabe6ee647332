"""Write what is made of a big source while more of it is made: lines and events, each in a thread of their own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa

from forensics.store import segments

if TYPE_CHECKING:
    from forensics.case import Case

EVENTS_AT_ONCE = 100_000
GROUP_BYTES = 32 << 20  # of lines in a row group


class _Beside:
    """Does one thing after the other in a thread of its own, and holds no more than one: who brings the next waits.

    What a thing raises is raised by the next `do`, or by `wait`.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1)
        self._doing: Future[None] | None = None

    def do(self, thing: Callable[..., None], *of: Any) -> None:
        self.wait()
        self._doing = self._pool.submit(thing, *of)

    def wait(self) -> None:
        doing, self._doing = self._doing, None
        if doing is not None:
            doing.result()

    def end(self) -> None:
        """Let what is being done end, however it ends."""
        self._pool.shutdown()


class LinesWriter:
    """Writes lines in row groups of a good size, in a thread of its own. Without a segment, lines are dropped: they are stored already.

    As a context it waits in the end for what is being written, and seals it if `seal` was told the content's name.
    """

    def __init__(self, segment: segments.SegmentWriter | None) -> None:
        self._segment = segment
        self._beside = _Beside()
        self._waiting: list[pa.Table] = []
        self._bytes = 0

    def __enter__(self) -> LinesWriter:
        return self

    def take(self, lines: pa.Table, size: int) -> None:
        if self._segment is None:
            return
        self._waiting.append(lines)
        self._bytes += size
        if self._bytes >= GROUP_BYTES or sum(map(len, self._waiting)) >= segments.ROW_GROUP:
            self._write()

    def _write(self) -> None:
        if self._waiting:
            self._beside.do(self._segment.write, pa.concat_tables(self._waiting))  # type: ignore[union-attr]
            self._waiting, self._bytes = [], 0

    def seal(self, content_id: str) -> None:
        """Write the rest, and begin to seal the segment."""
        self._write()
        if self._segment is not None:
            self._beside.do(self._segment.seal, content_id)

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        try:
            if failed is None:
                self._beside.wait()
        finally:
            self._beside.end()


class EventsWriter:
    """An events segment that is begun with the first event, in row groups of a good size, in a thread of its own."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._beside = _Beside()
        self._waiting: list[pl.DataFrame] = []
        self.writer: segments.SegmentWriter | None = None

    def take(self, events: pl.DataFrame) -> None:
        if len(events):
            self._waiting.append(events)
            if sum(map(len, self._waiting)) >= EVENTS_AT_ONCE:
                self._write()

    def _write(self) -> None:
        if self._waiting:
            self.writer = self.writer or segments.SegmentWriter(self._case.path, "events")
            self._beside.do(self.writer.write_events, pl.concat(self._waiting))
            self._waiting = []

    def seal(self) -> segments.SegmentWriter | None:
        self._write()
        self._beside.wait()
        self._beside.end()
        if self.writer is not None:
            self.writer.seal()
        return self.writer

    def discard(self) -> None:
        self._beside.end()
        if self.writer is not None:
            self.writer.discard()
