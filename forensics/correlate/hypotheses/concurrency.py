"""H1: another run wrote what was read."""

from __future__ import annotations

from forensics.correlate.hypotheses import manual_update
from forensics.correlate.hypotheses.answer import LOGS, SHELL, Answer, not_proven, proven, refuted
from forensics.correlate.hypotheses.scene import Scene, ids
from forensics.correlate.hypotheses.swarm_rollback import by_swarm
from forensics.correlate.model import Write
from forensics.wording import several, writer

BY_PEER = ("overwritten-by-peer", "removed-by-peer")


def judge(scene: Scene) -> Answer:
    """Proven by a last writer that is another run; refuted by one that is not, or by complete evidence without another run."""
    read = scene.read
    if read.cause in BY_PEER and "operator" not in read.whom and (read.certain or _one_of(scene)):
        return proven(_told(scene), [*ids(read.writers), *_unstamped(read.writers), *scene.evidence])
    if "operator" in read.whom and read.cause in ("manual-update", *BY_PEER) and not manual_update.commands(scene):
        if manual_update.alone(scene):
            why = f"a client that is no run in evidence wrote what was read, to {read.register} alone, as no deploy that ends well does"
            return refuted(why, [*ids(read.writers), *scene.evidence])
        why = "the client that wrote what was read is in no log: a person, or a run whose log is missing"
        return not_proven(why, [*ids(read.writers), *scene.evidence], LOGS, SHELL)
    if read.certain and read.cause not in BY_PEER:
        foreign = [w for w in scene.window if w.run not in (None, read.run)]
        also = "" if foreign or scene.peers else f"; no other run touched {read.stack} between the deploy and the read"
        sure = all(by_swarm(scene, w) for w in read.writers if w.kind == "system")
        who = "this run" if read.writer_run == read.run else writer(read.writer_run, sure=sure)
        return refuted(f"the value read was written by {who}{also}", [*ids(read.writers), *scene.evidence])
    foreign = [w for w in scene.window if any(who not in (read.run, "swarm", "operator") for who, _ in w.options)]
    if not foreign and not scene.peers and scene.complete and all(w.accounted for w in read.writers):
        why = f"every change of {read.register} between the deploy and the read is accounted for, none by another run"
        return refuted(why, ids(scene.window) or scene.evidence)
    if read.cause == "wrong-head" and not scene.peers:
        why = f"the value read is what this run itself stamped, and no other run in evidence touched {read.stack} meanwhile"
        return refuted(why, [*scene.own_said, *scene.evidence])
    why = (
        "several writers can have left this value" if foreign else "no other run is in evidence, but the evidence would not show every one"
    )
    return not_proven(why, scene.evidence, *([] if scene.complete else [scene.events_missing]), LOGS)


def _one_of(scene: Scene) -> bool:
    """Whether each writer that is possible is another run, and the value of each is known."""
    read = scene.read
    known = all(value is not None for w in read.writers for _, value in w.options)
    return bool(read.whom) and known and not read.whom & {read.run, "swarm", "operator"} and scene.complete


def _unstamped(writers: list[Write]) -> list[str]:
    """The commands of the calls whose own lines do not say what they stamped, nor therefore that they wrote."""
    return [w.deploy.row["start_id"] for w in writers if w.deploy is not None and not w.deploy.row["taken_id"] and w.deploy.row["start_id"]]


def _told(scene: Scene) -> str:
    read, last = scene.read, max(scene.read.writers, key=lambda w: w.sE)
    who = read.writer_run or several(sorted(read.whom), " or ")
    what = f"removed {read.register}" if last.verb == "remove" else f"wrote {scene.named(last.value)} to {read.register}"
    return f"run {who} {what} after this run's own deploy and before the read"
