"""Cases of the captured incidents, ingested once, and `ask`, which types a command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from forensics.cli import main

DATA = Path(__file__).parents[2] / "data"
Ask = Callable[..., Result]


def typed(*arguments: object, **env: str | None) -> Result:
    runner = CliRunner(env={"FORENSICS_CASE": None, "COLUMNS": None} | env)
    result = runner.invoke(main, [str(argument) for argument in arguments], prog_name="forensics")
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def objects(result: Result) -> list[dict]:
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture(scope="session")
def dstamp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One run, whose upgrade swarm rolled back."""
    return ingested("dstamp", tmp_path_factory)


@pytest.fixture(scope="session")
def race(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs on two stacks that share a work tree: m2p drifted, ab did not."""
    return ingested("shared-tree-race", tmp_path_factory)


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case with a text file that no rule understands a line of."""
    folder = tmp_path_factory.mktemp("empty")
    (folder / "notes.txt").write_text("nothing to see\n\n")
    assert typed("ingest", folder / "notes.txt", "--case", folder / "case").exit_code == 0
    return folder / "case"


def ingested(incident: str, factory: pytest.TempPathFactory) -> Path:
    case = factory.mktemp(incident) / "case"
    assert typed("ingest", DATA / incident / "evidence", "--case", case, "--quiet").exit_code == 0
    return case
