"""Contracts over the registry of envelopes."""

from __future__ import annotations

import re

import polars as pl
import pytest

from parsers import engine, lines, opening
from parsers.envelope import Envelope
from parsers.record import Sample
from parsers.registry import ENVELOPES

GOOD = [(e, s) for e in ENVELOPES for s in e.samples if s.expect is not None]
BAD = [(e, s) for e in ENVELOPES for s in e.samples if s.expect is None]


def named(value: object) -> str:
    return value.name if isinstance(value, Envelope) else repr(value.text)[:40]


def records(envelope: Envelope, text: str) -> pl.DataFrame:
    rows = lines.split(text.encode()).with_columns(source=pl.lit(0, pl.UInt32))
    rows = rows.with_columns(length=rows["raw"].bin.size().cast(pl.Int64), text=lines.decode(rows["raw"]))
    return opening.messages(rows.with_columns(msg=lines.bare(rows["text"])) if envelope.gather is None else envelope.gather(rows, {}, True))


@pytest.mark.parametrize(("envelope", "sample"), GOOD, ids=named)
def test_a_good_sample_is_opened_to_what_it_promises(envelope: Envelope, sample: Sample) -> None:
    rows = records(envelope, sample.text)
    worn = opening.opened(rows, envelope)["o_msg"].is_not_null()

    left = rows.filter(~worn).select("line_no", "offset", "msg")  # they stay as they are
    told = opening.take_off(rows, [envelope], {}, True).join(left, on=left.columns, how="anti", maintain_order="left").to_dicts()

    assert len(told) == len(sample.expect or [])
    for got, expected in zip(told, sample.expect or [], strict=True):
        for key, value in expected.items():
            if key == "zone":
                assert (got["clock_kind"] == "stated") == value, sample.text
            else:
                assert (str(got[key]) if key == "ts" and got[key] is not None else got[key]) == value, (key, sample.text)


@pytest.mark.parametrize(("envelope", "sample"), BAD, ids=named)
def test_a_bad_sample_does_not_wear_it(envelope: Envelope, sample: Sample) -> None:
    rows = records(envelope, sample.text)

    assert rows.is_empty() or opening.opened(rows, envelope)["o_msg"].is_null().all()


@pytest.mark.parametrize("envelope", ENVELOPES, ids=named)
def test_an_envelope_shows_what_it_reads_and_what_not_and_says_where_it_is_defined(envelope: Envelope) -> None:
    assert any(s.expect for s in envelope.samples)
    assert any(s.expect is None for s in envelope.samples)
    assert envelope.references
    assert envelope.doc.strip()


@pytest.mark.parametrize(("envelope", "sample"), [(e, s) for e, s in GOOD if e.gather is None], ids=named)
def test_every_line_that_wears_an_envelope_has_its_shape(envelope: Envelope, sample: Sample) -> None:
    rows = records(envelope, sample.text)
    worn = rows.filter(opening.opened(rows, envelope)["o_msg"].is_not_null())

    assert worn["msg"].str.contains(f"^(?:{envelope.shape})").all()


@pytest.mark.parametrize("envelope", [e for e in ENVELOPES if e.plain is not True and e.plain is not False], ids=named)
def test_a_message_stands_in_a_plain_line_as_it_is(envelope: Envelope) -> None:
    plain = [
        s
        for s in envelope.samples
        if s.expect and "\n" not in s.text and records(envelope, s.text).select(envelope.plain(pl.col("msg"))).item()
    ]

    assert plain
    for sample in plain:
        assert all(word in sample.text for word in re.findall(r"\w+", sample.expect[0]["msg"]))


def test_names_are_told_apart() -> None:
    names = [e.name for e in ENVELOPES]

    assert len(set(names)) == len(names)
    assert not [n for n in names if "|" in n or "+" in n]
    assert engine.HEAD_BYTES == 65_536
