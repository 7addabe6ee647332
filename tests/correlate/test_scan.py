"""Ranges written out, and the search for all positions that reach a floor."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from forensics.correlate.scan import MaxTree, expand, in_order, spread


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4))), st.integers(1, 5))
def test_ranges_are_written_out_whole_however_they_are_cut(ranges: list[tuple[int, int]], chunk: int) -> None:
    first, count = (np.array([r[k] for r in ranges], np.int64) for k in (0, 1))
    wanted = [(i, f + k) for i, (f, c) in enumerate(ranges) for k in range(c)]

    batches = list(expand(first, count, chunk))

    assert [(i, m) for rows, members in batches for i, m in zip(rows, members, strict=True)] == wanted
    assert all(len(rows) <= chunk for rows, _ in batches)
    assert list(zip(*spread(first, count), strict=True)) == wanted


@given(st.data(), st.lists(st.integers(0, 9), max_size=150))
def test_the_tree_finds_what_a_look_at_every_position_finds(data: st.DataObject, values: list[int]) -> None:
    end = st.integers(0, len(values))
    queries = data.draw(st.lists(st.tuples(end, end, st.integers(0, 10)).map(lambda q: (min(q[:2]), max(q[:2]), q[2])), max_size=5))
    first, until, floor = (np.array([q[k] for q in queries], np.int64) for k in range(3))

    query, position = MaxTree(np.array(values, np.int64)).at_least(first, until, floor)

    assert list(zip(query, position, strict=True)) == [(i, p) for i, (a, b, f) in enumerate(queries) for p in range(a, b) if values[p] >= f]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=12))
def test_ties_go_by_what_was_given_to_settle_them(rows: list[tuple[int, int]]) -> None:
    ids = pl.Series([f"{i:02d}" for i in range(len(rows))][::-1], dtype=pl.String)
    order = in_order(np.array([r[0] for r in rows], np.int64), np.array([r[1] for r in rows], np.int64), ids)

    assert order.tolist() == sorted(range(len(rows)), key=lambda i: (*rows[i], ids[i]))
