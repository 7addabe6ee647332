"""A big source: read once, and never held in memory whole.

One thread reads chunks and hashes them, one cuts and searches their lines, one writes lines, one events, and this one parses. The
source's name is its hash, known when the last byte has been read: until then a blank stands for it in the lines, and events wait for theirs. Where there
are so many events that they cannot wait, the rest of the source is hashed first, and read a second time. A source that was written to while it was read is
reported, and nothing of it is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from functools import cached_property
from typing import TYPE_CHECKING, Any

import polars as pl

from forensics.store import segments
from forensics.store.ahead import Ahead
from forensics.store.chunks import Chunks
from forensics.store.item import Item, added, entry_of, known
from forensics.store.parsing import Parsed, Ready, Stream, named
from forensics.store.reading import Measured
from forensics.store.splitting import split
from forensics.store.writers import EventsWriter, LinesWriter
from parsers import engine

if TYPE_CHECKING:
    from forensics.case import Case
    from forensics.store.receipt import Receipt

AHEAD = 32 << 20  # bytes that lines hold which are ready while those before them are parsed, which is done for many at once
WAITING, HURRY = 192 << 20, 64 << 20  # bytes of facts that may wait for their source's name; with how many it is asked for


def store(
    case: Case, receipt: Receipt, context: Any, path: str, item_of: Callable[[Measured], Item], chunks: Chunks, head: bytes, read_at: str,
    progress: Callable[[int], None],
) -> None:  # fmt: skip
    """Store one big source.

    Args:
        item_of: Makes the source's item, given what it measures.
        chunks: Its bytes.
        progress: Called with the bytes that were parsed.

    Raises:
        Unreadable, Changed: As `chunks` does; then nothing is stored.
    """
    choice = engine.choose(path, head, context)
    stream = Stream(choice, path, context)
    lines = None if _held(case, chunks) else segments.SegmentWriter(case.path, "lines", case.position, unnamed=True)
    events = EventsWriter(case)
    naming = _Naming(chunks, item_of, events)
    try:
        with LinesWriter(lines) as writer:
            _pump(chunks, stream, lines.unnamed if lines else "", writer, naming, progress)
            writer.seal(naming.item.content_id)  # while the last lines are parsed
            tail, parsed = stream.finish()
            naming.take(tail)
            made = events.seal()
        _commit(case, receipt, naming.item, context, choice.name, parsed, lines, made, read_at)
    except Exception:
        events.discard()
        if lines is not None:
            lines.discard()
        raise


def _held(case: Case, chunks: Chunks) -> bool:
    """Whether the case holds the lines already, of a content that is known."""
    return chunks.measured.done() and chunks.measured.result().content_id in case.state.line_segments


def _pump(
    chunks: Iterable[memoryview], stream: Stream, name: str, lines: LinesWriter, naming: _Naming, progress: Callable[[int], None]
) -> None:
    done = 0
    with closing(iter(Ahead(_searched(chunks, stream, name, lines), weight=lambda found: found[1].size, most=AHEAD))) as ahead:
        for size, ready in ahead:
            naming.take(stream.take(ready))
            progress(done := done + size)


def _searched(
    chunks: Iterable[memoryview], stream: Stream, name: str, lines: LinesWriter
) -> Generator[tuple[int, Ready], None, None]:
    """Cut each chunk's lines, have them written, and get them ready to be parsed."""
    offset, line_no = 0, 1
    for chunk in chunks:
        part = split([chunk], offset=offset, line_no=line_no)
        offset, line_no = offset + len(chunk), line_no + len(part.line_no)
        lines.take(part.table([name]), len(chunk))
        yield len(chunk), stream.search(part.block())


class _Naming:
    """Facts, which become events when their source has a name: so long they wait.

    No more than `WAITING` bytes of them do; with `HURRY` of them, the name is asked for.
    """

    def __init__(self, chunks: Chunks, item_of: Callable[[Measured], Item], events: EventsWriter) -> None:
        self._chunks, self._item_of, self._events = chunks, item_of, events
        self._waiting: list[pl.DataFrame] = []
        self._bytes = 0

    @cached_property
    def item(self) -> Item:
        """The source, as soon as it has a name."""
        return self._item_of(self._chunks.measured.result())

    def take(self, facts: pl.DataFrame) -> None:
        self._waiting.append(facts)
        self._bytes += facts.estimated_size()
        if self._bytes >= HURRY:
            self._chunks.hurry()
        if self._bytes >= WAITING or self._chunks.measured.done():
            for waiting in self._waiting:
                self._events.take(named(waiting, self.item.about))
            self._waiting, self._bytes = [], 0


def _commit(
    case: Case, receipt: Receipt, item: Item, context: Any, parser: str, parsed: Parsed,
    lines: segments.SegmentWriter | None, events: segments.SegmentWriter | None, read_at: str,
) -> None:  # fmt: skip
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
