"""One source on its way into the case, and the ledger entry that it becomes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from forensics.store.parsing import About, Parsed, versions
from forensics.store.receipt import Row
from forensics.store.segments import Segment
from parsers.identity import source_id

if TYPE_CHECKING:
    from forensics.case import Case
    from parsers.context import Context


@dataclass
class Item:
    """What is known of a source once its bytes have been read.

    `prefix` gives the sha256 of its first so many bytes; `archive` is the file on disk that it is a member of.
    """

    path: str
    content_id: str
    size: int
    mtime_ns: int | None
    prefix: Callable[[int], str | None]
    note: str | None = None
    archive: dict[str, Any] | None = None

    @cached_property
    def source_id(self) -> str:
        return source_id(self.content_id, self.path)

    @property
    def about(self) -> About:
        return About(self.source_id, self.content_id, self.path, self.mtime_ns)


def entry_of(
    case: Case, item: Item, context: Context, parser: str, parsed: Parsed, lines: list[dict[str, str]], events: list[Segment], read_at: str
) -> dict[str, Any]:
    """The ledger entry of a source, with what it extends or lies within as the case stands now.

    To be called inside `Ledger.append`: whatever another ingest committed meanwhile is then known.
    """
    from forensics.case import TOOL

    entry: dict[str, Any] = {
        "kind": "source",
        "path": item.path,
        "source_id": item.source_id,
        "content_id": item.content_id,
        "size": item.size,
        "mtime_ns": item.mtime_ns,
        "read_at": read_at,
        "tool": TOOL,
        "parsers": versions(context)[0],
        "parser": parser,
        **parsed.counts(),
        "events": parsed.events,
        "line_segments": lines,
        "event_segments": [s.said() for s in events] if parsed.events else [],
    }
    entry |= {k: v for k, v in (("archive", item.archive), ("note", note_of(item, parsed)), *_kinship(case, item)) if v is not None}
    return entry


def note_of(item: Item, parsed: Parsed) -> str | None:
    return "; ".join(n for n in (item.note, parsed.note) if n) or None


def _kinship(case: Case, item: Item) -> list[tuple[str, str]]:
    """Whether this is a later or an earlier state of a file that the case holds: one's bytes begin with all of the other's."""
    others = [s for s in case.state.at_path.get(item.path, ()) if s.live]
    shorter = sorted((s for s in others if s.size < item.size), key=lambda s: -s.size)
    for other in shorter:
        if item.prefix(other.size) == other.content_id:
            return [("extends", other.source_id)]
    for other in others:
        if other.size > item.size and stored_prefix(case, other.content_id, item.size) == item.content_id:
            return [("within", other.source_id)]
    return []


def stored_prefix(case: Case, content_id: str, size: int) -> str:
    """The sha256 of a stored content's first `size` bytes, from its lines."""
    import polars as pl

    digest = hashlib.sha256()
    at = 0
    while at < size:
        step = size if size < 64 << 20 else at + (64 << 20)
        rows = case.lines_of(content_id).filter(pl.col("offset").is_between(at, min(step, size) - 1)).sort("offset").select("raw").collect()
        data = b"".join(rows["raw"].to_list())
        if not data:
            break
        digest.update(data[: size - at])
        at += len(data)
    return digest.hexdigest()


def added(item: Item, entry: dict[str, Any]) -> Row:
    """The receipt's row of a source that was added."""
    outcome = "extends" if "extends" in entry else "within" if "within" in entry else "stored"
    return _row(item, entry, outcome)


def known(case: Case, item: Item) -> Row:
    """The receipt's row of a source that the case holds already."""
    source = case.state.sources[item.source_id]
    return _row(item, source.entry | {"parser": source.parser, **source.counts, "events": source.events}, "known")


def _row(item: Item, entry: dict[str, Any], outcome: str) -> Row:
    return Row(
        item.path, outcome, entry["parser"], item.size, entry["lines"], entry["in_events"], entry["unparsed"], entry["blank"],
        entry["events"], entry.get("note"),
    )  # fmt: skip
