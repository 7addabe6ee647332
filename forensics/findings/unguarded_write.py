"""A register that several runs write without a lock common to all of them (lockset discipline, after Eraser)."""

from __future__ import annotations

from forensics.correlate import trees
from forensics.correlate.model import Deploy
from forensics.correlate.pairs import locks_of
from forensics.correlate.reconstruct import History
from forensics.findings.finding import Finding

CLASS = "unguarded-write"
ABOUT = "Two or more runs write one resource, and no lock covers every one of these writes."
ADVICE = "Take one lock, named for the resource, before the first step that touches it, and hold it to the end of the run."


def find(h: History) -> list[Finding]:
    """One finding per stack, and per shared work tree, whose lockset is empty."""
    by_stack: dict[str, list[Deploy]] = {}
    by_tree: dict[str, list[Deploy]] = {}
    for d in h.deploys:
        if d.stack and (d.writes or d.row["error_kind"] is None):
            by_stack.setdefault(d.stack, []).append(d)
        if d.verb == "deploy" and (key := trees.key(d.row["tree"])):
            by_tree.setdefault(key, []).append(d)
    found = [_judge(h, f"stack {s}", s, ds) for s, ds in sorted(by_stack.items())]
    found += [_judge(h, f"work tree {t}", None, ds) for t, ds in sorted(by_tree.items())]
    return [f for f in found if f is not None]


def _judge(h: History, what: str, stack: str | None, deploys: list[Deploy]) -> Finding | None:
    runs = sorted({d.run for d in deploys})
    if len(runs) < 2:
        return None
    held = {d.id: locks_of(h, d) for d in deploys}
    if set.intersection(*held.values()):
        return None
    known = [d for d in deploys if d.row["source_id"] is not None]
    bare = [d for d in known if not held[d.id]]
    taken = {lock for locks in held.values() for lock in locks}
    if not taken:
        sub = "never-takes"
    elif not bare:
        sub = "scope-mismatch"
    else:
        first = {r: min(d.n for d in known if d.run == r) for r in runs if any(d.run == r for d in known)}
        sub = (
            "late-acquire"
            if any(d.n == first[d.run] and any(held[e.id] for e in known if e.run == d.run) for d in bare)
            else "early-release"
            if any(any(held[e.id] for e in known if e.run == d.run) for d in bare)
            else "never-takes"
        )
    spans = {r: (min(d.sE for d in deploys if d.run == r), max(d.eL for d in deploys if d.run == r)) for r in runs}
    overlapped = any(spans[a][0] < spans[b][1] and spans[b][0] < spans[a][1] for i, a in enumerate(runs) for b in runs[i + 1 :])
    named = bare[0] if bare else deploys[0]
    says = f"{len(bare)} of {len(known)} writes held no lock" if bare else f"the locks differ: {', '.join(sorted(taken))}"
    evidence = [d.row["start_id"] for d in (bare or deploys)[:6]] + [hold.acquire_id for hold in h.holds if hold.run in runs][:4]
    return Finding(
        CLASS,
        "high" if overlapped else "medium",
        True,
        stack,
        tuple(runs),
        f"runs {', '.join(runs)} write {what} without a common lock: {says}",
        sub=sub,
        t_lo=min(s[0] for s in spans.values()),
        t_hi=max(s[1] for s in spans.values()),
        because=[
            (
                f"run {named.run}'s {named.verb} {named.n} ran "
                + ("without any lock" if bare else f"under {', '.join(sorted(held[named.id]))} only"),
                [named.row["start_id"]],
            )
        ],
        evidence=[e for e in evidence if e],
    )
