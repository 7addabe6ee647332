from __future__ import annotations

import json
from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.records.documents import Document, Elements
from parsers.records.facts import attrs
from parsers.records.instants import epoch_ns, epoch_ns_of
from parsers.records.json_walk import Broken, Lines, elements, members, object_at

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=3), v, max_size=3),
    max_leaves=8,
)


def in_bulk(text: str) -> int | None:
    return pl.DataFrame({"t": [text]}).select(epoch_ns(pl.col("t"))).item()


@given(ns=st.integers(0, 4_000_000_000 * 10**9), minutes=st.integers(-14 * 60, 14 * 60), digits=st.integers(0, 9))
def test_an_instant_comes_back_from_any_zone_and_length(ns: int, minutes: int, digits: int) -> None:
    ns -= ns % 10 ** (9 - digits)
    local = datetime.fromtimestamp(ns // 10**9 + minutes * 60, UTC)
    fraction = f".{ns % 10**9:09}"[: digits + 1] if digits else ""
    zone = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}" if minutes else "Z"
    text = f"{local:%Y-%m-%dT%H:%M:%S}{fraction}{zone}"

    assert in_bulk(text) == epoch_ns_of(text) == ns


@pytest.mark.parametrize(
    "text",
    [
        "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:60Z",
        "2026-01-01T00:00:00",
        "2026-01-01 00:00:00Z",
        "2026-01-01T00:00:00.1234567890Z",
        "",
        "x",
    ],
)
def test_what_is_no_instant_is_null(text: str) -> None:
    assert in_bulk(text) is None
    assert epoch_ns_of(text) is None


@given(value=st.dictionaries(st.text(max_size=3), JSON, max_size=4), indent=st.sampled_from((None, 1)), ascii_=st.booleans())
def test_walking_gives_what_the_decoder_gives_with_its_place(value: dict[str, object], indent: int | None, ascii_: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_)

    found = list(members(text, 0))

    assert {m.key: m.value for m in found} == value
    assert all(json.loads(text[m.start : m.end]) == m.value and text[m.at] == '"' for m in found)
    assert all(Lines(text, 5).at(m.at) == 5 + text[: m.at].count("\n") for m in found)


@given(value=st.dictionaries(st.sampled_from("ab"), JSON, max_size=4), indent=st.sampled_from((None, 1)))
def test_walking_inside_gives_what_walking_from_each_place_gives(value: dict[str, object], indent: int | None) -> None:
    text = json.dumps(value, indent=indent) + " tail"

    found, end = object_at(text, 0, {"a": {"a": {}}})

    assert {key: member.value for key, member in found.items()} == value
    assert text[end:] == " tail"
    assert [m._replace(members=None) for m in found.values()] == list(members(text, 0))
    inner = found.get("a")
    if inner is not None and isinstance(inner.value, dict):
        assert inner.members == object_at(text, inner.start, {"a": {}})[0]
    else:
        assert inner is None or inner.members is None


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"a"', '{"a":', '{"a":1', '{"a":1,', '{"a":1,}', '{"a":"x', r'{"a":"\q"}', '{"a":"\n"}', r'{"\x":1}', "{a:1}"]
)
def test_an_object_that_is_not_whole_is_a_break(text: str) -> None:
    with pytest.raises(Broken, match="."):
        object_at(text, 0)
    with pytest.raises(Broken, match="."):
        object_at(f'{{"b":{text}', 0, {"b": {}})


def test_of_a_key_that_is_said_twice_the_last_counts() -> None:
    text = '{"a":{"b":1},"a":{"b":2,"b":3}}'

    found, _ = object_at(text, 0, {"a": {}})

    assert {key: member.value for key, member in found.items()} == json.loads(text)


@given(text=st.text("a\n", max_size=20), places=st.lists(st.integers(0, 20), max_size=6))
def test_a_place_is_in_the_same_line_whatever_was_asked_before(text: str, places: list[int]) -> None:
    lines = Lines(text, 5)

    assert [lines.at(place) for place in places] == [5 + text[:place].count("\n") for place in places]


@given(values=st.lists(JSON.filter(lambda v: not isinstance(v, list)), max_size=4), cut=st.integers(0, 60))
def test_what_was_whole_before_a_break_is_given(values: list[object], cut: int) -> None:
    text = json.dumps(values)

    assert [value for _, _, value in elements(text)] == values
    # A number may end anywhere, so the last value before a break may be a shorter one.
    assert [value for _, _, value in elements(text[:cut])][:-1] == values[: max(0, len(list(elements(text[:cut]))) - 1)]


@pytest.mark.parametrize("text", ["[\n", "{\n", '{"a":[\n', '{"a":1\n'])
def test_what_is_no_document_is_given_up(text: str) -> None:
    assert list(Elements(Document(0, "x", text * 20_000, 1))) == []


def test_depth_beyond_the_decoder_is_a_break() -> None:
    assert list(elements("[" * 200_000)) == []
    with pytest.raises(Broken, match="."):
        list(members('{"a":' * 200_000, 0))


@given(
    rows=st.lists(
        st.tuples(
            st.none() | st.text(st.characters(blacklist_categories=("Cs",)), max_size=8),
            st.none() | st.integers(-(2**62), 2**62),
            st.none() | st.booleans(),
        ),
        max_size=6,
    )
)
def test_attrs_are_json_without_nulls(rows: list[tuple[object, ...]]) -> None:
    frame = pl.DataFrame(rows, schema={"b": pl.String, "a": pl.Int64, "c": pl.Boolean}, orient="row")

    got = frame.select(attrs(b=pl.col("b"), a=pl.col("a"), c=pl.col("c")).alias("x"))["x"].to_list()

    for text, (b, a, c) in zip(got, rows, strict=True):
        assert (json.loads(text) if text else {}) == {k: v for k, v in {"a": a, "b": b, "c": c}.items() if v is not None}
