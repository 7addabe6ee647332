"""H6: a person at the keyboard, or any client that is no run in evidence."""

from __future__ import annotations

import re

from forensics.correlate.hypotheses import swarm_rollback
from forensics.correlate.hypotheses.answer import ACTOR, LOGS, SHELL, Answer, not_proven, proven, refuted
from forensics.correlate.hypotheses.scene import Scene, ids
from forensics.correlate.said import of_kind
from forensics.correlate.unlogged import unlogged

NEAR_US = 30_000_000  # the services of one deploy are written within this
ACTS = re.compile(
    r"\bservice\s+(?:update|rollback|rm|remove)\b|\bstack\s+(?:deploy|rm|remove)\b|\babra\s+app\s+(?:deploy|upgrade|rollback|undeploy)\b"
)


def judge(scene: Scene) -> Answer:
    """Proven by a manual rollback, or a command line in the window; refuted where every change is a run's or swarm's.

    A write that no run in evidence made is somebody's: a person's, or that of a run whose log is missing.
    """
    read = scene.read
    if read.whom == {"operator"} and read.certain and (read.drift or read.cause in ("manual-update", "manual-rollback")):
        return _by_hand(scene)
    strange = [w for w in scene.window if not w.accounted]
    unsure = [w for w in scene.rollbacks if w.kind == "system" and not swarm_rollback.by_swarm(scene, w)]
    was_read = any(w in read.writers for w in unsure)
    if scene.complete and not strange and not unsure:
        why = f"every change of {read.register} since the deploy is a run's own or swarm's"
        return refuted(why, ids(scene.window) or scene.evidence)
    if read.cause == "swarm-rollback" and not was_read and not strange:
        return refuted("what was read was put there by swarm", ids(scene.rollbacks))
    if strange and read.certain and not was_read:
        return refuted("a manual change is in evidence, but it is not what was read", ids(read.writers))
    if unsure and read.certain and not was_read:
        why = "a rollback is in evidence that a person may have asked for, but it is not what was read"
        return refuted(why, ids(read.writers))
    if read.cause in ("wrong-head", "vacuous") and scene.own_stamp_was_read:
        return refuted("the value read is the run's own stamp", [*scene.own_said, *scene.evidence])
    if unsure:
        why = f"{read.register} was rolled back, and whether a person or swarm asked for it is not shown"
        return not_proven(why, ids(unsure), ACTOR, SHELL)
    if strange and scene.complete:
        why = f"{read.register} was written by a client of which no line says for sure who it was: a person may have been, or a run"
        return not_proven(why, [*ids(strange), *scene.evidence], SHELL, LOGS)
    return not_proven("nothing in evidence would show a change by hand", scene.evidence, scene.events_missing, SHELL)


def _by_hand(scene: Scene) -> Answer:
    """The last writer is no run in evidence: that it was a person needs a manual rollback, or their command."""
    read = scene.read
    by_hand = [w for w in read.writers if not w.accounted]
    if read.cause == "manual-rollback":
        why = f"{read.register} was rolled back by a client that is no run in evidence"
        return proven(why, [*ids(by_hand), *scene.evidence])
    what = "removed" if read.cause == "removed-by-peer" else "updated"
    if typed := commands(scene):
        why = f"{read.register} was {what} by a command that is no run's"
        return proven(why, [*ids(by_hand), *(e["event_id"] for e in typed), *scene.evidence])
    if alone(scene):
        why = f"{read.register} was updated alone of the services of {read.stack}, as no deploy that ends well does, by a client that is no run in evidence"
        return proven(why, [*ids(by_hand), *scene.evidence])
    why = f"{read.register} was {what} by a client that is no run in evidence: a person, or a run whose log is missing"
    return not_proven(why, [*ids(by_hand), *scene.evidence], SHELL, LOGS)


def alone(scene: Scene) -> bool:
    """Whether a stranger updated one service of several and no other near it, while the log of every run on the stack is whole.

    A deploy that ends well writes all services of its stack one after the other: this was none, so no run whose log is missing. One that was
    killed or refused after its first service would look the same, if no trace at all of its run were left.
    """
    h, read = scene.h, scene.read
    if read.cause != "manual-update" or unlogged(h).get(read.stack) or not scene.complete:
        return False
    there = h.stack_writes(read.stack)
    beside = [x for w in read.writers for x in there if x.register != w.register and not x.accounted and abs(x.sE - w.sE) <= NEAR_US]
    return not beside and len({w.register for w in there}) > 1


def commands(scene: Scene) -> list[dict]:
    """Commands typed against the service that belong to no run and fall between the own deploy and the read."""
    found = []
    for e in of_kind(scene.h, "command"):
        at = int(e["ts"].timestamp() * 1_000_000) if e["ts"] is not None else None
        typed = e["command"] or ""
        aimed = scene.read.register in typed or scene.read.stack in typed
        if e["run"] is None and aimed and ACTS.search(typed) and (at is None or scene.since <= at <= scene.read.rL):
            found.append(e)
    return found
