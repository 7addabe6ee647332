"""Where a log's lines and calls lie on the reference clock: windows of lines from what is known, and from these the extents of calls."""

from __future__ import annotations

from forensics.correlate import anchors
from forensics.correlate.history import History
from forensics.correlate.logs import Anchor, Log
from forensics.correlate.model import DELTA_US, INF, Deploy


def settle(h: History, log: Log, more: list[Anchor] | None = None) -> None:
    """Give a log's lines their windows, and its calls their extents."""
    log.anchors = log.settle([*anchors.of_reads(h, log), *anchors.of_checkouts(h, log), *(more or [])])
    place(h, log)


def place(h: History, log: Log) -> None:
    """Give a log's calls the extents that the windows of their lines leave them."""
    for n, d in enumerate(calls := h.calls.get(log.run, [])):
        if h.log_of(d) is not log:
            _between(h, log, d, calls[:n], calls[n + 1 :])
        else:
            d.sE, d.sL = log.window(d.row["start_at"])
            if d.row["end_at"] is not None:
                d.eE, d.eL = log.window(d.row["end_at"])
            else:
                d.eE, d.eL = log.window(d.row["last_at"])[0], _death(h, log)
            d.sL, d.eE = min(d.sL, d.eL), max(d.eE, d.sE)


def _between(h: History, log: Log, d: Deploy, before: list[Deploy], after: list[Deploy]) -> None:
    """A call that only a file tells of lies between the calls of the log that stand before and after it."""
    lo = max((log.window(c.row["start_at"])[0] for c in before if h.log_of(c) is log), default=-INF)
    hi = min((log.window(c.row["start_at"])[1] for c in after if h.log_of(c) is log), default=INF)
    d.sE = d.eE = lo
    d.sL = d.eL = hi


def _death(h: History, log: Log) -> int:
    """The latest instant at which a call without an end can have been at work: the end of its run, where a file tells it."""
    run = h.runs.get(log.run)
    told = run.finished_us + DELTA_US if run is not None and run.finished_us is not None else INF
    return max(told, log.window(len(log.rows) - 1)[0])
