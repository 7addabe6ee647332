"""What was asked for: runs, stacks and windows select rows, and wrong names are answered with the right ones."""

from __future__ import annotations

import pytest

from forensics.cli.view import View
from forensics.errors import UsageError

ROWS = [
    {"run": "ab", "stack": "one", "t_lo": "2026-11-23T12:00:00Z", "t_hi": "2026-11-23T12:10:00Z"},
    {"runs": ["ab", "m2p"], "stack": "two", "t_lo": "2026-11-23T12:30:00Z", "t_hi": None},
    {"run": None, "stack": None, "t_lo": None, "t_hi": None},
]


def view(**asked: object) -> View:
    return View(case_path="./case", as_json=False, zone_name="UTC", **asked)


def kept(**asked: object) -> list[int]:
    return [ROWS.index(row) for row in view(**asked).select(ROWS)]


def test_nothing_asked_keeps_everything() -> None:
    assert kept() == [0, 1, 2]


def test_a_run_selects_the_rows_that_it_has_a_part_in() -> None:
    assert kept(runs=("ab",)) == [0, 1]
    assert kept(runs=("m2p",)) == [1]
    assert kept(runs=("ab",), stacks=("one",)) == [0]


@pytest.mark.parametrize(
    ("since", "until", "rows"),
    [
        ("2026-11-23 12:20", None, [1, 2]),
        ("2026-11-23T12:10:00Z", None, [0, 1, 2]),
        (None, "2026-11-23 12:20", [0, 2]),
        ("2026-11-23 13:00", "2026-11-23 14:00", [1, 2]),
    ],
)
def test_a_window_keeps_what_may_lie_inside_it(since: str | None, until: str | None, rows: list[int]) -> None:
    assert kept(since=since, until=until) == rows


def test_an_unknown_run_is_answered_with_the_runs_there_are() -> None:
    with pytest.raises(UsageError, match="no run is called `m2`") as caught:
        kept(runs=("m2",))

    assert caught.value.why == "the runs are ab, m2p"
    assert caught.value.next == "forensics --run m2p"


def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(UsageError, match="--since is after --until"):
        kept(since="2026-11-23 13:00", until="2026-11-23 12:00")
