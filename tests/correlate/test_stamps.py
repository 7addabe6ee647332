"""A stamp is named for people: by the tag of its commit, or by how far past a tag it is."""

from __future__ import annotations

import pytest

from forensics.correlate.stamps import of
from tests.evidence import BASE, HEAD, Log, analysis

KNOWN = of([("0.7.0+3.3.1", BASE)], [BASE, HEAD], {HEAD: (9, "0.7.0+3.3.1")})


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (BASE[:8], f"{BASE[:8]} (tag 0.7.0+3.3.1)"),
        (f"{HEAD[:8]}+U", f"{HEAD[:8]}+U (9 commits past 0.7.0+3.3.1)"),
        (HEAD, f"{HEAD[:8]} (9 commits past 0.7.0+3.3.1)"),
        ("0.7.0+3.3.1", "0.7.0+3.3.1"),
        ("12345678", "12345678"),
        (None, "nothing"),
    ],
)
def test_a_stamp_is_named(value: str | None, named: str) -> None:
    assert KNOWN.named(value) == named


def test_one_commit_past_is_one_commit() -> None:
    assert of([], [], {HEAD: (1, "v1")}).named(HEAD[:8]) == f"{HEAD[:8]} (1 commit past v1)"


def test_a_commit_past_a_tag_is_not_the_tag() -> None:
    assert of([], [], {HEAD: (9, "v1")}).same("v1", HEAD[:8]) is False
    assert KNOWN.same("0.7.0+3.3.1", BASE[:8]) is True


def test_what_the_harness_describes_names_the_stamps_of_a_case() -> None:
    files = Log("r1").start(0).file
    name, text = next(iter(files.items()))
    line = text.splitlines()[0]
    described = line[: line.index("recipe-ci")] + f"fetch_recipe: snapshot HEAD={HEAD} describe=0.7.0+3.3.1-9-g{HEAD[:7]}\n"

    assert analysis({name: text + described}).history.stamps.named(HEAD[:8]) == f"{HEAD[:8]} (9 commits past 0.7.0+3.3.1)"
