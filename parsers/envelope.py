"""An envelope: how a line carries time, level and emitter around a message.

Envelopes and rules are independent: an envelope takes lines to messages, a rule takes messages to facts, and any
rule works inside any envelope. Envelopes nest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from parsers.odd_times import odd
from parsers.record import Sample

COLUMNS = ("ts", "yearless", "ts_ns", "resolution_us", "zone", "rel_us", "level", "logger", "host", "run", "msg")


@dataclass(frozen=True)
class Envelope:
    """One envelope.

    `open` takes text to a struct expression with the fields of `COLUMNS` that it knows; `msg` null means that
    the line does not wear this envelope. `ts` is a naive Datetime("us") as printed, moved to UTC only where
    `zone` says that the line states one; a stamp without a year is text in `yearless`, `MM-DD HH:MM:SS[.f]`, and `ts` null; `rel_us` counts from a start that the line does not state.
    `render` wraps a message, for tests.
    """

    name: str
    version: int
    open: Callable[[pl.Expr], pl.Expr]
    render: Callable[[str], str]
    references: tuple[str, ...]
    samples: tuple[Sample, ...]
    stated: bool = False  # whether its time states a zone
    relative: bool = False
    resolution_us: int = 1

    def worn(self, text: pl.Expr) -> pl.Expr:
        """Whether a line wears this envelope: as `open` says, but cheaper where its grammar is one regular expression."""
        return self.open.worn(text) if isinstance(self.open, ByRegex) else self.open(text).struct.field("msg").is_not_null()


@dataclass(frozen=True)
class ByRegex:
    """Opens lines by a regular expression with named groups ts, level, logger, host and msg; msg takes part in every match."""

    pattern: str
    formats: tuple[str, ...]
    decimal_comma: bool = False

    def __call__(self, text: pl.Expr) -> pl.Expr:
        names = [g for g in ("level", "logger", "host", "msg") if f"?P<{g}>" in self.pattern]
        fields = {n: pl.String for n in names} | ({"ts": pl.Datetime("us")} if "?P<ts>" in self.pattern else {})
        # At one go, so that the groups are extracted once and not for each field.
        return text.str.extract_groups(self.pattern).map_batches(lambda s: self._fields(s, list(fields)), return_dtype=pl.Struct(fields))

    def _fields(self, groups: pl.Series, names: list[str]) -> pl.Series:
        frame = groups.struct.unnest()
        if "ts" in names:
            ts = pl.col("ts")
            frame = frame.with_columns(ts=instant(ts.str.replace(",", ".", literal=True) if self.decimal_comma else ts, self.formats))
        return frame.select(names).to_struct(groups.name)

    def worn(self, text: pl.Expr) -> pl.Expr:
        # Without groups the regex engine needs no more than one pass with its fastest automaton.
        return text.str.contains(self.pattern)


def by_regex(pattern: str, *, formats: tuple[str, ...], decimal_comma: bool = False) -> ByRegex:
    """Open lines by a regular expression with named groups ts, level, logger, host and msg."""
    return ByRegex(pattern, formats, decimal_comma)


def instant(ts: pl.Expr, formats: tuple[str, ...]) -> pl.Expr:
    """Parse times in bulk, odd spellings one by one; a stated offset moves them to UTC. Null where none can be read."""
    return pl.struct(ts.alias("text"), bulk(ts, formats).alias("read")).map_batches(_with_odd, return_dtype=pl.Datetime("us"))


def bulk(ts: pl.Expr, formats: tuple[str, ...]) -> pl.Expr:
    """Parse times in these formats only; a stated offset moves them to UTC. Null where none fits."""
    tries = []
    for fmt in formats:
        aware = "%z" in fmt
        value = (
            ts.str.replace(r"Z$", "+0000").str.to_datetime(fmt, time_unit="us", strict=False, exact=True)
            if aware
            else ts.str.to_datetime(fmt, time_unit="us", strict=False, exact=True)
        )
        tries.append(value.dt.replace_time_zone(None) if aware else value)
    return pl.coalesce(tries)


def _with_odd(times: pl.Series) -> pl.Series:
    read, text = times.struct.field("read"), times.struct.field("text")
    left = (read.is_null() & text.is_not_null()).arg_true()
    return read.scatter(left, odd(text.gather(left))) if len(left) else read
