"""What the ledger says: its entries folded, in order, into sources and live segments.

A source's events are those of its last entry: the one that named it, or the last `replay`. A source is superseded when
a later state of the same file holds all of its bytes: then its lines and events count no more, and stay readable.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

COUNTS = ("lines", "in_events", "unparsed", "blank")


@dataclass
class Source:
    """One source as the ledger knows it now. `seq` is the entry that named it."""

    seq: int
    entry: dict[str, Any]
    parser: str
    counts: dict[str, int]
    events: int
    event_segments: tuple[str, ...]
    parsers: str  # id of all that they were read with: formats, and what was declared
    superseded_by: str | None = None

    @property
    def source_id(self) -> str:
        return self.entry["source_id"]

    @property
    def content_id(self) -> str:
        return self.entry["content_id"]

    @property
    def path(self) -> str:
        return self.entry["path"]

    @property
    def size(self) -> int:
        return self.entry["size"]

    @property
    def live(self) -> bool:
        return self.superseded_by is None


@dataclass
class State:
    """Sources and segments, folded from entries."""

    sources: dict[str, Source] = field(default_factory=dict)  # by source_id, in the order of the ledger
    line_segments: dict[str, tuple[str, ...]] = field(default_factory=dict)  # by content_id
    at_path: dict[str, list[Source]] = field(default_factory=lambda: defaultdict(list))
    of_content: dict[str, list[Source]] = field(default_factory=lambda: defaultdict(list))
    sizes: set[int] = field(default_factory=set)
    expanded: dict[tuple[str, str], list[Source]] = field(default_factory=lambda: defaultdict(list))  # by path and content_id of an archive
    hashes: dict[tuple[str, str], tuple[str, int]] = field(
        default_factory=dict
    )  # folder, segment: sha256 and the entry that named it first
    contents_in: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # line segment: content_ids ever put there
    sources_in: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # event segment: source_ids ever put there
    declared: list[dict[str, Any]] = field(
        default_factory=list
    )  # what options said of zones, years and offsets, in the order of the ledger

    def add(self, entries: Iterable[dict[str, Any]]) -> None:
        for entry in entries:
            if entry["kind"] == "source":
                self._source(entry)
            elif entry["kind"] == "replay":
                self._replay(entry)
            elif entry["kind"] == "replayed":
                for source in self.sources.values():
                    source.parsers = entry["parsers"]
            elif entry["kind"] == "declared":
                self.declared.append(entry)

    def _source(self, entry: dict[str, Any]) -> None:
        seq, content, source_id = entry["seq"], entry["content_id"], entry["source_id"]
        self._name("lines", entry["line_segments"], seq)
        self._name("events", entry["event_segments"], seq)
        segments = tuple(s["name"] for s in entry["line_segments"])
        self.line_segments.setdefault(content, segments)
        for name in segments:
            self.contents_in[name].add(content)
        events = tuple(s["name"] for s in entry["event_segments"])
        source = Source(seq, entry, entry["parser"], {k: entry[k] for k in COUNTS}, entry["events"], events, entry["parsers"])
        for name in events:
            self.sources_in[name].add(source_id)
        if (older := entry.get("extends")) in self.sources:
            self.sources[older].superseded_by = source_id
        source.superseded_by = entry.get("within")
        self.sources[source_id] = source
        self.at_path[source.path].append(source)
        self.of_content[content].append(source)
        self.sizes.add(source.size)
        if archive := entry.get("archive"):
            self.expanded[archive["path"], archive["content_id"]].append(source)

    def _replay(self, entry: dict[str, Any]) -> None:
        source = self.sources.get(entry["source_id"])
        if source is None:  # `verify` names it; nothing else can be done with it
            return
        self._name("events", entry["event_segments"], entry["seq"])
        source.parser, source.events = entry["parser"], entry["events"]
        source.counts = {k: entry[k] for k in COUNTS}
        source.event_segments, source.parsers = tuple(s["name"] for s in entry["event_segments"]), entry["parsers"]
        for name in source.event_segments:
            self.sources_in[name].add(source.source_id)

    def _name(self, folder: str, segments: Iterable[dict[str, str]], seq: int) -> None:
        for segment in segments:
            self.hashes.setdefault((folder, segment["name"]), (segment["sha256"], seq))

    def live_events(self) -> dict[str, set[str] | None]:
        """Event segments that count: the source_ids to take from each, or None for all that it holds."""
        wanted: dict[str, set[str]] = defaultdict(set)
        for source in self.sources.values():
            if source.live:
                for name in source.event_segments:
                    wanted[name].add(source.source_id)
        return {name: None if ids == self.sources_in[name] else ids for name, ids in wanted.items()}

    def live_lines(self) -> dict[str, set[str] | None]:
        """Line segments that count: the content_ids to take from each, or None for all that it holds."""
        live = {s.content_id for s in self.sources.values() if s.live}
        wanted: dict[str, set[str]] = defaultdict(set)
        for content in self.line_segments:
            if content in live:
                for name in self.line_segments[content]:
                    wanted[name].add(content)
        return {name: None if ids == self.contents_in[name] else ids for name, ids in wanted.items()}

    def segments_of_lines(self) -> dict[str, set[str] | None]:
        """All line segments, of superseded sources too."""
        return dict.fromkeys(dict.fromkeys(n for names in self.line_segments.values() for n in names))

    def said(self, folder: str, names: Iterable[str]) -> list[dict[str, str]]:
        """Segments as an entry names them."""
        return [{"name": name, "sha256": self.hashes[folder, name][0]} for name in names]

    def named(self) -> set[str]:
        """File names of all segments that any entry names."""
        return {name for _, name in self.hashes}
