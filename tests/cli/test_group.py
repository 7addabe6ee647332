"""The group: commands are found late, and every error comes in four parts with its exit status."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from forensics import errors
from forensics.cli import COMMANDS, main
from forensics.cli.group import LazyGroup, names
from parsers.errors import FormatError
from parsers.kinds import KINDS
from tests.cli.conftest import typed


def ask(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, prog_name="forensics")


def test_without_a_command_help_is_shown() -> None:
    result = ask()

    assert result.exit_code == 0
    assert result.stdout == ask("--help").stdout


def test_an_unknown_command_is_answered_with_the_commands_and_the_line_that_was_meant() -> None:
    result = ask("drfit", "--run", "x")

    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("error: no command is called `drfit`\n  where: forensics\n  why:   the commands are ingest, ")
    assert result.stderr.endswith("\n  next:  forensics drift --run x\n")
    assert set(COMMANDS) <= set(result.stderr.replace(",", " ").split())
    assert max(len(line) for line in result.stderr.splitlines()) <= 80


def test_an_unknown_option_is_answered_with_the_options() -> None:
    result = ask("findings", "--fial-on", "high")

    assert result.exit_code == 2
    assert result.stderr.startswith(
        "error: no option is called `--fial-on`\n  where: forensics findings\n  why:   the options are --run, --stack,"
    )
    assert result.stderr.endswith("  next:  forensics findings --fail-on\n")


def test_a_value_that_is_none_of_the_choices_is_answered_with_the_choices() -> None:
    result = ask("findings", "--fail-on", "bad")

    assert result.exit_code == 2
    assert result.stderr == (
        "error: --fail-on cannot be `bad`\n"
        "  where: forensics findings\n"
        "  why:   it is one of critical, high, medium, low, info\n"
        "  next:  forensics findings --help\n"
    )


def test_a_missing_argument_is_named() -> None:
    result = ask("explain")

    assert result.exit_code == 2
    assert result.stderr == (
        "error: missing argument 'ID'\n"
        "  where: forensics explain\n"
        "  why:   it is typed `forensics explain [OPTIONS] ID`\n"
        "  next:  forensics explain --help\n"
    )


@pytest.mark.parametrize(
    "arguments", [("ingest", "/nowhere"), ("ingest",), ("verify", "nothing.md"), ("drift", "--nope"), ("drift", "too", "many"), ("dirft",)]
)
def test_every_mistake_at_the_keyboard_is_answered_in_four_parts(arguments: tuple[str, ...]) -> None:
    result = ask(*arguments)

    assert result.exit_code == 2
    heads = [head for head in ("error:", "  where:", "  why:", "  next:") if f"\n{head} " in f"\n{result.stderr}"]
    assert heads == ["error:", "  where:", "  why:", "  next:"], result.stderr


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in ("ingest", "claim", "formats")])
def test_where_there_is_no_case_it_is_said_how_to_make_one(name: str, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    result = ask(name, *{"explain": ["some-id"], "export": ["--to", "csv"]}.get(name, []))

    assert result.exit_code == 2
    assert result.stderr == (
        "error: there is no case yet\n  where: ./case, which is taken where neither --case nor $FORENSICS_CASE says otherwise\n"
        "  why:   nothing is there\n  next:  forensics ingest PATH\n"
    )
    assert not list(tmp_path.iterdir())


def failing(error: BaseException) -> LazyGroup:
    group = LazyGroup("forensics", package="nowhere", commands_in_order=(), invoke_without_command=True)

    def fail() -> None:
        raise error

    group.callback = fail
    return group


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (errors.UsageError("what", "where"), 2, "error: what\n  where: where\n"),
        (errors.StoreError("what", why="why"), 3, "error: what\n  why:   why\n"),
        (errors.SourceError("what"), 1, "error: what\n"),
        (FormatError("what", "where", "why", "next"), 2, "error: what\n  where: where\n  why:   why\n  next:  next\n"),
        (
            PermissionError(13, "Permission denied", "/etc/nothing-is-called-so"),
            2,
            "error: the system refused: Permission denied\n"
            "  where: /etc\n  why:   this user may not read or write there\n  next:  ls -ld /etc\n",
        ),
        (
            KeyboardInterrupt(),
            130,
            "error: interrupted\n  where: forensics\n  why:   it was told to stop, as by Ctrl-C; a case holds what its ledger names, and "
            "nothing half done\n  next:  give the same command again\n",
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_expected_error_has_its_status(error: BaseException, status: int, said: str) -> None:
    result = CliRunner().invoke(failing(error), [])

    assert (result.exit_code, result.stderr.lstrip("\n")) == (status, said)


@pytest.mark.parametrize(
    ("absent", "typed"),
    [
        ("evidence/dstmap", "forensics ingest evidence/dstamp"),
        ("evidence/DSTAMP/", "forensics ingest evidence/dstamp"),
        ("evidence/nothing like it", "ls evidence"),
        ("evidenc/dstamp", "ls ."),
        ("evidence/dstamp/a/b", "ls evidence/dstamp"),
    ],
)
def test_a_path_that_is_not_there_is_answered_with_the_one_beside_it(
    absent: str, typed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "evidence/dstamp").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)

    result = ask("ingest", absent)

    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == f"  next:  {typed}"


def test_a_file_is_no_case(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("x")

    for name in ("drift", "ingest"):
        result = ask(name, "--case", str(tmp_path / "notes.md"), *([str(tmp_path)] if name == "ingest" else []))
        assert result.exit_code == 2
        assert "notes.md` is no case\n" in result.stderr or "cannot hold a case\n" in result.stderr


def test_an_explanation_of_a_drift_is_no_class_of_finding() -> None:
    from forensics.cli.findings import check_classes
    from forensics.errors import UsageError

    with pytest.raises(UsageError, match="`wrong-head` explains a drift") as told:
        check_classes(("stale-read", "wrong-head"))  # the first is both

    assert told.value.next == "forensics drift --drifted"


def test_an_unexpected_error_keeps_its_traceback() -> None:
    result = CliRunner().invoke(failing(ZeroDivisionError("a bug")), [])

    assert isinstance(result.exception, ZeroDivisionError)


def test_many_names_are_cut_and_counted() -> None:
    assert names("the runs are", ["a", "b"]) == "the runs are a, b"
    assert names("the runs are", []) == "the runs are none"
    assert names("the runs are", [f"r{n}" for n in range(100)]).split()[-3:] == ["and", "60", "more"]


def test_a_command_is_imported_only_when_it_is_asked_for() -> None:
    group = LazyGroup("x", package="nowhere", commands_in_order=("there",))

    assert group.list_commands(click.Context(group)) == ["there"]
    with pytest.raises(ModuleNotFoundError, match="nowhere"):
        group.get_command(click.Context(group), "there")


def test_a_reader_that_has_seen_enough_is_no_error(race: Path) -> None:
    command = [sys.executable, "-m", "forensics", "events", "--json", "--case", str(race)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline().startswith(b"{")
        process.stdout.close()

        said = process.stderr.read()

    assert (process.returncode, said) == (0, b"")


# A wrong name for whatever is taken from a registry or from the case, and what is to be typed instead.
WRONG = {
    "events --kind stamp.raed": ("kind of event", "forensics events --kind stamp.read"),
    "events --kind service": ("kind of event", "forensics events --kind 'service.*'"),
    "findings --class torn-stak": ("class of finding", "forensics findings --class torn-stack"),
    "findings --run m2": ("run", "forensics findings --run m2p"),
    "drift --stack disc-69811c": ("stack", "forensics drift --stack disc-69811c_ci_example_org"),
    "timeline --service app": ("service", "forensics timeline --service disc-4bffa5_ci_example_org_app"),
    "timeline --run M2P": ("run", "forensics timeline --run m2p"),
    "compare --recipe discurse": ("recipe", "forensics compare --recipe discourse"),
    "export --to csv --table find": ("table", "forensics export --to csv --table findings"),
}


@pytest.mark.parametrize("words", WRONG)
def test_a_wrong_name_is_answered_with_the_nearest_and_what_to_type(words: str, race: Path) -> None:
    noun, instead = WRONG[words]

    result = typed(*words.split(), "--case", race)

    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: no {noun} is called `{words.split()[-1]}`\n  where: --")
    assert f"  next:  {instead}\n" in result.stderr
    assert len(result.stderr.splitlines()) < 12


def test_of_many_names_none_is_printed_but_how_to_list_them(race: Path) -> None:
    result = typed("events", "--kind", "nope", "--case", race)

    assert result.stderr == (
        "error: no kind of event is called `nope`\n  where: --kind\n"
        f"  why:   none of the {len(KINDS)} kinds of event is spelled like it\n  next:  forensics formats   (lists them all)\n"
    )


def test_a_class_that_nothing_was_found_of_is_no_mistake(race: Path) -> None:
    result = typed("findings", "--class", "torn-stack", "--case", race)

    assert (result.exit_code, result.stdout) == (0, "")
    assert "nothing was found" in result.stderr


def test_a_zone_that_is_none_is_said_where_no_time_is_shown(race: Path) -> None:
    result = typed("findings", "--tz", "Europe/Berlln", "--case", race)

    assert result.exit_code == 2
    assert "no zone is called `Europe/Berlln`" in result.stderr
