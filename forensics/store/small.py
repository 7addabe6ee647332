"""Small sources, many at a time: they share one segment of lines and one of events."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from forensics.store import segments
from forensics.store.item import Item, added, entry_of, known
from forensics.store.parsing import parse_mixed
from forensics.store.splitting import Lines, split

if TYPE_CHECKING:
    import polars as pl

    from forensics.case import Case
    from forensics.store.receipt import Receipt

MOST_SOURCES, MOST_BYTES = 4096, 32 << 20


class _Overtaken(Exception):
    """Another ingest committed some of the same meanwhile."""


class Batch:
    """Sources that wait to be stored together."""

    def __init__(self, case: Case, receipt: Receipt, context: Any, clock: Callable[[], str]) -> None:
        self._case, self._receipt, self._context, self._clock = case, receipt, context, clock
        self._clear()

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
        if path in self._paths:  # two arguments hold the same path: the later one must see the earlier one in the ledger
            self.flush()
        if item.source_id in self._case.state.sources:
            self._receipt.rows.append(known(self._case, item))
            return
        self._items.append((item, data))
        self._paths.add(path)
        self._size += len(data)
        if len(self._items) >= MOST_SOURCES or self._size >= MOST_BYTES:
            self.flush()

    def flush(self) -> None:
        """Store what waits. It lasts when this returns."""
        waiting = self._items
        self._clear()
        while waiting:
            try:
                self._store(waiting)
            except _Overtaken:
                for item, _ in waiting:
                    if item.source_id in self._case.state.sources:
                        self._receipt.rows.append(known(self._case, item))
                waiting = [(i, d) for i, d in waiting if i.source_id not in self._case.state.sources]
            else:
                return

    def _store(self, waiting: list[tuple[Item, bytes]]) -> None:
        case, items = self._case, [item for item, _ in waiting]
        read_at = self._clock()
        lines = split([data for _, data in waiting])
        events, parser, parsed = parse_mixed([i.about for i in items], [d for _, d in waiting], lines.frame(), lines.counts, self._context)
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
                entries.append(entry_of(case, item, self._context, name, found, stored if found.lines else [], event_segments, read_at))
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
