"""H8: no drift at all, once the values are compared as what they are, or a check that could not fail."""

from __future__ import annotations

from forensics.correlate.hypotheses.answer import Answer, not_proven, proven, refuted
from forensics.correlate.hypotheses.scene import Scene


def judge(scene: Scene) -> Answer:
    """Proven by one commit before and after, or an intended value that is a name; refuted by two commits."""
    read, stamps = scene.read, scene.h.stamps
    if read.cause == "vacuous" and read.drift is None:
        why = f"the intended value {read.intended} is a name, no commit: comparing it with {scene.named(read.observed)} says nothing"
        return proven(why, [*scene.evidence, *scene.own_said, scene.h.runs[read.run].start_id])
    if read.cause == "vacuous":
        why = (
            f"the upgrade stamped {scene.named(read.taken)}, which the run's own base deploy had stamped already: the check could not fail"
        )
        return proven(why, [*scene.own_said, *scene.evidence])
    if read.drift and read.observed is None:
        return refuted("nothing was there to be read", scene.evidence)
    if read.drift and read.intended and read.observed:
        two = stamps.commit_of(read.intended) and stamps.commit_of(read.observed)
        values = (
            f"{scene.named(read.intended)} and {scene.named(read.observed)} are two commits"
            if two
            else "the two values are different releases"
        )
        return refuted(values, scene.evidence)
    if read.drift is False:
        return refuted("the value read is the intended one, and it was written meanwhile", scene.evidence)
    return not_proven("the two values cannot be compared", scene.evidence, "the repository, to resolve names")
