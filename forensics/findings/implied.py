"""Which findings follow from worse ones, so that a reader sees one damage once.

The lesser finding is kept, and says what it follows from. A rule holds for findings of one stack, where the runs of the lesser
are among those of the worse (a wider finding is not implied by a narrower one).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from forensics.findings.finding import Finding

Rule = tuple[str, Callable[[Finding], bool], str]

RULES: tuple[Rule, ...] = (
    ("write-cycle", lambda f: True, "torn-stack"),
    ("torn-stack", lambda f: f.sub == "interleaved", "concurrent-deploys"),
    ("write-cycle", lambda f: True, "concurrent-deploys"),
    ("lost-write", lambda f: True, "concurrent-deploys"),
    ("drift-explained", lambda f: f.sub == "by-concurrency", "concurrent-deploys"),
    ("rolled-back-write", lambda f: f.sub == "silent", "claim-contradicted"),
    ("leaked-stack", lambda f: True, "claim-contradicted"),
    ("vacuous-upgrade", lambda f: bool(f.facts.get("passed")), "claim-contradicted"),
)
ABOUT_THE_SAME = {  # sub-classes of a claim that are about the same thing as the worse finding
    "rolled-back-write": {"deployed", "converged"},
    "leaked-stack": {"torn-down"},
    "vacuous-upgrade": {"passed-without-change"},
}


def mark(found: Sequence[Finding]) -> None:
    """Give each finding that follows from a worse one of the list its id; the first rule that fits wins."""
    groups: dict[tuple[str, str | None, str], list[Finding]] = {}
    for g in (g for g in found if g.runs):
        groups.setdefault((g.cls, g.stack, g.runs[0]), []).append(g)
    for worse, holds, lesser in RULES:
        about = ABOUT_THE_SAME.get(worse)
        for f in (f for f in found if f.cls == worse and f.proven and holds(f)):
            for g in (g for run in f.runs for g in groups.get((lesser, f.stack, run), ())):
                if g.implied_by is None and set(g.runs) <= set(f.runs) and (about is None or g.sub in about):
                    g.implied_by = f.id
