"""Which call of which run made which of swarm's events.

Every call asks for the services that it may have written; an event is in reach of a call if it lies between the call's
command and the line after the announcement, if the value that an inspect shows for it is the call's own, and if the
calls of one run keep their order. `assignment.owners` says who can own what; what is certain bounds the lines of the
logs, narrower lines reach fewer events, and so on until nothing changes.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import replace

from forensics.correlate import anchors
from forensics.correlate.assignment import owners
from forensics.correlate.calls import MAY, MIGHT, MUST, Ask, asks
from forensics.correlate.clocks import meet
from forensics.correlate.deaths import NARROW_US, others_of, with_deaths
from forensics.correlate.history import History
from forensics.correlate.logs import Log
from forensics.correlate.model import INF, Write
from forensics.correlate.placing import settle
from forensics.correlate.stamps import Stamps
from forensics.correlate.unlogged import suspect

ROUNDS = 6
Shown = dict[str, tuple[str, str]]


def own(h: History, shown: Shown) -> None:
    """Give each client's write its call, where only one can have made it, and else the calls that may have."""
    of_stack: dict[str, set[str]] = defaultdict(set)
    for w in h.writes:
        of_stack[w.stack].add(w.register)
    by_register: dict[str, list[Ask]] = defaultdict(list)
    for d in h.deploys:
        for ask in asks(d, sorted(of_stack.get(d.stack or "", ()))):
            by_register[ask.register].append(ask)
    events: dict[str, list[Write]] = defaultdict(list)
    for w in h.writes:
        if w.kind == "client" and w.sE == w.eL:
            events[w.register].append(w)
    events = {register: sorted(told, key=lambda w: w.sE) for register, told in events.items()}
    by_register = _loosened(h, by_register, events, shown)
    sure = _in_rounds(h, by_register, events, shown)
    dying = with_deaths(h, by_register, events)
    if dying != by_register:
        sure |= _in_rounds(h, dying, events, shown)
    for w in h.writes:
        if w.id in sure:
            w.deploy = sure[w.id].deploy
            w.maybe = [w.deploy]
    suspect(h)


def _in_rounds(h: History, asks_of: dict[str, list[Ask]], events: dict[str, list[Write]], shown: Shown) -> dict[str, Ask]:
    """Who surely made which event, when what is sure has bounded the logs and nothing changes any more."""
    sure: dict[str, Ask] = {}
    for _ in range(ROUNDS):
        before = dict(sure)
        for register, told in events.items():
            sure |= _judge(h, asks_of.get(register, []), told, shown)
        if sure.keys() == before.keys():
            break
        _narrow(h, sure)
    return sure


def _loosened(h: History, asks_of: dict[str, list[Ask]], events: dict[str, list[Write]], shown: Shown) -> dict[str, list[Ask]]:
    """On a stack where somebody wrote of whose calls nothing is told, a teardown that may have found nothing need not own the removal.

    Unless its own lines say closely when it was: one that lies within seconds of a removal is taken at its word. And what a call wrote
    before the recorder of a service that stood already began need not be among its events.
    """
    for register, told in events.items():
        _judge(h, asks_of.get(register, []), told, shown)
    others = others_of(h, events)
    stood = {s.name for s in h.services.values() if s.events and not any(e["kind"] == "service.create" for e in s.events)}

    def loosened(ask: Ask) -> Ask:
        log = h.log_of(ask.deploy)
        lo, hi = (-INF, INF) if log is None or ask.start_at is None else (log.window(ask.start_at)[0], log.window(ask.next_at)[1])
        if ask.verb == "remove":
            return replace(ask, weight=MIGHT) if others(ask, lo, hi) and hi - lo > NARROW_US else ask
        return replace(ask, weight=min(ask.weight, MAY)) if ask.register in stood and lo < h.windows.first else ask

    return {register: [loosened(a) for a in told] for register, told in asks_of.items()}


def _judge(h: History, told: list[Ask], events: list[Write], shown: Shown) -> dict[str, Ask]:
    """The events of one service: who surely made each; `maybe` and `kind` of the others are set."""
    by_call = {a.deploy.id: a for a in told}
    times = [w.sE for w in events]
    wants = {a.deploy.id: _in_reach(h, a, events, times, shown) for a in told}
    _keep_order(told, wants)
    found = owners(wants, {a.deploy.id: a.weight for a in told})
    sure = {}
    for n, w in enumerate(events):
        may = found.of.get(n, set())
        if len(may) == 1 and n not in found.free:
            sure[w.id] = by_call[next(iter(may))]
        w.maybe = [by_call[i].deploy for i in sorted(may)]
        w.free, w.unclaimed = n in found.free, not may
    return sure


def may_have_left(stamps: Stamps, ask: Ask, write: Write, shown: Shown) -> bool:
    """Whether the value that an inspect shows for a write can be the call's own; what is not shown can."""
    value = shown.get(write.id)
    return value is None or write.verb == "remove" or stamps.may_be(ask.deploy.value, value[0])


def _in_reach(h: History, ask: Ask, events: list[Write], times: list[int], shown: Shown) -> list[int]:
    """The events that a call can have made, by their places: those within its own lines; of these, where any follows the announcement closely, those that do.

    Args:
        events: Those of its service, by time.
        times: Theirs.
    """
    log, near = h.log_of(ask.deploy), range(len(events))
    if log is not None and ask.start_at is not None:
        until = log.window(ask.next_at)[1] if ask.until is None else ask.until
        near = range(bisect_left(times, log.window(ask.start_at)[0]), bisect_right(times, until))
    within = [n for n in near if ask.fits(events[n]) and may_have_left(h.stamps, ask, events[n], shown)]
    if log is None or ask.start_at is None or ask.said_at is None:
        return within
    said = log.window(ask.said_at)[0] - anchors.LATE_US
    return [n for n in within if times[n] >= said] or within


def _keep_order(told: list[Ask], wants: dict[str, list[int]]) -> None:
    """Drop what the order of one run's calls excludes: a later call's event is no earlier than an earlier call's."""
    by_run: dict[str, list[Ask]] = defaultdict(list)
    for ask in told:
        by_run[ask.deploy.run].append(ask)
    for calls in by_run.values():
        calls = sorted(calls, key=lambda a: a.deploy.n)
        reached = -1
        for ask in calls:
            mine = wants[ask.deploy.id] = [n for n in wants[ask.deploy.id] if n > reached]
            if ask.weight == MUST and mine:
                reached = mine[0]
        reached = 1 << 60
        for ask in reversed(calls):
            mine = wants[ask.deploy.id] = [n for n in wants[ask.deploy.id] if n < reached]
            if ask.weight == MUST and mine:
                reached = mine[-1]


def _narrow(h: History, sure: dict[str, Ask]) -> None:
    """Bound the logs by what is certain: offsets of clocks first, then the windows of lines."""
    by_id = {w.id: w for w in h.writes}
    by_run: dict[str, list[tuple[Ask, Write]]] = defaultdict(list)
    for write_id, ask in sure.items():
        if h.log_of(ask.deploy) is not None and ask.until is None:
            by_run[ask.deploy.run].append((ask, by_id[write_id]))
    for run, owned in by_run.items():
        log = h.logs[run]
        if log.timed:
            _narrow_clock(log, owned)
        settle(h, log, anchors.of_owned(owned))


def _narrow_clock(log: Log, owned: list[tuple[Ask, Write]]) -> None:
    spans = [(log.clock.lo, log.clock.hi)]
    for ask, write in owned:
        start, after = log.local(ask.start_at)[0], log.local(ask.next_at)[1]
        spans.append((write.sE - after if after < INF else -INF, write.sE - start if start > -INF else INF))
    lo, hi = meet(spans)
    if lo <= hi:
        log.clock.lo, log.clock.hi = lo, hi
