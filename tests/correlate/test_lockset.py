"""Which holds cover which writes, against brute force, and what that leaves of a register's lockset."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from forensics.correlate.lockset import covers, guards, locksets
from tests import oracles
from tests.strategies import BOUNDS, HOLDS, spans, table

WRITES = {"id": pl.String, "register": pl.String, "run": pl.String, **BOUNDS}
RUNS = st.sampled_from(["r1", "r2", None])


def rows(prefix: str, names: str) -> st.SearchStrategy[list[tuple]]:
    one = st.tuples(st.sampled_from(names), RUNS, spans(5))
    return st.lists(one, max_size=5).map(lambda every: [(f"{prefix}{i}", name, run, *span) for i, (name, run, span) in enumerate(every)])


def expected(holds: list[tuple], writes: list[tuple]) -> set[tuple]:
    found = set()
    for hold in holds:
        for write in writes:
            certainly, possibly = oracles.cover(hold[3:], write[3:])
            if possibly and hold[2] == write[2] is not None:
                found.add((write[0], hold[0], hold[1], certainly))
    return found


@given(rows("h", "kl"), rows("w", "xy"))
def test_covers_agree_with_brute_force(holds: list[tuple], writes: list[tuple]) -> None:
    assert set(covers(table(holds, HOLDS), table(writes, WRITES)).rows()) == expected(holds, writes)


@given(rows("h", "kl"), rows("w", "xy"))
def test_guards_and_locksets_follow_from_the_covers(holds: list[tuple], writes: list[tuple]) -> None:
    covering = expected(holds, writes)
    possible, certain = ({w[0]: {c[2] for c in covering if c[0] == w[0] and (c[3] or maybe)} for w in writes} for maybe in (True, False))

    for write, (name, state, keys_certain, keys_possible) in zip(
        writes, guards(table(holds, HOLDS), table(writes, WRITES)).rows(), strict=True
    ):
        assert name == write[0]
        if write[2] is None:
            assert (state, keys_certain, keys_possible) == ("unknown", None, None)
        else:
            assert (keys_certain, keys_possible) == (sorted(certain[name]), sorted(possible[name]))
            assert state == ("guarded" if certain[name] else "unknown" if possible[name] else "unguarded")

    found = {row["register"]: row for row in locksets(table(holds, HOLDS), table(writes, WRITES)).iter_rows(named=True)}
    assert found.keys() == {w[1] for w in writes}
    for register, row in found.items():
        here = [w for w in writes if w[1] == register]
        known = [w for w in here if w[2] is not None]
        assert (row["writes"], row["unknown_runs"], row["runs"]) == (len(here), len(here) - len(known), len({w[2] for w in known}))
        assert row["c_min"] == sorted(set.intersection(*(certain[w[0]] for w in here)))
        assert row["c_max"] == (sorted(set.intersection(*(possible[w[0]] for w in known))) if known else None)


def test_a_lock_taken_after_the_first_write_guards_the_second_only() -> None:
    holds = [("h", "deploy:s", "r1", 10, 10, 30, 30)]
    writes = [("first", "x", "r1", 5, 5, 8, 8), ("second", "x", "r1", 10, 10, 30, 30)]

    assert guards(table(holds, HOLDS), table(writes, WRITES))["state"].to_list() == ["unguarded", "guarded"]
    assert locksets(table(holds, HOLDS), table(writes, WRITES))["c_max"].to_list() == [[]]


def test_a_lock_held_by_another_run_guards_nothing_and_one_never_released_guards_to_the_end() -> None:
    holds = [("h", "deploy:s", "r1", 0, 0, None, None)]
    writes = [("own", "x", "r1", 5, 5, 8, 8), ("peer", "x", "r2", 5, 5, 8, 8)]

    said = guards(table(holds, HOLDS), table(writes, WRITES))

    assert said["state"].to_list() == ["unknown", "unguarded"]  # when it was released is not known: possibly at once
    closed = table([("h", "deploy:s", "r1", 0, 0, 9, None)], HOLDS)
    assert guards(closed, table(writes, WRITES))["state"].to_list() == ["guarded", "unguarded"]


def test_without_holds_every_write_of_a_known_run_is_unguarded() -> None:
    writes = table([("w", "x", "r1", 0, 0, 1, 1)], WRITES)

    assert guards(table([], HOLDS), writes).rows() == [("w", "unguarded", [], [])]
    assert locksets(table([], HOLDS), writes)["c_max"].to_list() == [[]]
    assert locksets(table([], HOLDS), writes.clear()).is_empty()
