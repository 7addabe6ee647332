"""What every explanation must have: a line for each statement, both sides by name, and the other explanations judged."""

from __future__ import annotations


def argued(f: dict) -> None:
    """Insist on what every explanation must have."""
    said = f["summary"] + " ".join(step["because"] for step in f["explain"])
    assert f["explain"]
    assert all(step["evidence"] for step in f["explain"])
    assert [run for run in f["runs"] if run not in said] == []
    others = [*f["rejected"], *f["open"]]
    assert len({o["what"] for o in others}) == len(others)
    assert all(o["what"] and o["because"] and o["evidence"] for o in others)
    assert all(o["missing"] for o in f["open"])
    assert others or f["sub"] in ("no-reads", "no-writes"), "an explanation without a rival is none"
    assert f["verdict"] == "NOT PROVEN" or f["rejected"] or f["class"] == "comparison-void"
    assert {o["what"] for o in others} >= set(f["facts"].get("hypotheses", ()))
