"""Runs whose calls need not all be in evidence: their log stops before the run's end, or is not there at all."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from forensics.correlate.history import History
from forensics.correlate.model import DELTA_US, INF, Write


@dataclass(frozen=True)
class Unlogged:
    """From when to when a run may have done something that is not told of; closed, in microseconds."""

    run: str
    lo: int
    hi: int


def unlogged(h: History) -> dict[str, list[Unlogged]]:
    """By stack, the runs of which some line names the stack and whose log does not reach the run's end; in the order of their names."""
    stacks: dict[str, set[str]] = defaultdict(set)
    for d in h.deploys:
        stacks[d.run].add(d.stack or "")
    for service in h.services.values():
        for seen in service.inspects:
            if seen["run"]:
                stacks[seen["run"]].add(seen["stack"] or "")
    found: dict[str, list[Unlogged]] = defaultdict(list)
    for run in sorted(stacks):
        told, log = h.runs.get(run), h.logs.get(run)
        if told is not None and told.end_id is not None:
            continue
        lo = log.window(len(log.rows) - 1)[0] if log is not None and len(log.rows) else -INF
        hi = told.finished_us + DELTA_US if told is not None and told.finished_us is not None else INF
        for stack in sorted(stacks[run]):
            found[stack].append(Unlogged(run, lo, hi))
    return found


def suspect(h: History) -> None:
    """Name for every client's write that no call in evidence need have made the runs whose log does not reach so far."""
    by_stack = unlogged(h)
    for w in h.writes:
        if w.kind == "client" and w.deploy is None and (w.unclaimed or w.free):
            w.unlogged = tuple(u.run for u in by_stack.get(w.stack, ()) if u.lo <= w.eL and w.sE <= u.hi and not _own(w, u.run))


def _own(w: Write, run: str) -> bool:
    """Whether a call of the run is a possible writer already."""
    return any(d.run == run for d in w.maybe)
