"""What separates runs, how likely chance is to have done it, and what speaks against reading a cause into it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import combinations
from math import comb, isclose

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.report.compare import by_chance, by_outcome, cautions, compare, groups, of_all
from tests.evidence import BASE, HEAD, Log, Swarm, analysis, log_txt


@dataclass
class Told:
    """An analysis with only the rows that a comparison reads."""

    drift: list[dict]
    findings: list[dict] = field(default_factory=list)
    traits: list[tuple[str, str, str]] = field(default_factory=list)
    runs: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema={"run": pl.String, "outcome": pl.String}))


def read(run: str, drift: bool | None, concurrency: str | None = None) -> dict:
    return {"run": run, "drift": drift, "hypotheses": {"concurrency": {"verdict": concurrency}} if concurrency else {}}


def finding(cls: str, *runs: str, severity: str = "high") -> dict:
    return {"class": cls, "verdict": "PROVEN", "severity": severity, "runs": list(runs)}


def test_a_run_drifts_if_one_of_its_reads_did_and_is_unknown_if_one_cannot_be_compared() -> None:
    sides = groups([read("a", False), read("a", True), read("b", False), read("c", False), read("c", None)])

    assert (sides.drifting, sides.others, sides.unknown) == ({"a"}, {"b"}, {"c"})


def test_runs_can_be_sorted_by_their_own_verdict_instead() -> None:
    told = Told([], runs=pl.DataFrame({"run": ["a", "b", "c"], "outcome": ["fail", "pass", None]}))

    sides = by_outcome(told)

    assert (sides.drifting, sides.others, sides.unknown) == ({"a"}, {"b"}, {"c"})


def test_a_fact_of_one_group_alone_separates_fully() -> None:
    found = [finding("rolled-back-write", "a", "b"), finding("drift-explained", "a"), finding("flicker", "a", "b", severity="info")]

    rows = compare(Told([read("a", True), read("b", True), read("c", False), read("d", False)], found))

    counts = {"with_drift": 2, "drifting": 2, "without_drift": 0, "others": 2}
    chance = {"by_chance": 1 / 3, "by_chance_of_all": 1 / 3}
    assert rows == [{"fact": "finding: rolled-back-write", **counts, "separates": "fully", **chance, "together": [], "note": None}]


def test_what_is_true_of_all_or_of_none_separates_nothing() -> None:
    found = [finding("torn-stack", "a", "b"), finding("continuity-gap", "elsewhere")]

    assert compare(Told([read("a", True), read("b", False)], found)) == []


def test_traits_are_facts_and_name_what_goes_together_with_them() -> None:
    told = Told([read("a", True), read("b", False), read("c", False)])
    told.traits = [("a", "host", "h1"), ("b", "host", "h2"), ("c", "host", "h2"), ("a", "stack", "s"), ("b", "stack", "s")]

    rows = {row["fact"]: row for row in compare(told)}

    assert {fact: row["separates"] for fact, row in rows.items()} == {"host: h1": "fully", "host: h2": "fully", "stack: s": "partly"}
    assert rows["host: h1"]["together"] == []


def test_the_order_of_rows_does_not_depend_on_the_order_of_reads() -> None:
    found = [finding("x", "a"), finding("y", "b")]
    reads = [read("a", True), read("b", False)]

    assert compare(Told(reads, found)) == compare(Told(reads[::-1], found[::-1]))


def test_that_clustered_runs_fail_is_said_to_be_correlation_with_what_is_known_of_each_cause() -> None:
    told = Told([read("a", True, "REFUTED"), read("b", True, "REFUTED"), read("c", False)])
    told.traits = [(r, a, v) for r in "ab" for a, v in (("overlaps on a stack", "surely"), ("load", "with 2 other runs or more"))]

    rows = {row["fact"]: row for row in compare(told)}

    overlap = rows["overlaps on a stack: surely"]
    assert "PROVEN as the cause of 0 and REFUTED for 2" in overlap["note"]
    assert "common parent" in overlap["note"]
    assert overlap["together"] == ["load: with 2 other runs or more"]


def test_too_few_runs_and_runs_of_several_kinds_are_said_to_be_that() -> None:
    few = Told([read("a", True), read("b", False)])
    many = Told([read(f"d{i}", True) for i in range(9)] + [read(f"o{i}", False) for i in range(9)])
    mixed = Told(few.drift, traits=[("a", "ref", "1111111"), ("b", "ref", "2222222"), ("a", "recipe", "x"), ("b", "recipe", "x")])

    assert [c.split(":")[0] for c in cautions(few, groups(few.drift))] == ["too few runs"]
    assert cautions(many, groups(many.drift)) == []
    assert [c for c in cautions(mixed, groups(mixed.drift)) if "2 refs" in c and "--ref" in c]


@pytest.mark.parametrize(
    ("k", "n", "j", "m", "chance"),
    [(1, 1, 0, 1, 1.0), (3, 3, 0, 3, 2 / 20), (0, 3, 3, 3, 2 / 20), (1, 2, 1, 2, 1.0), (3, 3, 0, 2, 1 / 10), (8, 10, 1, 6, 0.0350)],
)
def test_chance_is_counted_exactly_on_both_sides(k: int, n: int, j: int, m: int, chance: float) -> None:
    assert isclose(by_chance(k, n, j, m), chance, abs_tol=5e-5)


@given(st.data())
def test_chance_agrees_with_counting_every_way_to_draw_the_runs(data: st.DataObject) -> None:
    n, m = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 5))
    k, j = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))

    ways = Counter(sum(i < n for i in drawn) for drawn in combinations(range(n + m), k + j))
    told = sum(w for w in ways.values() if w <= ways[k]) / comb(n + m, k + j)

    assert isclose(by_chance(k, n, j, m), told)
    assert isclose(by_chance(k, n, j, m), by_chance(j, m, k, n))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_an_adjusted_chance_is_never_less_than_its_own_and_keeps_the_order(chances: list[float]) -> None:
    told = {frozenset({str(i)}): c for i, c in enumerate(chances)}

    adjusted = of_all(told)

    assert all(told[r] <= adjusted[r] <= 1 for r in told)
    ranked = sorted(told, key=lambda r: (told[r], sorted(r)))
    assert [adjusted[r] for r in ranked] == sorted(adjusted[r] for r in ranked)


def test_what_runs_share_is_read_from_their_evidence() -> None:
    a, b = f"{BASE[:8]}+U", f"{HEAD[:8]}+U"
    x = Log("x").start(0).lock(0.5, "acquired").deploy(1, 5, a).read(6, a).lock(7, "released")
    y = Log("y").start(3).say(3, "DEBU <cli/run.go:87> abra version: 0.13.0-beta, commit: 06a57de").deploy(4, 8, b, onto=True).read(9, b)

    said = set(analysis(x.file | y.file | Swarm().create(1.03).update(4.03).remove(60).file | log_txt("x")).traits)

    assert {("x", "recipe", "discourse"), ("y", "ref", HEAD[:12]), ("x", "base deploy", "chaos")} <= said
    assert {("x", "a deploy under lock", "app.lock"), ("y", "a deploy under lock", "none"), ("x", "lock", "app.lock")} <= said
    assert {("x", "load", "with other runs"), ("x", "overlaps on a stack", "possibly")} <= said
    assert ("x", "load", "with 2 other runs or more") not in said
