"""Python logging in its common layouts.

    2026-11-23 08:55:27,546 INFO ccci.run: recipe-ci: RECIPE=…
    2026-11-23 08:55:27,546 - ccci.run - INFO - recipe-ci: RECIPE=…
    [2026-11-23 08:55:27,546] INFO in run: recipe-ci: RECIPE=…
    [2026-11-23 08:55:27,546: INFO/MainProcess] recipe-ci: RECIPE=…
    2026-11-23 08:55:27.546 | INFO     | ccci.run:main:12 - recipe-ci: RECIPE=…
    INFO 2026-11-23 08:55:27,546 run 2091 140245 recipe-ci: RECIPE=…
    [2026-11-23 08:55:27 +0000] [7] [INFO] recipe-ci: RECIPE=…

Written by the logging module's Formatter with `%(asctime)s` (of Flask, Celery, Django, gunicorn and loguru too): local time, milliseconds
after a comma, no zone; gunicorn states its offset. A layout without a logger's name looks like one with it where the message begins with
a word and a colon: then both readings are tried. Tracebacks continue without a mark: not read.
"""

from parsers.envelope import LEVELS, Envelope, by_regex
from parsers.record import Sample

TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:[,.]\d{1,6})?"
LOGGER = r"[\w.]+"

PYTHON_LOGGING = Envelope(
    name="python_logging",
    version=5,
    doc=__doc__,
    shape=rf"\[?\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d.*?(?:{LEVELS})|(?:{LEVELS})[ :]+\[?\d{{4}}-\d\d-\d\d \d\d:",
    open=by_regex(
        rf"^\[?(?P<ts>{TIME})\]?(?:,| -)? \[?(?P<level>{LEVELS})\]? +(?:- )?"
        rf"(?P<all>(?:\d+ [\w-]+ )?(?:(?:in )?\[?(?P<logger>{LOGGER})(?:\]?(?::| -)|\]| +) )?(?P<msg>.*))$",
        rf"^\[?(?P<ts>{TIME})\]? - (?P<logger>[\w.<>-]+) - (?P<level>{LEVELS}) - (?P<msg>.*)$",
        rf"^\[(?P<ts>{TIME}): (?P<level>{LEVELS})/(?P<logger>[\w-]+)\] (?P<msg>.*)$",
        rf"^(?P<ts>{TIME}) \| (?P<level>{LEVELS}) *\| (?P<all>(?:(?P<logger>[\w.<>]+:[\w<>]+:\d+|{LOGGER})(?: -| *\|) )?(?P<msg>.*))$",
        rf"^(?P<ts>{TIME}) \[[^\]]+\] (?P<level>{LEVELS}) +(?P<all>(?:(?P<logger>{LOGGER})(?::| -) )?(?P<msg>.*))$",
        rf"^(?P<level>{LEVELS}) (?P<ts>{TIME}) (?P<logger>{LOGGER}) \d+ \d+ (?P<msg>.*)$",
        rf"^(?P<level>{LEVELS})[ :]+\[?(?P<ts>{TIME})\]?[: ]+(?P<all>(?:(?P<logger>{LOGGER})(?::| -) )?(?P<msg>.*))$",
        rf"^\[(?P<ts>{TIME} [+-]\d{{4}})\] \[\d+\] \[(?P<level>{LEVELS})\] (?P<msg>.*)$",
        formats=("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f %z"),
        zone=r"[+-]\d{4}$",
    ),
    render=lambda msg: f"2026-11-23 08:55:27,546 INFO ccci.run: {msg}",
    references=("https://docs.python.org/3/library/logging.html#logrecord-attributes",),
    samples=(
        Sample(
            "2026-11-23 08:55:27,546 INFO ccci.run: install: PASS",
            [{"ts": "2026-11-23 08:55:27.546000", "level": "INFO", "logger": "ccci.run", "msg": "install: PASS"}],
        ),
        Sample("2026-11-23 08:55:27 ERROR ccci.run: boom", [{"ts": "2026-11-23 08:55:27", "resolution_us": 1_000_000, "msg": "boom"}]),
        Sample("2026-11-23 08:55:27,546 INFO install: PASS", [{"logger": "install", "msg": "PASS", "otherwise": "install: PASS"}]),
        Sample("2026-11-23 08:55:27,546 INFO [ccci.run] boom", [{"logger": "ccci.run", "msg": "boom"}]),
        Sample("2026-11-23 08:55:27,546 INFO     ccci.run             boom", [{"logger": "ccci.run", "msg": "boom"}]),
        Sample("2026-11-23 08:55:27,546 - ccci.run - INFO - boom", [{"level": "INFO", "logger": "ccci.run", "msg": "boom"}]),
        Sample("2026-11-23 08:55:27,546 - INFO - boom", [{"level": "INFO", "msg": "boom"}]),
        Sample("[2026-11-23 08:55:27,546] INFO in run: boom", [{"level": "INFO", "logger": "run", "msg": "boom"}]),
        Sample("[2026-11-23 08:55:27,546: INFO/MainProcess] boom", [{"level": "INFO", "logger": "MainProcess", "msg": "boom"}]),
        Sample("2026-11-23 08:55:27.546 | INFO     | ccci.run:main:12 - boom", [{"logger": "ccci.run:main:12", "msg": "boom"}]),
        Sample("2026-11-23 08:55:27,546 | INFO     | ccci.run   | boom", [{"logger": "ccci.run", "msg": "boom"}]),
        Sample("2026-11-23 08:55:27,546 | INFO | install: PASS", [{"level": "INFO", "logger": None, "msg": "install: PASS"}]),
        Sample("2026-11-23 08:55:27,546 [MainThread] INFO ccci.run - boom", [{"logger": "ccci.run", "msg": "boom"}]),
        Sample(
            "2026-11-23 08:55:27,546 INFO 2091 MainThread boom", [{"level": "INFO", "msg": "boom", "otherwise": "2091 MainThread boom"}]
        ),
        Sample("INFO 2026-11-23 08:55:27,546 run 2091 140245 boom", [{"level": "INFO", "logger": "run", "msg": "boom"}]),
        Sample("INFO:2026-11-23 08:55:27,546:boom", [{"level": "INFO", "ts": "2026-11-23 08:55:27.546000", "msg": "boom"}]),
        Sample("[2026-11-23 08:55:27 +0100] [7] [INFO] boom", [{"ts": "2026-11-23 07:55:27", "zone": True, "msg": "boom"}]),
        Sample("install: PASS", None),
        Sample("2026-11-23 is when INFO came", None),
        Sample("2026-13-23 08:55:27,546 INFO ccci.run: month 13", [{"ts": None, "msg": "month 13"}]),
    ),
    resolution_us=1000,
)

PYTHON_BASIC = Envelope(
    name="python_basic",
    version=1,
    doc="""Python logging without a time.

        WARNING:ccci.run:recipe-ci: RECIPE=…

    Written by `logging.basicConfig()` (`%(levelname)s:%(name)s:%(message)s`). No time. Looked for inside every other envelope.
    """,
    shape=rf"(?:{LEVELS}):[\w.]+:",
    open=by_regex(rf"^(?P<level>{LEVELS}):(?P<logger>{LOGGER}):(?P<msg>.*)$"),
    render=lambda msg: f"WARNING:ccci.run:{msg}",
    references=("https://docs.python.org/3/library/logging.html#logging.basicConfig",),
    samples=(
        Sample("WARNING:root:upgrade: PASS", [{"level": "WARNING", "logger": "root", "msg": "upgrade: PASS"}]),
        Sample("WARNING: root is full", None),
        Sample("LOUD:root:hello", None),
    ),
)
