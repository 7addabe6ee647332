"""What the correlator reconstructs from one case: the types that attribution, hypotheses and findings read."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import polars as pl

from forensics.correlate.extents import Extents
from forensics.correlate.logs import Log
from forensics.correlate.model import DELTA_US, INF, Deploy, Hold, Read, Write
from forensics.correlate.stamps import Stamps
from forensics.correlate.swarm import Service
from forensics.correlate.windows import Windows

FAILED = ("task.die", "task.oom", "task.error")


@dataclass
class Run:
    """What one run said of itself."""

    id: str
    ref: str | None = None
    recipe: str | None = None
    start_id: str | None = None
    end_id: str | None = None
    result_id: str | None = None
    outcome: str | None = None
    finished_us: int | None = None
    lo: int = -INF
    hi: int = INF


@dataclass
class History:
    """Everything that the correlator reconstructed from one case."""

    events: pl.DataFrame
    by_id: dict[str, dict[str, Any]] = field(default_factory=dict)
    stamps: Stamps = field(default_factory=Stamps)
    runs: dict[str, Run] = field(default_factory=dict)
    logs: dict[str, Log] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    deploys: list[Deploy] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    spare: list[Write] = field(
        default_factory=list
    )  # updates right after a creation: the endpoint's allocation, unless a read shows otherwise
    reads: list[Read] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    checkouts: list[dict[str, Any]] = field(default_factory=list)
    moves: list[dict[str, Any]] = field(default_factory=list)
    heads: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: dict[str, list[Deploy]] = field(default_factory=dict)  # by run, in order
    calls_on: dict[str, list[Deploy]] = field(default_factory=dict)  # by stack
    reads_of: dict[str, list[Read]] = field(default_factory=dict)  # by run, in order
    writes_of: dict[str, list[Write]] = field(default_factory=dict)  # by register
    writes_on: dict[str, list[Write]] = field(default_factory=dict)  # by stack
    written: dict[str, list[Write]] = field(default_factory=dict)  # by call, oldest first
    sought: dict[tuple[str, str | None], Any] = field(default_factory=dict)  # what searches made of these, by what they search and where
    kept: dict[Any, Any] = field(default_factory=dict)  # what analyses computed from it, so that each does so once
    has_events: bool = False
    windows: Windows = field(default_factory=Windows)  # over which time swarm's own events are in evidence

    def windows_of(self, register: str) -> Windows:
        """Over which time a write to one service would be in evidence.

        Besides swarm's events, an inspect tells: from the last write that it shows to its capture, nothing was written.
        The capture's time is the harness's, so that two clocks' difference is taken off.
        """
        if ("windows", register) not in self.kept:
            seen = self.inspects_of(register)
            still = [(i["at_us"], i["captured_us"] - DELTA_US) for i in seen if i["at_us"] is not None and i["captured_us"] is not None]
            self.kept["windows", register] = Windows.of([*self.windows.spans, *still]) if self.windows else self.windows
        return self.kept["windows", register]

    def event(self, event_id: str | None) -> dict[str, Any] | None:
        """One event by id; None for none."""
        return self.by_id.get(event_id) if event_id else None

    def stack_writes(self, stack: str) -> list[Write]:
        """The writes on one stack, oldest first."""
        return self.writes_on.get(stack, [])

    def stack_deploys(self, stack: str | None) -> list[Deploy]:
        """The calls on one stack, by run and number."""
        return self.calls_on.get(stack or "", [])

    def base_of(self, d: Deploy) -> Deploy | None:
        """What a run deployed before its upgrade; the earlier attempts of an upgrade that is repeated are no base of it."""
        before = (b for b in reversed(self.calls.get(d.run, ())) if b.verb == "deploy" and b.n < d.n and not b.upgrade)
        return next(before, None)

    def index(self) -> None:
        """Sort and index deploys, reads and writes anew; whoever moves one that is indexed does so again."""
        self.sought, self.written = {}, defaultdict(list)
        self.writes.sort(key=lambda w: (w.sE, w.register, w.id))
        self.calls, self.reads_of, self.writes_of, self.writes_on, self.calls_on = (defaultdict(list) for _ in range(5))
        for d in self.deploys:
            self.calls[d.run].append(d)
            if d.stack:
                self.calls_on[d.stack].append(d)
        for r in self.reads:
            self.reads_of[r.run].append(r)
        for w in self.writes:
            self.writes_of[w.register].append(w)
            self.writes_on[w.stack].append(w)
            if w.deploy is not None:
                self.written[w.deploy.id].append(w)

    @cached_property
    def failures_of(self) -> dict[str, list[dict[str, Any]]]:
        """Timed failures of tasks, by the name and by the id of their service; oldest first.

        Each with its instant `at_us`, the `image` of its task and the instant `began_us` at which that was started; null where no event says so.
        """
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        said = lambda name: pl.col("attrs").str.json_path_match(f"$.{name}")  # noqa: E731
        timed = self.events.filter(pl.col("ts").is_not_null()).with_columns(at_us=pl.col("ts").dt.epoch("us"), task_id=said("task_id"))
        began = timed.filter(pl.col("kind") == "task.start").group_by("task_id").agg(began_us=pl.col("at_us").min())
        rows = timed.filter(pl.col("kind").is_in(FAILED) & (pl.col("outcome") != "0").fill_null(True)).with_columns(image=said("image"))
        for e in rows.join(began, on="task_id", how="left").sort("at_us", "event_id").to_dicts():
            for key in {e["service"], e["service_id"]} - {None}:
                found[key].append(e)
        return found

    def writes_meeting(self, register: str, lo: int, hi: int) -> list[Write]:
        """The writes of one service that can have begun by `hi` and need not have ended before `lo`, oldest first."""
        if ("writes", register) not in self.sought:
            self.sought["writes", register] = Extents.of(self.writes_of.get(register, []))
        return self.sought["writes", register].meeting(lo, hi)

    def calls_meeting(self, stack: str | None, lo: int, hi: int) -> list[Deploy]:
        """The calls on one stack that can have begun by `hi` and need not have ended before `lo`, by run and number."""
        if ("calls", stack) not in self.sought:
            self.sought["calls", stack] = Extents.of(self.stack_deploys(stack))
        return self.sought["calls", stack].meeting(lo, hi)

    def creations(self, register: str) -> list[int]:
        """When a service of this name was made, each time at the earliest, rising."""
        if ("creations", register) not in self.sought:
            self.sought["creations", register] = [w.sE for w in self.writes_of.get(register, ()) if w.verb == "create"]
        return self.sought["creations", register]

    def inspects_of(self, register: str) -> list[dict[str, Any]]:
        """The inspects of one service by its name, made anew or not: one after the other, each by version."""
        if "inspects" not in self.kept:
            self.kept["inspects"] = found = defaultdict(list)
            for service in self.services.values():
                found[service.name] += service.inspects
        return self.kept["inspects"].get(register, [])

    def instants(self, register: str, lo: int = -INF, hi: int = INF) -> Sequence[Write]:
        """The writes of one service that are known to the instant and lie in a closed span, oldest first."""
        if ("instants", register) not in self.sought:
            writes = [w for w in self.writes_of.get(register, ()) if w.sE == w.eL]
            self.sought["instants", register] = [w.sE for w in writes], writes
        times, writes = self.sought["instants", register]
        return writes[bisect_left(times, lo) : bisect_right(times, hi)]

    def log_of(self, deploy: Deploy) -> Log | None:
        """The log whose lines a call's positions speak of; None where only the tool's own file tells of the call."""
        log = self.logs.get(deploy.run)
        return log if log is not None and deploy.row["source_id"] == log.clock.source_id else None
