"""Deploys that came before themselves: exactly where each was last somewhere, and both wrote everything."""

from __future__ import annotations

import itertools as it

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.correlate.cycles import components, last_edges, order_edges, shortest_cycle, write_cycles
from tests.strategies import BOUNDS, spans, table

WRITES = {"graph": pl.Int64, "node": pl.String, "service": pl.String, "iE": pl.Int64, "iL": pl.Int64, **BOUNDS}
WROTE = {"graph": pl.Int64, "node": pl.String, "service": pl.String}
LAST = {"graph": pl.Int64, "service": pl.String, "node": pl.String, "definite": pl.Boolean}
EDGES = {"graph": pl.Int64, "service": pl.String, "before": pl.String, "after": pl.String, "definite": pl.Boolean}
NODES = st.integers(0, 6)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_on_all_final_mixes_there_is_a_cycle_exactly_when_each_deploy_is_last_somewhere(n: int) -> None:
    """Every service is written by both, at index 1 and 2; a mix says who was second where."""
    for graph, mix in enumerate(it.product("AB", repeat=n)):
        wrote = [(graph, node, f"s{i}") for i in range(n) for node in "AB"]
        last = [(graph, f"s{i}", node, True) for i, node in enumerate(mix)]
        ordered = [(graph, node, f"s{i}", 1 + (node == mix[i]), 1 + (node == mix[i]), 0, 9, 0, 9) for i in range(n) for node in "AB"]

        by_last = write_cycles(last_edges(table(wrote, WROTE), table(last, LAST)))
        by_index = write_cycles(order_edges(table(ordered, WRITES)))

        assert len(by_last) == len(by_index) == (set(mix) == {"A", "B"})
        for row in [*by_last.iter_rows(named=True), *by_index.iter_rows(named=True)]:
            assert (row["graph"], row["nodes"], row["path"], row["definite"]) == (graph, ["A", "B"], ["A", "B"], True)
            assert [mix[int(service[1:])] for service in row["services"]] == ["B", "A"]  # A before B where B was last


def test_no_cycle_where_one_deploy_did_not_write_the_service_it_was_not_last_on() -> None:
    wrote = [(0, "A", "s1"), (0, "B", "s2"), (0, "A", "s2")]
    last = [(0, "s1", "A", True), (0, "s2", "B", True)]

    assert write_cycles(last_edges(table(wrote, WROTE), table(last, LAST))).is_empty()


def test_a_cycle_that_needs_a_doubtful_last_writer_is_not_definite() -> None:
    wrote = [(0, node, service) for node in "AB" for service in ("s1", "s2")]
    last = [(0, "s1", "A", True), (0, "s2", "A", False), (0, "s2", "B", False)]

    assert write_cycles(last_edges(table(wrote, WROTE), table(last, LAST)))["definite"].to_list() == [False]


@given(st.lists(st.tuples(st.sampled_from("st"), spans(7)), max_size=7), st.booleans())
def test_the_order_keeps_who_surely_came_before_whom_directly_or_through_others(writes: list[tuple], indexed: bool) -> None:
    points = [(low, high) if indexed else (None, None) for _, (low, _, _, high) in writes]
    rows = [(0, str(i), service, *point, *span) for i, ((service, span), point) in enumerate(zip(writes, points, strict=True))]
    edges = order_edges(table(rows, WRITES))
    reached = {(a, b) for _, _, a, b, _ in edges.rows()}
    for k, i, j in it.product([str(n) for n in range(len(writes))], repeat=3):
        reached |= {(i, j)} if (i, k) in reached and (k, j) in reached else set()

    truth = set()
    for (i, (s, a)), (j, (t, b)) in it.permutations(enumerate(writes), 2):
        if s == t and a[3] <= b[0] and not b[3] <= a[0]:
            truth.add((str(i), str(j)))

    assert reached == truth


def test_a_long_history_has_about_as_many_edges_as_writes_and_no_cycle() -> None:
    n = 20_000
    writes = pl.select(node=pl.int_range(n)).with_columns(
        graph=pl.lit(0), service=pl.col("node") % 2, iE=pl.lit(None, pl.Int64), iL=pl.lit(None, pl.Int64), sE=pl.col("node") * 10
    )
    writes = writes.with_columns(sL=pl.col("sE"), eE=pl.col("sE") + 15, eL=pl.col("sE") + 45)

    edges = order_edges(writes)

    assert len(edges) < 4 * n
    assert write_cycles(edges).is_empty()


@given(st.dictionaries(NODES, st.dictionaries(NODES, st.just(["s"]))))
def test_components_and_shortest_cycles_agree_with_reachability(arcs: dict) -> None:
    arcs = {**{b: {} for targets in arcs.values() for b in targets}, **arcs}
    far = {(a, b): 1 for a in arcs for b in arcs[a]}
    for k, i, j in it.product(arcs, repeat=3):
        if (i, k) in far and (k, j) in far:
            far[i, j] = min(far.get((i, j), 99), far[i, k] + far[k, j])
    same = {i: sorted({j for j in arcs if (i, j) in far and (j, i) in far} | {i}) for i in arcs}

    found = components(arcs)

    assert found == sorted({tuple(m): m for m in same.values()}.values())
    for members in found:
        if len(members) > 1:
            loops = {a: {b: s for b, s in targets.items() if b != a} for a, targets in arcs.items()}
            path = shortest_cycle(loops, members)
            assert all(b in arcs[a] for a, b in zip(path, path[1:] + path[:1], strict=True))
            assert len(set(path)) == len(path) >= 2
            if not any(a in arcs[a] for a in members):
                assert len(path) == min(far[m, m] for m in members)


def test_steps_name_different_services_if_they_can() -> None:
    edges = [(0, "s1", "A", "B", True), (0, "s1", "B", "A", True), (0, "s2", "B", "A", True)]

    assert write_cycles(table(edges, EDGES))["services"].to_list() == [["s1", "s2"]]


def test_graphs_do_not_mix_and_the_order_of_the_rows_changes_nothing() -> None:
    edges = [
        (0, "s1", "A", "B", True),
        (1, "s2", "B", "A", True),
        (2, "s1", "A", "B", True),
        (2, "s2", "B", "C", True),
        (2, "s3", "C", "A", True),
    ]

    said = write_cycles(table(edges, EDGES))

    assert said.rows() == [(2, ["A", "B", "C"], ["A", "B", "C"], ["s1", "s2", "s3"], True)]
    assert write_cycles(table(edges[::-1], EDGES)).equals(said)
    assert write_cycles(table([], EDGES)).is_empty()
    assert order_edges(table([], WRITES)).is_empty()
