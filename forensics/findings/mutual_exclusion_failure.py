"""Two runs held one lock at the same time.

Term: mutual exclusion (general). Only where it is certain: holds that may have overlapped are shown by `overlaps`, and are
no finding. Cannot conclude which of the two broke the lock, or that anything was written meanwhile.
"""

from __future__ import annotations

from forensics.correlate.guards import key_of
from forensics.correlate.history import History
from forensics.correlate.model import INF, Hold
from forensics.findings.facts import hold_said, of_hold
from forensics.findings.finding import Finding, Other, Step
from forensics.wording import at_least_at_most

CLASS = "mutual-exclusion-failure"
ABOUT = "Two runs held one lock at the same time."
ADVICE = "Check that the lock lives where all runs see it, and who may break it."


def find(h: History) -> list[Finding]:
    """One finding per pair of holds of one key by two runs that surely overlap."""
    found = []
    by_key: dict[str, list[Hold]] = {}
    for hold in h.holds:
        if hold.aL < INF:
            by_key.setdefault(key_of(h, hold), []).append(hold)
    for key, holds in sorted(by_key.items()):
        holds.sort(key=lambda x: (x.aE, x.aL, x.run))
        for i, a in enumerate(holds):
            found += [_finding(h, key, a, b) for b in holds[i + 1 :] if a.run != b.run and a.aL < b.zE and b.aL < a.zE]
    return found


def _finding(h: History, key: str, a: Hold, b: Hold) -> Finding:
    least, most = max(0, min(a.zE, b.zE) - max(a.aL, b.aL)), min(a.zL, b.zL) - max(a.aE, b.aE)
    return Finding(
        CLASS,
        "high",
        True,
        None,
        tuple(sorted((a.run, b.run))),
        f"runs {a.run} and {b.run} both held {key}: the holds {at_least_at_most(least, most if most < INF else None, True)}",
        t_lo=max(a.aE, b.aE),
        t_hi=min(a.zL, b.zL),
        facts={"lock": key, "a": of_hold(a), "b": of_hold(b)},
    )


def explain(f: Finding) -> list[Step]:
    """Both holds, from taking to release."""
    return [hold_said(f.facts["a"]), hold_said(f.facts["b"])]


def others(f: Finding) -> list[Other]:
    """A hand-over, and two locks that only share a name."""
    held = [*f.facts["a"]["evidence"], *f.facts["b"]["evidence"]]
    return [
        Other("a hand-over", "each was surely taken before the other was released", held),
        Other("two locks of one name", f"both lines name {f.facts['lock']}", held),
    ]
