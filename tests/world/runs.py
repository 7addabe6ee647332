"""One run of the recipe CI: harness, deploy tool, identity reads, teardown; what it printed, and what was true."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import dataclass, field

from tests.world.clock import Clock, Process
from tests.world.swarm import Spec, Swarm
from tests.world.trees import BASE, HEAD, RELEASE, VERSIONS, Tree

SERVICES = ("app", "db", "sidekiq")


@dataclass
class Plan:
    """How a run is meant to go, and what goes wrong with it."""

    id: str
    after: float = 0.0
    ref: str = HEAD
    named: str | None = None  # REF as typed, where it is no commit
    pinned: bool = False  # the base deploy asks for a release; else a chaos deploy with an overlay
    domain: str = "disc-69811c.ci.example.org"
    lock: str = "none"  # none, base, whole
    rest: float = 3.0  # seconds between the upgrade and the read after it
    pause: float = 1.5  # seconds between install and upgrade
    upgrade_fails: tuple[str, ...] = ()  # services whose new task fails
    refused_at: int | None = None  # the upgrade stops at the n-th service: out of sequence
    forgets_checkout: bool = False
    killed: str | None = None  # base, upgrade: the run dies inside that deploy
    tears_down: bool = True
    same_image: bool = False  # the upgrade changes labels only


@dataclass
class Line:
    """One printed line at the moment it was captured."""

    at: float
    logger: str
    level: str
    message: str


@dataclass
class Seen:
    """One identity read, and what was true when it happened."""

    run: str
    ordinal: int
    at_ns: int
    service: str
    observed: str | None
    taken: str | None
    intended: str | None
    upgraded: bool
    base: str | None  # what the run's own base deploy took


@dataclass
class Deploy:
    """One call of the tool, as it really ran."""

    run: str
    stack: str
    verb: str
    start_ns: int
    end_ns: int | None = None
    stamp: str | None = None
    wrote: list[str] = field(default_factory=list)
    failed: bool = False


@dataclass
class Run:
    """A run at work in the world."""

    plan: Plan
    clock: Clock
    swarm: Swarm
    tree: Tree
    locks: dict[str, str | None]
    lines: list[Line] = field(default_factory=list)
    outputs: list[tuple[str, list[str]]] = field(default_factory=list)
    kept: list[tuple[int, str]] = field(default_factory=list)  # when it was captured, in nanoseconds, and the inspect
    reads: list[Seen] = field(default_factory=list)
    deploys: list[Deploy] = field(default_factory=list)
    stages: dict[str, str] = field(default_factory=dict)
    finished: float | None = None
    taken: str | None = None
    base_taken: str | None = None
    upgraded: bool = False
    before: str | None = None

    @property
    def stack(self) -> str:
        """The stack's name: the domain with underscores."""
        return self.plan.domain.replace(".", "_")

    @property
    def names(self) -> list[str]:
        """The stack's services."""
        return [f"{self.stack}_{s}" for s in SERVICES]

    def say(self, message: str, logger: str = "run", level: str = "INFO", late: float = 0.0) -> None:
        """Print a line; it is captured `late` seconds later, never before the line before it."""
        at = max(self.clock.now + late, self.lines[-1].at if self.lines else 0.0)
        self.lines.append(Line(at, f"ccci.{logger}", level, message))

    def tool(self, message: str, late: float = 0.0) -> None:
        """A line of the deploy tool: in its own file and in the log."""
        self.outputs[-1][1].append(message)
        self.say(message, "abra", "DEBUG", late)

    def begin(self) -> Process:
        """Announce the run, fetch the recipe, check the commit under test out."""
        plan = self.plan
        self.say(f"recipe-ci: RECIPE=discourse REF={plan.named or plan.ref} PR=2 SRC=rm/discourse stages=install,upgrade quick=0")
        self.say("fetch_recipe: discourse")
        yield 0.03
        self.tree.clone(self.clock.now)
        yield from self._checkout(plan.ref, plan.named)
        past = "" if plan.ref == BASE else f"-9-g{plan.ref[:7]}"
        self.say(f"fetch_recipe: snapshot HEAD={plan.ref} describe={RELEASE}{past}")
        if plan.lock != "none":
            yield from self._acquire()

    def _choose_release(self) -> Process:
        """Name the release of the base deploy; where the plan is not pinned, check it out and lay the overlay over it."""
        self.say(f"env_set: TYPE=discourse:{RELEASE}", "generic", "DEBUG")
        if not self.plan.pinned:
            yield from self._checkout(BASE, RELEASE)
            self._overlay()
            self.say("env_set: TYPE=discourse", "generic", "DEBUG")

    def _make_ready(self, *, checkout: bool) -> Process:
        """What is said and done before an upgrade."""
        if checkout:
            yield from self._checkout(self.plan.ref, self.plan.named)
        if not self.plan.pinned:
            self._overlay()
        self.say("env_set: TYPE=discourse", "generic", "DEBUG")
        self.say("prepull_images: docker compose config --images", "generic", "DEBUG")

    def go(self) -> Process:
        """The whole run."""
        plan = self.plan
        yield from self.begin()
        yield from self._choose_release()
        done = yield from self._call("deploy_app", RELEASE if plan.pinned else None, chaos=not plan.pinned)
        if done is None:
            return
        if not done:
            yield from self._end("install", f"abra app deploy {plan.domain} failed (1)")
            return
        self.base_taken = self.taken
        if plan.lock == "base":
            self._release()
        yield 0.02
        self._identity()
        self.say("install: PASS")
        self.stages["install"] = "pass"
        yield plan.pause
        before = self._identity()
        yield from self._make_ready(checkout=not plan.forgets_checkout)
        yield self.clock.random.uniform(0.05, 2.0)
        done = yield from self._call("chaos_redeploy", None, chaos=True, upgrade=True)
        if done is None:
            return
        if not done:
            yield from self._end("upgrade", f"abra app deploy {plan.domain} failed (1)")
            return
        self.upgraded = True
        yield plan.rest
        yield from self._check(before)

    def _check(self, before: Spec | None) -> Process:
        plan, there = self.plan, self.swarm.services.get(self.names[0])
        if there is None:
            self.say(f"upgrade: FAIL wait_healthy: {self.stack} not healthy after 25s", level="ERROR")
            yield from self._end("upgrade", None)
            return
        self.say("wait_healthy: " + ", ".join(f"{n} 1/1" for n in self.names if n in self.swarm.services), "lifecycle", "DEBUG")
        spec = self._identity()
        head = plan.ref[:8]
        if plan.named is None and spec.chaos and before is not None:
            self.say(f"upgrade→PR-head: head_ref={head} chaos-version={spec.stamp} version={before.version}→{spec.version}", "generic")
        good = spec.chaos and plan.named is None and plan.ref.startswith(spec.stamp.removesuffix("+U"))
        if good:
            self.say("upgrade: PASS")
            self.stages["upgrade"] = "pass"
        yield from self._end("upgrade", None if good else f"chaos commit '{spec.stamp}', not the intended PR-head '{plan.ref[:12]}'")

    def _end(self, stage: str, why: str | None) -> Process:
        if why is not None:
            self.say(f"{stage}: FAIL {why}", level="ERROR")
        self.stages.setdefault(stage, "fail")
        yield from self._sum_up(self._undeploy() if self.plan.tears_down else None)

    def _sum_up(self, teardown: Process | None) -> Process:
        """Tear the stack down, let go of the lock, sum the run up."""
        self.say(f"deploy-count={len(self.deploys)}")
        if teardown is not None:
            self.say("===== teardown =====")
            if self.plan.lock == "base":
                yield from self._acquire()
            yield from teardown
        if self.locks.get(self._lock) == self.plan.id:
            self._release()
        level = 4 if "fail" not in self.stages.values() else 1
        self.say(f"RUN SUMMARY: run={self.plan.id} level={level} " + " ".join(f"{k}={v}" for k, v in self.stages.items()))
        self.finished = self.clock.now

    @property
    def _lock(self) -> str:
        return f"cc-ci-app-{self.plan.domain}.lock"

    def _acquire(self) -> Process:
        self.say(f"lock: waiting for {self._lock}")
        while self.locks.get(self._lock) not in (None, self.plan.id):
            yield 0.05
        self.locks[self._lock] = self.plan.id
        self.say(f"lock: acquired {self._lock}")

    def _release(self) -> None:
        self.say(f"lock: released {self._lock}")
        self.locks[self._lock] = None

    def _overlay(self) -> None:
        self.say("provide_ccci_overlay: compose.ccci.yml", "generic", "DEBUG")
        self.tree.dirty = True

    def _checkout(self, commit: str, typed: str | None) -> Process:
        self.tree.checkout(self.clock.now, commit, typed)
        yield 0.01
        self.say(f"recipe_checkout_ref: {typed or commit[:12]} -> HEAD={commit[:12]}", "generic")

    def _call(self, word: str, release: str | None, *, chaos: bool, upgrade: bool = False) -> Generator[float, None, bool | None]:
        """One call of the tool: whether it ended well; None where the run was killed inside it."""
        plan, stack, late = self.plan, self.stack, self.clock.random.uniform(0.002, 0.048)
        self.say(f"{word}: {plan.domain}", "lifecycle")
        self.say(f"$ abra app deploy {plan.domain} " + ("-C " if chaos else f"{release} ") + "-f -o -n -D --debug", "abra")
        self.outputs.append(("app-deploy", []))
        made = Deploy(plan.id, stack, "deploy", self.clock.ns)
        self.deploys.append(made)
        yield 0.05
        root = f"/srv/ci/abra/{self.tree.owner}"
        self.tool("DEBU <cli/run.go:87> abra version: 0.13.0-beta, commit: 06a57de")
        named = "discourse" + (f":{release}" if release else "")
        self.tool(f"DEBU <app/app.go:221> read env {named} from {root}/servers/default/{plan.domain}.env")
        self.tool(f"DEBU <stack/stack.go:163> checking whether {stack} is already deployed")
        yield 0.004
        if release:
            self.tree.go_git(BASE)
            self.tool(f"DEBU <recipe/git.go:142> successfully checked discourse out to {release} in {self.tree.path}")
            stamp, commit = release, BASE
            self.tool(f"DEBU <app/deploy.go:389> version: taking specified version: {release}")
        else:
            commit = self.tree.head
            stamp = commit[:8] + ("+U" if self.tree.dirty else "")
            self.tool(f"DEBU <app/deploy.go:372> version: taking chaos version: {stamp}")
        self.taken = made.stamp = stamp
        self.tool(f"DEBU <recipe/compose.go:57> loaded compose file: {self.tree.path}/compose.yml")
        there = self.swarm.services.get(self.names[0])
        old = there.spec.stamp if there else "unknown"
        self.tool(f"INFO {'UPDATING' if there else 'DEPLOYING'} {plan.domain}: {old} -> {stamp}")
        if plan.killed == ("upgrade" if upgrade else "base"):
            made.failed = True  # the process is gone, and its lock with it
            if self.locks.get(self._lock) == plan.id:
                self.locks[self._lock] = None
            return None
        image = "labimage:1" if commit == BASE or plan.same_image else "labimage:2"
        spec = Spec(stamp, VERSIONS[commit], image, chaos)
        order = list(self.names)
        self.clock.random.shuffle(order)
        listed = {n: self.swarm.services[n] for n in order if n in self.swarm.services}
        yield 0.03
        for k, name in enumerate(order):
            service = listed.get(name)
            if service is None:
                self.tool(f"DEBU <stack/stack.go:415> creating service {name}", late)
            else:
                self.tool(f"DEBU <stack/stack.go:415> updating service {name} (id: {service.id})", late)
            gone = service is not None and self.swarm.services.get(name) is not service
            if gone or (upgrade and plan.refused_at == k):
                why = (
                    "rpc error: code = NotFound"
                    if gone
                    else "Error response from daemon: rpc error: code = Unknown desc = update out of sequence"
                )
                self.tool(f"FATA failed to update service {name}: {why}", late)
                made.failed, made.end_ns = True, self.clock.ns
                return False
            if service is None and name in self.swarm.services:
                self.tool(f"FATA failed to create service {name}: Error response from daemon: rpc error: code = AlreadyExists", late)
                made.failed, made.end_ns = True, self.clock.ns
                return False
            if service is None:
                self.swarm.create(name, spec, plan.id)
            else:
                self.swarm.update(service, spec, plan.id, fails=upgrade and name.rpartition("_")[2] in plan.upgrade_fails)
            made.wrote.append(name)
            yield self.clock.random.choice([0.002, 0.004, 0.012])
        if upgrade:
            self.tool("INFO skipping converge checks", late)
        else:
            yield self.clock.random.uniform(2.0, 5.0)
            self.tool(f"INFO deploy succeeded: {plan.domain}", late)
        made.end_ns = self.clock.ns
        yield 0.01 + late
        self.say(f"{word}: done {plan.domain}", "lifecycle")
        return True

    def _undeploy(self) -> Process:
        self.say(f"$ abra app undeploy {self.plan.domain} -n -o", "abra")
        self.outputs.append(("app-undeploy", []))
        made = Deploy(self.plan.id, self.stack, "undeploy", self.clock.ns)
        self.deploys.append(made)
        yield 0.05
        self.tool(f"INFO undeploying {self.plan.domain}")
        for name in self.names:
            if name in self.swarm.services:
                self.swarm.remove(name, self.plan.id)
                made.wrote.append(name)
                yield 0.002
        yield 0.5
        self.tool("INFO undeploy succeeded")
        made.end_ns = self.clock.ns
        yield 0.01

    def _identity(self) -> Spec | None:
        name = self.names[0]
        service = self.swarm.services.get(name)
        ns = self.clock.ns
        spec = service.spec if service else None
        intended = (self.plan.named or self.plan.ref) if self.upgraded else self.base_taken or self.taken
        observed = spec.stamp if spec else None
        self.reads.append(Seen(self.plan.id, len(self.reads), ns, name, observed, self.taken, intended, self.upgraded, self.base_taken))
        if spec is None:
            self.say(f"deployed_identity: stack={self.stack} version=None chaos=None chaos-version=None", "lifecycle")
            return None
        self.kept.append((ns, json.dumps(self.swarm.inspect([name]), indent=4)))
        chaos = spec.stamp if spec.chaos else "None"
        self.say(
            f"deployed_identity: stack={self.stack} version={spec.version} chaos={'true' if spec.chaos else 'false'} chaos-version={chaos}",
            "lifecycle",
            late=0.015,
        )
        return spec
