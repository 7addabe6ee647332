"""Event time bounding over all logs at once: the window of each line, and which events bound it.

The nodes are the lines of every run's log and what other sources fix about single lines (`anchors`); the edges are the order
in each log, and each anchor's own: a call begins before what it writes, the tool goes on when it has written, an inspect shows a version that had
been written. That two runs held one lock is no edge: that locks exclude is what is to be found out.

References:
    Gladyshev and Patel, event time bounding: https://docslib.org/doc/12199032/
"""

from __future__ import annotations

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
    lines = pl.concat([_lines(log) for log in logs])
    fixed, edges = _anchors(logs)
    chains = lines.select("chain", "pos", "node")
    times = bound_times(pl.concat([lines.select("node", "lo", "hi"), fixed]), edges, chains).times.head(len(lines))
    at = 0
    for log in logs:
        part = times.slice(at, len(log.rows))
        at += len(log.rows)
        fits = (part["lo"].fill_null(-INF) <= part["hi"].fill_null(INF)).to_numpy()
        if fits.all():
            log.lo, log.hi = part["lo"].fill_null(-INF).to_numpy().copy(), part["hi"].fill_null(INF).to_numpy().copy()
            log.by = part.select(_other("lo_by"), _other("hi_by"))
            place(h, log)


def _lines(log: Log) -> pl.DataFrame:
    lo, hi = log.own()
    node = log.rows["event_id"].alias("node")
    return pl.DataFrame([node, bounds_column("lo", lo), bounds_column("hi", hi)]).with_columns(
        chain=pl.lit(log.run), pos=pl.int_range(pl.len(), dtype=pl.Int64)
    )


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
