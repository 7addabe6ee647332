"""Python logging in its common layouts.

`2026-11-23 08:55:27,546 INFO ccci.run: recipe-ci: RECIPE=…`

Written by the logging module's Formatter with `%(asctime)s`: local time, milliseconds after a comma, no zone.
Not read: layouts without a time, which are bare console lines.
"""

from parsers.envelope import Envelope, by_regex
from parsers.record import Sample

PYTHON_LOGGING = Envelope(
    name="python_logging",
    version=1,
    open=by_regex(
        r"^(?P<ts>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:[,.]\d{1,6})?)(?:,| -)? (?:\[?(?P<level>DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL)\]?) (?:- )?(?:(?P<logger>[\w.]+)(?::| -) )?(?P<msg>.*)$",
        formats=("%Y-%m-%d %H:%M:%S%.f",),
        decimal_comma=True,
    ),
    render=lambda msg: f"2026-11-23 08:55:27,546 INFO ccci.run: {msg}",
    references=("https://docs.python.org/3/library/logging.html#logrecord-attributes",),
    samples=(
        Sample(
            "2026-11-23 08:55:27,546 INFO ccci.run: install: PASS",
            [{"ts": "2026-11-23 08:55:27.546000", "level": "INFO", "logger": "ccci.run", "msg": "install: PASS"}],
        ),
        Sample("2026-11-23 08:55:27 ERROR ccci.run: boom", [{"ts": "2026-11-23 08:55:27", "msg": "boom"}]),
        Sample("install: PASS", None),
        Sample("2026-13-23 08:55:27,546 INFO ccci.run: month 13", [{"ts": None, "msg": "month 13"}]),
    ),
    resolution_us=1000,
)
