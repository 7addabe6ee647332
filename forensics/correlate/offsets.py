"""The offset of each timed log to the reference clock, from what the log and swarm both saw.

A read whose inspect was kept, and an event that a call must have made, are constraints; the log's own statement
(zone, start of the step, the harness's capture of an inspect) says where to look first. Logs are solved surest first, and an event
that only one call can have made is no longer there for the next log's calls.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby, islice

from forensics.correlate import anchors
from forensics.correlate.anchors import LATE_US
from forensics.correlate.calls import MIGHT, MUST, Ask, asks
from forensics.correlate.clocks import Span, meet, solve
from forensics.correlate.history import History
from forensics.correlate.logs import Log
from forensics.correlate.model import DELTA_US, INF, Read, Write
from forensics.correlate.owning import NARROW_US, Shown, may_have_left
from forensics.correlate.placing import settle

QUARTER_US = 15 * 60 * 1_000_000  # zones differ by multiples of a quarter of an hour
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
        span = _of_read(h, log, read)
        if span is not None:
            hard.append(span)
            then = "then" if span[1] >= INF else "then, and the next write came later"
            known.append(
                (f"identity read {read.ordinal} shows a version written {then}", *span, [*read.evidence, read.inspect["event_id"]])
            )
    hard += [span for ask in told if (span := _of_service(h, log, ask)) is not None]
    hard += [_of_creation(log, ask, read) for ask in told for read in h.reads_of.get(log.run, ()) if _created(ask, read)]
    hard += [_of_version(log, ask, read) for ask in told for read in h.reads_of.get(log.run, ()) if _wrote(ask, read)]
    prior = prior_of(h, log)
    (region, outside), made = _sought(h, log, hard, prior, told, shown, taken)
    clock = log.clock
    clock.lo, clock.hi = region
    clock.assumed_lo, clock.assumed_hi = min(prior, key=_middle, default=(-INF, INF))
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
    for zones in _outwards(prior):
        made = _made(h, log, told, shown, taken, zones)
        spans = {a: [span for _, span in options] for a, options in made.items()}
        region, outside = _solved(h, log, hard, zones, spans)
        if not outside and all(any(_meets(region, span) for span in s) for a, s in spans.items() if a.weight != MIGHT):
            return (region, outside), made
    base = meet(hard)
    made = _made(h, log, told, shown, taken, [base if base[0] <= base[1] else (-INF, INF)])
    return _solved(h, log, hard, prior, {a: [span for _, span in options] for a, options in made.items()}), made


def _middle(zone: Span) -> int:
    """How far the middle of a zone is from no offset at all, doubled."""
    return abs(zone[0] + zone[1])


def _outwards(prior: list[Span]) -> list[list[Span]]:
    """The zones grouped by their distance from no offset at all, nearest first; none where two distances mix."""
    rings = [list(ring) for _, ring in groupby(sorted(prior, key=_middle), key=_middle)]
    near = [min(max(0, a, -b) for a, b in ring) for ring in rings]
    far = [max(max(abs(a), abs(b)) for a, b in ring) for ring in rings]
    return rings if all(b > a for a, b in zip(far, near[1:], strict=False)) else []


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
        found[ask] = [(w, _of_call(log, ask, w)) for w in mine.values()]
    return found


def _of_service(h: History, log: Log, ask: Ask) -> Span | None:
    """The offsets under which a service that a call names by its id was there: created before the line, removed after the command."""
    service = h.services.get(ask.service_id or "")
    if service is None or ask.said_at is None:
        return None
    created = [w.sE for w in service.writes if w.verb == "create"]
    removed = [w.sE for w in service.writes if w.verb == "remove"]
    said, start = log.local(ask.said_at)[1], log.local(ask.start_at)[0]
    lo = created[0] - said if created and said < INF else -INF
    return lo, (removed[0] - start if removed and start > -INF else INF)


def _created(ask: Ask, read: Read) -> bool:
    """Whether a call surely created the service that a later read of the run saw, itself or one that came after it."""
    seen = read.inspect
    known = seen is not None and seen["created_us"] is not None and seen["service"] == ask.register
    return known and ask.verb == "create" and ask.weight == MUST and ask.next_at is not None and ask.next_at <= read.at


def _of_creation(log: Log, ask: Ask, read: Read) -> Span:
    """The offsets under which the creation that a read's inspect dates is no earlier than the call that created the service."""
    start = log.local(ask.start_at)[0]
    return -INF, (read.inspect["created_us"] - start if start > -INF else INF)


def _wrote(ask: Ask, read: Read) -> bool:
    """Whether a call surely wrote the service before a later read of the run, whose inspect says when it was last written."""
    known = read.inspect is not None and read.inspect["at_us"] is not None and read.register == ask.register
    return known and ask.weight == MUST and ask.verb != "remove" and ask.next_at is not None and ask.next_at <= read.at


def _of_version(log: Log, ask: Ask, read: Read) -> Span:
    """The offsets under which a call that wrote before a read began no later than the last write that the read's inspect shows."""
    start = log.local(ask.start_at)[0]
    return -INF, (read.inspect["at_us"] - start if start > -INF else INF)


def _would_be_seen(h: History, log: Log, ask: Ask, prior: list[Span]) -> bool:
    """Whether swarm's events cover the whole call where the log's own statement, taken at its word, puts it."""
    lo, hi = min(prior, key=lambda s: abs(s[0] + s[1]))
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


def _of_call(log: Log, ask: Ask, write: Write) -> Span:
    """The offsets under which a call can have made a write: after its command, before the line after its announcement."""
    start, after = log.local(ask.start_at)[0], log.local(ask.next_at)[1]
    return (write.sE - after if after < INF else -INF), (write.sE - start if start > -INF else INF)


def _of_read(h: History, log: Log, read: Read) -> Span | None:
    """The offsets under which a read's line comes after what its inspect shows, and not long after the next write."""
    (lo, hi), seen = log.local(read.at), read.inspect
    if seen is None or seen["at_us"] is None or (lo <= -INF and hi >= INF):
        return None
    after = anchors.next_write(h, read)
    return (seen["at_us"] - hi if hi < INF else -INF), (after + LATE_US - lo if after < INF and lo > -INF else INF)


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
