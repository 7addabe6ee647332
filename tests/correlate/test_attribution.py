"""Candidates and unavoidable writes against brute force; who wrote, when that is certain, and what a limit hides."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.correlate.attribution import Attribution, attribute, attribute_by_index, count_candidates, overwritten_match
from forensics.correlate.values import eq
from tests import oracles
from tests.strategies import FAR, READS, WRITES, histories, table, wider

History = tuple[list[tuple], list[tuple]]


def attributed(history: History) -> Attribution:
    return attribute(table(history[1], READS), table(history[0], WRITES))


def candidates(said: Attribution, *, unavoidable: bool = False) -> dict[str, set[str]]:
    rows = said.candidates.filter("unavoidable") if unavoidable else said.candidates
    sets: dict[str, set[str]] = {read: set() for read in said.reads["read"]}
    for read, write in rows.select("read", "write").iter_rows():
        sets[read].add(write)
    return sets


def expected(history: History) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    some, every = {}, {}
    for name, register, first, until, _ in history[1]:
        writes = [w for w in history[0] if w[1] == register]
        seen, always = oracles.last([w[5:] for w in writes], [w[4] for w in writes], first, until)
        some[name], every[name] = {writes[i][0] for i in seen}, {writes[i][0] for i in always}
    return some, every


@settings(max_examples=40)
@given(histories())
def test_candidates_and_unavoidable_writes_agree_with_brute_force(history: History) -> None:
    said = attributed(history)
    some, every = expected(history)

    assert candidates(said) == some
    assert candidates(said, unavoidable=True) == every
    assert said.reads["candidates"].to_list() == said.reads["listed"].to_list() == [len(some[r[0]]) for r in history[1]]


@given(histories(most=6))
def test_a_count_without_listing_is_the_same_count(history: History) -> None:
    counted = count_candidates(table(history[1], READS), table(history[0], WRITES))

    assert counted.equals(attributed(history).reads.select("read", "m_us", "candidates"))


@given(histories(most=5))
def test_the_summary_follows_from_the_candidates(history: History) -> None:
    said = attributed(history)
    value, observed = {w[0]: w[3] for w in history[0]}, {r[0]: r[4] for r in history[1]}

    assert all(same == eq(value[write], observed[read]) for read, write, _, same, _ in said.candidates.iter_rows())
    for row in said.reads.iter_rows(named=True):
        v = [c for c in said.candidates.iter_rows(named=True) if c["read"] == row["read"] and c["same"] != "no"]
        runs = {c["run"] for c in v}
        known = all(c["same"] == "yes" for c in v)
        certain = bool(v) and known and (len(v) == 1 or len(runs) == 1 and None not in runs)
        assert (row["matching"], row["unknown"], row["certain"]) == (len(v), sum(c["same"] == "void" for c in v), certain)
        assert row["writer_run"] == (v[0]["run"] if certain else None)
        assert row["writer"] == (v[0]["write"] if certain and len(v) == 1 else None)
        inescapable = [c["run"] for c in said.candidates.iter_rows(named=True) if c["read"] == row["read"] and c["unavoidable"]]
        assert row["unavoidable_runs"] == len(set(inescapable) - {None}) + inescapable.count(None)


@given(histories(most=5), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(history: History, random: object) -> None:
    shuffled = random.sample(history[0], len(history[0])), history[1]

    assert attributed(shuffled).reads.equals(attributed(history).reads)
    assert attributed(shuffled).candidates.equals(attributed(history).candidates)


@given(histories(most=5), st.integers(-(10**15), 10**15))
def test_a_shift_of_all_times_changes_nothing(history: History, by: int) -> None:
    writes = [(*w[:5], *(end + by for end in w[5:])) for w in history[0]]
    reads = [(*r[:2], r[2] + by, r[3] + by, r[4]) for r in history[1]]

    assert attributed((writes, reads)).candidates.equals(attributed(history).candidates)


@given(histories(most=5))
def test_dates_of_another_age_on_other_registers_change_nothing(history: History) -> None:
    far = [(f"far{i}", f"far{i}", "r", None, True, t, t, t, t) for i in range(40) for t in [-FAR if i % 2 else FAR]]

    assert attributed((history[0] + far, history[1])).reads.equals(attributed(history).reads)
    assert attributed((history[0] + far, history[1])).candidates.equals(attributed(history).candidates)


@given(st.data(), histories(most=4))
def test_widening_only_adds_candidates_and_makes_no_writer_certain(data: st.DataObject, history: History) -> None:
    wide = [(*w[:5], *data.draw(wider(w[5:]))) for w in history[0]], history[1]
    narrow, widened = attributed(history), attributed(wide)

    for before, after in (
        (candidates(narrow), candidates(widened)),
        (candidates(widened, unavoidable=True), candidates(narrow, unavoidable=True)),
    ):
        assert all(before[read] <= after[read] for read in before)
    for was, now in zip(narrow.reads.iter_rows(named=True), widened.reads.iter_rows(named=True), strict=True):
        if was["matching"] and now["certain"]:
            assert was["certain"]
            assert was["writer_run"] == now["writer_run"]


@given(histories(most=6), st.integers(0, 3))
def test_a_limit_per_read_leaves_it_open_whose_write_it_was(history: History, most: int) -> None:
    whole = attributed(history)
    said = attribute(table(history[1], READS), table(history[0], WRITES), most=most)

    full, cut = candidates(whole), candidates(said)
    assert all(cut[read] <= full[read] and (cut[read] == full[read] or len(full[read]) > most) for read in full)
    assert said.reads["candidates"].equals(whole.reads["candidates"])
    for row, before in zip(said.reads.iter_rows(named=True), whole.reads.iter_rows(named=True), strict=True):
        assert row["listed"] == len(cut[row["read"]]) <= most or row["listed"] == row["candidates"]
        assert row["certain"] == (before["certain"] if row["listed"] == row["candidates"] else None)


def test_a_killed_deploy_can_be_read_and_overwrites_nothing() -> None:
    writes = [("old", "x", "r1", "aaaaaaa1", True, 0, 0, 1, 1), ("killed", "x", "r2", "bbbbbbb2", False, 5, 5, 5, None)]
    reads = [("before", "x", 3, 3, "aaaaaaa1"), ("old", "x", 90, 90, "aaaaaaa1"), ("killed", "x", 90, 90, "bbbbbbb2")]

    said = attributed((writes, reads)).reads

    assert said["writer"].to_list() == ["old", "old", "killed"]
    assert said["m_us"].to_list() == [0, 0, 0]
    assert said["last_sure"].to_list() == ["old", "old", "old"]


def test_a_hole_keeps_the_writer_open_and_no_observed_value_matches_nothing_for_certain() -> None:
    writes = [("w", "x", "r1", "aaaaaaa1", True, 0, 0, 1, 1), ("hole", "x", None, None, False, 5, 9, 5, 9)]
    reads = [("before", "x", 3, 3, "aaaaaaa1"), ("after", "x", 12, 12, "aaaaaaa1"), ("unread", "x", 3, 3, None)]

    said = attributed((writes, reads)).reads

    assert said["certain"].to_list() == [True, False, False]
    assert said["unknown"].to_list() == [0, 1, 1]


def test_a_read_without_register_or_possible_time_is_not_attributed_and_one_without_writes_has_none() -> None:
    writes = [("w", "x", "r1", "aaaaaaa1", True, 0, 0, 1, 1), ("broken", "x", "r1", "aaaaaaa1", True, 9, 9, 1, 1)]
    reads = [("a", None, 3, 3, "aaaaaaa1"), ("b", "x", 4, 3, "aaaaaaa1"), ("c", "y", 3, 3, "aaaaaaa1"), ("d", "x", None, None, "aaaaaaa1")]

    said = attributed((writes, reads)).reads

    assert said["candidates"].to_list() == [None, None, 0, 1]
    assert said["certain"].to_list() == [None, None, False, True]


def test_without_writes_no_read_has_candidates() -> None:
    said = attributed(([], [("a", "x", 1, 1, "aaaaaaa1")]))

    assert said.reads["candidates"].to_list() == [0]
    assert said.candidates.is_empty()
    assert attributed(([], [])).reads.is_empty()


def test_an_overwritten_value_names_its_overwriter_and_how_stale_it_is() -> None:
    writes = [
        (f"w{i}", "x", f"r{i}", value, True, t, t, t + 1, t + 1)
        for i, (t, value) in enumerate([(0, "aaaaaaa1"), (10, "aaaaaaa1+U"), (20, "b" * 8), (30, "c" * 8)])
    ]
    reads = [("stale", "x", 50, 50, "aaaaaaa1ffff"), ("never", "x", 50, 50, "d" * 8), ("early", "x", 5, 5, "b" * 8)]

    found = overwritten_match(table(reads, READS), table(writes, WRITES))

    assert found.rows(named=True) == [{"read": "stale", "write": "w1", "run": "r1", "overwriter": "w3", "stale_us": 19, "behind": 2}]


@given(histories(most=6))
def test_the_overwritten_match_is_the_latest_that_surely_has_the_value(history: History) -> None:
    said = attributed(history)
    found = {row["read"]: row for row in overwritten_match(table(history[1], READS), table(history[0], WRITES)).iter_rows(named=True)}
    ends = {w[0]: w[5:] for w in history[0]}

    for (read, register, first, _, observed), m in zip(history[1], said.reads["m_us"], strict=True):
        gone = [w for w in history[0] if w[1] == register and m is not None and w[8] < m and eq(w[3], observed) == "yes"]
        assert (read in found) == bool(gone)
        if gone:
            row = found[read]
            assert ends[row["write"]][0] == max(w[5] for w in gone)
            assert row["stale_us"] == first - ends[row["overwriter"]][3]
            assert ends[row["overwriter"]][0] == m
            assert row["behind"] == sum(w[1] == register and w[4] and ends[row["write"]][3] < w[8] < first for w in history[0])


INDEXED_WRITES = {
    "id": pl.String,
    "register": pl.String,
    "run": pl.String,
    "value": pl.String,
    "sure": pl.Boolean,
    "iE": pl.Int64,
    "iL": pl.Int64,
}
INDEXED_READS = {"id": pl.String, "register": pl.String, "index": pl.Int64, "observed": pl.String}
INDICES = st.tuples(st.integers(0, 6), st.integers(0, 3)).map(lambda p: (p[0], p[0] + p[1]))


@given(st.lists(st.tuples(INDICES, st.booleans()), max_size=4), st.integers(0, 9))
def test_candidates_by_index_are_never_too_few_and_exact_ones_are_the_last_writer(writes: list[tuple], index: int) -> None:
    rows = [(str(i), "x", "r", None, sure, *bounds) for i, (bounds, sure) in enumerate(writes)]
    said = attribute_by_index(table([("r", "x", index, None)], INDEXED_READS), table(rows, INDEXED_WRITES))
    found = {int(write) for write in said.candidates["write"]}

    truth = oracles.last_by_index([w[0] for w in writes], [w[1] for w in writes], index)

    assert truth <= found
    if all(low == high for (low, high), _ in writes) and len({w[0] for w in writes}) == len(writes):
        assert found == truth


def test_a_write_without_index_stays_a_candidate_and_a_read_without_index_is_not_attributed() -> None:
    writes = [
        ("a", "x", "r1", "aaaaaaa1", True, 3, 3),
        ("b", "x", "r2", "bbbbbbb2", True, 7, 7),
        ("c", "x", "r3", "ccccccc3", True, None, None),
    ]
    reads = [("at", "x", 7, "bbbbbbb2"), ("between", "x", 6, "aaaaaaa1"), ("none", "x", None, "aaaaaaa1")]

    said = attribute_by_index(table(reads, INDEXED_READS), table(writes, INDEXED_WRITES))

    assert candidates(said) == {"at": {"b", "c"}, "between": {"a", "c"}, "none": set()}
    assert said.reads["writer_run"].to_list() == ["r2", "r1", None]
    assert said.reads["m_us"].to_list() == [7, 3, None]
    assert said.reads["certain"].to_list() == [True, True, None]
