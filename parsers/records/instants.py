"""RFC 3339 instants as Go prints them, to epoch nanoseconds and without floats.

`2026-11-23T07:48:06.862322743Z`, `2017-01-05T00:36:09.84+08:00`: 0 to 9 digits of a second, `Z` or an offset.
What is not a real date (month 13, `24:00:00`, `:60`) is null.

References:
    https://www.rfc-editor.org/rfc/rfc3339
    https://pkg.go.dev/time#RFC3339Nano
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import polars as pl

RFC3339 = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)"
_PARTS = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def epoch_ns(text: pl.Expr) -> pl.Expr:
    """Epoch nanoseconds of RFC 3339 text, null where it is none."""
    second = text.str.slice(0, 19).str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="us", strict=False, exact=True).dt.epoch("us") * 1_000
    # Chrono reads `:60` as a leap second of the minute before: the text must come back as it was.
    same = text.str.slice(17, 2).cast(pl.Int64, strict=False) < 60
    digits = text.str.extract(r"^.{19}\.([0-9]{1,9})")
    fraction = pl.when(digits.is_not_null()).then(digits.str.pad_end(9, "0").cast(pl.Int64, strict=False)).otherwise(0)
    zone = text.str.extract(r"^.{19}(?:\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$")
    minutes = zone.str.slice(1, 2).cast(pl.Int64, strict=False) * 60 + zone.str.slice(4, 2).cast(pl.Int64, strict=False)
    east = pl.when(zone == "Z").then(0).when(zone.str.starts_with("-")).then(-minutes).otherwise(minutes)
    return pl.when(zone.is_not_null() & same).then(second + fraction - east * 60_000_000_000)


def epoch_ns_of(text: object) -> int | None:
    """The same for one value of a document."""
    parts = _PARTS.fullmatch(text) if isinstance(text, str) else None
    if parts is None:
        return None
    *date, fraction, sign, hours, minutes = parts.groups()
    try:
        east = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
        since = datetime(*map(int, date), tzinfo=timezone(east)) - _EPOCH  # type: ignore[misc]
    except (ValueError, OverflowError):  # no such day, or an offset beyond a day
        return None
    whole = since.days * 86_400 + since.seconds
    return whole * 1_000_000_000 + int((fraction or "0").ljust(9, "0"))
