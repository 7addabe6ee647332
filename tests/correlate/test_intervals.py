"""Relations of uncertain spans: drawn examples, the brute-force oracle, and one formula for arrays and expressions."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.correlate import intervals
from forensics.correlate.intervals import Span
from tests import oracles
from tests.strategies import BOUNDS, Ends, drawn, spans, table, wider


def one(ends: Ends) -> Span:
    return intervals.canonical(Span(*(np.array([end]) for end in ends)))


def verdict_of_overlap(a: Ends, b: Ends) -> str:
    if intervals.definitely_overlap(one(a), one(b))[0]:
        return "PROVEN"
    return "NOT PROVEN" if intervals.possibly_overlap(one(a), one(b))[0] else "REFUTED"


@pytest.mark.parametrize(
    ("a", "b", "overlap"),
    [
        ("..====..    ",
         "   .====.   ", "PROVEN"),
        ("..==..      ",
         "    ..==..  ", "NOT PROVEN"),  # only the doubtful ends meet
        ("..==..      ",
         "        ..==", "REFUTED"),
        ("   ....     ",
         "  ======    ", "PROVEN"),  # no core, yet wherever a ran, b was running
        ("====        ",
         "    ====    ", "REFUTED"),  # abutting is no overlap
        ("  ....      ",
         "   ....     ", "NOT PROVEN"),
        ("============",
         "     .      ", "PROVEN"),
    ],
)  # fmt: skip
def test_overlap_of_uncertain_spans(a: str, b: str, overlap: str) -> None:
    assert verdict_of_overlap(drawn(a), drawn(b)) == overlap
    assert verdict_of_overlap(drawn(b), drawn(a)) == overlap


def test_a_write_without_length_inside_another_overlaps_it_for_at_least_nothing() -> None:
    a, b = one((5, 5, 5, 5)), one((3, 3, 9, 9))

    assert intervals.definitely_overlap(a, b)[0]
    assert intervals.overlap_at_least(a, b)[0] == intervals.overlap_at_most(a, b)[0] == 0


def test_two_instants_at_the_same_time_do_not_overlap() -> None:
    assert verdict_of_overlap((5, 5, 5, 5), (5, 5, 5, 5)) == "REFUTED"


def test_an_end_and_a_start_stamped_with_one_second_are_possible_and_a_sequence_makes_them_before() -> None:
    second = 13_000_005_000_000, 13_000_005_999_999
    a, b = (0, 0, *second), (*second, 14_000_000_000_000, 14_000_000_000_000)
    by_sequence = (0, 0, second[0], second[0]), (second[0], second[0], 14_000_000_000_000, 14_000_000_000_000)

    assert verdict_of_overlap(a, b) == "NOT PROVEN"
    assert verdict_of_overlap(*by_sequence) == "REFUTED"
    assert intervals.definitely_before(one(by_sequence[0]), one(by_sequence[1]))[0]


def test_one_more_stamp_may_turn_an_untimed_span_definite() -> None:
    other, untimed, stamped = (10, 10, 20, 20), (0, 30, 0, 30), (12, 12, 15, 15)

    assert verdict_of_overlap(untimed, other) == "NOT PROVEN"
    assert verdict_of_overlap(stamped, other) == "PROVEN"


@given(spans(), spans())
def test_relations_agree_with_brute_force(a: Ends, b: Ends) -> None:
    possibly, definitely, before, shared = oracles.pair(a, b)
    x, y = one(a), one(b)

    assert intervals.possibly_overlap(x, y)[0] == possibly
    assert intervals.definitely_overlap(x, y)[0] == definitely
    assert intervals.definitely_before(x, y)[0] == before
    assert (intervals.overlap_at_least(x, y)[0], intervals.overlap_at_most(x, y)[0]) == shared


@given(st.data(), spans(), spans())
def test_widening_never_makes_an_overlap_definite_or_a_possible_one_impossible(data: st.DataObject, a: Ends, b: Ends) -> None:
    before, after = verdict_of_overlap(a, b), verdict_of_overlap(data.draw(wider(a)), b)

    assert after != "PROVEN" or before == "PROVEN"
    assert after != "REFUTED" or before == "REFUTED"


@given(st.lists(st.tuples(spans(), spans()), min_size=1, max_size=5), st.data())
def test_expressions_say_what_arrays_say_unknown_bounds_included(pairs: list[tuple[Ends, Ends]], data: st.DataObject) -> None:
    forget = st.lists(st.booleans(), min_size=8, max_size=8)
    rows = [tuple(None if gone else end for end, gone in zip(a + b, data.draw(forget), strict=True)) for a, b in pairs]
    frame = table(rows, {**BOUNDS, **{f"{end}_b": pl.Int64 for end in BOUNDS}})
    arrays, exprs = (intervals.spans(frame), intervals.spans(frame, "_b")), (intervals.span_exprs(), intervals.span_exprs("_b"))
    relations = ("possibly_overlap", "definitely_overlap", "definitely_before", "overlap_at_least", "overlap_at_most")

    for name in relations:
        relation = getattr(intervals, name)
        assert frame.select(relation(*exprs).alias("x"))["x"].to_list() == relation(*arrays).tolist()
    lengths = frame.select(intervals.limited(intervals.overlap_at_most(*exprs)).alias("x"))["x"]
    assert lengths.to_list() == intervals.nullable_length(intervals.overlap_at_most(*arrays)).to_list()


def test_a_bound_that_is_not_known_is_infinite_and_null_again_at_the_edge() -> None:
    frame = table([(None, None, None, None), (1, None, None, 9)], BOUNDS)
    span = intervals.spans(frame)

    assert intervals.nullable(span.sE).to_list() == [None, 1]
    assert intervals.nullable(span.sL).to_list() == [None, 9]
    assert intervals.nullable(span.eE).to_list() == [None, 1]
    assert intervals.nullable(span.eL).to_list() == [None, 9]
