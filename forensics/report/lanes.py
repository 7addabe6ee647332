"""The timeline as data: lanes, bars and marks, with every position decided before anything is drawn.

A picture is tested here, as a table, and then looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from forensics.analysis import Analysis
from forensics.correlate import trees
from forensics.correlate.history import History
from forensics.correlate.model import INF, Deploy


@dataclass
class Bar:
    """A span of time in a lane: surely from `core_lo` to `core_hi`, possibly from `lo` to `hi` (microseconds)."""

    kind: str  # deploy, undeploy, lock, value, head
    lo: int
    core_lo: int
    core_hi: int
    hi: int
    label: str = ""
    value: str | None = None
    open_end: bool = False


@dataclass
class Mark:
    """An instant in a lane."""

    kind: str  # rollback, manual-rollback, remove, read-ok, read-drift, read-unknown, failure, head
    at: int
    label: str = ""


@dataclass
class Lane:
    """One row of the picture."""

    name: str
    group: str
    kind: str  # run, service, tree
    bars: list[Bar] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)


@dataclass
class Layout:
    """The whole picture: its lanes from top to bottom, its range, and what was left out."""

    lanes: list[Lane]
    lo: int
    hi: int
    left_out: str = ""


MAX_RUNS = 40


def layout(a: Analysis, *, stack: str | None = None, run: str | None = None) -> Layout:
    """Lay out a case: per stack its runs, then its services; then the work trees.

    `stack` and `run` narrow it. Lanes beyond `MAX_RUNS` runs are left out, and the layout says how many.
    """
    h = a.history
    stacks = sorted({d.stack for d in h.deploys if d.stack} | {w.stack for w in h.writes})
    stacks = [s for s in stacks if (stack is None or s == stack) and (run is None or any(d.run == run and d.stack == s for d in h.deploys))]
    times = [t for d in h.deploys if d.stack in stacks for t in (d.sE, d.sL, d.eE, d.eL) if abs(t) < INF // 2]
    times += [t for w in h.writes if w.stack in stacks for t in (w.sE, w.eL) if abs(t) < INF // 2]
    times += [t for r in h.reads if r.stack in stacks for t in (r.rE, r.rL) if abs(t) < INF // 2]
    lo, hi = (min(times), max(times)) if times else (0, 1_000_000)
    pad = max((hi - lo) // 25, 100_000)
    lo, hi = lo - pad, hi + pad
    lanes: list[Lane] = []
    dropped = 0
    for s in stacks:
        runs = sorted(
            {d.run for d in h.deploys if d.stack == s and (run is None or d.run == run or stack is not None)},
            key=lambda r: (min(d.sE if d.sE > -INF else d.eL for d in h.deploys if d.run == r), r),
        )
        room = max(0, MAX_RUNS - sum(x.kind == "run" for x in lanes))
        dropped += max(0, len(runs) - room)
        lanes += [_run_lane(h, r, s, lo, hi) for r in runs[:room]]
        lanes += [_service_lane(h, r, s, hi) for r in sorted({w.register for w in h.writes if w.stack == s})]
    lanes += _tree_lanes(h, lo, hi)
    return Layout(lanes, lo, hi, f"{dropped} runs are left out" if dropped else "")


def _clamp(t: int, lo: int, hi: int) -> int:
    return min(max(t, lo), hi)


def _run_lane(h: History, run: str, stack: str, lo: int, hi: int) -> Lane:
    lane = Lane(run, stack, "run")
    for d in (d for d in h.deploys if d.run == run and d.stack == stack):
        lane.bars.append(_deploy_bar(h, d, lo, hi))
    for hold in h.holds:
        if hold.run == run:
            lane.bars.append(
                Bar("lock", _clamp(hold.aE, lo, hi), _clamp(hold.aL, lo, hi), _clamp(hold.zE, lo, hi), _clamp(hold.zL, lo, hi), hold.lock)
            )
    for r in (r for r in h.reads if r.run == run and r.stack == stack):
        at = r.rE if r.rE > -INF else r.rL
        at = (r.rE + r.rL) // 2 if abs(r.rE) < INF // 2 and abs(r.rL) < INF // 2 else at
        kind = (
            "read-unknown"
            if r.drift is None
            else "read-drift"
            if r.drift
            else "read-ok"
            if r.cause != "overwritten-by-peer"
            else "read-masked"
        )
        lane.marks.append(Mark(kind, _clamp(at, lo, hi), r.observed or ""))
    return lane


def _commit(h: History, value: str | None) -> str | None:
    """What decides a bar's colour: the commit that a value names, so that a release and its hash look alike."""
    return (h.stamps.commit_of(value) or value)[:8] if value else None


def _deploy_bar(h: History, d: Deploy, lo: int, hi: int) -> Bar:
    label = "teardown" if d.verb == "undeploy" else d.value or "?"
    a, b = sorted((_clamp(d.sL, lo, hi), _clamp(d.eE, lo, hi)))
    return Bar(d.verb, _clamp(d.sE, lo, hi), a, b, _clamp(d.eL, lo, hi), label, _commit(h, d.value), open_end=not d.ended)


def _service_lane(h: History, register: str, stack: str, hi: int) -> Lane:
    lane = Lane(register.removeprefix(stack + "_"), stack, "service")
    writes = [w for w in h.writes if w.register == register and w.outcome == "ok" and abs(w.sE) < INF // 2]
    for i, w in enumerate(writes):
        until = writes[i + 1].sE if i + 1 < len(writes) else hi
        if w.verb != "remove":
            lane.bars.append(Bar("value", w.sE, w.sE, until, until, w.value or "unknown", _commit(h, w.value)))
        if w.verb == "rollback":
            lane.marks.append(
                Mark(
                    "rollback" if w.kind == "system" else "manual-rollback",
                    w.sE,
                    "swarm rolled back" if w.kind == "system" else "rolled back by hand",
                )
            )
        elif w.kind == "manual":
            lane.marks.append(Mark("manual", w.sE, "changed by hand"))
        elif w.verb == "remove":
            lane.marks.append(Mark("remove", w.sE, f"removed by {w.run}" if w.run else "removed"))
    ids = {w.service_id for w in writes}
    for e in h.by_id.values():
        if (
            e["kind"] in ("task.oom", "task.error")
            and e["ts"] is not None
            and (e["service"] == register or (e["service_id"] and e["service_id"] in ids))
        ):
            lane.marks.append(
                Mark("failure", int(e["ts"].timestamp() * 1e6), "out of memory" if e["kind"] == "task.oom" else "task failed")
            )
    return lane


def _tree_lanes(h: History, lo: int, hi: int) -> list[Lane]:
    """One lane per work tree: HEAD as the reflog has it, and as the tool itself moved it."""
    steps: dict[str, list[tuple[int, str, str | None]]] = {}
    for m in h.moves:
        if m["key"] and m["at_us"] is not None:
            steps.setdefault(m["key"], []).append((m["at_us"], m["commit"], None))
    for e in h.by_id.values():
        key, log = trees.key(e["tree"]), h.logs.get(e["run"] or "")
        if e["kind"] == "tree.checkout" and key and log is not None and log.clock.source_id == e["source_id"]:
            a, b = log.window(int(log.rows.filter(pl.col("event_id") == e["event_id"])["at"][0]))
            if abs(a) < INF // 2 and abs(b) < INF // 2:
                steps.setdefault(key, []).append(((a + b) // 2, h.stamps.commit_of(e["ref"]) or e["ref"], e["run"]))
    lanes = []
    for key, moves in sorted(steps.items()):
        lane = Lane(key, "work trees", "tree")
        moves = sorted(moves, key=lambda m: (m[0] // 1_000_000, m[0]))
        for i, (at, commit, run) in enumerate(moves):
            until = moves[i + 1][0] if i + 1 < len(moves) else hi
            if until >= lo and at <= hi and until > at:
                lane.bars.append(Bar("head", max(at, lo), max(at, lo), min(until, hi), min(until, hi), commit[:8], commit[:8]))
            if run is not None:
                lane.marks.append(Mark("gap", _clamp(at, lo, hi), f"by run {run}'s tool, without a reflog line"))
        lanes.append(lane)
    return lanes
