"""A read differs from what was intended, and the writer of what it saw is in evidence.

Term: a wr edge from another run (Elle). Sub-classes: `by-concurrency` (the other run's deploy surely overlapped the reader's
own), `by-succession` (it came after it), `by-omission` (what stood is older: the own deploy left no write here), `by-input`
(the own deploy stamped another commit than intended); none where overlap or succession is not decided. A client that is no
run is `actor` manual. Cannot conclude that the writer knew of the other.

References:
    https://github.com/jepsen-io/elle
"""

from __future__ import annotations

from forensics.correlate.history import History
from forensics.correlate.model import Deploy, Read, Write
from forensics.findings import judged
from forensics.findings.facts import ids
from forensics.findings.finding import Finding, Other, Step
from forensics.wording import several

CLASS = "drift-explained"
ABOUT = "A read differs from what was intended, and the writer of what was read is in evidence."
ADVICE = "Follow the writer named: that deploy, not the one checked, put the value there."
CAUSES = {"overwritten-by-peer", "manual-update", "wrong-head", "aborted-write"}


def find(h: History) -> list[Finding]:
    """One finding per drifted read whose writer is known and wrote well: a failed one is `aborted-read`."""
    return [_finding(h, r) for r in h.reads if r.drift and r.cause in CAUSES and not failed_write_read(r)]


def failed_write_read(r: Read) -> bool:
    """Whether what was read is the value of a deploy that failed."""
    return r.cause == "aborted-write" and any(w.outcome == "fail" for w in r.writers)


def _finding(h: History, r: Read) -> Finding:
    sub = {"wrong-head": "by-input", "aborted-write": "by-omission"}.get(r.cause or "") or _sub(r)
    who = {
        "manual-update": "a client that is no run in evidence",
        "wrong-head": "its own deploy, from a wrong HEAD",
        "aborted-write": "an older write: its own deploy left none",
    }.get(r.cause or "", f"run {several(sorted({w.by or '?' for w in r.writers}), ' or ')}")
    one_of = h.has_events and not r.certain and all(w.value is not None for w in r.writers)  # all members lead to this class
    proven = r.certain or one_of or r.cause == "wrong-head"
    return judged.about(
        h,
        r,
        CLASS,
        "medium",
        proven,
        f"{judged.told(h, r)}; written by {who}",
        sub=sub,
        missing=() if proven else ("which write came last",),
        facts={
            "actor": "manual" if r.cause == "manual-update" else r.writer_run,
            "writer": "certain" if r.certain else f"one of {several(sorted({w.by or 'unknown' for w in r.writers}), ', ')}",
            "however": _however(r, sub),
            "own": ids(r.last.row["start_id"], r.last.row["end_id"]) if r.last is not None else [],
        },
    )


def _sub(r: Read) -> str | None:
    """How the last writer's deploy lies to the reader's own; None where that is not decided."""
    last = max(r.writers, key=lambda w: w.sE) if r.writers else None
    if last is None or r.last is None:
        return "by-succession"
    if _older(last, r.last):
        return "by-omission"
    other: Deploy | Write = last.deploy or last
    if other.sL < r.last.eE and r.last.sL < other.eE:
        return "by-concurrency"
    return "by-succession" if other.sE >= r.last.eL else None


def _older(w: Write, own: Deploy) -> bool:
    """Whether a write surely ended before the own deploy began, which left none on that service."""
    return w.eL <= own.sE and not any(x.register == w.register and x.sure for x in own.writes)


def _however(r: Read, sub: str | None) -> str | None:
    return {
        "by-concurrency": f"run {r.run} expected its own deploy to stand: the other had started before it ended",
        "by-succession": f"run {r.run} expected its own deploy to stand: the other came after it and before the read",
        "by-omission": f"run {r.run} expected its own deploy to stand: it left no write on this service",
        "by-input": "the write did take effect: it was the wrong one from the start",
    }.get(sub or "")


def explain(f: Finding) -> list[Step]:
    """The read, its possible writers, and why the reader expected something else."""
    k = f.facts
    last = k["writers"][-1]["evidence"] if k["writers"] else []
    return judged.steps(f) + ([(f"however, {k['however']}", ids(k["own"] or k["read"]["evidence"], last))] if k["however"] else [])


def others(f: Finding) -> list[Other]:
    """The other hypotheses about the read."""
    return judged.others(f)
