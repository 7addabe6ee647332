"""An upgrade that changed nothing, so that a pass after it proves nothing.

Term: vacuous pass. Sub-classes: `base-equals-head` (base and head are one commit), `same-stamp` (the upgrade stamped what
stood there already, by whomever), `no-checkout` (HEAD was equal at both deploys), `identity-unchanged` (before equals after,
the check passed, and what the upgrade stamped is not known: only possible). Before equal to after with *another* stamp is
drift, not this: a rollback looks the same from outside. Cannot conclude that the upgrade would fail.

References:
    https://github.com/ligurio/elle-cli/issues/47
"""

from __future__ import annotations

from typing import Any

from forensics.correlate.history import History
from forensics.correlate.model import INF, Deploy, Read, Write
from forensics.correlate.said import of_kind
from forensics.findings.facts import ids, of_read, read_said
from forensics.findings.finding import Finding, Other, Step

CLASS = "vacuous-upgrade"
ABOUT = "An upgrade stamped what stood there already, so that a pass after it proves nothing."
ADVICE = "Compare base and head before the run; check that the stamp before the upgrade differs from the one after."


def find(h: History) -> list[Finding]:
    """One finding per upgrade whose stamp was there before it, by whomever; or whose stamp is not known and changed nothing."""
    passed = {e["run"]: e["event_id"] for e in of_kind(h, "check.pass") if "upgrade" in (e["attrs"] or "")}
    return [f for d in h.deploys if d.upgrade and (f := _judge(h, d, passed)) is not None]


def _judge(h: History, d: Deploy, passed: dict[str, str]) -> Finding | None:
    register = next((r.register for r in h.reads_of.get(d.run, ())), f"{d.stack}_app")
    if d.value is None:
        return _unchanged(h, d, register, passed)
    base = h.base_of(d)
    before = _before(h, d, register)
    sub, stood, what, said = None, None, "its own base deploy", []
    if base is not None and h.stamps.same(base.value, d.value):
        head = h.runs[d.run].ref if d.run in h.runs else None
        sub = "base-equals-head" if h.stamps.same(base.value, head) else "no-checkout"
        stood, said = base.value, ids(base.row["taken_id"] or base.row["start_id"])
    elif before is not None and h.stamps.same(before.value, d.value):
        sub, stood, said = "same-stamp", before.value, ids(before.evidence[-1:])
        what = f"run {before.run}" if before.run else "an earlier deploy"
    if sub is None:
        return None
    return _finding(
        h,
        d,
        register,
        sub,
        True,
        f"the upgrade of run {d.run} stamped {h.stamps.named(d.value)}, which {what} had stamped already",
        passed,
        {"what": what, "stood": h.stamps.named(stood), "said": said, "took": h.stamps.named(d.value)},
    )


def _before(h: History, d: Deploy, register: str) -> Write | None:
    """The last write of the service before the upgrade's own, or before its first attempt where the run repeated it; null where that is not sure.

    What the run itself wrote before is in the order of its log; of others' writes, whatever may have come between counts.
    """
    calls = [b for b in h.calls.get(d.run, ()) if b.n <= d.n]
    mine = [w for b in calls if b.upgrade for w in b.writes if w.register == register]
    if not mine:
        return None
    before = [w for b in calls if not b.upgrade for w in b.writes if w.register == register and w.sure and w.outcome == "ok"]
    others = [w for w in h.writes_meeting(register, max((w.sE for w in before), default=-INF), mine[0].sL) if w.deploy not in calls]
    over = [w for w in others if w.sure and w.outcome == "ok" and w.eL < mine[0].sE]
    since = max((w.sE for w in [*over, *before]), default=-INF)
    last = [w for w in [*others, *before[-1:]] if w.eL >= since]
    return last[-1] if last and all(w.verb != "remove" and h.stamps.same(w.value, d.value) for w in last) else None


def _unchanged(h: History, d: Deploy, register: str, passed: dict[str, str]) -> Finding | None:
    """Before equals after, the check passed, and what the upgrade stamped is in no line: it may have stamped nothing new."""
    reads = sorted((r for r in h.reads_of.get(d.run, ()) if r.register == register), key=lambda r: r.ordinal)
    before: Read | None = next((r for r in reversed(reads) if r.last is not None and r.last.n < d.n), None)
    after: Read | None = next((r for r in reads if r.last is not None and r.last.n == d.n), None)
    if d.run not in passed or before is None or after is None or h.stamps.same(before.observed, after.observed) is not True:
        return None
    facts = {"before": of_read(h, before), "after": of_read(h, after), "pass": passed[d.run]}
    said = f"run {d.run} read {h.stamps.named(after.observed)} before and after its upgrade, which passed; what it stamped is not known"
    return _finding(h, d, register, "identity-unchanged", False, said, passed, facts)


def _finding(
    h: History, d: Deploy, register: str, sub: str, proven: bool, summary: str, passed: dict[str, str], facts: dict[str, Any]
) -> Finding:
    return Finding(
        CLASS,
        "high" if d.run in passed else "medium",
        proven,
        d.stack,
        (d.run,),
        summary,
        sub=sub,
        service=register,
        t_lo=d.sE,
        t_hi=d.eL,
        missing=() if proven else ("the tool's `taking … version` line of the upgrade (--debug)",),
        facts=facts
        | {"upgrade": ids(d.row["taken_id"], d.row["start_id"]), "run": d.run, "passed": ids(passed.get(d.run)) if d.run in passed else []},
    )


def explain(f: Finding) -> list[Step]:
    """What stood before, what the upgrade stamped, and the pass that rests on it."""
    k = f.facts
    if f.sub == "identity-unchanged":
        return [
            read_said(k["before"]),
            ("the upgrade ran in between", k["upgrade"]),
            read_said(k["after"]),
            ("the check passed", k["passed"]),
        ]
    steps = [
        (f"before the upgrade the stamp was {k['stood']}, by {k['what']}", list(k["said"])),
        (f"the upgrade took {k['took']}", list(k["upgrade"])),
    ]
    return steps + ([(f"run {k['run']}'s upgrade check passed all the same", list(k["passed"]))] if k["passed"] else [])


def others(f: Finding) -> list[Other]:
    """A rollback, which looks the same from outside, and a wrong HEAD."""
    k = f.facts
    if f.sub == "identity-unchanged":
        told = [*k["before"]["evidence"], *k["after"]["evidence"]]
        return [
            Other("swarm-rollback", "what the upgrade stamped is not known, and a rollback looks the same from outside", told, f.missing)
        ]
    said = [
        Other(
            "swarm-rollback", f"the upgrade itself took {k['took']}: after a rollback its line would name another stamp", list(k["upgrade"])
        )
    ]
    if f.sub == "base-equals-head":
        said.append(Other("wrong-head", f"{k['took']} is the commit under test", list(k["upgrade"])))
    return said
