from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from parsers import engine


@given(
    rows=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 3), st.integers(1, 2), st.integers(0, 1), st.sampled_from("ab")), max_size=12)
)
def test_facts_of_the_same_bytes_are_counted_from_nought(rows: list[tuple[int, int, int, int, str]]) -> None:
    facts = pl.DataFrame(
        rows, {"source": pl.UInt32, "offset": pl.Int64, "length": pl.Int64, "part": pl.Int64, "kind": pl.String}, orient="row"
    )
    facts = facts.sort("source", "offset", "part", "kind", maintain_order=True)
    counted: dict[tuple[int, ...], int] = {}
    expected = []
    for *bytes_, _ in facts.iter_rows():
        expected.append(counted.get(tuple(bytes_), 65_536 * bytes_[3]))
        counted[tuple(bytes_)] = expected[-1] + 1

    assert engine._numbered(facts)["ordinal"].to_list() == expected
