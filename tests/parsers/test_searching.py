"""Lines are searched for few texts, in an order that suits the search; what holds a literal is found all the same."""

from __future__ import annotations

import re

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from parsers import blocks, searching
from parsers import lines as text_lines
from parsers.registry import RULES

WORDS = st.text("ab │", min_size=1, max_size=6)


@given(st.lists(WORDS, min_size=1, max_size=150), st.lists(st.text("ab │.", max_size=12), max_size=20))
def test_a_text_is_found_if_and_only_if_it_holds_a_literal(literals: list[str], texts: list[str]) -> None:
    patterns = searching._alternations(frozenset(literals))

    found = text_lines.having(pl.Series(texts, dtype=pl.String), patterns).to_list()

    assert found == [any(literal in text for literal in literals) for text in texts]


@given(st.lists(WORDS, min_size=1, max_size=100, unique=True), st.integers(1, 20))
def test_dealt_out_in_turn_each_bucket_holds_literals_that_are_neighbours(literals: list[str], buckets: int) -> None:
    dealt = searching.dealt(literals, buckets)

    held = [dealt[n::buckets] for n in range(buckets)]
    assert [literal for bucket in held for literal in bucket] == sorted(literals)


def test_what_rules_are_found_by_is_searched_with_vector_instructions() -> None:
    """An alternation is searched so if it has 64 literals at most, and none of less than four bytes beside longer ones."""
    literals = frozenset([*blocks.BARS, *(literal for rule in RULES for literal in rule.literals)])
    alternations = [re.sub(r"\\(.)", r"\1", pattern.replace(r"\|", "\0")).split("|") for pattern in searching._alternations(literals)]

    assert sorted(text.replace("\0", "|") for some in alternations for text in some) == searching.scanned(literals)
    for some in alternations:
        assert len(some) <= 64
        assert len({len(text.encode()) < 4 for text in some}) == 1
