"""The records of the correlator: small, one stack at a time.

Times are integer microseconds on the reference clock (docker's where it speaks), closed bounds. `sE` and `sL`
are the earliest and latest possible start, `eE` and `eL` the same of the end; None is unbounded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

INF = 1 << 62
DELTA_US = 2_000_000  # what two clocks may differ by, where nothing else is known


def bounded(us: int | None) -> int | None:
    """A bound as tables have it: null where it is not known."""
    return None if us is None or abs(us) >= INF // 2 else us


@dataclass(eq=False)
class Deploy:
    """One attempt of one run to change one stack."""

    id: str
    run: str
    n: int
    verb: str
    stack: str | None
    row: dict[str, Any]  # the row of the `deploys` projection
    value: str | None = None  # what it stamps; None is not known
    sE: int = -INF
    sL: int = INF
    eE: int = -INF
    eL: int = INF
    ended: bool = True
    outcome: str = "info"
    writes: list[Write] = field(default_factory=list)
    upgrade: bool = False


@dataclass(eq=False)
class Write:
    """One change of one service, by whomever."""

    id: str
    register: str  # the service's name
    stack: str
    verb: str  # create, update, rollback, remove
    kind: str  # client, system, manual, gap, hole
    value: str | None
    sE: int
    sL: int
    eE: int
    eL: int
    outcome: str = "ok"
    sure: bool = True
    deploy: Deploy | None = None
    maybe: list[Deploy] = field(default_factory=list)  # the calls that may have made it
    free: bool = False  # nobody in evidence need have made it
    unclaimed: bool = False  # no call in evidence can have made it
    carried: bool = False  # a stranger's, that left the label as it stood
    unlogged: tuple[str, ...] = ()  # runs that may have made a call here that no line tells
    service_id: str | None = None
    image: tuple[str | None, str | None] = (None, None)
    origin: Write | None = None  # the write whose value this one restores
    reverts: Write | None = None
    actor_sure: bool = True
    evidence: list[str] = field(default_factory=list)  # event ids

    @property
    def run(self) -> str | None:
        """The run that wrote, where one is known."""
        return self.deploy.run if self.deploy else None

    @property
    def options(self) -> list[tuple[str, str | None]]:
        """Who may have written, each with the value that would then stand there: a run, `swarm`, or `operator` for whoever is no run in evidence.

        A value that is known whoever wrote (an inspect shows it) is everybody's.
        """
        if self.kind == "system":
            return [("swarm", self.value)]
        if self.kind == "manual":
            return [("operator", self.value)]
        if self.deploy is not None:
            return [(self.deploy.run, self.value)]
        told = [(d.run, d.value if self.value is None else self.value) for d in self.maybe]
        told += [(run, self.value) for run in self.unlogged if self.free or not self.maybe]
        return [*told, *([("operator", self.value)] if self.free or not self.maybe else [])]

    @property
    def suspects(self) -> list[str]:
        """The runs that may have written, sorted."""
        return sorted({who for who, _ in self.options} - {"swarm", "operator"})

    @property
    def by(self) -> str | None:
        """Who wrote: a run id, `swarm`, `operator`, or None where that is not certain."""
        who = {w for w, _ in self.options}
        return who.pop() if len(who) == 1 else None

    @property
    def accounted(self) -> bool:
        """Whether a run in evidence, or swarm, made this write for sure, even if it is not certain which run."""
        return self.kind == "system" or self.deploy is not None or (self.kind != "manual" and bool(self.maybe) and not self.free)


@dataclass(eq=False)
class Read:
    """One identity read of a run."""

    run: str
    ordinal: int
    stack: str
    register: str
    observed: str | None
    rE: int
    rL: int
    index: int | None = None
    evidence: list[str] = field(default_factory=list)
    inspect: dict[str, Any] | None = None  # service.spec row kept from this very read
    at: int = 0  # position in the run's log
    last: Deploy | None = None  # the run's last deploy before it
    intended: str | None = None
    taken: str | None = None
    drift: bool | None = None
    candidates: list[Write] = field(default_factory=list)
    writers: list[Write] = field(default_factory=list)  # V(r)
    whom: frozenset[str] = frozenset()  # everyone who may have left the value
    certain: bool = False
    cause: str | None = None
    writer_run: str | None = None
    hypotheses: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass
class Hold:
    """One run holds one lock, from acquisition to release."""

    run: str
    lock: str
    aE: int
    aL: int
    zE: int
    zL: int
    acquire_id: str
    release_id: str | None
    at: tuple[int, int | None] = (0, None)


@dataclass
class Clock:
    """What relates a log's own time to the reference clock: `offset` is added to the log's time."""

    source_id: str
    path: str
    run: str
    kind: str  # stated, zone-declared, zone-assumed, relative, file (the harness's other files time it), none
    lo: int
    hi: int
    anchors: list[tuple[str, int, int, list[str]]] = field(default_factory=list)  # (what, lo, hi, event ids)
    contradicted: bool = False
