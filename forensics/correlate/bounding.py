"""Event time bounding over all logs at once: the window of each line, and which events bound it.

The nodes are the lines of every run's log and what other sources fix about single lines (`anchors`); the edges are the order
in each log, and each anchor's own: a call begins before what it writes, the tool goes on when it has written, an inspect shows a version that had
been written. That two runs held one lock is no edge: that locks exclude is what is to be found out.

References:
    Gladyshev and Patel, event time bounding: https://docslib.org/doc/12199032/
"""

from __future__ import annotations

import numpy as np
import polars as pl

from forensics.correlate.bounds import bound_times
from forensics.correlate.history import History
from forensics.correlate.logs import Log, bounds_column
from forensics.correlate.model import INF
from forensics.correlate.placing import place

FIXED = "|"  # no event id holds it


def bound(h: History) -> None:
    """Give the lines of all logs their final windows, the events that bound them, and the calls their extents.

    A log that no assignment of times fits keeps what it has, and names no event: its clock is the one to look at.
    """
    logs = [log for log in h.logs.values() if len(log.rows)]
    if not logs:
        return
    lines = _lines(logs)
    fixed, edges = _anchors(logs)
    chains = lines.select("chain", "pos", "node")
    times = bound_times(pl.concat([lines.select("node", "lo", "hi"), fixed]), edges, chains).times.head(len(lines))
    lo, hi = times["lo"].fill_null(-INF).to_numpy(), times["hi"].fill_null(INF).to_numpy()
    by, at = times.select(_other("lo_by"), _other("hi_by")), 0
    for log in logs:
        its = slice(at, at := at + len(log.rows))
        if (lo[its] <= hi[its]).all():
            log.lo, log.hi, log.by = lo[its].copy(), hi[its].copy(), by[its]
            place(h, log)


def _lines(logs: list[Log]) -> pl.DataFrame:
    """The lines of all logs with what each states itself, a chain per log: `node`, `lo`, `hi`, `chain`, `pos`."""
    own, counts = [log.own() for log in logs], [len(log.rows) for log in logs]
    node = pl.concat([log.rows["event_id"] for log in logs]).alias("node")
    bounds = [bounds_column(name, np.concatenate(told)) for name, told in zip(("lo", "hi"), zip(*own, strict=True), strict=True)]
    chain = pl.Series("chain", [log.run for log in logs], pl.String).gather(np.repeat(np.arange(len(logs)), counts))
    return pl.DataFrame([node, *bounds, chain, pl.Series("pos", np.concatenate([np.arange(n, dtype=np.int64) for n in counts]))])


def _anchors(logs: list[Log]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The anchors that hold as nodes of their own, each with an edge to its line on the side that it bounds."""
    nodes, edges = [], []
    for log in logs:
        ids = log.rows["event_id"]
        for n, anchor in enumerate(log.anchors):
            node, line = f"{anchor.by}{FIXED}{log.run}{FIXED}{n}", ids[anchor.at]
            nodes.append((node, anchor.lo if anchor.lo > -INF else None, anchor.hi if anchor.hi < INF else None))
            if anchor.lo > -INF:
                edges.append((node, line, anchor.why))
            if anchor.hi < INF:
                edges.append((line, node, anchor.why))
    schema = {"node": pl.String, "lo": pl.Int64, "hi": pl.Int64}
    return (
        pl.DataFrame(nodes, schema=schema, orient="row"),
        pl.DataFrame(edges, schema={"before": pl.String, "after": pl.String, "why": pl.String}, orient="row"),
    )


def _other(column: str) -> pl.Expr:
    """The event that bounds a line, where it is not the line itself."""
    event = pl.col(column).str.split(FIXED).list.first()
    return pl.when(event != pl.col("node")).then(event).alias(column)
