"""pytest's live log, and the log that it captured.

    WARNING  harness.abra:abra.py:35 upgrade: PASS
    12:01:07 INFO     harness.abra:abra.py:35 upgrade: PASS

Printed under `live log call` with `log_cli`, and under `Captured log call` in a report. No time, or a time of day alone, which is not read. Looked for inside every
other envelope. Further lines of a message stand below without a mark: not read.
"""

from parsers.envelope import LEVELS, Envelope, by_regex
from parsers.record import Sample

PYTEST_LOG = Envelope(
    name="pytest_log",
    version=1,
    doc=__doc__,
    shape=rf"(?:\d\d:\d\d:\d\d )?(?:{LEVELS}) +[\w.<>-]+:[^:\s]+:\d+ ",
    open=by_regex(rf"^(?:\d\d:\d\d:\d\d )?(?P<level>{LEVELS}) +(?P<logger>[\w.<>-]+:[^:\s]+:\d+) (?P<msg>.*)$"),
    render=lambda msg: f"WARNING  harness.abra:abra.py:35 {msg}",
    references=("https://docs.pytest.org/en/stable/how-to/logging.html",),
    samples=(
        Sample("WARNING  harness.abra:test_x.py:5 multi", [{"level": "WARNING", "logger": "harness.abra:test_x.py:5", "msg": "multi"}]),
        Sample("12:01:07 INFO     root:conftest.py:12 upgrade: PASS", [{"level": "INFO", "msg": "upgrade: PASS"}]),
        Sample("line message", None),
        Sample("WARNING  a message without a place", None),
    ),
)
