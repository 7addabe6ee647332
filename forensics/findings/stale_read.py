"""A read saw a value that had been overwritten before the read began.

Term: stale read (general). Says by how much at least, and how many versions behind. Cannot conclude where the old value
was served from.
"""

from __future__ import annotations

from forensics.correlate.history import History
from forensics.correlate.holes import overwriting
from forensics.findings import judged
from forensics.findings.facts import of_write, write_said
from forensics.findings.finding import Finding, Other, Step
from forensics.wording import duration

CLASS = "stale-read"
ABOUT = "A read saw a value that had been overwritten before the read began."
ADVICE = "Read again from the manager, and compare Version.Index."


def find(h: History) -> list[Finding]:
    """One finding per read that drifted to an overwritten value."""
    found = []
    for r in h.reads:
        if not r.drift or r.cause != "stale-read":
            continue
        writes = overwriting(h.writes_of.get(r.register, []), r)
        old = next((w for w in reversed(writes) if h.stamps.same(w.value, r.observed)), None)
        newer = [w for w in writes if old is not None and w.sE > old.sE]
        lag = r.rE - newer[0].eL if newer else 0
        found.append(
            judged.about(
                h,
                r,
                CLASS,
                "medium",
                True,
                f"{judged.told(h, r)}; that value had been overwritten at least {duration(max(lag, 0))} before, {len(newer)} versions ago",
                facts={
                    "lag_at_least_us": max(lag, 0),
                    "versions_behind": len(newer),
                    "old": of_write(h, old) if old is not None else None,
                    "over": of_write(h, newer[0]) if newer else None,
                },
            )
        )
    return found


def explain(f: Finding) -> list[Step]:
    """The old write, what came over it, and the read."""
    return [write_said(f.facts[x]) for x in ("old", "over") if f.facts[x]] + judged.steps(f)


def others(f: Finding) -> list[Other]:
    """The other hypotheses about the read."""
    return judged.others(f)
