"""A big source: read twice, so that its name is known before its lines are written, and never held in memory whole.

First it is hashed; what the case holds already ends there. Then one thread reads chunks and hashes them again, one
cuts and searches their lines, one writes lines, one events, and this one parses. A file that is not the same the second time is being written: it is
reported, and nothing of it is stored.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any, BinaryIO

import polars as pl
import pyarrow as pa

from forensics.store import segments
from forensics.store.chunks import Chunks
from forensics.store.item import Item, added, entry_of, known
from forensics.store.parsing import Parsed, Stream
from forensics.store.splitting import split
from parsers import engine
from parsers.lines import Block

if TYPE_CHECKING:
    from forensics.case import Case
    from forensics.store.receipt import Receipt

EVENTS_AT_ONCE = 100_000
GROUP_BYTES = 32 << 20  # of lines in a row group
AHEAD = 8  # chunks that are searched before those before them are parsed, which is done for many at once


class Changed(Exception):
    """The bytes were others the second time."""


def store(
    case: Case, receipt: Receipt, context: Any, item: Item, source: BinaryIO, head: bytes, read_at: str, progress: Callable[[int], None]
) -> None:  # fmt: skip
    """Store one big source, to be read again from `source`.

    Args:
        progress: Called with the bytes that were parsed.

    Raises:
        Changed: If its bytes are not the same any more; then nothing is stored.
    """
    if item.source_id in case.state.sources:
        receipt.rows.append(known(case, item))
        return
    choice = engine.choose(item.path, head, context)
    stream = Stream(choice, item.about, context)
    lines = None if item.content_id in case.state.line_segments else segments.SegmentWriter(case.path, "lines", case.position)
    events = EventsWriter(case)
    try:
        chunks = Chunks(source, item.size)
        _pump(chunks, stream, item, lines, events, progress)
        tail, parsed = stream.finish()
        events.take(tail)
        if chunks.content_id != item.content_id:
            raise Changed
        _commit(case, receipt, item, context, choice.name, parsed, lines, events.seal(), read_at)
    except Exception:
        events.discard()
        if lines is not None:
            lines.discard()
        raise


def _pump(
    chunks: Iterable[memoryview], stream: Stream, item: Item,
    lines: segments.SegmentWriter | None, events: EventsWriter, progress: Callable[[int], None],
) -> None:  # fmt: skip
    done = 0
    with LinesWriter(lines) as writer, closing(_searched(chunks, stream, item.content_id)) as searched:
        for size, table, block, found in searched:
            writer.take(table, size)
            events.take(stream.feed(block, found))
            progress(done := done + size)


def _searched(chunks: Iterable[memoryview], stream: Stream, content_id: str) -> Iterator[tuple[int, pa.Table, Block, Any]]:
    """The lines of each chunk, cut and searched by another thread while those of the chunk before are parsed."""
    offset, line_no = 0, 1

    def look(chunk: memoryview) -> tuple[int, pa.Table, Block, Any]:
        nonlocal offset, line_no
        part = split([chunk], offset=offset, line_no=line_no)
        offset, line_no, block = offset + len(chunk), line_no + len(part.line_no), part.block()
        return len(chunk), part.table([content_id]), block, stream.search(block)

    with ThreadPoolExecutor(1) as pool:
        ahead: deque[Future[tuple[int, pa.Table, Block, Any]]] = deque()
        for chunk in chunks:
            ahead.append(pool.submit(look, chunk))
            if len(ahead) > AHEAD:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


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
    """Writes lines in row groups of a good size, in a thread of its own. Without a segment, lines are dropped: they are stored already."""

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

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        try:
            if failed is None:
                self._write()
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


def _commit(
    case: Case, receipt: Receipt, item: Item, context: Any, parser: str, parsed: Parsed,
    lines: segments.SegmentWriter | None, events: segments.SegmentWriter | None, read_at: str,
) -> None:  # fmt: skip
    if lines is not None:
        lines.seal()
    segments.settle(case.path, [lines, events])
    rows = []

    def decide() -> list[dict[str, Any]]:
        if item.source_id in case.state.sources:  # another ingest was faster; what was settled here is swept later
            rows.append(known(case, item))
            return []
        held = case.state.line_segments.get(item.content_id)
        stored = case.state.said("lines", held) if held is not None else [lines.sealed.said()]  # type: ignore[union-attr]
        entry = entry_of(case, item, context, parser, parsed, stored, [events.sealed] if events and events.sealed else [], read_at)
        rows.append(added(item, entry))
        return [entry]

    case.commit(decide)
    receipt.rows += rows
