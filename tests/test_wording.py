"""Who is said to have written what a read saw."""

from __future__ import annotations

import pytest

from forensics.wording import written_by


@pytest.mark.parametrize(
    ("by", "hypothesis", "verdict", "said"),
    [
        ("swarm", "swarm-rollback", "PROVEN", "swarm itself"),
        ("swarm", "swarm-rollback", "NOT PROVEN", "a rollback that swarm or a person asked for"),
        ("operator", "manual-update", "PROVEN", "somebody by hand"),
        ("operator", "manual-update", "NOT PROVEN", "a client that is no run in evidence"),
        ("m2p", "concurrency", "NOT PROVEN", "run m2p"),
        (None, "concurrency", "NOT PROVEN", "nobody that can be told"),
    ],
)
def test_a_writer_that_is_no_run_is_named_only_where_that_is_proven(by: str | None, hypothesis: str, verdict: str, said: str) -> None:
    assert written_by({"writer_run": by, "cause": "any", "hypotheses": {hypothesis: {"verdict": verdict}}}) == said


def test_a_writer_after_whom_others_may_have_come_is_no_certainty() -> None:
    said = written_by({"writer_run": "m2p", "cause": "unattributed", "hypotheses": {}})

    assert said == "nobody that can be told for sure; of what is in evidence, only run m2p fits"
