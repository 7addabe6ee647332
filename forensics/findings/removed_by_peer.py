"""A stack was removed while another run was still using it, and not by that run's own teardown.

Term: own. The window of a run is from its first write to its last read, deploy or teardown. PROVEN where the removal
surely lies inside it. Cannot conclude that the run noticed.
"""

from __future__ import annotations

from forensics.correlate.history import History
from forensics.correlate.model import INF, Write
from forensics.findings.facts import ids, of_write, write_said
from forensics.findings.finding import Finding, Other, Step

CLASS = "removed-by-peer"
ABOUT = "A service of a run's stack was removed, not by that run's own teardown, between its first write and its last read or teardown."
ADVICE = "Let teardown take the lock that the whole run of the other side holds, or give each run a stack of its own."


def find(h: History) -> list[Finding]:
    """One finding per run hurt, remover and stack."""
    found: dict[tuple[str, str | None, str], Finding] = {}
    for w in h.writes:
        if w.verb != "remove" or (w.deploy is None and w.kind != "manual"):
            continue
        for run in sorted({d.run for d in h.stack_deploys(w.stack)} - {w.run}):
            key = (run, w.run, w.stack)
            if key in found and _inside(h, run, w) is not None:
                found[key].evidence += w.evidence
            elif key not in found and (f := _judge(h, run, w)) is not None:
                found[key] = f
    return list(found.values())


def _inside(h: History, run: str, w: Write) -> tuple[Write, tuple[int, int, list[str]]] | None:
    """The run's first write and the last thing it did on the stack, where the removal may lie between them."""
    mine = [d for d in h.calls.get(run, ()) if d.stack == w.stack]
    wrote = [x for d in mine if d.verb == "deploy" for x in d.writes]
    if not wrote or any(d.verb == "undeploy" and d.eL <= w.sE for d in mine):
        return None
    ends = (
        [(r.rE, r.rL, r.evidence[:1]) for r in h.reads_of.get(run, ()) if r.stack == w.stack]
        + [(d.sE, d.sL, [d.row["start_id"]]) for d in mine if d.verb == "undeploy"]
        + [(d.eE, d.eL, [d.row["end_id"]]) for d in mine if d.verb == "deploy" and d.ended]
    )
    first = min(wrote, key=lambda x: (x.sL, x.sE))
    later = [e for e in ends if e[1] >= w.sE]
    if first.sL >= w.sE or not later:
        return None
    return first, max(later, key=lambda e: (e[0] if e[0] > -INF else e[1], e[1]))


def _judge(h: History, run: str, w: Write) -> Finding | None:
    inside = _inside(h, run, w)
    if inside is None:
        return None
    first, end = inside
    sure = end[0] > w.eL and w.sure
    who = f"run {w.run}'s teardown" if w.run else "somebody outside the runs"
    return Finding(
        CLASS,
        "high",
        sure,
        w.stack,
        tuple(sorted(x for x in (run, w.run) if x)),
        f"{who} removed {w.stack} under run {run}, which was still at work on it",
        t_lo=w.sE,
        t_hi=w.eL,
        missing=() if sure else (f"times in run {run}'s log around the removal",),
        facts={
            "run": run,
            "who": who,
            "first": of_write(h, first) | {"evidence": ids(first.evidence[:1], first.deploy.row["start_id"] if first.deploy else None)},
            "removed": of_write(h, w) | {"evidence": ids(w.evidence, w.deploy.row["start_id"] if w.deploy else None)},
            "went_on": ids(end[2]),
            "own": ids(*(d.row["start_id"] for d in h.calls.get(run, ()) if d.stack == w.stack and d.verb == "undeploy")),
            "teardown": ids(w.deploy.row["start_id"] if w.deploy else None),
        },
    )


def explain(f: Finding) -> list[Step]:
    """The run was at work on the stack, the stack was removed, the run went on."""
    return [
        write_said(f.facts["first"]),
        (f"{f.facts['who']} removed it", list(f.facts["removed"]["evidence"])),
        (f"run {f.facts['run']} went on", list(f.facts["went_on"])),
    ]


def others(f: Finding) -> list[Other]:
    """The run's own teardown, swarm, and a person."""
    k = f.facts
    own = "it came later" if k["own"] else "there is none in evidence"
    said = [
        Other(f"run {k['run']}'s own teardown", own, k["own"] or list(k["went_on"]), f.missing),
        Other("swarm itself", "swarm puts services back, and removes none", list(k["removed"]["evidence"])),
    ]
    if k["teardown"]:
        said.append(Other("a removal by hand", f"it falls into {k['who']}", ids(k["teardown"], k["removed"]["evidence"])))
    else:
        why = "no call in evidence fits the removal: a person, or a run whose log is missing"
        said.append(
            Other(
                "another run",
                why,
                list(k["removed"]["evidence"]),
                ("the logs of every run on the host in that time", "the shell history of the host"),
            )
        )
    return said
