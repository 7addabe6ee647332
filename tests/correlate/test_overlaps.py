"""Overlapping pairs against brute force, and against the explosion of deploys that never end."""

from __future__ import annotations

import itertools as it
import tracemalloc

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.correlate.episodes import episodes
from forensics.correlate.overlaps import count_overlaps, judge_in_own_time, overlapping_pairs
from forensics.errors import SchemaError
from tests import oracles
from tests.strategies import DEPLOYS, deploys, far_rows, table, wider


def expected(rows: list[tuple]) -> dict[frozenset, tuple]:
    """Pairs on one stack of runs that are not known to be one, with what brute force says of them."""
    pairs = {}
    for a, b in it.combinations(rows, 2):
        if a[1] == b[1] and (a[2] != b[2] or a[2] is None):
            possibly, definitely, _, shared = oracles.pair(a[3:], b[3:])
            if possibly:
                pairs[frozenset((a[0], b[0]))] = (definitely, *shared)
    return pairs


def listed(pairs: pl.DataFrame) -> dict[frozenset, tuple]:
    return {frozenset(row[:2]): row[2:] for row in pairs.iter_rows()}


@given(deploys())
def test_pairs_and_counts_agree_with_brute_force(rows: list[tuple]) -> None:
    found = overlapping_pairs(table(rows, DEPLOYS))

    assert listed(found.pairs) == expected(rows)
    assert found.total == len(found.pairs) == count_overlaps(table(rows, DEPLOYS))
    assert (found.left_out, found.skipped) == (0, 0)


@given(deploys(), st.integers(0, 4))
def test_a_limit_keeps_definite_pairs_first_and_counts_what_it_leaves_out(rows: list[tuple], limit: int) -> None:
    every = expected(rows)
    definite = sum(pair[0] for pair in every.values())

    found = overlapping_pairs(table(rows, DEPLOYS), limit=limit)

    assert found.total == len(every)
    assert len(found.pairs) == min(limit, len(every))
    assert found.left_out == len(every) - len(found.pairs)
    assert found.pairs["definite"].sum() == min(limit, definite)
    assert all(every[pair] == said for pair, said in listed(found.pairs).items())


@given(deploys(), st.randoms(use_true_random=False), st.sampled_from([None, 0, 1, 3]))
def test_the_order_of_the_rows_changes_nothing(rows: list[tuple], random: object, limit: int | None) -> None:
    shuffled = random.sample(rows, len(rows))

    assert overlapping_pairs(table(shuffled, DEPLOYS), limit=limit).pairs.equals(overlapping_pairs(table(rows, DEPLOYS), limit=limit).pairs)


@given(deploys(), st.integers(-(10**15), 10**15))
def test_a_shift_of_all_times_changes_nothing(rows: list[tuple], by: int) -> None:
    shifted = [(*row[:3], *(end + by for end in row[3:])) for row in rows]

    assert overlapping_pairs(table(shifted, DEPLOYS)).pairs.equals(overlapping_pairs(table(rows, DEPLOYS)).pairs)


@given(deploys())
def test_dates_of_another_age_on_other_stacks_change_nothing(rows: list[tuple]) -> None:
    """They force ranks in place of microseconds."""
    assert overlapping_pairs(table(rows + far_rows(), DEPLOYS)).pairs.equals(overlapping_pairs(table(rows, DEPLOYS)).pairs)


@given(st.data(), deploys())
def test_widening_never_makes_a_pair_definite_or_loses_one(data: st.DataObject, rows: list[tuple]) -> None:
    widened = [(*row[:3], *data.draw(wider(row[3:]))) for row in rows]

    narrow, wide = (listed(overlapping_pairs(table(r, DEPLOYS)).pairs) for r in (rows, widened))

    assert narrow.keys() <= wide.keys()
    assert {p for p, said in wide.items() if said[0]} <= {p for p, said in narrow.items() if said[0]}


@given(deploys(), st.data())
def test_a_bound_that_is_not_known_is_one_far_away(rows: list[tuple], data: st.DataObject) -> None:
    far, forgotten, replaced = 10**12, [], []
    for row in rows:
        gone = data.draw(st.lists(st.booleans(), min_size=4, max_size=4))
        forgotten.append((*row[:3], *(None if g else end for end, g in zip(row[3:], gone, strict=True))))
        replaced.append((*row[:3], *(sign * far if g else end for end, g, sign in zip(row[3:], gone, (-1, 1, -1, 1), strict=True))))
    # A start not known and an end not known leave the start before the end, which four far numbers would not say.
    unknown, distant = (overlapping_pairs(table(r, DEPLOYS)).pairs for r in (forgotten, replaced))

    assert {k: v[0] for k, v in listed(unknown).items()} == {k: v[0] for k, v in listed(distant).items()}
    limited = distant.with_columns(pl.when(pl.col("at_most_us") < far // 2).then("at_most_us"))
    assert {k: v[2] for k, v in listed(unknown).items()} == {k: v[2] for k, v in listed(limited).items()}


def test_rows_without_stack_or_without_possible_times_take_no_part_and_are_counted() -> None:
    rows = [("a", "s", "r1", 0, 0, 9, 9), ("b", None, "r2", 0, 0, 9, 9), ("c", "s", "r3", 5, 5, 3, 3), ("d", "s", "r4", 8, 7, 9, 9)]

    found = overlapping_pairs(table(rows, DEPLOYS))

    assert (len(found.pairs), found.total, found.skipped) == (0, 0, 3)


@pytest.mark.parametrize("limit", [None, 10])
def test_nothing_in_gives_an_empty_table_of_the_same_columns(limit: int | None) -> None:
    found = overlapping_pairs(table([], DEPLOYS).lazy(), limit=limit)

    assert found.pairs.schema == {"a": pl.String, "b": pl.String, "definite": pl.Boolean, "at_least_us": pl.Int64, "at_most_us": pl.Int64}
    assert found.total == 0


def test_a_killed_deploy_is_closed_by_its_death_and_overlaps_nothing_after_it() -> None:
    rows = [("killed", "s", "r1", 0, 0, 0, 50), ("during", "s", "r2", 40, 40, 60, 60), ("after", "s", "r3", 50, 50, 70, 70)]

    pairs = listed(overlapping_pairs(table(rows, DEPLOYS)).pairs)

    assert pairs == {frozenset(("killed", "during")): (False, 0, 10), frozenset(("during", "after")): (True, 10, 10)}


def test_a_hundred_thousand_deploys_of_which_some_never_end_give_a_bounded_listing_and_an_exact_count() -> None:
    n, open_ended = 100_000, 1_000
    frame = pl.select(id=pl.int_range(n), key=pl.lit("s"), run=pl.int_range(n)).with_columns(
        sE=pl.col("id") * 10, sL=pl.col("id") * 10, eE=pl.col("id") * 10, eL=pl.when(pl.col("id") % 100 > 0).then(pl.col("id") * 10 + 5)
    )

    tracemalloc.start()
    found = overlapping_pairs(frame, limit=500)
    numbered = episodes(frame)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 500 * n  # bytes: linear in the deploys, where the pairs are fifty million
    assert numbered["episode"].max() == 0
    assert found.total == sum(n - 1 - i for i in range(0, n, n // open_ended))
    assert (len(found.pairs), found.left_out) == (500, found.total - 500)


def test_many_overlapping_deploys_of_one_run_cost_nothing_and_are_no_pairs() -> None:
    n = 100_000
    own = pl.select(id=pl.int_range(n), run=pl.lit(1), sE=pl.int_range(n), sL=pl.int_range(n), eE=pl.lit(n), eL=pl.lit(n))
    peer = pl.select(id=pl.lit(n), run=pl.lit(2), sE=pl.lit(n - 3), sL=pl.lit(n - 3), eE=pl.lit(n), eL=pl.lit(n))
    frame = pl.concat([own, peer], how="vertical_relaxed").with_columns(key=pl.lit("s"))

    assert count_overlaps(frame) == n
    assert len(overlapping_pairs(frame, limit=10).pairs) == 10


def test_a_pair_that_one_clock_saw_is_judged_without_the_error_between_clocks() -> None:
    own = table(
        [("a", "s", "r1", 0, 0, 10, 10), ("b", "s", "r2", 11, 11, 20, 20), ("c", "s", "r3", 8, 8, 20, 20), ("d", "s", "r4", 9, 9, 9, 30)],
        DEPLOYS,
    )
    widened = own.with_columns(pl.col("sE", "eE") - 2, pl.col("sL", "eL") + 2)
    clocks = own.with_columns(clock=pl.Series(["k", "k", "k", None]))

    judged = listed(judge_in_own_time(overlapping_pairs(widened).pairs, clocks))

    assert frozenset("ab") not in judged
    assert judged[frozenset("ac")] == (True, 2, 2)
    assert judged[frozenset("ad")] == (False, 0, 5)  # several clocks: as it was


def test_a_missing_column_is_named() -> None:
    with pytest.raises(SchemaError, match="no column `eL`"):
        overlapping_pairs(table([], DEPLOYS).drop("eL"))
