"""What the findings about one identity read have in common: both sides, the candidate writers, the other explanations."""

from __future__ import annotations

from typing import Any

from forensics.correlate.history import History
from forensics.correlate.holes import EVER
from forensics.correlate.holes import holes as holes_of
from forensics.correlate.model import INF, Read
from forensics.findings.facts import ids, of_read, of_write, read_said, write_said
from forensics.findings.finding import Finding, Other, Step
from forensics.wording import instant

LISTED = 8  # candidate writers named one by one


def told(h: History, r: Read) -> str:
    """The read in a phrase."""
    return f"run {r.run} read {h.stamps.named(r.observed)} from {r.register}, and intended {h.stamps.named(r.intended)}"


def about(h: History, r: Read, cls: str, severity: str, proven: bool, summary: str, **more: Any) -> Finding:
    """A finding about a read; `more` are further fields, `facts` among them are added to those of every read."""
    facts = more.pop("facts", {})
    runs = more.pop("runs", None) or tuple(sorted({r.run, *(w.run for w in r.writers if w.run and r.cause in PEERS)}))
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
        facts={
            "read": of_read(h, r),
            "writers": [of_write(h, w) for w in r.writers[:LISTED]],
            "writers_total": len(r.writers),
            "writes_before": len(h.writes_meeting(r.register, -INF, r.rL)),
            "certain": r.certain,
            "hypotheses": {n: v for n, v in r.hypotheses.items() if v["verdict"] != "PROVEN"},
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
        told = ids(k["read"]["evidence"], *(w["evidence"] for w in k["writers"]))
        said.append((f"{'this is' if n == 1 else 'these are'} {only} ({n} of {of} writes before the read)", told))
    if k["read"]["taken_id"]:
        said.append((f"the run's own deploy took {k['read']['taken']}", [k["read"]["taken_id"]]))
    return said


def others(f: Finding) -> list[Other]:
    """Every hypothesis about the read that is not proven: rejected where it is refuted, else left open with what is missing."""
    told = f.facts["hypotheses"].items()
    return [Other(name, str(v["because"]), list(v["evidence"]), tuple(v["missing"])) for name, v in told]


def holes(h: History, r: Read) -> list[str]:
    """What would close the holes before the read; empty where the evidence is complete."""
    if not h.has_events:
        return ["docker service events: without them a writer outside the logs leaves no trace"]
    found, windows = [], h.windows_of(r.register)
    for lo, hi in holes_of(h, r):
        if lo == EVER:
            found.append("docker service events from before the first one in evidence")
        elif hi > windows.last:
            found.append("docker service events until the read")
        else:
            found.append(f"docker service events from {instant(lo)} to {instant(hi)}, which nothing in evidence covers")
    return found
