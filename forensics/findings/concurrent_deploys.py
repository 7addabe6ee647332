"""Two runs deployed to one stack at the same time (a write-write conflict).

Says nothing about harm: that the two collided is for `lost-write`, `write-cycle` and `torn-stack` to show.
"""

from __future__ import annotations

from forensics.correlate.pairs import Pair, deploy_pairs
from forensics.correlate.reconstruct import History
from forensics.findings.finding import Finding
from forensics.wording import at_least_at_most

CLASS = "concurrent-deploys"
ABOUT = "Deploys of two runs on one stack overlap."
ADVICE = "Let every path that changes the stack take the same lock for the whole run, upgrade and teardown included."


def find(h: History) -> list[Finding]:
    """One finding per pair of overlapping deploys; definite where no admissible clock parts them."""
    return [_finding(p) for p in deploy_pairs(h)]


def _finding(p: Pair) -> Finding:
    a, b = p.a, p.b
    how = at_least_at_most(p.at_least, p.at_most, p.definite)
    missing = (
        ()
        if p.definite
        else tuple(f"the end of run {d.run}'s {d.verb} {d.n}" for d in (a, b) if not d.ended)
        or ("times that part the two calls, or swarm's Version.Index around each",)
    )
    return Finding(
        CLASS,
        "high" if p.definite else "medium",
        p.definite,
        a.stack,
        tuple(sorted((a.run, b.run))),
        f"deploy {a.n} of run {a.run} and deploy {b.n} of run {b.run} {how}",
        t_lo=max(a.sE, b.sE),
        t_hi=min(a.eL, b.eL),
        missing=missing,
        evidence=[x for d in (a, b) for x in (d.row["start_id"], d.row["taken_id"], d.row["end_id"]) if x],
    )
