"""Redaction of columns is redaction of texts, and a redacted line is quoted like its original."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from forensics.quote import quote
from forensics.redact import REDACTED, redact
from forensics.redacting import chunks, redacted_lines, without_secrets

PIECES = (
    b"password",
    b"=",
    b": ",
    b"hunter2",
    b"TOKEN",
    b"\x1b[31m",
    b"\xc2\xad",
    b"\xff",
    b"\t",
    b"\0",
    b"x",
    b'"',
    b"\xe2\x80\xa6",
    b"/",
    b"@",
    b"://a:b",
)
raw = st.builds(
    lambda parts, end: b"".join(parts) + end, st.lists(st.sampled_from(PIECES), max_size=7), st.sampled_from([b"\n", b"\r\n", b""])
)


@given(st.lists(raw, min_size=1, max_size=6))
def test_a_line_that_is_passed_on_is_quoted_like_the_original_and_holds_no_secret(lines: list[bytes]) -> None:
    passed, hidden = redacted_lines(pl.Series("raw", lines, dtype=pl.Binary))

    for line, new, changed in zip(lines, passed.to_list(), hidden.to_list(), strict=True):
        assert quote(new, None) == quote(line, None)
        assert (new != line) == changed
        assert new[len(new.rstrip(b"\r\n")) :] == line[len(line.rstrip(b"\r\n")) :]
        if REDACTED in quote(line, None):
            assert new.rstrip(b"\r\n").decode("utf-8", "replace") == quote(line.rstrip(b"\r\n"), None)


@given(st.lists(raw, min_size=1, max_size=6))
def test_passing_on_what_was_passed_on_changes_nothing(lines: list[bytes]) -> None:
    once, _ = redacted_lines(pl.Series("raw", lines, dtype=pl.Binary))

    again, hidden = redacted_lines(once)

    assert again.to_list() == once.to_list()
    assert not hidden.any()


@given(st.lists(st.one_of(st.none(), st.text(st.sampled_from("passwd=: \t\x1b[0m…x\"'\\ü"), max_size=20)), min_size=1, max_size=5))
def test_a_redacted_column_holds_what_redacting_each_text_gives(texts: list[str | None]) -> None:
    shown = without_secrets(pl.DataFrame({"text": pl.Series(texts, dtype=pl.String), "path": pl.Series(texts, dtype=pl.String)}))

    assert shown["path"].to_list() == texts
    for text, new in zip(texts, shown["text"].to_list(), strict=True):
        assert (new is None) == (text is None)
        assert new is None or redact(new) == new


def test_a_value_is_redacted_by_the_key_beside_it() -> None:
    attrs = [
        '{"key":"DB_PASSWORD","value":"abc"}',
        '{"key":"LANG","value":"abc"}',
        '{"domain":"d","key":"API_TOKEN","value":"x\\"y"}',
        None,
    ]

    shown = without_secrets(pl.DataFrame({"attrs": attrs}))["attrs"].to_list()

    assert shown == [
        f'{{"key":"DB_PASSWORD","value":"{REDACTED}"}}',
        attrs[1],
        f'{{"domain":"d","key":"API_TOKEN","value":"{REDACTED}"}}',
        None,
    ]


def test_an_empty_table_keeps_its_columns() -> None:
    assert [piece.columns for piece in chunks(pl.LazyFrame(schema={"a": pl.String, "n": pl.Int64}))] == [["a", "n"]]
