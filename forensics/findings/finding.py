"""The type of a finding: facts first, prose last.

`find` fills the facts of a finding; `explain` turns the facts, and nothing else, into the steps of the argument, and `others`
into the other explanations, each rejected or left open.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

SEVERITIES = ("critical", "high", "medium", "low", "info")
Step = tuple[str, list[str]]  # what holds, and the ids of the events that say so, or that it follows from


@dataclass(frozen=True)
class Other:
    """Another explanation of the same evidence: rejected by these events; or left open, where `missing` names what would decide it."""

    what: str
    because: str
    evidence: list[str]
    missing: tuple[str, ...] = ()


@dataclass
class Finding:
    """One anomaly. `facts` hold what prose needs, in terms of JSON; `evidence` are event ids, in the order of the story.

    `because` are the steps of the argument, each with its events; `others` the other explanations; `implied_by` is
    the worse finding that this one follows from.
    """

    cls: str
    severity: str
    proven: bool
    stack: str | None
    runs: tuple[str, ...]
    summary: str
    sub: str | None = None
    service: str | None = None
    t_lo: int | None = None
    t_hi: int | None = None
    missing: tuple[str, ...] = ()
    evidence: list[str] = field(default_factory=list)
    because: list[Step] = field(default_factory=list)
    others: list[Other] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    implied_by: str | None = None
    nth: int = 0  # of several that are told in the same words, which one, by time

    @property
    def id(self) -> str:
        """A short name that depends on what was found alone."""
        key = "|".join([self.cls, self.sub or "", self.stack or "", self.service or "", *self.runs, self.summary])
        key += f"|{self.nth}" if self.nth else ""
        return hashlib.sha256(key.encode()).hexdigest()[:8]

    def cited(self) -> list[str]:
        """All event ids of the argument, each once, in order; those of the other explanations stand with these."""
        every = [*self.evidence, *(e for _, ids in self.because for e in ids)]
        return list(dict.fromkeys(e for e in every if e))


def rank(finding: Finding) -> tuple[int, int, str, str, int, str]:
    """Worst first, then proven first; those of one class on one stack by time. The rest only makes the order total."""
    return SEVERITIES.index(finding.severity), 0 if finding.proven else 1, finding.cls, finding.stack or "", finding.t_lo or 0, finding.id
