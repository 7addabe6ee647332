"""The windows of log lines in played worlds: each holds its line, and whoever is named as bounding one is an event at that end of it."""

from __future__ import annotations

from forensics.correlate.anchors import LATE_US
from forensics.correlate.model import INF
from forensics.correlate.runs import micros
from tests.world.any import told


def test_who_bounds_a_line_without_time_is_an_event_of_swarm_or_an_inspect_at_that_end_of_its_window() -> None:
    bounded = 0
    for one in told(range(50, 62), "full"):
        h = one.analysis.history
        for log in h.logs.values():
            for at in range(len(log.rows)):
                lo, hi = log.window(at)
                after, before = log.bounded_by(at)
                assert lo <= hi
                assert {after, before} - {None} <= h.by_id.keys()
                if not log.timed:
                    assert (after is not None, before is not None) == (lo > -INF, hi < INF)
                for by, end in ((after, lo), (before, hi)):
                    event = h.by_id.get(by or "")
                    if event is not None and event["parser"].startswith("docker_events"):
                        bounded += 1
                        assert 0 <= end - micros(event["ts"]) <= LATE_US
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
