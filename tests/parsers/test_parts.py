"""Messages of one record have bytes of their own, where these can be told."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.test_opening import parsed

WORDS = st.text(st.sampled_from("ab é→😀<&\"\\/\t'{}:,\u2028"), max_size=12)
GO = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028"})


def go(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).translate(GO)


def utf8(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


HOW = {
    "docker": lambda text: '{"log":' + go(text + "\n") + ',"stream":"stdout","time":"2026-11-23T08:55:27.546186328Z"}\n',
    "drone": lambda text: '{"pos": 0, "out": ' + json.dumps(text + "\n") + ', "time": 3}\n',
    "drone array": lambda text: '[{"pos":0,"out":' + utf8(text + "\n") + ',"time":3}, {"pos":1,"out":"end\\n","time":4}]',
    "json lines": lambda text: '{"time": "2026-11-23T08:43:16Z", "msg": ' + utf8(text) + "}\r\n",
    "journald": lambda text: '{"__REALTIME_TIMESTAMP":"1795424127546028","MESSAGE":' + json.dumps(text) + "}\n",
    "logfmt": lambda text: f"level=info msg={utf8(text)}\n",
}


@pytest.mark.parametrize("how", HOW)
@given(st.lists(WORDS, min_size=2, max_size=4))
@settings(max_examples=15)
def test_each_message_of_a_record_is_cited_by_its_own_bytes(how: str, words: list[str]) -> None:
    said = [f"stage{n}: FAIL {word}".rstrip() for n, word in enumerate(words)]
    content = HOW[how]("\n".join(said)).encode()

    events, counts, _ = parsed(content)
    rows = events.sort("offset").to_dicts()

    assert counts["unparsed"] == 0
    assert [json.loads('"' + content[r["offset"] : r["offset"] + r["length"]].decode() + '"', strict=False) for r in rows] == said
    assert [json.loads(r["attrs"])["stage"] for r in rows] == [f"stage{n}" for n in range(len(said))]


@pytest.mark.parametrize(
    "record",
    [
        '{"__REALTIME_TIMESTAMP":"1795424127546028","MESSAGE":["up: PASS","down: PASS"]}\n',  # the newline does not stand there
        '{"time":"2026-11-23T08:43:16Z","message":"up: PASS\\ndown: PASS","again":"up: PASS\\ndown: PASS"}\n',  # which of the two?
        '2026-11-23T08:43:16Z {"time":"2026-11-23T08:43:16Z","message":"up: PASS\\ndown: PASS"}\n',  # behind another envelope
    ],
)
def test_messages_whose_bytes_cannot_be_told_share_those_of_their_record(record: str) -> None:
    events, _, _ = parsed(record.encode())

    assert events.select("offset", "length").unique().rows() == [(0, len(record))]
    assert [json.loads(a)["stage"] for a in events["attrs"]] == ["up", "down"]
    assert events["event_id"].n_unique() == 2
