"""What to collect next, and what it changed once it was there."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import polars as pl
import pytest

from forensics.analysis import Analysis, analyse
from forensics.case import Case
from forensics.errors import UsageError
from forensics.ingest import ingest
from forensics.quote import quoter
from forensics.report.changes import answers, changes, positions
from forensics.report.wanted import THINGS, Scene, wanted
from tests.cli.conftest import objects, typed
from tests.evidence import STACK, Log, analysis
from tests.findings.three import CASES

EVIDENCE = Path(__file__).parents[2] / "data" / "dstamp" / "evidence"


def told(case: Case) -> Analysis:
    return analyse(case.events(), quoter(case))


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """The incident, first without what swarm recorded, then with its events, then with all of it."""
    place = tmp_path_factory.mktemp("grown")
    first, second = place / "first", place / "second"
    shutil.copytree(EVIDENCE, first, ignore=shutil.ignore_patterns("docker*", "inspect-*"))
    second.mkdir()
    shutil.copy(EVIDENCE / "docker-events.ndjson", second)
    made = Case.create(place / "case")
    for folder in (first, second, EVIDENCE):
        ingest(made, [folder])
    return made


@pytest.fixture(scope="module")
def bare(case: Case) -> Analysis:
    """The answers before swarm's records came."""
    return told(case.with_sources({s.source_id for s in case.state.sources.values() if s.seq <= positions(case)[0]}))


def test_what_decides_most_questions_comes_first(bare: Analysis) -> None:
    rows = wanted(bare)

    assert rows[0]["collect"] == "swarm-events"
    assert [len(r["decides"]) for r in rows] == sorted((len(r["decides"]) for r in rows), reverse=True)
    assert {"kind": "hypothesis", "of": "dstamp-repro4 #2", "name": "swarm-rollback"} in rows[0]["decides"]


def test_everything_that_is_missing_is_on_the_list_once(bare: Analysis) -> None:
    rows = wanted(bare)

    open_ones = [m for r in bare.drift for h in r["hypotheses"].values() if h["verdict"] == "NOT PROVEN" for m in h["missing"]]
    open_ones += [m for f in bare.findings for m in f["missing"]]
    assert open_ones
    assert {m for row in rows for m in row["missing"]} == set(open_ones)
    assert len({row["collect"] for row in rows}) == len(rows)
    for row in rows:
        assert len(row["missing"]) == len(set(row["missing"]))
        assert [q for n, q in enumerate(row["decides"]) if q in row["decides"][:n]] == []


def test_the_window_holds_the_deploy_and_the_read(bare: Analysis) -> None:
    read = next(r for r in bare.drift if r["drift"])
    row = wanted(bare)[0]

    assert row["since"] < read["t_lo"][:19] < read["t_hi"][:19] < row["until"]
    assert any(f"--since {row['since']} --until {row['until']}" in c for c in row["commands"])


def test_nothing_is_wanted_where_nothing_is_open(case: Case) -> None:
    a = told(case)

    assert wanted(a) == []
    assert not [h for r in a.drift for h in r["hypotheses"].values() if h["missing"]]


HOSTILE = {"$(reboot)", "a b; rm -rf ~", "--help", "../../etc/x", "x\x1b[31m"}


@pytest.mark.parametrize("thing", THINGS, ids=lambda t: t.name)
def test_a_command_is_one_line_that_a_shell_can_read_whatever_things_are_called(thing) -> None:  # noqa: ANN001
    scene = Scene(lo=0, hi=10**6, services=HOSTILE, trees=HOSTILE, runs=HOSTILE)

    for command in thing.commands(scene) + thing.commands(Scene()):
        words = shlex.split(command)
        assert command.isprintable()
        assert words[0] in {"docker", "journalctl", "tar", "git", "timedatectl", "chronyc", "HISTTIMEFORMAT=%FT%T%z "}
        assert command.count("$(") == command.count("$(date +%s%N)") + command.count("'$(reboot)")
        assert "rm" not in words
        if words[:2] == ["tar", "czf"]:
            assert "/" not in words[2]
            assert not words[2].startswith("-")


@pytest.mark.parametrize("thing", THINGS, ids=lambda t: t.name)
def test_without_a_time_a_command_still_names_a_window(thing) -> None:  # noqa: ANN001
    assert all("None" not in command for command in thing.commands(Scene()))


@pytest.mark.parametrize("name", CASES)
def test_whatever_a_class_misses_there_is_a_command_that_collects_it(name: str) -> None:
    rows = wanted(analysis(CASES[name].undecided()))

    assert [row["missing"] for row in rows if not row["commands"]] == []


def test_what_is_missing_in_unknown_words_is_kept_without_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    a = analysis(Log("r").start(0).read(5, "92a304dd").file)
    finding = {"id": "1", "class": "torn-stack", "missing": ["the colour of the host"], "t_lo": None, "t_hi": None, "severity": "high"}
    monkeypatch.setitem(a.__dict__, "findings", [finding | {"stack": STACK, "service": None, "runs": []}])
    monkeypatch.setitem(a.__dict__, "drift", [])

    row = wanted(a)[0]

    assert (row["collect"], row["what"], row["commands"]) == ("other", "the colour of the host", [])


def test_the_answers_that_moved_say_which_source_moved_them(case: Case) -> None:
    first, second, _ = positions(case)

    found = changes(case, first, second)

    assert found["sources"] == ["docker-events.ndjson"]
    moved = {(row["kind"], row["name"]): row for row in found["changes"]}
    rollback = moved["hypothesis", "swarm-rollback"]
    assert (rollback["before"], rollback["after"]) == ("NOT PROVEN", "PROVEN")
    assert (rollback["how"], rollback["moved_by"]) == ("alone", ["docker-events.ndjson"])
    assert moved["read", "cause"]["after"] == "swarm-rollback"
    assert moved["finding", "torn-stack (partial-rollback)"]["before"] is None
    assert moved["finding", "insufficient-evidence (hole)"]["after"] is None


def test_a_source_that_changes_no_answer_moves_none(case: Case) -> None:
    first, _, last = positions(case)

    for row in changes(case, first, last)["changes"]:
        assert row["moved_by"]
        assert "dockerd.log" not in row["moved_by"]


def test_the_same_position_twice_changes_nothing_and_later_evidence_may_add_nothing(case: Case) -> None:
    _, second, last = positions(case)

    assert [row for row in changes(case, second, last)["changes"] if row["kind"] == "read"] == []


def test_a_case_with_some_of_its_sources_is_the_case_that_never_had_the_others(case: Case, tmp_path: Path) -> None:
    shutil.copytree(EVIDENCE, tmp_path / "e", ignore=shutil.ignore_patterns("docker*", "inspect-*"))
    alone = Case.create(tmp_path / "case")
    ingest(alone, [tmp_path / "e"])

    part = case.with_sources({s.source_id for s in case.state.sources.values() if s.seq <= positions(case)[0]})

    assert part.events().collect().sort("event_id").equals(alone.events().collect().sort("event_id"))
    by = ("content_id", "line_no")
    assert part.lines().collect().sort(by).equals(alone.lines().collect().sort(by))
    assert answers(told(part)) == answers(told(alone))


def test_many_sources_are_tried_by_their_format(tmp_path: Path) -> None:
    runs = tmp_path / "e" / "runs"
    made = Case.create(tmp_path / "case")
    for n in range(2):
        for m in range(8):
            (runs / f"r{n}{m}").mkdir(parents=True)
            (runs / f"r{n}{m}" / "harness.log").write_text(
                Log(f"r{n}{m}").start(m).read(m + 5, "92a304dd").file[f"runs/r{n}{m}/harness.log"]
            )
        if n:
            (runs / "r10" / "x.md").write_text("a note\n" * 3)
            for m in range(8, 14):
                (runs / f"note{m}.txt").write_text(f"a note {m}\n")
        ingest(made, [tmp_path / "e"])

    found = changes(made)

    assert len(found["sources"]) == 15
    assert {source for row in found["changes"] for source in row["moved_by"]} == {"8 sources read as python_logging"}


def test_no_earlier_state_is_said(tmp_path: Path) -> None:
    made = Case.create(tmp_path / "case")
    ingest(made, [EVIDENCE / "dockerd.log"])

    with pytest.raises(UsageError, match="no state of the case at entry 999"):
        changes(made, after=999)
    with pytest.raises(UsageError, match="there is no earlier state"):
        changes(made)
    with pytest.raises(UsageError, match="no state of the case at entry 0"):
        changes(made, 0)


def test_the_commands_print_what_there_is(case: Case, tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    shutil.copytree(EVIDENCE / "runs", tmp_path / "log" / "runs", ignore=shutil.ignore_patterns("inspect-*"))
    typed("ingest", tmp_path / "log", "--case", tmp_path / "case", "--quiet")

    listed = typed("next", "--case", tmp_path / "case")
    moved = typed("changes", "--case", case.path, "--from", positions(case)[0], "--to", positions(case)[1])

    assert " 1  swarm's events, from a manager node\n      $ docker events --since 2026-11-23T" in listed.stdout
    assert objects(typed("next", "--case", tmp_path / "case", "--json"))[0]["collect"] == "swarm-events"
    assert "swarm-rollback of dstamp-repro4 #2\n  NOT PROVEN -> PROVEN\n" in moved.stdout
    assert "moved by docker-events.ndjson" in moved.stdout
    assert "nothing is missing" in typed("next", "--case", case.path).stderr


def test_a_longer_state_of_a_file_that_came_later_is_not_seen_before(tmp_path: Path) -> None:
    log = tmp_path / "docker-events.ndjson"
    lines = (EVIDENCE / "docker-events.ndjson").read_bytes().splitlines(keepends=True)
    made = Case.create(tmp_path / "case")
    for n in (10, 40):
        log.write_bytes(b"".join(lines[:n]))
        ingest(made, [log])

    part = made.with_sources({s.source_id for s in made.state.sources.values() if s.seq <= positions(made)[0]})

    assert part.lines().select(pl.len()).collect().item() == 10
    assert made.lines().select(pl.len()).collect().item() == 40
