"""Event time bounding against brute force; what bounds an event, and the witness where nothing fits."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.correlate.bounds import NO_CHAINS, Bounds, bound_times
from tests import oracles
from tests.strategies import table

EVENTS = {"node": pl.String, "lo": pl.Int64, "hi": pl.Int64}
EDGES = {"before": pl.String, "after": pl.String, "why": pl.String}
OWN = st.tuples(st.integers(0, 4), st.integers(0, 3)).map(lambda p: (p[0], p[0] + p[1]))


@st.composite
def constrained(draw: st.DrawFn, most: int = 4) -> tuple[list[tuple[int, int]], list[tuple[int, int]], list[tuple[str, int, int]]]:
    """Own bounds, edges, and chains (name, position, event); cycles and shared positions included."""
    own = draw(st.lists(OWN, min_size=1, max_size=most))
    node = st.integers(0, len(own) - 1)
    edges = draw(st.lists(st.tuples(node, node), max_size=4))
    chains = [(name, position, event) for name in "pq" for event, position in draw(st.dictionaries(node, st.integers(0, 2))).items()]
    return own, edges, chains


def bounded(own: list, edges: list, chains: list = ()) -> Bounds:
    return bound_times(
        table([(str(i), *bounds) for i, bounds in enumerate(own)], EVENTS),
        table([(str(a), str(b), f"{a} to {b}") for a, b in edges], EDGES),
        table([(name, position, str(event)) for name, position, event in chains], dict(NO_CHAINS.schema)),
    )


def all_edges(edges: list, chains: list) -> list[tuple[int, int]]:
    linked = [(i, j) for n, p, i in chains for m, q, j in chains if n == m and p < q]
    return [*edges, *linked]


@settings(max_examples=100)
@given(constrained())
def test_bounds_agree_with_brute_force_and_contradict_where_nothing_fits(case: tuple) -> None:
    own, edges, chains = case
    found = bounded(own, edges, chains)

    truth = oracles.bound(own, all_edges(edges, chains))

    if truth is None:
        assert found.contradicted > 0
        assert len(found.contradictions) > 0
        assert (found.times["lo"] > found.times["hi"]).any()
    else:
        assert found.times.select("lo", "hi").rows() == truth
        assert (found.contradicted, len(found.contradictions)) == (0, 0)


@given(constrained(6))
def test_who_bounds_an_event_has_that_bound_and_why_is_null_for_itself_alone(case: tuple) -> None:
    own, edges, chains = case
    for row in bounded(own, edges, chains).times.iter_rows(named=True):
        assert own[int(row["lo_by"])][0] == row["lo"]
        assert own[int(row["hi_by"])][1] == row["hi"]
        assert (row["lo_why"] is None) == (row["lo_by"] == row["node"])
        assert (row["hi_why"] is None) == (row["hi_by"] == row["node"])


@given(constrained(6))
def test_a_witness_walks_stated_constraints_from_the_late_event_to_the_early_one(case: tuple) -> None:
    own, edges, chains = case
    allowed = set(all_edges(edges, chains))

    for row in bounded(own, edges, chains).contradictions.iter_rows(named=True):
        path = [int(node) for node in row["path"]]
        assert (row["path"][0], row["path"][-1]) == (row["lower"], row["upper"])
        assert set(zip(path, path[1:], strict=False)) <= allowed
        assert len(row["whys"]) == len(path) - 1
        assert own[path[0]][0] - own[path[-1]][1] == row["excess_us"] > 0


@given(constrained(6), st.integers(-(10**15), 10**15))
def test_a_shift_of_all_times_shifts_the_bounds(case: tuple, by: int) -> None:
    own, edges, chains = case
    plain = bounded(own, edges, chains)

    shifted = bounded([(a + by, b + by) for a, b in own], edges, chains)

    assert shifted.times.with_columns(pl.col("lo", "hi") - by).equals(plain.times)
    assert shifted.contradictions.equals(plain.contradictions)


@given(constrained(6), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(case: tuple, random: object) -> None:
    own, edges, chains = case
    plain = bounded(own, edges, chains)

    shuffled = bounded(own, random.sample(edges, len(edges)), random.sample(chains, len(chains)))

    assert shuffled.times.equals(plain.times)
    assert shuffled.contradictions.equals(plain.contradictions)


def test_untimed_output_lies_between_its_neighbours() -> None:
    own = [(100, 109), (None, None), (None, None), (200, 209)]

    times = bounded(own, [], [("run.log", i, i) for i in range(4)]).times

    assert times.rows()[1:3] == [(n, 100, 209, "0", "3", "run.log", "run.log") for n in ("1", "2")]


def test_what_nothing_bounds_stays_unknown() -> None:
    times = bounded([(None, None), (5, None)], [(0, 1)]).times

    assert times.rows() == [("0", None, None, None, None, None, None), ("1", 5, None, "1", None, None, None)]


def test_a_stamp_read_before_its_write_is_a_contradiction_with_the_least_offset() -> None:
    found = bounded([(1_000, 1_000), (400, 400)], [(0, 1)])

    assert found.contradictions.rows(named=True) == [
        {"lower": "0", "upper": "1", "excess_us": 600, "path": ["0", "1"], "whys": ["0 to 1"], "upper_events": 1}
    ]


def test_one_late_clock_is_one_contradiction_however_many_lines_follow() -> None:
    own = [(10_000, 10_000), *((i, i) for i in range(1, 500))]

    found = bounded(own, [], [("log", i, i) for i in range(500)])

    assert found.contradictions.select("lower", "upper", "excess_us", "upper_events").rows() == [("0", "1", 9_999, 499)]
    assert found.contradicted == 499


def test_events_at_one_position_of_a_chain_do_not_bound_each_other() -> None:
    times = bounded([(5, 9), (0, 3), (None, None)], [], [("log", 0, 0), ("log", 0, 1), ("log", 1, 2)]).times

    assert times.select("lo", "hi").rows() == [(5, 9), (0, 3), (5, None)]


def test_two_logs_that_bound_each_other_line_by_line_settle() -> None:
    n = 300
    own = [(i, None) if i == 0 else (None, None) for i in range(2 * n)]
    chains = [("a", i, i) for i in range(n)] + [("b", i, n + i) for i in range(n)]
    edges = [(i, n + i) for i in range(n)] + [(n + i, i + 1) for i in range(n - 1)]

    assert bounded(own, edges, chains).times["lo"].to_list() == [0] * (2 * n)


def test_constraints_on_events_that_are_not_there_are_left_out_and_nothing_in_gives_nothing_out() -> None:
    assert bounded([(1, 2)], [(0, 7)], [("log", 0, 8)]).times["lo"].to_list() == [1]
    assert bounded([], []).times.is_empty()
