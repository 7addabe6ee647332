"""Blocks below a message: they belong to it, in whatever envelope and in whatever chunks they come."""

from __future__ import annotations

import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers import engine, identity, lines
from parsers.registry import ENVELOPES
from tests.parsers.outside import OUTSIDE

BY_NAME = {e.name: e for e in ENVELOPES}
BLOCK = ["FATA deploy failed code=1", "  stderr=", '  │ the "first" line', "  │ ", "  │ last", " took=3s n=2", "  more=", "  │ x"]
MESSAGE = r'deploy failed code=1 stderr="the \"first\" line\n\nlast" took=3s n=2 more="x"'


def source_of(content: bytes, path: str) -> pl.DataFrame:
    cid = identity.content_id(content)
    source = {"source": [0], "source_id": [identity.source_id(cid, path)], "content_id": [cid], "path": [path]}
    return pl.DataFrame(source, schema_overrides={"source": pl.UInt32})


def parsed(content: bytes, path: str = "runs/r/console.log") -> tuple[pl.DataFrame, dict[str, int], engine.Choice]:
    choice = engine.choose(path, content[: engine.HEAD_BYTES])
    rows = lines.split(content).with_columns(source=pl.lit(0, pl.UInt32))
    events, counts = engine.parse(choice, rows, source_of(content, path))
    return events, counts.drop("source").to_dicts()[0], choice


def streamed(content: bytes, choice: engine.Choice, size: int) -> tuple[pl.DataFrame, dict[str, int]]:
    """The same, so many lines at once, parsed as soon as they come."""
    stream = engine.open_stream(choice, source_of(content, "runs/r/console.log"))
    cut = content.splitlines(keepends=True) if b"\r" not in content else [line + b"\n" for line in content.split(b"\n")[:-1]]
    parts, offset = [], 0
    for n in range(0, len(cut), size):
        chunk = b"".join(cut[n : n + size])
        parts.append(stream.feed(lines.cut(chunk, offset=offset, line_no=n + 1)))
        offset += len(chunk)
    rest, totals = stream.finish()
    return pl.concat([*parts, rest]), totals


def test_a_message_and_its_blocks_are_one_event_that_names_all_their_lines() -> None:
    content = "\n".join(["INFO before", *BLOCK, "INFO deploy succeeded: d.org"]).encode() + b"\n"

    events, counts, _ = parsed(content)

    first, second = events.to_dicts()
    assert (first["kind"], first["line_no"], first["line_last"], json.loads(first["attrs"])["message"]) == ("deploy.error", 2, 9, MESSAGE)
    assert content[first["offset"] : first["offset"] + first["length"]] == "\n".join(BLOCK).encode() + b"\n"
    assert (second["kind"], second["line_no"]) == ("deploy.done", 10)
    assert counts == {"lines": 10, "in_events": 9, "blank": 0, "unparsed": 1}


def test_what_a_rule_wants_may_stand_in_a_block_alone() -> None:
    events, counts, _ = parsed("ERRO it failed\n  error=\n  │ discourse has locally unstaged changes\n  │ commit\n".encode())

    assert events["outcome"].to_list() == ["dirty-tree"]
    assert counts["in_events"] == 4


NAMES = [e.name for e in ENVELOPES if e.name not in ("json_array", "charm")]


@pytest.mark.parametrize("name", NAMES)
def test_a_block_is_read_in_every_envelope(name: str) -> None:
    content = "\n".join([OUTSIDE.get(name, BY_NAME[name].render("first")), *map(BY_NAME[name].render, BLOCK)]).encode() + b"\n"

    events, counts, choice = parsed(content)

    assert choice.chain[0] == name
    assert [json.loads(a)["message"] for a in events["attrs"]] == [MESSAGE]
    assert counts["lines"] == counts["in_events"] + counts["unparsed"] + counts["blank"]
    assert counts["lines"] - events["line_last"][0] <= (name == "journald_export")  # whose entries end with an empty line


def test_a_block_may_go_on_bare_below_a_line_in_an_envelope() -> None:
    content = "\n".join(["2026-11-23 08:55:27,546 INFO ccci.abra: " + BLOCK[0], *BLOCK[1:]]).encode() + b"\n"

    events, counts, _ = parsed(content)

    assert [json.loads(a)["message"] for a in events["attrs"]] == [MESSAGE]
    assert (counts["in_events"], str(events["ts"][0])) == (8, "2026-11-23 08:55:27.546000+00:00")


@pytest.mark.parametrize(
    "text",
    [
        "FATA x\n  │ a table │ of two │\n",  # no key
        "deploy failed\n  stderr=\n  │ not charm's\n",
        "FATA x\nsomething else\n  stderr=\n  │ below another line\n",
    ],
)
def test_bars_that_are_no_block_stay_as_they_are(text: str) -> None:
    events, counts, _ = parsed(text.encode())

    assert events["line_last"].to_list() == events["line_no"].to_list()
    assert counts["unparsed"] + counts["in_events"] == counts["lines"]


def test_only_so_many_lines_belong_to_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    from parsers import blocks

    monkeypatch.setattr(blocks, "MOST", 3)

    events, counts, _ = parsed(("\n".join(BLOCK) + "\n").encode())

    assert events["line_last"].to_list() == [4]
    assert counts["unparsed"] == 4


PIECES = [*BLOCK, "INFO deploy succeeded: d.org", "noise", "", "install: PASS", "  │ alone", "  key="]
CHUNKED = ["charm", "docker_json", "drone", "journald_json", "python_logging", "gitlab", "woodpecker", "short_iso", "journald_export"]


@given(
    said=st.lists(st.one_of(st.sampled_from(PIECES), st.just("\n".join(BLOCK))), min_size=1, max_size=8),
    name=st.sampled_from(CHUNKED),
    size=st.integers(1, 4),
)
@settings(max_examples=16, deadline=None)
def test_chunks_do_not_change_what_belongs_together(said: list[str], name: str, size: int) -> None:
    messages = "\n".join(said).split("\n")
    render = str if name == "charm" else BY_NAME[name].render
    content = ("\n".join(map(render, messages)) + "\n").encode()
    whole, counts, choice = parsed(content)
    kept, engine.AT_ONCE = engine.AT_ONCE, 0

    try:
        events, totals = streamed(content, choice, size)
    finally:
        engine.AT_ONCE = kept

    order = ["line_no", "offset", "event_id"]
    assert events.sort(order).equals(whole.sort(order))
    assert totals == counts
