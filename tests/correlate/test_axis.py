"""Places keep the order and equality of times within a key, and never mix keys."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from forensics.correlate.axis import Axis, codes_of
from forensics.correlate.intervals import INF

TIMES = st.one_of(st.integers(-9, 9), st.sampled_from([-INF, INF, -(1 << 58), 1 << 58]))


@given(st.lists(st.tuples(st.integers(0, 40), TIMES), min_size=1, max_size=12))
def test_places_are_ordered_as_key_and_time_are(rows: list[tuple[int, int]]) -> None:
    codes, times = (np.array(column) for column in zip(*rows, strict=True))
    axis = Axis.fit(41, [times], spare=1)

    places = axis.place(codes, times)

    assert [(x < y) for x in places for y in places] == [(x < y) for x in rows for y in rows]
    assert axis.times(places).tolist() == times.tolist()
    assert (axis.start(codes) <= places).all()
    assert (places < axis.start(codes + 1)).all()
    assert int(places.max()) < 1 << 62


def test_an_axis_without_times_holds_the_infinities() -> None:
    axis = Axis.fit(2, [np.array([], np.int64)])

    assert axis.times(axis.place(np.array([0, 1]), np.array([-INF, INF]))).tolist() == [-INF, INF]


@given(st.lists(st.one_of(st.none(), st.integers(-5, 5), st.integers(-(2**62), 2**62))), st.lists(st.one_of(st.none(), st.integers(-5, 5))))
def test_codes_number_values_of_several_columns_in_order_and_null_is_none_of_them(x: list[int | None], y: list[int | None]) -> None:
    for convert in (lambda v: v, lambda v: None if v is None else f"{v + 2**62:020d}"):
        columns = [pl.Series("x", [convert(v) for v in x]), pl.Series("y", [convert(v) for v in y])]
        dtype = pl.Int64 if convert(1) == 1 else pl.String
        codes, count = codes_of(*(column.cast(dtype) for column in columns))

        values, numbers = x + y, [int(c) for code in codes for c in code]
        assert all((a == -1) == (v is None) and a < count for a, v in zip(numbers, values, strict=True))
        known = [(v, a) for v, a in zip(values, numbers, strict=True) if v is not None]
        assert all((v < w) == (a < b) for v, a in known for w, b in known)
