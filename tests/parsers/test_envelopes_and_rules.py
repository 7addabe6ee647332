"""Contracts over the registries of envelopes and rules."""

from __future__ import annotations

import json

import polars as pl
import pytest

from parsers import engine, identity, lines
from parsers.envelopes.json_lines import MESSAGE
from parsers.kinds import KINDS
from parsers.registry import CHARM, ENVELOPES, RULES
from parsers.schema import EVENTS
from tests.parsers.outside import OUTSIDE

CONSOLE = engine.Choice("text", "console")  # for lines that, alone, are a record's


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


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_a_rule_claims_its_good_samples_and_no_bad_one(rule: object) -> None:
    for sample in rule.samples:
        fitting = engine.choose("runs/r1/harness.log", sample.text.encode())
        events, counts = events_of(sample.text + "\n", choice=fitting if fitting.kind == "text" else CONSOLE)
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
                assert (str(mine[0][key]) if key == "ts" and value else mine[0][key]) == value, (key, sample.text)
        assert counts["in_events"] == 1 and counts["lines"] == sample.text.count("\n") + 1
    assert any(s.expect is None for s in rule.samples)
    assert any(s.expect for s in rule.samples)


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_a_rule_uses_only_registered_kinds_columns_and_attrs(rule: object) -> None:
    kind = KINDS[rule.kind]

    assert set(rule.columns) | set(rule.fixed) <= set(kind.columns) | {"command", "stack", "service", "outcome", "actor", *OWN_TIME}
    assert set(rule.columns) | set(rule.fixed) <= {*EVENTS, *OWN_TIME}
    assert set(rule.extra) <= set(kind.attrs)


OWN_TIME = ("ts", "clock_kind", "resolution_us")  # where a message states an instant of its own

WORN = [e for e in ENVELOPES if e.name not in ("json_array",)]
FACTS = [c for c in EVENTS if c not in ("event_id", "source_id", "content_id", "path", "line_no", "line_last", "offset", "length", "clock")]
TIMES = ("ts", "ts_ns", "ts_lo", "ts_hi", "clock_kind", "host", "level", "service", "run")
CLOCKS = ("rel_us", "rel_resolution_us", "yearless", "emitter")


def facts_of(events: pl.DataFrame) -> list[dict]:
    """What events say, but for where, when and how loud."""
    rows = events.sort("line_no", "offset", "kind").select(c for c in FACTS if c not in TIMES).to_dicts()
    return [r | {"attrs": {k: v for k, v in json.loads(r["attrs"] or "{}").items() if k not in CLOCKS}} for r in rows]


@pytest.mark.parametrize("envelope", WORN, ids=lambda e: e.name)
def test_every_rule_says_the_same_in_every_envelope(envelope: object) -> None:
    messages = [
        s.text for r in RULES if not r.frames and not r.opener for s in r.samples if s.expect and not (envelope is CHARM and r.levels)
    ]
    bare, _ = events_of("\n".join(messages) + "\n", choice=engine.Choice("text", "console"))
    text = "\n".join([*([OUTSIDE[envelope.name]] if envelope.name in OUTSIDE else []), *map(envelope.render, messages)]) + "\n"

    choice = engine.choose("runs/r1/harness.log", text.encode())
    events, counts = events_of(text)
    events = events.filter(pl.col("line_no") > len(OUTSIDE.get(envelope.name, "").splitlines()))

    assert choice.chain[0] == envelope.name
    assert facts_of(events) == facts_of(bare)
    assert counts["lines"] == sum(counts[k] for k in ("in_events", "unparsed", "blank"))


def test_a_tool_line_is_read_inside_two_envelopes() -> None:
    from parsers.envelopes.docker_json import DOCKER_JSON
    from parsers.envelopes.python_logging import PYTHON_LOGGING

    line = DOCKER_JSON.render(PYTHON_LOGGING.render(CHARM.render("version: taking chaos version: 7ae7b0f7+U")))

    events, _ = events_of(line + "\n")

    assert events["stamp"].to_list() == ["7ae7b0f7+U"]
    assert events["clock_kind"].to_list() == ["stated"]
    assert str(events["ts"][0]) == "2026-11-23 08:55:27.546186+00:00"


@pytest.mark.parametrize("blanks", [" " * 40, "\t", " \r"])
def test_blanks_that_fill_a_line_up_are_no_part_of_it(blanks: str) -> None:
    events, _ = events_of(
        "".join(
            f"{message}{blanks}\n" for message in ("install: PASS", "RUN SUMMARY: run=r1 level=1 install=pass", "lock: acquired a.lock")
        )
    )

    assert events["kind"].to_list() == ["check.pass", "run.end", "lock.acquire"]


@pytest.mark.parametrize("key", MESSAGE)
def test_a_fault_is_told_without_the_object_that_it_was_logged_in(key: str) -> None:
    events, _ = events_of(f'{{"time": "2026-11-23T08:46:58Z", "{key}": "pull: toomanyrequests: limit"}}\n')

    assert [json.loads(a) for a in events["attrs"]] == [{"message": "pull: toomanyrequests: limit"}]


@pytest.mark.parametrize("tag", ["F", "P"])
def test_a_line_in_pieces_is_read_also_where_no_piece_tells_what_it_is(tag: str) -> None:
    at = "2026-11-23T07:49:32.394442797Z"
    events, counts = events_of(f"{at} stdout {tag} upgrade: \n{at} stderr F install: PASS\n{at} stdout F PASS\n")

    stages = [json.loads(a)["stage"] for a in events["attrs"]]
    assert (stages, counts["unparsed"]) == ((["upgrade", "install"], 0) if tag == "P" else (["install"], 2))


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
