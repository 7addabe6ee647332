"""A read saw a value that no writer in evidence has written.

Term: garbage read (Elle); what is claimed is "no writer in evidence", never "no writer". Only where the evidence is
complete from a sure write to the read: a hole, or a value that only a later write has, is another class. Cannot conclude
where the writer sits.

References:
    https://github.com/jepsen-io/elle
"""

from __future__ import annotations

from forensics.correlate.history import History
from forensics.correlate.holes import overwriting
from forensics.correlate.model import Read
from forensics.findings import judged
from forensics.findings.facts import ids
from forensics.findings.finding import Finding, Other, Step
from forensics.findings.order_contradiction import only_written_after

CLASS = "unattributed-read"
ABOUT = "A read saw a value that no writer in evidence has written."
ADVICE = "Look for a writer outside the evidence: another host, a reconciler, a person."


def find(h: History) -> list[Finding]:
    """One finding per drifted read of a value without a writer in evidence."""
    return [_finding(h, r) for r in h.reads if is_unattributed(h, r)]


def is_unattributed(h: History, r: Read) -> bool:
    """Whether complete evidence holds no write of the value read, before the read or after it."""
    return bool(r.drift) and r.cause == "unattributed" and not r.writers and not judged.holes(h, r) and only_written_after(h, r) is None


def _finding(h: History, r: Read) -> Finding:
    writes = [w for w in h.writes_of.get(r.register, ()) if w.sE <= r.rL]
    last = overwriting(writes, r)[-1:]
    return judged.about(
        h,
        r,
        CLASS,
        "high",
        True,
        f"{judged.told(h, r)}; no writer of it is in evidence: {len(writes)} writes before the read, none of that value",
        facts={"seen": [ids(w.evidence) for w in last], "values": sorted({h.stamps.named(w.value) for w in writes if w.value})},
    )


def explain(f: Finding) -> list[Step]:
    """The read, and what is in evidence before it."""
    values = ", ".join(f.facts["values"]) or "none"
    evidence = [i for seen in f.facts["seen"] for i in seen]
    return [*judged.steps(f), (f"the values written before it are: {values}", evidence)]


def others(f: Finding) -> list[Other]:
    """The other hypotheses about the read."""
    return judged.others(f)
