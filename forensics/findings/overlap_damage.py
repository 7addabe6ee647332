"""What overlapping deploys did to each other: writes lost, orders crossed, locks held twice, stacks leaked."""

from __future__ import annotations

from forensics.correlate.model import INF
from forensics.correlate.pairs import deploy_pairs
from forensics.correlate.reconstruct import History
from forensics.findings.finding import Finding

CLASSES = ("lost-write", "write-cycle", "mutual-exclusion-failure", "leaked-stack")
ABOUT = {
    "lost-write": "A deploy ended well, and an overlapping one of another run left another value.",
    "write-cycle": "Two deploys wrote two services in opposite order: no serial order explains the stack.",
    "mutual-exclusion-failure": "Two runs held one lock at the same time.",
    "leaked-stack": "A run claimed its teardown, and a service of its stack was there afterwards.",
}
ADVICE = {
    "lost-write": "Serialise the deploys of a stack under one lock.",
    "write-cycle": "Redeploy the stack; then serialise its deploys under one lock.",
    "mutual-exclusion-failure": "Check that the lock lives where all runs see it, and who may break it.",
    "leaked-stack": "Remove the stack by hand, and let teardown fail loudly.",
}


def find(h: History) -> list[Finding]:
    """All four classes."""
    return [*_pairs(h), *_locks(h), *_leaks(h)]


def _pairs(h: History) -> list[Finding]:
    found = []
    for p in deploy_pairs(h):
        a, b = p.a, p.b
        common = sorted({w.register for w in a.writes} & {w.register for w in b.writes})
        order = {}
        for r in common:
            x, y = next(w for w in a.writes if w.register == r), next(w for w in b.writes if w.register == r)
            if x.eL < y.sE or y.eL < x.sE:
                order[r] = (x, y) if x.eL < y.sE else (y, x)
        firsts = {r: pair[0].deploy for r, pair in order.items()}
        runs = tuple(sorted((a.run, b.run)))
        if len({d.id for d in firsts.values() if d}) == 2:
            because = [
                (f"on {r}, run {pair[0].run} wrote before run {pair[1].run}", [*pair[0].evidence, *pair[1].evidence])
                for r, pair in order.items()
            ]
            found.append(
                Finding(
                    "write-cycle",
                    "critical",
                    True,
                    a.stack,
                    runs,
                    f"deploys of runs {runs[0]} and {runs[1]} crossed on {a.stack}: each came last on one service",
                    t_lo=p.a.sE,
                    t_hi=min(a.eL, b.eL),
                    because=because,
                )
            )
        lost = [
            (r, pair)
            for r, pair in order.items()
            if pair[0].deploy is not None
            and pair[0].deploy.outcome == "ok"
            and pair[0].deploy.ended
            and pair[1].deploy is not None
            and pair[1].deploy.ended
            and h.stamps.same(pair[0].value, pair[1].value) is False
        ]
        if lost:
            first, second = lost[0][1]
            found.append(
                Finding(
                    "lost-write",
                    "high",
                    p.definite,
                    a.stack,
                    runs,
                    f"run {first.run}'s {h.stamps.named(first.value)} on {', '.join(r for r, _ in lost)} was overwritten with {h.stamps.named(second.value)} by run {second.run}, whose deploy overlapped",
                    t_lo=first.sE,
                    t_hi=second.eL,
                    missing=() if p.definite else ("times that show whether the two deploys overlapped",),
                    because=[(f"{w.run} wrote {h.stamps.named(w.value)}", w.evidence) for w in (first, second)]
                    + [("the first deploy reported success", [x for x in (first.deploy.row["done_id"],) if x])],
                )
            )
    return found


def _locks(h: History) -> list[Finding]:
    found = []
    for i, a in enumerate(h.holds):
        found.extend(
            Finding(
                "mutual-exclusion-failure",
                "high",
                True,
                None,
                tuple(sorted((a.run, b.run))),
                f"runs {a.run} and {b.run} both held {a.lock}",
                t_lo=max(a.aE, b.aE),
                t_hi=min(a.zL, b.zL),
                because=[(f"run {x.run} held it", [e for e in (x.acquire_id, x.release_id) if e]) for x in (a, b)],
            )
            for b in h.holds[i + 1 :]
            if a.lock == b.lock and a.run != b.run and a.aL < b.zE and b.aL < a.zE and max(a.aL, b.aL) < INF
        )
    return found


def _leaks(h: History) -> list[Finding]:
    found = []
    for d in h.deploys:
        if d.verb != "undeploy" or d.outcome != "ok" or not h.has_events or d.stack is None or d.eL >= INF:
            continue
        stood = [w for w in h.writes if w.stack == d.stack and w.verb == "create" and w.eL < d.sE]
        left = [
            w
            for w in stood
            if not any(x.verb == "remove" and x.service_id == w.service_id and x.sE <= h.events_to for x in h.writes) and h.events_to > d.eL
        ]
        if left:
            found.append(
                Finding(
                    "leaked-stack",
                    "medium",
                    True,
                    d.stack,
                    (d.run,),
                    f"run {d.run} said that {d.stack} was removed, and {', '.join(sorted({w.register for w in left}))} never was",
                    t_lo=d.eE,
                    t_hi=d.eL,
                    because=[
                        ("the teardown was claimed", [x for x in (d.row["done_id"], d.row["start_id"]) if x]),
                        ("the service was created, and no removal is among swarm's events", left[0].evidence),
                    ],
                )
            )
    return found
