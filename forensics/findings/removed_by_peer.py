"""A stack was removed while another run was still using it."""

from __future__ import annotations

from forensics.correlate.model import INF
from forensics.correlate.reconstruct import History
from forensics.findings.finding import Finding

CLASS = "removed-by-peer"
ABOUT = "A service of a run's stack was removed, not by that run's own teardown, between its first write and its last read or teardown."
ADVICE = "Let teardown take the lock that the whole run of the other side holds, or give each run a stack of its own."


def find(h: History) -> list[Finding]:
    """One finding per run hurt, remover and removal."""
    found: dict[tuple[str, str | None, str], Finding] = {}
    for w in h.writes:
        if w.verb != "remove" or (w.deploy is None and w.kind != "manual"):
            continue
        remover = w.run
        for run in sorted({d.run for d in h.deploys if d.stack == w.stack} - {remover}):
            mine = [d for d in h.deploys if d.run == run and d.stack == w.stack]
            wrote = [x for d in mine if d.verb == "deploy" for x in d.writes]
            if not wrote or any(d.verb == "undeploy" and d.eL <= w.sE for d in mine):
                continue
            ends = (
                [(r.rE, r.rL, r.evidence[:1]) for r in h.reads if r.run == run and r.stack == w.stack]
                + [(d.sE, d.sL, [d.row["start_id"]]) for d in mine if d.verb == "undeploy"]
                + [(d.eE, d.eL, [d.row["end_id"]]) for d in mine if d.verb == "deploy" and d.ended]
            )
            began = min(x.sL for x in wrote)
            later = [e for e in ends if e[1] >= w.sE]
            if began >= w.sE or not later:
                continue
            end = max(later, key=lambda e: (e[0] if e[0] > -INF else e[1], e[1]))
            sure = end[0] > w.sE
            key = (run, remover, w.stack)
            if key in found:
                found[key].evidence += w.evidence
                continue
            who = f"run {remover}'s teardown" if remover else "somebody outside the runs"
            found[key] = Finding(
                CLASS,
                "high",
                sure,
                w.stack,
                tuple(sorted(x for x in (run, remover) if x)),
                f"{who} removed {w.stack} under run {run}, which was still at work on it",
                t_lo=w.sE,
                t_hi=w.eL,
                missing=() if sure else (f"times in run {run}'s log around the removal",),
                rejected=((f"run {run}'s own teardown", "it came later, or never"),),
                because=[
                    (
                        f"run {run} had written to the stack",
                        [wrote[0].evidence[0], wrote[0].deploy.row["start_id"]] if wrote[0].deploy else wrote[0].evidence,
                    ),
                    (f"{who} removed it", [*w.evidence, *([w.deploy.row["start_id"]] if w.deploy else [])]),
                    (f"run {run} went on", list(end[2])),
                ],
            )
    return list(found.values())
