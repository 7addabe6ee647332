"""What can be said of a run, so that runs can be grouped by what they share.

Traits are of the run and its surroundings, never a judgement of it: recipe, ref, stages, stack, work tree, host, tool versions, level
scheme, locks, what it shared at the same time, and how many other runs were at work meanwhile (the load that the harness itself puts on the host).
What is not known of a run is not said of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import polars as pl

from forensics.correlate import trees
from forensics.correlate.attrs import attrs
from forensics.correlate.guards import guards, key_of
from forensics.correlate.history import History
from forensics.correlate.model import INF
from forensics.correlate.resources import shared
from forensics.correlate.said import of_kind

Trait = tuple[str, str, str]  # run, name, value


def traits(h: History) -> list[Trait]:
    """Every trait of every run: (run, name, value), sorted, each once."""
    return sorted({*_runs(h), *_hosts(h), *_tools(h), *_deploys(h), *_locks(h), *_overlaps(h), *_load(h), *_services(h)})


def _runs(h: History) -> Iterator[Trait]:
    for run in h.runs.values():
        if run.recipe:
            yield run.id, "recipe", run.recipe
        if run.ref:
            yield run.id, "ref", (h.stamps.commit_of(run.ref) or run.ref)[:12]
    for e in of_kind(h, "run.start", "run.result"):
        more, run = attrs(e["attrs"]), e["run"]
        if not run:
            continue
        if e["kind"] == "run.start" and more.get("stages"):
            yield run, "stages", more["stages"]
        if e["kind"] == "run.start" and more.get("quick"):
            yield run, "quick", more["quick"]
        if e["kind"] == "run.result" and more.get("schema"):
            yield run, "level scheme", f"results.json schema {more['schema']}"
        if e["kind"] == "run.result" and more.get("version"):
            yield run, "harness version", str(more["version"])


def _hosts(h: History) -> Iterator[Trait]:
    for run, host in h.events.filter(pl.col("run").is_not_null() & pl.col("host").is_not_null()).select("run", "host").unique().iter_rows():
        yield run, "host", host


def _tools(h: History) -> Iterator[Trait]:
    for e in of_kind(h, "tool.version"):
        if e["run"] and (version := attrs(e["attrs"]).get("version")):
            yield e["run"], f"{e['command'] or 'tool'} version", version + (f" ({c})" if (c := attrs(e["attrs"]).get("commit")) else "")


def _deploys(h: History) -> Iterator[Trait]:
    users: dict[str, set[str]] = defaultdict(set)
    for d in h.deploys:
        if d.stack:
            yield d.run, "stack", d.stack
        if d.verb != "deploy":
            continue
        if key := trees.key(d.row["tree"]):
            users[key].add(d.run)
        yield d.run, "upgrade" if d.upgrade else "base deploy", "chaos" if d.row["chaos"] else "pinned"
        if d.outcome == "fail":
            yield d.run, "a deploy failed", d.row["error_kind"] or "for an unnamed reason"
    for key, runs in users.items():
        for run in runs:
            yield run, "tree", "its own" if len(runs) == 1 else key


def _locks(h: History) -> Iterator[Trait]:
    held = guards(h)
    for d in h.deploys:
        if held[d.id].known and not held[d.id].certain:
            yield d.run, "a deploy under lock", "none"
        for lock in held[d.id].certain:
            yield d.run, "a deploy under lock", lock
    for hold in h.holds:
        yield hold.run, "lock", key_of(h, hold)


def _overlaps(h: History) -> Iterator[Trait]:
    for pair in shared(h)[0]:
        for use in (pair.a, pair.b):
            yield use.run, f"overlaps on a {pair.a.resource}", "surely" if pair.definite else "possibly"


def _load(h: History) -> Iterator[Trait]:
    """How many other runs were surely at work at some moment of a run: `with n other runs or more`, for each n up to that."""
    spans = [(r.id, r.lo, r.hi) for r in h.runs.values() if -INF < r.lo <= r.hi < INF]
    if not spans:
        return
    starts, ends = np.sort([s for _, s, _ in spans]), np.sort([e for _, _, e in spans])
    moments = starts  # the number at work is greatest just after a start
    at_work = np.searchsorted(starts, moments, side="right") - np.searchsorted(ends, moments, side="left")
    for run, lo, hi in spans:
        inside = at_work[np.searchsorted(moments, lo, side="left") : np.searchsorted(moments, hi, side="right")]
        most = int(inside.max(initial=1)) - 1
        yield run, "load", "alone" if most <= 0 else "with other runs"
        for n in range(2, min(most, 9) + 1):
            yield run, "load", f"with {n} other runs or more"


def _services(h: History) -> Iterator[Trait]:
    for service in h.services.values():
        for i in service.inspects:
            if i["run"] and i["failure_action"]:
                yield i["run"], "failure action", i["failure_action"]
