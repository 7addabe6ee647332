"""An envelope of a user's own, from its table."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator
from typing import Any

import polars as pl

from parsers.envelope import Envelope, bulk
from parsers.user_formats.entry import Entry

ENVELOPE_KEYS = ("name", "version", "pattern", "time", "resolution", "reference", "samples")
ENVELOPE_GROUPS = ("ts", "level", "logger", "host", "run", "msg")
EPOCHS = {"epoch": 1_000_000, "epoch-ms": 1_000, "epoch-us": 1, "epoch-ns": 1}  # microseconds in one, or that one is told by
RESOLUTIONS = {"1us": 1, "1ms": 1_000, "1s": 1_000_000, "1min": 60_000_000}
YEARS = ("%Y", "%y", "%F", "%D", "%+", "%c", "%x")  # what prints a year


def envelope_of(one: Entry) -> Envelope:
    """The envelope that a checked entry declares. Raises FormatError for what an envelope cannot be, or a sample that it does not keep."""
    entry, groups = one.entry, one.groups()
    for name in groups:
        if name not in ENVELOPE_GROUPS:
            near = difflib.get_close_matches(name, ENVELOPE_GROUPS, n=1)
            mark = f"<{name}>"
            one.wrong(
                "pattern",
                f"an envelope has no group `{name}`",
                f"its groups are {', '.join(ENVELOPE_GROUPS)}",
                f"write (?P<{near[0] if near else 'msg'}>...)",
                mark=mark,
            )
    if "msg" not in groups:
        one.wrong(
            "pattern",
            f"{one.what} gives no message",
            "the group (?P<msg>...) is missing: rules read what stands there",
            "mark the message: (?P<msg>.*)",
        )
    times = tuple(_times(one))
    if ("ts" in groups) != bool(times):
        missing = "`time`, which says how the group ts is printed" if "ts" in groups else "the group (?P<ts>...), which `time` is for"
        one.wrong("pattern" if times else None, f"{one.what} cannot read its time", f"it lacks {missing}", 'time = "%Y-%m-%d %H:%M:%S"')
    resolution = entry.get("resolution", "1us" if any("f" in t or t in EPOCHS for t in times) else "1s")
    if resolution not in RESOLUTIONS:
        one.wrong("resolution", f"`{resolution}` is no resolution", f"known are {', '.join(RESOLUTIONS)}", 'resolution = "1s"')
    stated = {("%z" in t or t in EPOCHS) for t in times}
    if len(stated) > 1:
        one.wrong(
            "time", f"{one.what} states a zone in some times only", "either all of its times have %z, or none", "make two envelopes of it"
        )
    sample = next(s for s in one.samples() if s.expect)
    said = sample.expect[0].get("msg", "")  # type: ignore[index]
    made = Envelope(
        name=entry["name"],
        version=entry["version"],
        open=_opener(entry["pattern"], [n for n in groups if n not in ("ts", "msg")], times, by_digits="resolution" not in entry),
        render=lambda msg: sample.text.replace(said, msg),
        references=one.reference(),
        samples=one.samples(),
        stated=stated == {True},
        resolution_us=RESOLUTIONS[resolution],
    )
    opened = pl.DataFrame({"text": [s.text for s in one.samples()]}).select(made.open(pl.col("text")).alias("o")).unnest("o").to_dicts()
    one.hold([None if row["msg"] is None else row for row in opened])
    if times and not any(row.get("ts") or row.get("yearless") for row in opened if row["msg"] is not None):
        one.wrong(
            "time", f"{one.what} reads the time of no sample", f"{times[0]!r} does not fit what the group ts holds", "correct either one"
        )
    return made


def _times(one: Entry) -> Iterator[str]:
    said = one.entry.get("time", [])
    for fmt in [said] if isinstance(said, str) else said if isinstance(said, list) else [said]:
        if not isinstance(fmt, str) or not (fmt in EPOCHS or "%" in fmt):
            why = f"it is as strftime writes it, or one of {', '.join(EPOCHS)}"
            one.wrong("time", f"`{fmt}` is no way to print a time", why, 'time = "%Y-%m-%d %H:%M:%S"')
        yield fmt


def _opener(pattern: str, names: Collection[str], times: tuple[str, ...], *, by_digits: bool) -> Any:
    whole = tuple(t for t in times if t not in EPOCHS and any(d in t for d in YEARS))
    yearless = tuple(t for t in times if t not in EPOCHS and t not in whole)
    epochs = [t for t in times if t in EPOCHS]

    def open_(text: pl.Expr) -> pl.Expr:
        groups = text.str.extract_groups(pattern).struct.field
        fields = {name: groups(name) for name in [*names, "msg"]}
        if times:
            ts = groups("ts")
            tries = [*([bulk(ts, whole)] if whole else []), *(_epoch(ts, unit) for unit in epochs)]
            fields["ts"] = pl.coalesce(tries) if tries else pl.lit(None, pl.Datetime("us"))
            if by_digits and (epochs or any("f" in t for t in times)):
                fields["resolution_us"] = _step(ts, min(EPOCHS.get(t, 1_000_000) for t in times))
        if yearless:
            # Of a leap year, so that 29 February is a day.
            days = [pl.concat_str(pl.lit("2000 "), ts).str.to_datetime(f"%Y {fmt}", time_unit="us", strict=False) for fmt in yearless]
            fields["yearless"] = pl.coalesce(days).dt.to_string("%m-%d %H:%M:%S%.6f")
        return pl.struct(**fields)

    return open_


def _epoch(ts: pl.Expr, unit: str) -> pl.Expr:
    """An instant of a number of seconds (with a fraction) or parts of a second; digits below a microsecond are cut."""
    if unit == "epoch-ns":
        return (ts.cast(pl.Int64, strict=False) // 1000).cast(pl.Datetime("us"))
    return (ts.cast(pl.Float64, strict=False) * EPOCHS[unit]).round(0).cast(pl.Int64, strict=False).cast(pl.Datetime("us"))


def _step(ts: pl.Expr, whole_us: int) -> pl.Expr:
    """Microseconds that the last digit of a printed time stands for; `whole_us` where no fraction ends it."""
    digits = ts.str.extract(r"[.,](\d{1,9})\s*(?:[A-Za-z]{1,5}|[+-]\d\d:?\d\d)?$").str.len_bytes().cast(pl.Int64)
    return pl.when(digits.is_null()).then(whole_us).otherwise(pl.lit(10, pl.Int64).pow(6 - digits.clip(0, 6))).cast(pl.Int64)
