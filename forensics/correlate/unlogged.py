"""Runs whose calls need not all be in evidence: their log lacks its beginning or stops before the run's end, or is not there at all."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from forensics.correlate import trees
from forensics.correlate.history import History
from forensics.correlate.model import DELTA_US, INF, Write


@dataclass(frozen=True)
class Unlogged:
    """From when to when a run may have done something that is not told of; closed, in microseconds."""

    run: str
    lo: int
    hi: int


def unlogged(h: History) -> dict[str, list[Unlogged]]:
    """By stack, the runs of which some line names the stack and whose log lacks its beginning or its end; in the order of their names.

    And the owners of work trees of the stack's recipe that no run in evidence used: runs of which the tree is all that is left.
    """
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
        silent = []
        if log is not None and len(log.rows) and not log.begins:
            silent.append(Unlogged(run, -INF, log.window(0)[1]))
        if told is None or told.end_id is None:
            lo = log.window(len(log.rows) - 1)[0] if log is not None and len(log.rows) else -INF
            hi = told.finished_us + DELTA_US if told is not None and told.finished_us is not None else INF
            silent.append(Unlogged(run, lo, hi))
        for stack in sorted(stacks[run]):
            found[stack] += silent
    for stack, recipes in _recipes(h).items():
        found[stack] += [u for recipe, u in _owners(h) if recipe in recipes and u.run not in stacks]
    return found


def _recipes(h: History) -> dict[str, set[str]]:
    """The recipes that runs in evidence deployed on each stack."""
    found: dict[str, set[str]] = defaultdict(set)
    for d in h.deploys:
        run = h.runs.get(d.run)
        if d.stack and run is not None and run.recipe:
            found[d.stack].add(run.recipe)
    return found


def _owners(h: History) -> list[tuple[str, Unlogged]]:
    """(recipe, its owner) of each tree with a reflog that is no run's in evidence, by nobody's word used by one; silent since its first entry."""
    used = {key for d in h.deploys if (key := trees.key(d.row["tree"]))}
    since: dict[str, int] = {}
    for m in h.moves:
        if m["key"] and m["at_us"] is not None:
            since[m["key"]] = min(since.get(m["key"], INF), m["at_us"])
    named = [(*key.rsplit("/", 1), lo) for key, lo in sorted(since.items()) if key not in used and "/" in key]
    return [(recipe, Unlogged(owner, lo - DELTA_US, INF)) for owner, recipe, lo in named if owner not in h.runs]


def suspect(h: History) -> None:
    """Name for every client's write that no call in evidence need have made the runs whose log does not reach there."""
    by_stack = unlogged(h)
    for w in h.writes:
        if w.kind == "client" and w.deploy is None and (w.unclaimed or w.free):
            silent = [u.run for u in by_stack.get(w.stack, ()) if u.lo <= w.eL and w.sE <= u.hi and not _own(w, u.run)]
            w.unlogged = tuple(dict.fromkeys(silent))


def _own(w: Write, run: str) -> bool:
    """Whether a call of the run is a possible writer already."""
    return any(d.run == run for d in w.maybe)
