"""Who stands at a moment: for each service of a stack, the writes that may have been the last before it.

A moment of rest is one at which no call can be at work on the stack: what stands then was left behind, not passed
through. Where an inspect shows a service's value as it stood at that moment, only writers of that value remain.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from forensics.correlate.history import History
from forensics.correlate.model import INF, Deploy, Write

CLOSE_US = 1_000_000  # a stack deploy writes its services one after the other
LISTED = 6  # calls without an end that are named


@dataclass(frozen=True)
class Rest:
    """A moment at which nothing on the stack is under way; not `sure` where a call without an end may still be."""

    at: int
    sure: bool
    open_calls: tuple[str, ...] = ()  # the start events of those calls


@dataclass(frozen=True)
class Standing:
    """The possible last writers of one service, oldest first. `seen` is the inspect that shows the value, if one does."""

    service: str
    writers: tuple[Write, ...]
    seen: dict[str, Any] | None

    @property
    def last(self) -> Write | None:
        """The last writer, where only one is possible and it is sure to have written."""
        one = len(self.writers) == 1
        return self.writers[0] if one and (self.writers[0].sure or self.seen is not None) else None

    @property
    def value(self) -> str | None:
        """The value that stood there, where it is known."""
        if self.seen is not None:
            return self.seen["stamp"]
        return self.last.value if self.last is not None else None


def rests(h: History, stack: str) -> list[Rest]:
    """The moments of rest of a stack: before each call's first write, and at the end of the evidence.

    A call is under way from its first write to its last, and to the earliest end that its log allows; until its latest end, where it may
    have written after the moment.
    """
    writes = h.stack_writes(stack)
    calls = {d.id: d for d in h.stack_deploys(stack)}
    spans: dict[str, tuple[int, int]] = {}
    stranger = ("", -INF)  # whose writes follow each other closely is one caller, though in no log
    for w in writes:
        key = w.deploy.id if w.deploy is not None else w.maybe[0].id if len(w.maybe) == 1 else w.id
        if w.unclaimed and w.kind != "system":
            stranger = (stranger[0] if w.sE - stranger[1] <= CLOSE_US else w.id, w.sE)
            key = stranger[0]
        lo, hi = spans.get(key, (INF, -INF))
        spans[key] = (min(lo, w.sE), max(hi, w.eL, calls[key].eE if key in calls else -INF))
    for i, hi in _reached(writes, spans):
        spans[i] = (spans[i][0], max(spans[i][1], hi))
    begun = {i: spans[i][0] if i in spans else d.sE for i, d in calls.items()}
    its, removed = defaultdict(list), defaultdict(list)
    for w in writes:
        for d in {w.deploy, *w.maybe} - {None}:
            its[d.id].append(w)
        if w.verb == "remove" and w.sure:
            removed[w.register].append(w.sE)
    work = {i: _work(h, d, its[i]) for i, d in calls.items()}
    deploys = [(begun[i], d) for i, d in calls.items() if d.verb == "deploy"]
    moments = {lo for lo, _ in spans.values() if lo > -INF}
    moments -= _inside(moments, [span for span in spans.values() if span[1] < INF])
    ends = [x for span in spans.values() for x in span if abs(x) < INF] + [d.eL for d in calls.values() if d.eL < INF and d.id in spans]
    last = max([*ends, *([h.windows.last] if h.windows else [])]) + 1 if ends else None
    found = []
    for t, open_ in _open(moments | ({last} if last is not None else set()), deploys):
        at_work = [d for d in open_ if d.sE < t and work[d.id].after(h, removed, t)]
        found.append(Rest(t, not at_work, tuple(d.row["start_id"] for d in at_work[:LISTED])))
    return found


def _open(moments: set[int], deploys: list[tuple[int, Deploy]]) -> Iterator[tuple[int, list[Deploy]]]:
    """Each moment, rising, with the calls that have begun before it and may not have ended; one pass over both, sorted."""
    open_: list[Deploy] = []
    coming = iter(sorted(deploys, key=lambda begun: begun[0]))
    following = next(coming, None)
    for t in sorted(moments):
        while following is not None and following[0] < t:
            open_.append(following[1])
            following = next(coming, None)
        open_ = [d for d in open_ if t <= d.eL]
        yield t, open_


def _reached(writes: list[Write], spans: dict[str, tuple[int, int]]) -> list[tuple[str, int]]:
    """Until when each call is surely under way by what it may have written, once per service: one that ended well made one of these, and none before the first."""
    known = {(w.deploy.id, w.register) for w in writes if w.deploy is not None}
    first: dict[tuple[str, str], int] = {}
    for w in (w for w in writes if w.deploy is None):
        for d in (d for d in w.maybe if d.verb == "deploy" and d.outcome == "ok" and d.id in spans and (d.id, w.register) not in known):
            first.setdefault((d.id, w.register), w.sE)
    return [(i, hi) for (i, _), hi in first.items()]


def _inside(moments: set[int], spans: list[tuple[int, int]]) -> set[int]:
    """The moments that some span holds, its start left out and its end not; one pass over both, sorted."""
    found, reached, rest = set(), -INF, iter(sorted(spans))
    span = next(rest, None)
    for t in sorted(moments):
        while span is not None and span[0] < t:
            reached, span = max(reached, span[1]), next(rest, None)
        if t <= reached:
            found.add(t)
    return found


@dataclass
class _Work:
    """What a call has written or may have, and the services that it need not have written yet."""

    may: list[Write] = field(default_factory=list)
    left: set[str] = field(default_factory=set)

    def after(self, h: History, removed: dict[str, list[int]], at: int) -> bool:
        """Whether the call may have written after an instant, to a service that was still there.

        What it had left to write it did not write between the instant and a removal, where swarm's events cover both and show no such write.
        """
        gone = {r: _first(removed.get(r, []), at) for r in {*self.left, *(w.register for w in self.may)}}
        if any(w.eL > at and w.sE < gone[w.register] for w in self.may):
            return True
        return any(gone[r] == INF or not h.windows.cover(at, gone[r]) for r in self.left)


def _first(moments: list[int], at: int) -> int:
    """The first of some sorted moments that does not come before an instant."""
    n = bisect_left(moments, at)
    return moments[n] if n < len(moments) else INF


def _work(h: History, d: Deploy, its: list[Write]) -> _Work:
    announced = {s for s, o in zip(d.row["services"], d.row["objects"], strict=False) if o != "network"}
    every = announced if d.ended else announced | set(_registers(h, d.stack or ""))
    return _Work(its, every - {w.register for w in its if w.deploy is d and w.sure})


def standing(h: History, stack: str, at: int) -> dict[str, Standing]:
    """Who may stand on each service of the stack at an instant; services that nobody wrote before it are left out."""
    found = {}
    for register in _registers(h, stack):
        writes, reached = _ordered(h, register)
        candidates, m = [], None
        for n in range(bisect_left(writes, at, key=lambda w: w.sE) - 1, -1, -1):
            w = writes[n]
            if m is not None and reached[n] < m:
                break  # this one and all before it had surely ended before the last sure write began
            if m is None or w.eL >= m:
                candidates.append(w)
            if m is None and w.sure and w.outcome == "ok" and w.eL < at:
                m = w.sE  # the latest of them, for the writes come in the order of their starts
        candidates = [w for w in reversed(candidates) if m is None or w.eL >= m]
        seen = _seen(h, register, writes, at)
        if seen is not None:
            candidates = [w for w in candidates if w.verb != "remove" and any(h.stamps.may_be(v, seen["stamp"]) for _, v in w.options)]
        if candidates:
            found[register] = Standing(register, tuple(candidates), seen)
    return found


def _registers(h: History, stack: str) -> list[str]:
    key = ("registers", stack)
    if key not in h.kept:
        h.kept[key] = sorted({w.register for w in h.stack_writes(stack)})
    return h.kept[key]


def _ordered(h: History, register: str) -> tuple[list[Write], list[int]]:
    """The writes of a service by their earliest start, and the latest end of all up to each."""
    key = ("ordered", register)
    if key not in h.kept:
        writes = sorted(h.writes_of.get(register, ()), key=lambda w: w.sE)
        h.kept[key] = (writes, list(accumulate((w.eL for w in writes), max)))
    return h.kept[key]


def _seen(h: History, register: str, writes: list[Write], at: int) -> dict[str, Any] | None:
    """The inspect that shows the version standing at `at`: written before it, and captured when all writes before it had ended."""
    key = ("inspects", register)
    if key not in h.kept:
        mine = [i for i in h.inspects_of(register) if i["at_us"] is not None and i["stamp"]]
        h.kept[key] = sorted(mine, key=lambda i: (i["at_us"], i["version_index"] or 0))
    shown = bisect_left(h.kept[key], at, key=lambda i: i["at_us"])
    if not shown:
        return None
    last = h.kept[key][shown - 1]
    until = max(last["at_us"], last["captured_us"] or last["at_us"])
    before = bisect_left(writes, at, key=lambda w: w.sE)
    return None if before and _ordered(h, register)[1][before - 1] > until else last
