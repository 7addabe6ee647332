"""Services of one stack were seen at different versions while one deploy was at work on them.

Term: own. For information: a stack deploy is not atomic, and this is what it looks like half-way; the same mixture at rest is
`torn-stack`. Cannot conclude anything of what was left behind.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

from forensics.correlate.history import History
from forensics.correlate.model import Deploy, bounded
from forensics.findings.facts import deploy_said, ids, of_deploy
from forensics.findings.finding import Finding, Other, Step
from forensics.wording import instant

CLASS = "transient-mixed"
ABOUT = "Services of one stack were seen at different versions while one deploy was at work on them."
ADVICE = "Look again when the deploy has ended: only what stays mixed is torn."


def find(h: History) -> list[Finding]:
    """One finding per capture of several services that shows a deploy half-way."""
    captures: dict[str, list[dict[str, Any]]] = {}
    for service in h.services.values():
        for row in service.inspects:
            if row["captured_us"] is not None:
                captures.setdefault(f"{row['stack']}@{row['captured_us']}", []).append(row)
    return [f for _, rows in sorted(captures.items()) if (f := _judge(h, rows)) is not None]


def _judge(h: History, rows: list[dict[str, Any]]) -> Finding | None:
    apart = next((p for p in combinations(rows, 2) if h.stamps.same(p[0]["stamp"], p[1]["stamp"]) is False), None)
    if apart is None:
        return None
    at, stack = apart[0]["captured_us"], apart[0]["stack"]
    names = {r["service"] for r in apart}
    possible = [d for d in h.calls_meeting(stack, at, at) if d.verb == "deploy"]
    half = [d for d in possible if _half_way(d, names, at)]
    if not possible or (h.has_events and not half):
        return None
    d = (half or possible)[0]
    proven = bool(half) and h.has_events
    seen = ", ".join(f"{r['service'].removeprefix(f'{stack}_')} {h.stamps.named(r['stamp'])}" for r in rows)
    return Finding(
        CLASS,
        "info",
        proven,
        stack,
        (d.run,),
        f"{stack} was seen half-way through deploy {d.n} of run {d.run}: {seen}",
        t_lo=at,
        t_hi=at,
        missing=() if proven else ("docker service events: when the deploy wrote each service",),
        facts={"deploy": of_deploy(h, d), "seen": seen, "at": bounded(at), "inspects": ids(*(r["event_id"] for r in rows))},
    )


def _half_way(d: Deploy, names: set[str], at: int) -> bool:
    """Whether the deploy had written one of the services, and had another still to write."""
    mine = [w for w in d.writes if w.register in names]
    return any(w.eL <= at for w in mine) and any(w.sE > at for w in mine)


def explain(f: Finding) -> list[Step]:
    """The deploy, and what was seen within it."""
    return [
        deploy_said(f.facts["deploy"]),
        (f"at {instant(f.facts['at'])} the services held: {f.facts['seen']}", list(f.facts["inspects"])),
    ]


def others(f: Finding) -> list[Other]:
    """A stack left so."""
    why = "the deploy had another of the services still to write" if f.proven else "when the deploy wrote each service is not shown"
    return [Other("torn-stack", why, ids(f.facts["deploy"]["evidence"], f.facts["inspects"]), f.missing)]
