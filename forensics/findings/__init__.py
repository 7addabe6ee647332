"""The findings, one visible line each.

A class is a module with `CLASS`, `ABOUT` and `ADVICE`, `find(history)`, which gives findings with their facts, and
`explain(finding)` and `others(finding)`, which turn the facts, and nothing else, into the steps of the argument, and into the other
explanations, each with the events that reject it or with what would.
"""

from __future__ import annotations

from forensics.correlate.history import History
from forensics.findings import (
    aborted_read,
    claim_contradicted,
    comparison_void,
    concurrent_deploys,
    conflict_rejected,
    continuity_gap,
    drift_explained,
    flicker,
    insufficient_evidence,
    intermediate_read,
    leaked_stack,
    lost_write,
    masked_drift,
    mutual_exclusion_failure,
    order_contradiction,
    redundant_redeploy,
    removed_by_peer,
    resurrected_value,
    rolled_back_write,
    stale_read,
    torn_stack,
    transient_mixed,
    unattributed_read,
    unguarded_write,
    vacuous_upgrade,
    write_cycle,
)
from forensics.findings.finding import Finding, rank
from forensics.findings.implied import mark

FINDERS = (
    write_cycle,
    torn_stack,
    lost_write,
    unguarded_write,
    mutual_exclusion_failure,
    concurrent_deploys,
    aborted_read,
    rolled_back_write,
    drift_explained,
    unattributed_read,
    stale_read,
    continuity_gap,
    order_contradiction,
    insufficient_evidence,
    masked_drift,
    vacuous_upgrade,
    leaked_stack,
    claim_contradicted,
    removed_by_peer,
    # for information
    intermediate_read,
    transient_mixed,
    flicker,
    conflict_rejected,
    redundant_redeploy,
    resurrected_value,
    comparison_void,
)


def classes() -> dict[str, tuple[str, str]]:
    """Every finding class with what it means and what to do about it."""
    return {module.CLASS: (module.ABOUT, module.ADVICE) for module in sorted(FINDERS, key=lambda m: m.CLASS)}


def find_all(h: History) -> list[Finding]:
    """All findings with the steps of their arguments, worst first."""
    found = []
    for module in FINDERS:
        for f in module.find(h):
            f.because, f.others = module.explain(f), module.others(f)
            found.append(f)
    _tell_apart(found)
    found.sort(key=rank)
    mark(found)
    return found


def _tell_apart(found: list[Finding]) -> None:
    """Number findings that are told in the same words, by time, so that each has a name of its own."""
    alike: dict[str, list[Finding]] = {}
    for f in found:
        alike.setdefault(f.id, []).append(f)
    for several in alike.values():
        for n, f in enumerate(sorted(several, key=lambda f: (f.t_lo or 0, f.t_hi or 0, f.cited()))):
            f.nth = n
