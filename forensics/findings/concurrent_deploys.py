"""Deploys of two runs on one stack overlap: a write-write conflict.

Definite where no admissible reading of the clocks parts them. Cannot conclude harm: that the two hurt each other is for
`lost-write`, `write-cycle` and `torn-stack` to show. A refused update (`update out of sequence`) is no proof of a second
deploy, and makes none here.
"""

from __future__ import annotations

from forensics.correlate.history import History
from forensics.correlate.pairs import LIMIT, Pair, deploy_pairs, pairs_left_out
from forensics.findings.facts import bound, bounds_said, deploy_said, ids, of_deploy
from forensics.findings.finding import Finding, Step
from forensics.wording import at_least_at_most

CLASS = "concurrent-deploys"
ABOUT = "Deploys of two runs on one stack overlap."
ADVICE = "Let every path that changes the stack take the same lock for the whole run, upgrade and teardown included."


def find(h: History) -> list[Finding]:
    """One finding per pair of overlapping deploys, and one that counts what was left out where there are too many to list."""
    found = [_finding(h, p) for p in deploy_pairs(h)]
    if left := pairs_left_out(h):
        runs = tuple(sorted({d.run for p in deploy_pairs(h) for d in (p.a, p.b)}))
        found.append(
            Finding(
                CLASS,
                "info",
                False,
                None,
                runs[:20],
                f"{left} more pairs of deploys may overlap: {LIMIT} of {LIMIT + left} are listed",
                sub="not-listed",
                missing=("the ends of the deploys that never end in the evidence",),
                evidence=[p.a.row["start_id"] for p in deploy_pairs(h)[:3]],
            )
        )
    return found


def _finding(h: History, p: Pair) -> Finding:
    a, b = p.a, p.b
    unended = tuple(f"the end of run {d.run}'s {d.verb} {d.n}" for d in (a, b) if not d.ended)
    return Finding(
        CLASS,
        "high" if p.definite else "medium",
        p.definite,
        a.stack,
        tuple(sorted((a.run, b.run))),
        f"deploy {a.n} of run {a.run} and deploy {b.n} of run {b.run} {at_least_at_most(p.at_least, p.at_most, p.definite)}",
        t_lo=max(a.sE, b.sE),
        t_hi=min(a.eL, b.eL),
        missing=() if p.definite else unended or ("times that part the two calls, or swarm's Version.Index around each",),
        evidence=[x for d in (a, b) for x in ids(d.row["start_id"], d.row["taken_id"], d.row["end_id"])],
        facts={
            "a": of_deploy(h, a),
            "b": of_deploy(h, b),
            "at_least_us": p.at_least,
            "at_most_us": bound(p.at_most),
            "definite": p.definite,
        },
    )


def explain(f: Finding) -> list[Step]:
    """Both sides with their locks, and how long they shared."""
    if "a" not in f.facts:
        return []
    a, b = deploy_said(f.facts["a"]), deploy_said(f.facts["b"])
    how = at_least_at_most(f.facts["at_least_us"], f.facts["at_most_us"], f.facts["definite"])
    common = sorted(set(f.facts["a"]["locks"]) & set(f.facts["b"]["locks"]))
    return [
        a,
        (f"this conflicts with {b[0]}", b[1]),
        *bounds_said(f.facts["a"]),
        *bounds_said(f.facts["b"]),
        (f"they {how}" + (", under every admissible clock" if f.facts["definite"] else ""), []),
        (f"both held {', '.join(common)}: it excluded nobody" if common else "no lock was held by both", []),
    ]
