"""A service was put back to its previous spec, labels included.

The reversal and its actor are two claims. Why the new task failed is only told where its end is in evidence.
"""

from __future__ import annotations

from forensics.correlate.hypotheses import Scene
from forensics.correlate.model import Read, Write
from forensics.correlate.reconstruct import History
from forensics.findings.finding import Finding

CLASS = "rolled-back-write"
ABOUT = "The last write of a service restored the spec before it: by swarm itself, or by a person."
ADVICE = "Look for why the new task failed (exit code, health, memory). Check UpdateStatus, not health alone, after a deploy."


def find(h: History) -> list[Finding]:
    """One finding per rollback in evidence."""
    return [_finding(h, w) for w in h.writes if w.verb == "rollback"]


def _finding(h: History, w: Write) -> Finding:
    reverted = w.reverts
    run = (
        reverted.run
        if reverted is not None
        else next((d.run for d in reversed(h.deploys) if d.stack == w.stack and d.verb == "deploy" and d.sE <= w.eL), None)
    )
    deploy = reverted.deploy if reverted is not None else None
    silent = bool(deploy and deploy.outcome == "ok")
    scene = Scene(h, Read("", 0, w.stack, w.register, None, w.sE, w.eL))
    failed = scene.failures(w)
    by = "swarm" if w.kind == "system" else "a person"
    sure = w.actor_sure or bool(failed)
    manual = (
        "manual rollback",
        "PreviousSpec is gone" if w.actor_sure else "the new task failed just before, and nothing in evidence asked for it",
    )
    rejected = (
        [manual]
        if w.kind == "system" and sure
        else [("automatic rollback", "it did not start from `updating`, or PreviousSpec was kept")]
        if w.kind == "manual"
        else []
    )
    peers = [d for d in h.deploys if d.stack == w.stack and d.run != run and d.sE <= w.eL and reverted is not None and d.eL >= reverted.sE]
    if not peers:
        rejected.append(("concurrency", f"no other run in evidence touched {w.stack} between the deploy and the rollback"))
    if deploy is not None and h.runs.get(deploy.run) and h.stamps.same(deploy.value, h.runs[deploy.run].ref):
        rejected.append(("wrong HEAD", f"run {deploy.run} stamped {deploy.value}, the commit intended"))
    because = [(f"run {run} wrote {h.stamps.named(reverted.value)}", reverted.evidence)] if reverted is not None else []
    if failed:
        because.append(("its new task failed", failed))
    because.append((f"{by} put {w.register} back to {h.stamps.named(w.value)}", w.evidence))
    return Finding(
        CLASS,
        "high" if silent else "medium",
        True,
        w.stack,
        (run,) if run else (),
        f"{by} rolled {w.register} back from {h.stamps.named(reverted.value) if reverted else 'the new spec'} to {h.stamps.named(w.value)}"
        + ("" if sure else " (that it was swarm is not proven)"),
        sub="silent" if silent else None,
        service=w.register,
        t_lo=w.sE,
        t_hi=w.eL,
        missing=() if sure else ("an inspect after the rollback (PreviousSpec, UpdateStatus)", "the end of the new task"),
        rejected=tuple(rejected),
        evidence=[*(reverted.evidence if reverted else []), *failed, *w.evidence],
        because=because,
        facts={"actor": by, "actor_proven": sure},
    )
