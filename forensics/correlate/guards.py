"""Lock discipline: which locks a run held during each of its calls, and which one was common to all calls on a resource.

A lock line and a call of one run stand in one log, so their order is that of the lines and needs no clock; only a
release by another run (a clean-up that deletes a lock that it does not hold) is placed by time. A hold ends with its
process: one that is never released covers nothing after the run's last line. The numeric core is `lockset`.

References:
    Savage et al., Eraser: a dynamic data race detector, 1997 (lockset discipline)
    https://github.com/github/branch-deploy/issues/504 (a lock released by another run)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from forensics.correlate import lockset
from forensics.correlate.history import History
from forensics.correlate.logs import Log
from forensics.correlate.model import Deploy, Hold

HOLDS = {"id": pl.Int64, "key": pl.String, "run": pl.String, **dict.fromkeys(("aE", "aL", "zE", "zL"), pl.Int64)}
CALLS = {"id": pl.String, "register": pl.String, "run": pl.String, **dict.fromkeys(("sE", "sL", "eE", "eL"), pl.Int64)}


@dataclass(frozen=True)
class Guard:
    """The locks around one call. `known` is false where nobody knows what its run held: the run has no log, or the log lacks its beginning."""

    certain: frozenset[str]
    possible: frozenset[str]
    known: bool


@dataclass(frozen=True)
class Lockset:
    """The keys common to all calls on a resource: possibly (`most`; null where no call's locks are known), and certainly (`least`)."""

    most: frozenset[str] | None
    least: frozenset[str]


@dataclass(frozen=True)
class ForeignRelease:
    """A run said that it released a lock that it did not hold, while another run held it."""

    hold: Hold
    run: str
    event_id: str
    lo: int
    hi: int
    sure: bool


def key_of(h: History, hold: Hold) -> str:
    """What excludes whom: the lock's name, and its host where holds of one name are of several."""
    event = h.event(hold.acquire_id)
    return f"{hold.lock} on {event['host']}" if event is not None and event["host"] and len(_hosts(h)[hold.lock]) > 1 else hold.lock


def holds_of(h: History, run: str) -> list[Hold]:
    """The holds of one run, in the order of its log."""
    if "holds of runs" not in h.kept:
        found: dict[str, list[Hold]] = defaultdict(list)
        for hold in h.holds:
            found[hold.run].append(hold)
        h.kept["holds of runs"] = found
    return h.kept["holds of runs"].get(run, [])


def _hosts(h: History) -> dict[str, set[str]]:
    """The hosts on which each lock was taken, by its name."""
    if "hosts of locks" not in h.kept:
        found: dict[str, set[str]] = defaultdict(set)
        for hold in h.holds:
            event = h.event(hold.acquire_id)
            found[hold.lock] |= {event["host"]} if event is not None and event["host"] else set()
        h.kept["hosts of locks"] = found
    return h.kept["hosts of locks"]


def guards(h: History) -> dict[str, Guard]:
    """The locks around every call, by the deploy's id."""
    if "guards" not in h.kept:
        rows = lockset.guards(_holds(h), _calls(h, [("", d) for d in h.deploys]))
        h.kept["guards"] = {
            h.deploys[int(r["write"])].id: Guard(
                frozenset(r["keys_certain"] or ()), frozenset(r["keys_possible"] or ()), r["keys_possible"] is not None
            )
            for r in rows.to_dicts()
        }
    return h.kept["guards"]


def locks_of(h: History, deploy: Deploy) -> set[str]:
    """The locks that a run surely held during one of its calls."""
    return set(guards(h)[deploy.id].certain)


def locksets_of(h: History, resources: Mapping[str, Iterable[Deploy]]) -> dict[str, Lockset]:
    """The locks common to all calls on each resource."""
    calls = [(name, d) for name, deploys in resources.items() for d in deploys]
    rows = lockset.locksets(_holds(h), _calls(h, calls)).to_dicts()
    return {r["register"]: Lockset(None if r["c_max"] is None else frozenset(r["c_max"]), frozenset(r["c_min"])) for r in rows}


def foreign_releases(h: History) -> list[ForeignRelease]:
    """Releases by runs that did not hold the lock, each with the hold of another run that it fell into."""
    if "foreign releases" not in h.kept:
        h.kept["foreign releases"] = _foreign_releases(h)
    return h.kept["foreign releases"]


def _foreign_releases(h: History) -> list[ForeignRelease]:
    found = []
    for run, log in sorted(h.logs.items()):
        own = {x.release_id for x in holds_of(h, run)}
        for row in log.of_kind("lock.release"):
            lo, hi = log.window(row["at"])
            if row["event_id"] in own or not log.begins:  # it may have been taken in a line that is lost
                continue
            found += [
                ForeignRelease(x, run, row["event_id"], lo, hi, x.aL <= lo and hi <= x.zE)
                for x in h.holds
                if x.run != run and x.lock == row["lock"] and x.aE < hi and lo < x.zL
            ]
    return found


def _holds(h: History) -> pl.DataFrame:
    """Each hold as a span of lines of its own log."""
    if "holds" not in h.kept:
        h.kept["holds"] = _spans_of_holds(h)
    return h.kept["holds"]


def _spans_of_holds(h: History) -> pl.DataFrame:
    foreign = foreign_releases(h)
    rows = []
    for n, hold in enumerate(h.holds):
        log = h.logs[hold.run]
        taken, end = hold.at[0], hold.at[1] if hold.at[1] is not None else len(log.rows) - 1
        least, most = end, end
        for f in foreign:
            if f.hold is hold:
                first, last = _lines(log, f.lo, f.hi)
                least, most = max(taken, min(least, first)), max(taken, min(most, last) if f.sure else most)
        rows.append((n, key_of(h, hold), hold.run, taken, taken, least, most))
    return pl.DataFrame(rows, schema=HOLDS, orient="row")


def _lines(log: Log, lo: int, hi: int) -> tuple[int, int]:
    """The last line that surely came before an instant in [lo, hi], and the last that may have."""
    surely = int(np.searchsorted(np.maximum.accumulate(log.hi), lo, side="left")) - 1
    maybe = int(np.searchsorted(np.maximum.accumulate(log.lo), hi, side="right")) - 1
    return surely, maybe


def _held(h: History, d: Deploy) -> bool:
    """Whether a hold that the log tells covers a call."""
    start, end = d.row["start_at"], d.row["end_at"] if d.row["end_at"] is not None else len(h.logs[d.run].rows) - 1
    return any(start is not None and x.at[0] <= start and (x.at[1] is None or x.at[1] >= end) for x in holds_of(h, d.run))


def _calls(h: History, calls: Sequence[tuple[str, Deploy]]) -> pl.DataFrame:
    """Calls on resources as spans of lines of their logs; a call of nobody where no log tells what was held. `id` is the place in `calls`."""
    rows = []
    for n, (register, d) in enumerate(calls):
        known = d.row["source_id"] is not None and d.run in h.logs and (h.logs[d.run].begins or _held(h, d))
        start = d.row["start_at"] if known else None
        end = (d.row["end_at"] if d.row["end_at"] is not None else len(h.logs[d.run].rows) - 1) if known else None
        rows.append((str(n), register, d.run if known else None, start, start, end, end))
    return pl.DataFrame(rows, schema=CALLS, orient="row")
