"""`forensics claim`: a statement becomes a source like any other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import objects, typed


def test_a_claim_becomes_an_event_that_says_who_when_and_of_what(tmp_path: Path) -> None:
    case = tmp_path / "case"

    done = typed(
        "claim",
        "deployed  a7be5bae",
        "--run",
        "x",
        "--at",
        "2026-11-23 09:43",
        "--tz",
        "+01:00",
        "--by",
        "J. Doe",
        "--case",
        case,
        "--json",
    )

    said = objects(done)[0]
    assert said | {"path": "", "sha256": ""} == {
        "path": "", "run": "x", "stack": None, "ts": "2026-11-23T09:43:00.000000+01:00",
        "text": "deployed a7be5bae", "predicate": "deployed", "subject": "a7be5bae", "by": "J. Doe", "sha256": "",
    }  # fmt: skip
    assert typed("verify", "--case", case).exit_code == 0
    assert [row["kind"] for row in objects(typed("events", "--json", "--case", case))] == ["claim"]


def test_the_same_claim_again_adds_nothing(tmp_path: Path) -> None:
    first = typed("claim", "deployed", "--run", "x", "--case", tmp_path / "case")
    second = typed("claim", "deployed", "--run", "x", "--case", tmp_path / "case")

    assert ": added: deployed" in first.stdout
    assert ": known before: deployed" in second.stdout
    assert len(objects(typed("sources", "--case", tmp_path / "case", "--json"))) == 1


def test_a_claim_that_nothing_can_check_is_kept_and_says_what_could(tmp_path: Path) -> None:
    done = typed("claim", "it was odd", "--case", tmp_path / "case")

    assert done.exit_code == 0
    assert "nothing checks it" in done.stderr
    assert "recheckout-failed: the work tree was not brought" in done.stderr


def test_a_claim_about_a_run_that_is_not_there_says_so(tmp_path: Path) -> None:
    assert "no run in the case is called `x` yet" in typed("claim", "deployed", "--run", "x", "--case", tmp_path / "case").stderr


def test_a_secret_in_a_claim_is_not_printed(tmp_path: Path) -> None:
    done = typed("claim", "deployed with password=hunter2", "--case", tmp_path / "case")

    assert "hunter2" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["   "], "the claim is empty"),
        (["deployed", "--by", 'a "b"'], '--by cannot hold a "'),
        (["deployed", "--at", "2026-11-23"], "`2026-11-23` names no minute"),
        (["deployed", "--at", "soon"], "`soon` is no moment"),
    ],
)
def test_what_cannot_be_a_claim_is_said(arguments: list[str], said: str, tmp_path: Path) -> None:
    done = typed("claim", *arguments, "--case", tmp_path / "case")

    assert done.exit_code == 2
    assert said in done.stderr
