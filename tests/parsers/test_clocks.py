"""What a line does not say of its time is declared or stays unknown; nothing is invented."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import clocks, engine, lines
from parsers.context import Context, declared, fits
from parsers.schema import CLOCK_KINDS

BERLIN = Context(zones=(("*", "Europe/Berlin"),))
US = timedelta(microseconds=1)


def line(**said: object) -> pl.DataFrame:
    """One line as an envelope leaves it."""
    row = {"path": "a.log", "host": None, "ts": None, "yearless": None, "rel_us": None, "resolution_us": 1_000_000, "clock_kind": "none"}
    row |= {"attrs": None, "clock": "log:x", "ts_ns": None} | said
    if isinstance(row["ts"], str):
        row |= {"ts": datetime.fromisoformat(row["ts"]), "clock_kind": said.get("clock_kind", "zone-assumed")}
    text, number = pl.String, pl.Int64
    schema = dict.fromkeys(("path", "host", "yearless", "clock_kind", "attrs", "clock"), text) | dict.fromkeys(
        ("rel_us", "resolution_us", "ts_ns"), number
    )
    return pl.DataFrame([row], schema=schema | {"ts": pl.Datetime("us")})


def completed(context: Context = Context(), **said: object) -> dict:  # noqa: B008 - frozen
    row = clocks.of_lines(line(**said), context).to_dicts()[0]
    assert row["clock_kind"] in CLOCK_KINDS
    assert row["ts"] is None or row["ts_lo"] <= row["ts"] <= row["ts_hi"]
    return row | {"attrs": json.loads(row["attrs"] or "{}")}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_without_a_declaration_a_time_is_read_as_utc_and_says_so() -> None:
    row = completed(ts="2026-11-23 08:55:27")

    assert (row["ts"], row["clock_kind"]) == (at("2026-11-23 08:55:27"), "zone-assumed")
    assert (row["ts_lo"], row["ts_hi"]) == (at("2026-11-23 08:55:27"), at("2026-11-23 08:55:27.999999"))
    assert row["attrs"] == {}


def test_a_declared_zone_moves_a_time_and_is_told_apart_from_an_assumed_one() -> None:
    assert completed(BERLIN, ts="2026-11-23 08:55:27")["ts"] == at("2026-11-23 07:55:27")
    assert completed(BERLIN, ts="2026-07-23 08:55:27")["ts"] == at("2026-07-23 06:55:27")
    assert completed(BERLIN, ts="2026-07-23 08:55:27")["clock_kind"] == "zone-declared"


def test_a_stated_zone_is_not_overruled() -> None:
    row = completed(BERLIN, ts="2026-11-23 08:55:27", clock_kind="stated")

    assert (row["ts"], row["clock_kind"]) == (at("2026-11-23 08:55:27"), "stated")


def test_an_hour_that_is_repeated_has_bounds_and_no_instant() -> None:
    row = completed(BERLIN, ts="2026-10-25 02:30:00")

    assert row["ts"] is None
    assert (row["ts_lo"], row["ts_hi"]) == (at("2026-10-25 00:30:00"), at("2026-10-25 01:30:00.999999"))
    assert row["attrs"]["local"].startswith("2026-10-25 02:30:00")
    assert completed(BERLIN, ts="2026-10-25 03:00:00")["ts"] == at("2026-10-25 02:00:00")


def test_an_hour_that_is_left_out_is_no_instant() -> None:
    row = completed(BERLIN, ts="2026-03-29 02:30:00")

    assert (row["ts"], row["ts_lo"], row["ts_hi"], row["clock_kind"]) == (None, None, None, "none")
    assert row["attrs"]["local"].startswith("2026-03-29 02:30:00")


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),
    st.sampled_from(["Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "UTC"]),
)
def test_the_true_instant_is_never_outside_the_bounds(instant: datetime, zone: str) -> None:
    from zoneinfo import ZoneInfo

    true = instant.replace(tzinfo=UTC)
    printed = true.astimezone(ZoneInfo(zone)).replace(tzinfo=None)

    row = completed(Context(zones=(("*", zone),)), ts=str(printed), resolution_us=1)

    assert row["ts_lo"] <= true <= row["ts_hi"]
    assert row["ts"] in (true, None)


@pytest.mark.parametrize(
    ("first", "said", "ts"),
    [
        (date(2026, 1, 1), "11-23 07:55:15", "2026-11-23 07:55:15"),
        (date(2026, 1, 1), "11-23T07:55:15.250", "2026-11-23 07:55:15.250"),
        (date(2025, 11, 1), "12-31 23:59:59", "2025-12-31 23:59:59"),
        (date(2025, 11, 1), "01-01 00:00:01", "2026-01-01 00:00:01"),
        (date(2024, 1, 1), "02-29 12:00:00", "2024-02-29 12:00:00"),
        (date(2023, 6, 1), "02-29 12:00:00", "2024-02-29 12:00:00"),
        (date(2026, 1, 1), "02-29 12:00:00", None),
        (date(2026, 1, 1), "13-01 12:00:00", None),
    ],
)
def test_a_year_that_is_declared_completes_a_time_without_one(first: date, said: str, ts: str | None) -> None:
    row = completed(Context(years=(("*", first),)), yearless=said)

    assert row["ts"] == (at(ts) if ts else None)
    assert row["clock_kind"] == ("zone-assumed" if ts else "none")
    assert row["attrs"] == ({} if ts else {"yearless": said})


def test_a_year_that_is_not_declared_is_not_invented() -> None:
    row = completed(BERLIN, yearless="11-23 07:55:15", attrs='{"stage":"install"}')

    assert (row["ts"], row["ts_lo"], row["clock_kind"]) == (None, None, "none")
    assert row["attrs"] == {"yearless": "11-23 07:55:15", "stage": "install"}


def test_year_and_zone_together_give_the_instant() -> None:
    context = Context(zones=(("*", "Europe/Berlin"),), years=(("*", date(2026, 1, 1)),))

    row = completed(context, yearless="11-23 07:55:15")

    assert (row["ts"], row["clock_kind"]) == (at("2026-11-23 06:55:15"), "zone-declared")


def test_an_offset_is_taken_off_and_told() -> None:
    exact = completed(Context(offsets=(("*", (350_000, 350_000)),)), ts="2026-11-23 08:55:27", clock_kind="stated", resolution_us=1)
    loose = completed(Context(offsets=(("*", (-2_000_000, 1_000_000)),)), ts="2026-11-23 08:55:27", clock_kind="stated", resolution_us=1)

    assert exact["ts"] == exact["ts_lo"] == exact["ts_hi"] == at("2026-11-23 08:55:26.650")
    assert (loose["ts_lo"], loose["ts"], loose["ts_hi"]) == (
        at("2026-11-23 08:55:26"),
        at("2026-11-23 08:55:27.500"),
        at("2026-11-23 08:55:29"),
    )
    assert loose["attrs"] == {"ahead_us": [-2_000_000, 1_000_000]}


def test_dockers_own_clock_is_what_others_are_measured_against() -> None:
    row = completed(Context(offsets=(("*", (350_000, 350_000)),)), ts="2026-11-23 08:55:27", clock_kind="stated", clock="docker")

    assert (row["ts"], row["attrs"]) == (at("2026-11-23 08:55:27"), {})


def test_relative_seconds_stay_relative() -> None:
    row = completed(BERLIN, rel_us=6_000_000, clock_kind="relative")

    assert (row["ts"], row["clock_kind"]) == (None, "relative")
    assert row["attrs"] == {"rel_us": 6_000_000, "rel_resolution_us": 1_000_000}


def test_the_first_pattern_that_fits_wins_by_path_or_host() -> None:
    rows = pl.DataFrame({"path": ["runs/a.log", "b.log", "b.log"], "host": ["ci2", "ci2", None]})
    pairs = (("runs/*", "one"), ("host:ci?", "two"), ("*", "three"))

    assert rows.select(declared(rows, pairs, pl.String).alias("said"))["said"].to_list() == ["one", "two", "three"]
    assert fits("host:ci2", "x", "ci2") and not fits("host:ci2", "host:ci2") and not fits("host:ci2", "x", "ci3")


def test_a_record_that_states_no_zone_is_moved_to_the_declared_one() -> None:
    text = '<testsuite name="pytest" tests="1" timestamp="2026-11-23T08:55:27.5"><testcase classname="c" name="n"/></testsuite>'
    content = text.encode()
    sources = pl.DataFrame(
        {"source": [0], "source_id": ["0" * 64], "content_id": ["0" * 64], "path": ["junit/x.xml"]}, schema_overrides={"source": pl.UInt32}
    )
    rows = lines.split(content).with_columns(source=pl.lit(0, pl.UInt32))

    events, _ = engine.parse(engine.choose("junit/x.xml", content), rows, sources, BERLIN)

    total = events.filter(kind="test.total").to_dicts()[0]
    assert (total["ts"], total["clock_kind"]) == (at("2026-11-23 07:55:27.500"), "zone-declared")
    assert total["ts_lo"] == total["ts_hi"] == total["ts"]
