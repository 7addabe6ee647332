"""A deploy stamped what stood there already, on every service that it wrote.

For information: no task restarts, the update state stays nil, and the event carries the name only. An upgrade that does so is
`vacuous-upgrade`. Cannot conclude that nothing else in the spec changed.
"""

from __future__ import annotations

from bisect import bisect_left

from forensics.correlate.history import History
from forensics.correlate.model import Deploy, Write
from forensics.findings.facts import deploy_said, ids, of_deploy, of_write, write_said
from forensics.findings.finding import Finding, Other, Step

CLASS = "redundant-redeploy"
ABOUT = "A deploy stamped what stood there already."
ADVICE = "Nothing to do, unless a change was expected: then look at what the deploy was made from."


def find(h: History) -> list[Finding]:
    """One finding per deploy, upgrades left out, whose value equals what stood before it."""
    return [f for d in h.deploys if d.verb == "deploy" and not d.upgrade and d.value and (f := _judge(h, d)) is not None]


def _judge(h: History, d: Deploy) -> Finding | None:
    stood = [(w, standing_before(h, w)) for w in d.writes if w.verb == "update"]
    shown = h.has_events and bool(stood) and all(b is not None and h.stamps.same(b.value, d.value) for _, b in stood)
    announced = not h.has_events and d.row["announced"] and h.stamps.same(d.row["before"], d.value) is True
    if not shown and not announced:
        return None
    before = stood[0][1] if shown else None
    return Finding(
        CLASS,
        "info",
        shown,
        d.stack,
        tuple(sorted({d.run, *([before.run] if before is not None and before.run else [])})),
        f"deploy {d.n} of run {d.run} stamped {h.stamps.named(d.value)}, which stood there already",
        t_lo=d.sE,
        t_hi=d.eL,
        missing=()
        if shown
        else ("docker service events, or an inspect before the deploy: the tool's own word for what stood there is a read",),
        facts={
            "deploy": of_deploy(h, d),
            "before": of_write(h, before) if before is not None else None,
            "announced": ids(d.row["announce_id"]) if announced else [],
        },
    )


def standing_before(h: History, w: Write) -> Write | None:
    """The write that stood when this one came; None after a removal, or where there is none in evidence."""
    writes = h.writes_of[w.register]
    begun = bisect_left(writes, w.sE, key=lambda x: x.sE)
    last = next((writes[n] for n in range(begun - 1, -1, -1) if writes[n].eL < w.sE), None)
    return None if last is None or last.verb == "remove" else last


def explain(f: Finding) -> list[Step]:
    """What stood, and the deploy that stamped it again."""
    before = (
        [write_said(f.facts["before"])]
        if f.facts["before"]
        else [("the tool announced that it replaces this value by itself", list(f.facts["announced"]))]
    )
    return [*before, deploy_said(f.facts["deploy"])]


def others(f: Finding) -> list[Other]:
    """An upgrade that changed nothing, and a deploy that did not take effect."""
    deploy = f.facts["deploy"]["evidence"]
    before = f.facts["before"]["evidence"] if f.facts["before"] else f.facts["announced"]
    return [
        Other("vacuous-upgrade", "it was no upgrade: it deployed a base", list(deploy)),
        Other(
            "a deploy that wrote nothing", "the value is the same before and after, whether it wrote or not", ids(before, deploy), f.missing
        ),
    ]
