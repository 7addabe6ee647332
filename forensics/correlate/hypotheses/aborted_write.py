"""H5: what was read is the value of a deploy that failed; or the own deploy failed, or never got to write, so that an older value stood."""

from __future__ import annotations

from forensics.correlate.hypotheses.answer import Answer, not_proven, proven, refuted
from forensics.correlate.hypotheses.scene import Scene, ids
from forensics.correlate.model import Write


def judge(scene: Scene) -> Answer:
    """Proven by an older write of the own run, or a failed one; refuted by the own stamp in swarm's records after the deploy."""
    read, own = scene.read, scene.own
    if read.cause == "aborted-write":
        if read.writer_run not in (None, read.run):
            why = f"the value read is that of a deploy by run {read.writer_run} which failed"
            return proven(why, [*ids(read.writers), *scene.evidence])
        error = own.row["error"] if own else None
        why = (
            f"the run's own deploy failed: {error}"
            if error
            else f"the run's own deploy left no write of {read.register}: an older one was read"
        )
        said = [own.row["error_id"]] if own else []
        return proven(why, [*said, *scene.own_said, *ids(read.writers), *scene.evidence])
    if recorded := [w for w in scene.own_writes if w.outcome == "ok" and w.sure and _is_recorded(scene, w)]:
        return refuted(f"the own deploy's write of {read.register} is in swarm's events", ids(recorded))
    shown = scene.shown_after_deploy(own.value if own else None)
    if shown is not None:
        return refuted("the service's Spec held the own stamp after the deploy", [shown["event_id"]])
    if (left := scene.left_behind) is not None:
        return refuted("PreviousSpec holds the own stamp: the deploy had written it", [left["prev_id"] or left["event_id"]])
    if read.certain and read.cause in ("swarm-rollback", "manual-rollback"):
        return refuted("what was read was put there by a rollback: what that reverted had been written", ids(read.writers))
    if scene.own_stamp_was_read and read.cause in ("wrong-head", "vacuous"):
        return refuted("the own deploy succeeded and its stamp is what was read", [own.row["done_id"] if own else None, *scene.own_said])
    why = "whether the own deploy wrote this service is not shown"
    return not_proven(why, [*scene.own_said, *scene.evidence], "the end of the deploy's output", scene.events_missing)


def _is_recorded(scene: Scene, w: Write) -> bool:
    """Whether one of swarm's events tells the write, and not only the tool's own lines or an inspect."""
    told = (scene.h.event(i) for i in w.evidence)
    return any(e is not None and e["kind"] in ("service.create", "service.update") for e in told)
