"""Replay: rebuild the events from the stored lines, never from the files.

Parsers change; lines do not. Each source is parsed again by today's parsers, under its old path, and a `replay` entry
supersedes its event segments. The same parsers give equal tables: then nothing is added to the ledger, and an event
segment that was deleted is there again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyarrow as pa

from forensics.case import TOOL, now
from forensics.errors import StoreError, UsageError
from forensics.store import disk, locks, parsing, segments, small, stored
from forensics.store.beside import Beside
from forensics.store.parsing import About, Parsed, Stream, joined, parse_by_format
from forensics.store.state import COUNTS, Source
from forensics.store.writers import EventsWriter
from parsers import engine

if TYPE_CHECKING:
    from forensics.case import Case

    Progress = Callable[[int, int | None, str], None]

AT_ONCE = 64 << 20  # bytes of contents of a segment that is parsed as a whole


class Replayed(dict[str, int]):
    """What a replay did: sources, changed (sources that have a new entry), events, lines, in_events, unparsed, blank."""

    def __str__(self) -> str:
        sums = f"{self['lines']} lines = {self['in_events']} in events + {self['unparsed']} unparsed + {self['blank']} blank"
        return f"{self['sources']} sources parsed again, {self['changed']} of them changed; {self['events']} events; {sums}"


def replay(case: Case, progress: Progress | None = None, *, declared: Mapping[str, Iterable[str]] | None = None) -> Replayed:
    """Rebuild all events of a case.

    Args:
        progress: Called with bytes of content parsed, bytes to parse, and the path at hand.
        declared: What the lines do not state, as for `ingest`.

    Raises:
        StoreError: If lines that the ledger names are missing or cannot be read.
        UsageError: If the case cannot be written.
    """
    with disk.plainly(case.path, "rebuilding events"), locks.Writing(case.path) as writing:
        writing.share()
        case.refresh()
        _refuse_a_bundle(case)
        case.declare(declared or {})
        return _Replay(case, progress or (lambda *_: None)).run()


def _refuse_a_bundle(case: Case) -> None:
    """Its redacted lines are not those that the events were read from."""
    if held := [s.path for s in case.state.sources.values() if s.entry.get("redacted")]:
        raise UsageError(
            f"the events of case `{case.path}` cannot be rebuilt",
            held[0],
            f"it is a bundle: lines of {len(held)} sources are redacted, and the events were read from the originals",
            "replay the case that the bundle was made from",
        )


class _Replay:
    def __init__(self, case: Case, progress: Progress) -> None:
        self._case, self._progress = case, progress
        self._context = parsing.context_of(case.config)
        self._entries: list[dict[str, Any]] = []
        self._sum = Replayed(dict.fromkeys(("sources", "changed", "events", *COUNTS), 0))
        self._total = sum(s.size for s in case.state.sources.values())
        self._done = 0
        self._beside = Beside(self._context)

    def run(self) -> Replayed:
        from forensics.ingest import name_parsers

        if len(self._case.state.sources) >= small.MANY:
            self._beside.start()
        try:
            self._each()
        finally:
            self._beside.close()
        name_parsers(self._case)
        self._case.commit(self._current)
        self._progress(self._total, self._total, "")
        return self._sum

    def _each(self) -> None:
        state = self._case.state
        by_segment: dict[str | None, list[Source]] = {}
        for source in state.sources.values():
            names = state.line_segments[source.content_id]
            by_segment.setdefault(names[0] if names else None, []).append(source)
        for name, sources in by_segment.items():
            self._progress(self._done, self._total, sources[0].path)
            if name is None:
                for source in sources:
                    self._keep(source, engine.choose(source.path, b"", self._context).name, Parsed(0, 0, 0, 0), None)
            else:
                self._segment(name, sources)
            self._done += sum(s.size for s in sources)

    def _current(self) -> list[dict[str, Any]]:
        """What differs from what the case says now; another replay may have been faster."""
        changed = []
        for entry in self._entries:
            source = self._case.state.sources[entry["source_id"]]
            now_ = (source.parser, source.events, source.counts, source.event_segments)
            if now_ != (entry["parser"], entry["events"], {k: entry[k] for k in COUNTS}, tuple(s["name"] for s in entry["event_segments"])):
                changed.append(entry)
        self._sum["changed"] = len(changed)
        today = parsing.versions(self._context)[0]
        if any(source.parsers != today for source in self._case.state.sources.values()):
            changed.append({"kind": "replayed", "at": now(), "tool": TOOL, "parsers": today})
        return changed

    def _segment(self, name: str, sources: Sequence[Source]) -> None:
        path = self._case.segment("lines", name)
        try:
            if sum({s.content_id: s.size for s in sources}.values()) <= AT_ONCE:
                self._together(path, sources)
            else:
                for source in sources:
                    self._streamed(path, source)
        except (FileNotFoundError, pa.ArrowInvalid, pl.exceptions.ComputeError) as error:
            why = "it is missing" if isinstance(error, FileNotFoundError) else " ".join(str(error).split())[:200]
            raise StoreError("stored lines cannot be read", str(path), why, f"forensics verify --case {self._case.path}") from error

    def _together(self, path: os.PathLike[str], sources: Sequence[Source]) -> None:
        """A segment of small contents, all sources at once; a content at two paths is parsed for each."""
        rows = pl.read_parquet(path)
        content = rows["content_id"].rle_id().to_numpy()
        first = np.flatnonzero(np.diff(content, prepend=-1)) if len(content) else np.zeros(0, np.int64)
        bounds = np.append(first, len(content))
        at = {rows["content_id"][int(row)]: i for i, row in enumerate(first)}
        starts = np.array([bounds[at[s.content_id]] for s in sources])
        counted = np.array([bounds[at[s.content_id] + 1] for s in sources]) - starts
        cut = small.halved([s.size for s in sources]) if self._beside.there and len(sources) >= small.MANY else 0
        offsets, raw = rows["offset"].to_numpy(), rows["raw"]

        def bytes_of(n: int, limit: int | None = None) -> bytes:
            start, end = int(starts[n]), int(starts[n] + counted[n])
            end = end if limit is None else start + int(np.searchsorted(offsets[start:end], limit))
            return b"".join(raw[start:end].to_list())

        elsewhere = self._beside.piece([_about(s) for s in sources[:cut]], [bytes_of(n) for n in range(cut)]) if cut else None
        heads = [bytes_of(n, engine.HEAD_BYTES) for n in range(cut, len(sources))]
        take = np.concatenate([np.arange(a, a + n) for a, n in zip(starts[cut:], counted[cut:], strict=True)])
        numbers = np.repeat(np.arange(len(heads), dtype=np.uint32), counted[cut:])
        lines = rows[take].select(pl.Series("source", numbers), "line_no", "offset", "raw")
        here = parse_by_format([_about(s) for s in sources[cut:]], heads, lines, counted[cut:], self._context)
        events, names, parsed = joined([*([elsewhere.done()] if elsewhere else []), here])
        writer = EventsWriter(self._case)
        self._written(writer, events, zip(sources, names, parsed, strict=True))

    def _streamed(self, path: os.PathLike[str], source: Source) -> None:
        """One big content, row group by row group."""
        stream, name, head = None, "", b""
        writer = EventsWriter(self._case)
        for run in stored.runs(path):  # type: ignore[arg-type]
            if run.content_id != source.content_id:
                continue
            if stream is None:
                head = bytes(run.data()[: engine.HEAD_BYTES])
                choice = engine.choose(source.path, head, self._context)
                stream, name = Stream(choice, _about(source), self._context), choice.name
            writer.take(stream.feed(run.block()))
        if stream is None:
            raise StoreError(
                f"no lines of `{source.path}` are stored", str(path), "the segment holds none", f"forensics verify --case {self._case.path}"
            )
        tail, parsed = stream.finish()
        self._written(writer, tail, [(source, name, parsed)])

    def _written(self, writer: EventsWriter, events: pl.DataFrame, found: Any) -> None:
        try:
            writer.take(events)
            sealed = writer.seal()
            segments.settle(self._case.path, [sealed])
        except Exception:
            writer.discard()
            raise
        for source, name, parsed in found:
            self._keep(source, name, parsed, sealed.sealed if sealed else None)

    def _keep(self, source: Source, parser: str, parsed: Parsed, events: segments.Segment | None) -> None:
        self._entries.append(
            {
                "kind": "replay",
                "source_id": source.source_id,
                "at": now(),
                "tool": TOOL,
                "parsers": parsing.versions(self._context)[0],
                "parser": parser,
                **parsed.counts(),
                "events": parsed.events,
                "event_segments": [events.said()] if events and parsed.events else [],
            }
            | ({"note": parsed.note} if parsed.note else {})
        )
        self._sum["sources"] += 1
        for key in ("events", *COUNTS):
            self._sum[key] += getattr(parsed, key)


def _about(source: Source) -> About:
    return About(source.source_id, source.content_id, source.path, source.entry["mtime_ns"])
