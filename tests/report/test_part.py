"""A report on a part of a case says of it what the whole says, and of nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from forensics.report.build import build
from forensics.report.part import Asked, Part
from tests.cli.conftest import DATA, typed
from tests.evidence import analysis, folder, sources_of
from tests.world.any import Told, told

TABLES = ("runs", "deploys", "writes", "reads", "locks", "head_moves", "failures")
LISTS = ("findings", "drift", "shared", "clocks", "traits")


@pytest.fixture(scope="module", params=[3, 17])
def one(request: pytest.FixtureRequest) -> Told:
    """A played world, told in full."""
    return next(told([request.param], "full"))


def part(whole, **asked: object) -> Part:
    return Part(whole, Asked(typed=("--run", "x"), **asked))


def test_every_answer_of_a_part_is_one_of_the_whole(one: Told) -> None:
    for run in one.analysis.runs["run"]:
        of_run = part(one.analysis, runs=frozenset([run]))
        for name in TABLES:
            whole = getattr(one.analysis, name).rows()
            assert all(row in whole for row in getattr(of_run, name).rows()), (run, name)
        for name in LISTS:
            assert all(row in getattr(one.analysis, name) for row in getattr(of_run, name)), (run, name)


def test_a_part_holds_all_that_names_its_run_and_whoever_overlapped_it(one: Told) -> None:
    for run in one.analysis.runs["run"]:
        of_run = part(one.analysis, runs=frozenset([run]))

        assert of_run.findings == [f for f in one.analysis.findings if run in f["runs"]]
        assert of_run.drift == [r for r in one.analysis.drift if r["run"] == run]
        assert of_run.shared == [o for o in one.analysis.shared if run in o["runs"]]
        peers = {name for o in of_run.overlaps for name in o["runs"]}
        assert peers | {run} <= set(of_run.runs["run"])
        assert {(d["run"], d["n"]) for d in of_run.deploys.to_dicts()} >= {
            (d["run"], d["n"]) for d in one.analysis.deploys.to_dicts() if d["run"] == run
        }


def test_a_stack_selects_what_names_it(one: Told) -> None:
    for stack in one.analysis.deploys["stack"].drop_nulls().unique():
        of_stack = part(one.analysis, stacks=frozenset([stack]))

        assert [f for f in of_stack.findings if f["stack"]] == [f for f in one.analysis.findings if f["stack"] == stack]
        assert set(of_stack.deploys["stack"]) == {stack} == set(of_stack.writes["stack"])
        assert {r["stack"] for r in of_stack.drift} <= {stack}


def test_a_window_keeps_what_may_lie_inside_it(one: Told) -> None:
    whole = one.analysis
    at = sorted(whole.reads["rL"].drop_nulls())[0]

    before, after = part(whole, hi=at), part(whole, lo=at + 1)

    assert len(before.drift) + len(after.drift) >= len(whole.drift)
    assert 0 < len(before.drift) < len(whole.drift)
    assert before.deploys["sE"].drop_nulls().max() <= at
    assert part(whole, lo=1 << 60).drift == []


def test_a_report_on_a_part_says_so_and_how_to_write_it_again() -> None:
    files = {f"{name}/{path}": text for name in ("dstamp", "shared-tree-race") for path, text in folder(DATA / name / "evidence").items()}
    asked = Asked(frozenset(["m2p"]), typed=("--run", "m2p"))

    document = build(Part(analysis(files), asked), sources_of(files))

    text = str(document)
    assert next(s for s in document.sections if s.id == "scope")
    assert "asked for with --run m2p" in text
    assert "forensics report --case CASE --run m2p --output REPORT" in text
    assert "swarm-rollback, written by swarm" not in text


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    case = tmp_path_factory.mktemp("night") / "case"
    assert typed("ingest", DATA / "dstamp" / "evidence", DATA / "shared-tree-race" / "evidence", "--case", case, "--quiet").exit_code == 0
    return case


@pytest.mark.parametrize("name", ["m2p.md", "m2p.html"])
def test_it_is_written_verified_and_the_same_again(night: Path, tmp_path: Path, name: str) -> None:
    for folder_ in (tmp_path, tmp_path / "again"):
        written = typed("report", "--run", "m2p", "--output", folder_ / name, "--case", night)
        assert written.exit_code == 0, written.stderr
        assert typed("verify", folder_ / name, "--case", night).exit_code == 0

    assert (tmp_path / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    assert "un dstamp-repro4 read" not in (tmp_path / name).read_text()
    assert "un m2p read" in (tmp_path / name).read_text()


def test_an_unknown_run_is_answered_with_the_nearest_and_an_empty_part_with_status_1(night: Path, tmp_path: Path) -> None:
    wrong = typed("report", "--run", "m2q", "--output", tmp_path / "r.md", "--case", night)
    empty = typed("report", "--since", "2027-01-01", "--output", tmp_path / "r.md", "--case", night)

    assert wrong.exit_code == 2
    assert "--run m2p" in wrong.stderr
    assert empty.exit_code == 1
    assert "nothing was going on there" in empty.stderr
