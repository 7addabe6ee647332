"""H4: the read saw a value that had been overwritten."""

from __future__ import annotations

from forensics.correlate.hypotheses.answer import Answer, not_proven, proven, refuted
from forensics.correlate.hypotheses.scene import Scene, ids


def judge(scene: Scene) -> Answer:
    """Proven by an overwritten value without another writer; refuted by the read's own version, or by a last write of that value."""
    read = scene.read
    if read.cause == "stale-read":
        return proven(f"{scene.named(read.observed)} had been overwritten before the read began", [*ids(scene.window), *scene.evidence])
    if read.inspect is not None:
        return refuted("the inspect kept from this read carries its version: it is what the swarm held", [read.inspect["event_id"]])
    if read.certain and scene.complete:
        return refuted("the last write before the read has the value read", [*ids(read.writers), *scene.evidence])
    if read.cause == "wrong-head":
        return refuted("the value read is the one last stamped", [*scene.own_said, *scene.evidence])
    return not_proven("the age of what was read is not shown", scene.evidence, "Version.Index of the read (docker service inspect)")
