"""H6: a person at the keyboard, or any client that is no run in evidence."""

from __future__ import annotations

from forensics.correlate.hypotheses import swarm_rollback
from forensics.correlate.hypotheses.answer import EVENTS, Answer, not_proven, proven, refuted
from forensics.correlate.hypotheses.scene import Scene, ids


def judge(scene: Scene) -> Answer:
    """Proven by a client's write that no run made; refuted where every change is a run's or swarm's."""
    read = scene.read
    if read.cause in ("manual-update", "manual-rollback") and read.certain:
        what = "rolled back" if read.cause == "manual-rollback" else "updated"
        by_hand = [w for w in read.writers if not w.accounted]
        return proven(f"{read.register} was {what} by a client that is no run in evidence", [*ids(by_hand), *scene.evidence])
    strange = [w for w in scene.window if not w.accounted]
    unsure = [w for w in scene.rollbacks if w.kind == "system"] and swarm_rollback.judge(scene)["verdict"] != "PROVEN"
    if scene.complete and not strange and not unsure:
        why = f"every change of {read.register} since the deploy is a run's own or swarm's"
        return refuted(why, ids(scene.window) or scene.evidence)
    if read.cause == "swarm-rollback" and not unsure and not strange:
        return refuted("what was read was put there by swarm", ids(scene.rollbacks))
    if strange and read.certain:
        return refuted("a manual change is in evidence, but it is not what was read", ids(read.writers))
    if read.cause in ("wrong-head", "vacuous") and scene.own_stamp_was_read:
        return refuted("the value read is the run's own stamp", [*scene.own_said, *scene.evidence])
    return not_proven("nothing in evidence would show a change by hand", scene.evidence, EVENTS, "the shell history of the host")
