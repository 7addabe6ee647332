"""The windows of log lines in played worlds: the events that bound a line are there, hold it, and are named where the line states no time."""

from __future__ import annotations

from forensics.correlate.model import INF
from tests.world.any import told


def test_every_line_lies_in_its_window_and_who_bounds_it_is_an_event_on_that_side() -> None:
    bounded = 0
    for one in told(range(50, 62), "full"):
        h = one.analysis.history
        for log in h.logs.values():
            for at in range(len(log.rows)):
                lo, hi = log.window(at)
                after, before = log.bounded_by(at)
                assert lo <= hi
                assert {after, before} - {None} <= h.by_id.keys()
                if not log.timed or log.clock.kind == "file":
                    bounded += (after is not None) + (before is not None)
                    assert (after is not None, before is not None) == (lo > -INF, hi < INF) or log.clock.kind == "file"
    assert bounded > 100


def test_a_line_without_time_came_when_it_was_said() -> None:
    for one in told(range(50, 62), "full"):
        for run in one.world.runs:
            log = one.analysis.history.logs[run.plan.id]
            said = [line.at for line in run.lines]
            where = [n - 1 for n in log.rows["line_no"].to_list()]
            if log.timed and log.clock.kind != "file":
                continue
            for at, line in enumerate(where):
                lo, hi = log.window(at)
                assert lo - 1_000_000 <= said[line] * 1_000_000 <= hi + 1_000_000, (one.seed, run.plan.id, line)
