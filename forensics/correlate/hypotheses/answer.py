"""The answer to one hypothesis: a verdict, why, on which events, and what is missing where it is not proven."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Answer = dict[str, Any]
EVENTS = (
    "docker service events from the deploy to the read{window} (docker events --since {since} --until {until} --format '{{{{json .}}}}')"
)
INSPECTS = "docker service inspect after the deploy, and after the read"
ACTOR = "UpdateStatus, or PreviousSpec, in an inspect after the rollback"
SHELL = "the shell history of the host"
LOGS = "the logs of every run on the host in that time"


def proven(because: str, evidence: Iterable[str | None]) -> Answer:
    """It is so."""
    return _answer("PROVEN", because, evidence)


def refuted(because: str, evidence: Iterable[str | None]) -> Answer:
    """It is not so."""
    return _answer("REFUTED", because, evidence)


def not_proven(because: str, evidence: Iterable[str | None], *missing: str) -> Answer:
    """The evidence does not decide; `missing` would."""
    return _answer("NOT PROVEN", because, evidence, missing)


def _answer(verdict: str, because: str, evidence: Iterable[str | None], missing: Iterable[str] = ()) -> Answer:
    kept = list(dict.fromkeys(e for e in evidence if e))
    return {"verdict": verdict, "because": because, "missing": list(dict.fromkeys(missing)), "evidence": kept}
