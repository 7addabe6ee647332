"""journald's short forms: a time with its date, the host, and who wrote the message."""

import polars as pl

from parsers.envelope import Envelope, by_regex, epoch_us, in_stages, instant, match, no_level_for_a_host, resolution
from parsers.record import Sample

REFERENCES = ("https://www.freedesktop.org/software/systemd/man/latest/journalctl.html#-o",)
_WRITER = r"(?P<host>[\w.-]+) (?P<emitter>(?P<logger>[^:\[\s]+)(?:\[\d+\])?): (?P<msg>.*)$"
_SHAPE = r" [\w.-]+ [^:\[\s]+(?:\[\d+\])?: "
_GROUPS = ["ts", "host", "emitter", "logger", "msg"]
_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)"
_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"


SHORT_ISO = Envelope(
    name="short_iso",
    version=3,
    doc="""journald's short form with an ISO time.

        2023-09-08T17:20:30.655028+0200 tarta recipe-ci[20911]: message

    `journalctl -o short-iso` and `-o short-iso-precise`, and rsyslog's file format with RFC 3339 times: a stated offset, a second to a
    microsecond. The host is the one that logged.
    """,
    shape=rf"{_TIME}{_SHAPE}",
    vet=no_level_for_a_host,
    open=by_regex(
        rf"^(?P<ts>{_TIME}) {_WRITER}",
        formats=("%Y-%m-%dT%H:%M:%S%.f%z",),
    ),
    render=lambda msg: f"2026-11-23T08:55:27.546028+0000 ci-host recipe-ci[2091]: {msg}",
    references=REFERENCES,
    samples=(
        Sample(
            "2023-09-08T17:20:30.655028+0200 tarta x[20911]: hello",
            [{"ts": "2023-09-08 15:20:30.655028", "host": "tarta", "emitter": "x[20911]", "msg": "hello"}],
        ),
        Sample("2026-11-23T08:55:27+02:00 vm abra: hello", [{"ts": "2026-11-23 06:55:27", "resolution_us": 1_000_000, "host": "vm"}]),
        Sample("2026-11-23T08:56:14.961+0000 [INFO] ccci.run fetch_recipe: discourse", None),
    ),
    stated=True,
)


def _read_full(frame: pl.DataFrame) -> pl.DataFrame:
    found = match(
        frame, [rf"^{_DAY} (?P<ts>\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d) (?P<name>[A-Z]{{1,5}}|[+-]\d\d) {_WRITER}"], [*_GROUPS, "name"]
    )
    return found.with_columns(
        ts=instant(pl.col("ts"), ("%Y-%m-%d %H:%M:%S",)), resolution_us=resolution(pl.col("ts")), zone=pl.col("name").is_in(["UTC", "GMT"])
    )


SHORT_FULL = Envelope(
    name="short_full",
    version=1,
    doc="""journald's short form with a whole date.

        Mon 2026-11-23 08:55:27 UTC vm recipe-ci[2091]: message

    `journalctl -o short-full`: a zone by its name, of which only UTC and GMT are an offset; in any other the time is local, and said to be assumed.
    Whole seconds.
    """,
    shape=rf"{_DAY} \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d (?:[A-Z]{{1,5}}|[+-]\d\d){_SHAPE}",
    open=lambda text: in_stages(text, (*_GROUPS, "resolution_us", "zone"), _read_full),
    render=lambda msg: f"Mon 2026-11-23 08:55:27 UTC ci-host recipe-ci[2091]: {msg}",
    references=REFERENCES,
    samples=(
        Sample(
            "Mon 2026-11-23 08:55:27 UTC vm recipe-ci[77]: hello",
            [
                {
                    "ts": "2026-11-23 08:55:27",
                    "zone": True,
                    "resolution_us": 1_000_000,
                    "host": "vm",
                    "emitter": "recipe-ci[77]",
                    "msg": "hello",
                }
            ],
        ),
        Sample("Mon 2026-11-23 09:55:27 CET vm abra: hello", [{"ts": "2026-11-23 09:55:27", "zone": False, "msg": "hello"}]),
        Sample("Mon 2026-11-23 vm abra: hello", None),
    ),
    resolution_us=1_000_000,
)


def _read_unix(frame: pl.DataFrame) -> pl.DataFrame:
    found = match(frame, [rf"^(?P<ts>\d{{10}}\.\d{{6}}) {_WRITER}"], _GROUPS)
    return found.with_columns(ts=epoch_us(pl.col("ts")))


SHORT_UNIX = Envelope(
    name="short_unix",
    version=1,
    doc="""journald's short form with seconds since 1970.

        1795424127.546028 vm recipe-ci[2091]: message

    `journalctl -o short-unix`: UTC, microseconds. The host is the one that logged.
    """,
    shape=rf"\d{{10}}\.\d{{6}}{_SHAPE}",
    vet=no_level_for_a_host,
    open=lambda text: in_stages(text, _GROUPS, _read_unix),
    render=lambda msg: f"1795424127.546028 ci-host recipe-ci[2091]: {msg}",
    references=REFERENCES,
    samples=(
        Sample(
            "1795424127.546028 vm recipe-ci[77]: hello",
            [{"ts": "2026-11-23 08:55:27.546028", "host": "vm", "logger": "recipe-ci", "emitter": "recipe-ci[77]", "msg": "hello"}],
        ),
        Sample("1795424127.546028 hello", None),
    ),
    stated=True,
)
