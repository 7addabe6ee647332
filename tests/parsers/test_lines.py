"""Bytes to lines and back."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers import engine, identity, lines

PYTHON = b"2026-11-23 08:55:27,546 INFO ccci.run: install: PASS\n"
DRONE = b'{"pos": 0, "out": "install: PASS\\n", "time": 6}\n'
HEADS = (
    b"",
    b"\n\n",
    b"no terminator",
    b"\0\1\2",
    PYTHON * 3,
    DRONE * 2 + b"noise\n",
    PYTHON + DRONE,
    b'{"log":"2026-11-23 08:55:27,546 INFO a.b: x\\n","stream":"stdout","time":"2026-11-23T07:50:12.518186328Z"}\n' * 2,
    b"TYPE=discourse\nDOMAIN=d.example.org\n",
    PYTHON * 1000,
)


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


@given(
    st.lists(st.sampled_from([b"lock", b"\n", b"lo", b"ck", b"\xc3", b"\xff", b" ", b"\xc2\xa0", b"\x7f", b"x"]), max_size=60).map(
        b"".join
    ),
    st.integers(0, 9),
)
@settings(max_examples=200, deadline=None)
def test_a_block_finds_every_line_that_holds_a_text_and_counts_the_blank_ones(content: bytes, begin: int) -> None:
    block = lines.cut(content, offset=7, line_no=3)[begin:]

    text = lines.decode(block.raw())
    found = block.holding(["lock", "x"])
    assert found.tolist() == text.str.contains("lock|x").arg_true().to_list()
    assert block.frame(found).rows() == [block.frame().row(int(row)) for row in found]
    assert block.blanks() == lines.blank(text).sum()


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
        ("\x1b(B\x1b[mred\x1b7\x1b>\x1bP+q\x1b\\\n", "red"),
        ("\0\0\0a\0b\n", "a\0b"),
        ("a", "a"),
        ("\n", ""),
    ],
)
def test_a_line_is_cleaned_to_what_a_person_saw(raw: str, seen: str) -> None:
    assert lines.clean(pl.Series([raw])).to_list() == [seen]


@given(st.lists(st.text(st.sampled_from(" \t\r\n\x0b\x1c\x85\xa0\u2003\u3000\ufeffa!\x00é"), max_size=4), max_size=20))
@settings(max_examples=100, deadline=None)
def test_a_blank_line_is_one_of_white_space_only(texts: list[str]) -> None:
    rows = pl.Series(texts, dtype=pl.String)

    assert lines.blank(rows).to_list() == (rows.str.strip_chars() == "").to_list()


@given(st.lists(st.sampled_from(HEADS), max_size=6))
@settings(max_examples=40, deadline=None)
def test_a_source_is_chosen_for_as_if_it_were_alone(heads: list[bytes]) -> None:
    sources = [(f"runs/r{n}/harness.log", head) for n, head in enumerate(heads)]

    together = engine.choose_all(sources, explained=True)

    alone = [engine.choose(path, head) for path, head in sources]
    assert [(c, c.candidates) for c in together] == [(c, c.candidates) for c in alone]
    assert engine.choose_all(sources) == alone


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
    block = lines.cut(content)
    whole, counts = engine.parse(choice, block.frame().with_columns(source=pl.lit(0, pl.UInt32)), source)

    stream = engine.open_stream(choice, source)
    parts = [stream.feed(block[i : i + size]) for i in range(0, len(block), size)]
    rest, totals = stream.finish()

    assert pl.concat([*parts, rest]).equals(whole)
    assert totals == counts.drop("source").to_dicts()[0]
