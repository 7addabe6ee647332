"""The chapter of kinds: what an event says, and where it puts it."""

from __future__ import annotations

from collections.abc import Sequence

from parsers.handbook.markdown import table
from parsers.kinds import KINDS

HEAD = """
## Kinds of events

What an event of each kind says, in which columns of the event table, and in which keys of its `attrs`. A kind states what a record says, never what it means.

"""


def chapter() -> str:
    return HEAD + table(
        ("kind", "says", "columns", "attrs"),
        ((f"`{name}`", escaped(kind.says), _names(kind.columns), _names(kind.attrs)) for name, kind in KINDS.items()),
    )


def fields(columns: Sequence[str], attrs: Sequence[str]) -> str:
    """What an event fills, behind its kind; nothing where it fills nothing."""
    said = _names(["time" if name == "ts" else name for name in columns])
    more = f"attrs {_names(attrs)}" if attrs else ""
    told = "; ".join(part for part in (said, more) if part)
    return f": {told}" if told else ""


def escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "\\<").replace("*", "\\*")


def _names(names: Sequence[str]) -> str:
    return ", ".join(name.replace("_", "\\_") for name in names)
