"""Narrow the times of events by what must have come before what.

Each event has bounds `[lo, hi]` of its own (null: not known), and constraints say that one is no later than another:

    lo(x) = max(own lo, lo of every predecessor)    hi(x) = min(own hi, hi of every successor)

The result is tight: every value within the bounds is taken by some assignment of times. Somewhere `lo > hi` if and
only if no assignment exists, an order contradiction. Events that are bound to each other both ways are simultaneous.

Constraints come as chains (long total orders: the lines of one source, the indices of one swarm) and as single edges
(a lock before the write it precedes, a write before the read that saw its value). A chain is one cumulative maximum,
however long; chains and edges are applied in turn until nothing moves, which takes as many rounds as a bound changes
between chains and edges on its way.

References:
    Gladyshev and Patel, event time bounding: https://docslib.org/doc/12199032/
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from forensics.correlate.axis import codes_of
from forensics.correlate.intervals import INF, earliest, latest, nullable
from forensics.correlate.tables import Frame, taken

MOST = 1000
NO_CHAINS = pl.DataFrame(schema={"chain": pl.String, "pos": pl.Int64, "node": pl.String})


@dataclass(frozen=True)
class Bounds:
    """Bounded times, and where they cannot be.

    `times`, one row per event in the order given: `node`, `lo`, `hi`; `lo_by` and `hi_by`, the events whose own bounds
    these are (the event itself, or one that the order leads from or to; null where unbounded); `lo_why` and `hi_why`,
    the constraint that the bound came by last (the `why` of an edge, the name of a chain; null if its own).

    `contradictions`, one row per event whose lower bound is too late for what follows: `lower`, that event; `upper`,
    the following one whose own upper bound is exceeded most; `excess_us`, by how much, so the least offset between
    their clocks that would explain it; `path`, the events from `lower` to `upper`, and `whys`, the constraints between
    them; `upper_events`, how many events `lower` comes too late for. Most exceeded first; a thousand at most.

    `contradicted` counts the events whose own upper bound is exceeded: 0 if and only if an assignment exists.
    """

    times: pl.DataFrame
    contradictions: pl.DataFrame
    contradicted: int


def bound_times(events: Frame, edges: Frame, chains: Frame = NO_CHAINS) -> Bounds:
    """Narrow `lo` and `hi` of events along edges and chains.

    Args:
        events: `node` (unique), `lo`, `hi`, closed bounds in microseconds.
        edges: `before`, `after`, `why`: the first is no later than the second.
        chains: `chain`, `pos`, `node`: of one chain, a smaller position is no later than a greater one. Equal
            positions have no order. An event may be in any number of chains.

    Constraints on events that are not in `events` are left out.
    """
    given = taken(events, "events", "node", "lo", "hi")
    nodes = given["node"]
    row = pl.DataFrame({"node": nodes, "row": np.arange(len(nodes))})
    known_edges = taken(edges, "edges", "before", "after", "why").sort("before", "after", "why")
    for end in ("before", "after"):
        ends = row.rename({"node": end, "row": f"{end}_row"})
        known_edges = known_edges.join(ends, on=end, maintain_order="left")
    known_links = taken(chains, "chains", "chain", "pos", "node").sort("chain", "pos", "node").join(row, on="node", maintain_order="left")
    before, after = known_edges["before_row"].to_numpy(), known_edges["after_row"].to_numpy()
    (chain,), _ = codes_of(known_links["chain"])
    member, position = known_links["row"].to_numpy(), known_links["pos"].to_numpy()
    lower, upper = earliest(given["lo"]), latest(given["hi"])

    up = _pushed(lower, before, after, _Chains(chain, position, member))
    down = _pushed(-upper, after, before, _Chains(chain, -position, member))
    whys = pl.concat([known_edges["why"].cast(pl.String), known_links["chain"].cast(pl.String).alias("why")])
    times = pl.DataFrame(
        [
            nodes,
            nullable(up.value, "lo"),
            nullable(-down.value, "hi"),
            _at(nodes, up.origin, up.value > -INF, "lo_by"),
            _at(nodes, down.origin, down.value > -INF, "hi_by"),
            _at(whys, up.why, up.why >= 0, "lo_why"),
            _at(whys, down.why, down.why >= 0, "hi_why"),
        ]
    )
    late = np.flatnonzero(up.value > upper)
    return Bounds(times, _contradictions(nodes, up, upper, late, whys), len(late))


class _Chains:
    """Links sorted by chain and position, and for each the last link of its chain with a smaller position, or -1."""

    def __init__(self, chain: np.ndarray, position: np.ndarray, member: np.ndarray) -> None:
        self.order = np.lexsort((position, chain))
        self.member, chain, position = member[self.order], chain[self.order], position[self.order]
        n = np.arange(len(chain))
        new_chain = np.insert(chain[1:] != chain[:-1], 0, True) if len(n) else np.empty(0, bool)
        new_place = new_chain | np.insert(position[1:] != position[:-1], 0, True) if len(n) else new_chain
        self.first = np.maximum.accumulate(np.where(new_chain, n, 0))
        prior = np.maximum.accumulate(np.where(new_place, n, 0)) - 1
        self.prior = np.where(prior >= self.first, prior, -1)

    def incoming(self, rank: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
        """Per link, the highest rank before it in its chain (-1: none), and the link that has it."""
        places = self.first * width + rank[self.member]
        reached = np.maximum.accumulate(places)
        record = np.insert(reached[1:] > reached[:-1], 0, True)
        holder = np.maximum.accumulate(np.where(record, np.arange(len(record)), 0))
        at = self.prior
        return np.where(at >= 0, reached[at] - self.first * width, -1), holder[at]


@dataclass(frozen=True)
class _Pushed:
    """Values after pushing; the event each came from; the event before on the way, and the constraint between (-1: own)."""

    value: np.ndarray
    origin: np.ndarray
    via: np.ndarray
    why: np.ndarray


def _pushed(own: np.ndarray, source: np.ndarray, target: np.ndarray, chains: _Chains) -> _Pushed:
    """Push lower bounds along edges and chains until nothing moves."""
    values, rank = np.unique(own, return_inverse=True)
    origin = np.arange(len(own))
    via, why = np.full(len(own), -1), np.full(len(own), -1)
    moved = len(own) > 0
    while moved:
        moved = False
        if len(chains.member):
            came, holder = chains.incoming(rank, len(values))
            moved |= _raise(rank, origin, via, why, chains.member, came, chains.member[holder], len(source) + chains.order)
        if len(source):
            moved |= _raise(rank, origin, via, why, target, rank[source], source, np.arange(len(source)))
    return _Pushed(values[rank] if len(own) else own, origin, via, why)


def _raise(rank, origin, via, why, target, came, comes_from, by) -> bool:  # noqa: ANN001 - eight integer arrays
    """Raise each target to the highest rank that comes in, and note where from.

    Only a real raise is noted, so that following `via` back ends at an event whose own bound it is, cycles or not.
    """
    higher = np.flatnonzero(came > rank[target])
    if not len(higher):
        return False
    order = np.lexsort((-by[higher], came[higher], target[higher]))
    best = higher[order[np.append(target[higher][order][1:] != target[higher][order][:-1], True)]]
    goal = target[best]
    rank[goal], via[goal], why[goal], origin[goal] = came[best], comes_from[best], by[best], origin[comes_from[best]]
    return True


def _contradictions(nodes: pl.Series, up: _Pushed, upper: np.ndarray, late: np.ndarray, whys: pl.Series) -> pl.DataFrame:
    schema = {
        "lower": nodes.dtype,
        "upper": nodes.dtype,
        "excess_us": pl.Int64,
        "path": pl.List(nodes.dtype),
        "whys": pl.List(pl.String),
        "upper_events": pl.Int64,
    }
    excess = up.value[late] - upper[late]
    late = late[np.lexsort((nodes.gather(late).rank("ordinal").to_numpy(), -excess))]
    lowers, first, count = np.unique(up.origin[late], return_index=True, return_counts=True)
    rows = []
    for i in np.argsort(first)[:MOST]:
        steps, reasons = [int(late[first[i]])], []
        while up.via[steps[-1]] >= 0:
            reasons.append(int(up.why[steps[-1]]))
            steps.append(int(up.via[steps[-1]]))
        end, excess_us = steps[0], int(up.value[steps[0]] - upper[steps[0]])
        path, reasons = [nodes[k] for k in steps[::-1]], [whys[k] for k in reasons[::-1]]
        rows.append((nodes[int(lowers[i])], nodes[end], excess_us, path, reasons, int(count[i])))
    return pl.DataFrame(rows, schema=schema, orient="row")


def _at(column: pl.Series, rows: np.ndarray, known: np.ndarray, name: str) -> pl.Series:
    frame = pl.DataFrame({"row": rows, "known": known})
    row = frame.select(pl.when("known").then("row")).to_series()
    return (column.gather(row) if len(column) else row.cast(column.dtype)).alias(name)
