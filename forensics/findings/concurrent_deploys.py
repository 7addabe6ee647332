"""Deploys of two runs on one stack overlap: a write-write conflict.

Definite where no admissible reading of the clocks parts them. Cannot conclude harm: that the two hurt each other is for
`lost-write`, `write-cycle` and `torn-stack` to show. A refused update (`update out of sequence`) is no proof of a second
deploy, and makes none here.
"""

from __future__ import annotations

from forensics.correlate.history import History
from forensics.correlate.model import bounded
from forensics.correlate.pairs import LIMIT, Pair, deploy_pairs, pairs_left_out
from forensics.findings.facts import bounds_said, deploy_said, ids, of_deploy
from forensics.findings.finding import Finding, Other, Step
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
            "at_most_us": bounded(p.at_most),
            "definite": p.definite,
        },
    )


def explain(f: Finding) -> list[Step]:
    """Both sides with their locks, and how long they shared."""
    if "a" not in f.facts:
        return [("these are the first of them that are listed", list(f.evidence))]
    a, b = deploy_said(f.facts["a"]), deploy_said(f.facts["b"])
    how = at_least_at_most(f.facts["at_least_us"], f.facts["at_most_us"], f.facts["definite"])
    return [
        a,
        (f"this conflicts with {b[0]}", b[1]),
        *bounds_said(f.facts["a"]),
        *bounds_said(f.facts["b"]),
        (f"they {how}" + (", under every admissible clock" if f.facts["definite"] else ""), _extents(f)),
        (_locked(f), _under(f)),
    ]


def _extents(f: Finding) -> list[str]:
    """The events at which the two began and ended, as far as they are in evidence."""
    sides = f.facts["a"], f.facts["b"]
    return ids(*([*s["ends"], *(b[x] for b in s["bounded"] for x in ("after", "before"))] for s in sides))


def _under(f: Finding) -> list[str]:
    """The lines that took the locks; where none did, the calls that ran without."""
    sides = f.facts["a"], f.facts["b"]
    return ids(*(s["taken"] or s["ends"][:1] for s in sides))


def _locked(f: Finding) -> str:
    a, b = f.facts["a"], f.facts["b"]
    if common := sorted(set(a["locks"]) & set(b["locks"])):
        return f"both held {', '.join(common)}: it excluded nobody"
    blind = [f"run {s['run']}" for s in (a, b) if not s["locks_known"]]
    return f"which locks {' and '.join(blind)} held is not known" if blind else "no lock was held by both"


def others(f: Finding) -> list[Other]:
    """That the one came after the other, and that a lock kept them apart."""
    if "a" not in f.facts:
        return [Other("one after the other", f.summary, list(f.evidence), f.missing)]
    sides = f.facts["a"], f.facts["b"]
    blind = tuple(f"the log of run {s['run']}: which locks it held" for s in sides if not s["locks_known"])
    why = "each surely had begun before the other ended" if f.facts["definite"] else "the bounds of their times leave room for it"
    return [
        Other("one after the other", why, _extents(f), f.missing),
        Other("a lock that kept them apart", _locked(f), _under(f), blind),
    ]
