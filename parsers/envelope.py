"""An envelope: how a line carries time, level and emitter around a message.

Envelopes and rules are independent: an envelope takes lines to messages, a rule takes messages to facts, and any
rule works inside any envelope. Envelopes nest.

Most envelopes carry one message in one line. Three things go beyond that, and each is a property that an envelope
states, never its name:

- *records*: several lines are one record, or one line several (`gather`);
- *pieces*: a record carries a piece of a stream, and the message ends where the stream says so (`pieces`);
- *opaque*: the message does not stand in the line as it is, so nothing can be looked for before it is opened (`plain`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from parsers.odd_times import odd
from parsers.record import Sample

NAIVE = pl.Datetime("us")
# What an envelope may tell of a message.
COLUMNS = {
    "ts": NAIVE,
    "ts_ns": pl.Int64,
    "yearless": pl.String,
    "resolution_us": pl.Int64,
    "zone": pl.Boolean,
    "rel_us": pl.Int64,
    "step_us": pl.Int64,
    "starts": NAIVE,
    "level": pl.String,
    "logger": pl.String,
    "host": pl.String,
    "run": pl.String,
    "emitter": pl.String,
    "service": pl.String,
    "unsynced": pl.Boolean,
    "stream": pl.String,
    "goes_on": pl.Boolean,
    "otherwise": pl.String,
    "msg": pl.String,
}

# Gives of lines (source, line_no, offset, raw) records: source, line_no, line_last, offset, length, msg. What is not complete yet goes into the
# memory, unless these are the last lines.
Gather = Callable[[pl.DataFrame, dict[str, Any], bool], pl.DataFrame]


@dataclass(frozen=True)
class Envelope:
    """One envelope.

    `open` takes text to a struct expression with the fields of `COLUMNS` that it knows; `msg` null means that
    the line does not wear this envelope. A `msg` that holds newlines is several messages. `otherwise` is another reading of the message,
    for the rules to try where the line does not tell what belongs to it (an emitter's name before it, pairs behind it). `ts` is a naive
    Datetime("us") as printed, moved to UTC only where `zone` says that the line states one. A stamp without a
    year is text in `yearless`, `MM-DD HH:MM:SS[.f]`, and `ts` null: what is declared of the case gives it a year, or
    nothing does. `rel_us` counts from a start that the line does not state, or from the last `starts` (naive, UTC, a whole second) above it; `step_us` from
    the record before it, whether that has a message or not, and is 0 where counting begins. `emitter` is what tells the writers of one log
    apart, a unit, a job, a container, and behind a blank the process: `cc-ci@281.service recipe-ci[77]`. `unsynced` is true where the line says that nothing keeps
    its clock in step.

    `shape` is a regular expression (Python) that every line that wears the envelope matches at its start; cheap, for detection.
    It may let others through. With `gather` it is held against the source's beginning instead. `needs` must be found in the source's
    beginning too, where single lines do not tell enough. `render` wraps a message, for tests.
    """

    name: str
    version: int
    open: Callable[[pl.Expr], pl.Expr]
    render: Callable[[str], str]
    references: tuple[str, ...]
    samples: tuple[Sample, ...]
    shape: str = ""
    doc: str = field(default="", repr=False)  # what the handbook says: the module's docstring
    stated: bool = False  # whether its time states a zone
    relative: bool = False
    resolution_us: int = 1
    needs: str = ""
    vet: Callable[[Sequence[str]], str] | None = None  # why lines of this shape are not of this envelope after all; "" if they are
    pieces: bool = (
        False  # `msg` is a piece of its `stream`: a message ends with a newline, or where `goes_on` of the next piece is not true
    )
    plain: bool | Callable[[pl.Expr], pl.Expr] = True  # whether a line's message stands in the line, whole and as it is
    gather: Gather | None = None
    binary: bool = False  # may hold NUL
    general: bool = False  # what wears another envelope may look like this one as well


GROUPS = ("level", "logger", "emitter", "host", "service", "stream", "msg")
LEVELS = "DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL|TRACE|FATAL|NOTICE|SUCCESS"


def no_level_for_a_host(messages: Sequence[str]) -> str:
    """Why lines of which the second word should be a host are none: it is a level (`2026-11-23T08:55:27Z INFO recipe-ci: …`)."""
    words = {text.split(" ", 2)[1] for text in messages if " " in text}
    return "where a host should stand stands a level" if words & set(LEVELS.split("|")) else ""


def in_stages(text: pl.Expr, names: Iterable[str], read: Callable[[pl.DataFrame], pl.DataFrame]) -> pl.Expr:
    """Open lines by a function over a frame with the column `text`, each step of which is computed once.

    An expression that uses another one several times computes it as often.

    Args:
        names: Which of `COLUMNS` the function gives.
    """
    shape = {name: COLUMNS[name] for name in names}
    return text.map_batches(
        lambda texts: read(pl.DataFrame({"text": texts})).select(pl.col(n).cast(t) for n, t in shape.items()).to_struct(),
        return_dtype=pl.Struct(shape),
    )


def by_regex(*patterns: str, formats: tuple[str, ...] = (), zone: str = "") -> Callable[[pl.Expr], pl.Expr]:
    """Open lines by regular expressions with the named groups ts and `GROUPS`; the first that matches counts.

    A group `all` around the message and what may belong to it gives the other reading. A comma in ts is a decimal point.

    Args:
        formats: Of the group ts, as strftime spells them.
        zone: A pattern that a ts which states its zone matches; where given, `zone` is told line by line.
    """
    groups = [n for n in ("ts", *GROUPS, "all") if any(f"?P<{n}>" in p for p in patterns)]
    names = [n for n in groups if n in GROUPS]
    names += ["otherwise"] * ("all" in groups) + ["ts", "resolution_us"] * ("ts" in groups) + ["zone"] * bool(zone)

    def read(frame: pl.DataFrame) -> pl.DataFrame:
        found = match(frame, patterns, groups)
        if "all" in groups:
            found = found.with_columns(otherwise=pl.when(pl.col("all") != pl.col("msg")).then("all"))
        if "ts" in groups:
            found = found.with_columns(text=pl.col("ts").str.replace(",", ".", literal=True))
            found = found.with_columns(ts=instant(pl.col("text"), formats), resolution_us=resolution(pl.col("text")))
        return found.with_columns(zone=pl.col("text").str.contains(zone)) if zone else found

    return lambda text: in_stages(text, names, read)


def match(frame: pl.DataFrame, patterns: Sequence[str], groups: Sequence[str]) -> pl.DataFrame:
    """Named groups of the first pattern that matches each `text`, one of which is msg; each sees only what those before it left."""
    left, found = frame.select("text").with_row_index("row"), []
    for pattern in patterns:
        struct = pl.col("text").str.extract_groups(pattern)
        seen = left.with_columns(struct.alias("found"))
        seen = seen.with_columns(
            (pl.col("found").struct.field(n) if f"?P<{n}>" in pattern else pl.lit(None, pl.String)).alias(n) for n in groups
        ).drop("found")
        worn = pl.col("msg").is_not_null()
        found.append(seen if pattern == patterns[-1] else seen.filter(worn))
        left = seen.filter(~worn).select("row", "text")
        if left.is_empty():
            break
    return found[0] if len(found) == 1 else pl.concat(found).sort("row")


def instant(ts: pl.Expr, formats: tuple[str, ...]) -> pl.Expr:
    """Parse times in bulk, odd spellings one by one; a stated offset moves them to UTC. Null where none can be read."""
    return pl.struct(ts.alias("text"), bulk(ts, formats).alias("read")).map_batches(_with_odd, return_dtype=NAIVE)


def bulk(ts: pl.Expr, formats: tuple[str, ...]) -> pl.Expr:
    """Parse times in these formats only; a stated offset moves them to UTC. Null where none fits. Digits below a microsecond are cut."""
    return ts.map_batches(lambda texts: _bulk(texts, formats), return_dtype=NAIVE)


def _bulk(texts: pl.Series, formats: tuple[str, ...]) -> pl.Series:
    texts = texts.cast(pl.String).str.replace(r"([.]\d{6})\d+", "$1")
    found = pl.repeat(None, len(texts), dtype=NAIVE, eager=True)
    for fmt in formats:  # each sees only what those before it left
        left = (found.is_null() & texts.is_not_null()).arg_true()
        if not len(left):
            break
        some = texts.gather(left)
        some = some.str.replace(r"[Zz]$", "+0000") if "%z" in fmt else some
        read = some.str.to_datetime(fmt, time_unit="us", strict=False, exact=True).dt.replace_time_zone(None)
        found = read if len(left) == len(texts) else found.scatter(left, read)
    return found.alias(texts.name)


def _with_odd(times: pl.Series) -> pl.Series:
    read, text = times.struct.field("read"), times.struct.field("text")
    left = (read.is_null() & text.is_not_null()).arg_true()
    return read.scatter(left, odd(text.gather(left))) if len(left) else read


def resolution(ts: pl.Expr) -> pl.Expr:
    """Microseconds that the last digit of a printed time stands for: 1,000,000 without a fraction, at least 1. Null stays null."""
    digits = ts.str.extract(r"(?::\d\d|T\d{6})[.,](\d+)").str.len_bytes().fill_null(0)
    step = pl.lit(10, pl.Int64).pow(6 - digits.cast(pl.Int64).clip(0, 6)).cast(pl.Int64)
    return pl.when(ts.str.contains(r"\d:\d\d:\d\d|T\d{6}")).then(step).when(ts.is_not_null()).then(pl.lit(60_000_000, pl.Int64))


def epoch_us(number: pl.Expr) -> pl.Expr:
    """A naive UTC instant of an epoch number as text, in seconds (with a fraction), milli-, micro- or nanoseconds by its size."""
    return number.map_batches(_epoch_us, return_dtype=NAIVE)


def _epoch_us(number: pl.Series) -> pl.Series:
    whole, part = pl.col("whole"), pl.col("part")
    frame = pl.DataFrame({"n": number}, schema={"n": pl.String}).select(
        whole=pl.col("n").str.extract(r"^(\d{9,19})(?:\.\d+)?$").cast(pl.Int64, strict=False),
        part=pl.col("n").str.extract(r"^\d+\.(\d{1,6})").str.pad_end(6, "0").cast(pl.Int64, strict=False).fill_null(0),
    )
    us = (
        pl.when(whole < 100_000_000_000)
        .then(whole * 1_000_000 + part)
        .when(whole < 100_000_000_000_000)
        .then(whole * 1000)
        .when(whole < 100_000_000_000_000_000)
        .then(whole)
        .otherwise(whole // 1000)
    )
    return frame.select(us.cast(NAIVE)).to_series()
