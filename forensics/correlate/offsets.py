"""The offset of each timed log to the reference clock, from what the log and swarm both saw.

A read whose inspect was kept, and an event that a call must have made, are constraints; the log's own statement
(zone, start of the step, the harness's capture of an inspect) says where to look first. Logs are solved surest first, and an event
that only one call can have made is no longer there for the next log's calls.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice

from forensics.correlate.anchors import LATE_US
from forensics.correlate.calls import MIGHT, MUST, Ask, asks
from forensics.correlate.clocks import Span, meet, solve
from forensics.correlate.constraints import of_call, of_calls, of_read
from forensics.correlate.history import History
from forensics.correlate.logs import Log
from forensics.correlate.model import INF, Write
from forensics.correlate.owning import NARROW_US, Shown, may_have_left
from forensics.correlate.placing import settle
from forensics.correlate.priors import middle, outwards, prior_of

Made = dict[Ask, list[tuple[Write, Span]]]  # by call, the events that may be its own, each with the offsets under which it is
SUREST = ("stated", "zone-declared", "zone-assumed", "relative", "file", "none")


def solve_clocks(h: History, shown: Shown) -> None:
    """Solve the clocks of timed logs, surest first, and settle every log's windows."""
    taken: set[str] = set()
    of_stack: dict[str, set[str]] = defaultdict(set)
    for name, writes in h.writes_of.items():
        of_stack[writes[0].stack].add(name)
    for log in sorted(h.logs.values(), key=lambda g: (SUREST.index(g.clock.kind), -len(h.calls.get(g.run, ())), g.run)):
        told = [a for d in h.calls.get(log.run, ()) if h.log_of(d) is log for a in asks(d, sorted(of_stack.get(d.stack or "", ())))]
        if log.timed:
            _solve(h, log, told, shown, taken)
        settle(h, log)
        if log.timed:
            taken |= _claims(h, log, told, shown)


def _solved(h: History, log: Log, hard: list[Span], prior: list[Span], spans: dict[Ask, list[Span]]) -> tuple[Span, bool]:
    """The offset, and whether it lies outside what the log states.

    A call whose event may be missing, because swarm's events do not cover it where the log's own time puts it, is no
    argument against that time; unless that holds for every call, and elsewhere events are in evidence for all of them. Lines that
    have no times of their own lie too loosely for that: events of runs that are not in evidence would do as well.
    """
    strong = {a: s for a, s in spans.items() if a.weight == MUST or (a.weight != MIGHT and a.deploy.verb == "deploy")}
    weak = [s for a, s in spans.items() if a.weight != MIGHT and a not in strong and s]
    refuted = bool(prior) and not any(_meets(meet(hard), zone) for zone in prior)
    if not prior or refuted:
        return solve(hard, [s for s in strong.values() if s], prior, weak)
    seen = {a: s for a, s in strong.items() if _would_be_seen(h, log, a, prior)}
    if seen or log.clock.kind == "file" or len({a.deploy.id for a in strong}) < 2 or not all(strong.values()):
        return solve(hard, [s for s in seen.values() if s], prior, weak if seen else ())
    region, outside = solve(hard, list(strong.values()), prior, weak)
    every = all(any(_meets(region, span) for span in s) for s in strong.values())
    return (region, outside) if every else solve(hard, (), prior)


def lend_clocks(h: History) -> None:
    """Give untimed logs the harness's own clock, where other files of the run state it: names of kept inspects, the result's end."""
    for log in h.logs.values():
        if log.timed or not len(log.rows):
            continue
        run = h.runs.get(log.run)
        points = [
            (r.at, r.inspect["captured_us"], r.inspect["captured_us"] + LATE_US)
            for r in h.reads_of.get(log.run, ())
            if 0 <= r.at < len(log.rows) and r.inspect and r.inspect["captured_us"] is not None
        ]
        if run is not None and run.finished_us is not None:
            points.append((len(log.rows) - 1, -INF, run.finished_us))
        if points:
            log.lend(points)


def _solve(h: History, log: Log, told: list[Ask], shown: Shown, taken: set[str]) -> None:
    """Find one log's offset, and keep the anchors that it rests on."""
    hard, known = [], log.clock.anchors
    for read in h.reads_of.get(log.run, ()):
        span = of_read(h, log, read)
        if span is not None:
            hard.append(span)
            then = "then" if span[1] >= INF else "then, and the next write came later"
            known.append(
                (f"identity read {read.ordinal} shows a version written {then}", *span, [*read.evidence, read.inspect["event_id"]])
            )
    hard += of_calls(h, log, told)
    prior = prior_of(h, log)
    (region, outside), made = _sought(h, log, hard, prior, told, shown, taken)
    clock = log.clock
    clock.lo, clock.hi = region
    clock.contradicted = outside and clock.kind in ("stated", "zone-declared", "zone-assumed", "file")
    for ask, options in made.items():
        for write, span in options:
            what = f"{ask.deploy.verb} {ask.deploy.n} made the {write.verb} of {write.register}"
            known.append((what, *span, [ask.deploy.row["start_id"], *write.evidence[:1]]))
    clock.anchors = [a for a in known if a[1] <= clock.hi and a[2] >= clock.lo]


def _sought(
    h: History, log: Log, hard: list[Span], prior: list[Span], told: list[Ask], shown: Shown, taken: set[str]
) -> tuple[tuple[Span, bool], Made]:
    """The offset, whether it lies outside what the log states, and what each call may have made under it.

    The zones that the log allows are tried from no offset at all outwards: where one explains every call, nothing explains more, and what
    lies farther away need not be looked at. Nor need what hard constraints exclude.
    """
    for zones in outwards(prior):
        made = _made(h, log, told, shown, taken, zones)
        spans = {a: [span for _, span in options] for a, options in made.items()}
        region, outside = _solved(h, log, hard, zones, spans)
        if not outside and all(any(_meets(region, span) for span in s) for a, s in spans.items() if a.weight != MIGHT):
            return (region, outside), made
    base = meet(hard)
    made = _made(h, log, told, shown, taken, [base if base[0] <= base[1] else (-INF, INF)])
    return _solved(h, log, hard, prior, {a: [span for _, span in options] for a, options in made.items()}), made


def _made(h: History, log: Log, told: list[Ask], shown: Shown, taken: set[str], zones: list[Span]) -> Made:
    """The events that each call can have made under some offset of these zones, with the offsets under which it can.

    Of a call whose lines bound it on one side at most it is the one event that leaves the offset most room: it says all that any says.
    """
    found: Made = {}
    for ask in told:
        start, after = log.local(ask.start_at)[0], log.local(ask.next_at)[1]
        mine: dict[str, Write] = {}
        for lo, hi in zones:
            lo, hi = (start + lo if min(start, lo) > -INF else -INF), (after + hi if max(after, hi) < INF else INF)
            events = (w for w in _events(h, ask, shown, lo, hi, latest_first=start > -INF and after >= INF) if w.id not in taken)
            mine |= {w.id: w for w in (events if start > -INF and after < INF else islice(events, 1))}
        found[ask] = [(w, of_call(log, ask, w)) for w in mine.values()]
    return found


def _would_be_seen(h: History, log: Log, ask: Ask, prior: list[Span]) -> bool:
    """Whether swarm's events cover the whole call where the log's own statement, taken at its word, puts it."""
    lo, hi = min(prior, key=middle)
    start, after = log.local(ask.start_at)[0], log.local(ask.next_at)[1]
    if lo <= -INF or hi >= INF:
        return True
    said = (lo + hi) // 2
    return start > -INF and after < INF and h.windows.cover(start + said, after + said)


def _meets(a: Span, b: Span) -> bool:
    return max(a[0], b[0]) <= min(a[1], b[1])


def _events(h: History, ask: Ask, shown: Shown, lo: int, hi: int, latest_first: bool = False) -> Iterator[Write]:
    """The events of swarm in a span of time that a call can have made."""
    near = h.instants(ask.register, lo, hi)
    fit = (w for w in (reversed(near) if latest_first else near) if w.kind == "client" and w.outcome != "allocation" and ask.fits(w))
    return (w for w in fit if may_have_left(h.stamps, ask, w, shown))


def _claims(h: History, log: Log, told: list[Ask], shown: Shown) -> set[str]:
    """The events that only one call of this log can have made, its window being narrow and no other log's announcement near."""
    found = set()
    for ask in told:
        if ask.weight == MIGHT or ask.start_at is None:
            continue
        lo, hi = log.window(ask.start_at)[0], log.window(ask.next_at)[1]
        mine = list(islice(_events(h, ask, shown, lo, hi), 2)) if hi - lo < NARROW_US else []
        if len(mine) == 1:
            found.add(mine[0].id)
    return found
