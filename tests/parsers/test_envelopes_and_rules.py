"""Contracts over the registries of envelopes and rules."""

from __future__ import annotations

import json

import polars as pl
import pytest

from parsers import engine, identity, lines
from parsers.kinds import KINDS
from parsers.registry import CHARM, ENVELOPES, RULES
from parsers.schema import EVENTS

WRAPPERS = (None, *ENVELOPES, CHARM)


def events_of(text: str, path: str = "runs/r1/harness.log", choice: engine.Choice | None = None) -> tuple[pl.DataFrame, dict[str, int]]:
    content = text.encode()
    cid = identity.content_id(content)
    sources = pl.DataFrame(
        {"source": [0], "source_id": [identity.source_id(cid, path)], "content_id": [cid], "path": [path]},
        schema_overrides={"source": pl.UInt32},
    )
    rows = lines.split(content).with_columns(source=pl.lit(0, pl.UInt32))
    events, counts = engine.parse(choice or engine.choose(path, content), rows, sources)
    return events, counts.drop("source").to_dicts()[0]


@pytest.mark.parametrize("envelope", [*ENVELOPES, CHARM], ids=lambda e: e.name)
def test_an_envelope_opens_its_good_samples_and_leaves_its_bad_ones(envelope: object) -> None:
    for sample in envelope.samples:
        row = pl.DataFrame({"text": [sample.text]}).select(envelope.open(pl.col("text")).alias("o")).unnest("o").to_dicts()[0]

        if sample.expect is None:
            assert row["msg"] is None, sample.text
        else:
            for key, value in sample.expect[0].items():
                assert (str(row[key]) if key == "ts" and row[key] is not None else row[key]) == value, (key, sample.text)
    assert any(s.expect is None for s in envelope.samples), "a format shows a line that it must reject"
    assert envelope.references


ODD = ("", " ", "{", "é", "2026-11-23 08:55:27,546", "DEBU", '{"log":"', "[2026-11-23T08:56:14Z] x", "install: PASS", "\u2028x")


@pytest.mark.parametrize("envelope", ENVELOPES, ids=lambda e: e.name)
def test_a_line_wears_an_envelope_exactly_if_it_opens(envelope: object) -> None:
    every = [s.text for e in (*ENVELOPES, CHARM) for s in e.samples] + [e.render("install: PASS") for e in (*ENVELOPES, CHARM)]
    rows = pl.DataFrame({"text": [*every, *ODD]})

    told = rows.select(worn=envelope.worn(pl.col("text")), opened=envelope.open(pl.col("text")).struct.field("msg").is_not_null())

    assert told.filter(pl.col("worn").fill_null(False) != pl.col("opened")).is_empty()


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_a_literal_holds_something_visible(rule: object) -> None:
    assert rule.literals
    assert all(literal.strip() for literal in rule.literals)


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_a_rule_claims_its_good_samples_and_no_bad_one(rule: object) -> None:
    for sample in rule.samples:
        events, counts = events_of(sample.text + "\n")
        mine = events.filter(pl.col("parser") == f"{rule.name}/{rule.version}").to_dicts()

        if sample.expect is None:
            assert mine == [], sample.text
            continue
        assert len(mine) == 1, sample.text
        assert mine[0]["kind"] == rule.kind
        got = json.loads(mine[0]["attrs"] or "{}")
        for key, value in sample.expect[0].items():
            if key == "attrs":
                assert {k: got.get(k) for k in value} == value
            else:
                assert mine[0][key] == value, (key, sample.text)
        assert counts == {"lines": 1, "in_events": 1, "blank": 0, "unparsed": 0}
    assert any(s.expect is None for s in rule.samples)
    assert any(s.expect for s in rule.samples)


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_a_rule_uses_only_registered_kinds_columns_and_attrs(rule: object) -> None:
    kind = KINDS[rule.kind]

    assert set(rule.columns) | set(rule.fixed) <= set(kind.columns) | {"command", "stack", "service", "outcome", "actor"}
    assert set(rule.columns) | set(rule.fixed) <= set(EVENTS)
    assert set(rule.extra) <= set(kind.attrs)


@pytest.mark.parametrize("envelope", ENVELOPES, ids=lambda e: e.name)
def test_every_rule_works_in_every_envelope(envelope: object) -> None:
    messages = [(r, s.text) for r in RULES for s in r.samples if s.expect and "FATA" not in s.text]
    text = "\n".join(envelope.render(m) for _, m in messages) + "\n"

    events, counts = events_of(text)

    assert engine.choose("runs/r1/harness.log", text.encode()).chain == (envelope.name,)
    got = dict(events.select("line_no", "parser").iter_rows())
    for n, (rule, message) in enumerate(messages, start=1):
        assert got.get(n) == f"{rule.name}/{rule.version}", (envelope.name, message)
    assert counts["lines"] == counts["in_events"] == len(messages)


def test_a_tool_line_is_read_inside_two_envelopes() -> None:
    from parsers.envelopes.json_lines import DOCKER_JSON
    from parsers.envelopes.python_logging import PYTHON_LOGGING

    line = DOCKER_JSON.render(PYTHON_LOGGING.render(CHARM.render("version: taking chaos version: 7ae7b0f7+U")))

    events, _ = events_of(line + "\n")

    assert events["stamp"].to_list() == ["7ae7b0f7+U"]
    assert events["clock_kind"].to_list() == ["stated"]
    assert str(events["ts"][0]) == "2026-11-23 08:55:27.546186+00:00"


def test_colours_and_redraws_are_taken_off_before_matching() -> None:
    text = "\r\x1b[2K\x1b[36mdeploying\x1b[0m app 0/1\r\x1b[2K\x1b[1;38;5;86mINFO\x1b[0m deploy succeeded: d.org\r\n"

    events, counts = events_of(text)

    assert events["kind"].to_list() == ["deploy.done"]
    assert counts["unparsed"] == 0


def test_a_zone_that_is_not_stated_is_assumed_and_said_so() -> None:
    line = "2026-11-23 08:55:27,546 INFO ccci.run: install: PASS\n"

    events, _ = events_of(line)
    assert events["clock_kind"].to_list() == ["zone-assumed"]
    assert str(events["ts"][0]) == "2026-11-23 08:55:27.546000+00:00"

    content = line.encode()
    cid = identity.content_id(content)
    sources = pl.DataFrame(
        {"source": [0], "source_id": ["0" * 64], "content_id": [cid], "path": ["runs/r1/harness.log"]},
        schema_overrides={"source": pl.UInt32},
    )
    rows = lines.split(content).with_columns(source=pl.lit(0, pl.UInt32))
    declared, _ = engine.parse(engine.choose("x", content), rows, sources, engine.Context(zones=(("runs/*", "Europe/Berlin"),)))
    assert str(declared["ts"][0]) == "2026-11-23 07:55:27.546000+00:00"


def test_relative_seconds_stay_relative() -> None:
    events, _ = events_of('{"pos": 0, "out": "install: PASS\\n", "time": 6}\n')

    assert events["ts"].to_list() == [None]
    assert json.loads(events["attrs"][0])["rel_us"] == 6_000_000


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"\0\1\2\xff\n" * 3, b"\xff\xfe broken utf-8\ninstall: PASS\n", b"no terminator", b"a\rb\r\nc\n", b"{\n"]
)
def test_any_bytes_are_counted_and_never_an_error(content: bytes) -> None:
    cid = identity.content_id(content)
    sources = pl.DataFrame(
        {"source": [0], "source_id": ["0" * 64], "content_id": [cid], "path": ["x.log"]}, schema_overrides={"source": pl.UInt32}
    )
    rows = lines.split(content).with_columns(source=pl.lit(0, pl.UInt32))

    events, counts = engine.parse(engine.choose("x.log", content), rows, sources)

    assert b"".join(rows["raw"].to_list()) == content
    row = counts.to_dicts()[0]
    assert row["lines"] == row["in_events"] + row["blank"] + row["unparsed"] == len(rows)
    assert dict(events.schema) == dict(EVENTS)
