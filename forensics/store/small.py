"""Small sources, many at a time: they share one segment of lines and one of events."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from forensics.store import segments
from forensics.store.beside import Beside, Piece
from forensics.store.item import Item, added, entry_of, known
from forensics.store.parsing import Parsed, joined
from forensics.store.splitting import Lines, split

if TYPE_CHECKING:
    import polars as pl

    from forensics.case import Case
    from forensics.store.receipt import Receipt
    from parsers.context import Context

MOST_SOURCES, MOST_BYTES = 4096, 16 << 20  # two such batches are in memory, one of them in both processes
MANY = 1000  # sources: with so many, a second process is worth its start
PER_SOURCE = 2000  # bytes that take as long to parse as a source without any


def halved(sizes: Sequence[int]) -> int:
    """How many sources from the front take half the time to parse; at least one. `sizes` are in bytes."""
    cost = np.cumsum([PER_SOURCE + size for size in sizes])
    return max(1, int(np.searchsorted(cost, cost[-1] // 2)))


class _Overtaken(Exception):
    """Another ingest committed some of the same meanwhile."""


@dataclass(frozen=True)
class _Parsing:
    """Sources that are being parsed: in pieces, which are all of them in their order."""

    waiting: list[tuple[Item, bytes]]
    pieces: list[Piece]
    read_at: str

    def done(self) -> tuple[pl.DataFrame, list[str], list[Parsed]]:
        """What they gave. The other process takes pieces from the front, so this one begins at the back."""
        return joined([piece.done() for piece in reversed(self.pieces)][::-1])

    @cached_property
    def paths(self) -> set[str]:
        return {item.path for item, _ in self.waiting}


class Batch:
    """Sources that wait to be stored together.

    A full batch is parsed, in part by another process, while the next one is read; then it is stored. To be used as a context, which ends
    that process.
    """

    def __init__(self, case: Case, receipt: Receipt, context: Context, clock: Callable[[], str]) -> None:
        self._case, self._receipt, self._context, self._clock = case, receipt, context, clock
        self._beside = Beside(context)
        self._parsing: _Parsing | None = None
        self._clear()

    def __enter__(self) -> Batch:
        return self

    def __exit__(self, *_: object) -> None:
        self._beside.close()

    def _clear(self) -> None:
        self._items: list[tuple[Item, bytes]] = []
        self._size = 0
        self._paths: set[str] = set()

    def add(self, path: str, data: bytes, mtime_ns: int | None, note: str | None = None, archive: dict[str, Any] | None = None) -> None:
        """Take a source whose bytes are all there. What the case holds already is only put on the receipt."""
        item = Item(
            path,
            hashlib.sha256(data).hexdigest(),
            len(data),
            mtime_ns,
            lambda n: hashlib.sha256(memoryview(data)[:n]).hexdigest(),
            note,
            archive,
        )
        # Where two arguments hold the same path, the later one must see the earlier one in the ledger.
        if path in self._paths or (self._parsing and path in self._parsing.paths):
            self.flush()
        if item.source_id in self._case.state.sources:
            self._receipt.rows.append(known(self._case, item))
            return
        self._items.append((item, data))
        self._paths.add(path)
        self._size += len(data)
        if len(self._items) == MANY:
            self._beside.start()
        if len(self._items) >= MOST_SOURCES or self._size >= MOST_BYTES:
            self._turn()
            if not self._beside.there:  # nobody parses meanwhile
                self._turn()

    def flush(self) -> None:
        """Store what waits. It lasts when this returns."""
        self._turn()
        self._turn()

    def _turn(self) -> None:
        """Have what waits parsed, and store what was being parsed before."""
        waiting, before = self._items, self._parsing
        self._clear()
        self._parsing = self._begin(waiting) if waiting else None
        if before:
            self._store(before)

    def _begin(self, waiting: list[tuple[Item, bytes]]) -> _Parsing:
        cuts = [0, len(waiting)]
        if self._beside.there and len(waiting) >= MANY:
            cuts.insert(1, halved([len(data) for _, data in waiting]))
        abouts, contents = [item.about for item, _ in waiting], [data for _, data in waiting]
        pieces = [self._beside.piece(abouts[a:b], contents[a:b]) for a, b in pairwise(cuts)]
        return _Parsing(waiting, pieces, self._clock())

    def _store(self, parsing: _Parsing) -> None:
        while True:
            try:
                self._commit(parsing)
                return
            except _Overtaken:
                pass
            held = self._case.state.sources
            self._receipt.rows += [known(self._case, item) for item, _ in parsing.waiting if item.source_id in held]
            parsing = self._begin([(item, data) for item, data in parsing.waiting if item.source_id not in held])
            if not parsing.waiting:
                return

    def _commit(self, parsing: _Parsing) -> None:
        case, waiting = self._case, parsing.waiting
        items = [item for item, _ in waiting]
        events, parser, parsed = parsing.done()
        lines = split([data for _, data in waiting])
        fresh = {i.content_id: n for n, i in reversed(list(enumerate(items))) if i.content_id not in case.state.line_segments}
        writers = self._write(lines, items, set(fresh.values()), events)
        own = [w.sealed.said() for w in writers if w.sealed and w.folder == "lines"]
        event_segments = [w.sealed for w in writers if w.sealed and w.folder == "events"]
        rows = []

        def decide() -> list[dict[str, Any]]:
            held = case.state.line_segments
            if any(i.source_id in case.state.sources or (i.content_id in fresh and i.content_id in held) for i in items):
                raise _Overtaken
            entries = []
            for item, name, found in zip(items, parser, parsed, strict=True):
                stored = own if item.content_id in fresh else case.state.said("lines", held[item.content_id])
                entries.append(
                    entry_of(case, item, self._context, name, found, stored if found.lines else [], event_segments, parsing.read_at)
                )
                rows.append(added(item, entries[-1]))
            return entries

        case.commit(decide)
        self._receipt.rows += rows

    def _write(self, lines: Lines, items: list[Item], fresh: set[int], events: pl.DataFrame) -> list[segments.SegmentWriter]:
        """Write the segments; the lines only of contents that the case does not hold yet, once each."""
        case = self._case
        keep = np.zeros(len(items), bool)
        keep[list(fresh)] = True
        table = (lines if keep.all() else lines.of(keep)).table([i.content_id for i in items])
        writers = []
        try:
            if table.num_rows:
                writers.append(segments.SegmentWriter(case.path, "lines", case.position))
                writers[-1].write(table)
                writers[-1].seal()
            if len(events):
                writers.append(segments.SegmentWriter(case.path, "events"))
                writers[-1].write_events(events)
                writers[-1].seal()
            segments.settle(case.path, writers)
        except Exception:
            for writer in writers:
                writer.discard()
            raise
        return writers
