"""Instants and people: what somebody types for a moment, and how one is printed.

Bulk times of logs are the parsers' business; here are single ones, so python-dateutil reads them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from forensics.errors import UsageError

__all__ = ["iso", "micros", "show", "typed", "zone"]

EXAMPLES = "2026-11-23T12:42:44Z, '2026-11-23 12:42', 2026-11-23, 12:42, '2h ago', yesterday"
MICROSECOND = timedelta(microseconds=1)
UNITS = {
    "s": 1,
    "sec": 1,
    "second": 1,
    "m": 60,
    "min": 60,
    "minute": 60,
    "h": 3600,
    "hour": 3600,
    "d": 86400,
    "day": 86400,
    "w": 604800,
    "week": 604800,
}
AGO = re.compile(r"(?:-\s*(\d+)\s*([a-z]+)|(\d+)\s*([a-z]+)\s+ago)")
# Two instants that agree in no field: what differs after parsing with each as default was not typed.
DEFAULTS = datetime(2001, 1, 1), datetime(2004, 2, 2, 1, 1, 1, 1)
FIELDS = ("year", "month", "day", "hour", "minute", "second")
WEEKDAY = re.compile(r"\b(mon|tue|wed|thu|fri|sat|sun)[a-z]*\b", re.IGNORECASE)
FRACTION = re.compile(r":\d{2}[.,](\d+)|\d{6}[.,](\d+)")


def zone(name: str) -> tzinfo:
    """Find a zone by what a person calls it: `UTC`, `local`, `Europe/Berlin`, `+02:00`.

    Raises:
        UsageError: If there is no such zone, with near names.
    """
    from dateutil import tz

    if name.upper() in ("UTC", "Z", "GMT"):
        return UTC
    if name.lower() == "local":
        return tz.tzlocal()
    if offset := re.fullmatch(r"([+-])(\d{2}):?(\d{2})?", name):
        seconds = int(offset[2]) * 3600 + int(offset[3] or 0) * 60
        if seconds < 86400:
            return tz.tzoffset(None, seconds if offset[1] == "+" else -seconds)
    found = tz.gettz(name) if re.fullmatch(r"[A-Za-z][\w+-]*(/[\w+-]+)*", name) else None
    if found is None:
        from difflib import get_close_matches
        from zoneinfo import available_timezones

        near = get_close_matches(name, sorted(available_timezones()), n=3, cutoff=0.5)
        raise UsageError(
            f"no zone is called `{name}`",
            "--tz",
            "known are UTC, local, offsets like +02:00 and names like Europe/Berlin" + (f"; near: {', '.join(near)}" if near else ""),
            f"--tz {near[0] if near else 'UTC'}",
        )
    return found


def typed(
    text: str, where: str, at: tzinfo = UTC, days: Callable[[], Collection[date]] = tuple, now: datetime | None = None
) -> tuple[datetime, datetime]:
    """Read an instant as a person types it: the span `[lo, hi]`, both ends included, that the words cover.

    `12:42` covers its minute, `2026-11-23` its day, so `--since` takes `lo` and `--until` takes `hi`. What states no zone is in `at`; an
    hour that a clock change repeats covers both. What states no day means the case's day, if there is only one.

    Args:
        where: The option, for the error.
        days: Gives the first and last day that the case covers, in `at`; called only if no day was typed.
        now: What `2h ago` counts from.

    Raises:
        UsageError: If it cannot be read, or can be read in two ways.
    """
    now = (now or datetime.now(UTC)).astimezone(at)
    said = text.strip().lower()
    if said == "now":
        return now, now
    if said in ("today", "yesterday"):
        day = now.date() - timedelta(days=said == "yesterday")
        return _span(datetime.combine(day, time()), timedelta(days=1), at)
    if (ago := AGO.fullmatch(said)) and (unit := UNITS.get((ago[2] or ago[4]).removesuffix("s")) or UNITS.get(ago[2] or ago[4])):
        instant = now - timedelta(seconds=int(ago[1] or ago[3]) * unit)
        return instant, instant
    first, second = _read_twice(text, where)
    stated = [field for field in FIELDS if getattr(first, field) == getattr(second, field)]
    if not stated:
        raise UsageError(f"`{text}` names no moment", where, "neither a day nor a time of day can be read in it", f"one of: {EXAMPLES}")
    has_day, has_time = {"month", "day"} <= set(stated), "hour" in stated
    if (
        "month" in stated
        and "day" not in stated
        or ("day" in stated and "month" not in stated)
        or not (has_day or has_time)
        or (WEEKDAY.search(said) and not has_day)
    ):
        raise UsageError(f"`{text}` names no day", where, "day, month and year are needed", f"one of: {EXAMPLES}")
    if has_day and "year" not in stated:
        years = sorted({day.year for day in days()})
        if len(years) != 1:
            raise UsageError(
                f"`{text}` states no year",
                where,
                "none is guessed" + (f"; the case covers {years[0]} to {years[-1]}" if years else ""),
                f"{where} '{text} 2026'",
            )
        first = first.replace(year=years[0])
    if not has_day:
        first = datetime.combine(_the_day(text, where, days()), first.timetz())
    return _span(first.replace(tzinfo=None), _precision(text, stated), first.tzinfo or at)


def _precision(text: str, stated: Collection[str]) -> timedelta:
    """How long the last field that was typed lasts: `12:42` a minute, `12:42:44.5` a tenth of a second."""
    if fraction := FRACTION.search(text):
        return max(MICROSECOND, timedelta(seconds=10 ** -len(fraction[1] or fraction[2])))
    last = next((field for field in ("second", "minute", "hour") if field in stated), "day")
    return timedelta(**{f"{last}s": 1})


def _read_twice(text: str, where: str) -> tuple[datetime, datetime]:
    from dateutil import parser

    def unknown_zone(name: str, offset: int | None) -> tzinfo | None:
        if name is None and offset is None:
            return None
        from dateutil import tz

        if offset is not None:
            return tz.tzoffset(name, offset)
        if name.upper() in ("UTC", "Z", "GMT"):
            return UTC
        raise UsageError(
            f"`{name}` in `{text}` names no one zone", where, "abbreviations stand for several", f"{where} '…+02:00', or --tz Europe/Berlin"
        )

    try:
        readings = {
            tuple(parser.parse(text, default=default, dayfirst=dayfirst, yearfirst=yearfirst, tzinfos=unknown_zone) for default in DEFAULTS)
            for dayfirst, yearfirst in _orders(text)
        }
    except (parser.ParserError, ValueError, OverflowError) as error:
        raise UsageError(
            f"`{text}` is no moment that can be read", where, str(error).split(":")[0].lower(), f"one of: {EXAMPLES}"
        ) from error
    if len(readings) > 1:
        said = " or ".join(sorted({f"{reading[0]:%Y-%m-%d}" for reading in readings}))
        raise UsageError(f"`{text}` can be read in two ways", where, f"it may be {said}", f"one of: {EXAMPLES}")
    return readings.pop()


def _orders(text: str) -> tuple[tuple[bool, bool], ...]:
    """How the numbers of a date may be ordered: one way where the year comes first in full, else every way."""
    if re.match(r"\s*\d{4}\D", text) or re.match(r"\s*\d{8}(\D|$)", text):
        return ((False, True),)
    return ((False, False), (True, False), (False, True))


def _the_day(text: str, where: str, days: Collection[date]) -> date:
    if len(set(days)) == 1:
        return next(iter(days))
    why = f"the case covers {min(days)} to {max(days)}" if days else "nothing in the case states a time"
    raise UsageError(f"`{text}` states no day", where, why, f"{where} '{min(days) if days else '2026-11-23'} {text}'")


def _span(start: datetime, step: timedelta, at: tzinfo) -> tuple[datetime, datetime]:
    from dateutil import tz

    lo, hi = (tz.resolve_imaginary(t.replace(tzinfo=at)) for t in (start, start + step - MICROSECOND))
    return lo.astimezone(UTC), tz.enfold(hi, 1).astimezone(UTC)


def iso(instant: datetime | str | None, at: tzinfo = UTC) -> str | None:
    """An instant for machines: ISO 8601 with microseconds and its offset, `Z` for UTC; null and text stay as they are."""
    if not isinstance(instant, datetime):
        return instant
    return instant.astimezone(at).isoformat(timespec="microseconds").replace("+00:00", "Z")


def micros(instant: str | None) -> int | None:
    """Microseconds since 1970 of an instant in ISO 8601; null stays null."""
    return None if instant is None else round(datetime.fromisoformat(instant).timestamp() * 1e6)


def show(instant: datetime | str | None, at: tzinfo = UTC, *, day: bool = True) -> str | None:
    """An instant for people: `2026-11-23 12:42:44.123`, in milliseconds, without its day where a heading says it; null stays null.

    Shown to the millisecond, cut, not rounded: the printed instant is never after the real one.
    """
    if isinstance(instant, str):
        instant = datetime.fromisoformat(instant)
    if instant is None:
        return None
    text = instant.astimezone(at).strftime("%Y-%m-%d %H:%M:%S.%f" if day else "%H:%M:%S.%f")[:-3]
    return text.removesuffix(".000")
