"""Contracts over the registry of record parsers: samples become what they promise, and no bytes break one."""

from __future__ import annotations

import importlib
import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import read, read_all

from parsers import engine
from parsers.kinds import KINDS
from parsers.record import Record, Sample
from parsers.records import RECORDS
from parsers.schema import CLOCK_KINDS, EVENTS, FACTS

# What a path or an envelope may add to any kind.
ANYWHERE = {"run", "recipe", "tree", "host", "level"}
PLACE = {
    "event_id",
    "source_id",
    "content_id",
    "path",
    "line_no",
    "line_last",
    "offset",
    "length",
    "kind",
    "clock",
    "clock_kind",
    "parser",
    "attrs",
}
TIMES = {"ts", "ts_ns", "ts_lo", "ts_hi"}
GOOD = [(record, sample) for record in RECORDS for sample in record.samples if sample.expect is not None]
BAD = [(record, sample) for record in RECORDS for sample in record.samples if sample.expect is None]


def named(value: object) -> str:
    return value.name if isinstance(value, Record) else ""


@pytest.mark.parametrize(("record", "sample"), GOOD, ids=named)
def test_a_good_sample_becomes_what_it_promises(record: Record, sample: Sample) -> None:
    events = read(record, sample.text, sample.path)

    assert len(events) == len(sample.expect or [])
    for event, expected in zip(events, sample.expect or [], strict=True):
        for column, value in expected.items():
            if column == "attrs":
                assert {key: event["attrs"].get(key) for key in value} == value
            else:
                assert (str(event[column]) if column == "ts" and value is not None else event[column]) == value, column


@pytest.mark.parametrize(("record", "sample"), BAD, ids=named)
def test_a_bad_sample_gives_no_event(record: Record, sample: Sample) -> None:
    assert read(record, sample.text, sample.path) == []


@pytest.mark.parametrize(("record", "sample"), GOOD, ids=named)
def test_a_good_sample_is_recognised_as_its_format(record: Record, sample: Sample) -> None:
    choice = engine.choose(sample.path, sample.text.encode())

    fitting = [name for name, score, _ in choice.candidates if score >= 0.5]
    assert record.name in fitting
    assert all(why for _, _, why in choice.candidates)


@pytest.mark.parametrize(("record", "sample"), GOOD, ids=named)
def test_a_last_line_is_read_without_its_newline_too(record: Record, sample: Sample) -> None:
    with_it, without = (read_all(record, [(sample.path, text.encode())])[0] for text in (sample.text.rstrip("\n") + "\n", sample.text.rstrip("\n")))

    told = pl.all().exclude("event_id", "source_id", "content_id", "length", "clock", "attrs")
    assert with_it.select(told).equals(without.select(told))


@pytest.mark.parametrize(("record", "sample"), GOOD, ids=named)
def test_events_keep_to_their_kind(record: Record, sample: Sample) -> None:
    events, counts = read_all(record, [(sample.path, sample.text.encode())])

    assert events.schema == EVENTS
    for event in events.to_dicts():
        kind = KINDS[event["kind"]]
        assert event["kind"] in record.kinds
        assert {c for c, v in event.items() if v is not None} <= PLACE | TIMES | ANYWHERE | set(kind.columns)
        assert set(json.loads(event["attrs"] or "{}")) <= set(kind.attrs)
        assert list(json.loads(event["attrs"] or "{}")) == sorted(json.loads(event["attrs"] or "{}"))
        assert event["clock_kind"] in CLOCK_KINDS
        assert (event["ts"] is None) == (event["clock_kind"] in ("none", "relative"))
        assert event["ts"] is None or event["ts_lo"] <= event["ts"] <= event["ts_hi"]
        assert event["parser"] == f"{record.name}/{record.version}"
    assert counts.select(pl.col("lines") - pl.col("in_events") - pl.col("blank") - pl.col("unparsed")).item() == 0


@pytest.mark.parametrize("record", [record for record in RECORDS if "document" in record.kinds], ids=named)
def test_no_line_of_a_document_that_was_read_whole_is_unparsed(record: Record) -> None:
    sample = next(sample for sample in record.samples if sample.expect)
    broken = sample.text + "\nnot of the document\n"

    events, counts = read_all(record, [(sample.path, sample.text.encode()), (f"{sample.path}.x", broken.encode())])

    whole, cut = counts.sort("source").to_dicts()
    assert whole["unparsed"] == 0
    assert cut["unparsed"] > 0
    assert events.filter(kind="document")["path"].n_unique() >= 1


@pytest.mark.parametrize("record", RECORDS, ids=named)
def test_a_record_parser_says_what_it_is(record: Record) -> None:
    module = importlib.import_module(record.parse.__module__)

    assert any(sample.expect is None for sample in record.samples), "a format shows what it must reject"
    assert any(sample.expect for sample in record.samples)
    assert record.references
    assert set(record.kinds) <= set(KINDS)
    assert "Written by" in (module.__doc__ or "")
    assert "not read" in (module.__doc__ or "").lower()


def test_names_are_their_own() -> None:
    assert len({record.name for record in RECORDS}) == len(RECORDS)


@pytest.mark.parametrize("record", RECORDS, ids=named)
def test_a_batch_without_lines_gives_no_facts(record: Record) -> None:
    empty = pl.DataFrame(
        schema={"source": pl.UInt32, "line_no": pl.Int64, "offset": pl.Int64, "raw": pl.Binary, "text": pl.String, "path": pl.String}
    )

    facts = record.parse(empty)

    assert facts.is_empty()
    assert all(FACTS[name] == dtype for name, dtype in facts.schema.items())


@pytest.mark.parametrize("record", RECORDS, ids=named)
def test_sources_of_a_batch_do_not_touch_each_other(record: Record) -> None:
    contents = [(sample.path or f"evidence/{i}", sample.text.encode()) for i, sample in enumerate(record.samples)]

    together, counts = read_all(record, contents)
    apart = pl.concat([read_all(record, [content])[0] for content in contents])

    assert together.sort("path", "event_id").equals(apart.sort("path", "event_id"))
    assert len(counts) == len(contents)


@st.composite
def spoilt(draw: st.DrawFn, samples: tuple[Sample, ...]) -> tuple[str, bytes]:
    """A sample with some bytes changed, cut out, put in or doubled; or no sample at all."""
    sample = draw(st.sampled_from(samples))
    content = sample.text.encode() * draw(st.sampled_from((1, 1, 2)))
    for _ in range(draw(st.integers(0, 4))):
        at, end = sorted((draw(st.integers(0, len(content))), draw(st.integers(0, len(content)))))
        bits = draw(
            st.sampled_from(
                (
                    b"",
                    b'"',
                    b"\\",
                    b"\n",
                    b"\r\n",
                    b"\0",
                    b"\xff",
                    b"\\ud800",
                    b"{",
                    b"}",
                    b"[",
                    b"1e999",
                    b"null",
                    b"9" * 20,
                    b"\x1b[31m",
                    b"\xe2\x82",
                )
            )
        )
        content = content[:at] + bits + content[draw(st.sampled_from((at, at + 1, end))) :]
    return sample.path, draw(st.one_of(st.just(content), st.just(content), st.binary(max_size=60)))


@pytest.mark.parametrize("record", RECORDS, ids=named)
@given(data=st.data())
@settings(max_examples=25)
def test_no_bytes_break_a_parser_and_no_line_is_lost(record: Record, data: st.DataObject) -> None:
    path, content = data.draw(spoilt(record.samples))
    if not content:
        return

    fit = record.fits(path, content)
    events, counts = read_all(record, [(path, content)])

    assert 0 <= fit.score <= 1 and fit.why
    of = counts.to_dicts()[0]
    assert of["lines"] == of["in_events"] + of["blank"] + of["unparsed"] == content.count(b"\n") + (not content.endswith(b"\n"))
    assert events["event_id"].n_unique() == len(events)
    for event in events.to_dicts():
        place = content[event["offset"] : event["offset"] + event["length"]]
        assert content[: event["offset"]].count(b"\n") + 1 == event["line_no"]
        assert place.count(b"\n", 0, -1) == event["line_last"] - event["line_no"]
        assert event["kind"] in record.kinds
        json.loads(event["attrs"] or "{}")
