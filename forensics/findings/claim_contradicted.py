"""A line asserts something, and an artefact shows the opposite of the same thing, with no write of it in between.

Term: own. The artefact wins, and both are kept. Sub-classes name the claim: `recheckout-failed`, `deployed`, `converged`,
`promoted`, `green`, `skipped`, `no-work`, `passed-without-change`, `torn-down`, `concurrent`, `rolled-back`, `typed-time`. PROVEN where
subject and run are the same. A claim that was true when it was made, and was changed by a later write, is not contradicted.
Cannot conclude that somebody meant to mislead.
"""

from __future__ import annotations

from forensics.correlate.claims import claims
from forensics.correlate.history import History
from forensics.findings.contradictions import PAIRS, Contradiction
from forensics.findings.facts import ids
from forensics.findings.finding import Finding, Other, Step

CLASS = "claim-contradicted"
ABOUT = "A line asserts something, and an artefact shows the opposite."
ADVICE = "Believe the artefact. Mend what made the claim: let it look at the artefact before it speaks."


def find(h: History) -> list[Finding]:
    """One finding per thing asserted and contradicted: a claim that several lines repeat counts once and cites them all."""
    found: dict[tuple, Finding] = {}
    for c in claims(h):
        for pair in PAIRS:
            for shown in pair(h, c):
                key = (shown.sub, c.run or shown.run, shown.what)
                if key in found:
                    found[key].facts["claims"].append(_claim(c))
                else:
                    found[key] = _finding(h, c, shown)
    return list(found.values())


def _claim(c) -> dict:
    return {"by": c.by, "run": c.run, "text": c.text, "evidence": ids(c.event_id)}


def _said(by: str | None, run: str | None, text: str) -> str:
    """Who says what: a person in their own words, a run or a file in ours."""
    return f'{by} says "{text}"' if by else f"{f'run {run}' if run else 'a file'} says that {text}"


def _finding(h: History, c, shown: Contradiction) -> Finding:
    run = c.run or shown.run
    return Finding(
        CLASS,
        "high" if shown.verdict else "medium",
        not shown.missing,
        shown.stack or c.stack or next((d.stack for d in h.calls.get(run or "", ()) if d.stack), None),
        tuple(sorted({r for r in (run, *shown.others) if r})),
        f"{_said(c.by, run, c.text)}, but {shown.what}",
        sub=shown.sub,
        service=shown.service,
        t_lo=c.lo,
        t_hi=c.hi,
        missing=shown.missing,
        facts={"claims": [_claim(c)], "shown": [{"text": t, "evidence": ids(e)} for t, e in shown.steps]},
    )


def explain(f: Finding) -> list[Step]:
    """The claim with every line that makes it, then what the artefacts show."""
    said = [(_said(c["by"], c["run"], c["text"]), list(c["evidence"])) for c in f.facts["claims"]]
    return [*said, *((s["text"], list(s["evidence"])) for s in f.facts["shown"])]


def others(f: Finding) -> list[Other]:
    """That it was true when it was said, and changed later."""
    told = ids(*(c["evidence"] for c in f.facts["claims"]), *(s["evidence"] for s in f.facts["shown"]))
    why = (
        "nothing in evidence lies between the claim and what contradicts it"
        if f.missing
        else "no write of it lies between the claim and what the artefact shows"
    )
    return [Other("a change after the claim", why, told, f.missing)]
