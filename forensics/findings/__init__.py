"""The findings, one visible line each."""

from __future__ import annotations

from forensics.correlate.reconstruct import History
from forensics.findings import (
    concurrent_deploys,
    continuity_gap,
    order_contradiction,
    overlap_damage,
    reads,
    removed_by_peer,
    rolled_back_write,
    torn_stack,
    unguarded_write,
    vacuous_upgrade,
)
from forensics.findings.finding import Finding, rank

FINDERS = (
    concurrent_deploys,
    rolled_back_write,
    torn_stack,
    removed_by_peer,
    continuity_gap,
    unguarded_write,
    vacuous_upgrade,
    order_contradiction,
    overlap_damage,
    reads,
)


def classes() -> dict[str, tuple[str, str]]:
    """Every finding class with what it means and what to do about it."""
    found: dict[str, tuple[str, str]] = {}
    for module in FINDERS:
        if hasattr(module, "CLASS"):
            found[module.CLASS] = (module.ABOUT, module.ADVICE)
        else:
            found |= {c: (module.ABOUT[c], module.ADVICE[c]) for c in module.CLASSES}
    return dict(sorted(found.items()))


def find_all(h: History) -> list[Finding]:
    """All findings, worst first."""
    return sorted((f for module in FINDERS for f in module.find(h)), key=rank)
