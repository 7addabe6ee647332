"""A bundle: a case that can be passed on, without the secrets in it, and checked as far as that allows.

It is a case of its own, with the same sources, line numbers, byte offsets and events. A content without secrets is there byte for byte, and hashes
to what was read. A line that holds one is stored as it is shown, `[redacted]` in its place; of its content the ledger of the bundle says:

    "redacted": {"ranges": [[12, 12], [40, 43]], "lines": 5, "sha256": "…"}

with the hash of what is stored. `content_id` and `size` stay those of the original: whoever has the file can hold it against them, and whoever has
the bundle alone can check that no other line has another length. Reports that cite the case stand against the bundle too.

`origin.jsonl` is the ledger of the case that it was made from. It names each original's hash, when and by what it was read, and its chain ends in the
hash that the bundle's first own entry states. It is left out where a line of it holds a secret.

What a bundle tells of a secret: where it stood, and, by the offsets, how long its line was. What `forensics.redact` cannot see stays in it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from forensics.case import TOOL, Case, now
from forensics.redact import redact
from forensics.redacting import redacted_lines, without_secrets
from forensics.store import disk, ledger, segments
from forensics.store.state import Source

ORIGIN = "origin.jsonl"
KEPT = ("declared", "parsers")  # entries that what follows rests on
OWN = ("seq", "prev", "left", "hash")


@dataclass
class _Stored:
    """What is stored of a content: its hash, and which lines are not the original's."""

    digest: Any = field(default_factory=hashlib.sha256)
    lines: list[int] = field(default_factory=list)

    def said(self) -> dict[str, Any]:
        return {"ranges": ranges(self.lines), "lines": len(self.lines), "sha256": self.digest.hexdigest()}


def ranges(numbers: list[int]) -> list[list[int]]:
    """Ascending numbers as closed ranges."""
    found: list[list[int]] = []
    for n in numbers:
        if found and found[-1][1] == n - 1:
            found[-1][1] = n
        else:
            found.append([n, n])
    return found


def write(case: Case, place: Path) -> dict[str, Any]:
    """Make a bundle of `case` at `place`, an empty or new folder.

    Returns:
        The bundle's own entry: how many contents there are, in how many lines are redacted, and how many lines.

    Raises:
        UsageError: If `place` holds other things, or cannot be written.
        StoreError: If segments of the case are missing.
    """
    made = Case.create(place)
    with disk.plainly(place, "writing the bundle"):
        if (case.path / "case.toml").is_file():
            disk.write_whole(place / "case.toml", redact((case.path / "case.toml").read_text("utf-8")).encode())
        origin = (case.path / ledger.NAME).read_bytes()
        clean = redact(origin.decode("utf-8")) == origin.decode("utf-8")
        if clean:
            disk.write_whole(place / ORIGIN, origin)
        line_segments, stored = _lines(case, made)
        event_segments = _events(case, made)
        seq, digest = case.position
        hidden = {content: s for content, s in stored.items() if s.lines}
        own = {
            "kind": "bundle", "at": now(), "tool": TOOL, "of": {"seq": seq, "hash": digest}, "origin": clean, "contents": len(stored),
            "redacted_contents": len(hidden), "redacted_lines": sum(len(s.lines) for s in hidden.values()),
        }  # fmt: skip
        entries = [own, *({k: v for k, v in e.items() if k not in OWN} for e in case.ledger.entries if e["kind"] in KEPT)]
        entries += [_entry(source, line_segments, event_segments, hidden) for source in case.state.sources.values()]
        made.commit(lambda: entries)
        disk.write_whole(place / "README.md", readme(made).encode())
    return own


def _entry(source: Source, lines: dict[str, Any], events: dict[str, Any], hidden: dict[str, _Stored]) -> dict[str, Any]:
    """A source's entry, as its last replay left it, with the bundle's own segments."""
    entry = {k: v for k, v in source.entry.items() if k not in OWN}
    entry |= source.counts | {"parser": source.parser, "parsers": source.parsers, "events": source.events}
    entry["line_segments"] = [lines[s["name"]] for s in entry["line_segments"]]
    entry["event_segments"] = [events[name] for name in source.event_segments]
    entry["note"] = redact(entry["note"]) if entry.get("note") else None
    if source.content_id in hidden:
        entry["redacted"] = hidden[source.content_id].said()
    return {k: v for k, v in entry.items() if v is not None or k == "mtime_ns"}


def _lines(case: Case, made: Case) -> tuple[dict[str, dict[str, str]], dict[str, _Stored]]:
    """Write the lines, segment by segment; what each segment became, and what is stored of each content."""
    names = dict.fromkeys(name for of_content in case.state.line_segments.values() for name in of_content)
    wrote: dict[str, dict[str, str]] = {}
    stored: dict[str, _Stored] = {s.content_id: _Stored() for s in case.state.sources.values()}
    for source in case.state.sources.values():
        if again := source.entry.get("redacted"):
            stored[source.content_id].lines = [n for first, last in again["ranges"] for n in range(first, last + 1)]
    for name in names:
        with _writing(made, "lines", made.position) as writer, pq.ParquetFile(case.segment("lines", name)) as file:
            for group in range(file.num_row_groups):
                rows = pl.from_arrow(file.read_row_group(group)).with_columns(pl.col("content_id").cast(pl.String))
                raw, hidden = redacted_lines(rows["raw"])
                rows = rows.with_columns(raw)
                for content, line_no in rows.filter(hidden).select("content_id", "line_no").iter_rows():
                    stored[content].lines.append(line_no)
                _hash(rows, stored)
                writer.write(rows.to_arrow(compat_level=pl.CompatLevel.oldest()))
            sealed = writer.seal()
        wrote[name] = sealed.said()
    for content in stored.values():
        content.lines = sorted(set(content.lines))
    return wrote, stored


def _hash(rows: pl.DataFrame, stored: dict[str, _Stored]) -> None:
    """Add the stored bytes to the hash of their contents; the lines of a content stand together."""
    bounds = np.append(np.flatnonzero(np.diff(rows["content_id"].rle_id().to_numpy(), prepend=-1)), len(rows)).tolist()
    for start, end in zip(bounds[:-1], bounds[1:], strict=True):
        stored[rows["content_id"][start]].digest.update(b"".join(rows["raw"][start:end].to_list()))


def _events(case: Case, made: Case) -> dict[str, dict[str, str]]:
    """Write the events that count, segment by segment; what each segment became."""
    wanted: dict[str, list[str]] = defaultdict(list)
    for source in case.state.sources.values():
        for name in source.event_segments:
            wanted[name].append(source.source_id)
    wrote = {}
    for name, ids in wanted.items():
        with _writing(made, "events") as writer, pq.ParquetFile(case.segment("events", name)) as file:
            for group in range(file.num_row_groups):
                rows = pl.from_arrow(file.read_row_group(group)).filter(pl.col("source_id").is_in(ids))
                writer.write_events(without_secrets(rows))
            sealed = writer.seal()
        wrote[name] = sealed.said()
    return wrote


class _writing:
    """A segment that is put in its place at the end, or dropped after an error."""

    def __init__(self, made: Case, folder: segments.Folder, after: tuple[int, str] | None = None) -> None:
        self._made, self._writer = made, segments.SegmentWriter(made.path, folder, after)

    def __enter__(self) -> segments.SegmentWriter:
        return self._writer

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            segments.settle(self._made.path, [self._writer])
        else:
            self._writer.discard()


def own_entry(case: Case) -> dict[str, Any] | None:
    """What a bundle says of itself; null for a case that is none."""
    return next((e for e in case.ledger.entries if e["kind"] == "bundle"), None)


def how_far(case: Case) -> str | None:
    """How far a bundle that verifies is checked, in words; null for a case that is none."""
    own = own_entry(case)
    if own is None:
        return None
    whole = own["contents"] - own["redacted_contents"]
    text = f"it is a bundle: {whole} of {own['contents']} contents are whole, and hash to what was read"
    if own["redacted_contents"]:
        text += (
            f"; {own['redacted_contents']} hold {own['redacted_lines']} redacted lines: of these the bundle's own hash is checked, the length of every other "
            "line, and the original's hash is stated, for whoever has the file"
        )
    last = f"the ledger of the case that it was made from is with it, and holds ({ORIGIN})" if own["origin"] else "that ledger is left out"
    return f"{text}; {last}"


def problems(case: Case) -> Iterator[tuple[str, str, str]]:
    """What does not stand about a bundle's origin: what, where, why. Nothing for a case that is none."""
    own = own_entry(case)
    if own is None or not own["origin"]:
        return
    try:
        data = (case.path / ORIGIN).read_bytes()
    except OSError as error:
        yield "the ledger that the bundle was made from is missing", ORIGIN, str(error.strerror)
        return
    entries, _, broken = ledger.follow(data)
    if broken:
        yield "the chain of the ledger that the bundle was made from is broken", f"{ORIGIN}:{broken.line}", broken.why
        return
    if not entries or entries[-1]["hash"] != own["of"]["hash"]:
        yield (
            "the ledger beside the bundle is not the one that it was made from",
            ORIGIN,
            "its last hash is not the one that the bundle states",
        )
        return
    known = {(e["source_id"], e["content_id"], e["path"], e["size"]) for e in entries if e["kind"] == "source"}
    end = own["seq"] + own["left"]  # what came later was ingested into the bundle itself
    for s in case.state.sources.values():
        if s.seq <= end and (s.source_id, s.content_id, s.path, s.size) not in known:
            yield f"the ledger that the bundle was made from does not know `{s.path}`", ORIGIN, "hash, path or size differ"


def lengths_problem(line_no: np.ndarray, offset: np.ndarray, length: np.ndarray, size: int, hidden: list[list[int]]) -> str | None:
    """Why lines of a content with redacted ones are not in their places: each other line must be as long as the original's."""
    if line_no[0] != 1 or offset[0] != 0 or (np.diff(line_no) != 1).any() or (np.diff(offset) < 1).any():
        return "lines are missing, or not in order"
    was = np.diff(np.append(offset, size))
    kept = np.ones(len(line_no), bool)
    for first, last in hidden:
        kept[first - 1 : last] = False
    wrong = np.flatnonzero(kept & (was != length))
    return f"line {line_no[wrong[0]]} has {length[wrong[0]]} bytes, the original {was[wrong[0]]}" if len(wrong) else None


def readme(made: Case) -> str:
    """What somebody who gets the bundle reads first."""
    own = own_entry(made) or {}
    rows = [s for s in made.state.sources.values() if s.entry.get("redacted")]
    listed = [
        f"| {_md(s.path)} | {_md(told(s.entry['redacted']['ranges']))} | `{s.content_id}` |" for s in sorted(rows, key=lambda s: s.path)
    ]
    table = ["", "| source | redacted lines | sha256 of the original |", "|---|---|---|", *listed] if listed else []
    return "\n".join(
        [
            "# A case, to be passed on",
            "",
            f"Made by {own['tool']} at {own['at']} from a case whose ledger ends in entry {own['of']['seq']}, `{own['of']['hash']}`.",
            "",
            "```",
            "forensics verify --case .",
            "forensics findings --case .",
            "```",
            "",
            f"{own['redacted_lines']} lines of {own['redacted_contents']} of {own['contents']} contents are redacted. Everything else is here byte for byte.",
            *table,
            "",
        ]
    )


def told(found: list[list[int]]) -> str:
    """Ranges of line numbers for people."""
    return ", ".join(str(a) if a == b else f"{a} to {b}" for a, b in found)


def _md(text: str) -> str:
    from forensics.quote import quote

    return quote(text, None).translate(str.maketrans({c: f"\\{c}" for c in "\\`*_[]<>|#"}))
