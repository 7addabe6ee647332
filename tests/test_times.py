"""What people type for an instant, and how one is printed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.errors import UsageError
from forensics.times import iso, show, typed, zone

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def one_day() -> set[date]:
    return {date(2026, 11, 23)}


@pytest.mark.parametrize(
    ("text", "lo", "hi"),
    [
        ("2026-11-23T12:42:44Z", "2026-11-23T12:42:44.000000Z", "2026-11-23T12:42:44.999999Z"),
        ("2026-11-23T12:42:44.5Z", "2026-11-23T12:42:44.500000Z", "2026-11-23T12:42:44.599999Z"),
        ("2026-11-23T12:42:44.123456Z", "2026-11-23T12:42:44.123456Z", "2026-11-23T12:42:44.123456Z"),
        ("2026-11-23T12:42:44.123456789Z", "2026-11-23T12:42:44.123456Z", "2026-11-23T12:42:44.123456Z"),
        ("2026-11-23 12:42", "2026-11-23T12:42:00.000000Z", "2026-11-23T12:42:59.999999Z"),
        ("2026-11-23 12:42+02:00", "2026-11-23T10:42:00.000000Z", "2026-11-23T10:42:59.999999Z"),
        ("2026-11-23", "2026-11-23T00:00:00.000000Z", "2026-11-23T23:59:59.999999Z"),
        ("20261123T124244Z", "2026-11-23T12:42:44.000000Z", "2026-11-23T12:42:44.999999Z"),
        ("23 Nov 2026 10am", "2026-11-23T10:00:00.000000Z", "2026-11-23T10:59:59.999999Z"),
        ("23/11/2026", "2026-11-23T00:00:00.000000Z", "2026-11-23T23:59:59.999999Z"),
        ("12:42", "2026-11-23T12:42:00.000000Z", "2026-11-23T12:42:59.999999Z"),
        ("Nov 23 12:42:44", "2026-11-23T12:42:44.000000Z", "2026-11-23T12:42:44.999999Z"),
        ("yesterday", "2026-11-23T00:00:00.000000Z", "2026-11-23T23:59:59.999999Z"),
        ("today", "2026-11-24T00:00:00.000000Z", "2026-11-24T23:59:59.999999Z"),
        ("now", "2026-11-24T09:30:00.000000Z", "2026-11-24T09:30:00.000000Z"),
        ("2h ago", "2026-11-24T07:30:00.000000Z", "2026-11-24T07:30:00.000000Z"),
        ("3 days ago", "2026-11-21T09:30:00.000000Z", "2026-11-21T09:30:00.000000Z"),
        ("-90min", "2026-11-24T08:00:00.000000Z", "2026-11-24T08:00:00.000000Z"),
    ],
)
def test_what_is_typed_covers_what_it_names(text: str, lo: str, hi: str) -> None:
    span = typed(text, "--since", days=one_day, now=NOW)

    assert (iso(span[0]), iso(span[1])) == (lo, hi)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("hello", "is no moment that can be read"),
        ("", "is no moment that can be read"),
        ("99:99", "is no moment that can be read"),
        ("1795423365", "is no moment that can be read"),
        ("2026-13-23", "is no moment that can be read"),
        ("03/04/2026", "can be read in two ways"),
        ("26-11-23", "can be read in two ways"),
        ("2026-11", "names no day"),
        ("12", "names no day"),
        ("Monday 12:00", "names no day"),
        ("12:42 CET", "names no one zone"),
    ],
)
def test_what_is_not_one_moment_is_refused_with_examples(text: str, why: str) -> None:
    with pytest.raises(UsageError, match=why) as caught:
        typed(text, "--until", days=one_day, now=NOW)

    assert caught.value.where == "--until"
    assert caught.value.next


def test_a_time_of_day_needs_a_case_of_one_day() -> None:
    with pytest.raises(UsageError, match="the case covers 2026-11-23 to 2026-11-25"):
        typed("12:42", "--since", days=lambda: {date(2026, 11, 23), date(2026, 11, 25)})
    with pytest.raises(UsageError, match="nothing in the case states a time"):
        typed("12:42", "--since")


def test_a_year_is_not_guessed() -> None:
    with pytest.raises(UsageError, match="states no year"):
        typed("Nov 23", "--since", days=lambda: {date(2025, 12, 31), date(2026, 1, 1)})


def test_days_of_the_case_are_asked_for_only_if_no_day_was_typed() -> None:
    def days() -> set[date]:
        raise AssertionError("the case was read")

    assert typed("2026-11-23 12:42", "--since", days=days)


def test_what_states_no_zone_is_in_the_zone_asked_for() -> None:
    assert iso(typed("2026-11-23 12:42", "--since", zone("Europe/Berlin"))[0]) == "2026-11-23T11:42:00.000000Z"


def test_an_hour_that_a_clock_change_repeats_covers_both() -> None:
    lo, hi = typed("2026-10-25 02:30", "--since", zone("Europe/Berlin"))

    assert (iso(lo), iso(hi)) == ("2026-10-25T00:30:00.000000Z", "2026-10-25T01:30:59.999999Z")


@given(st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC)))
def test_an_instant_printed_for_machines_is_read_back_as_it_was(instant: datetime) -> None:
    assert typed(iso(instant), "--since") == (instant, instant)


@given(st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC)))
def test_an_instant_shown_to_people_covers_the_real_one(instant: datetime) -> None:
    lo, hi = typed(show(instant), "--since")

    assert lo <= instant <= hi


@pytest.mark.parametrize(
    ("name", "offset"),
    [("UTC", 0), ("utc", 0), ("Z", 0), ("+02:00", 120), ("-0530", -330), ("+02", 120), ("Europe/Berlin", 60), ("Asia/Kolkata", 330)],
)
def test_a_zone_is_found_by_what_people_call_it(name: str, offset: int) -> None:
    assert datetime(2026, 11, 23, tzinfo=zone(name)).utcoffset() == timedelta(minutes=offset)


@pytest.mark.parametrize("name", ["Berlin", "+99:00", "Europe/Berlln", "nowhere", "../etc/passwd", ""])
def test_an_unknown_zone_is_answered_with_what_is_known(name: str) -> None:
    with pytest.raises(UsageError, match="names like Europe/Berlin"):
        zone(name)


def test_the_zone_that_was_probably_meant_is_named() -> None:
    with pytest.raises(UsageError, match="--tz Europe/Berlin"):
        zone("Berlin")


def test_instants_are_shown_to_the_millisecond_and_never_later_than_they_are() -> None:
    instant = datetime(2026, 11, 23, 12, 42, 44, 123999, tzinfo=UTC)

    assert show(instant) == "2026-11-23 12:42:44.123"
    assert show(instant, day=False) == "12:42:44.123"
    assert show(instant.replace(microsecond=0)) == "2026-11-23 12:42:44"
    assert show(instant, timezone(timedelta(hours=2)), day=False) == "14:42:44.123"
    assert show(None) is None
    assert iso(None) is None
