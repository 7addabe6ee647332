from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import engine, lines, reading
from parsers.registry import RULES


@given(
    rows=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 3), st.integers(1, 2), st.integers(0, 1), st.sampled_from("ab")), max_size=12)
)
def test_facts_of_the_same_bytes_are_counted_from_nought(rows: list[tuple[int, int, int, int, str]]) -> None:
    facts = pl.DataFrame(
        rows, {"source": pl.UInt32, "offset": pl.Int64, "length": pl.Int64, "part": pl.Int64, "kind": pl.String}, orient="row"
    )
    facts = facts.sort("source", "offset", "part", "kind", maintain_order=True)
    counted: dict[tuple[int, ...], int] = {}
    expected = []
    for *bytes_, _ in facts.iter_rows():
        expected.append(counted.get(tuple(bytes_), 65_536 * bytes_[3]))
        counted[tuple(bytes_)] = expected[-1] + 1

    assert engine._numbered(facts)["ordinal"].to_list() == expected


@pytest.mark.parametrize("at_once", [1, 3, 16])
def test_rules_asked_together_claim_what_they_claim_alone(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = [sample.text.strip("\n") for rule in RULES for sample in rule.samples]
    content = "".join(f"2026-11-23 08:55:27,546 INFO ccci.run: {sample}\n{sample}\n" for sample in samples).encode()
    rows = lines.split(content).with_columns(source=pl.lit(0, pl.UInt32))
    about = {"source": [0], "source_id": ["0" * 64], "content_id": ["1" * 64], "path": ["x.log"]}
    source = pl.DataFrame(about, schema_overrides={"source": pl.UInt32})
    choice = engine.Choice("text", "python_logging", "line", ("python_logging",))
    monkeypatch.setattr(reading, "MANY", len(content))
    alone, _ = engine.parse(choice, rows, source)

    monkeypatch.setattr(reading, "MANY", 0)
    monkeypatch.setattr(reading, "AT_ONCE", at_once)
    together, _ = engine.parse(choice, rows, source)

    assert len(alone) > len(RULES)
    assert together.equals(alone)


def test_the_patterns_of_all_rules_can_be_asked_together() -> None:
    assert reading._any_of(tuple(rule.pattern for rule in RULES)) is not None
