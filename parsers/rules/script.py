"""What bounds a recording of a terminal, by `script` of util-linux or by asciinema.

    Script started on 2026-11-23 07:54:27+00:00 [COMMAND="abra app deploy …" <not executed on terminal>]
    Script done on 2026-11-23 07:54:39+00:00 [COMMAND_EXIT_CODE="0"]
    (asciicast: exit status 0)

Between them stands what the terminal was sent, undated. Whole seconds with an offset; older versions print the time in the user's language: then
there is none.
asciinema's last event is the exit status: its envelope words it so.

References:
    https://docs.asciinema.org/manual/asciicast/v3/
    https://github.com/util-linux/util-linux/blob/master/term-utils/script.c
"""

import polars as pl

from parsers.envelope import instant
from parsers.record import Sample
from parsers.rule import Rule, by_exit, g, own_time

_SCRIPT = ("https://github.com/util-linux/util-linux/blob/master/term-utils/script.c",)
_STAMP = instant(g("ts").str.replace(r"([+-]\d\d):(\d\d)$", "$1$2"), ("%Y-%m-%d %H:%M:%S%z",))

SCRIPT = (
    Rule(
        "script_started",
        1,
        "session.start",
        ("Script ",),
        r"^Script started(?: on (?P<ts>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:?\d\d)| on .+?)?(?:, (?:output )?file is .*)?(?: \[(?P<opts>.*)\])?$",
        {**own_time(_STAMP), "command": g("opts").str.extract(r'COMMAND="((?:[^"\\]|\\.)*)"')},
        samples=(
            Sample(
                'Script started on 2026-11-23 08:54:27+01:00 [COMMAND="abra app deploy d.org" <not executed on terminal>]',
                [{"ts": "2026-11-23 07:54:27+00:00", "clock_kind": "stated", "command": "abra app deploy d.org"}],
            ),
            Sample("Script started on Mon Nov 23 07:54:27 2026", [{"ts": None, "clock_kind": "none"}]),
            Sample("the Script started on time", None),
        ),
        references=_SCRIPT,
    ),
    Rule(
        "script_done",
        1,
        "session.end",
        ("Script ",),
        r"^Script done(?: on (?P<ts>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:?\d\d)| on .+?)?(?: \[(?P<opts>.*)\])?$",
        {
            **own_time(_STAMP),
            "outcome": pl.when(g("opts").str.contains('COMMAND_EXIT_CODE="0"', literal=True))
            .then(pl.lit("ok"))
            .when(g("opts").str.contains("COMMAND_EXIT_CODE=", literal=True))
            .then(pl.lit("fail")),
        },
        {"rc": g("opts").str.extract(r'COMMAND_EXIT_CODE="(\d+)"')},
        samples=(
            Sample(
                'Script done on 2026-11-23 07:54:39+00:00 [COMMAND_EXIT_CODE="1"]',
                [{"ts": "2026-11-23 07:54:39+00:00", "outcome": "fail", "attrs": {"rc": "1"}}],
            ),
            Sample("Script done on 2026-11-23 07:54:39+00:00 [<not executed on terminal>]", [{"outcome": None}]),
            Sample("Script donee", None),
        ),
        references=_SCRIPT,
    ),
    Rule(
        "asciicast_exit",
        1,
        "session.end",
        (": exit status ",),
        r"^\(asciicast: exit status (?P<rc>\d{1,3})\)$",
        {"outcome": by_exit(g("rc"))},
        {"rc": "rc"},
        samples=(
            Sample("(asciicast: exit status 0)", [{"outcome": "ok", "attrs": {"rc": "0"}}]),
            Sample("(asciicast: exit status 137)", [{"outcome": "fail", "attrs": {"rc": "137"}}]),
            Sample("asciicast: exit status 1", None),
        ),
        references=("https://docs.asciinema.org/manual/asciicast/v3/",),
    ),
)
