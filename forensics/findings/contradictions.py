"""The pairs of a claim and the artefact that can contradict it: one function a pair.

Each takes the history and one claim, and gives what contradicts it; nothing where the claim is another one, where the artefact
agrees, or where a later write of the same thing made a true claim untrue. `missing` says what keeps a contradiction from being PROVEN.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from forensics.correlate.attrs import attrs
from forensics.correlate.claims import Claim, around, window
from forensics.correlate.history import History
from forensics.correlate.model import INF, Deploy, Write
from forensics.correlate.said import of_kind, of_run
from forensics.findings import leaked_stack, rolled_back_write, vacuous_upgrade
from forensics.findings.facts import ids
from forensics.findings.finding import Finding, Step

SKIPPED = {"skip", "skipped", "SKIPPED"}


@dataclass(frozen=True)
class Contradiction:
    """What an artefact shows against a claim. `verdict`: the claim is a run's verdict or a promotion."""

    sub: str
    what: str
    steps: tuple[Step, ...]
    missing: tuple[str, ...] = ()
    verdict: bool = False
    run: str | None = None
    stack: str | None = None
    service: str | None = None
    others: tuple[str, ...] = ()


def recheckout(h: History, c: Claim) -> list[Contradiction]:
    """ "re-checkout failed" / the stamp that the upgrade took, and the reflog."""
    if c.predicate != "recheckout-failed":
        return []
    runs = [c.run] if c.run else sorted({d.run for d in h.deploys if d.upgrade})
    unnamed = () if c.run else ("which run the claim is about",)
    found = []
    for d in [d for r in runs for d in h.calls.get(r, ()) if d.upgrade]:
        run = h.runs.get(d.run)
        ref = run.ref if run else None
        entries = [m for m in h.moves if (m["key"] or "").startswith(f"{d.run}/") and h.stamps.same(m["commit"], ref)]
        logged: list[Step] = [
            ("the reflog of the run's own tree has HEAD moved to the commit under test", [m["event_id"] for m in entries[-1:]])
        ]
        logged = logged if entries else []
        what = f"the upgrade of run {d.run} took {h.stamps.named(d.value)}, the commit under test"
        if h.stamps.same(d.value, ref):
            said: Step = (what, ids(d.row["taken_id"], d.row["start_id"]))
            found.append(Contradiction("recheckout-failed", what, (said, *logged), unnamed, run=d.run, stack=d.stack))
        elif d.value is None and entries:
            what = f"the reflog of run {d.run}'s tree has HEAD at the commit under test"
            missing = (*unnamed, "the tool's `taking … version` line of the upgrade (--debug)")
            found.append(Contradiction("recheckout-failed", what, tuple(logged), missing, run=d.run, stack=d.stack))
    return found


def deployed(h: History, c: Claim) -> list[Contradiction]:
    """Deployed, converged / a rollback of that very deploy by swarm, or the tool's own error."""
    if c.predicate not in ("deployed", "converged"):
        return []
    found = []
    for d in _meant(h, c):
        for w in _reverted(h, d.stack or "").get(d.id, ()):
            before = w.eL <= c.lo  # the claim was made when it had been put back already
            if w.kind != "system" and not before:
                continue  # by hand, later: true when it was said
            f = rolled_back_write.of(h, w)
            sure = before or f.facts["actor_strength"] == "definite"
            what = f"{f.facts['actor']} rolled {w.register} back to {rolled_back_write.named(h, w)}"
            steps = ((what, ids(w.evidence)),)
            missing = () if sure else ("whether swarm or a person asked for the rollback: by hand it is another write",)
            found.append(Contradiction(c.predicate, what, steps, missing, run=d.run, stack=d.stack, service=w.register))
        if c.by and d.outcome == "fail" and d.row["error_kind"] != "timeout":
            what = f"deploy {d.n} of run {d.run} failed: {d.row['error'] or 'the tool gave up'}"
            found.append(Contradiction("deployed", what, ((what, ids(d.row["error_id"])),), run=d.run, stack=d.stack))
    return found


def _reverted(h: History, stack: str) -> dict[str, list[Write]]:
    """The rollbacks on a stack, by the call that each reverts."""
    if ("rollbacks", stack) not in h.kept:
        h.kept["rollbacks", stack] = found = defaultdict(list)
        for w in h.stack_writes(stack):
            if w.verb == "rollback" and (d := rolled_back_write.reverted_deploy(h, w)) is not None:
                found[d.id].append(w)
    return h.kept["rollbacks", stack]


def _meant(h: History, c: Claim) -> list[Deploy]:
    """The deploys that a claim is about: the call that its own line ends, the last one before it, or those that a person means."""
    if c.by is None and c.predicate == "deployed":
        return _ended_by(h, c.run or "").get(c.event_id, [])
    mine = [d for d in (h.calls.get(c.run, ()) if c.run else h.stack_deploys(c.stack or "")) if d.verb == "deploy"]
    if c.predicate == "converged":
        return [d for d in mine if d.upgrade and d.sE <= c.hi][-1:]
    if c.subject:
        return [d for d in mine if h.stamps.same(d.value, c.subject)]
    return mine[-1:]


def _ended_by(h: History, run: str) -> dict[str, list[Deploy]]:
    """The deploys of a run by the lines that end them: the tool's, and the harness's."""
    if ("ended by", run) not in h.kept:
        h.kept["ended by", run] = found = defaultdict(list)
        for d in h.calls.get(run, ()):
            for event_id in {d.row["done_id"], d.row["end_id"]} - {None} if d.verb == "deploy" else ():
                found[event_id].append(d)
    return h.kept["ended by", run]


def promoted(h: History, c: Claim) -> list[Contradiction]:
    """Promoted / the version that canonical.json records."""
    if c.predicate != "promoted" or not c.subject:
        return []
    event = h.event(c.event_id) or {}
    run = h.runs.get(c.run or "")
    recipe = event.get("recipe") or (run.recipe if run else None)
    recorded = [e for e in of_kind(h, "canonical") if e["recipe"] == recipe]
    found = []
    for e in recorded[-1:]:
        at = int(e["ts"].timestamp() * 1_000_000) if e["ts"] is not None else None
        if h.stamps.same(e["stamp"], c.subject) is not False or (at is not None and c.hi < INF and at > c.hi):
            continue  # the same version; or one that was recorded later
        missing = () if at is not None and c.lo > -INF and at < c.lo else ("when canonical.json was written, and when the claim was made",)
        what = f"canonical.json records {e['stamp']} for {recipe}"
        found.append(Contradiction("promoted", what, ((what, [e["event_id"]]),), missing, verdict=True))
    return found


def swept(h: History, c: Claim) -> list[Contradiction]:
    """A sweep's `PASS (promoted)`, which it says of exit status 0 / a promotion that failed, or a canonical.json that is older than the sweep."""
    if c.predicate != "swept":
        return []
    verdict = h.event(c.event_id) or {}
    recipe, lines = c.subject, [e for e in of_kind(h, "sweep") if e["source_id"] == verdict.get("source_id")]
    since = next((lo for e in lines if (lo := window(h, e)[0]) > -INF), None)
    found = []
    told = [e for e in of_kind(h, "promote") if recipe in (e["recipe"], getattr(h.runs.get(e["run"] or ""), "recipe", None))]
    told = [e for e in told if _between(window(h, e), since, c.hi)]
    if told and told[-1]["outcome"] == "fail":
        what = f"the promotion of {recipe} failed"
        found.append(Contradiction("promoted", what, ((what, [told[-1]["event_id"]]),), verdict=True))
    recorded = [e for e in of_kind(h, "canonical") if e["recipe"] == recipe]
    if not found and recorded and since is not None and window(h, recorded[-1])[1] < since:
        what = f"canonical.json of {recipe} records {recorded[-1]['stamp']}, and was written before the sweep began"
        found.append(Contradiction("promoted", what, ((what, [recorded[-1]["event_id"], lines[0]["event_id"]]),), verdict=True))
    return found


def _between(when: tuple[int, int], since: int | None, until: int) -> bool:
    """Whether an event surely came within a span, whose beginning may not be known."""
    return since is not None and when[0] >= since and when[1] <= until


def green(h: History, c: Claim) -> list[Contradiction]:
    """Green / the exit status of the step, another verdict of the same run, or a stage that failed."""
    if c.predicate != "passed" or not c.run:
        return []
    ends = [e for e in of_run(h, c.run, "step.end", "session.end", "build.result") if e["source_id"] in around(h)]
    # A step may fail and its job go on: what a source says of the whole counts before what it says of a part.
    sound = {e["source_id"] for e in ends if _is_whole(e) and e["outcome"] in ("ok", "pass")}
    found = [
        Contradiction("green", what, ((what, [e["event_id"]]),), verdict=True)
        for e in ends
        if (e["source_id"] not in sound or _is_whole(e)) and (what := _ended_badly(e))
    ]
    for e in of_run(h, c.run, "run.end", "run.result"):
        if e["outcome"] == "fail" and e["event_id"] != c.event_id and c.subject in (None, e["recipe"]):
            what = f"{'its summary line' if e['kind'] == 'run.end' else 'results.json'} says that it failed"
            found.append(Contradiction("green", what, ((what, [e["event_id"]]),), verdict=True))
    return found


def _is_whole(e: dict[str, Any]) -> bool:
    return e["kind"] == "build.result" or attrs(e["attrs"]).get("step") == "job"


def _ended_badly(e: dict[str, Any]) -> str | None:
    """How a step, a session or a build did not end well; null where it did, or does not say."""
    rc, step = attrs(e["attrs"]).get("rc"), attrs(e["attrs"]).get("step")
    if e["kind"] == "build.result":
        return "CI recorded its build as failed" if e["outcome"] == "fail" else None
    if e["outcome"] == "ignored":
        return None
    if rc not in (None, "", "0"):
        return f"its step {step} ended with exit status {rc}" if step not in (None, "job") else f"its step ended with exit status {rc}"
    return "its job failed" if step == "job" and e["outcome"] == "fail" else None


def skipped(h: History, c: Claim) -> list[Contradiction]:
    """PASS / all tests skipped."""
    if c.predicate not in ("passed", "passed-stage") or not c.run:
        return []
    stage = c.subject if c.predicate == "passed-stage" else None
    tests = [e for e in of_run(h, c.run, "test.result") if stage is None or _stage(e) == stage]
    if tests and all(e["outcome"] in SKIPPED for e in tests):
        what = f"all {len(tests)} tests of {f'the stage {stage}' if stage else 'the run'} were skipped"
        return [Contradiction("skipped", what, ((what, [e["event_id"] for e in tests[:6]]),), verdict=True)]
    totals = of_run(h, c.run, "test.total") if stage is None and not tests else []
    if totals and all(_only_skipped(attrs(e["attrs"]).get("counts") or "") for e in totals):
        what = "every test session of the run skipped all its tests"
        return [Contradiction("skipped", what, ((what, [e["event_id"] for e in totals[:6]]),), verdict=True)]
    return []


def _stage(e: dict[str, Any]) -> str | None:
    """The stage of a test: as told, else as the file is named."""
    told = attrs(e["attrs"]).get("stage")
    return told or e["path"].rsplit("/", 1)[-1].rsplit(".", 1)[0].removeprefix("junit-").removeprefix("junit_")


def _only_skipped(counts: str) -> bool:
    """Whether totals hold nothing but skipped tests: `3 skipped, 1 warning` (pytest), `tests=3,failures=0,skipped=3` (JUnit)."""
    if "=" in counts:
        told = {k: int(v) for k, _, v in (part.partition("=") for part in counts.split(",")) if v.isdigit()}
        return told.get("tests", 0) > 0 and told.get("skipped") == told["tests"]
    words = [part.split() for part in counts.split(",") if part.strip()]
    kinds = {w[1] for w in words if len(w) == 2 and w[0] != "0"} - {"warning", "warnings", "deselected"}
    return kinds == {"skipped"}


def no_work(h: History, c: Claim) -> list[Contradiction]:
    """PASS of an upgrade / nobody wrote to the stack between the base deploy and the check."""
    if c.predicate != "passed-stage" or c.subject != "upgrade" or not c.run or not h.has_events or c.lo <= -INF:
        return []
    mine = [d for d in h.calls.get(c.run, ()) if d.verb == "deploy"]
    base = mine[0] if len(mine) == 1 and not mine[0].upgrade else None  # a quick run deploys nothing but its upgrade
    log = h.logs.get(c.run)
    if base is None or not base.writes or base.stack is None or log is None or not log.begins:
        return []
    since = max(w.eL for w in base.writes)
    later = [w for w in h.stack_writes(base.stack) if w.eL > since and w.sE <= c.hi]
    if later or not h.windows.cover(since, max(since, c.lo)):
        return []
    what = f"nothing was written to {base.stack} after the base deploy of run {c.run}"
    return [Contradiction("no-work", what, ((what, ids(*(w.evidence for w in base.writes[:3]))),), verdict=True, stack=base.stack)]


def without_change(h: History, c: Claim) -> list[Contradiction]:
    """PASS of an upgrade / an upgrade that stamped what stood there already."""
    if c.predicate != "passed-stage" or c.subject != "upgrade":
        return []
    return [
        Contradiction(
            "passed-without-change", f.summary, ((f.summary, list(f.facts["upgrade"])),), verdict=True, stack=f.stack, service=f.service
        )
        for f in _once(h, "vacuous", vacuous_upgrade.find)[c.run, None]
        if f.proven and f.runs == (c.run,)
    ]


def torn_down(h: History, c: Claim) -> list[Contradiction]:
    """Torn down / a service that was there afterwards, or a teardown that failed."""
    if c.predicate != "torn-down":
        return []
    found = [
        Contradiction(
            "torn-down", leaked_stack.standing(x["left"]), tuple(leaked_stack.explain(f)[1:]), f.missing, run=x["run"], stack=f.stack
        )
        for f in _once(h, "leaks", leaked_stack.find)[c.run, None if c.run else c.stack]
        for x in [f.facts]
    ]
    for d in h.calls.get(c.run or "", ()):
        if d.verb == "undeploy" and d.outcome == "fail":
            what = f"the teardown of run {d.run} failed: {d.row['error'] or 'the tool gave up'}"
            found.append(Contradiction("torn-down", what, ((what, ids(d.row["error_id"], d.row["start_id"])),), run=d.run, stack=d.stack))
    return found


def concurrent(h: History, c: Claim) -> list[Contradiction]:
    """ "ran concurrently" / every other run's deploy on the stack surely came before or after."""
    if c.predicate != "concurrent" or not c.run:
        return []
    mine = [d for d in h.calls.get(c.run or "", ()) if d.stack]
    stacks = {d.stack for d in mine}
    others = [d for d in h.deploys if d.run != c.run and d.stack in stacks and c.subject in (None, d.run)]
    unknown = [w for s in sorted(stacks) for w in h.stack_writes(s) if (w.deploy is None and w.suspects) or w.kind == "manual"]
    if not mine or any(a.sE < b.eL and b.sE < a.eL for a in mine for b in others if a.stack == b.stack):
        return []
    known = bool(others) and c.subject is not None
    what = f"no deploy of {f'run {c.subject}' if known else 'another run'} on {', '.join(sorted(s or '' for s in stacks))} overlaps one of run {c.run}"
    steps: list[Step] = [
        (f"run {c.run} was at work on the stack here", [mine[0].row["start_id"], mine[-1].row["end_id"] or mine[-1].row["start_id"]])
    ]
    steps += [(f"run {d.run} was at work on it here", [d.row["start_id"]]) for d in others[:3]]
    sure = known or (h.has_events and not unknown and all(d.eL < INF for d in mine))
    missing = () if sure else ("docker service events, and the logs of every run on the host in that time",)
    return [
        Contradiction(
            "concurrent",
            what,
            tuple(steps),
            missing,
            run=c.run,
            stack=mine[0].stack,
            others=tuple(sorted({d.run for d in others})) if known else (),
        )
    ]


def rolled_back(h: History, c: Claim) -> list[Contradiction]:
    """ "was rolled back" / complete events without a rollback."""
    if c.predicate != "rolled-back" or not c.run or not h.has_events:
        return []
    mine = [d for d in h.calls.get(c.run or "", ()) if d.verb == "deploy" and d.writes]
    if not mine or any(w.verb == "rollback" for w in h.stack_writes(mine[0].stack or "")):
        return []
    writes = [w for d in mine for w in d.writes]
    since = [min(d.sE for d in mine), *(w.sE for w in writes if w.verb == "create")]
    covered = any(h.windows.cover(t, max([t, *(w.eL for w in writes)])) for t in since)
    what = f"swarm's events show no rollback on {mine[0].stack}"
    steps = (("these are the writes of the run, and no rollback_started follows", ids(*(w.evidence for d in mine for w in d.writes[:2]))),)
    missing = () if covered else ("docker service events from before the run's first deploy until after its last",)
    return [Contradiction("rolled-back", what, steps, missing, run=c.run, stack=mine[0].stack)]


def typed_time(h: History, c: Claim) -> list[Contradiction]:
    """A typed time / the earlier commit that holds it."""
    event = h.event(c.event_id)
    if c.predicate != "typed-time" or event is None or event["ts"] is None:
        return []
    committed = int((event["ts_hi"] or event["ts"]).timestamp() * 1_000_000)
    if c.lo <= committed:
        return []
    what = f"the commit that holds it was made at {event['ts'].strftime('%Y-%m-%dT%H:%M:%SZ')}, before that"
    return [Contradiction("typed-time", what, ((what, [event["event_id"]]),))]


def _once(h: History, name: str, find: Callable[[History], list[Finding]]) -> dict[tuple[str | None, str | None], list[Finding]]:
    """What another class finds: by each run that it names, and by its stack where no run is asked for."""
    if name not in h.kept:
        h.kept[name] = found = defaultdict(list)
        for f in find(h):
            for key in [*((run, None) for run in f.runs), (None, f.stack)]:
                found[key].append(f)
    return h.kept[name]


PAIRS: tuple[Callable[[History, Claim], list[Contradiction]], ...] = (
    recheckout,
    deployed,
    promoted,
    swept,
    green,
    skipped,
    no_work,
    without_change,
    torn_down,
    concurrent,
    rolled_back,
    typed_time,
)
