"""H7: a clock that misleads."""

from __future__ import annotations

from forensics.correlate.hypotheses.answer import Answer, not_proven, proven, refuted
from forensics.correlate.hypotheses.scene import Scene


def judge(scene: Scene) -> Answer:
    """Proven where a log's own times would turn the order of the read and the write that it saw; refuted where no clock decides."""
    read, log = scene.read, scene.h.logs.get(scene.read.run)
    if log is not None and log.clock.contradicted:
        peers = [w for w in read.writers if w.run not in (None, read.run)]
        tight = [e for a in log.clock.anchors[:2] for e in a[3]]
        if any(w.sE > log.local(read.at)[1] for w in peers):
            why = "at face value this read came before the write that it saw: the log's clock is wrong, and the order changes with it"
            return proven(why, [*tight, *scene.evidence])
        return refuted("the log's clock is wrong, but the explanation is the same with and without the correction", tight)
    if read.inspect is not None or (log is not None and read.certain):
        return refuted("the order rests on the swarm's own records and on one log, not on comparing clocks", scene.evidence)
    if read.cause in ("wrong-head", "vacuous"):
        return refuted("one log gives the order: stamp, then read", [*scene.own_said, *scene.evidence])
    return not_proven("the clocks of the logs are not tied to each other", scene.evidence, "a fact seen by two clocks")
