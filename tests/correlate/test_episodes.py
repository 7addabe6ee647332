"""Episodes are the connected components of possible overlap."""

from __future__ import annotations

import itertools as it

import polars as pl
from hypothesis import given

from forensics.correlate.episodes import episode_table, episodes
from tests import oracles
from tests.strategies import DEPLOYS, deploys, far_rows, table


def components(rows: list[tuple]) -> list[list[str]]:
    """By brute force, whatever the run."""
    group = {row[0]: {row[0]} for row in rows}
    for a, b in it.combinations(rows, 2):
        if a[1] == b[1] and oracles.pair(a[3:], b[3:])[0]:
            merged = group[a[0]] | group[b[0]]
            group |= dict.fromkeys(merged, merged)
    return sorted({tuple(sorted(g)) for g in group.values()})


def grouped(frame: pl.DataFrame) -> list[tuple[str, ...]]:
    return sorted(tuple(sorted(ids)) for ids in frame.group_by("episode").agg("id")["id"])


@given(deploys())
def test_episodes_agree_with_brute_force_and_are_numbered_by_stack_and_start(rows: list[tuple]) -> None:
    numbered = episodes(table(rows, DEPLOYS))

    assert grouped(numbered) == components(rows)
    assert numbered["id"].to_list() == [row[0] for row in rows]
    starts = [(row[1], row[3]) for row in rows]
    firsts = {e: min(s for s, n in zip(starts, numbered["episode"], strict=True) if n == e) for e in set(numbered["episode"])}
    assert sorted(firsts) == list(range(len(firsts)))
    assert [firsts[e] for e in sorted(firsts)] == sorted(firsts.values())


@given(deploys())
def test_dates_of_another_age_on_other_stacks_change_no_episode(rows: list[tuple]) -> None:
    far = [row for row in grouped(episodes(table(rows + far_rows(), DEPLOYS))) if not row[0].startswith("far")]

    assert far == grouped(episodes(table(rows, DEPLOYS)))


def test_deploys_that_never_end_join_all_that_follow_and_the_table_says_so() -> None:
    rows = [("a", "s", "r1", 5, 5, 5, None), ("b", "s", "r2", 90, 90, 99, 99), ("c", "s", "r1", 0, 0, 4, 4), ("d", "t", None, 7, 7, 8, 8)]

    said = episode_table(table(rows, DEPLOYS))

    assert said.rows() == [(0, "s", 0, 4, 1, 1), (1, "s", 5, None, 2, 2), (2, "t", 7, 8, 1, 0)]


def test_what_has_no_stack_or_no_possible_time_is_in_no_episode() -> None:
    rows = [("a", None, "r1", 0, 0, 9, 9), ("b", "s", "r2", 5, 5, 3, 3), ("c", "s", "r2", 5, 5, 8, 8)]

    assert episodes(table(rows, DEPLOYS))["episode"].to_list() == [None, None, 0]


def test_nothing_in_nothing_out() -> None:
    assert episodes(table([], DEPLOYS)).is_empty()
    assert episode_table(table([], DEPLOYS)).columns == ["episode", "key", "t_lo", "t_hi", "deploys", "runs"]
