"""What the findings about one identity read have in common: both sides, the candidate writers, the explanations rejected."""

from __future__ import annotations

from typing import Any

from forensics.correlate.history import History
from forensics.correlate.model import INF, Read, Write
from forensics.findings.facts import of_read, of_write, read_said, write_said
from forensics.findings.finding import Finding, Step

LISTED = 8  # candidate writers named one by one


def told(h: History, r: Read) -> str:
    """The read in a phrase."""
    return f"run {r.run} read {h.stamps.named(r.observed)} from {r.register}, and intended {h.stamps.named(r.intended)}"


def about(h: History, r: Read, cls: str, severity: str, proven: bool, summary: str, **more: Any) -> Finding:
    """A finding about a read; `more` are further fields, `facts` among them are added to those of every read."""
    facts = more.pop("facts", {})
    runs = more.pop("runs", None) or tuple(sorted({r.run, *(w.run for w in r.writers if w.run and r.cause in PEERS)}))
    writes = [w for w in h.writes_of.get(r.register, ()) if w.sE <= r.rL]
    return Finding(
        cls,
        severity,
        proven,
        r.stack,
        runs,
        summary,
        service=r.register,
        t_lo=r.rE,
        t_hi=r.rL,
        rejected=tuple((n, str(v["because"])) for n, v in r.hypotheses.items() if v["verdict"] == "REFUTED"),
        facts={
            "read": of_read(h, r),
            "writers": [of_write(h, w) for w in r.writers[:LISTED]],
            "writers_total": len(r.writers),
            "writes_before": len(writes),
            "certain": r.certain,
        }
        | facts,
        **more,
    )


PEERS = ("overwritten-by-peer", "removed-by-peer")


def steps(f: Finding) -> list[Step]:
    """The read, who can have written what it saw, and what the run's own deploy took."""
    k = f.facts
    said = [read_said(k["read"])]
    said += [write_said(w) for w in k["writers"]]
    if k["writers"]:
        n, of = k["writers_total"], k["writes_before"]
        only = "the only possible last writer of that value" if n == 1 else f"{n} possible last writers of that value"
        said.append((f"{'this is' if n == 1 else 'these are'} {only} ({n} of {of} writes before the read)", []))
    if k["read"]["taken_id"]:
        said.append((f"the run's own deploy took {k['read']['taken']}", [k["read"]["taken_id"]]))
    return said


def overwriting(writes: list[Write], r: Read) -> list[Write]:
    """The sure writes that surely ended before the read began, oldest first."""
    return sorted((w for w in writes if w.sure and w.outcome == "ok" and w.eL < r.rE), key=lambda w: w.sE)


def holes(h: History, r: Read, writes: list[Write]) -> list[str]:
    """Stretches before the read in which no source would have shown every writer; empty where the evidence is complete."""
    if not h.has_events:
        return ["docker service events: without them a writer outside the logs leaves no trace"]
    before = overwriting(writes, r)
    found = []
    if not any(w.verb == "create" and h.events_from <= w.sE <= r.rL for w in writes) and not any(w.sE >= h.events_from for w in before):
        found.append("docker service events from before the first one in evidence")
    if r.rL < INF and h.events_to < r.rL:
        found.append("docker service events until the read")
    return found
