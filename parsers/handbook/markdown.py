"""Pieces of Markdown, escaped: what a sample holds is shown as text, whatever it is."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence

LONGEST = 160  # characters of a sample in a table
REFERENCES = re.compile(r"\n*^References:\n.*", re.DOTALL | re.MULTILINE)


def visible(text: str) -> str:
    r"""A text with what cannot be seen spelled out, `\x1b`; newlines stay."""
    return "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text)


def block(text: str) -> str:
    """Lines of code."""
    return "".join(f"    {line}\n" for line in visible(text.rstrip("\n")).split("\n"))


def code(text: str) -> str:
    """A text as code within a line, in a table too: a longer one is cut, several lines stand beside each other."""
    shown = visible(text.replace("\n", " ⏎ ")).strip()
    shown = shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    pad = " " if "`" in shown else ""
    return f"{fence}{pad}{shown}{pad}{fence}".replace("|", "\\|")


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; the cells are Markdown already, and hold `|` only escaped."""
    lines = [titles, ["-"] * len(titles), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" if cells[0] != "-" else "|" + "-|" * len(titles) + "\n" for cells in lines)


def prose(docstring: str) -> str:
    """What a docstring says, without its references; its first line is a sentence, its examples are code."""
    return REFERENCES.sub("", inspect.cleandoc(docstring)).strip()


def defined(references: Iterable[str]) -> str:
    """Where a format is defined; nothing where that is not said."""
    links = ", ".join(f"<{link}>" for link in dict.fromkeys(references))
    return f"\nDefined in {links}.\n" if links else ""
