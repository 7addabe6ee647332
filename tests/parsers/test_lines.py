"""Bytes to lines and back."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers import engine, identity, lines


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_the_concatenated_lines_are_the_content(content: bytes) -> None:
    rows = lines.split(content)

    raw = rows["raw"].to_list()
    assert b"".join(raw) == content
    assert rows["line_no"].to_list() == list(range(1, len(raw) + 1))
    assert rows["offset"].to_list() == [sum(map(len, raw[:i])) for i in range(len(raw))]
    assert all(line.endswith(b"\n") for line in raw[:-1])
    assert all(b"\n" not in line[:-1] for line in raw)


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_decoding_agrees_with_python_line_by_line(content: bytes) -> None:
    rows = lines.split(content)

    assert lines.decode(rows["raw"]).to_list() == [b.decode("utf-8", "replace") for b in rows["raw"].to_list()]


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        ("a\n", "a"),
        ("a\r\n", "a"),
        ("a\rb\n", "b"),
        ("\ufeffa\n", "a"),
        ("\x1b[1;31mred\x1b[0m\n", "red"),
        ("\x1b]0;title\x07x\n", "x"),
        ("a", "a"),
        ("\n", ""),
    ],
)
def test_a_line_is_cleaned_to_what_a_person_saw(raw: str, seen: str) -> None:
    assert pl.DataFrame({"t": [raw]}).select(lines.clean(pl.col("t"))).item() == seen


@given(
    st.lists(
        st.sampled_from(
            ["install: PASS\n", "2026-11-23 08:55:27,546 INFO ccci.run: upgrade: PASS\n", "noise\n", "\n", "lock: acquired a.lock\r\n"]
        ),
        max_size=30,
    ),
    st.integers(1, 7),
)
@settings(max_examples=40, deadline=None)
def test_chunks_do_not_change_the_events(texts: list[str], size: int) -> None:
    content = "".join(texts).encode()
    cid = identity.content_id(content)
    source = pl.DataFrame(
        {"source": [0], "source_id": ["0" * 64], "content_id": [cid], "path": ["runs/r/harness.log"]},
        schema_overrides={"source": pl.UInt32},
    )
    choice = engine.choose("runs/r/harness.log", content)
    rows = lines.split(content)
    whole, counts = engine.parse(choice, rows.with_columns(source=pl.lit(0, pl.UInt32)), source)

    stream = engine.open_stream(choice, source)
    parts = [stream.feed(rows[i : i + size]) for i in range(0, len(rows), size)]
    rest, totals = stream.finish()

    assert pl.concat([*parts, rest]).equals(whole)
    assert totals == counts.drop("source").to_dicts()[0]
