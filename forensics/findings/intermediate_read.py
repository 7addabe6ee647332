"""A run read a value that the writing run itself replaced later: what it saw was half-way.

Term: G1b, intermediate read (Adya). For information: two runs used one stack, and one looked while the other was between
its versions. Cannot conclude that the reader was misled.
"""

from __future__ import annotations

from forensics.correlate.history import History
from forensics.correlate.model import Read, Write
from forensics.findings import judged
from forensics.findings.facts import of_write, write_said
from forensics.findings.finding import Finding, Other, Step

CLASS = "intermediate-read"
ABOUT = "A run read a value that the run which wrote it replaced later."
ADVICE = "Give each run a stack of its own, or hold one lock from a run's first deploy to its last check."


def find(h: History) -> list[Finding]:
    """One finding per read of another run's value that this other run replaced."""
    return [f for r in h.reads if (f := _judge(h, r)) is not None]


def _judge(h: History, r: Read) -> Finding | None:
    w = max(r.writers, key=lambda w: w.sE, default=None)
    if w is None or w.run in (None, r.run) or w.value is None or any(x.run != w.run for x in r.writers):
        return None
    its = (x for d in h.calls.get(w.run, ()) for x in h.written.get(d.id, ()) if _replaces(h, x, w))
    later = min(its, key=lambda x: (x.sE, x.id), default=None)
    if later is None:
        return None
    proven = r.certain and later.sure
    return judged.about(
        h,
        r,
        CLASS,
        "info",
        proven,
        f"run {r.run} read {h.stamps.named(r.observed)} from {r.register}, which run {w.run} wrote and later replaced with "
        f"{h.stamps.named(later.value)}",
        missing=() if proven else ("which write came last before the read",),
        runs=tuple(sorted((r.run, w.run or ""))),
        facts={"later": of_write(h, later)},
    )


def _replaces(h: History, x: Write, w: Write) -> bool:
    return x.register == w.register and x.verb != "remove" and x.sE > w.eL and h.stamps.same(x.value, w.value) is False


def explain(f: Finding) -> list[Step]:
    """The read, its writer, and the writer's next value."""
    return [*judged.steps(f), write_said(f.facts["later"])]


def others(f: Finding) -> list[Other]:
    """The other hypotheses about the read, where it drifted; and that it was stale."""
    said = judged.others(f)
    if any(o.what == "stale-read" for o in said):
        return said
    later = f.facts["later"]
    return [*said, Other("stale-read", "the value that replaced it came only after the read", list(later["evidence"]))]
