"""A time in an odd spelling is read as it is written, or not at all."""

from __future__ import annotations

from datetime import datetime

import polars as pl
import pytest

from parsers.envelope import instant
from parsers.odd_times import odd

READ = [
    ("Mon, 23 Nov 2026 08:55:27 GMT", "2026-11-23 08:55:27"),
    ("Mon, 23 Nov 2026 08:55:27 +0100", "2026-11-23 07:55:27"),
    ("Nov 23, 2026 8:55:27 PM", "2026-11-23 20:55:27"),
    ("11/23/2026 8:55:27 PM", "2026-11-23 20:55:27"),
    ("23.11.2026 08:55:27.250", "2026-11-23 08:55:27.250"),
    ("23 November 2026 08:55:27Z", "2026-11-23 08:55:27"),
]
NOT_READ = [
    "Nov 23 08:55:27",  # no year
    "23 Nov 2026 08:55",  # no second
    "Mon, 23 Nov 2026",  # no time of day
    "05/06/2026 08:55:27",  # day or month first
    "Mon, 23 Nov 2026 08:55:27 CET",  # an abbreviation of several zones
    "2026-13-23 08:55:27",  # month 13, and no day 13 instead
    "2026-23-11 08:55:27",
    "Mon, 99 Nov 2026 08:55:27",
    "no time at all, just words",
    "1/2/2026 " + "9" * 60,
    "",
]


@pytest.mark.parametrize(("text", "expected"), READ)
def test_what_is_written_in_full_is_read(text: str, expected: str) -> None:
    assert odd(pl.Series([text, None])).to_list() == [datetime.fromisoformat(expected), None]


@pytest.mark.parametrize("text", NOT_READ)
def test_what_would_have_to_be_guessed_is_null(text: str) -> None:
    assert odd(pl.Series([text])).to_list() == [None]


def test_bulk_formats_come_first_and_the_rest_is_tried_one_by_one() -> None:
    texts = ["2026-11-23 08:55:27", READ[0][0], None, "nonsense", READ[2][0]]

    read = pl.DataFrame({"t": texts}).select(instant(pl.col("t"), ("%Y-%m-%d %H:%M:%S",))).to_series().to_list()

    assert read == [datetime(2026, 11, 23, 8, 55, 27)] * 2 + [None, None, datetime(2026, 11, 23, 20, 55, 27)]
