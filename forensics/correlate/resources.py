"""Who used which shared resource when, and which uses of two runs overlap.

Resources are what runs can take from each other: a stack (its deploys), a recipe's work tree (from the checkout that a deploy relies
on to the deploy's end: HEAD must stay put all that time), a lock file (from taking to release), and a shared file under `/tmp/ccci-*`
(from a run's first line that names it to its last). A use is a span with uncertain ends like any other, so one sorted scan finds the
overlaps of all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from forensics.correlate import trees
from forensics.correlate.guards import holds_of, key_of, locks_of
from forensics.correlate.history import History
from forensics.correlate.logs import Log
from forensics.correlate.model import Deploy, bounded
from forensics.correlate.overlaps import overlapping_pairs
from forensics.correlate.pairs import LIMIT

KINDS = ("stack", "tree", "lock", "path")
SCHEMA = {"id": pl.Int64, "key": pl.String, "run": pl.String, **dict.fromkeys(("sE", "sL", "eE", "eL"), pl.Int64)}


@dataclass(frozen=True)
class Use:
    """One use of one resource by one run. `deploy` is the call that is it, or that it leads to; `did` says what was done."""

    resource: str
    name: str
    run: str
    did: str
    span: tuple[int, int, int, int]
    locks: frozenset[str]
    evidence: tuple[str, ...]
    deploy: Deploy | None = None


@dataclass(frozen=True)
class Shared:
    """Two uses of one resource by two runs that may overlap."""

    a: Use
    b: Use
    definite: bool
    at_least: int
    at_most: int | None


def uses(h: History) -> list[Use]:
    """Every use of a resource, by kind."""
    return [*_stacks(h), *_trees(h), *_locks(h), *_files(h)]


def shared(h: History) -> tuple[list[Shared], int]:
    """The overlapping uses, definite ones first where there are too many to list, and how many were left out."""
    if "shared" not in h.kept:
        rows = [u for u in uses(h) if u.span[0] <= u.span[1] and u.span[2] <= u.span[3]]
        frame = pl.DataFrame(
            [(n, f"{u.resource}\n{u.name}", u.run, *(bounded(x) for x in u.span)) for n, u in enumerate(rows)], schema=SCHEMA, orient="row"
        )
        found = overlapping_pairs(frame, limit=LIMIT)
        pairs = [Shared(rows[r["a"]], rows[r["b"]], r["definite"], r["at_least_us"] or 0, r["at_most_us"]) for r in found.pairs.to_dicts()]
        h.kept["shared"] = (pairs, found.left_out)
    return h.kept["shared"]


def _ids(*ids: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(i for i in ids if i))


def _stacks(h: History) -> list[Use]:
    return [
        Use(
            "stack",
            d.stack,
            d.run,
            d.verb,
            (d.sE, d.sL, d.eE, d.eL),
            frozenset(locks_of(h, d)),
            _ids(d.row["start_id"], d.row["taken_id"], d.row["end_id"]),
            d,
        )
        for d in h.deploys
        if d.verb == "deploy" and d.stack
    ]


def _trees(h: History) -> list[Use]:
    """From the last checkout before a deploy, where its log has one since the call before, to the deploy's end."""
    found = []
    for d in h.deploys:
        key = trees.key(d.row["tree"])
        if d.verb != "deploy" or key is None:
            continue
        log, start = h.logs.get(d.run), (d.sE, d.sL)
        at, first = d.row["start_at"], None
        if log is not None and d.row["source_id"] == log.clock.source_id:
            before = max((x.row["end_at"] or 0 for x in h.calls[d.run] if x.n < d.n and x.row["source_id"]), default=0)
            mine = [c for c in log.of_kind("checkout") if before <= c["at"] < d.row["start_at"]]
            if mine:
                at, first = mine[-1]["at"], mine[-1]["event_id"]
                start = log.window(at)
        locks = _held(h, d.run, at, d.row["end_at"]) if d.row["source_id"] else frozenset()
        moved = d.row["tree_move_id"]
        found.append(
            Use("tree", key, d.run, d.verb, (*start, d.eE, d.eL), locks, _ids(first, d.row["start_id"], moved, d.row["end_id"]), d)
        )
    return found


def _locks(h: History) -> list[Use]:
    return [
        Use(
            "lock",
            key_of(h, x),
            x.run,
            "hold",
            (x.aE, x.aL, x.zE, x.zL),
            _held(h, x.run, x.at[0], x.at[1]) - {x.lock},
            _ids(x.acquire_id, x.release_id),
        )
        for x in h.holds
    ]


def _files(h: History) -> list[Use]:
    found = []
    for run, log in sorted(h.logs.items()):
        named = log.rows.filter(pl.col("kind") == "file.shared").with_columns(path=pl.col("attrs").str.json_path_match("$.path"))
        for (path,), rows in named.sort("at").group_by("path", maintain_order=True):
            found.append(_file(h, run, log, str(path), rows))
    return found


def _file(h: History, run: str, log: Log, path: str, rows: pl.DataFrame) -> Use:
    first, last = int(rows["at"][0]), int(rows["at"][-1])
    (s_lo, s_hi), (e_lo, e_hi) = log.window(first), log.window(last)
    evidence = _ids(rows["event_id"][0], rows["event_id"][-1])
    return Use("path", path, run, "use", (s_lo, s_hi, e_lo, e_hi), _held(h, run, first, last), evidence)


def _held(h: History, run: str, start: int, end: int | None) -> frozenset[str]:
    """The locks that a run held from one line of its log to another, by the order of the lines."""
    last = start if end is None else end
    return frozenset(x.lock for x in holds_of(h, run) if x.at[0] <= start and (x.at[1] is None or x.at[1] >= last))
