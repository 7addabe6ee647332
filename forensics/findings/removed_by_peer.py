"""A stack was removed while another run was still using it, and not by that run's own teardown.

Term: own. The window of a run is from its first write to its last read, deploy or teardown. PROVEN where the removal
surely lies inside it. A run reads when the lines above its read are printed: what they tell ended by then, however loosely their own
times lie. Cannot conclude that the run noticed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forensics.correlate.history import History
from forensics.correlate.model import INF, Deploy, Write
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
        for use in _users(h, w):
            key = (use.run, w.run, w.stack)
            if key in found:
                found[key].evidence += w.evidence
            else:
                found[key] = _finding(h, use, w)
    return list(found.values())


@dataclass(frozen=True)
class _Use:
    """From when to when one run used a stack: its first write, and what it did there at last, each with earliest, latest and evidence."""

    run: str
    first: Write
    ends: tuple[tuple[int, int, list[str]], ...]
    gone: int  # when a teardown of its own had surely ended; INF for none

    def last(self, at: int) -> tuple[int, int, list[str]]:
        """The last thing that it did on the stack, of what may have come after an instant."""
        return max((e for e in self.ends if e[1] >= at), key=lambda e: (e[0] if e[0] > -INF else e[1], e[1]))


def _users(h: History, w: Write) -> list[_Use]:
    """The other runs between whose first write and last use of the stack a removal may lie, by name."""
    if (CLASS, w.stack) not in h.kept:
        uses = [use for run in sorted({d.run for d in h.stack_deploys(w.stack)}) if (use := _use(h, run, w.stack)) is not None]
        bounds = np.array([(u.first.sL, min(max(e[1] for e in u.ends), u.gone - 1)) for u in uses], np.int64).reshape(-1, 2)
        h.kept[CLASS, w.stack] = uses, bounds[:, 0], bounds[:, 1]
    uses, first, last = h.kept[CLASS, w.stack]
    return [uses[n] for n in np.flatnonzero((first < w.sE) & (w.sE <= last)) if uses[n].run != w.run]


def _use(h: History, run: str, stack: str) -> _Use | None:
    """What one run did on a stack; None where it wrote nothing, or nothing more."""
    mine = [d for d in h.calls.get(run, ()) if d.stack == stack]
    wrote = [x for d in mine if d.verb == "deploy" for x in d.writes]
    reads = [r for r in h.reads_of.get(run, ()) if r.stack == stack]

    def by(d: Deploy) -> int:
        """The latest end of a call: no read of the stack that stands below it in the same log came before."""
        told = d.row["end_at"] if h.log_of(d) is not None else None
        return min([d.eL, *(max(r.rL, d.eE) for r in reads if told is not None and told < r.at)])

    ends = (
        [(r.rE, r.rL, r.evidence[:1]) for r in reads]
        + [(d.sE, d.sL, [d.row["start_id"]]) for d in mine if d.verb == "undeploy"]
        + [(d.eE, by(d), [d.row["end_id"]]) for d in mine if d.verb == "deploy" and d.ended]
    )
    if not wrote or not ends:
        return None
    gone = min((d.eL for d in mine if d.verb == "undeploy"), default=INF)
    return _Use(run, min(wrote, key=lambda x: (x.sL, x.sE)), tuple(ends), gone)


def _finding(h: History, use: _Use, w: Write) -> Finding:
    run, first, end = use.run, use.first, use.last(w.sE)
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
