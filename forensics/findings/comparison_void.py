"""An identity read cannot be compared with what was intended: a name against a hash, or a value that is not known.

For information: no drift and no match follows from it (`eq` is void). PROVEN where both values are known and are of
kinds that nothing in evidence relates; NOT PROVEN where one is missing.
"""

from __future__ import annotations

from forensics.correlate.history import History
from forensics.findings.facts import of_read, read_said
from forensics.findings.finding import Finding, Other, Step

CLASS = "comparison-void"
ABOUT = "What was read and what was intended cannot be compared."
ADVICE = "Add the repository (tags and commits), or the tool's `taking … version` lines, and ask again."


def find(h: History) -> list[Finding]:
    """One finding per read that can be neither right nor wrong."""
    found = []
    for r in h.reads:
        if r.drift is not None:
            continue
        both = bool(r.intended and r.observed)
        unknown = "what was intended" if not r.intended else "what was read"
        found.append(
            Finding(
                CLASS,
                "info",
                both,
                r.stack,
                (r.run,),
                f"run {r.run} read {r.observed or 'nothing'} from {r.register} and intended {r.intended or 'what is not known'}: they cannot be compared",
                service=r.register,
                t_lo=r.rE,
                t_hi=r.rL,
                missing=("the repository, to resolve names to commits",) if both else (f"{unknown}: the line that says so",),
                facts={"read": of_read(h, r), "both": both},
            )
        )
    return found


def explain(f: Finding) -> list[Step]:
    """The read, and why it cannot be compared."""
    why = (
        "nothing in evidence relates the two: one is a name, or a tag that is not resolved"
        if f.facts["both"]
        else "one of the two is not known"
    )
    return [read_said(f.facts["read"]), (why, list(f.facts["read"]["evidence"]))]


def others(f: Finding) -> list[Other]:
    """Drift, and a match: neither follows."""
    return [Other("drift, or none", "what cannot be compared is neither equal nor unequal", list(f.facts["read"]["evidence"]), f.missing)]
