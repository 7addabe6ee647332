"""Evidence that cannot all be right about time or completeness: some clock misleads, or a source lacks what it should have.

Term: refuted clock hypothesis (Willassen). Sub-classes: none for the clock of a log that no admissible offset reconciles
with swarm's records; `reflog-clock` for a reflog whose lines go back in time against their order; `read-before-write` for a
value read before its only write; `coverage` for events that a source should hold and does not. Taints what uses it.
Cannot conclude which of two sources is the wrong one where only two speak.

References:
    Willassen, A model based approach to timestamp evidence interpretation, 2008
"""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby

from forensics.correlate.attribute import covered
from forensics.correlate.history import History
from forensics.correlate.logs import Log
from forensics.correlate.model import DELTA_US, INF, Clock, Deploy, Read, Write
from forensics.correlate.swarm import Service
from forensics.findings.facts import ids, of_read, of_write, read_said, write_said
from forensics.findings.finding import Finding, Other, Step
from forensics.wording import duration

CLASS = "order-contradiction"
ABOUT = "Under its own times a log shows effects before their causes, or a source lacks what another shows it must hold."
ADVICE = (
    "Set the clock right, or declare its offset in case.toml; until then the log's times are read with the offset that the anchors leave."
)

ZONES = {
    "stated": "the log states its zone with each time",
    "zone-assumed": "no whole number of quarter hours brings the log to swarm's records within two seconds",
    "relative": "the times count from the log's own beginning, and need no zone",
    "file": "the harness's files count seconds since 1970, and need no zone",
}


def find(h: History) -> list[Finding]:
    """One finding per log, reflog, read or service whose evidence contradicts itself."""
    found = [_clock(h, run, log) for run, log in sorted(h.logs.items()) if log.clock.contradicted]
    for _path, moves in groupby(h.moves, key=lambda m: m["path"]):
        if (f := _reflog(list(moves))) is not None:
            found.append(f)
    found += [_early(h, r, w) for r in h.reads if (w := only_written_after(h, r)) is not None]
    return found + _coverage(h)


def only_written_after(h: History, r: Read) -> Write | None:
    """The first write of the value read, where all of them come after the read and none in evidence before it."""
    if not r.observed or r.rL >= INF or any(w.sE <= r.rL for w in r.writers):
        return None
    same = [w for value, w in _first_of_each(h, r.register).items() if h.stamps.same(value, r.observed)]
    first = min(same, key=lambda w: (w.sE, w.id), default=None)
    return first if first is not None and first.sE > r.rL and covered(h, r) else None


def _first_of_each(h: History, register: str) -> dict[str, Write]:
    """Per value that was written to a service, the earliest write of it."""
    if (CLASS, register) not in h.kept:
        found: dict[str, Write] = {}
        for w in h.writes_of.get(register, ()):  # by their earliest start
            if w.value:
                found.setdefault(w.value, w)
        h.kept[CLASS, register] = found
    return h.kept[CLASS, register]


def _clock(h: History, run: str, log: Log) -> Finding:
    c = log.clock
    least = c.lo if c.lo > 0 else -c.hi
    most = c.hi if c.lo > 0 else -c.lo
    way = "slow" if c.lo > 0 else "fast"
    amount = f"at least {duration(max(least, 0))}" + (f", at most {duration(most)}" if most < INF else "")
    tight = sorted(c.anchors, key=lambda a: min(abs(a[1] - c.lo), abs(a[2] - c.hi)))[:4]
    return Finding(
        CLASS,
        "medium",
        True,
        next((d.stack for d in h.calls.get(run, ())), None),
        (run,),
        f"{_named(c)} is {way} by {amount}",
        t_lo=log.window(0)[0] if len(log.rows) else None,
        t_hi=log.window(len(log.rows) - 1)[1] if len(log.rows) else None,
        facts={
            "offset_lo_us": c.lo,
            "offset_hi_us": c.hi,
            "clock": c.kind,
            "steps": [
                {"text": f"the swarm's records and the log agree here only if it is {way}: {a[0]}", "evidence": ids(a[3])} for a in tight
            ],
        },
    )


def _reflog(moves: list[dict]) -> Finding | None:
    """A line of a reflog is written after the line before it: one that is dated earlier has a wrong clock, or a date set by hand."""
    timed = [m for m in moves if m["at_us"] is not None]
    back = [(a, b) for a, b in zip(timed, timed[1:], strict=False) if b["at_us"] + 999_999 + DELTA_US < a["at_us"]]
    if not back:
        return None
    a, b = max(back, key=lambda p: p[0]["at_us"] - p[1]["at_us"])
    least = a["at_us"] - b["at_us"] - 999_999
    return Finding(
        CLASS,
        "medium",
        True,
        None,
        (),
        f"the reflog of {b['key']} goes back in time by at least {duration(least)}: its dates are the committer's clock, which can be set",
        sub="reflog-clock",
        t_lo=b["at_us"],
        t_hi=a["at_us"],
        facts={
            "offset_lo_us": least,
            "steps": [
                {"text": "this line was written first", "evidence": [a["event_id"]]},
                {"text": "the next line, written after it, is dated earlier", "evidence": [b["event_id"]]},
            ],
        },
    )


def _early(h: History, r: Read, w: Write) -> Finding:
    least = w.sE - r.rL
    read, write = read_said(of_read(h, r)), write_said(of_write(h, w))
    return Finding(
        CLASS,
        "medium",
        True,
        r.stack,
        tuple(sorted({r.run, *([w.run] if w.run else [])})),
        f"run {r.run} read {h.stamps.named(r.observed)} from {r.register} at least {duration(least)} before its only write in evidence",
        sub="read-before-write",
        service=r.register,
        t_lo=r.rE,
        t_hi=w.eL,
        facts={
            "offset_lo_us": least,
            "steps": [
                {"text": read[0], "evidence": read[1]},
                {"text": f"the only write of it comes later: {write[0]}", "evidence": write[1]},
            ],
        },
    )


def _coverage(h: History) -> list[Finding]:
    """Services for which swarm's events are fewer than the successful calls that announced them, while the capture spans them all."""
    if not h.has_events:
        return []
    found = []
    announced: dict[str, list[Deploy]] = defaultdict(list)
    for d in h.deploys:
        for name in {s for s, o in zip(d.row["services"], d.row["objects"], strict=False) if o == "service"}:
            announced[name] += [d] if d.verb == "deploy" and d.outcome == "ok" else []
    of_name: dict[str, list[Service]] = defaultdict(list)
    for s in h.services.values():
        of_name[s.name].append(s)
    for name, calls in sorted(announced.items()):
        events = [r for s in of_name[name] for r in s.events if r["kind"] in ("service.create", "service.update")]
        inside = [d for d in calls if h.windows.cover(d.sE - DELTA_US, d.eL + DELTA_US)]
        if not inside or len(inside) != len(calls) or len(events) >= len(calls):
            continue
        found.append(
            Finding(
                CLASS,
                "medium",
                True,
                calls[0].stack,
                tuple(sorted({d.run for d in calls})),
                f"{len(calls)} calls reported that they wrote {name}, and swarm's events hold {len(events)} writes of it: events are missing",
                sub="coverage",
                service=name,
                t_lo=min(d.sE for d in calls),
                t_hi=max(d.eL for d in calls),
                facts={
                    "steps": [
                        {
                            "text": "these calls announced the service and succeeded",
                            "evidence": ids(*((d.row["start_id"], d.row["done_id"]) for d in calls)),
                        },
                        {"text": "the events of it are fewer", "evidence": ids(*(r["ids"][:1] for r in events))},
                    ]
                },
            )
        )
    return found


def explain(f: Finding) -> list[Step]:
    """The constraints that cannot hold together."""
    return [(s["text"], list(s["evidence"])) for s in f.facts["steps"]]


def _named(clock: Clock) -> str:
    """A clock for people: a log without times of its own is timed by the harness's other files."""
    return (
        f"the harness's clock in run {clock.run} (names of inspects, the result's end)"
        if clock.kind == "file"
        else f"the clock of {clock.path}"
    )


def others(f: Finding) -> list[Other]:
    """The innocent readings of the same lines that the evidence leaves no room for."""
    told = ids(*(s["evidence"] for s in f.facts["steps"]))
    what, why = {
        None: (
            "a zone that was read wrongly",
            ZONES.get(f.facts.get("clock", ""), "the zone is declared, and does not explain the difference"),
        ),
        "reflog-clock": ("lines in another order", "git appends to a reflog: the order of its lines is that of the moves"),
        "read-before-write": ("an earlier write of the value", "swarm's events around the read are complete, and hold none"),
        "coverage": ("calls that wrote nothing", "each of them announced the service and reported success"),
    }[f.sub]
    return [Other(what, why, told)]
