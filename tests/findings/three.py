"""For each class of finding three cases: one that has it, one that nearly has it, and one that the evidence does not decide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.artefacts import Shown, calls, canonical, claim, inspect, tool_output
from tests.evidence import APP, BASE, DOMAIN, HEAD, STACK, Log, Swarm, log_txt, reflog

A, B, C = f"{BASE[:8]}+U", f"{HEAD[:8]}+U", "0c0ffee1+U"
DB = f"{STACK}_db"
Files = dict[str, str]
BOTH = ("app", "db")


@dataclass(frozen=True)
class Three:
    """`undecided` must never be PROVEN; where `says` is set, the class is reported there as NOT PROVEN."""

    has: Callable[[], Files]
    nearly: Callable[[], Files]
    undecided: Callable[[], Files]
    says: bool = True


def run(name: str = "r1", at: float = 0.0, last: str = B, *, taken: str = B, end: float | None = 11, **options: object) -> Log:
    """A run that deploys the base A, reads it, upgrades, and reads `last`."""
    log = Log(name, **options).start(at).deploy(at + 1, at + 5, A).read(at + 6, A)
    return log.deploy(at + 10, None if end is None else at + end, taken, upgrade=True).read(at + 15, last)


def swarm(*, die: float | None = None) -> Swarm:
    """The events of `run`, upgrade completed."""
    s = Swarm().create(1.03).update(10.03).state(10.031, "updating")
    return s.die(die) if die else s


def rolled(actor: bool = True) -> Swarm:
    """The events of `run` whose upgrade was rolled back."""
    s = swarm(die=11.5 if actor else None)
    return s.state(11.6, "rollback_started", "updating").state(12, "rollback_completed", "rollback_started").remove(30)


def two(gap: float, value: str = B, *, last: str | None = None) -> Files:
    """Run x deploys A, run y deploys `value` after `gap` seconds; both read at 20."""
    x = Log("x").start(0).deploy(1, 5, A).read(20, last or value)
    y = Log("y").start(0, ref=HEAD).deploy(gap, gap + 4, value, onto=True).read(20, last or value)
    return x.file | y.file | Swarm().create(1.03).update(gap + 0.03).remove(40).file | log_txt("x")


def crossed(*order: tuple[float, str, str], values: tuple[str, str] = (A, B)) -> Files:
    """Run z makes the stack; x and y deploy at once and write the services as told: (moment, run, service)."""
    z = Log("z").start(0).deploy(1, 3, C, services=BOTH).read(4, C)
    logs = {"x": Log("x").start(9), "y": Log("y").start(9)}
    events = Swarm().create(1.06).create(1.07, DB)
    for name, value in zip("xy", values, strict=True):
        mine = [(t - 0.05, s) for t, r, s in order if r == name]
        calls(logs[name], 10, 30, value, *mine)
    for t, _, service in order:
        events.update(t, f"{STACK}_{service}")
    return z.file | logs["x"].read(32, A).file | logs["y"].read(32, A).file | events.remove(60).remove(60.1, DB).file | log_txt("x")


def cycle_of_three_unknown() -> Files:
    """Three deploys at once without events: an inspect shows A on app, and on db what both y and w stamped."""
    files: Files = {}
    for name, value in (("x", A), ("y", B), ("w", B)):
        files |= Log(name).start(0).deploy(1, 9, value, services=BOTH, onto=True).read(20, A).file
    return files | inspect("x", 15, Shown(A, 5, index=12), Shown(B, 6, DB, index=13), why="final")


def torn(*, end: float | None = 11, fatal: str | None = "failed to update service x: gone") -> Files:
    """A run whose upgrade writes app and not db."""
    log = Log("r1").start(0).deploy(1, 5, A, services=BOTH).read(6, A)
    log.deploy(10, end, B, upgrade=True, services=BOTH, fatal=fatal)
    return log.file | Swarm().create(1.03).create(1.04, DB).update(10.06).die(60, code="0").file | log_txt("r1")


def guarded(*locks: str | None, gap: float = 40.0, tool: bool = False) -> Files:
    """Runs one after the other on one stack, each under its lock; `tool`: one more is known only from the tool's output."""
    files: Files = {}
    events = Swarm().create(1.03)
    for n, name in enumerate(locks):
        log = Log(f"r{n}").start(n * gap)
        if name:
            log.lock(n * gap + 0.5, "acquired", name)
        log.deploy(n * gap + 1, n * gap + 5, A, onto=n > 0).read(n * gap + 6, A)
        if name:
            log.lock(n * gap + 8, "released", name)
        files |= log.file
        if n:
            events.update(n * gap + 1.03)
    return files | events.file | (tool_output("t", A) if tool else {})


def held(a: tuple[float, float], b: tuple[float, float], *, timed: bool = True) -> Files:
    """Two runs hold one lock: from, to."""
    files: Files = {}
    for name, (lo, hi) in (("x", a), ("y", b)):
        log = Log(name, timed=timed or name == "x").start(min(lo, 0)).lock(lo, "acquired").read(lo + 0.1, A).lock(hi, "released")
        files |= log.file
    return files


def failed_peer(*, ok: bool = False, seen: bool = True) -> Files:
    """Run x upgrades to B; y then deploys C and fails; x reads C. Inspects only: C stands over B."""
    y = Log("y").start(11).deploy(12, 14, C, onto=True, fatal=None if ok else "failed to update service x: gone")
    kept = inspect("x", 14.95, Shown(C, 12.5, prev=B, index=30)) if seen else {}
    return run("x", last=C).file | y.file | kept | log_txt("x")


def failed_head() -> Files:
    """A pinned deploy fails on a dirty tree, and HEAD has moved; the chaos deploy after it takes that commit."""
    log = Log("r1").start(0).say(1, f"$ abra app deploy {DOMAIN} 0.7.0+3.3.1 -f -o -n --debug")
    log.say(2, "FATA discourse has locally unstaged changes? please commit", "install: FAIL abra app deploy failed (1)")
    return log.deploy(5, 9, A).read(10, A).file | Swarm().create(5.05).remove(40).file | log_txt("r1")


def overwritten(seen: str = A) -> Files:
    """Run y deploys A after x's upgrade and before its read."""
    y = Log("y").start(11).deploy(12, 14, A, onto=True)
    return run("x", last=seen).file | y.file | Swarm().create(1.03).update(10.03).update(12.03).remove(40).file | log_txt("x")


def garbage(value: str = "0123abcd+U", *, later: bool = False, late_events: bool = False) -> Files:
    """A read of a value that nobody wrote; or only later; or while swarm's events begin after it."""
    log = run(last=value)
    files = log_txt("r1")
    events = Swarm().create(1.03).update(10.03).remove(60) if not late_events else Swarm().state(40, "completed", "updating").remove(60)
    if later:
        files |= Log("y").start(39).deploy(40, 42, value, onto=True).file
        events.update(40.03)
    return log.file | files | events.file


def without_events(files: Files) -> Files:
    """The same evidence without swarm's events."""
    return {p: t for p, t in files.items() if not p.startswith("docker")}


def masked(own: str = A, peer: str = B) -> Files:
    """x's upgrade takes `own`, y deploys `peer` before x reads it."""
    x = Log("x").start(0).deploy(1, 5, A).read(6, A).deploy(10, 11, own, upgrade=True).read(20, B)
    y = Log("y").start(11).deploy(14, 16, peer, onto=True).read(18, B)
    return x.file | y.file | Swarm().create(1.03).update(10.03).update(14.03).remove(40).file | log_txt("x")


def masked_by_one_of_two() -> Files:
    """x's upgrade takes A; x reads B, which y wrote, unless it was z, whose stamp is not known."""
    x = Log("x").start(0).deploy(1, 5, A).read(6, A).deploy(10, 11, A, upgrade=True).read(20, B)
    y = Log("y").start(11).deploy(14, 16, B, onto=True)
    z = Log("z").start(11).deploy(14, 16, B, onto=True)
    z.lines = [line for line in z.lines if "taking chaos" not in line]
    return x.file | y.file | z.file | Swarm().create(1.03).update(10.03).update(14.06).update(14.07).remove(40).file | log_txt("x")


def unchanged() -> Files:
    """The upgrade passes, before equals after, and no line says what it stamped."""
    log = run(last=A).say(16, "upgrade: PASS")
    at = next(i for i, line in enumerate(log.lines) if f"taking chaos version: {B}" in line)
    del log.lines[at]
    return log.file | log_txt("r1")


def teardown(*, left: bool, created: float | None = None, inspected: bool = False) -> Files:
    """A run that claims its teardown; its service is there afterwards, or a later inspect shows one."""
    log = run().undeploy(16, 20)
    if inspected:
        return log.file | inspect("r2", 40, Shown(B, 30, created=created, index=50), why="later")
    events = swarm().state(30, "completed", "updating") if left else swarm().remove(16.5).die(30, code="0")
    return log.file | events.file


def recheckout(*, stamp: bool = True, right: bool = True) -> Files:
    """Somebody says that the re-checkout failed."""
    log = run(taken=B if right else A, last=A)
    if not stamp:
        log.lines = [line for line in log.lines if f"taking chaos version: {B}" not in line]
    chain = reflog("r1", (0, HEAD, BASE), (8, BASE, HEAD))
    return log.file | chain | log_txt("r1") | claim("the re-checkout failed", run="r1")


def removed(at: float, *, timed: bool = True) -> Files:
    """Run x tears its stack down at `at`, while run y, which has deployed to it at 12, reads at 25."""
    x = run("x").undeploy(at, at + 4)
    y = Log("y", timed=timed).start(11).deploy(12, 14, B, onto=True).read(25, B)
    return x.file | y.file | Swarm().create(1.03).update(10.03).update(12.03).remove(at + 0.5).file | log_txt("x")


def intermediate(reader_sees: str = A, *, last: str = B, more: bool = False) -> Files:
    """Run x writes A and then `last`; y reads in between. `more`: a call whose stamp is not known may have come between."""
    x = Log("x").start(0).deploy(1, 3, A).read(4, A).deploy(10, 12, last, upgrade=True).read(13, last)
    y = Log("y").start(0).read(6, reader_sees)
    events = Swarm().create(1.03).update(10.03)
    files: Files = {}
    if more:
        events.update(5.0)
    return x.file | y.file | files | events.remove(40).file | log_txt("x")


def flickering(first: str = B, second: str = A, *, events: bool = False, unknown: bool = False) -> Files:
    """Without events: x writes A, then B from 10 to 20; y reads twice in that time."""
    x = Log("x").start(0).deploy(1, 3, A).read(4, A).deploy(10, 20, B, upgrade=True).read(22, B)
    y = Log("y").start(0).read(13, first).read(16, second)
    z = Log("z").start(0).deploy(9, 18, second, onto=True).file if unknown else {}
    return x.file | y.file | z | (Swarm().create(1.03).update(10.03).remove(40).file if events else {}) | log_txt("x")


def half_way(at: float, *, events: bool = True) -> Files:
    """An inspect at `at` of app and db, while an upgrade writes app at 10.1 and db at 14."""
    log = Log("r1").start(0).deploy(1, 3, A, services=BOTH).read(4, A)
    calls(log, 10, 16, B, (10.05, "app"), (13.95, "db"), upgrade=True).read(20, B)
    seen = inspect("r1", at, Shown(B, 10.1, index=20), Shown(A if at < 14 else B, 1.07 if at < 14 else 14.0, DB, index=11), why="peek")
    swarm = Swarm().create(1.06).create(1.07, DB).update(10.1).update(14.0, DB).remove(60).remove(60.1, DB)
    return log.file | seen | (swarm.file if events else {}) | log_txt("r1")


def refused(error: str = f"failed to update service {APP}: update out of sequence") -> Files:
    """A redeploy that swarm refuses."""
    log = Log("r1").start(0).deploy(1, 5, A).read(6, A).deploy(10, 11, B, upgrade=True, fatal=error)
    return log.file | Swarm().create(1.03).remove(30).file | log_txt("r1")


def again(value: str = A, *, events: bool = True) -> Files:
    """Run y deploys `value` on what x had left: A."""
    x = Log("x").start(0).deploy(1, 3, A).read(4, A)
    y = Log("y").start(20).deploy(21, 23, value, onto=True).read(24, value)
    y.lines.insert(4, y.lines[3].split(" INFO ")[0] + f" INFO ccci.run: INFO UPDATING {DOMAIN}: {A} -> {value}")
    return x.file | y.file | (Swarm().create(1.03).update(21.03).remove(60).file if events else {}) | log_txt("x")


def resurrected(value: str = B, *, who: bool = True) -> Files:
    """x leaves A; y deploys `value`, which swarm rolls back; x's check passes on A. `who` false: one of two runs deployed it."""
    x = Log("x").start(0).deploy(1, 5, A).read(20, A)
    y = Log("y").start(9).deploy(10, 11, value, onto=True)
    z = {} if who else Log("z").start(9).deploy(10, 11, value, onto=True).file
    events = Swarm().create(1.03).update(10.06).state(10.07, "updating").die(12).state(12.1, "rollback_started", "updating")
    events.state(12.2, "rollback_completed", "rollback_started").remove(60)
    return x.file | y.file | z | events.file | log_txt("x")


def void(ref: str = "main", seen: str = B) -> Files:
    """A run whose ref is a name."""
    log = Log("r1").start(0, ref=ref).deploy(1, 5, A).read(6, A).deploy(10, 11, B, upgrade=True).read(15, seen)
    return log.file | swarm().remove(30).file


def no_stamp() -> Files:
    """What the upgrade should have left is not in evidence: no ref is told."""
    log = Log("r1").deploy(1, 5, A).read(6, A).deploy(10, 11, B, upgrade=True).read(15, B)
    return log.file | swarm().remove(30).file


def promotion(version: str, at: float | None = 20.0) -> Files:
    """A run says that it promoted 0.9.0+3.5.0; canonical.json records `version`."""
    log = run().say(30, "WC5 promote: canonical discourse advanced to known-good 0.9.0+3.5.0")
    return log.file | log_txt("r1") | (canonical(version, at) if at is not None else {})


CASES: dict[str, Three] = {
    "write-cycle": Three(
        lambda: crossed((11, "x", "app"), (16, "y", "db"), (21, "x", "db"), (26, "y", "app")),
        lambda: crossed((11, "x", "app"), (16, "x", "db"), (21, "y", "db"), (26, "y", "app")),
        cycle_of_three_unknown,
    ),
    "torn-stack": Three(torn, lambda: half_way(11), lambda: torn(end=None)),
    "lost-write": Three(lambda: two(2.5), lambda: two(2.5, A), lambda: two(5.5)),
    "unguarded-write": Three(
        lambda: guarded("a.lock", "b.lock"), lambda: guarded("a.lock", "a.lock"), lambda: guarded("a.lock", "a.lock", tool=True)
    ),
    "mutual-exclusion-failure": Three(
        lambda: held((1, 9), (3, 12)), lambda: held((1, 9), (11, 14)), lambda: held((1, 9), (3, 12), timed=False), says=False
    ),
    "concurrent-deploys": Three(lambda: two(2.5), lambda: two(60), lambda: two(5.5)),
    "aborted-read": Three(failed_peer, lambda: failed_peer(ok=True), lambda: failed_peer(seen=False), says=False),
    "rolled-back-write": Three(
        lambda: run(last=A).file | rolled().file | log_txt("r1"),
        lambda: run().file | swarm().state(12, "completed", "updating").remove(30).file | log_txt("r1"),
        lambda: run(last=A).file | log_txt("r1"),
        says=False,
    ),
    "drift-explained": Three(overwritten, lambda: overwritten(B), lambda: without_events(overwritten()), says=False),
    "unattributed-read": Three(garbage, lambda: garbage(later=True), lambda: garbage(late_events=True), says=False),
    "stale-read": Three(
        lambda: run(last=A).file | swarm().state(12, "completed", "updating").remove(30).file | log_txt("r1"),
        lambda: run(last=A).file | rolled().file | log_txt("r1"),
        lambda: run(last=A).file | log_txt("r1"),
        says=False,
    ),
    "continuity-gap": Three(
        lambda: run().file | reflog("r1", (0, BASE, HEAD), (9, BASE, HEAD)),
        lambda: run().file | reflog("r1", (0, BASE, HEAD), (1, HEAD, BASE), (9, BASE, HEAD)),
        lambda: run().file | log_txt("r1"),
        says=False,
    ),
    "order-contradiction": Three(
        lambda: run(skew=-37.0).file | swarm().remove(30).file,
        lambda: run(skew=7200.0).file | swarm().remove(30).file,
        lambda: run(timed=False).file | swarm().remove(30).file,
        says=False,
    ),
    "insufficient-evidence": Three(
        lambda: run(last=A).file | log_txt("r1"), lambda: overwritten(), lambda: Log("r1").start(0).deploy(1, 5, A).file
    ),
    "masked-drift": Three(masked, lambda: masked(own=B), masked_by_one_of_two),
    "vacuous-upgrade": Three(
        lambda: run(taken=A, last=A).file | log_txt("r1"), lambda: run(last=A).file | rolled().file | log_txt("r1"), unchanged
    ),
    "leaked-stack": Three(lambda: teardown(left=True), lambda: teardown(left=False), lambda: teardown(left=True, inspected=True)),
    "claim-contradicted": Three(recheckout, lambda: recheckout(right=False), lambda: recheckout(stamp=False)),
    "removed-by-peer": Three(lambda: removed(16), lambda: removed(26), lambda: removed(16, timed=False)),
    "intermediate-read": Three(intermediate, lambda: intermediate(last=A), lambda: intermediate(more=True), says=False),
    "transient-mixed": Three(lambda: half_way(11), lambda: half_way(18), lambda: half_way(11, events=False)),
    "flicker": Three(flickering, lambda: flickering(A, B), lambda: flickering(unknown=True)),
    "conflict-rejected": Three(
        refused, lambda: refused("failed to update service x: gone"), lambda: refused("deploy timed out"), says=False
    ),
    "redundant-redeploy": Three(again, lambda: again(B), lambda: again(events=False)),
    "resurrected-value": Three(resurrected, lambda: resurrected(A), lambda: resurrected(who=False)),
    "comparison-void": Three(void, lambda: void(HEAD), no_stamp),
}
