"""A run claimed its teardown, and a service of its stack was there afterwards, with no creation in between.

Term: own. Counts services only: tasks stop later than their service, and a stack's removal leaves its volumes. Cannot conclude
why the removal did not take hold.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from forensics.correlate.history import History
from forensics.correlate.model import INF, Deploy
from forensics.correlate.swarm import Service
from forensics.findings.facts import ids
from forensics.findings.finding import Finding, Other, Step
from forensics.wording import several

CLASS = "leaked-stack"
ABOUT = "A run claimed its teardown, and a service of its stack was there afterwards."
ADVICE = "Remove the stack by hand, and let teardown fail loudly."


def find(h: History) -> list[Finding]:
    """One finding per teardown that is claimed and contradicted by a service that outlived it."""
    return [f for d in h.deploys if d.verb == "undeploy" and d.outcome == "ok" and d.stack and (f := _judge(h, d)) is not None]


def _judge(h: History, d: Deploy) -> Finding | None:
    left = [x for s in _standing_at(h, d) if (x := _outlived(h, d, s)) is not None]
    if not left:
        return None
    sure = any(x["sure"] for x in left)
    left = [x for x in left if x["sure"] or not sure]
    others = sorted({o.run for o in h.calls_meeting(d.stack, d.eE + 1, left[0]["until"] - 1)} - {d.run})
    return Finding(
        CLASS,
        "high" if others else "medium",
        sure,
        d.stack,
        (d.run,),
        f"run {d.run} said that {d.stack} was removed, and {standing(left)}"
        + (f"; run {several(others)} used the stack meanwhile" if others else ""),
        t_lo=d.eE,
        t_hi=d.eL,
        missing=() if sure else ("the service's id or CreatedAt after the teardown", "docker service events until well after the teardown"),
        facts={"claimed": ids(d.row["done_id"], d.row["start_id"]), "run": d.run, "left": left},
    )


def standing(left: list[dict[str, Any]]) -> str:
    """The services that outlived a teardown, in a sentence."""
    names, how = sorted({x["service"] for x in left}), left[0]["how"]
    how = re.sub(r"^(never )?was", r"\1were", how) if len(names) > 1 else how
    return f"{several(names, ', ')} {how}"


def _standing_at(h: History, d: Deploy) -> list[Service]:
    """The services of the call's stack that need not have been removed by its end, nor made after its beginning."""
    if (CLASS, d.stack) not in h.kept:
        services = [s for s in h.services.values() if s.name.startswith(f"{d.stack}_")]
        lives = np.array([_life(s) for s in services], np.int64).reshape(-1, 2)
        h.kept[CLASS, d.stack] = services, lives[:, 0], lives[:, 1]
    services, born, gone = h.kept[CLASS, d.stack]
    return [services[n] for n in np.flatnonzero(((born < d.sE) | (born == -INF)) & (gone > d.eL))] if d.eL < INF else []


def _life(service: Service) -> tuple[int, int]:
    """When a service was made and when it was removed; -INF and INF where nothing says so."""
    created = next((r for r in service.events if r["kind"] == "service.create"), None)
    removed = next((r for r in service.events if r["kind"] == "service.remove"), None)
    born = created["at_us"] if created is not None else next((i["created_us"] for i in service.inspects if i["created_us"]), -INF)
    return born, removed["at_us"] if removed is not None else INF


def _outlived(h: History, d: Deploy, service: Service) -> dict[str, Any] | None:
    """How one service that stood at the claim is shown to have been there after it; None where it is not."""
    claimed, (born, gone) = d.eL, _life(service)
    created = next((r for r in service.events if r["kind"] == "service.create"), None)
    later = [r for r in service.events if r["at_us"] > claimed and r["kind"] != "service.create"]
    seen = [i for i in service.inspects if (i["captured_us"] or i["at_us"] or 0) > claimed]
    sure = born > -INF or h.windows.at(claimed) is not None  # a creation in between would have been seen
    told = {"service": service.name, "until": h.windows.last if h.windows else INF, "sure": sure}
    if later:
        return told | {"how": "was there afterwards", "evidence": ids((created or {}).get("ids", []), later[0]["ids"])}
    if seen:
        return told | {"how": "was inspected afterwards", "evidence": ids((created or {}).get("ids", []), seen[0]["event_id"])}
    if created is not None and gone == INF and h.windows.last > claimed:
        return told | {"how": "never was, as far as swarm's events go", "evidence": ids(created["ids"])}
    return None


def explain(f: Finding) -> list[Step]:
    """The claim, and each service that outlived it."""
    return [(f"run {f.facts['run']} claimed its teardown", list(f.facts["claimed"]))] + [
        (f"{x['service']} {x['how'].replace('never was', 'was never removed')}", list(x["evidence"])) for x in f.facts["left"]
    ]


def others(f: Finding) -> list[Other]:
    """A stack made anew after the teardown, and tasks or volumes that only linger."""
    shown = ids(*(x["evidence"] for x in f.facts["left"]))
    why = "it was made before the teardown, and no creation follows" if f.proven else "when it was made is not shown"
    return [
        Other("a stack made anew", why, shown, f.missing),
        Other("tasks or volumes that linger", "what is left is a service: its tasks and volumes are not counted", shown),
    ]
