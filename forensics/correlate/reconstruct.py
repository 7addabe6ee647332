"""From events to a history: deploys, writes and reads on one clock, each write with its writer.

The order of work: logs and calls as told; swarm's writes and what inspects show of their values; the offset of each log's
clock; which call made which write, which in turn bounds the logs; values; reads.
"""

from __future__ import annotations

from itertools import pairwise

import polars as pl

from forensics.correlate import trees
from forensics.correlate.bounding import bound
from forensics.correlate.calls import deploy_of
from forensics.correlate.history import History
from forensics.correlate.holds import holds_of
from forensics.correlate.logs import logs
from forensics.correlate.model import Deploy
from forensics.correlate.offsets import lend_clocks, solve_clocks
from forensics.correlate.owning import own
from forensics.correlate.reads import reads_of, settle_reads
from forensics.correlate.reversals import read_reversals
from forensics.correlate.runs import head_moves, runs_of
from forensics.correlate.shown import shown_values
from forensics.correlate.stamps import stamps_of
from forensics.correlate.swarm import services
from forensics.correlate.told import told_writes
from forensics.correlate.valuing import value
from forensics.correlate.windows import Windows
from forensics.projections.copies import without_copies
from forensics.projections.deploys import deploys as deploys_of
from forensics.projections.naming import named
from forensics.projections.streams import stream

SKIP = ("object.event", "container.event", "health", "task.health", "env.value", "banner", "document")
SERVICE_KINDS = ("service.create", "service.update", "service.state", "service.remove")


def reconstruct(events: pl.LazyFrame, coverage: pl.LazyFrame | None = None) -> History:
    """Rebuild the history of a case from its events alone; `coverage` (`projections.coverage`) adds the windows that people vouch for."""
    frame = without_copies(named(events.filter(~pl.col("kind").is_in(SKIP)).collect()))
    frame = frame.sort("path", "line_no", "offset", "kind", "event_id")
    h = History(frame)
    h.by_id = {row["event_id"]: row for row in frame.to_dicts()}
    h.stamps = stamps_of(frame)
    _see_events(h, events, coverage)
    h.services = services(frame, h.windows)
    h.logs = logs(stream(frame.lazy()).collect())
    h.runs = runs_of(frame)
    h.deploys = [deploy_of(row) for row in deploys_of(frame.lazy()).collect().to_dicts()]
    h.moves = head_moves(frame)
    h.heads = {trees.key(r["tree"]) or "": r for r in frame.filter(pl.col("kind") == "head.value").to_dicts()}
    h.writes = [w for s in h.services.values() for w in s.writes]
    _place_on_stacks(h)
    h.index()
    h.reads = reads_of(h)
    h.index()
    lend_clocks(h)
    _decide(h)
    settle_reads(h)
    h.writes += read_reversals(h)
    h.index()
    h.holds = holds_of(h)
    for run in h.runs.values():
        if run.id in h.logs and len(h.logs[run.id].rows):
            log = h.logs[run.id]
            run.lo, run.hi = log.window(0)[0], log.window(len(log.rows) - 1)[1]
    return h


def _see_events(h: History, events: pl.LazyFrame, coverage: pl.LazyFrame | None) -> None:
    """Whether swarm's own events are in evidence, and over which time: of whatever kind, an event shows that the recorder was there."""
    from_docker = events.filter(pl.col("parser").str.starts_with("docker_events") & pl.col("ts").is_not_null())
    ts = pl.col("ts").dt.epoch("us")
    dumps = (
        from_docker.group_by("source_id").agg(pl.col("kind").is_in(SERVICE_KINDS).any().alias("seen"), lo=ts.min(), hi=ts.max()).collect()
    )
    h.has_events = bool(dumps["seen"].any())
    if not h.has_events:
        return
    spans = list(dumps.select("lo", "hi").iter_rows())
    if coverage is not None:
        told = coverage.filter(pl.col("shows") == "services").select(pl.col("from").dt.epoch("us"), pl.col("to").dt.epoch("us"))
        spans += told.drop_nulls().collect().iter_rows()
    h.windows = Windows.of(spans)


def _place_on_stacks(h: History) -> None:
    """A service belongs to the stack that is the longest known prefix of its name, else to its namespace label."""
    known = {d.stack for d in h.deploys if d.stack} | set(h.events["stack"].drop_nulls().unique())
    place: dict[str, str] = {}
    for name in {w.register for w in h.writes}:
        parts = name.split("_")
        prefixes = ("_".join(parts[:n]) for n in range(len(parts) - 1, 0, -1))
        place[name] = next((p for p in prefixes if p in known), name.rpartition("_")[0] or name)
    for w in h.writes:
        w.stack = place[w.register]


def _decide(h: History) -> None:
    """Clocks, owners and values: what swarm saw handed to the calls, and the calls' own word where it saw nothing."""
    shown = shown_values(h.services.values())
    solve_clocks(h, shown)
    own(h, shown)
    bound(h)
    for w in h.writes:
        if w.deploy is not None:
            w.deploy.writes.append(w)
        elif (
            w.kind == "client"
            and w.unclaimed
            and not w.unlogged
            and w.outcome != "allocation"
            and w.verb in ("update", "remove")
            and h.has_events
        ):
            w.kind = "manual"
    h.spare = [w for w in h.writes if w.outcome == "allocation" and w.deploy is None]
    h.writes = [w for w in h.writes if w.outcome != "allocation" or w.deploy is not None]
    for w in h.writes:
        w.outcome = "ok" if w.outcome == "allocation" else w.outcome
    for d in h.deploys:
        _bound_by_writes(h, d)
    for calls in h.calls.values():
        _keep_order(calls)
    h.index()
    told = [w for d in h.deploys for w in told_writes(h, d)]
    for w in told:
        w.deploy.writes.append(w)
    if not h.has_events:  # a creation that an inspect dates is one call's, even if it is not known whose
        by_register = {w.register for w in told}
        h.writes = [w for w in h.writes if w.verb != "create" or w.deploy is not None or w.register not in by_register]
    h.writes += told
    h.index()
    value(h, shown)


def _bound_by_writes(h: History, d: Deploy) -> None:
    """A call covers what it wrote: it began no later than its first write, and ended no earlier than its last."""
    if not d.writes:
        return
    first, last = min(w.sE for w in d.writes), max(w.eL for w in d.writes)
    d.sE, d.sL = min(d.sE, first), min(d.sL, first)
    d.eE, d.eL = max(d.eE, last), max(d.eL, last)


def _keep_order(calls: list[Deploy]) -> None:
    """A run's calls follow each other: that bounds those of which no log tells when they ran."""
    for a, b in pairwise(calls):
        if a.row["source_id"] is None or b.row["source_id"] is None:
            if a.eE <= b.sL:
                b.sE, a.eL = max(b.sE, a.eE), min(a.eL, b.sL)
            a.sL, b.eE = min(a.sL, a.eL), max(b.eE, b.sE)
