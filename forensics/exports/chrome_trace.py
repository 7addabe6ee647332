"""The timeline as Chrome trace JSON, for Perfetto (ui.perfetto.dev) and chrome://tracing.

A process is a stack, or the work trees; a thread is a lane. A bar is a complete event (`ph` X) from its earliest to its latest instant,
what is certain of it a second one inside; a mark is an instant (`ph` i, thread scope). Spans of one thread must nest, so what only partly
overlaps goes to a thread of its own beside it. `ts` and `dur` are microseconds of the epoch in UTC.

References:
    https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU (Trace Event Format)
    https://perfetto.dev/docs/getting-started/other-formats
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from forensics.api import OpenCase
from forensics.quote import quote
from forensics.report.lanes import Bar, Lane, Layout

Event = dict[str, Any]


def write(case: OpenCase, path: Path) -> dict[str, int]:
    """Write one file; gives its events."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = case.timeline().layout
    about = {"tool": "forensics", "case": quote(case.case.path.name, None), "left_out": picture.left_out}
    rows = [json.dumps(event) for event in events(picture)]
    body = ",\n".join(rows)
    path.write_text(f'{{"displayTimeUnit": "ms", "otherData": {json.dumps(about)}, "traceEvents": [\n{body}\n]}}\n', encoding="utf-8")
    return {path.name: len(rows)}


def events(picture: Layout) -> Iterator[Event]:
    """Metadata first, then each lane's spans and marks."""
    groups = list(dict.fromkeys(lane.group for lane in picture.lanes))
    for pid, group in enumerate(groups, 1):
        yield _named("process_name", pid, 0, name=group if group == "work trees" else f"stack {group}")
        yield _named("process_sort_index", pid, 0, sort_index=pid)
    tid = 0
    for lane in picture.lanes:
        pid = groups.index(lane.group) + 1
        for n, (name, bars) in enumerate(_threads(lane)):
            tid += 1
            yield _named("thread_name", pid, tid, name=name)
            yield _named("thread_sort_index", pid, tid, sort_index=tid)
            for bar in bars:
                yield from _spans(bar, pid, tid)
            for mark in lane.marks if n == 0 else ():
                yield _event(f"{mark.kind} {mark.label}".strip(), mark.kind, "i", pid, tid, mark.at) | {"s": "t"}


def _threads(lane: Lane) -> list[tuple[str, list[Bar]]]:
    """The lane's bars, locks apart, in as many threads as it takes for their spans to nest."""
    found = []
    for kind, title in ((False, f"run {lane.name}" if lane.kind == "run" else lane.name), (True, f"locks of {lane.name}")):
        threads: list[list[Bar]] = []
        for bar in sorted((b for b in lane.bars if (b.kind == "lock") == kind), key=lambda b: (b.lo, -b.hi)):
            # Of bars that touch or are apart, any order nests.
            place = next((t for t in threads if t[-1].hi <= bar.lo), None)
            if place is None:
                threads.append([bar])
            else:
                place.append(bar)
        found += [(title if n == 0 else f"{title} ({n + 1})", bars) for n, bars in enumerate(threads)]
    return found or [(lane.name, [])]


def _spans(bar: Bar, pid: int, tid: int) -> Iterator[Event]:
    """The whole span, and inside it what is certain, where that is less."""
    args = {"value": bar.value or "unknown", "earliest_start": bar.lo, "latest_end": bar.hi}
    if bar.open_end:
        args["end"] = "not in evidence"
    sure = (bar.lo, bar.hi) == (bar.core_lo, bar.core_hi)
    label = f"{bar.kind} {bar.label}".strip()
    yield _event(label if sure else f"{label} (may be running)", bar.kind, "X", pid, tid, bar.lo, args) | {"dur": bar.hi - bar.lo}
    if not sure and bar.core_hi > bar.core_lo:
        yield _event(label, bar.kind, "X", pid, tid, bar.core_lo) | {"dur": bar.core_hi - bar.core_lo}


def _event(name: str, category: str, phase: str, pid: int, tid: int, ts: int, args: Event | None = None) -> Event:
    return {"name": quote(name, None), "cat": category, "ph": phase, "pid": pid, "tid": tid, "ts": ts, "args": _quoted(args or {})}


def _named(what: str, pid: int, tid: int, **args: str | int) -> Event:
    return {"name": what, "ph": "M", "pid": pid, "tid": tid, "ts": 0, "args": _quoted(args)}


def _quoted(args: Event) -> Event:
    return {k: quote(v, None) if isinstance(v, str) else v for k, v in args.items()}
