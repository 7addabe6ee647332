"""moreutils' `ts`.

    Nov 23 07:54:27 foo

`command | ts`: local time, whole seconds, without year or zone, when the line came through the pipe. An instant only where the case declares the year.
"""

from collections.abc import Sequence

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


def _read_elapsed(frame: pl.DataFrame) -> pl.DataFrame:
    pattern = r"^(?P<h>\d\d):(?P<m>[0-5]\d):(?P<s>[0-5]\d)(?:\.(?P<f>\d{1,6}))? (?P<msg>.*)$"
    found = match(frame, [pattern], ["h", "m", "s", "f", "msg"])
    h, m, s, f = (pl.col(n).cast(pl.Int64) for n in ("h", "m", "s", "f"))
    digits = pl.col("f").str.len_bytes().cast(pl.Int64).fill_null(0)
    step = pl.lit(10, pl.Int64).pow(6 - digits)
    return found.with_columns(rel_us=(h * 3600 + m * 60 + s) * 1_000_000 + (f * step).fill_null(0), resolution_us=step)


def _steady(messages: Sequence[str]) -> str:
    """Why these stamps are not those of `ts -s`: it begins near zero and never goes back."""
    stamps = [text[:8] for text in messages if text[2:3] == ":" and text[5:6] == ":"]
    if not stamps or not stamps[0].startswith("00:00:"):
        return "its first stamp is not near zero: a time of day"
    return "its stamps go back: times between lines (`ts -i`), or times of day" if stamps != sorted(stamps) else ""


TS_ELAPSED = Envelope(
    name="ts_elapsed",
    version=1,
    doc="""Time since the start before the message.

    00:00:12 foo

    `ts -s` of moreutils: hours, minutes and seconds since it began, which the log does not state. Read only where the first stamp is within a minute of
    zero and none goes back, since a time of day and `ts -i` (time since the last line) look alike.
    """,
    shape=r"\d\d:[0-5]\d:[0-5]\d(?:\.\d{1,6})? ",
    vet=_steady,
    open=lambda text: in_stages(text, ("rel_us", "resolution_us", "msg"), _read_elapsed),
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
