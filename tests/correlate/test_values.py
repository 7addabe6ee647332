"""Version values are compared by prefix, through tags, or not at all; columns and single values alike."""

from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.correlate.values import HASH, Known, eq, eq_columns

IDS = ["eb96de940000", "eb96de94ffff", "7ae7b0f76efb"]
HASHES = st.builds(lambda i, n, dirty: i[:n] + dirty, st.sampled_from(IDS), st.integers(7, 12), st.sampled_from(["", "+U"]))
VALUES = st.one_of(
    HASHES,
    st.sampled_from([None, "absent", "main", "dev", "0.7.0+3.3.1", "0.7.0+3.3.1+U", "v1.2", "nginx:1.2", "nginx:1.3", "1234567", "12"]),
)
KNOWN = st.builds(
    Known,
    st.lists(st.sampled_from(IDS), unique=True).map(tuple),
    st.dictionaries(st.sampled_from(["main", "0.7.0+3.3.1", "v1.2"]), st.sampled_from(IDS)),
)


@pytest.mark.parametrize(
    ("x", "y", "known", "same"),
    [
        ("eb96de94+U", "eb96de940000", Known(), "yes"),  # dirty or not, a prefix
        ("eb96de9", "eb96de9", Known((IDS[0], IDS[1])), "yes"),  # one spelling is one value
        ("eb96de94", "eb96de940000", Known((IDS[0], IDS[1])), "void"),  # the prefix of two commits
        ("eb96de94", "7ae7b0f7", Known(), "no"),
        ("eb96de", "eb96de940000", Known(), "void"),  # too short to be a hash
        ("main", "eb96de94", Known(), "void"),
        ("main", "eb96de94", Known((), {"main": IDS[0]}), "yes"),
        ("0.7.0+3.3.1", "0.9.0+3.5.0", Known(), "no"),
        ("0.7.0+3.3.1", "eb96de94", Known(), "void"),
        ("0.7.0+3.3.1", "eb96de94", Known((), {"0.7.0+3.3.1": IDS[0]}), "yes"),
        ("0.7.0+3.3.1", "7ae7b0f7", Known((), {"0.7.0+3.3.1": IDS[0]}), "no"),
        ("1234567", "7654321", Known(), "no"),  # digits only, yet a hash
        ("absent", "eb96de94", Known(), "no"),
        ("absent", "main", Known(), "no"),
        ("nginx:1.2", "nginx:1.3", Known(), "no"),
        (None, None, Known(), "void"),
        (None, "absent", Known(), "void"),
    ],
)
def test_two_values_are_the_same_or_not_or_not_to_be_compared(x: str | None, y: str | None, known: Known, same: str) -> None:
    assert eq(x, y, known) == eq(y, x, known) == same
    assert eq_columns(pl.Series([x], dtype=pl.String), pl.Series([y], dtype=pl.String), known).to_list() == [same]


@given(st.lists(st.tuples(VALUES, VALUES), max_size=12), KNOWN)
def test_columns_say_what_single_values_say(pairs: list[tuple[str | None, str | None]], known: Known) -> None:
    x, y = (pl.Series([pair[k] for pair in pairs], dtype=pl.String) for k in (0, 1))
    spelled = [v.removesuffix("+U") for pair in pairs for v in pair if v]
    beside = Known(known.ids + tuple(v for v in spelled if re.fullmatch(HASH, v)), known.tags)

    assert eq_columns(x, y, known).to_list() == [eq(*pair, beside) for pair in pairs]


@given(VALUES, VALUES, KNOWN)
def test_comparison_has_no_direction_and_a_value_equals_itself(x: str | None, y: str | None, known: Known) -> None:
    assert eq(x, y, known) == eq(y, x, known)
    assert eq(x, x, known) == ("void" if x is None else "yes")
