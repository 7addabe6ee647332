"""From lines to messages: pieces, redraws, nests and chunks."""

from __future__ import annotations

import base64
import json
from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers import engine, identity, lines
from parsers.registry import ENVELOPES

BY_NAME = {e.name: e for e in ENVELOPES}
PASS = "{}: PASS"


def source_of(content: bytes, path: str) -> pl.DataFrame:
    cid = identity.content_id(content)
    return pl.DataFrame(
        {"source": [0], "source_id": [identity.source_id(cid, path)], "content_id": [cid], "path": [path]},
        schema_overrides={"source": pl.UInt32},
    )


def parsed(content: bytes, path: str = "runs/r/console.log") -> tuple[pl.DataFrame, dict[str, int], engine.Choice]:
    choice = engine.choose(path, content[: engine.HEAD_BYTES])
    rows = lines.split(content).with_columns(source=pl.lit(0, pl.UInt32))
    events, counts = engine.parse(choice, rows, source_of(content, path))
    return events, counts.drop("source").to_dicts()[0], choice


def stages(events: pl.DataFrame) -> list[str]:
    """The stages of check.pass events, in the order of their places."""
    rows = events.filter(pl.col("kind") == "check.pass").sort("line_no", "offset")
    return [json.loads(a)["stage"] for a in rows["attrs"].to_list()]


def docker(log: str, stream: str = "stdout") -> str:
    return json.dumps({"log": log, "stream": stream, "time": "2026-11-23T08:55:27.546186328Z"}, separators=(",", ":")) + "\n"


def drone(out: str, time: int = 0) -> str:
    return json.dumps({"pos": 0, "out": out, "time": time}) + "\n"


def gitlab(text: str, stream: str = "00O") -> str:
    return f"2026-11-23T08:55:27.546186Z {stream}{text}\n"


@st.composite
def interleaved(draw: st.DrawFn) -> tuple[list[tuple[int, str]], list[list[str]]]:
    """Pieces of two writers in some order, and the lines that each wrote."""
    wrote = [draw(st.lists(st.sampled_from(["install: PASS", "upgrade: PASS", "", "noise", "a\rb"]), max_size=4)) for _ in range(2)]
    queues = []
    for said in wrote:
        text = "".join(line + "\n" for line in said)
        cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
        queues.append([text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True) if text[a:b]])
    order = draw(st.permutations([0] * len(queues[0]) + [1] * len(queues[1])))
    at = [iter(q) for q in queues]
    return [(who, next(at[who])) for who in order], wrote


@given(interleaved())
@settings(max_examples=60, deadline=None)
def test_writers_that_interleave_are_told_apart_by_their_stream(case: tuple[list[tuple[int, str]], list[list[str]]]) -> None:
    pieces, wrote = case
    content = docker("first\n") + "".join(docker(text, ("stdout", "stderr")[who]) for who, text in pieces)

    events, counts, choice = parsed(content.encode())

    assert choice.chain == ("docker_json",)
    said = sorted(line.removesuffix(": PASS") for lines_ in wrote for line in lines_ if line.endswith("PASS"))
    assert sorted(stages(events)) == said
    assert counts["lines"] == counts["in_events"] + counts["blank"] + counts["unparsed"]


def pieces_of(text: str) -> list[bytes]:
    """One text in the envelopes whose messages are not their lines, cut in the middle of a line."""
    half = len(text) // 2
    return [
        (docker("x\n") + docker(text[:half]) + docker("other: PASS\n", "stderr") + docker(text[half:])).encode(),
        (drone("x\n") + drone(text[:half]) + drone("") + drone(text[half:] + "done: PASS")).encode(),
        "".join([gitlab(" x"), *(gitlab(" " + m[:3]) + gitlab(" e", "00E") + gitlab("+" + m[3:]) for m in text.splitlines())]).encode(),
        (
            '{"version": 2, "width": 80, "height": 24, "timestamp": 1795424127}\n'
            + "".join(
                json.dumps([n / 7, "o", part]) + "\n" for n, part in enumerate([text[:half], text[half:].replace("\n", "\r\n"), "$ "])
            )
        ).encode(),
        b"".join(
            b"__REALTIME_TIMESTAMP=1795424127546028\nMESSAGE\n" + len(m).to_bytes(8, "little") + m + b"\n_HOSTNAME=ci\n\n"
            for m in (text.encode(), b"other: PASS\n\nMESSAGE\nend: PASS")
        ),
        ("[" + ",\n".join(json.dumps({"pos": 0, "out": part, "time": 1}, indent=2) for part in (text[:half], text[half:])) + "]").encode(),
        json.dumps([{"pos": 0, "out": part, "time": 1} for part in (text[:half], text[half:])]).encode(),
        "".join(
            json.dumps({"id": 1, "step_id": 2, "time": 3, "line": 0, "data": base64.b64encode(m.encode()).decode(), "type": 0}) + "\n"
            for m in text.splitlines()
        ).encode(),
        (
            '{"version": 3, "term": {"cols": 80, "rows": 24}, "timestamp": 1795424127}\n'
            + "".join(
                f"[0.125, {json.dumps(what)}, {json.dumps(part)}]\n" for what, part in (("o", text[:half]), ("i", "x"), ("o", text[half:]))
            )
        ).encode(),
        "".join(f"00:00:0{3 * (n % 3 == 1)} {m}\n" for n, m in enumerate(["x", "y", *text.splitlines()])).encode(),
    ]


TEXT = "install: PASS\nnoise\nupgrade: PASS\nlock: acquired a.lock\n"
CHAINS = ["docker_json", "drone", "gitlab", "asciicast", "journald_export", "json_array+drone", "json_array+drone", "woodpecker"]
CHAINS += ["asciicast_3", "ts_interval"]


@pytest.mark.parametrize(
    ("content", "chain"), list(zip(pieces_of(TEXT), CHAINS, strict=True)), ids=[f"{n}-{c}" for n, c in enumerate(CHAINS)]
)
def test_lines_that_come_in_pieces_are_read_whole(content: bytes, chain: str) -> None:
    events, _, choice = parsed(content)

    assert choice.name == chain
    assert set(stages(events)) >= {"install", "upgrade"}
    assert "lock.acquire" in events["kind"].to_list()


@pytest.mark.parametrize("content", pieces_of(TEXT * 3), ids=[f"{n}-{c}" for n, c in enumerate(CHAINS)])
@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_chunks_do_not_change_what_is_read(content: bytes, size: int) -> None:
    whole, counts, choice = parsed(content)
    block = lines.cut(content)

    stream = engine.open_stream(choice, source_of(content, "runs/r/console.log"))
    parts = [stream.feed(block[i : i + size]) for i in range(0, len(block), size)]
    rest, totals = stream.finish()

    order = ["line_no", "offset", "event_id"]
    assert pl.concat([*parts, rest]).sort(order).equals(whole.sort(order))
    assert totals == counts


@pytest.mark.parametrize("content", pieces_of(TEXT), ids=[f"{n}-{c}" for n, c in enumerate(CHAINS)])
def test_an_event_points_at_the_bytes_that_say_it(content: bytes) -> None:
    events, _, _ = parsed(content)

    assert len(events)
    for e in events.to_dicts():
        at = content[e["offset"] : e["offset"] + e["length"]]
        rows = lines.split(content).filter(pl.col("line_no").is_between(e["line_no"], e["line_last"]))
        assert rows["offset"][0] <= e["offset"] and e["offset"] + e["length"] <= rows["offset"][-1] + len(rows["raw"][-1])
        assert at
    assert events["event_id"].n_unique() == len(events)


NESTS = [
    ("drone", "python_logging", "charm", "FATA deploy timed out", "deploy.error"),
    ("short_iso", None, "pytest_log", "upgrade: PASS", "check.pass"),
    ("docker_json", "json_lines", None, "upgrade: PASS", "check.pass"),
    ("journald_export", "logfmt", None, "upgrade: PASS", "check.pass"),
    ("actions_gh", "python_logging", None, "lock: acquired a.lock", "lock.acquire"),
    ("syslog_3164", "json_lines", "charm", "deploy succeeded: d.org", "deploy.done"),
    ("service_logs", "logfmt", None, "upgrade: PASS", "check.pass"),
    ("journald_json", "drone", "charm", "deploy succeeded: d.org", "deploy.done"),
]


@pytest.mark.parametrize(("outer", "middle", "inner", "message", "kind"), NESTS, ids=["+".join(filter(None, n[:3])) for n in NESTS])
def test_envelopes_nest(outer: str, middle: str | None, inner: str | None, message: str, kind: str) -> None:
    line = message
    for name in (inner, middle, outer):
        line = BY_NAME[name].render(line) if name else line

    events, _, choice = parsed((line + "\n").encode())

    assert choice.chain[: 1 + bool(middle)] == ((outer, middle) if middle else (outer,))
    assert events["kind"].to_list() == [kind]


def test_one_file_may_hold_lines_of_several_envelopes() -> None:
    some = [BY_NAME[name].render(f"{name}: PASS") for name in ("python_logging", "logfmt", "iso")]
    content = "\n".join([*some * 4, "bare: PASS", "noise", *["$ make"] * 4]) + "\n"

    events, _, choice = parsed(content.encode())

    assert len(choice.chain) == 1 and set(choice.chain[0].split("|")) == {"python_logging", "logfmt", "iso"}
    assert stages(events) == [*["python_logging", "logfmt", "iso"] * 4, "bare"]
    assert events["clock_kind"].to_list() == [*["zone-assumed", "stated", "stated"] * 4, "none"]


def test_a_redraw_may_stand_before_an_envelope_or_inside_its_message() -> None:
    stamp = "2026-11-23 08:55:27,546 INFO ccci.run: "
    content = f"\r\x1b[2K 10%\r{stamp}install: PASS\r\n{stamp}10%\r20%\rupgrade: PASS\n"

    events, _, _ = parsed(content.encode())

    assert stages(events) == ["install", "upgrade"]
    assert events["ts"].null_count() == 0


def test_what_a_redraw_replaced_is_no_event() -> None:
    events, counts, _ = parsed(b"install: PASS\rupgrade: PASS\n")

    assert stages(events) == ["upgrade"]
    assert counts["in_events"] == 1


@given(
    st.lists(st.sampled_from([*pieces_of(TEXT), b"\0\1", b"{", b"\xff\n", b"MESSAGE\n\xff\xff\xff\xff\xff\xff\xff\xff"]), max_size=3),
    st.integers(0, 60),
)
@settings(max_examples=60, deadline=None)
def test_no_bytes_break_an_envelope_and_none_are_lost(parts: list[bytes], cut: int) -> None:
    content = b"".join(parts)
    content = content[: max(0, len(content) - cut)]

    events, counts, _ = parsed(content)

    assert counts["lines"] == len(lines.split(content)) == counts["in_events"] + counts["blank"] + counts["unparsed"]
    assert min(counts.values()) >= 0
    assert (events["offset"] + events["length"]).max() is None or (events["offset"] + events["length"]).max() <= len(content)


@pytest.mark.parametrize("envelope", ENVELOPES, ids=lambda e: e.name)
@given(text=st.text(max_size=60))
@settings(max_examples=25, deadline=None)
def test_any_text_is_opened_or_left(envelope: object, text: str) -> None:
    frame = pl.DataFrame({"t": [text, envelope.samples[0].text, None]}, schema={"t": pl.String})

    opened = frame.select(envelope.open(pl.col("t")).alias("o"))["o"].struct.field("msg")

    assert opened.dtype == pl.String and len(opened) == 3


def test_an_outcome_that_stands_alone_is_given_the_test_before_it() -> None:
    text = "a/test_x.py::test_one \n--- live log call ---\nWARNING  a.b:x.py:5 y\nPASSED   [ 50%]\nPASSED   [ 60%]\na/test_x.py::test_two \nFAILED   [100%]\n"
    content = text.encode()
    events, _, choice = parsed(content)
    stream = engine.open_stream(choice, source_of(content, "runs/r/console.log"))
    parts = [stream.feed(lines.cut(content)[n : n + 1]) for n in range(7)]
    rest, _ = stream.finish()

    told = [(json.loads(e["attrs"])["node"], e["outcome"]) for e in events.to_dicts()]
    assert told == [("a/test_x.py::test_one", "pass"), ("a/test_x.py::test_two", "fail")]
    assert sum(map(len, parts)) + len(rest) == 2


STAMPS = {
    "ts_elapsed": ["00:00:00", "00:00:00", "00:00:25", "00:00:25"],
    "ts_interval": ["00:00:00", "00:00:00", "00:00:25", "00:00:00"],
    "time_of_day": ["23:59:58", "23:59:59", "00:00:00", "00:00:25"],
}


@pytest.mark.parametrize("name", STAMPS)
def test_hours_minutes_and_seconds_are_a_time_since_only_where_they_count_like_one(name: str) -> None:
    content = "".join(f"{at} {stage}: PASS\n" for at, stage in zip(STAMPS[name], "abcd", strict=True))

    events, _, choice = parsed(content.encode())

    assert (choice.chain, stages(events)) == ((name,), list("abcd"))
    assert events["ts"].null_count() == 4  # none is a wall clock's
    told = [json.loads(a) for a in events["attrs"].to_list()]
    seconds = None if name == "time_of_day" else [0, 0, 25_000_000, 25_000_000]
    assert [t.get("rel_us") for t in told] == (seconds or [None] * 4)
    doubt = {"ts_elapsed": [1, 1, 1, 1], "ts_interval": [1, 2, 3, 4]}.get(name, [])
    assert [t["rel_resolution_us"] for t in told if "rel_us" in t] == [1_000_000 * n for n in doubt]


@pytest.mark.parametrize(
    "stamps", [["00:00:00"] * 4, ["00:00:05", "00:00:04", "00:00:05", "00:00:06"], ["00:00:01", "12:00:00", "23:30:00", "00:00:00"]]
)
def test_hours_minutes_and_seconds_that_fit_both_are_not_read(stamps: list[str]) -> None:
    content = "".join(f"{at} {stage}: PASS\n" for at, stage in zip(stamps, "abcd", strict=True))

    events, _, choice = parsed(content.encode())

    assert choice.chain == ("time_of_day",)
    assert events["clock_kind"].to_list() == ["none"] * 4


def test_sections_are_read_from_what_a_carriage_return_replaced() -> None:
    text = "section_end:1560896352:prepare\r\x1b[0Ksection_start:1560896353:build\r\x1b[0K\x1b[36;1mBuilding\x1b[0;m\ninstall: PASS\n"

    events, counts, _ = parsed(text.encode())

    assert events["kind"].to_list() == ["step.end", "step.start", "check.pass"]
    assert [str(t)[:19] for t in events["ts"].to_list()[:2]] == ["2019-06-18 22:19:12", "2019-06-18 22:19:13"]
    assert counts["in_events"] == 2


def test_a_stamp_without_a_year_is_no_instant_until_the_year_is_declared() -> None:
    content = b"<13>Nov 23 08:55:27 ci-host recipe-ci[7]: install: PASS\n"
    events, _, choice = parsed(content)
    rows = lines.split(content).with_columns(source=pl.lit(0, pl.UInt32))
    year = engine.Context(years=(("*", date(2026, 1, 1)),))

    declared, _ = engine.parse(choice, rows, source_of(content, "syslog"), year)

    assert (events["ts"].to_list(), json.loads(events["attrs"][0])["yearless"], events["host"][0]) == ([None], "11-23 08:55:27", "ci-host")
    assert str(declared["ts"][0]) == "2026-11-23 08:55:27+00:00"
