"""What runs, files and people assert: claims that artefacts can contradict.

A claim is a sentence of somebody, with its subject; it is no fact. Claims come from a run's own success lines, from
`results.json`, `canonical.json` and JUnit, and from events of kind `claim`, which people typed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from forensics.correlate.attrs import attrs
from forensics.correlate.history import History
from forensics.correlate.model import INF
from forensics.correlate.said import of_kind


def _whole_step(e: dict) -> str | None:
    """That a step ended well claims that its run passed, where the step is all of it: the log's only one, the job, or the recorded session."""
    more = attrs(e["attrs"])
    return "passed" if e["outcome"] == "ok" and more.get("step") in (None, "job") and more.get("rc") in ("0", None) else None


# What a run's own lines and files claim: the kind of event, and the predicate of one event of it (None: no claim).
OWN: dict[str, Callable[[dict], str | None]] = {
    "deploy.end": lambda e: "deployed" if e["outcome"] == "ok" else None,
    "deploy.done": lambda e: "torn-down" if attrs(e["attrs"]).get("verb") == "undeploy" else "deployed",
    "upgrade.converged": lambda e: "converged",
    "promote": lambda e: "promoted" if e["outcome"] == "ok" else None,
    "sweep": lambda e: "swept" if e["outcome"] == "pass" and attrs(e["attrs"]).get("note") == "promoted" else None,
    "run.end": lambda e: "passed" if e["outcome"] == "pass" else None,
    "run.result": lambda e: "passed" if e["outcome"] == "pass" else None,
    "check.pass": lambda e: "passed-stage",
    "step.end": _whole_step,
    "session.end": _whole_step,
    "build.result": lambda e: "passed" if e["outcome"] == "pass" else None,
}
TYPED_TIME = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?Z")


@dataclass(frozen=True)
class Claim:
    """One assertion. `subject` is what it is about: a version, a stage, a run; null where the sentence names none."""

    predicate: str
    run: str | None
    stack: str | None
    subject: str | None
    text: str
    by: str | None  # the person; None for a run's own line or file
    lo: int
    hi: int
    event_id: str


def claims(h: History) -> list[Claim]:
    """All claims, by place."""
    if "claims" not in h.kept:
        h.kept["claims"] = [*_own(h), *_typed(h), *_times(h)]
    return h.kept["claims"]


def around(h: History) -> set[str]:
    """The sources that tell a whole run: how their step or session ended is how it ended. A CI's own list of its jobs is one; a recording of one command, or of
    another job, is none.
    """
    if "around" not in h.kept:
        told = of_kind(h, "run.start", "run.end", "check.pass", "check.fail", "build.result")
        listed = [e for e in of_kind(h, "step.end") if e["parser"].startswith("ci_build/")]
        h.kept["around"] = {e["source_id"] for e in (*told, *listed)}
    return h.kept["around"]


def _own(h: History) -> list[Claim]:
    found = []
    for e in of_kind(h, *OWN):
        predicate, more = OWN[e["kind"]](e), attrs(e["attrs"])
        if predicate is None or (e["kind"] in ("step.end", "session.end") and e["source_id"] not in around(h)):
            continue
        subject = more.get("stage") or more.get("state") or e["stamp"] or e["recipe"]
        found.append(Claim(predicate, e["run"], e["stack"], subject, _words(e), None, *window(h, e), e["event_id"]))
    clean = [e for e in of_kind(h, "run.result") if "clean_teardown=true" in (attrs(e["attrs"]).get("flags") or "")]
    found += [Claim("torn-down", e["run"], e["stack"], None, "clean_teardown is true", None, *window(h, e), e["event_id"]) for e in clean]
    return found


def _typed(h: History) -> list[Claim]:
    found = []
    for e in of_kind(h, "claim"):
        more = attrs(e["attrs"])
        who = more.get("by") or e["actor"] or "somebody"
        predicate = more.get("predicate") or ""
        found.append(Claim(predicate, e["run"], e["stack"], more.get("subject"), more.get("text") or "", who, *window(h, e), e["event_id"]))
    return found


def _times(h: History) -> list[Claim]:
    """Times typed into the message of a commit: that it was so then, by somebody who writes it down afterwards."""
    found = []
    for e in of_kind(h, "git.commit"):
        for typed in TYPED_TIME.findall(attrs(e["attrs"]).get("subject") or ""):
            lo = int(datetime.fromisoformat(typed).timestamp() * 1_000_000)
            width = 60_000_000 if typed.count(":") == 1 else 1_000_000
            found.append(Claim("typed-time", None, None, typed, f"it was {typed}", "somebody", lo, lo + width - 1, e["event_id"]))
    return found


def window(h: History, e: dict[str, Any]) -> tuple[int, int]:
    """When an event was, on the reference clock: by its run's log, else by its own stamp; unbounded where neither tells."""
    log = h.logs.get(e["run"] or "")
    at = None if log is None else log.place(e["event_id"])
    if at is not None:
        return log.window(at)
    if e["ts"] is None:
        return -INF, INF
    lo, hi = e["ts_lo"] or e["ts"], e["ts_hi"] or e["ts"]
    return int(lo.timestamp() * 1_000_000), int(hi.timestamp() * 1_000_000)


def _words(e: dict[str, Any]) -> str:
    """A run's own claim in words; the line itself is cited."""
    more = attrs(e["attrs"])
    return {
        "deploy.end": "the deploy is done",
        "deploy.done": f"the {more.get('verb') or 'deploy'} succeeded",
        "upgrade.converged": f"the upgrade has converged (UpdateStatus {more.get('state')})",
        "promote": f"{e['recipe'] or 'the recipe'} was promoted to {e['stamp']}",
        "sweep": f"the sweep promoted {e['recipe']}",
        "run.end": "the run passed",
        "run.result": "the run passed",
        "check.pass": f"its {more.get('stage') or 'check'} passed",
        "step.end": "its step ended with exit status 0" if more.get("rc") else "its job succeeded",
        "session.end": "its recorded session ended with exit status 0",
        "build.result": "CI recorded its build as passed",
    }[e["kind"]]
