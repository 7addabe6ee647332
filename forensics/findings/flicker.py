"""A new value was read, and then the old one, while the write of the new one was under way.

Term: own; what a regular register allows and an atomic one does not. For information. Cannot conclude that anything wrote in
between: a read that overlaps a write may see either value.
"""

from __future__ import annotations

from forensics.correlate.history import History
from forensics.correlate.model import INF, Read, Write
from forensics.findings.facts import of_read, of_write, read_said, write_said
from forensics.findings.finding import Finding, Other, Step

CLASS = "flicker"
ABOUT = "The new value was read, and then the old one, while the write was under way."
ADVICE = "Read after the deploy's end, and under the lock that the deploy takes."


def find(h: History) -> list[Finding]:
    """One finding per two reads in a row of one service, in the order new, old, during one write."""
    found = []
    of_register: dict[str, list[Read]] = {}
    for r in h.reads:
        if r.rE > -INF and r.rL < INF:
            of_register.setdefault(r.register, []).append(r)
    for _, told in sorted(of_register.items()):
        reads = sorted(told, key=lambda r: (r.rE, r.rL, r.run))
        for one, two in zip(reads, reads[1:], strict=False):
            if (one.rL <= two.rE or one.run == two.run) and (pair := _seen(h, one, two)) is not None:
                found.append(_finding(h, one, two, *pair))
    return found


def _seen(h: History, one: Read, two: Read) -> tuple[Write, Write] | None:
    """The write under way that the first read saw, and the older one that the second saw."""
    new = next((w for w in one.writers if w.value is not None and w.eL > two.rE and w.sE <= one.rL), None)
    if new is None or h.stamps.same(one.observed, two.observed) is not False or h.stamps.same(new.value, two.observed) is not False:
        return None
    old = [w for w in two.writers if w.value is not None and w.sE < new.sE]
    return (new, old[-1]) if old else None


def _finding(h: History, one: Read, two: Read, new: Write, old: Write) -> Finding:
    proven = one.writers == [new] and two.writers == [old]
    return Finding(
        CLASS,
        "info",
        proven,
        two.stack,
        tuple(sorted({one.run, two.run, *(w.run for w in (new, old) if w.run)})),
        f"{two.register} read {h.stamps.named(one.observed)} and then {h.stamps.named(two.observed)} while the write of the first was under way",
        service=two.register,
        t_lo=one.rE,
        t_hi=two.rL,
        missing=() if proven else ("which write each of the two reads saw (Version.Index)",),
        facts={"first": of_read(h, one), "second": of_read(h, two), "new": of_write(h, new), "old": of_write(h, old)},
    )


def explain(f: Finding) -> list[Step]:
    """The two writes, and the two reads in their order."""
    k = f.facts
    return [write_said(k["old"]), write_said(k["new"]), read_said(k["first"]), read_said(k["second"])]


def others(f: Finding) -> list[Other]:
    """A second write in between."""
    both = [*f.facts["first"]["evidence"], *f.facts["second"]["evidence"]]
    return [
        Other("a write in between", "while a write is under way, a read may see either value: none in between is needed", both, f.missing)
    ]
