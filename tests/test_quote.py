"""A quote is the line, without what must not be seen; its pieces stand in the line, to the letter."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.case import Case
from forensics.ingest import ingest
from forensics.quote import LONGEST, quote, quoter
from forensics.redact import REDACTED
from tests.store.cases import FILES, RUN_LOG, write

LINES = st.binary(max_size=80) | st.text(max_size=40).map(str.encode) | st.lists(
    st.sampled_from([b"\x1b[31m", b"\x1b]0;t\x07", b"\x1b", b"\x00", b"\r", b"\t", b"\xff", "\u202e".encode(), "\u2028".encode(), b"password=", b"hunter2", b" ", b"abc", "…".encode(), b"[redacted]"]),
    max_size=12,
).map(b"".join)  # fmt: skip


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (b"plain\n", "plain"),
        (b"crlf\r\n", "crlf"),
        (b"\xef\xbb\xbfmarked", "marked"),
        (b"a\tb\rc", "a b c"),
        (b"\x1b[36mDEBU\x1b[0m <x>", "…DEBU… <x>"),
        (b"\x1b]0;title\x07ok \x1b]0;no end", "…ok …0;no end"),
        (b"\x00\x01\x02x\x7f", "…x…"),
        (b"bad \xff utf-8", "bad \ufffd utf-8"),
        ("right\u202eto left".encode(), "right…to left"),
        ("line\u2028para\u00a0nbsp".encode(), "line para nbsp"),
        ("日本 é 😀 →".encode(), "日本 é 😀 →"),
        (b"POSTGRES_PASSWORD=hunter2\n", f"POSTGRES_PASSWORD={REDACTED}"),
        (b"pass\x1b[0mword\x1b[m=hun\x1b[1mter2 x", f"pass…word…={REDACTED}"),
        (b"", ""),
    ],
)
def test_a_line_is_shown(line: bytes, shown: str) -> None:
    assert quote(line) == shown


@given(LINES, st.sampled_from([None, 1000, 20]))
def test_nothing_that_steers_a_terminal_or_hides_gets_through(line: bytes, longest: int | None) -> None:
    shown = quote(line, longest)

    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")]
    assert longest is None or len(shown) <= longest


@given(LINES, st.sampled_from([None, 1000, 20]))
def test_its_pieces_stand_in_the_line_in_order(line: bytes, longest: int | None) -> None:
    whole = "".join(line.decode("utf-8", "replace").split())

    at = 0
    for piece in quote(line, longest).replace(REDACTED, "…").split("…"):
        piece = "".join(piece.split())
        at = whole.find(piece, at)
        assert at >= 0
        at += len(piece)


@given(LINES)
def test_a_quote_of_a_quote_is_the_same(line: bytes) -> None:
    assert quote(quote(line)) == quote(line)


@pytest.mark.parametrize("size", [LONGEST + 1, 5_000, 3_000_000])
def test_a_long_line_loses_its_middle(size: int) -> None:
    line = b"head " + b"x" * size + b" tail\n"

    shown = quote(line)

    assert len(shown) == LONGEST
    assert shown.startswith("head xxx") and shown.endswith("xxx tail") and shown.count("…") == 1


def test_a_secret_is_hidden_before_a_long_line_is_cut() -> None:
    line = b"password=" + b"hunter2" * 300 + b" end"

    assert quote(line, 30) == quote(quote(line, 30), 30)
    assert "hunter2" not in quote(line, 30)


def test_lines_of_a_case_are_quoted_by_content_and_number(tmp_path: Path) -> None:
    case = Case.create(tmp_path / "case")
    ingest(case, [write(tmp_path / "evidence", FILES)])
    content_id = case.state.at_path["runs/m1/console.log"][0].content_id

    shown = quoter(case)([(content_id, 2), (content_id, 99), ("0" * 64, 1), (content_id, 2)])

    assert shown == {(content_id, 2): RUN_LOG.splitlines()[1].decode()}
    assert quoter(case)([]) == {}
