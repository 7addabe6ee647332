"""Verify a case: everything that the ledger says, held against the bytes.

The chain of the ledger; the segments that it names; the contents, hashed again from their stored lines; the counts. The
first problem in the list is the first broken link, in the order of the ledger.

Not shown: an attack by somebody who rewrites the ledger, its head and the segments to match. Keep the last hash elsewhere
where that matters: `Case.position` gives it.
"""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from forensics import bundle
from forensics.case import Case
from forensics.store import stored
from forensics.store.ledger import NAME
from forensics.store.state import Source

Progress = Callable[[int, int | None, str], None]
ALTERED = "the bytes are not those that the ledger names: the file was altered or truncated after it was stored"


@dataclass(frozen=True)
class Problem:
    """One thing that does not stand. `next` is what to do about it."""

    what: str
    where: str
    why: str
    next: str


@dataclass
class _Content:
    """A content while its lines are read again."""

    digest: Any = field(default_factory=hashlib.sha256)
    size: int = 0
    lines: int = 0
    gap: str = ""
    places: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = field(
        default_factory=list
    )  # number, offset, length of lines: with redacted ones only


def verify_case(case: Case | str | os.PathLike[str], progress: Progress | None = None) -> list[Problem]:
    """Check a case; no problems, an empty list.

    Args:
        case: An open case, or the path of one: a case with a broken ledger cannot be opened, but it can be verified.
        progress: Called with bytes checked, bytes to check, and the file at hand.

    Raises:
        UsageError: If there is no case.
        StoreError: If the ledger is missing.
    """
    place = case.path if isinstance(case, Case) else Path(case)
    if not (place / NAME).is_file():
        Case.open(place)  # raises, and says which of several ways this is
    fresh = Case(place)
    broken = fresh.ledger.read()
    fresh.fold()
    problems = []
    if broken:
        problems.append(
            Problem("the ledger's chain is broken", f"{NAME}:{broken.line}", broken.why, "restore ledger.jsonl and ledger.head from a copy")
        )
    return problems + list(_check(fresh, progress or (lambda *_: None)))


def _check(case: Case, progress: Progress) -> Iterator[Problem]:
    yield from _entries(case)
    yield from (Problem(what, where, why, "get the bundle again from who made it") for what, where, why in bundle.problems(case))
    state = case.state
    current = {name for source in state.sources.values() for name in source.event_segments}
    named = sorted(
        (seq, folder, name, digest) for (folder, name), (digest, seq) in state.hashes.items() if folder == "lines" or name in current
    )
    total = sum(p.stat().st_size for _, folder, name, _ in named if (p := case.segment(folder, name)).is_file())
    done = 0
    for seq, folder, name, digest in named:
        path = case.segment(folder, name)
        progress(done, total, f"{folder}/{name}")
        problems = list(_segment(case, folder, path, digest, seq))
        yield from problems
        if path.is_file():
            done += path.stat().st_size
    yield from _unnamed(case)
    progress(total, total, "")


def _entries(case: Case) -> Iterator[Problem]:
    """What an entry says about itself and about earlier ones."""
    known: set[str] = set()
    for entry in case.ledger.entries:
        where = f"{NAME}:{entry['seq'] + 1}"
        if entry["kind"] == "source":
            known.add(entry["source_id"])
        if entry["kind"] not in ("source", "replay"):
            continue
        if entry["lines"] != entry["in_events"] + entry["unparsed"] + entry["blank"]:
            why = f"{entry['lines']} lines are not {entry['in_events']} + {entry['unparsed']} + {entry['blank']}"
            yield Problem("the counts of an entry do not add up", where, why, f"forensics replay --case {case.path}")
        for key in ("source_id", "extends", "within"):
            if entry.get(key) and entry[key] not in known:
                yield Problem(
                    "an entry names a source that no earlier one knows", where, f"{key} is {entry[key]}", "restore ledger.jsonl from a copy"
                )


def _segment(case: Case, folder: str, path: Path, digest: str, seq: int) -> Iterator[Problem]:
    where, mend = f"{folder}/{path.name}", _mend(case, folder)
    said = f"named in {NAME}:{seq + 1}"
    try:
        with open(path, "rb") as file:
            whole = hashlib.file_digest(file, "sha256").hexdigest() == digest
    except FileNotFoundError:
        yield Problem("a segment is missing", where, said, mend)
        return
    except OSError as error:
        yield Problem("a segment cannot be read", where, f"{error.strerror}; {said}", mend)
        return
    if not whole:
        yield Problem("a segment was changed", where, f"{ALTERED}; {said}", mend)
    try:
        yield from _lines(case, path, mend) if folder == "lines" else _events(case, path, mend)
    except Exception as error:  # noqa: BLE001 - pyarrow and polars raise many kinds on a damaged file; all mean that it is
        if whole:
            raise
        why = " ".join(str(error).split())[:200]
        yield Problem("a segment cannot be read", where, f"{why}; {said}", mend)


def _mend(case: Case, folder: str) -> str:
    if folder == "events":
        return f"forensics replay --case {case.path}"
    return "restore the segment from a copy, or ingest the sources into a new case"


def _lines(case: Case, path: Path, mend: str) -> Iterator[Problem]:
    """The contents of a segment: byte for byte, and their counts."""
    found: dict[str, _Content] = defaultdict(_Content)
    hidden = {content for content in case.state.contents_in[path.name] if case.state.of_content[content][0].entry.get("redacted")}
    for run in stored.runs(path):
        content = found[run.content_id]
        data = run.data()
        if run.content_id in hidden:
            content.places.append((run.line_no, run.offset, np.diff(run.bounds())))
            content.digest.update(data)
            content.lines += len(run.line_no)
            continue
        lengths = np.diff(np.append(run.offset, content.size + len(data)))
        if not content.gap and (
            run.line_no[0] != content.lines + 1 or run.offset[0] != content.size or (np.diff(run.line_no) != 1).any() or (lengths < 1).any()
        ):
            content.gap = f"after line {content.lines}, at byte {content.size}"
        content.digest.update(data)
        content.size += len(data)
        content.lines += len(run.line_no)
    where = f"lines/{path.name}"
    for content_id in sorted(case.state.contents_in[path.name]):
        for source in case.state.of_content[content_id][:1]:
            yield from _content(source, found.get(content_id, _Content()), where, mend)
    if extra := set(found) - case.state.contents_in[path.name]:
        yield Problem("a segment holds lines of a content that no entry names", where, f"content {min(extra)}", mend)
    if (at := stored.position(path)) and not _in_chain(case, at):
        yield Problem(
            "the ledger is not the one that this segment was written under",
            where,
            _cut(case, at),
            "restore ledger.jsonl and ledger.head from a copy",
        )


def _content(source: Source, content: _Content, where: str, mend: str) -> Iterator[Problem]:
    if said := source.entry.get("redacted"):
        yield from _redacted(source, content, said, where, mend)
    elif content.digest.hexdigest() != source.content_id or content.size != source.size:
        why = f"its stored lines are {content.size} bytes with sha256 {content.digest.hexdigest()}; read were {source.size} with {source.content_id}"
        yield Problem(f"the stored lines of `{source.path}` are not what was read", where, why, mend)
    elif content.lines != source.counts["lines"]:
        yield Problem(
            f"the lines of `{source.path}` are not as many as the ledger says",
            where,
            f"{content.lines}, not {source.counts['lines']}",
            mend,
        )
    elif content.gap:
        yield Problem(f"the lines of `{source.path}` are not in order", where, content.gap, mend)


def _redacted(source: Source, content: _Content, said: dict[str, Any], where: str, mend: str) -> Iterator[Problem]:
    """A content of a bundle with redacted lines: its hash as it is stored, and every other line as long as it was."""
    what = f"the stored lines of `{source.path}` are not what was passed on"
    if content.digest.hexdigest() != said["sha256"] or content.lines != source.counts["lines"]:
        told = f"{content.lines} lines with sha256 {content.digest.hexdigest()}"
        yield Problem(what, where, f"{told}; passed on were {source.counts['lines']} with {said['sha256']}", mend)
        return
    line_no, offset, length = (np.concatenate(column) for column in zip(*content.places, strict=True))
    if why := bundle.lengths_problem(line_no, offset, length, source.size, said["ranges"]):
        yield Problem(what, where, why, mend)


def _events(case: Case, path: Path, mend: str) -> Iterator[Problem]:
    """The events of a segment: as many per source as the ledger says, and inside their contents."""
    import polars as pl

    ends = pl.col("line_last").max().alias("last"), (pl.col("offset") + pl.col("length")).max().alias("end")
    found = {row[0]: row[1:] for row in pl.scan_parquet(path).group_by("source_id").agg(pl.len(), *ends).collect().iter_rows()}
    where = f"events/{path.name}"
    for source in case.state.sources.values():
        if path.name not in source.event_segments:
            continue
        events, last, end = found.get(source.source_id, (0, 0, 0))
        if events != source.events:
            yield Problem(
                f"the events of `{source.path}` are not as many as the ledger says", where, f"{events}, not {source.events}", mend
            )
        elif last > source.counts["lines"] or end > source.size:
            yield Problem(
                f"an event of `{source.path}` lies outside of it",
                where,
                f"line {last} of {source.counts['lines']}, byte {end} of {source.size}",
                mend,
            )


def _unnamed(case: Case) -> Iterator[Problem]:
    """Segments that no entry names are what a crash leaves; but one begun after the ledger's end shows that it was cut."""
    for path in sorted((case.path / "lines").glob("*.parquet")):
        if ("lines", path.name) not in case.state.hashes:
            try:
                at = stored.position(path)
            except Exception:  # noqa: BLE001 - not a Parquet file; nothing names it, so nothing rests on it
                continue
            if at and not _in_chain(case, at):
                yield Problem(
                    "the ledger is not the one that this segment was written under",
                    f"lines/{path.name}",
                    _cut(case, at),
                    "restore ledger.jsonl and ledger.head from a copy",
                )


def _in_chain(case: Case, at: tuple[int, str]) -> bool:
    seq, digest = at
    return seq < len(case.ledger.entries) and case.ledger.entries[seq]["hash"] == digest


def _cut(case: Case, at: tuple[int, str]) -> str:
    if at[0] >= len(case.ledger.entries):
        return f"the ledger had {at[0] + 1} entries then, and has {len(case.ledger.entries)}: its tail was cut off"
    return f"entry {at[0]} is another one now: the ledger was rewritten"


def worst(problems: Iterable[Problem]) -> Problem | None:
    """The first broken link; null where nothing is broken."""
    return next(iter(problems), None)
