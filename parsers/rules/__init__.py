"""The rules, one visible line each. The first that claims a line has it, but for those marked `beside`."""

from parsers.rules.abra import ABRA
from parsers.rules.ci import CI
from parsers.rules.harness import HARNESS
from parsers.rules.pytest import PYTEST
from parsers.rules.script import SCRIPT
from parsers.rules.swarm_cli import SWARM_CLI

RULES = (*PYTEST, *HARNESS, *ABRA, *SWARM_CLI, *CI, *SCRIPT)

__all__ = ["RULES"]
