"""syslog, RFC 3164.

    <11>Nov 23 07:55:15 vm abra: hello [x]
    Jul 26 10:58:11 host dockerd[3931]: …

Written by syslog daemons into files, by `logger`, and by `journalctl -o short` and `-o short-precise`. Local time without year or zone: the line gives
its day and time, and an instant only where the case declares the year. A day of the month may be padded with a space. Months in other languages than English
are not read.
"""

import polars as pl

from parsers.envelope import Envelope, in_stages, instant, match, resolution
from parsers.record import Sample

MONTHS = dict(
    zip(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], (f"{n:02}" for n in range(1, 13)), strict=True
    )
)
STAMP = rf"(?:{'|'.join(MONTHS)}) [ \d]\d \d\d:\d\d:\d\d(?:\.\d{{1,9}})?"
LEVELS = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
REST = r"(?P<host>[\w.:-]+) (?P<emitter>(?P<logger>[^:\[\s]+)(?:\[[^\]\s]*\])?): ?(?P<msg>.*)$"


def yearless(stamp: pl.Expr) -> pl.Expr:
    """`Nov  3 07:55:15` as `11-03 07:55:15`; null for what is no such stamp."""
    month = stamp.str.slice(0, 3).replace_strict(MONTHS, default=None, return_dtype=pl.String)
    return pl.concat_str(month, pl.lit("-"), stamp.str.slice(4, 2).str.replace(" ", "0", literal=True), stamp.str.slice(6))


def level(pri: pl.Expr) -> pl.Expr:
    """The severity in a PRI: its lowest three bits."""
    number = pri.cast(pl.Int64, strict=False)
    return (number % 8).replace_strict(dict(enumerate(LEVELS)), default=None, return_dtype=pl.String)


_3164 = rf"^(?:<(?P<pri>\d{{1,3}})>)?(?P<ts>{STAMP}) {REST}"


def _read_3164(frame: pl.DataFrame) -> pl.DataFrame:
    found = match(frame, [_3164], ["pri", "ts", "host", "logger", "emitter", "msg"])
    return found.with_columns(yearless=yearless(pl.col("ts")), resolution_us=resolution(pl.col("ts")), level=level(pl.col("pri")))


SYSLOG_3164 = Envelope(
    name="syslog_3164",
    version=2,
    doc=__doc__,
    shape=rf"(?:<\d{{1,3}}>)?{STAMP} [\w.:-]+ [^:\[\s]+(?:\[[^\]\s]*\])?:",
    open=lambda text: in_stages(text, ("yearless", "resolution_us", "level", "host", "logger", "emitter", "msg"), _read_3164),
    render=lambda msg: f"<13>Nov 23 08:55:27 ci-host recipe-ci[2091]: {msg}",
    references=("https://www.rfc-editor.org/rfc/rfc3164",),
    samples=(
        Sample(
            "<11>Nov 23 07:55:15 vm abra: hello [x]",
            [{"yearless": "11-23 07:55:15", "level": "err", "host": "vm", "logger": "abra", "msg": "hello [x]"}],
        ),
        Sample(
            "Jul  6 10:58:11 host dockerd[3931]: x",
            [{"yearless": "07-06 10:58:11", "level": None, "host": "host", "emitter": "dockerd[3931]"}],
        ),
        Sample("Nov 23 07:55:15.123456 vm x: y", [{"yearless": "11-23 07:55:15.123456", "resolution_us": 1}]),
        Sample("Nov 23 07:55:15 no colon here", None),
        Sample("Okt 23 07:55:15 vm abra: another language", None),
    ),
    resolution_us=1_000_000,
)

_QUOTED = r'"(?:[^"\\]|\\.)*"'
_5424 = (
    r"^<(?P<pri>\d{1,3})>\d{1,2} (?P<ts>\S+) (?P<host>\S+) (?P<logger>\S+) (?P<pid>\S+) \S+ "
    rf"(?P<data>-|(?:\[(?:[^\]\\\"]|{_QUOTED})*\])+)(?: \x{{feff}}?(?P<msg>.*))?$"
)


_QUALITY = rf"\[timeQuality((?: \w+={_QUOTED})*)\]"


def _read_5424(frame: pl.DataFrame) -> pl.DataFrame:
    found = match(frame, [_5424], ["pri", "ts", "host", "logger", "pid", "data", "msg"])
    ts, quality = pl.col("ts"), pl.col("data").str.extract(_QUALITY)
    return found.with_columns(
        zone=~quality.str.contains(' tzKnown="0"', literal=True).fill_null(False),
        unsynced=quality.str.contains(' isSynced="0"', literal=True),
        ts=instant(ts, ("%Y-%m-%dT%H:%M:%S%.f%z",)),
        resolution_us=resolution(ts),
        level=level(pl.col("pri")),
        host=pl.when(pl.col("host") != "-").then("host"),
        logger=pl.when(pl.col("logger") != "-").then("logger"),
        emitter=pl.when(pl.col("pid") != "-").then(pl.concat_str("logger", pl.lit("["), "pid", pl.lit("]"))).otherwise("logger"),
        run=pl.col("data").str.extract(rf"[ ](?:run|run_id)=({_QUOTED})").str.strip_chars('"'),
        msg=pl.when(ts.is_not_null()).then(pl.col("msg").fill_null("")),
    )


SYSLOG_5424 = Envelope(
    name="syslog_5424",
    version=3,
    doc="""syslog, RFC 5424.

        <13>1 2026-11-23T07:55:15.456665+00:00 vm abra - - [timeQuality tzKnown="1" isSynced="0"] hi

    Written by `logger`, rsyslog and syslog-ng towards others. A stated offset, down to a microsecond; the time may be `-`: then there is none. Of the structured
    data, `timeQuality` is read: with `tzKnown="0"` the offset is a guess of the sender's, so the zone counts as assumed; with `isSynced="0"` nothing kept its
    clock in step, and `attrs.unsynced` says so. A parameter `run` or `run_id` names the run. The correlator needs no more of it: it takes every log's clock to be off by an unknown constant.
    """,
    shape=r"<\d{1,3}>\d{1,2} \S+ \S+ \S+ \S+ \S+ (?:-|\[)",
    open=lambda text: in_stages(
        text, ("ts", "zone", "unsynced", "resolution_us", "level", "host", "logger", "emitter", "run", "msg"), _read_5424
    ),
    render=lambda msg: f'<13>1 2026-11-23T08:55:27.546028+00:00 ci-host recipe-ci 2091 - [timeQuality tzKnown="1" isSynced="1"] {msg}',
    references=("https://www.rfc-editor.org/rfc/rfc5424",),
    samples=(
        Sample(
            '<13>1 2026-11-23T07:55:15.456665+00:00 vm abra - - [timeQuality tzKnown="1" isSynced="0"][ex@32473 k="a ] \\" b"] hi',
            [
                {
                    "ts": "2026-11-23 07:55:15.456665",
                    "zone": True,
                    "unsynced": True,
                    "level": "notice",
                    "host": "vm",
                    "logger": "abra",
                    "msg": "hi",
                }
            ],
        ),
        Sample(
            '<13>1 2026-11-23T07:55:15Z vm abra - - [ex@32473 isSynced="0"][timeQuality isSynced="1" tzKnown="0" syncAccuracy="9"] hi',
            [{"ts": "2026-11-23 07:55:15", "zone": False, "unsynced": False, "msg": "hi"}],
        ),
        Sample("<165>1 - - x 7 - - \ufeffno time", [{"ts": None, "unsynced": None, "host": None, "logger": "x", "msg": "no time"}]),
        Sample('<13>1 2026-11-23T07:55:15Z vm ci 77 - [ccci@32473 run="281"] hi', [{"emitter": "ci[77]", "run": "281", "msg": "hi"}]),
        Sample("<34>1 2003-10-11T22:14:15.003Z host su - ID47 -", [{"level": "crit", "msg": ""}]),
        Sample("<13>Nov 23 07:55:15 vm abra: hello", None),
        Sample("<13>1 2026-11-23T07:55:15Z vm abra - - no structured data", None),
    ),
    stated=True,
)
