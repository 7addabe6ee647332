"""The timeline as data: which lanes there are, and what lies in each. Nothing here knows of pixels; `scene` places it, others draw it.

Per stack its runs, then its services; then the work trees. A large case does not get a lane for everything: runs that matter keep their own,
the others are counted together, and `Layout.left_out` says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from forensics.analysis import Analysis
from forensics.report.clockface import Clockface
from forensics.report.headline import headline
from forensics.report.values import count, short
from forensics.times import micros
from forensics.wording import several, writer

RUN_LANES = 24  # runs with a lane of their own, in one picture
SERVICE_LANES = 8  # services of one stack
TREE_LANES = 8
STACKS = 12  # with a heading of their own
SLICES = 240  # of the time shown, in a lane that counts
TREES = "work trees"
OTHERS = "other stacks"
Row = Mapping[str, Any]


@dataclass
class Bar:
    """A span of time in a lane: surely from `core_lo` to `core_hi`, possibly from `lo` to `hi` (microseconds).

    `value` decides its colour and is the commit that `label` names. `level` is, in a lane that counts, how many ran surely and possibly.
    """

    kind: str  # deploy, undeploy, lock, value, head, count
    lo: int
    core_lo: int
    core_hi: int
    hi: int
    label: str = ""
    value: str | None = None
    open_end: bool = False
    tip: str = ""
    evidence: tuple[str, ...] = ()  # event ids
    level: tuple[int, int] = (0, 0)


@dataclass
class Mark:
    """An instant in a lane."""

    kind: str  # read-ok, read-drift, read-masked, read-unknown, rollback, manual-rollback, manual, remove, failure, gap
    at: int
    label: str = ""
    tip: str = ""
    evidence: tuple[str, ...] = ()


@dataclass
class Lane:
    """One row of the picture. `marked` is what was asked for; `side` is A or B where a finding has two sides and this lane is one."""

    name: str
    group: str
    kind: str  # run, service, tree, count
    bars: list[Bar] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    runs: tuple[str, ...] = ()
    marked: bool = False
    side: str = ""


@dataclass
class Layout:
    """The whole picture: its lanes from top to bottom, its range, what was left out, and the span that a finding is about."""

    lanes: list[Lane]
    lo: int
    hi: int
    left_out: str = ""
    focus: tuple[int, int] | None = None
    subject: str = ""


def layout(
    a: Analysis, *, stack: str | None = None, run: str | None = None, service: str | None = None, finding: Row | None = None
) -> Layout:
    """Lay out a case, or the part of it that was asked for.

    Args:
        stack: Only this stack.
        run: Only the stacks that this run deployed to, with everybody who did; the run's lane is marked.
        service: Only this service's label, and the runs that deployed to its stack.
        finding: A row of `Analysis.findings`: its runs and stacks, near its time, both sides marked.
    """
    return _Picture(a, stack, run, service, finding).layout()


class _Picture:
    """One layout in the making."""

    def __init__(self, a: Analysis, stack: str | None, run: str | None, service: str | None, finding: Row | None) -> None:
        self.a, self.stack, self.run, self.service, self.finding = a, stack, run, service, finding
        self.deploys = [d for d in a.deploys.iter_rows(named=True) if d["stack"]]
        self.writes = [w for w in a.writes.iter_rows(named=True) if w["sE"] is not None and (w["outcome"] == "ok" or w["kind"] == "manual")]
        self.reads = [r for r in a.reads.iter_rows(named=True) if r["rE"] is not None or r["rL"] is not None]
        self.locks: dict[str, list[Row]] = defaultdict(list)
        for hold in a.locks.iter_rows(named=True):
            self.locks[hold["run"]].append(hold)
        self.stacks = self._stacks()
        self.of_stack: dict[str, list[str]] = defaultdict(list)
        for d in sorted(self.deploys, key=lambda d: (_first(d["sE"], d["sL"], d["eL"]), d["run"])):
            if d["run"] not in self.of_stack[d["stack"]]:
                self.of_stack[d["stack"]].append(d["run"])
        self.left: list[str] = []

    def layout(self) -> Layout:
        self.own = self._own_lanes()
        self.lo, self.hi, focus = self._range()
        self.face = Clockface.over([self.lo, self.hi])
        lanes: list[Lane] = []
        shown, rest = self._shown_stacks()
        for s in shown:
            lanes += [self._run_lane(r, s) for r in self.of_stack[s] if r in self.own]
            if others := [r for r in self.of_stack[s] if r not in self.own]:
                lanes.append(self._count_lane(s, [s], others))
            lanes += self._service_lanes(s)
        if rest:
            lanes.append(self._count_lane(OTHERS, rest, sorted({r for s in rest for r in self.of_stack[s]})))
        lanes += self._tree_lanes()
        self._sides(lanes)
        return Layout(lanes, self.lo, self.hi, "; ".join(self.left), focus, self._subject())

    def _stacks(self) -> list[str]:
        known = sorted({d["stack"] for d in self.deploys} | {w["stack"] for w in self.writes})
        if self.service is not None:
            return [s for s in known if any(w["service"] == self.service and w["stack"] == s for w in self.writes)]
        if self.finding is not None:
            runs = set(self.finding["runs"])
            named = [s for s in known if s == self.finding["stack"]]
            return named or [s for s in known if any(d["run"] in runs and d["stack"] == s for d in self.deploys)]
        if self.run is not None:
            known = [s for s in known if any(d["run"] == self.run and d["stack"] == s for d in self.deploys)]
        return [s for s in known if self.stack is None or s == self.stack]

    def _own_lanes(self) -> set[str]:
        """Runs with a lane of their own: all, if they are few; else those asked for, those that drifted, those that findings are about."""
        runs = list(dict.fromkeys(r for s in self.stacks for r in self.of_stack[s]))
        if self.finding is not None and (about := [r for r in self.finding["runs"] if r in runs]):
            ranked = about
        elif len(runs) <= RUN_LANES:
            return set(runs)
        else:
            drifted = [r["run"] for r in self.reads if r["drift"] is not False]
            told = [r for f in self.a.findings for r in f["runs"]]
            ranked = [r for r in dict.fromkeys([*([self.run] if self.run else []), *drifted, *told]) if r in set(runs)]
        own = set(ranked[:RUN_LANES])
        if others := len(runs) - len(own):
            self.left.append(f"{others} of {count(len(runs), 'run')} without a lane of their own are counted together")
        return own

    def _shown_stacks(self) -> tuple[list[str], list[str]]:
        """Stacks with a heading of their own, those of runs with a lane first; and the rest."""
        if len(self.stacks) <= STACKS:
            return self.stacks, []
        ranked = sorted(self.stacks, key=lambda s: (-sum(r in self.own for r in self.of_stack[s]), s))
        shown, rest = sorted(ranked[:STACKS]), ranked[STACKS:]
        self.left.append(f"{len(rest)} of {len(self.stacks)} stacks are one lane")
        return shown, rest

    def _range(self) -> tuple[int, int, tuple[int, int] | None]:
        spans = [(d["sE"], d["sL"], d["eE"], d["eL"]) for d in self.deploys if d["stack"] in self.stacks]
        spans += [(w["sE"], w["eL"]) for w in self.writes if w["stack"] in self.stacks]
        spans += [(r["rE"], r["rL"]) for r in self.reads if r["stack"] in self.stacks]
        times = [t for span in spans for t in span if t is not None]
        lo, hi = (min(times), max(times)) if times else (0, 1_000_000)
        pad = max((hi - lo) // 40, 100_000)
        whole = (lo - pad, hi + pad)
        near = [t for t in (micros(self.finding["t_lo"]), micros(self.finding["t_hi"])) if t is not None] if self.finding is not None else []
        if not near or not times:
            return *whole, None
        focus = (min(max(min(near), lo), hi), min(max(max(near), lo), hi))
        # Zoomed to the finding, yet never so close that its runs' calls are out of sight.
        mine = [d for d in self.deploys if d["run"] in self.finding["runs"] and d["stack"] in self.stacks]  # type: ignore[index]
        calls = [t for d in mine if _meets(d, *focus) for t in (d["sL"], d["eE"]) if t is not None]
        lo, hi = max(lo, min([focus[0], *calls])), min(hi, max([focus[1], *calls]))
        pad = max((hi - lo) // 5, 500_000)
        return max(lo - pad, whole[0]), min(hi + pad, whole[1]), focus

    def _subject(self) -> str:
        if self.finding is not None:
            sub = f" ({self.finding['sub']})" if self.finding["sub"] else ""
            return f"finding {self.finding['id']}: {self.finding['class']}{sub}, {self.finding['verdict']}"
        asked = (("service", self.service), ("run", self.run), ("stack", self.stack))
        return next((f"{noun} {name}" for noun, name in asked if name is not None), None) or headline(self.a)

    def _sides(self, lanes: list[Lane]) -> None:
        """Mark what was asked for: the two sides of a finding, or the one run."""
        runs = sorted(self.finding["runs"], key=lambda r: (self._order(r), r)) if self.finding is not None else []
        letters = dict(zip(runs, "ABCDEFGH", strict=False)) if 1 < len(runs) <= 8 else {}
        for lane in lanes:
            if lane.kind == "run":
                lane.marked, lane.side = lane.name in (*runs, self.run), letters.get(lane.name, "")
            elif lane.kind == "service" and self.finding is not None:
                lane.marked = self.finding["service"] == f"{lane.group}_{lane.name}"

    def _order(self, run: str) -> int:
        return next((i for s in self.stacks for i, r in enumerate(self.of_stack[s]) if r == run), 0)

    def _clamp(self, t: int | None, unknown: int) -> int:
        return min(max(unknown if t is None else t, self.lo), self.hi)

    def _seen(self, lo: int | None, hi: int | None) -> bool:
        return (lo is None or lo <= self.hi) and (hi is None or hi >= self.lo)

    def _bar(self, kind: str, sE: int | None, sL: int | None, eE: int | None, eL: int | None, **more: Any) -> Bar:  # noqa: N803
        lo, hi = self._clamp(sE, self.lo), self._clamp(eL, self.hi)
        core_lo, core_hi = sorted((self._clamp(sL, hi), self._clamp(eE, lo)))
        return Bar(kind, lo, min(max(core_lo, lo), hi), min(max(core_hi, lo), hi), hi, **more)

    def _run_lane(self, run: str, stack: str) -> Lane:
        lane = Lane(run, stack, "run", runs=(run,))
        for d in self.deploys:
            if d["run"] == run and d["stack"] == stack and self._seen(d["sE"], d["eL"]):
                lane.bars.append(self._call(d))
        for hold in self.locks[run]:
            if self._seen(hold["aE"], hold["zL"]):
                tip = f"{hold['lock']}\nheld by run {run} from {self.face.span(hold['aE'], hold['aL'])} to {self.face.span(hold['zE'], hold['zL'])}"
                more = {"label": hold["lock"], "tip": tip, "evidence": tuple(hold["evidence"]), "open_end": hold["zL"] is None}
                lane.bars.append(self._bar("lock", hold["aE"], hold["aL"], hold["zE"], hold["zL"], **more))
        lane.marks += [self._read(r) for r in self.reads if r["run"] == run and r["stack"] == stack and self._seen(r["rE"], r["rL"])]
        return lane

    def _call(self, d: Row) -> Bar:
        teardown = d["verb"] == "undeploy"
        what = "teardown" if teardown else f"{'upgrade' if d['upgrade'] else 'deploy'} {d['n']} of {d['stamp'] or 'an unknown value'}"
        end = self.face.span(d["eE"], d["eL"]) if d["ended"] else "not in evidence"
        locks = ", ".join(d["locks"]) or "none in evidence"
        tip = f"{what} by run {d['run']}\nstart {self.face.span(d['sE'], d['sL'])}\nend {end}\nlocks held: {locks}"
        label = "teardown" if teardown else d["stamp"] or "?"
        more = {
            "label": label,
            "value": None if teardown else d["commit"],
            "open_end": not d["ended"],
            "tip": tip,
            "evidence": tuple(d["evidence"]),
        }
        return self._bar(d["verb"], d["sE"], d["sL"], d["eE"], d["eL"], **more)

    def _read(self, r: Row) -> Mark:
        kind = (
            "read-unknown"
            if r["drift"] is None
            else "read-drift"
            if r["drift"]
            else "read-masked"
            if r["cause"] == "overwritten-by-peer"
            else "read-ok"
        )
        lo, hi = r["rE"], r["rL"]
        at = (lo + hi) // 2 if lo is not None and hi is not None else lo if lo is not None else hi
        tip = (
            f"read {r['ordinal']} of run {r['run']} at {self.face.span(lo, hi)}\nread {short(r['observed']) or 'nothing'}, "
            f"intended {short(r['intended']) or 'unknown'}" + (f"\ncause: {r['cause']}" if kind in ("read-drift", "read-masked") else "")
        )
        return Mark(kind, self._clamp(at, self.lo), short(r["observed"]) if kind == "read-drift" else "", tip, tuple(r["evidence"]))

    def _service_lanes(self, stack: str) -> list[Lane]:
        by_service: dict[str, list[Row]] = defaultdict(list)
        for w in self.writes:
            if w["stack"] == stack and (self.service is None or w["service"] == self.service):
                by_service[w["service"]].append(w)
        names = sorted(by_service)
        if len(names) > SERVICE_LANES:
            read = {r["service"] for r in self.reads} | {f["service"] for f in self.a.findings}
            names = sorted(sorted(names, key=lambda n: (n not in read, n))[:SERVICE_LANES])
            self.left.append(f"{len(by_service) - SERVICE_LANES} services of {stack} have no lane")
        return [self._service_lane(name, stack, sorted(by_service[name], key=lambda w: w["sE"])) for name in names]

    def _service_lane(self, name: str, stack: str, writes: list[Row]) -> Lane:
        lane = Lane(name.removeprefix(stack + "_"), stack, "service")
        lane.runs = tuple(sorted({w["by"] for w in writes if w["by"]}))
        for i, w in enumerate(writes):
            following = writes[i + 1] if i + 1 < len(writes) else None
            end = (following["sE"], following["eL"]) if following else (self.hi, self.hi)
            if w["verb"] != "remove" and self._seen(w["sE"], end[1]):
                lane.bars.append(self._value(w, end, last=following is None))
            if (mark := self._done(w)) and self._seen(w["sE"], w["eL"]):
                lane.marks.append(mark)
        ids = {w["service_id"] for w in writes if w["service_id"]}
        for f in self.a.failures.iter_rows(named=True):
            if (f["service"] == name or f["service_id"] in ids) and self._seen(f["at_us"], f["at_us"]):
                words = "out of memory" if f["kind"] == "task.oom" else "task failed"
                lane.marks.append(Mark("failure", f["at_us"], words, f"{words} at {self.face.at(f['at_us'])}", tuple(f["evidence"])))
        return lane

    def _value(self, w: Row, end: tuple[int, int], *, last: bool) -> Bar:
        by = writer(w["by"])
        tip = f"{w['service']} carries {w['value'] or 'an unknown value'}\n{w['verb']} by {by} at {self.face.span(w['sE'], w['eL'])}"
        label = (w["value"] or "unknown") + (f", by {by}" if self.service else "")
        more = {"label": label, "value": w["commit"], "open_end": last, "tip": tip, "evidence": tuple(w["evidence"])}
        return self._bar("value", w["sE"], w["eL"], *end, **more)

    def _done(self, w: Row) -> Mark | None:
        """What was done to a service otherwise than by a run's deploy."""
        swarm = w["kind"] == "system"
        if w["verb"] == "rollback":
            kind, words = ("rollback", "swarm rolled back") if swarm else ("manual-rollback", "rolled back by hand")
        elif w["kind"] == "manual":
            kind, words = "manual", "changed by hand"
        elif w["verb"] == "remove":
            kind, words = "remove", ""
        else:
            return None
        said = words or f"removed by {'run ' + w['by'] if w['by'] else 'nobody in evidence'}"
        return Mark(kind, self._clamp(w["sE"], self.lo), words, f"{said} at {self.face.span(w['sE'], w['eL'])}", tuple(w["evidence"]))

    def _count_lane(self, group: str, stacks: Iterable[str], runs: list[str]) -> Lane:
        """How many deploys of runs without a lane touch each slice of the time shown: surely, and possibly."""
        lane = Lane(f"{count(len(runs), 'run')} together", group, "count", runs=tuple(runs))
        of, on = set(runs), set(stacks)
        rows = [d for d in self.deploys if d["run"] in of and d["stack"] in on]
        edges = np.linspace(self.lo, self.hi, SLICES + 1)
        sure = _touched([(d["sL"], d["eE"]) for d in rows if _certain(d)], edges)
        maybe = _touched(
            [(self._clamp(d["sE"], self.lo), self._clamp(d["eL"], self.hi)) for d in rows if self._seen(d["sE"], d["eL"])], edges
        )
        levels = np.stack([sure, np.maximum(sure, maybe)], axis=1)
        starts = [0, *(np.flatnonzero((levels[1:] != levels[:-1]).any(axis=1)) + 1).tolist(), SLICES]
        for i, j in zip(starts[:-1], starts[1:], strict=True):
            low, high = int(levels[i, 0]), int(levels[i, 1])
            if high:
                at, to = int(edges[i]), int(edges[j])
                told = f"{low}" if low == high else f"{low} to {high}"
                tip = f"{told} deploys at work from {self.face.at(at)} to {self.face.at(to)}, of {count(len(runs), 'run')} without a lane"
                lane.bars.append(Bar("count", at, at, to, to, told, tip=tip, level=(low, high)))
        return lane

    def _tree_lanes(self) -> list[Lane]:
        """HEAD of each work tree, as the reflog has it and as the tool itself moved it."""
        if self.service is not None:
            return []
        steps: dict[str, list[Row]] = defaultdict(list)
        for m in self.a.head_moves.iter_rows(named=True):
            if m["tree"] and m["at_us"] is not None:
                steps[m["tree"]].append(m)
        runs = {r for s in self.stacks for r in self.of_stack[s]}
        known = set(self.a.deploys["run"])
        mine = [t for t in sorted(steps) if (owner := t.split("/")[0]) not in known or owner in (runs & self.own)]
        if len(mine) > TREE_LANES:
            self.left.append(f"{len(mine) - TREE_LANES} work trees have no lane")
        return [self._tree_lane(tree, steps[tree]) for tree in mine[:TREE_LANES]]

    def _tree_lane(self, tree: str, moves: list[Row]) -> Lane:
        lane = Lane(tree, TREES, "tree")
        owner = tree.split("/")[0]
        lane.runs = tuple(sorted({m["run"] for m in moves if m["run"]} | ({owner} if owner in set(self.a.deploys["run"]) else set())))
        # A reflog's times are whole seconds: within one, its lines come first, in their order, since the tool moves HEAD after a checkout.
        moves = sorted(moves, key=lambda m: (m["at_us"] // 1_000_000, m["at_us"]))
        gaps = {n["evidence"]: f["runs"] for f in self.a.findings if f["class"] == "continuity-gap" for n in f["facts"].get("named", ())}
        for i, m in enumerate(moves):
            until = moves[i + 1]["at_us"] if i + 1 < len(moves) else self.hi
            says = "the reflog" if m["logged"] else f"the tool of run {m['run']}, without a reflog line"
            if until > m["at_us"] and self._seen(m["at_us"], until):
                tip = f"HEAD of {tree} at {short(m['new'])} since {self.face.at(m['at_us'])}\nsays {says}"
                more = {"label": (m["new"] or "?")[:8], "value": self.a.commit(m["new"]), "open_end": i + 1 == len(moves), "tip": tip}
                lane.bars.append(self._bar("head", m["at_us"], m["at_us"], until, until, evidence=tuple(m["evidence"]), **more))
            if not m["logged"] and self._seen(m["at_us"], m["at_us"]):
                tip = f"HEAD of {tree} to {short(m['new'])} at {self.face.at(m['at_us'])}\nsays {says}"
                runs = next((gaps[e] for e in m["evidence"] if e in gaps), [m["run"]])  # of several, none is more likely
                lane.marks.append(Mark("gap", m["at_us"], f"by the tool of run {several(runs, ' or ')}", tip, tuple(m["evidence"])))
        return lane


def _touched(spans: list[tuple[int, int]], edges: np.ndarray) -> np.ndarray:
    """For each slice between two edges, how many closed spans touch it."""
    found = np.zeros(len(edges), np.int64)
    if spans:
        ends = np.array(spans, np.int64)
        first = np.clip(np.searchsorted(edges, ends[:, 0], "right") - 1, 0, len(edges) - 2)
        last = np.clip(np.searchsorted(edges, ends[:, 1], "left") - 1, 0, len(edges) - 2)
        inside = (ends[:, 1] >= edges[0]) & (ends[:, 0] <= edges[-1])
        np.add.at(found, first[inside], 1)
        np.add.at(found, np.maximum(last, first)[inside] + 1, -1)
    return np.cumsum(found)[:-1]


def _certain(d: Row) -> bool:
    """Whether there is an instant at which a deploy surely ran."""
    return d["sL"] is not None and d["eE"] is not None and d["sL"] <= d["eE"]


def _meets(d: Row, lo: int, hi: int) -> bool:
    return (d["sE"] is None or d["sE"] <= hi) and (d["eL"] is None or d["eL"] >= lo)


def _first(*times: int | None) -> int:
    return next((t for t in times if t is not None), 1 << 62)
