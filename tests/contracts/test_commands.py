"""What holds for every command: help with an example, shared options, a place in the README."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from forensics.cli import COMMANDS, main

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
# What `forensics COMMAND` prints when it is no listing, and so has no --json of its own.
NO_LISTING = {"report"}


def command(name: str) -> click.Command:
    found = main.get_command(click.Context(main), name)
    assert found is not None
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_help_with_an_example_of_itself(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])

    assert result.exit_code == 0
    assert re.search(rf"Example:\n\s+forensics {name}\b", result.stdout)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commands_example_uses_options_that_exist(name: str) -> None:
    options = {spelling for parameter in command(name).params for spelling in parameter.opts}

    for line in re.findall(rf"^\s+forensics {name}\b.*$", command(name).help or "", re.MULTILINE):
        assert set(re.findall(r"(?<= )--[a-z-]+", line.split(" | ")[0])) <= options


@pytest.mark.parametrize("name", COMMANDS)
def test_a_finding_in_an_example_is_one_of_the_readmes(name: str) -> None:
    named = set(re.findall(rf"^\s+forensics {name} .*?\b([0-9a-f]{{6,8}})\b", command(name).help or "", re.MULTILINE))

    assert all(f" {identity} " in README for identity in named)
    assert named or name not in ("explain", "timeline")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commands_short_help_fits_on_its_line(name: str) -> None:
    summary = (command(name).help or "").splitlines()[0]

    assert summary
    assert len(command(name).get_short_help_str(62)) <= 62
    assert not command(name).get_short_help_str(62).endswith("...")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_shown_in_the_readme(name: str) -> None:
    assert f"forensics {name}" in README


@pytest.mark.parametrize("name", COMMANDS)
def test_a_listing_speaks_to_machines_too(name: str) -> None:
    options = {spelling for parameter in command(name).params for spelling in parameter.opts}

    assert name in NO_LISTING or "--json" in options
    assert "--case" in options or name == "formats"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_does(name: str) -> None:
    silent = [parameter.name for parameter in command(name).params if isinstance(parameter, click.Option) and not parameter.help]

    assert silent == []


def test_help_lists_every_command_in_the_order_of_use() -> None:
    listed = re.findall(r"^  ([a-z]+)  ", CliRunner().invoke(main, ["--help"]).stdout.split("Commands:")[1], re.MULTILINE)

    assert listed == list(COMMANDS)
