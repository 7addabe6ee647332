"""The evidence does not decide: several writers, or one that it would not show, can have left the value; or nothing to judge.

Term: indeterminate (Jepsen's `info`, `unknown`). Sub-classes: `ambiguous-attribution` (several writers in evidence fit),
`hole` (a writer outside the coverage, or a value that is not known, fits), `no-reads`, `no-writes`. Never PROVEN: it names
what would decide.

References:
    https://github.com/jepsen-io/jepsen
"""

from __future__ import annotations

from forensics.correlate.history import History
from forensics.correlate.model import Read
from forensics.findings import judged
from forensics.findings.facts import ids
from forensics.findings.finding import Finding, Other, Step
from forensics.findings.order_contradiction import only_written_after
from forensics.findings.unattributed_read import is_unattributed
from forensics.wording import several

CLASS = "insufficient-evidence"
ABOUT = "Several writers, or an unknown one, can have left the value read; or there is nothing to judge."
ADVICE = "Collect what is listed as missing, ingest it, and ask again."


def find(h: History) -> list[Finding]:
    """One finding per drifted read that stays undecided; one where there are no reads, or no writes."""
    found = [_undecided(h, r) for r in h.reads if _is_undecided(h, r)]
    if not h.reads and (h.deploys or h.writes):
        told = [d.row["start_id"] for d in h.deploys][:3] or [e for w in h.writes[:3] for e in w.evidence]
        missing = "the harness's log with its identity reads, or docker service inspect of the stack"
        found.append(_nothing(h, "no-reads", "no identity read is in evidence: nothing says what was observed", missing, told))
    if h.reads and not h.deploys and not h.writes:
        told = [e for r in h.reads[:3] for e in r.evidence]
        missing = "what the deploy tool printed, or docker events of the stack's services"
        found.append(
            _nothing(h, "no-writes", "no deploy and no write is in evidence: nothing says who put what was read there", missing, told)
        )
    return found


def _nothing(h: History, sub: str, summary: str, missing: str, told: list[str]) -> Finding:
    runs = tuple(sorted({d.run for d in h.deploys} | {r.run for r in h.reads}))
    return Finding(CLASS, "info", False, None, runs, summary, sub=sub, missing=(missing,), facts={"told": ids(told)})


def _is_undecided(h: History, r: Read) -> bool:
    return bool(r.drift) and r.cause == "unattributed" and not is_unattributed(h, r) and only_written_after(h, r) is None


def _undecided(h: History, r: Read) -> Finding:
    holes = judged.holes(h, r)
    known = [w for w in r.writers if w.value is not None and w.by]
    sub = "ambiguous-attribution" if len({w.by for w in known}) > 1 else "hole"
    asked = [m for v in r.hypotheses.values() if v["verdict"] == "NOT PROVEN" for m in v["missing"]]
    unknown = [f"what run {several(sorted({d.run for d in w.maybe}), ' or ')} stamped" for w in r.writers if w.value is None and w.maybe]
    unknown += [f"the rest of the log of run {run}" for run in dict.fromkeys(run for w in r.writers for run in w.unlogged)]
    return judged.about(
        h,
        r,
        CLASS,
        "info",
        False,
        f"{judged.told(h, r)}; the evidence does not decide who wrote it",
        sub=sub,
        missing=tuple(dict.fromkeys([*asked, *unknown, *(holes if not asked else [])])) or ("the value or Version.Index of each write",),
        facts={"holes": holes},
    )


def explain(f: Finding) -> list[Step]:
    """The read, every writer that fits, and the stretches that no source covers."""
    if "read" not in f.facts:
        what = "no identity read" if f.sub == "no-reads" else "neither a deploy nor a write"
        runs = f"run{'s' if len(f.runs) > 1 else ''} {several(f.runs, ', ')}" if f.runs else "nobody in evidence"
        return [(f"this is in evidence of {runs}, and {what}", f.facts["told"])]
    around = ids(f.facts["read"]["evidence"], *(w["evidence"] for w in f.facts["writers"]))
    return judged.steps(f) + [(f"not covered: {hole}", around) for hole in f.facts["holes"]]


def others(f: Finding) -> list[Other]:
    """Every hypothesis about the read; where there is nothing to judge, none."""
    return judged.others(f) if "read" in f.facts else []
