"""H2: swarm restored the previous spec, and its labels with it."""

from __future__ import annotations

from forensics.correlate.hypotheses.answer import ACTOR, INSPECTS, Answer, not_proven, proven, refuted
from forensics.correlate.hypotheses.scene import Scene, ids
from forensics.correlate.model import Write
from forensics.correlate.said import of_kind


def judge(scene: Scene) -> Answer:
    """Proven by the reversal and its actor; refuted by complete events without one, a kept PreviousSpec, or another action on failure."""
    read = scene.read
    if read.cause == "swarm-rollback":
        return _reversal(scene, max((w for w in read.writers if w.verb == "rollback"), key=lambda w: w.sE))
    if scene.rollbacks and not any(w.kind == "system" for w in scene.rollbacks):
        kept = any(w.evidence[1:] for w in scene.rollbacks)
        how = "PreviousSpec was kept" if kept else "it did not start from `updating`"
        return refuted(f"the rollback was asked for by a client: {how}", ids(scene.rollbacks))
    if scene.complete and not scene.rollbacks:
        why = f"swarm's events are complete and show no rollback of {read.register} between the deploy and the read"
        return refuted(why, ids(scene.window) or scene.evidence)
    seen = read.inspect
    if seen is not None and seen["has_previous"] == "true" and not (seen["state"] or "").startswith("rollback"):
        return refuted("PreviousSpec is kept and the update state is no rollback", [seen["event_id"]])
    if read.certain or (read.cause == "wrong-head" and scene.h.stamps.same(read.taken, read.observed)):
        return refuted("the value read is the one that was last stamped: nothing was put back", [*scene.own_said, *scene.evidence])
    actions = {s["failure_action"] for s in scene.inspects if s["failure_action"]}
    if actions and not actions & {"rollback"}:
        why = f"the service's failure action is {' and '.join(sorted(actions))}"
        return refuted(why, [s["event_id"] for s in scene.inspects if s["failure_action"]])
    return not_proven(
        "consistent with a rollback, which nothing in evidence shows or excludes", scene.evidence, scene.events_missing, INSPECTS
    )


def _reversal(scene: Scene, write: Write) -> Answer:
    """That the spec was put back is shown; by whom is a claim of its own."""
    read, failed = scene.read, scene.failures(write)
    reverted = ids([write.reverts]) if write.reverts else []
    chain = [*write.evidence[:1], *write.evidence[-1:], *failed, *scene.own_said[:1], *reverted, *write.evidence, *scene.evidence]
    back = f"{read.register} back to {scene.named(write.value)}"
    if write.actor_sure:
        return proven(f"swarm rolled {back}: it cleared PreviousSpec, as only an automatic rollback does", chain)
    if by_swarm(scene, write):
        return proven(f"swarm rolled {back}: a task of the new spec failed just before, and nothing in evidence asked for it", chain)
    why = f"{read.register} was put back to {scene.named(write.value)}; whether swarm or a person asked for it is not shown"
    return not_proven(why, chain, ACTOR, "the failure of the new task (docker events, dockerd's log)")


def by_swarm(scene: Scene, write: Write) -> bool:
    """Whether swarm itself asked for a rollback: inspects say so, or a task of the new spec failed just before, and all that could show another hand shows none."""
    if write.actor_sure or write.kind != "system":
        return write.kind == "system"
    asked = [e for e in of_kind(scene.h, "command") if "service rollback" in (e["command"] or "")]
    return bool(scene.failures(write)) and scene.complete and not asked
