"""The rules, one visible line each. The first that claims a line has it, but for those marked `beside` or `whole`."""

from parsers.rules.abra import ABRA
from parsers.rules.ci import CI
from parsers.rules.faults import FAULTS
from parsers.rules.harness import HARNESS
from parsers.rules.lint import LINT
from parsers.rules.pytest import PYTEST
from parsers.rules.script import SCRIPT
from parsers.rules.swarm_cli import SWARM_CLI
from parsers.rules.sweep import SWEEP

RULES = (*PYTEST, *SWEEP, *HARNESS, *LINT, *ABRA, *SWARM_CLI, *CI, *SCRIPT, *FAULTS)

__all__ = ["RULES"]
