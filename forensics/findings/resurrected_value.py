"""A rollback restored a value that another run had written: it was overwritten, and came back without a deploy.

Term: own. For information: a check of the first run passes on a value that had been gone in between, and the second run's
deploy leaves no trace in the label. Cannot conclude why the second deploy failed.
"""

from __future__ import annotations

from forensics.correlate.history import History
from forensics.correlate.model import Read, Write
from forensics.findings.facts import of_read, of_write, read_said, write_said
from forensics.findings.finding import Finding, Other, Step

CLASS = "resurrected-value"
ABOUT = "A rollback restored a value that another run had written."
ADVICE = "Check who deployed in between: the label alone does not show it."


def find(h: History) -> list[Finding]:
    """One finding per rollback of one run's write to another run's value."""
    return [f for w in h.writes if w.verb == "rollback" and (f := _judge(h, w)) is not None]


def _origin(w: Write) -> Write | None:
    at = w.origin
    while at is not None and at.verb == "rollback" and at.origin is not None:
        at = at.origin
    return at


def _judge(h: History, w: Write) -> Finding | None:
    origin, reverted = _origin(w), w.reverts
    if origin is None or reverted is None or origin.run is None:
        return None
    others = {reverted.run} if reverted.run else set(reverted.suspects)
    if not others or origin.run in others or h.stamps.same(origin.value, reverted.value) is True:
        return None
    proven = reverted.run is not None
    reads = [r for r in h.reads_of.get(origin.run, ()) if w in r.writers and r.drift is False]
    return Finding(
        CLASS,
        "info",
        proven,
        w.stack,
        tuple(sorted({origin.run, *others})),
        f"{w.register} came back to run {origin.run}'s {h.stamps.named(origin.value)} when {' or '.join(sorted(others))}'s write was rolled back"
        + (f"; run {origin.run}'s check passed on it" if reads else ""),
        service=w.register,
        t_lo=w.sE,
        t_hi=w.eL,
        missing=() if proven else ("which run made the write that was rolled back",),
        facts={
            "origin": of_write(h, origin),
            "reverted": of_write(h, reverted),
            "rollback": of_write(h, w),
            "reads": [of_read(h, r) for r in _first(reads)],
        },
    )


def _first(reads: list[Read]) -> list[Read]:
    return sorted(reads, key=lambda r: r.ordinal)[:3]


def explain(f: Finding) -> list[Step]:
    """The value, what came over it, the rollback that brought it back, and the checks that saw it."""
    k = f.facts
    return [write_said(k["origin"]), write_said(k["reverted"]), write_said(k["rollback"]), *(read_said(r) for r in k["reads"])]


def others(f: Finding) -> list[Other]:
    """That the run never wrote the value itself, or wrote it again."""
    origin, rollback = f.facts["origin"], f.facts["rollback"]
    return [
        Other("masked-drift", f"run {origin['run']} had written the value itself", list(origin["evidence"])),
        Other("a second deploy of it", "a rollback put it back, and no deploy", list(rollback["evidence"])),
    ]
