"""Stories: runs that do what a script says, step by step, where `play` draws what goes wrong from plans.

A script is a generator over a `Story`: it says what the run does and how long it waits. Everything that a run prints and an
engine records comes from the same world.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from random import Random
from typing import Any

from tests.world import clock as world_clock
from tests.world.clock import Clock, Process
from tests.world.play import World
from tests.world.runs import Deploy, Plan, Run
from tests.world.swarm import Spec, Swarm
from tests.world.telling import evidence
from tests.world.trees import BASE, RELEASE, VERSIONS, Tree

OUT_OF_SEQUENCE = "Error response from daemon: rpc error: code = Unknown desc = update out of sequence"
NOT_FOUND = "Error response from daemon: rpc error: code = NotFound desc = service not found"
EXISTS = "Error response from daemon: rpc error: code = AlreadyExists desc = name conflicts with an existing object"


class Story(Run):
    """One run, in steps."""

    def until(self, seconds: float) -> Process:
        """Wait until that many seconds after the start of the world."""
        yield max(world_clock.START + seconds - self.clock.now, 0.0)

    def base(self, **how: Any) -> Generator[float, None, bool | None]:
        """The base deploy: of a release where the plan is pinned, else a chaos deploy with an overlay."""
        yield from self._choose_release()
        done = yield from self.deploy("deploy_app", release=RELEASE if self.plan.pinned else None, **how)
        self.base_taken = self.taken
        if self.plan.lock == "base":
            self._release()
        return done

    def install(self, pause: float = 1.0) -> Process:
        """Begin, deploy the base, read, pass, wait."""
        yield from self.begin()
        yield from self.base()
        yield 0.02
        self.read()
        self.passes("install")
        yield pause

    def prepare(self, *, checkout: bool = True) -> Process:
        """What comes before an upgrade."""
        yield from self._make_ready(checkout=checkout)
        yield 0.1

    def upgrade(self, **how: Any) -> Generator[float, None, bool | None]:
        """The upgrade's deploy alone."""
        done = yield from self.deploy("chaos_redeploy", **how)
        self.upgraded = True
        return done

    def read(self) -> Spec | None:
        """An identity read."""
        return self._identity()

    def keep(self, why: str = "post-redeploy") -> None:
        """Keep an inspect of all services, as the harness does for a look of its own."""
        self.looks.append((self.clock.ns, why, json.dumps(self.swarm.inspect(self.names), indent=4)))

    @property
    def looks(self) -> list[tuple[int, str, str]]:
        """Inspects that were kept for no identity read: when, why, what."""
        return self.__dict__.setdefault("_looks", [])

    def passes(self, stage: str) -> None:
        """A stage passes."""
        self.say(f"{stage}: PASS")
        self.stages[stage] = "pass"

    def fails(self, stage: str, why: str | None = None) -> None:
        """A stage fails: by default because the tool did."""
        self.say(f"{stage}: FAIL {why or f'abra app deploy {self.plan.domain} failed (1)'}", level="ERROR")
        self.stages[stage] = "fail"

    def judge(self, before: Spec | None) -> None:
        """Read after an upgrade, and pass or fail by it."""
        spec, plan = self._identity(), self.plan
        if spec is None:
            self.fails("upgrade", f"wait_healthy: {self.stack} not healthy after 25s")
            return
        if spec.chaos and before is not None:
            said = f"chaos-version={spec.stamp} version={before.version}→{spec.version}"
            self.say(f"upgrade→PR-head: head_ref={plan.ref[:8]} {said}", "generic")
        if spec.chaos and plan.ref.startswith(spec.stamp.removesuffix("+U")):
            self.passes("upgrade")
        else:
            self.fails("upgrade", f"chaos commit '{spec.stamp}', not the intended PR-head '{plan.ref[:12]}'")

    def finish(self, *, teardown: bool = True, leaks: bool = False) -> Process:
        """Tear the stack down, or only say so where it `leaks`; sum the run up."""
        undeploy = self._undeploy_nothing() if leaks else self._undeploy()
        yield from self._sum_up(undeploy if teardown else None)

    def _undeploy_nothing(self) -> Process:
        self.say(f"$ abra app undeploy {self.plan.domain} -n -o", "abra")
        self.outputs.append(("app-undeploy", []))
        yield 0.05
        self.tool(f"INFO undeploying {self.plan.domain}")
        yield 0.4
        self.tool("INFO undeploy succeeded")
        yield 0.01

    def deploy(
        self,
        word: str,
        *,
        release: str | None = None,
        fatal: str | None = None,
        order: tuple[str, ...] | None = None,
        refused_at: int | None = None,
        dies_after: int | None = None,
        failing: tuple[str, ...] = (),
        image: str | None = None,
        gap: float = 0.003,
        timeout: float | None = None,
    ) -> Generator[float, None, bool | None]:
        """One call of the tool: whether it ended well; None where the run was killed inside it.

        `fatal` stops it before it wrote anything (`already`, `secret`, `unstaged`); `refused_at` at the n-th service; `dies_after` n services;
        `failing` services' new tasks die; `timeout` seconds later it gives up waiting.
        """
        plan, stack, late, upgrade = self.plan, self.stack, self.clock.random.uniform(0.002, 0.048), word == "chaos_redeploy"
        self.say(f"{word}: {plan.domain}", "lifecycle")
        how = f"{release} " if release else "-C "
        self.say(f"$ abra app deploy {plan.domain} {how}-f -o -n -D " + ("-c --debug" if upgrade else "--debug"), "abra")
        self.outputs.append(("app-deploy", []))
        made = Deploy(plan.id, stack, "deploy", self.clock.ns)
        self.deploys.append(made)
        yield 0.05
        self._opens(release)
        yield 0.004
        if fatal == "already":
            return (yield from self._stops(made, f"{plan.domain} is already deployed", late))
        if release:
            self.tree.go_git(BASE)
            if fatal == "unstaged":
                return (
                    yield from self._stops(made, f"discourse ({self.tree.path}) has locally unstaged changes? commit or remove them", late)
                )
            self.tool(f"DEBU <recipe/git.go:142> successfully checked discourse out to {release} in {self.tree.path}")
            made.stamp, commit = release, BASE
            self.tool(f"DEBU <app/deploy.go:389> version: taking specified version: {release}")
        else:
            commit = self.tree.head
            made.stamp = commit[:8] + ("+U" if self.tree.dirty else "")
            self.tool(f"DEBU <app/deploy.go:372> version: taking chaos version: {made.stamp}")
        self.taken = made.stamp
        if fatal == "secret":
            return (yield from self._stops(made, "secret not generated: db_password", late))
        self.tool(f"DEBU <recipe/compose.go:57> loaded compose file: {self.tree.path}/compose.yml")
        there = self.swarm.services.get(self.names[0])
        old = there.spec.stamp if there else "unknown"
        self.tool(f"INFO {'UPDATING' if there else 'DEPLOYING'} {plan.domain}: {old} -> {made.stamp}")
        spec = Spec(made.stamp, VERSIONS[commit], image or ("labimage:1" if commit == BASE else "labimage:2"), release is None)
        names = [f"{stack}_{s}" for s in order] if order else self.clock.random.sample(self.names, len(self.names))
        listed = {n: self.swarm.services[n] for n in names if n in self.swarm.services}
        yield 0.03
        for k, name in enumerate(names):
            if dies_after == k:
                made.failed = True
                return None
            service = listed.get(name)
            verb = f"creating service {name}" if service is None else f"updating service {name} (id: {service.id})"
            self.tool(f"DEBU <stack/stack.go:415> {verb}", late)
            now = self.swarm.services.get(name)
            if refused_at == k or now is not service:
                why = OUT_OF_SEQUENCE if now is service else NOT_FOUND if service is not None else EXISTS
                return (yield from self._stops(made, f"failed to {verb[:5]}e service {name}: {why}", late))
            if service is None:
                self.swarm.create(name, spec, plan.id)
            else:
                self.swarm.update(service, spec, plan.id, fails=name.rpartition("_")[2] in failing)
            made.wrote.append(name)
            yield gap
        if timeout is not None:
            yield timeout
            return (yield from self._stops(made, "deploy timed out", late))
        if upgrade:
            self.tool("INFO skipping converge checks", late)
        else:
            yield self.clock.random.uniform(2.0, 5.0)
            self.tool(f"INFO deploy succeeded: {plan.domain}", late)
        made.end_ns = self.clock.ns
        yield 0.01 + late
        self.say(f"{word}: done {plan.domain}", "lifecycle")
        return True

    def _opens(self, release: str | None) -> None:
        root, named = f"/srv/ci/abra/{self.tree.owner}", "discourse" + (f":{release}" if release else "")
        self.tool("DEBU <cli/run.go:87> abra version: 0.13.0-beta, commit: 06a57de")
        self.tool(f"DEBU <app/app.go:221> read env {named} from {root}/servers/default/{self.plan.domain}.env")
        self.tool(f"DEBU <stack/stack.go:163> checking whether {self.stack} is already deployed")

    def _stops(self, made: Deploy, why: str, late: float) -> Generator[float, None, bool]:
        self.tool(f"FATA {why}", late)
        made.failed, made.end_ns = True, self.clock.ns
        yield 0.01 + late
        return False


Script = Callable[[Story], Process]
Hand = Callable[[Swarm], object]


def act(
    *parts: tuple[Plan, Script],
    seed: int = 1,
    shared: bool = False,
    on_failure: str = "rollback",
    hands: tuple[tuple[float, Hand], ...] = (),
) -> World:
    """Play the scripts of all runs; `hands` are what somebody does to the engine, that long after the start."""
    clock = Clock(Random(seed))
    clock.now = world_clock.START
    swarm = Swarm(clock, on_failure=on_failure)
    trees: dict[str, Tree] = {}
    locks: dict[str, str | None] = {}
    runs: list[Run] = []
    for plan, script in parts:
        owner = "shared" if shared else plan.id
        story = Story(plan, clock, swarm, trees.setdefault(owner, Tree(owner)), locks)
        runs.append(story)
        clock.start(script(story), plan.after)
    for after, hand in hands:
        clock.start(_done(hand, swarm), after)
    clock.run()
    return World(swarm, runs, trees)


def _done(hand: Hand, swarm: Swarm) -> Process:
    hand(swarm)
    return
    yield 0.0


def left(world: World, envelope: str = "python", *, without: tuple[str, ...] = (), skews: dict[str, float] | None = None) -> dict[str, str]:
    """All files that a world leaves, each run's log in this envelope."""
    files = evidence(world, envelopes={r.plan.id: envelope for r in world.runs}, without=frozenset(without), skews=skews)
    if "inspects" not in without:
        for run in (r for r in world.runs if isinstance(r, Story)):
            files |= {f"runs/{run.plan.id}/inspect-{why}-{ns}.json": text for ns, why, text in run.looks}
    return files


def upgraded(rest: float = 3.0, *, pause: float = 1.0, keeps: bool = False, teardown: bool = True, **how: Any) -> Script:
    """The usual run: install, upgrade as `how` says, check after `rest` seconds."""

    def script(s: Story) -> Process:
        yield from s.install(pause)
        before = s.read()
        yield from s.prepare()
        yield from s.upgrade(**how)
        if keeps:
            s.keep()
        yield rest
        s.judge(before)
        yield from s.finish(teardown=teardown)

    return script
