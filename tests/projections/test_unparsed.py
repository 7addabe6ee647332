"""Unparsed lines are what neither an event nor blankness accounts for."""

from __future__ import annotations

import polars as pl

from forensics.projections.unparsed import unparsed

RAW = [b"claimed\n", b"not claimed\n", b" \t\n", b"\xff\xfe\n", b"in a document\n", b"last, without an end"]
LINES = pl.LazyFrame({"content_id": ["c"] * len(RAW), "line_no": range(1, len(RAW) + 1), "offset": range(len(RAW)), "raw": RAW})
SOURCES = pl.LazyFrame({"source_id": ["s", "t"], "content_id": ["c", "c"], "path": ["a.log", "b.log"]})
EVENTS = pl.LazyFrame({"source_id": ["s", "s", "t"], "line_no": [1, 4, 1], "line_last": [1, 5, 1]})


def test_a_line_is_left_if_no_event_of_its_source_covers_it_and_it_is_not_blank() -> None:
    left = unparsed(LINES, EVENTS, SOURCES).collect()

    assert left.select("path", "line_no").rows() == [("a.log", 2), ("a.log", 6), ("b.log", 2), ("b.log", 4), ("b.log", 5), ("b.log", 6)]


def test_only_the_sources_asked_for_are_shown() -> None:
    left = unparsed(LINES, EVENTS, SOURCES.filter(pl.col("path") == "b.log")).collect()

    assert left["path"].unique().to_list() == ["b.log"]


def test_without_events_every_line_that_is_not_blank_is_left() -> None:
    left = unparsed(LINES, EVENTS.clear(), SOURCES).collect()

    assert left.height == 2 * (len(RAW) - 1)


def test_empty_in_gives_empty_out() -> None:
    assert unparsed(LINES.clear(), EVENTS, SOURCES).collect().is_empty()
