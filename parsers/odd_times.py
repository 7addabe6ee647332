"""Times in a spelling that no bulk format fits, read one by one: `Mon, 23 Nov 2026 08:55:27 GMT`, `11/23/2026 8:55:27 PM`.

python-dateutil reads them, held to what is written: a part that it would fill in (the year, the day, the second), an order of day and month
that it would have to guess, or a zone's abbreviation other than UTC gives null. What looks like ISO 8601 was either read in bulk or is no date.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

import polars as pl

# Two instants that agree in no field: what differs after parsing with each as default was not written.
DEFAULTS = datetime(2001, 1, 1), datetime(2004, 2, 2, 1, 1, 1, 1)
FIELDS = ("year", "month", "day", "hour", "minute", "second")
LONGEST = 64  # characters of a time in any spelling
WORTH_A_TRY = rf"^(?:[A-Za-z]{{3,9}},? |\d{{1,2}}[ ./-](?:\d{{1,2}}|[A-Za-z]{{3,9}})[ ./-]\d{{4}}).{{5,{LONGEST}}}$"


def odd(texts: pl.Series) -> pl.Series:
    """Naive instants of texts, in UTC where they state an offset; null where they cannot be read without a guess."""
    seen = texts.drop_nulls().unique()
    found = {text: read(text) for text in seen.filter(seen.str.contains(WORTH_A_TRY)).to_list()}
    return pl.Series(texts.name, [found.get(text) for text in texts.to_list()], dtype=pl.Datetime("us"))


@lru_cache(4096)
def read(text: str) -> datetime | None:
    """One instant; null where anything would have to be guessed."""
    from dateutil import parser

    orders = ((False, False), (True, False), (False, True))
    try:
        readings = {
            tuple(parser.parse(text, default=default, dayfirst=day, yearfirst=year, tzinfos=_zone) for default in DEFAULTS)
            for day, year in orders
        }
    except (ValueError, OverflowError, TypeError, AttributeError):  # all that dateutil raises on texts that are no time
        return None
    first, second = readings.pop()
    if readings or any(getattr(first, field) != getattr(second, field) for field in FIELDS):
        return None
    microsecond = first.microsecond if first.microsecond == second.microsecond else 0
    whole = first.replace(microsecond=microsecond)
    try:
        return whole.astimezone(UTC).replace(tzinfo=None) if whole.tzinfo else whole
    except OverflowError:
        return None


def _zone(name: str | None, offset: int | None) -> tzinfo | None:
    from dateutil import tz

    if offset is not None:
        return tz.tzoffset(name, offset)
    if name is None:
        return None
    if name.upper() in ("UTC", "GMT", "Z") and re.fullmatch("[A-Za-z]+", name):
        return UTC
    raise ValueError(f"{name} stands for several zones")
