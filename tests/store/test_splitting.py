"""Bytes to lines and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.store.splitting import split
from parsers import lines as text_lines

CONTENTS = st.lists(st.binary(max_size=40) | st.text("a\n\r\x00\xff", max_size=12).map(lambda t: t.encode("latin-1")), max_size=6)


@given(CONTENTS, st.integers(1, 9))
def test_the_lines_of_each_content_concatenate_to_it(contents: list[bytes], longest: int) -> None:
    lines = split(contents, longest=longest)

    raw = np.array(lines.raw.to_pylist(), dtype=object)
    for i, content in enumerate(contents):
        mine = raw[lines.content == i].tolist()
        assert b"".join(mine) == content
        assert lines.counts[i] == len(mine)
        assert lines.line_no[lines.content == i].tolist() == list(range(1, len(mine) + 1))
        assert lines.offset[lines.content == i].tolist() == np.cumsum([0, *map(len, mine)]).tolist()[:-1]
        assert all(0 < len(line) <= longest and b"\n" not in line[:-1] for line in mine)


@given(CONTENTS.filter(bool))
def test_it_splits_as_the_parsers_do(contents: list[bytes]) -> None:
    lines = split(contents).frame()

    for i, content in enumerate(contents):
        own = text_lines.split(content)
        assert lines.filter(source=i).select("line_no", "offset", "raw").rows() == own.select("line_no", "offset", "raw").rows()


def test_a_chunk_goes_on_where_the_last_one_ended() -> None:
    lines = split([b"c\nd\n"], offset=4, line_no=3)

    assert lines.line_no.tolist() == [3, 4]
    assert lines.offset.tolist() == [4, 6]


@pytest.mark.parametrize("contents", [[], [b""], [b"", b""]])
def test_no_bytes_are_no_lines(contents: list[bytes]) -> None:
    assert len(split(contents).frame()) == 0
