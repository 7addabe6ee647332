"""Swarm refused an update as out of sequence: this request wrote nothing.

For information. No proof of a second deploy: swarm's own state changes bump the version too, and so does any other client.
The services before the refused one were written, those after it were not attempted.

References:
    https://docs.docker.com/reference/api/engine/version/v1.57/ (ObjectVersion)
    https://github.com/moby/swarmkit/issues/1379
"""

from __future__ import annotations

from forensics.correlate.history import History
from forensics.correlate.model import bounded
from forensics.findings.facts import deploy_said, ids, of_deploy
from forensics.findings.finding import Finding, Other, Step

CLASS = "conflict-rejected"
ABOUT = "Swarm refused an update because the service had changed since it was read."
ADVICE = "Redeploy: what came before the refused service is new, what came after it is old."


def find(h: History) -> list[Finding]:
    """One finding per call that was refused."""
    found = []
    for d in h.deploys:
        if d.row["error_kind"] != "out-of-sequence":
            continue
        error = h.event(d.row["error_id"])
        service = error["service"] if error is not None else None
        done = [w for w in d.writes if w.sure and w.outcome == "ok"]
        wrote = sorted({w.register for w in done})
        found.append(
            Finding(
                CLASS,
                "info",
                error is not None,
                d.stack,
                (d.run,),
                f"swarm refused deploy {d.n} of run {d.run}"
                + (f" on {service}" if service else "")
                + ": the service had changed since it was read",
                service=service,
                t_lo=d.sE,
                t_hi=d.eL,
                missing=() if error is not None else ("the tool's own error line",),
                facts={
                    "deploy": of_deploy(h, d),
                    "error": ids(d.row["error_id"]),
                    "wrote": wrote,
                    "written": ids(*(w.evidence for w in done)),
                    "at": bounded(d.sE),
                },
            )
        )
    return found


def explain(f: Finding) -> list[Step]:
    """The call, the refusal, and what it had written before."""
    wrote = ", ".join(f.facts["wrote"]) or "nothing that is in evidence"
    return [
        deploy_said(f.facts["deploy"]),
        ("the request was refused and wrote nothing", list(f.facts["error"])),
        (f"before it the call had written: {wrote}", f.facts["written"] or list(f.facts["deploy"]["evidence"])),
    ]


def others(f: Finding) -> list[Other]:
    """A second deploy, and a write that took effect all the same."""
    refused = f.facts["error"] or list(f.facts["deploy"]["evidence"])
    version = "swarm's own changes of state move a service's version too: the refusal alone shows no second deploy"
    compared = "swarm compares the version before it writes: what it refuses is not written"
    return [
        Other("concurrent-deploys", version, refused, ("the other client's log",)),
        Other("a write that took effect", compared, refused),
    ]
