"""What separates runs, and how likely chance is to have done it."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isclose

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.report.compare import by_chance, compare, groups


@dataclass
class Told:
    """An analysis with only the rows that a comparison reads."""

    drift: list[dict]
    findings: list[dict] = field(default_factory=list)
    overlaps: list[dict] = field(default_factory=list)
    runs: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema={"run": pl.String, "recipe": pl.String}))
    deploys: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(
            schema={"run": pl.String, "stack": pl.String, "outcome": pl.String, "locks": pl.List(pl.String)}
        )
    )


def read(run: str, drift: bool | None) -> dict:
    return {"run": run, "drift": drift}


def test_a_run_drifts_if_one_of_its_reads_did_and_is_unknown_if_one_cannot_be_compared() -> None:
    sides = groups([read("a", False), read("a", True), read("b", False), read("c", False), read("c", None)])

    assert (sides.drifting, sides.others, sides.unknown) == ({"a"}, {"b"}, {"c"})


def test_a_fact_of_one_group_alone_separates_fully() -> None:
    found = [
        {"class": "rolled-back-write", "verdict": "PROVEN", "runs": ["a", "b"]},
        {"class": "drift-explained", "verdict": "PROVEN", "runs": ["a"]},
    ]

    rows = compare(Told([read("a", True), read("b", True), read("c", False), read("d", False)], found))

    counts = {"with_drift": 2, "drifting": 2, "without_drift": 0, "others": 2}
    assert rows == [{"fact": "finding: rolled-back-write", **counts, "separates": "fully", "by_chance": 1 / 6}]


def test_what_is_true_of_all_or_of_none_separates_nothing() -> None:
    found = [
        {"class": "torn-stack", "verdict": "PROVEN", "runs": ["a", "b"]},
        {"class": "continuity-gap", "verdict": "PROVEN", "runs": ["elsewhere"]},
    ]

    assert compare(Told([read("a", True), read("b", False)], found)) == []


def test_locks_stacks_and_recipes_are_facts_too() -> None:
    told = Told([read("a", True), read("b", False), read("c", False)])
    columns = {"run": ["a", "b", "c"], "stack": ["s", "s", "t"], "outcome": ["fail", "ok", "ok"], "locks": [[], ["app"], ["app"]]}
    told.deploys = pl.DataFrame(columns)
    told.runs = pl.DataFrame({"run": ["a", "b"], "recipe": ["discourse", None]})

    rows = {row["fact"]: row["separates"] for row in compare(told)}

    assert rows == {
        "a deploy under no lock": "fully",
        "a deploy under lock app": "fully",
        "a deploy failed": "fully",
        "recipe discourse": "fully",
        "stack s": "partly",
        "stack t": "partly",
    }


def test_the_order_of_rows_does_not_depend_on_the_order_of_reads() -> None:
    found = [{"class": c, "verdict": "PROVEN", "runs": [r]} for c, r in (("x", "a"), ("y", "b"))]
    reads = [read("a", True), read("b", False)]

    assert compare(Told(reads, found)) == compare(Told(reads[::-1], found[::-1]))


@pytest.mark.parametrize(
    ("k", "n", "j", "m", "chance"), [(1, 1, 0, 1, 1 / 2), (3, 3, 0, 3, 1 / 20), (0, 3, 3, 3, 1 / 20), (1, 2, 1, 2, 5 / 6)]
)
def test_chance_is_counted_exactly(k: int, n: int, j: int, m: int, chance: float) -> None:
    assert isclose(by_chance(k, n, j, m), chance)


@given(st.data())
def test_chance_is_a_probability_and_fairer_for_even_splits(data: st.DataObject) -> None:
    n, m = data.draw(st.integers(1, 12)), data.draw(st.integers(1, 12))
    k, j = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))

    assert 0 < by_chance(k, n, j, m) <= 1 + 1e-12
    assert isclose(by_chance(k, n, j, m), by_chance(j, m, k, n)) or k * (n + m) == (k + j) * n
