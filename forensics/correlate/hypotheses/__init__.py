"""Every explanation of a drift, each with its verdict: PROVEN, REFUTED, or NOT PROVEN and what is missing. One a file."""

from __future__ import annotations

from forensics.correlate.history import History
from forensics.correlate.hypotheses import (
    aborted_write,
    clock_error,
    concurrency,
    manual_update,
    stale_read,
    swarm_rollback,
    vacuous,
    wrong_head,
)
from forensics.correlate.hypotheses.scene import Scene
from forensics.correlate.model import Read

HYPOTHESES = {
    "concurrency": concurrency,
    "swarm-rollback": swarm_rollback,
    "wrong-head": wrong_head,
    "stale-read": stale_read,
    "aborted-write": aborted_write,
    "manual-update": manual_update,
    "clock-error": clock_error,
    "vacuous": vacuous,
}
NAMES = tuple(HYPOTHESES)


def judge(h: History, read: Read) -> None:
    """Evaluate all hypotheses for one read that drifted, that passed by another's hand, or whose check could not fail."""
    if read.drift or read.cause not in ("as-intended", "unattributed", None) or (read.drift is False and read.cause == "unattributed"):
        scene = Scene(h, read)
        read.hypotheses = {name: hypothesis.judge(scene) for name, hypothesis in HYPOTHESES.items()}


__all__ = ["HYPOTHESES", "NAMES", "Scene", "judge"]
