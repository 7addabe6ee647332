"""Which lines a rule may be for at all: those that hold one of the literals that rules name, found in one pass over all lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
import polars as pl

from parsers import blocks
from parsers import lines as text_lines
from parsers.rule import Rule

BUCKETS = 16  # of the regex engine's vector search


def scanned(literals: Iterable[str]) -> list[str]:
    """The fewest texts such that a line which holds a literal holds one of these, sorted."""
    left = sorted(set(literals))
    return [a for a in left if not any(b != a and b in a for b in left)]


@cache
def _alternations(literals: frozenset[str]) -> tuple[str, ...]:
    # The regex engine searches an alternation of up to 64 literals, of four bytes or more, with vector instructions, several times as fast as
    # Aho-Corasick here, which it takes beyond. So there are as many alternations as are needed, and one of the short ones.
    all_ = scanned(literals)
    short, long = [literal for literal in all_ if len(literal.encode()) < 4], [literal for literal in all_ if len(literal.encode()) >= 4]
    parts = -(-len(long) // 60)
    return tuple("|".join(map(re.escape, some)) for some in (short, *(dealt(long[n::parts]) for n in range(parts))) if some)


def dealt(literals: Sequence[str], buckets: int = BUCKETS) -> list[str]:
    """Literals in an order in which those that begin alike fall into one bucket, when they are dealt out in turn.

    The engine takes a place for a literal's when its next four bytes could be of any in a bucket, each byte by its two halves alone: of literals that
    begin alike that is seldom so. It costs a third less than any order that is not made for it.

    References:
        https://github.com/BurntSushi/aho-corasick/blob/master/src/packed/teddy/README.md
    """
    alike = np.array_split(np.array(sorted(literals), dtype=object), buckets)  # the first of them are the longer ones
    return [some[at] for at in range(len(alike[0])) for some in alike if at < len(some)]


def _literals(known: Sequence[Rule]) -> tuple[str, ...]:
    """Patterns one of which every text has that some rule may be for; none where a rule looks at every text."""
    if not all(rule.literals for rule in known):
        return ()
    return _alternations(frozenset([*blocks.BARS, *(literal for rule in known for literal in rule.literals)]))


def holds(text: pl.Series, known: Sequence[Rule]) -> pl.Series:
    """Which texts hold a literal of any rule, or a bar: the others are no rule's. A rule without one looks at every text that is not blank."""
    told = ~text_lines.blank(text)
    if patterns := _literals(known):
        told &= text_lines.having(text, patterns)
    return told


def barred(texts: pl.Series) -> bool:
    """Whether any of the texts may be the inside of a block."""
    return bool(texts.str.contains(blocks.ESCAPED).any())


def wanted(block: text_lines.Block, known: Sequence[Rule]) -> np.ndarray | None:
    """The numbers of those lines of a block among which `near` finds all that it would find among all of them; none: all."""
    patterns = _literals(known)
    return block.holding(patterns) if patterns else None


def near(frame: pl.DataFrame, known: Sequence[Rule]) -> pl.DataFrame:
    """The lines that rules may be for, and those that belong to them, bare and without their bytes."""
    some = frame.select("source", "line_no", "offset", "length", "text")
    if patterns := _literals(known):
        told = text_lines.having(some["text"], patterns)
        held = some.filter(told)
        if barred(held["text"]):
            held = some.filter(blocks.context(some["text"], some["source"], some["line_no"], told))
        some = held
    some = some.filter(~text_lines.blank(some["text"]))
    return some.select("source", "line_no", "offset", "length", text_lines.bare(some["text"]).alias("msg"))
