"""A check passed only because another's write landed: the run's own deploy had stamped something else.

Term: own. PROVEN where only others' writes can be what was read; NOT PROVEN where the run's own may be. A value of the run's
own that was overwritten and restored by swarm is `resurrected-value`. Cannot conclude that the run would have failed alone.
"""

from __future__ import annotations

from forensics.correlate.history import History
from forensics.correlate.model import Read, Write
from forensics.findings import judged
from forensics.findings.facts import of_write, write_said
from forensics.findings.finding import Finding, Other, Step
from forensics.wording import several

CLASS = "masked-drift"
ABOUT = "A check passed only because another's write landed: the run's own deploy had stamped something else."
ADVICE = "Do not trust that it passed. Compare the stamp that the deploy took with the commit under test."


def find(h: History) -> list[Finding]:
    """One finding per read that went as intended by another's hand."""
    return [f for r in h.reads if r.drift is False and (f := _judge(h, r)) is not None]


def _judge(h: History, r: Read) -> Finding | None:
    own = own_last(h, r)
    stamped = r.taken if r.taken is not None else own.value if own is not None else None
    foreign = [w for w in r.writers if _foreign(w, r)]
    if not foreign or h.stamps.same(stamped, r.intended) is not False:
        return None
    known = all(w.value is not None for w in foreign)
    proven = len(foreign) == len(r.writers) and known and (r.certain or h.has_events)
    who = several(sorted({"somebody in no log" if n == "operator" else n for w in foreign for n, _ in w.options}), " or ")
    return judged.about(
        h,
        r,
        CLASS,
        "high",
        proven,
        f"run {r.run}'s check passed on {h.stamps.named(r.observed)} that {who} wrote; its own deploy had taken {h.stamps.named(stamped)}",
        missing=() if proven else ("which write came last",),
        runs=tuple(sorted({r.run, *(w.run for w in foreign if w.run)})),
        facts={"own": of_write(h, own) if own is not None else None, "stamped": h.stamps.named(stamped)},
    )


def _foreign(w: Write, r: Read) -> bool:
    """Whether a write is surely not the reader's own: a person's, another run's, or that of one of several others."""
    if w.kind == "manual" or w.run is not None:
        return w.kind == "manual" or w.run != r.run
    return bool(w.suspects) and r.run not in w.suspects


def own_last(h: History, r: Read) -> Write | None:
    """The write of the run's last deploy before the read, by the order of its log; else its own last sure write before the read ended."""
    mine = [
        w
        for d in h.calls.get(r.run, ())
        for w in h.written.get(d.id, ())
        if w.register == r.register and w.sure and w.verb != "remove" and w.sE <= r.rL
    ]
    last = [w for w in mine if w.deploy is r.last]
    return max(last or mine, key=lambda w: w.sE) if mine else None


def explain(f: Finding) -> list[Step]:
    """The read and its writers, then what the run itself had written."""
    return judged.steps(f) + ([write_said(f.facts["own"])] if f.facts["own"] else [])


def others(f: Finding) -> list[Other]:
    """The other hypotheses about the read; that its own write came last, where that is not decided."""
    own = f.facts["own"] or f.facts["read"]
    mine = Other("the run's own write", "whether it was the last before the read is not decided", list(own["evidence"]), f.missing)
    return judged.others(f) + ([mine] if f.missing else [])
