"""From times as printed to instants: what a line leaves out comes from what people declare, and is never invented.

    Nov 23 07:55:15         no year, no zone     with `year` and `zone` declared: an instant; else `ts` is null, the text is in attrs.yearless
    2026-10-25 02:30:00     no zone              an hour that the zone's clocks repeat: `ts` is null, `[ts_lo, ts_hi]` covers both, attrs.local tells
    2026-03-29 02:30:00     no zone              an hour that the zone's clocks leave out: no instant at all, attrs.local tells

Without a declared zone a time is read as UTC and says so (`zone-assumed`). A declared offset is taken off, from the stated instant its middle,
from the bounds its ends; attrs.ahead_us repeats it. Docker's own records (clock `docker`) are what other clocks are measured
against: no offset is applied to them.
"""

from __future__ import annotations

import polars as pl

from parsers.context import Context, declared
from parsers.schema import INSTANT

NAIVE = pl.Datetime("us")
UNZONED = ("zone-assumed", "zone-declared")
# Attributes that a line's envelope may add to an event of any kind.
ATTRS = ("rel_us", "rel_resolution_us", "yearless", "local", "ahead_us", "unsynced", "emitter")


def of_lines(rows: pl.DataFrame, context: Context) -> pl.DataFrame:
    """Instants of text lines.

    Args:
        rows: `ts` naive as printed, `yearless` (`MM-DD HH:MM:SS[.f]`), `rel_us`, `resolution_us`, `clock_kind`, `unsynced`, `path`, `host`, `attrs`.

    Returns:
        The rows with `ts`, `ts_lo`, `ts_hi` in UTC, `clock_kind` and `attrs` completed.
    """
    rows = _with_years(rows, context)
    told = pl.col("resolution_us").fill_null(1)
    rows = rows.with_columns(pl.col("ts").cast(NAIVE)).with_columns(
        ts_lo=pl.col("ts"), ts_hi=pl.col("ts") + pl.duration(microseconds=told - 1)
    )
    relative = pl.col("clock_kind") == "relative"
    rows = _said(rows, "rel_us", pl.when(relative).then(pl.col("rel_us").cast(pl.String)))
    rows = _said(rows, "rel_resolution_us", pl.when(relative).then(told.cast(pl.String)))
    if "emitter" in rows.columns:
        rows = _said(rows, "emitter", _quoted(pl.col("emitter").str.replace_all(r'["\\\x00-\x1f\x7f]', "_")))
    if "unsynced" in rows.columns:
        rows = _said(rows, "unsynced", pl.when("unsynced").then(pl.lit("true")))
    return _finished(rows, context)


def of_records(rows: pl.DataFrame, context: Context) -> pl.DataFrame:
    """Instants of records: what states no zone is moved to the declared one, and declared offsets are taken off."""
    rows = rows.with_columns(ts_lo=pl.coalesce("ts_lo", "ts"), ts_hi=pl.coalesce("ts_hi", "ts"))
    return _finished(rows.with_columns(pl.col(c).dt.replace_time_zone(None) for c in ("ts", "ts_lo", "ts_hi")), context)


def _finished(rows: pl.DataFrame, context: Context) -> pl.DataFrame:
    if context.zones and rows["clock_kind"].is_in(UNZONED).any():
        rows = _in_zones(rows, context)
    rows = rows.with_columns(pl.col(c).dt.replace_time_zone("UTC").cast(INSTANT) for c in ("ts", "ts_lo", "ts_hi"))
    return _without_offsets(rows, context) if context.offsets else rows


def _with_years(rows: pl.DataFrame, context: Context) -> pl.DataFrame:
    """Complete times without a year where one is declared; the others are kept as text."""
    if "yearless" not in rows.columns or rows["yearless"].is_null().all():
        return rows.drop("yearless", strict=False)
    text = pl.col("yearless").str.replace("T", " ", literal=True)
    first = declared(rows, context.years, pl.Date)

    def in_year(year: pl.Expr) -> pl.Expr:
        return pl.concat_str(year.cast(pl.String), pl.lit("-"), text).str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False)

    rows = rows.with_columns(_first=first).with_columns(
        _this=in_year(pl.col("_first").dt.year()), _next=in_year(pl.col("_first").dt.year() + 1)
    )
    # 29 February may be no day of the first year: then it is none of the span.
    found = pl.when(pl.col("_this") >= pl.col("_first").cast(NAIVE)).then("_this").otherwise("_next")
    found = pl.when(pl.col("ts").is_null() & (found.dt.date() < pl.col("_first").dt.offset_by("1y"))).then(found)
    rows = rows.with_columns(_found=found).with_columns(
        ts=pl.coalesce("ts", "_found"),
        clock_kind=pl.when(pl.col("_found").is_not_null()).then(pl.lit("zone-assumed")).otherwise("clock_kind"),
    )
    left = pl.when(pl.col("ts").is_null()).then("yearless")
    return _said(rows, "yearless", _quoted(left)).drop("yearless", "_first", "_this", "_next", "_found")


def _in_zones(rows: pl.DataFrame, context: Context) -> pl.DataFrame:
    rows = rows.with_columns(_zone=pl.when(pl.col("clock_kind").is_in(UNZONED)).then(declared(rows, context.zones, pl.String)))
    zones = rows["_zone"].drop_nulls().unique().to_list()
    early, late = pl.lit(None, NAIVE), pl.lit(None, NAIVE)
    for zone in zones:
        here = pl.col("_zone") == zone
        local = pl.col("ts").dt.replace_time_zone
        early, late = (
            pl.when(here)
            .then(local(zone, ambiguous=which, non_existent="null").dt.convert_time_zone("UTC").dt.replace_time_zone(None))
            .otherwise(value)
            for which, value in (("earliest", early), ("latest", late))
        )
    rows = rows.with_columns(_early=early, _late=late)
    zoned, known = pl.col("_zone").is_not_null(), pl.col("_early") == pl.col("_late")
    odd = zoned & pl.col("ts").is_not_null() & ~known.fill_null(False)
    below, above = pl.col("ts") - pl.col("ts_lo"), pl.col("ts_hi") - pl.col("ts")
    rows = _said(rows, "local", _quoted(pl.when(odd).then(pl.col("ts").dt.to_string("%Y-%m-%d %H:%M:%S%.f"))))
    kind = pl.when(odd & pl.col("_early").is_null()).then(pl.lit("none")).when(zoned).then(pl.lit("zone-declared")).otherwise("clock_kind")
    return rows.with_columns(
        ts=pl.when(~zoned).then("ts").when(known.fill_null(False)).then("_early"),
        ts_lo=pl.when(~zoned).then("ts_lo").otherwise(pl.col("_early") - below),
        ts_hi=pl.when(~zoned).then("ts_hi").otherwise(pl.col("_late") + above),
        clock_kind=kind,
    ).drop("_zone", "_early", "_late")


def _without_offsets(rows: pl.DataFrame, context: Context) -> pl.DataFrame:
    ends = [("_least", [(p, o[0]) for p, o in context.offsets]), ("_most", [(p, o[1]) for p, o in context.offsets])]
    rows = rows.with_columns(declared(rows, pairs, pl.Int64).alias(name) for name, pairs in ends)
    measured = (pl.col("clock") != "docker") & pl.col("ts_lo").is_not_null() & pl.col("_least").is_not_null()
    least, most = (pl.when(measured).then(name) for name in ("_least", "_most"))
    middle = (least + most) // 2
    told = pl.when(measured).then(pl.concat_str(pl.lit("["), least, pl.lit(","), most, pl.lit("]")))
    rows = _said(rows, "ahead_us", told)

    def less(column: str, by: pl.Expr) -> pl.Expr:
        return pl.col(column) - pl.duration(microseconds=by.fill_null(0))

    return rows.with_columns(
        ts=less("ts", middle),
        ts_lo=less("ts_lo", most),
        ts_hi=less("ts_hi", least),
        ts_ns=pl.col("ts_ns") - middle.fill_null(0) * 1000,
    ).drop("_least", "_most")


def _quoted(text: pl.Expr) -> pl.Expr:
    """A JSON string of text that holds digits and marks only."""
    return pl.concat_str(pl.lit('"'), text, pl.lit('"'))


def _said(rows: pl.DataFrame, key: str, value: pl.Expr) -> pl.DataFrame:
    """Put a member into the JSON object `attrs`, in front, where `value` (JSON text) is not null."""
    rows = rows.with_columns(_value=value)
    if rows["_value"].is_null().all():
        return rows.drop("_value")
    member = pl.concat_str(pl.lit(f'{{"{key}":'), pl.col("_value"))
    whole = (
        pl.when(pl.col("attrs").is_null())
        .then(pl.concat_str(member, pl.lit("}")))
        .otherwise(pl.concat_str(member, pl.lit(","), pl.col("attrs").str.slice(1)))
    )
    return rows.with_columns(attrs=pl.when(pl.col("_value").is_null()).then("attrs").otherwise(whole)).drop("_value")
