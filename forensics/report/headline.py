"""What happened, in one line: above a picture of the whole case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from forensics.analysis import Analysis
from forensics.report.document import NOT_PROVEN, PROVEN
from forensics.report.values import count, short

Row = Mapping[str, Any]


def headline(a: Analysis) -> str:
    """The one read that needs explaining with its cause, or how many do and their causes, most frequent first; else the worst finding.

    Empty where nothing can be said: no identity read, no finding.
    """
    judged = [r for r in a.drift if r["hypotheses"]]
    if len(judged) == 1:
        return _one(judged[0])
    if judged:
        drifted = sum(r["drift"] is True for r in judged)
        causes = Counter(f"{r['cause']} {proof(r)}" for r in judged).most_common()
        told = ", ".join(cause if n == 1 else f"{n}× {cause}" for cause, n in causes)
        passed = f", {len(judged) - drifted} passed by another's hand" if 0 < drifted < len(judged) else ""
        what = f"{drifted} of {count(len(a.drift), 'identity read')} drifted" if drifted else "no identity read drifted"
        return f"{what}{passed}: {told}"
    if a.findings:
        worst = a.findings[0]
        return f"{worst['class']}, {worst['verdict']}: {short(worst['summary'])}"
    return f"{count(len(a.drift), 'identity read')}, none drifted" if a.drift and all(r["drift"] is False for r in a.drift) else ""


def proof(r: Row) -> str:
    """Whether the cause of a read is proven: one of its explanations is."""
    return PROVEN if any(h["verdict"] == PROVEN for h in r["hypotheses"].values()) else NOT_PROVEN


def _one(r: Row) -> str:
    seen, wanted = short(r["observed"]) or "nothing", short(r["intended"])
    how = "as intended, but by another's write" if r["drift"] is False else f"not {wanted}" if wanted else "intended unknown"
    return f"run {r['run']} read {seen}, {how}: {r['cause']}, {proof(r)}"
