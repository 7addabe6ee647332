"""The chapter of rules: which messages are understood, and which events they give."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

from parsers.handbook.homes import homes
from parsers.handbook.kinds import fields
from parsers.handbook.markdown import code, defined, prose, table
from parsers.registry import RULES
from parsers.rule import Rule

HEAD = """
## Rules

Which messages are understood, in whatever envelope they come. Of those that fit a line, the first has it. Each is shown with a message of its own samples, and gives one event
a line: its kind, the columns that it fills, and what it puts into `attrs`. A column stays empty where the message does not say it. Time, level and emitter are the envelope's.
"""


def chapter() -> str:
    return HEAD + "".join(_family(module, rules) for module, rules in homes("parsers.rules", RULES).items())


def _family(module: ModuleType, rules: list[Rule]) -> str:
    rows = ((f"`{rule.name}`", _reads(rule), _gives(rule)) for rule in rules)
    name = module.__name__.rpartition(".")[2]
    listed = table(("rule", "reads", "gives"), rows)
    return f"\n### {name}\n\n{prose(module.__doc__ or '')}\n\n{listed}{defined(link for rule in rules for link in rule.references)}"


def _reads(rule: Rule) -> str:
    """A message, and on which further condition it is read."""
    shown = code(next(sample.text for sample in rule.samples if sample.expect is not None))
    conditions = {
        f"at level {' or '.join(rule.levels)}": rule.levels,
        "below a line that opens it": rule.opener,
        "also where it was redrawn": rule.frames,
        "whatever else reads the line": rule.whole or rule.beside,
    }
    return ", ".join([shown, *(words for words, held in conditions.items() if held)])


def _gives(rule: Rule) -> str:
    return f"`{rule.kind}`" + fields(_filled(rule.columns) + [f"{name}={value}" for name, value in rule.fixed.items()], list(rule.extra))


def _filled(columns: Mapping[str, object]) -> list[str]:
    """Columns by name; those that make up an instant are one."""
    return [name for name in columns if name not in ("resolution_us", "clock_kind")]
