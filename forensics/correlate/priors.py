"""The offsets that a log's own statement allows: its zone, the start of its step, the harness's capture of an inspect."""

from __future__ import annotations

from itertools import groupby

from forensics.correlate import anchors
from forensics.correlate.anchors import LATE_US
from forensics.correlate.clocks import Span, meet
from forensics.correlate.history import History
from forensics.correlate.logs import Log
from forensics.correlate.model import DELTA_US, INF

QUARTER_US = 15 * 60 * 1_000_000  # zones differ by multiples of a quarter of an hour


def referred(h: History) -> bool:
    """Whether docker's clock is in evidence at all; else logs have only each other, and no two of them are further apart than two clocks are."""
    return h.has_events or any(i["at_us"] is not None for s in h.services.values() for i in s.inspects)


def prior_of(h: History, log: Log) -> list[Span]:
    """The offsets that a log's own statement allows.

    A zone that is not stated is any multiple of a quarter of an hour, the assumed one first; an inspect whose file name says when the
    harness captured it, on the harness's clock, tells which. A relative log starts where captures, the result's end and
    the reflog of the run's own tree put it.
    """
    widen = lambda s: (s[0] - DELTA_US, s[1] + DELTA_US)  # noqa: E731
    captures = [
        (r.inspect["captured_us"] - local[1], r.inspect["captured_us"] + LATE_US - local[0])
        for r in h.reads_of.get(log.run, ())
        if r.inspect and r.inspect["captured_us"] is not None and (local := log.local(r.at))[0] > -INF and local[1] < INF
    ]
    if log.clock.kind in ("stated", "zone-declared", "file"):
        apart = DELTA_US if referred(h) else DELTA_US // 2
        return [(-apart, apart)]
    if log.clock.kind == "zone-assumed":
        zones = [widen((k * QUARTER_US, k * QUARTER_US)) for k in sorted(range(-56, 57), key=abs)]
        said = widen(meet(captures))
        kept = [z for z in zones if captures and max(z[0], said[0]) <= min(z[1], said[1])]
        return kept or zones
    if log.clock.kind != "relative":
        return []
    spans = [widen(s) for s in [*captures, *_of_reflog(h, log)]]
    run, end = h.runs.get(log.run), log.local(len(log.rows) - 1)
    if run is not None and run.finished_us is not None and end[1] < INF:
        spans.append((run.finished_us - end[1] - DELTA_US, run.finished_us - end[0] + DELTA_US))
    both = meet(spans)
    return [both] if spans and both[0] <= both[1] else spans


def _of_reflog(h: History, log: Log) -> list[Span]:
    """Offsets under which the first checkout of a run falls on the first entry of its own tree's reflog."""
    first = next(iter(log.of_kind("checkout")), None)
    if first is None or (local := log.local(first["at"]))[1] >= INF:
        return []
    commit = first["commit"]
    at = next((m["at_us"] for m in anchors.own_moves(h, log.run) if commit and m["commit"].startswith(commit)), None)
    return [] if at is None else [(at - local[1], at + 999_999 - local[0])]


def middle(zone: Span) -> int:
    """How far the middle of a zone is from no offset at all, doubled."""
    return abs(zone[0] + zone[1])


def outwards(prior: list[Span]) -> list[list[Span]]:
    """The zones grouped by their distance from no offset at all, nearest first; none where two distances mix."""
    rings = [list(ring) for _, ring in groupby(sorted(prior, key=middle), key=middle)]
    near = [min(max(0, a, -b) for a, b in ring) for ring in rings]
    far = [max(max(abs(a), abs(b)) for a, b in ring) for ring in rings]
    return rings if all(b > a for a, b in zip(far, near[1:], strict=False)) else []
