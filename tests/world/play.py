"""Play a world from its plans, and say what was true in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from tests.world.clock import Clock, Process
from tests.world.runs import Deploy, Plan, Run, Seen
from tests.world.swarm import Spec, Swarm, Write
from tests.world.trees import BASE, HEAD, OTHER, RELEASE, Tree


@dataclass
class ByHand:
    """Something a person types: `rollback`, `label` or `image` on one service, that long after the start."""

    after: float
    what: str
    service: str = "disc-69811c_ci_example_org_app"


@dataclass
class World:
    """Everything after it was played."""

    swarm: Swarm
    runs: list[Run]
    trees: dict[str, Tree]
    by_hand: list[ByHand] = field(default_factory=list)


def play(
    plans: list[Plan], *, seed: int = 0, shared: bool = False, on_failure: str = "rollback", by_hand: tuple[ByHand, ...] = ()
) -> World:
    """Let all of it happen."""
    clock = Clock(Random(seed))
    swarm = Swarm(clock, on_failure=on_failure)
    trees: dict[str, Tree] = {}
    locks: dict[str, str | None] = {}
    runs = []
    for plan in plans:
        owner = "shared" if shared else plan.id
        run = Run(plan, clock, swarm, trees.setdefault(owner, Tree(owner)), locks)
        runs.append(run)
        clock.start(run.go(), plan.after)
    done = [clock.start(_typed(swarm, hand), hand.after) and hand for hand in by_hand]
    clock.run()
    return World(swarm, runs, trees, done)


def _typed(swarm: Swarm, hand: ByHand) -> Process:
    service = swarm.services.get(hand.service)
    if service is not None:
        if hand.what == "rollback":
            swarm.roll_back_by_hand(service)
        else:
            old = service.spec
            image = "labimage:9" if hand.what == "image" else old.image
            swarm.update(
                service,
                Spec(OTHER[:8], old.version, image, True) if hand.what == "label" else Spec(old.stamp, old.version, image, old.chaos),
                "operator",
            )
    return
    yield 0.0


COMMITS = (BASE, HEAD, OTHER)


def commit(stamp: str | None) -> str | None:
    """The commit that a stamp names, in this repository."""
    if stamp is None or stamp == RELEASE:
        return BASE if stamp else None
    short = stamp.removesuffix("+U")
    return next((c for c in COMMITS if len(short) >= 7 and c.startswith(short)), None)


@dataclass
class Truth:
    """What is true of one read."""

    run: str
    ordinal: int
    observed: str | None
    drift: bool | None
    cause: str
    writer: str | None


def truth(world: World, seen: Seen) -> Truth:
    """Whose write a read saw, and why it differs from what was intended."""
    last: Write | None = None
    for w in sorted((w for w in world.swarm.writes if w.service == seen.service and w.at_ns < seen.at_ns), key=lambda w: w.at_ns):
        carries_over = w.by == "operator" and w.verb == "update" and last is not None and w.stamp == last.stamp
        last = last if carries_over else w  # a person who changes the image alone writes no label
    a, b = commit(seen.intended), commit(seen.observed)
    drift = True if seen.observed is None else None if a is None or b is None else a != b
    writer = last.by if last else None
    own_right = commit(seen.taken) == a
    if last is None or last.verb == "remove":
        cause = "removed-by-peer"
    elif drift is None:
        cause = "void"
    elif not drift and (own_right or writer == seen.run):
        vacuous = seen.upgraded and writer == seen.run and commit(seen.base) == commit(seen.taken)
        cause = "vacuous" if vacuous else "as-intended"
    elif writer == "swarm":
        cause = "swarm-rollback"
    elif writer == "operator":
        cause = "manual-rollback" if last.verb == "rollback" else "manual-update"
    elif writer != seen.run:
        cause = "overwritten-by-peer"
    elif commit(seen.taken) == b and not own_right:
        cause = "wrong-head"
    else:
        cause = "aborted-write"
    return Truth(seen.run, seen.ordinal, seen.observed, drift, cause, writer)


def overlapped(a: Deploy, b: Deploy) -> bool:
    """Whether two calls really ran at the same time on one stack."""
    if a.stack != b.stack or a.run == b.run or "undeploy" in (a.verb, b.verb):
        return False
    return a.start_ns < (b.end_ns or 1 << 62) and b.start_ns < (a.end_ns or 1 << 62)
