"""moreutils' `ts`.

    Nov 23 07:54:27 foo

`command | ts`: local time, whole seconds, without year or zone, when the line came through the pipe. An instant only where the case declares the year.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

import polars as pl

from parsers.envelope import Envelope, epoch_us, in_stages, match, resolution
from parsers.envelopes.syslog import STAMP, yearless
from parsers.record import Sample

REFERENCES = ("https://manpages.debian.org/stable/moreutils/ts.1.en.html",)


def _read(frame: pl.DataFrame) -> pl.DataFrame:
    found = match(frame, [rf"^(?P<ts>{STAMP}) (?P<msg>.*)$"], ["ts", "msg"])
    return found.with_columns(yearless=yearless(pl.col("ts")), resolution_us=resolution(pl.col("ts")))


TS = Envelope(
    name="ts",
    version=1,
    doc=__doc__,
    shape=rf"{STAMP} ",
    open=lambda text: in_stages(text, ("yearless", "resolution_us", "msg"), _read),
    general=True,
    render=lambda msg: f"Nov 23 08:55:27 {msg}",
    references=REFERENCES,
    samples=(
        Sample("Nov 23 07:54:27 foo", [{"yearless": "11-23 07:54:27", "resolution_us": 1_000_000, "msg": "foo"}]),
        Sample("Nov  3 07:54:27.123456 foo", [{"yearless": "11-03 07:54:27.123456", "resolution_us": 1, "msg": "foo"}]),
        Sample("Nov 23 07:54 foo", None),
    ),
    resolution_us=1_000_000,
)


def _read_epoch(frame: pl.DataFrame) -> pl.DataFrame:
    found = match(frame, [r"^\[?(?P<ts>\d{10}(?:\.\d{1,9})?)\]? (?P<msg>.*)$"], ["ts", "msg"])
    digits = pl.col("ts").str.extract(r"\.(\d+)$").str.len_bytes().cast(pl.Int64).fill_null(0).clip(0, 6)
    return found.with_columns(ts=epoch_us(pl.col("ts")), resolution_us=pl.lit(10, pl.Int64).pow(6 - digits))


TS_EPOCH = Envelope(
    name="ts_epoch",
    version=1,
    doc="""Seconds since 1970 before the message.

        1795420467.868201 foo

    `ts %.s` of moreutils, `dmesg`-like tools, and scripts with `date +%s.%N`: UTC, with as many digits as are written.
    """,
    shape=r"\[?\d{10}(?:\.\d{1,9})?\]? ",
    open=lambda text: in_stages(text, ("ts", "resolution_us", "msg"), _read_epoch),
    render=lambda msg: f"1795424127.546028 {msg}",
    references=REFERENCES,
    samples=(
        Sample("1795420467.868201 foo", [{"ts": "2026-11-23 07:54:27.868201", "resolution_us": 1, "msg": "foo"}]),
        Sample("1795420467 foo", [{"ts": "2026-11-23 07:54:27", "resolution_us": 1_000_000}]),
        Sample("[1795420467.5] foo", [{"ts": "2026-11-23 07:54:27.500000", "resolution_us": 100_000}]),
        Sample("17954 foo", None),
    ),
    stated=True,
)


_ELAPSED = r"\d\d:[0-5]\d:[0-5]\d(?:\.\d{1,6})? "


def _read_since(name: str) -> Callable[[pl.DataFrame], pl.DataFrame]:
    def read(frame: pl.DataFrame) -> pl.DataFrame:
        pattern = r"^(?P<h>\d\d):(?P<m>[0-5]\d):(?P<s>[0-5]\d)(?:\.(?P<f>\d{1,6}))? (?P<msg>.*)$"
        found = match(frame, [pattern], ["h", "m", "s", "f", "msg"])
        h, m, s, f = (pl.col(n).cast(pl.Int64) for n in ("h", "m", "s", "f"))
        digits = pl.col("f").str.len_bytes().cast(pl.Int64).fill_null(0)
        step = pl.lit(10, pl.Int64).pow(6 - digits)
        us = (h * 3600 + m * 60 + s) * 1_000_000 + (f * step).fill_null(0)
        return found.with_columns(us.alias(name), resolution_us=pl.when(us.is_not_null()).then(step))

    return read


def _stamps(messages: Sequence[str]) -> list[str]:
    return [text[:8] for text in messages if text[2:3] == ":" and text[5:6] == ":"]


def _steady(messages: Sequence[str]) -> str:
    """Why these stamps are not those of `ts -s`: it begins near zero and never goes back."""
    stamps = _stamps(messages)
    if not stamps or not stamps[0].startswith("00:00:"):
        return "its first stamp is not near zero: a time of day"
    if stamps != sorted(stamps):
        return "its stamps go back: times between lines (`ts -i`), or times of day"
    return "its stamps are all the same: since the start, or since the line before" if len(stamps) > 1 and len(set(stamps)) == 1 else ""


def _restarting(messages: Sequence[str]) -> str:
    """Why these stamps are not those of `ts -i`: it falls back to zero after every pause, where a clock does so at midnight alone."""
    stamps = _stamps(messages)
    if not stamps or not stamps[0].startswith("00:00:"):
        return "its first stamp is not near zero: a time of day"
    # Writers that take turns swap lines a second apart.
    falls = any(now == "00:00:00" and "00:00:02" <= before < "23:00:00" for before, now in pairwise(stamps))
    return "" if falls else "its stamps never fall from a pause to zero: times since the start (`ts -s`), or times of day"


TS_ELAPSED = Envelope(
    name="ts_elapsed",
    version=2,
    doc="""Time since the start before the message.

        00:00:12 foo

    `ts -s` of moreutils: hours, minutes and seconds since it began, which the log does not state. Read only where the first stamp is within a minute of
    zero, none goes back and not all are the same, since a time of day and `ts -i` (time since the last line) look alike.
    """,
    shape=_ELAPSED,
    vet=_steady,
    open=lambda text: in_stages(text, ("rel_us", "resolution_us", "msg"), _read_since("rel_us")),
    render=lambda msg: f"00:00:12 {msg}",
    references=REFERENCES,
    samples=(
        Sample("00:00:00 foo", [{"rel_us": 0, "resolution_us": 1_000_000, "msg": "foo"}]),
        Sample("26:01:02.5 foo", [{"rel_us": 93_662_500_000, "resolution_us": 100_000, "msg": "foo"}]),
        Sample("00:61:00 foo", None),
    ),
    relative=True,
    resolution_us=1_000_000,
)

TS_INTERVAL = Envelope(
    name="ts_interval",
    version=1,
    doc="""Time since the line before, before the message.

        00:00:00 deploying
        00:00:25 deployed
        00:00:00 checking

    `ts -i` of moreutils. The stamps are added up to the time since the first line, which the log does not state; each may be short by what its last digit
    stands for, and the sum by as much as its parts together. Read only where the first stamp is within a minute of zero and a pause is followed
    by zero, as it is at midnight only in times of day.
    """,
    shape=_ELAPSED,
    vet=_restarting,
    open=lambda text: in_stages(text, ("step_us", "resolution_us", "msg"), _read_since("step_us")),
    render=lambda msg: f"00:00:02 {msg}",
    references=REFERENCES,
    samples=(
        Sample(
            "00:00:00 foo\n00:00:25 bar\nno stamp\n00:00:00.5 baz",
            [
                {"ts": None, "rel_us": 0, "resolution_us": 1_000_000, "msg": "foo"},
                {"ts": None, "rel_us": 25_000_000, "resolution_us": 2_000_000, "msg": "bar"},
                {"ts": None, "rel_us": 25_500_000, "resolution_us": 2_100_000, "msg": "baz"},
            ],
        ),
        Sample("00:61:00 foo", None),
    ),
    relative=True,
    resolution_us=1_000_000,
    plain=False,  # the lines that no rule is for have their seconds too
)


def _read_time_of_day(frame: pl.DataFrame) -> pl.DataFrame:
    return match(frame, [r"^\[?\d\d:[0-5]\d:[0-5]\d(?:[.,]\d{1,9})?\]? (?P<msg>.*)$"], ["msg"])


TIME_OF_DAY = Envelope(
    name="time_of_day",
    version=1,
    doc="""A time of day alone before the message.

        17:57:54 foo

    `ts %H:%M:%S`, and programs that print no date. On which day, it does not say, and none is guessed: it is taken off and not read.
    """,
    shape=r"\[?\d\d:[0-5]\d:[0-5]\d(?:[.,]\d{1,9})?\]? ",
    open=lambda text: in_stages(text, ("msg",), _read_time_of_day),
    general=True,
    render=lambda msg: f"17:57:54 {msg}",
    references=REFERENCES,
    samples=(
        Sample("17:57:54 foo", [{"ts": None, "rel_us": None, "msg": "foo"}]),
        Sample("[17:57:54.123] foo", [{"ts": None, "msg": "foo"}]),
        Sample("17:57 foo", None),
        Sample("17:57:54", None),
    ),
)
