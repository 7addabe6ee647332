"""A service was put back to its previous spec, labels included: by swarm itself, or by a person.

Term: own, "system writer". The reversal and its actor are two claims, each with its strength: the finding is PROVEN where
the reversal is, and says whether the actor is. Cannot conclude why the new task failed unless its end is in evidence.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from forensics.correlate.history import History
from forensics.correlate.hypotheses import Scene
from forensics.correlate.hypotheses.answer import ACTOR, SHELL
from forensics.correlate.hypotheses.swarm_rollback import by_swarm
from forensics.correlate.model import Deploy, Read, Write
from forensics.findings.facts import ids, of_write, write_said
from forensics.findings.finding import Finding, Other, Step

CLASS = "rolled-back-write"
ABOUT = "The last write of a service restored the spec before it: by swarm itself, or by a person."
ADVICE = "Look for why the new task failed (exit code, health, memory). Check UpdateStatus, not health alone, after a deploy."


def find(h: History) -> list[Finding]:
    """One finding per rollback in evidence."""
    return [of(h, w) for w in h.writes if w.verb == "rollback"]


def of(h: History, w: Write) -> Finding:
    """The finding about one rollback; other findings cite it."""
    if (CLASS, w.id) not in h.kept:
        h.kept[CLASS, w.id] = _finding(h, w)
    return h.kept[CLASS, w.id]


def reverted_deploy(h: History, w: Write) -> Deploy | None:
    """The call whose write a rollback reverts: the one that made it, else the last one on the stack before it; None where several runs' may be."""
    if w.reverts is not None:
        return w.reverts.deploy
    before = sorted((d for d in h.stack_deploys(w.stack) if d.verb == "deploy" and d.sE <= w.eL), key=lambda d: (d.sE, d.run, d.n))
    last = [d for d in before if d.eL >= before[-1].sE]
    return before[-1] if len({d.run for d in last}) == 1 else None


def _finding(h: History, w: Write) -> Finding:
    reverted, deploy = w.reverts, reverted_deploy(h, w)
    run = deploy.run if deploy is not None else None
    silent = bool(deploy and deploy.outcome == "ok")
    scene = Scene(h, Read("", 0, w.stack, w.register, None, w.sE, w.eL, last=deploy))
    failed, sure = scene.failures(w), w.kind == "manual" or by_swarm(scene, w)
    by = "a person" if w.kind == "manual" else "swarm" if sure else "swarm or a person"
    return Finding(
        CLASS,
        "high" if silent else "medium",
        True,
        w.stack,
        (run,) if run else (),
        f"{by} rolled {w.register} back from {named(h, reverted) if reverted else 'the new spec'} to {named(h, w)}",
        sub="silent" if silent else None,
        service=w.register,
        t_lo=w.sE,
        t_hi=w.eL,
        missing=() if sure else ("an inspect after the rollback (PreviousSpec, UpdateStatus)", "the end of the new task"),
        evidence=[*(reverted.evidence if reverted else []), *failed, *w.evidence],
        facts={
            "reversal": "definite",
            "actor": by,
            "actor_strength": "definite" if sure else "possible",
            "actor_proven": sure,
            "origin": of_write(h, w.origin) if w.origin is not None else None,
            "reverted": of_write(h, reverted) if reverted is not None else None,
            "rollback": of_write(h, w),
            "failed": failed,
            "done": [x for x in ((deploy.row["done_id"],) if silent and deploy else ()) if x],
            "run": run,
            "others": _others(h, w, deploy, sure),
        },
    )


def named(h: History, w: Write) -> str:
    """The value that a write left, for people: that it is not known is no value."""
    return h.stamps.named(w.value) if w.value else "a spec that the evidence does not show"


def _others(h: History, w: Write, deploy: Deploy | None, sure: bool) -> list[dict[str, Any]]:
    """What the rollback itself rejects or leaves open; then what the reads that saw its value do."""
    run = deploy.run if deploy is not None else None
    between = ids(w.reverts.evidence if w.reverts is not None else [], w.evidence)
    by_record = "swarm's own record says that it was a rollback, or the spec was reversed with no client's write in between"
    said = [_other("a new deploy of the old value", by_record, w.evidence)]
    if w.kind == "manual":
        said.append(_other("automatic rollback", "it did not start from `updating`, or PreviousSpec was kept", w.evidence))
    elif sure:
        why = "PreviousSpec is gone" if w.actor_sure else "the new task failed just before, and nothing in evidence asked for it"
        said.append(_other("manual rollback", why, w.evidence))
    else:
        said.append(_other("manual rollback", "whether swarm or a person asked for it is not shown", w.evidence, (ACTOR, SHELL)))
    since = w.reverts.sE if w.reverts is not None else None
    if since is None or not [d for d in h.calls_meeting(w.stack, since, w.eL) if d.run != run]:
        said.append(_other("concurrency", f"no other run in evidence touched {w.stack} between the deploy and the rollback", between))
    if deploy is not None and h.runs.get(deploy.run) and h.stamps.same(deploy.value, h.runs[deploy.run].ref):
        took = ids(deploy.row["taken_id"], deploy.row["start_id"])
        said.append(_other("wrong-head", f"run {deploy.run} stamped {deploy.value}, the commit intended", took))
    named = {o["what"] for o in said} | {"swarm-rollback", "manual-update"}
    for r in h.reads_of.get(run or "", ()):
        if w in r.writers and r.hypotheses:
            said += [
                _other(n, v["because"], v["evidence"], v["missing"])
                for n, v in r.hypotheses.items()
                if n not in named and v["verdict"] != "PROVEN"
            ]
            break
    return said


def _other(what: str, because: str, evidence: Iterable[str], missing: Iterable[str] = ()) -> dict[str, Any]:
    return {"what": what, "because": because, "evidence": list(evidence), "missing": list(missing)}


def others(f: Finding) -> list[Other]:
    """Who else may have asked for it, and the other hypotheses about a read that saw its value."""
    return [Other(o["what"], o["because"], o["evidence"], tuple(o["missing"])) for o in f.facts["others"]]


def explain(f: Finding) -> list[Step]:
    """The write, the client's word, the failure of the new task where it is in evidence, and the reversal."""
    said = [write_said(f.facts["reverted"])] if f.facts["reverted"] else []
    if f.facts["done"]:
        said.append((f"run {f.facts['run']} reported the deploy as done", list(f.facts["done"])))
    if f.facts["failed"]:
        said.append(("its new task failed", list(f.facts["failed"])))
    rolled = f.facts["rollback"]
    value = rolled["value"] or "the spec before it"
    said.append((f"{f.facts['actor']} put {rolled['service']} back to {value}", list(rolled["evidence"])))
    if f.facts["origin"] and f.facts["origin"]["run"]:
        said.append((f"the value restored is the one that run {f.facts['origin']['run']} had written", list(f.facts["origin"]["evidence"])))
    if not f.facts["failed"] and "swarm" in f.facts["actor"]:
        said.append(("why the new task failed is not shown: its end is not in evidence", list(rolled["evidence"])))
    return said
