"""A resource that several runs write without a lock common to all of them, whether or not anything collided this time.

Term: locking discipline (lockset, Eraser). Resources are the stacks and the shared work trees. PROVEN where no lock can
have covered every write; NOT PROVEN where one may have. Sub-classes say which way the discipline fails: `never-takes`,
`late-acquire`, `early-release`, `foreign-release`, `scope-mismatch`, `broken-lock`. Where every two runs shared some lock,
though no one lock is common to all, it is marked serialized elsewhere and one severity lower. Cannot conclude that a
write was lost; it is a hazard.

References:
    Savage et al., Eraser: a dynamic data race detector, 1997
"""

from __future__ import annotations

from itertools import combinations

from forensics.correlate import trees
from forensics.correlate.guards import ForeignRelease, Guard, Lockset, foreign_releases, guards, holds_of, key_of, locksets_of
from forensics.correlate.history import History
from forensics.correlate.model import INF, Deploy, Hold
from forensics.findings.facts import ids, of_deploy, of_hold
from forensics.findings.finding import SEVERITIES, Finding, Other, Step
from forensics.wording import several

CLASS = "unguarded-write"
ABOUT = "Two or more runs write one resource, and no lock covers every one of these writes."
ADVICE = "Take one lock, named for the resource, before the first step that touches it, and hold it to the end of the run."


def find(h: History) -> list[Finding]:
    """One finding per stack, and per shared work tree, whose lockset is empty."""
    by_stack: dict[str, list[Deploy]] = {}
    by_tree: dict[str, list[Deploy]] = {}
    for d in h.deploys:
        if d.stack and (d.writes or d.row["error_kind"] is None):
            by_stack.setdefault(d.stack, []).append(d)
        if d.verb == "deploy" and (key := trees.key(d.row["tree"])):
            by_tree.setdefault(key, []).append(d)
    resources = {f"stack {s}": ds for s, ds in sorted(by_stack.items())} | {f"work tree {t}": ds for t, ds in sorted(by_tree.items())}
    several = {what: ds for what, ds in resources.items() if len({d.run for d in ds}) > 1}
    common = locksets_of(h, several)
    found = [_judge(h, what, what[6:] if what.startswith("stack ") else None, ds, common[what]) for what, ds in several.items()]
    return [f for f in found if f is not None]


def _judge(h: History, what: str, stack: str | None, deploys: list[Deploy], common: Lockset) -> Finding | None:
    runs = sorted({d.run for d in deploys})
    broken = _broken(h, runs, common.least) if common.least else None
    if common.least and broken is None:
        return None
    held = guards(h)
    known = [d for d in deploys if held[d.id].known]
    bare = [d for d in known if not held[d.id].certain]
    blind = sorted({d.run for d in deploys if not held[d.id].known})
    differ = bool(known) and not frozenset.intersection(*(held[d.id].certain for d in known))
    sub, release = _sub(h, deploys, bare, broken, differ)
    proven = broken is not None or (common.most is not None and not common.most)
    overlapped, elsewhere = _overlapped(deploys), broken is None and _in_pairs(known, held, runs)
    severity = "high" if overlapped else "medium"
    taken = sorted({lock for d in known for lock in held[d.id].certain})
    by_hand = [w for w in h.stack_writes(stack) if w.kind == "manual"] if stack else []
    says = (
        f"{broken[0].lock} was held by two of them at once"
        if broken
        else f"{len(bare)} of {len(known)} writes held no lock"
        if bare
        else f"the locks differ: {', '.join(taken)}"
        if differ
        else f"which locks run {several(blind)} held is not in evidence"
    )
    return Finding(
        CLASS,
        SEVERITIES[SEVERITIES.index(severity) + 1] if elsewhere else severity,
        proven,
        stack,
        tuple(runs),
        f"runs {several(runs, ', ')} write {what} without a common lock: {says}"
        + (" (every two of them share one: serialized elsewhere)" if elsewhere else ""),
        sub=sub,
        t_lo=min(d.sE for d in deploys),
        t_hi=max(d.eL for d in deploys),
        missing=() if proven else _missing(blind),
        evidence=ids([d.row["start_id"] for d in (bare or deploys)[:6]], [x.acquire_id for x in h.holds if x.run in runs][:4]),
        facts={
            "resource": what,
            "serialized_elsewhere": elsewhere,
            "common_possibly": sorted(common.most or ()),
            "writes": [of_deploy(h, d) for d in deploys[:40]],
            "holds": [of_hold(x) for x in h.holds if x.run in runs][:40],
            "broken": [of_hold(x) for x in broken or ()],
            "release": {"run": release.run, "lock": release.hold.lock, "of": release.hold.run, "evidence": [release.event_id]}
            if release
            else None,
            "manual": sorted({w.register for w in by_hand}),
            "by_hand": ids(*(w.evidence for w in by_hand)),
        },
    )


def _sub(
    h: History, deploys: list[Deploy], bare: list[Deploy], broken: tuple[Hold, Hold] | None, differ: bool
) -> tuple[str | None, ForeignRelease | None]:
    """The way in which the discipline fails, as far as any is known, and the foreign release if it is one."""
    if broken is not None:
        return "broken-lock", None
    held = guards(h)
    for f in foreign_releases(h):
        mine = [d for d in deploys if d.run == f.hold.run and f.hold.at[0] < (d.row["start_at"] or 0)]
        if any(key_of(h, f.hold) not in held[d.id].certain for d in mine):
            return "foreign-release", f
    if not bare:
        return "scope-mismatch" if differ else None, None
    for d in bare:
        mine = [x for x in deploys if x.run == d.run]
        guarded = [x.n for x in mine if held[x.id].certain]
        if guarded and d.n < min(guarded):
            return "late-acquire", None
        if not guarded and any(_taken_inside(h, x) for x in mine):
            return "late-acquire", None
    if any(held[x.id].certain for d in bare for x in deploys if x.run == d.run):
        return "early-release", None
    return "never-takes", None


def _taken_inside(h: History, d: Deploy) -> bool:
    """Whether a lock was taken after the call had begun."""
    return any(d.row["start_at"] is not None and x.at[0] > d.row["start_at"] for x in holds_of(h, d.run))


def _broken(h: History, runs: list[str], common: frozenset[str]) -> tuple[Hold, Hold] | None:
    """Two holds of one common lock by two of the runs that surely overlap, if every common lock has such a pair."""
    found = None
    for lock in sorted(common):
        holds = [x for x in h.holds if x.run in runs and key_of(h, x) == lock]
        pair = next(((a, b) for a, b in combinations(holds, 2) if a.run != b.run and a.aL < b.zE and b.aL < a.zE), None)
        if pair is None:
            return None
        found = found or pair
    return found


def _in_pairs(known: list[Deploy], held: dict[str, Guard], runs: list[str]) -> bool:
    """Whether every two of the runs have a lock that covers all writes of both."""
    by_run = {r: [held[d.id].certain for d in known if d.run == r] for r in runs}
    if any(not locks for locks in by_run.values()):
        return False
    each = {r: frozenset.intersection(*locks) for r, locks in by_run.items()}
    return all(each[a] & each[b] for a, b in combinations(runs, 2))


def _overlapped(deploys: list[Deploy]) -> bool:
    """Whether the work of two of the runs may have overlapped, from each one's first call to its last."""
    spans = {r: (min(d.sE for d in deploys if d.run == r), max(d.eL for d in deploys if d.run == r)) for r in {d.run for d in deploys}}
    rows = sorted(spans.values())
    reached = -INF
    for lo, hi in rows:
        if lo < reached:
            return True
        reached = max(reached, hi)
    return False


def _missing(blind: list[str]) -> tuple[str, ...]:
    return (
        *(f"the log of run {r}, from its first line on: which locks it held" for r in blind),
        *(("the order of the lock lines and the deploys",) if not blind else ()),
    )


def explain(f: Finding) -> list[Step]:
    """Each way of writing: who ran under which locks; then what broke the common lock."""
    said: list[Step] = []
    ways: dict[tuple[str, str], list[dict]] = {}
    for w in f.facts["writes"]:
        ways.setdefault((w["run"], _under(w)), []).append(w)
    for (run, how), writes in ways.items():
        calls = ", ".join(f"{w['verb']} {w['n']}" for w in writes)
        said.append((f"run {run}'s {calls} ran {how}", [w["evidence"][0] for w in writes]))
    if f.facts["broken"]:
        a, b = f.facts["broken"]
        said.append((f"runs {a['run']} and {b['run']} both held {a['lock']} at once", ids(a["evidence"], b["evidence"])))
    if release := f.facts["release"]:
        said.append((f"run {release['run']} released {release['lock']}, which run {release['of']} held", list(release["evidence"])))
    if f.facts["manual"]:
        said.append((f"a client that is no run wrote {', '.join(f.facts['manual'])} as well, outside every lock", f.facts["by_hand"]))
    return said


def _under(w: dict) -> str:
    """Under which locks a call ran, as far as that is known."""
    if not w["locks_known"]:
        return "under locks that are not in evidence"
    return f"under {', '.join(w['locks'])} only" if w["locks"] else "without any lock"


def others(f: Finding) -> list[Other]:
    """That one lock covered every write after all, and that the runs are kept apart by something else."""
    k = f.facts
    calls = ids(*(w["evidence"][:1] for w in k["writes"]))
    locks = ids(*(x["evidence"] for x in k["holds"]))
    if k["broken"]:
        return [Other("a common lock", "two runs held it at once: it excluded nobody", ids(*(x["evidence"] for x in k["broken"])))]
    some = (
        f"{', '.join(k['common_possibly'])} may have covered every write"
        if k["common_possibly"]
        else "no lock line in evidence covers every one of these writes"
    )
    said = [Other("a common lock", some, ids(calls, locks), f.missing)]
    if not k["serialized_elsewhere"]:
        said.append(
            Other(
                "kept apart by other locks",
                "some two of the runs share no lock that covers the writes of both",
                ids(calls, locks),
                f.missing,
            )
        )
    return said
