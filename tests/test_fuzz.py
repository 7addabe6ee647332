"""The targets of `make fuzz` hold for their own seeds, and for these spoilt a little: so they run, and would find something."""

from __future__ import annotations

import importlib

import pytest

from fuzz.__main__ import TARGETS

MOST = 40  # seeds of each; `make fuzz` tries all of them


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_holds_for_its_seeds(name: str) -> None:
    target = importlib.import_module(f"fuzz.{name}")
    seeds = list(target.seeds())
    step = max(1, len(seeds) // MOST)

    for seed in seeds[::step]:
        target.one(seed)
        target.one(seed[: len(seed) // 2] + b"\xff\0\n" + seed[len(seed) // 2 :])

    assert seeds


def test_a_target_finds_a_parser_that_loses_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    from fuzz import parsing

    real = parsing.engine.parse
    monkeypatch.setattr(parsing.engine, "parse", lambda *a: (real(*a)[0], real(*a)[1].with_columns(blank=0 * parsing.pl.col("blank"))))

    with pytest.raises(AssertionError):
        parsing.one(b"\0\0one\n\n")
