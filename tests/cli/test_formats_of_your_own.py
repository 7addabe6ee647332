"""docs/formats-of-your-own.md, typed as it stands there: the file is read, its formats take part everywhere, and its error is the real one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from forensics.case import Case
from tests.cli.conftest import objects, typed

DOC = (Path(__file__).parents[2] / "docs" / "formats-of-your-own.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", DOC, re.MULTILINE | re.DOTALL)
LOG, ERROR = (text for language, text in BLOCKS if language == "text")
TOML = next(text for language, text in BLOCKS if language == "toml")
COMMANDS = [line.removeprefix("$ forensics ").split() for line in dict(BLOCKS)["console"].splitlines()]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nightly.log").write_text(LOG)
    (tmp_path / "nightly.toml").write_text(TOML)
    return tmp_path


def test_the_commands_of_the_page_do_what_it_says(here: Path) -> None:
    for words in COMMANDS:
        result = typed(*words)
        assert result.exit_code == 0, result.stderr

    events = objects(typed("events", "--json"))
    assert [(e["kind"], e["ts"], e["stack"], e["stamp"], e["parser"]) for e in events] == [
        ("deploy.start", "2026-11-23T07:55:27.000000Z", "disc_example_org", None, "nightly_rollout/1"),
        ("stamp.read", "2026-11-23T07:55:31.000000Z", "disc_example_org", "a7be5bae+U", "nightly_stamp/1"),
    ]
    assert objects(typed("sources", "--json"))[0]["parser"] == "nightly"


def test_the_error_of_the_page_is_the_one_that_is_printed(here: Path) -> None:
    (here / "nightly.toml").write_text(TOML.replace('stamp = "a7be5bae+U" }', 'stamp = "a7be5bae" }'))

    result = typed("formats", "--formats", "nightly.toml")

    assert result.exit_code == 2
    assert result.stderr == ERROR


def test_formats_of_a_case_are_listed_and_judged_with_ours(here: Path) -> None:
    typed("ingest", "nightly.log", "--formats", "nightly.toml")

    listed = objects(typed("formats", "--json"))
    assert {"nightly", "nightly_rollout", "nightly_stamp", "git_reflog"} <= {row["name"] for row in listed}
    judged = objects(typed("formats", "nightly.log", "--json"))
    assert judged[0]["taken"] and "nightly" in {row["format"] for row in judged}
    assert not objects(typed("formats", "nightly.log", "--case", "elsewhere", "--json"))[0]["format"].startswith("nightly")


def test_a_changed_format_takes_effect_by_replay_and_the_ledger_keeps_its_text(here: Path) -> None:
    typed("ingest", "nightly.log", "--formats", "nightly.toml")
    changed = TOML.replace('name = "nightly_stamp"\nversion = 1', 'name = "nightly_stamp"\nversion = 2')
    (here / "case/formats/nightly.toml").write_text(changed)
    assert "forensics replay" in typed("sources").stderr

    assert typed("replay").exit_code == 0

    assert {e["parser"] for e in objects(typed("events", "--json"))} == {"nightly_rollout/1", "nightly_stamp/2"}
    assert typed("sources").stderr == ""
    said = [entry for entry in Case.open("case").ledger.entries if entry["kind"] == "parsers"]
    assert said[-1]["formats"] == {"nightly.toml": changed}
    assert any(name.startswith("rule:nightly_stamp/2@") for name in said[-1]["versions"])
    assert typed("verify", "--quiet").exit_code == 0


def test_a_file_that_case_toml_names_takes_part_and_one_that_is_not_there_is_said(here: Path) -> None:
    (here / "case").mkdir()
    (here / "case/case.toml").write_text('formats = ["../nightly.toml"]\n')
    assert typed("ingest", "nightly.log").exit_code == 0
    assert len(objects(typed("events", "--json"))) == 2

    (here / "case/case.toml").write_text('formats = ["../daily.toml"]\n')
    result = typed("replay")

    assert result.exit_code == 2
    assert "`../daily.toml` is no file of formats" in result.stderr


def test_a_wrong_format_stops_an_ingest_before_anything_is_read_or_copied(here: Path) -> None:
    (here / "nightly.toml").write_text(TOML.replace("deploy.start", "deploy.begin"))

    result = typed("ingest", "nightly.log", "--formats", "nightly.toml")

    assert result.exit_code == 2
    assert "no kind is called `deploy.begin`" in result.stderr
    assert not (here / "case/formats").exists()
    assert Case.open("case").sources().is_empty()


def test_two_files_may_not_declare_the_same_name(here: Path) -> None:
    (here / "copy.toml").write_text(TOML)

    result = typed("formats", "--formats", "nightly.toml", "--formats", "copy.toml")

    assert result.exit_code == 2
    assert "`nightly` is taken" in result.stderr and "copy.toml:2" in result.stderr
