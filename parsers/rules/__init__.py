"""The rules, one visible line each. The first that claims a line has it, but for those marked `beside`."""

from parsers.rules.abra import ABRA
from parsers.rules.harness import HARNESS
from parsers.rules.swarm_cli import SWARM_CLI

RULES = (*HARNESS, *ABRA, *SWARM_CLI)

__all__ = ["RULES"]
