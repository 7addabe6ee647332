"""Which call of which run made which of swarm's events.

A client's write is matched to a deploy by service and extent. The events of one service are handed out in rounds:
whoever is the only candidate gets its event, which takes the event from the others and may leave them one. Where
calls of two runs contend, the announcement nearest before or after the event decides, if only one is near.
"""

from __future__ import annotations

from collections import defaultdict

from forensics.correlate.clocks import solve
from forensics.correlate.logs import Log
from forensics.correlate.model import INF, Deploy, Read, Write

DELTA_US = 2_000_000  # between different clocks, where nothing else is known
NEAR_US = 1_000_000  # a captured line is stamped some milliseconds after the event that its call caused
QUARTER_US = 15 * 60 * 1_000_000  # zones differ by multiples of a quarter of an hour


def fits(deploy: Deploy, write: Write) -> bool:
    """Whether a call of this kind can have made this write at all, time aside."""
    if write.verb == "rollback" or deploy.stack is None or not write.register.startswith(deploy.stack + "_"):
        return False
    if deploy.verb == "undeploy":
        return write.verb == "remove"
    if write.verb == "remove":
        return False
    intents = [
        (s, i, v)
        for s, i, v, o in zip(deploy.row["services"], deploy.row["service_ids"], deploy.row["intents"], deploy.row["objects"], strict=False)
        if o != "network"
    ]
    if not intents:
        return deploy.row["error_kind"] is None or deploy.row["taken"] is not None
    named = [(i, v) for s, i, v in intents if s == write.register]
    if not named:
        return False
    return any(
        (i is None or write.service_id is None or i == write.service_id) and (v is None or v.startswith(write.verb[:5])) for i, v in named
    )


def prior_of(log: Log, finished_us: int | None, reflog_us: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The offsets that a log's own statement allows."""
    kind = log.clock.kind
    if kind in ("stated", "zone-declared"):
        return [(-DELTA_US, DELTA_US)]
    if kind == "zone-assumed":
        return [(k * QUARTER_US - DELTA_US, k * QUARTER_US + DELTA_US) for k in sorted(range(-56, 57), key=abs)]
    if kind == "relative":
        spans = list(reflog_us)
        end = log.local(len(log.rows) - 1)
        if finished_us is not None and end is not None:
            spans.append((finished_us - end[1] - DELTA_US, finished_us - end[0] + DELTA_US))
        return (
            spans[:1]
            if len(spans) == 1
            else (
                [(max(a for a, _ in spans), min(b for _, b in spans))]
                if spans and max(a for a, _ in spans) <= min(b for _, b in spans)
                else spans
            )
        )
    return []


def solve_clock(
    log: Log, deploys: list[Deploy], reads: list[Read], writes: list[Write], prior: list[tuple[int, int]], taken: set[str]
) -> None:
    """Find the offset of one log and keep the anchors that it rests on."""
    hard, anchors = [], log.clock.anchors
    for read in reads:
        local = log.local(read.at)
        if read.inspect is None or local is None or read.inspect["at_us"] is None:
            continue
        after = [w.sE for w in writes if w.register == read.register and w.sE > read.inspect["at_us"]]
        span = (read.inspect["at_us"] - local[1], (min(after) - local[0]) if after else INF)
        hard.append(span)
        anchors.append(
            (
                f"identity read {read.ordinal} shows a version written {'then' if not after else 'then, and the next write came later'}",
                *span,
                [*read.evidence, read.inspect["event_id"]],
            )
        )
    choices, weak = [], []
    for deploy in deploys:
        start, end = log.local(deploy.row["start_at"]), log.local(deploy.row["end_at"]) if deploy.row["end_at"] is not None else None
        if start is None:
            continue
        by_service: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for write in writes:
            if fits(deploy, write) and write.outcome != "allocation" and write.id not in taken:
                span = (write.sE - (end[1] if end else INF), write.sE - start[0])
                by_service[write.register].append(span)
                anchors.append(
                    (
                        f"{deploy.verb} {deploy.n} made the {write.verb} of {write.register}",
                        *span,
                        [deploy.row["start_id"], *write.evidence[:1]],
                    )
                )
        (weak if deploy.verb == "undeploy" else choices).extend(by_service.values())
    (lo, hi), outside = solve(hard, choices, prior, weak)
    clock = log.clock
    clock.lo, clock.hi = lo, hi
    clock.assumed_lo, clock.assumed_hi = min(prior, key=lambda s: abs(s[0] + s[1]), default=(-INF, INF))
    clock.contradicted = outside and clock.kind in ("stated", "zone-declared", "zone-assumed")
    clock.anchors = [a for a in anchors if a[1] <= clock.hi and a[2] >= clock.lo]


def assign(deploys: list[Deploy], writes: list[Write], intents: dict[str, list[tuple[str, int, int]]]) -> None:
    """Hand the events of each service to the calls that made them.

    `intents` gives, per deploy id, its announcements (service, lo, hi) on the reference clock.
    """
    by_register: dict[str, list[Write]] = defaultdict(list)
    for write in writes:
        if write.kind == "client":
            by_register[write.register].append(write)
    for register, events in by_register.items():
        open_events = {w.id: w for w in sorted(events, key=lambda w: w.sE)}
        wants = {
            d.id: {w.id for w in events if fits(d, w) and (w.outcome != "allocation" or d.row["intents"]) and w.sE <= d.eL and w.eL >= d.sE}
            for d in deploys
        }
        by_id = {d.id: d for d in deploys}
        progress = True
        while progress:
            progress = False
            for did, mine in list(wants.items()):
                live = [open_events[w] for w in mine if w in open_events]
                if not live:
                    continue
                rivals = {w.id: [o for o, theirs in wants.items() if o != did and w.id in theirs] for w in live}
                sole = [w for w in live if not rivals[w.id]]
                pick = None
                if len(live) == 1 and (
                    not rivals[live[0].id] or not any(len([x for x in wants[o] if x in open_events]) == 1 for o in rivals[live[0].id])
                ):
                    pick = live[0]
                elif len(sole) == 1 and len(live) >= 1:
                    pick = sole[0]
                elif (near := _near(by_id[did], live, intents.get(did, []), register)) and not any(
                    _near(by_id[o], [near], intents.get(o, []), register) for o in rivals[near.id]
                ):
                    pick = near
                elif sole and len(live) == len(sole):
                    pick = min(sole, key=lambda w: w.sE)
                if pick is not None:
                    pick.deploy = by_id[did]
                    pick.maybe = [by_id[did]]
                    del open_events[pick.id]
                    del wants[did]
                    progress = True
        _in_order(open_events, wants, by_id)
        for write in open_events.values():
            if write.deploy is None:
                write.maybe = [by_id[d] for d, mine in wants.items() if write.id in mine]


def _near(deploy: Deploy, live: list[Write], said: list[tuple[str, int, int]], register: str) -> Write | None:
    """The one event within a second of this call's own announcement of the service, if only one is."""
    mine = [(lo, hi) for s, lo, hi in said if s == register and hi - lo <= NEAR_US + 2 * DELTA_US]
    close = [w for w in live if any(lo - NEAR_US <= w.sE <= hi + NEAR_US // 10 for lo, hi in mine)]
    return close[0] if len(close) == 1 else None


def _in_order(open_events: dict[str, Write], wants: dict[str, set[str]], by_id: dict[str, Deploy]) -> None:
    """Calls of one run keep their order: k calls for the same k events take them one by one."""
    per_run: dict[str, list[str]] = defaultdict(list)
    for did in wants:
        if any(w in open_events for w in wants[did]):
            per_run[by_id[did].run].append(did)
    for run, ids in per_run.items():
        mine = {w for d in ids for w in wants[d] if w in open_events}
        others = {w for r, ds in per_run.items() if r != run for d in ds for w in wants[d]}
        if mine & others or len(mine) != len(ids):
            continue
        for did, wid in zip(sorted(ids, key=lambda d: by_id[d].n), sorted(mine, key=lambda w: open_events[w].sE), strict=True):
            open_events[wid].deploy = by_id[did]
            open_events[wid].maybe = [by_id[did]]
            del open_events[wid]
