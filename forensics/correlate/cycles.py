"""Deploys that each came before the other, on different services of one stack (G0).

The graph of an episode has an edge from A to B for every service on which A's write came before B's. A cycle means
that no order of the deploys explains what the services hold: the deploys interleaved. Edges come from the order of
the writes (`order_edges`) or from who was last (`last_edges`); tests on all final mixes show that they agree.

A cycle whose steps are all of one service is no interleaving: a deploy wrote there twice, around the other, or the
evidence contradicts itself.

References:
    Adya, Liskov, O'Neil, Generalized isolation level definitions: G0, https://pmg.csail.mit.edu/papers/icde00.pdf
"""

from collections import deque
from collections.abc import Mapping

import numpy as np
import polars as pl

from forensics.correlate.axis import Axis, codes_of
from forensics.correlate.intervals import ENDS, possible, spans
from forensics.correlate.scan import in_order, spread
from forensics.correlate.tables import Frame, taken

BFS_FROM = 200
TRIM_ROUNDS = 64
Arcs = Mapping[object, Mapping[object, list]]


def order_edges(writes: Frame) -> pl.DataFrame:
    """Derive who surely wrote before whom, service by service: `graph`, `service`, `before`, `after`, `definite`.

    Not every pair is listed: an edge that follows from two others is mostly left out, so cycles are kept and a long
    history stays about as many edges as writes. Two writes at one and the same instant have no order.

    Args:
        writes: `graph` (the episode), `node` (the deploy), `service`, the ends of `intervals`, and the index bounds
            `iE`, `iL`. A service whose writes all have both index bounds is ordered by index, any other by time.
            Give sure writes only: one that may not exist orders nothing.
    """
    table = taken(writes, "writes", "graph", "node", "service", "iE", "iL", *ENDS)
    indexed = pl.all_horizontal(pl.col("iE").is_not_null(), pl.col("iL").is_not_null()).all().over("graph", "service")
    table = table.with_columns(by_index=indexed)
    points = table.filter("by_index").with_columns(sE="iE", sL="iL", eE="iE", eL="iL")
    return pl.concat([_ordered(points), _ordered(table.filter(~pl.col("by_index")))]).unique().sort("graph", "service", "before", "after")


def _ordered(table: pl.DataFrame) -> pl.DataFrame:
    span = spans(table)
    keys = table.select(pl.struct("graph", "service").rank("dense").cast(pl.Int64) - 1).to_series()
    (codes,), count = codes_of(keys)
    rows = np.flatnonzero(possible(span))
    low, high, codes = span.sE[rows], span.eL[rows], codes[rows]
    axis = Axis.fit(count, [low, high], spare=1)
    starts = (axis.place(codes, low) << 1) | (high > low)
    order = in_order(starts, high, table["node"].gather(rows))
    starts, ends = starts[order], (axis.place(codes, high) << 1)[order]
    # Whoever starts after I ended follows me; all that start after the first of those has ended, follow it as well.
    first_end = np.append(np.minimum.accumulate(ends[::-1])[::-1], np.iinfo(np.int64).max)
    point = (starts & 1) == 0
    after = np.searchsorted(starts, ends + point, side="left")
    last = np.searchsorted(starts, np.minimum(first_end[after], (axis.start(codes[order] + 1) << 1) - 1) + 1, side="right")
    i, j = spread(after, np.maximum(last - after, 0))
    before, after_ = rows[order[i]], rows[order[j]]
    other = table["node"].gather(before).to_numpy() != table["node"].gather(after_).to_numpy()
    return pl.DataFrame(
        [
            table["graph"].gather(before[other]),
            table["service"].gather(before[other]),
            table["node"].gather(before[other]).alias("before"),
            table["node"].gather(after_[other]).alias("after"),
        ]
    ).with_columns(definite=pl.lit(True))


def last_edges(wrote: Frame, last: Frame) -> pl.DataFrame:
    """Derive the order from who was last: every other writer of a service came before its last one.

    Args:
        wrote: `graph`, `node`, `service`: surely wrote there.
        last: `graph`, `service`, `node`, `definite`: the last writer; several rows for one service, not definite,
            where it is one of several.

    Returns:
        As `order_edges`; `definite` as stated of the last writer.
    """
    writers = taken(wrote, "writes", "graph", "node", "service").unique()
    lasts = taken(last, "last writers", "graph", "service", "node", "definite")
    return (
        writers.rename({"node": "before"})
        .join(lasts.rename({"node": "after"}), on=["graph", "service"])
        .filter(pl.col("before") != pl.col("after"))
        .select("graph", "service", "before", "after", "definite")
        .unique()
        .sort("graph", "service", "before", "after", "definite")
    )


def write_cycles(edges: Frame) -> pl.DataFrame:
    """Find the deploys that came before themselves; one row per strongly connected component of a graph.

    `graph`; `nodes`, all members; `path`, a shortest cycle among them (of a component of more than 200 members, a
    shortest through one of the first 200), starting at its smallest member; `services`, one per step of the path;
    `definite`: every step is. A definite cycle is preferred to a shorter one that is not. Where steps agree, the
    services are chosen to differ if they can.
    """
    table = taken(edges, "edges", "graph", "service", "before", "after", "definite").sort("graph", "before", "after", "service")
    rows = []
    for (graph,), part in _cyclic_part(table).group_by("graph", maintain_order=True):
        sure = _found(part.filter("definite"))
        rows += [(graph, *found, True) for found in sure]
        known = {node for nodes, _, _ in sure for node in nodes}
        rows += [(graph, *found, False) for found in _found(part) if not known & set(found[0])]
    node, service = table.schema["before"], table.schema["service"]
    lists = {"nodes": pl.List(node), "path": pl.List(node), "services": pl.List(service)}
    return pl.DataFrame(rows, schema={"graph": table.schema["graph"], **lists, "definite": pl.Boolean}, orient="row")


def _cyclic_part(table: pl.DataFrame) -> pl.DataFrame:
    """Drop edges that no cycle can use: out of what nothing leads to, into what leads nowhere. Histories mostly vanish."""
    for _ in range(TRIM_ROUNDS):
        sources, targets = table.select("graph", node="before").unique(), table.select("graph", node="after").unique()
        kept = table.join(targets, left_on=["graph", "before"], right_on=["graph", "node"], how="semi", maintain_order="left").join(
            sources, left_on=["graph", "after"], right_on=["graph", "node"], how="semi", maintain_order="left"
        )
        if len(kept) == len(table):
            break
        table = kept
    return table


def _found(edges: pl.DataFrame) -> list[tuple[list, list, list]]:
    arcs: dict = {}
    for before, after, service in edges.select("before", "after", "service").iter_rows():
        arcs.setdefault(before, {}).setdefault(after, []).append(service)
        arcs.setdefault(after, {})
    out = []
    for members in components(arcs):
        if len(members) > 1:
            path = shortest_cycle(arcs, members)
            out.append((members, path, _services(arcs, path)))
    return out


def components(arcs: Arcs) -> list[list]:
    """Strongly connected components (Tarjan, without recursion), each sorted, in order of their smallest member."""
    index: dict = {}
    low: dict = {}
    stack: list = []
    on_stack: set = set()
    out = []
    for root in arcs:
        if root in index:
            continue
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        work = [(root, iter(arcs[root]))]
        while work:
            node, rest = work[-1]
            for other in rest:
                if other not in index:
                    index[other] = low[other] = len(index)
                    stack.append(other)
                    on_stack.add(other)
                    work.append((other, iter(arcs[other])))
                    break
                if other in on_stack:
                    low[node] = min(low[node], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    members = []
                    while not members or members[-1] != node:
                        members.append(stack.pop())
                    on_stack.difference_update(members)
                    out.append(sorted(members))
    return sorted(out)


def shortest_cycle(arcs: Arcs, members: list) -> list:
    """A shortest cycle within a strongly connected component, by breadth-first search from its first members."""
    inside, best = set(members), None
    for start in members[:BFS_FROM]:
        came: dict = {start: None}
        queue = deque([start])
        closing = None
        while queue and closing is None:
            node = queue.popleft()
            for other in sorted(inside & arcs[node].keys()):
                if other == start:
                    closing = node
                    break
                if other not in came:
                    came[other] = node
                    queue.append(other)
        path = []
        while closing is not None:
            path.append(closing)
            closing = came[closing]
        if best is None or len(path) < len(best):
            best = path[::-1]
    turn = best.index(min(best))
    return best[turn:] + best[:turn]


def _services(arcs: Arcs, path: list) -> list:
    """A service per step; not all the same if that can be helped."""
    choices = [arcs[a][b] for a, b in zip(path, path[1:] + path[:1], strict=True)]
    chosen = [choice[0] for choice in choices]
    if len(set(chosen)) == 1:
        for step, choice in enumerate(choices):
            if other := next((service for service in choice if service != chosen[0]), None):
                chosen[step] = other
                break
    return chosen
