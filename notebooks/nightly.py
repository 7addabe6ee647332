"""One synthetic night of a recipe CI, for the notebooks that need many runs: nothing of it happened.

Thirty-six runs of three recipes, each on its recipe's stack: deploy the base, read the label, upgrade to the commit under test, read again,
tear down, all of it under the stack's lock. Three things go wrong, each in its own way:

- a fast lane redeploys to a stack without taking the lock, while a run is between its upgrade and its read;
- for an hour the host is short of memory: the upgraded task is killed and swarm rolls the service back;
- the work tree of one recipe is shared, and sometimes at the base when the upgrade takes its stamp.

`write(folder)` writes the logs, swarm's events and the repositories' commits, always the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

T0 = 1_795_392_000  # 2026-11-23 00:00:00 UTC
EVERY_S = 600
RECIPES = ("cryptpad", "discourse", "matrix")
SHORT_OF_MEMORY = range(12, 18)  # which of the runs, in the order of the night
FAST_LANE = (4, 10, 22, 28, 34)
TREE_AT_BASE = (5, 20, 29)


def commit(name: str) -> str:
    """A commit's hash, made up from a name."""
    return hashlib.sha256(name.encode()).hexdigest()[:40]


class Night:
    """What the night leaves behind, file by file."""

    def __init__(self) -> None:
        self.files: dict[str, list[str]] = {}
        self.events: list[tuple[float, dict]] = []

    def say(self, run: str, at: float, *messages: str) -> None:
        """Lines of a run's log."""
        for message in messages:
            stamp = (
                datetime.fromtimestamp(T0 + at, UTC)
                .strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
                .replace(".", ",")
            )
            self.files.setdefault(f"runs/{run}/harness.log", []).append(
                f"{stamp} INFO ccci.run: {message}"
            )

    def swarm(
        self, at: float, action: str, service: str, service_id: str, **attributes: str
    ) -> None:
        """An event of swarm about a service."""
        actor = {
            "ID": service_id.ljust(25, "0")[:25],
            "Attributes": {"name": service} | attributes,
        }
        self.events.append(
            (at, {"Type": "service", "Action": action, "Actor": actor, "scope": "swarm"})
        )

    def killed(self, at: float, service: str, stack: str) -> None:
        """The upgraded task's container ran out of memory."""
        names = {
            "com.docker.stack.namespace": stack,
            "com.docker.swarm.service.name": service,
            "com.docker.swarm.task.id": f"t{at:.0f}",
        }
        for action, more in (("oom", {}), ("die", {"exitCode": "137"})):
            actor = {
                "ID": "c" * 64,
                "Attributes": names | {"image": "app:2", "name": f"{service}.1"} | more,
            }
            self.events.append(
                (at, {"Type": "container", "Action": action, "Actor": actor, "scope": "local"})
            )
            at += 0.001

    def deploy(
        self, run: str, at: float, until: float, word: str, domain: str, stamp: str, verb: str
    ) -> None:
        """One call of the deploy tool."""
        service = f"{domain.replace('.', '_')}_app"
        taking = f"DEBU <app/deploy.go:372> version: taking chaos version: {stamp}"
        self.say(
            run,
            at,
            f"{word}: {domain}",
            f"$ abra app deploy {domain} -C -f -o -n --debug",
            taking,
        )
        self.say(run, at + 0.4, f"DEBU <stack/stack.go:415> {verb} service {service}")
        self.say(run, until, f"INFO deploy succeeded: {domain}", f"{word}: done {domain}")

    def read(self, run: str, at: float, domain: str, value: str) -> None:
        stack = domain.replace(".", "_")
        self.say(
            run,
            at,
            f"deployed_identity: stack={stack} version=0.7.0+3.3.1 chaos=true chaos-version={value}",
        )

    def run(self, n: int) -> None:
        """The n-th run of the night, and what disturbs it."""
        recipe, t = RECIPES[n % 3], n * EVERY_S
        run, domain = f"{recipe}-{n:02}", f"{recipe}.ci.example.org"
        stack, base, head = (
            domain.replace(".", "_"),
            commit(f"{recipe} base"),
            commit(f"{recipe} pr {n // 3}"),
        )
        app, service_id, lock = f"{stack}_app", f"{recipe}{n:02}x", f"app-{domain}.lock"
        taken = base if n in TREE_AT_BASE else head
        self.say(
            run,
            t,
            f"recipe-ci: RECIPE={recipe} REF={head} PR={n // 3} SRC=rm/{recipe} stages=install,upgrade quick=0",
        )
        self.say(run, t + 2, f"lock: acquired {lock}")
        self.deploy(run, t + 3, t + 20, "deploy_app", domain, base[:8], "creating")
        self.swarm(t + 3.42, "create", app, service_id)
        self.read(run, t + 21, domain, base[:8])
        self.say(run, t + 24, f"recipe_checkout_ref: {head[:12]} -> HEAD={head[:12]}")
        self.deploy(run, t + 25, t + 38, "chaos_redeploy", domain, taken[:8], "updating")
        self.swarm(
            t + 25.42, "update", app, service_id, **{"image.old": "app:1", "image.new": "app:2"}
        )
        self.swarm(t + 25.45, "update", app, service_id, **{"updatestate.new": "updating"})
        holds = taken
        if n in SHORT_OF_MEMORY:
            self.killed(t + 27.9, app, stack)
            self.swarm(
                t + 28.1,
                "update",
                app,
                service_id,
                **{"updatestate.old": "updating", "updatestate.new": "rollback_started"},
            )
            self.swarm(
                t + 28.102,
                "update",
                app,
                service_id,
                **{
                    "updatestate.old": "rollback_started",
                    "updatestate.new": "rollback_completed",
                },
            )
            holds = base
        else:
            self.swarm(
                t + 32,
                "update",
                app,
                service_id,
                **{"updatestate.old": "updating", "updatestate.new": "completed"},
            )
        if n in FAST_LANE:
            holds = self.fast_lane(n, t, domain, app, service_id)
        self.read(run, t + 46, domain, holds[:8])
        self.say(
            run,
            t + 50,
            "===== teardown =====",
            f"$ abra app undeploy {domain} -n",
            f"INFO undeploying {domain}",
        )
        self.swarm(t + 51.3, "remove", app, service_id)
        passed = "pass" if holds == head else "fail"
        self.say(
            run,
            t + 58,
            "INFO undeploy succeeded",
            f"lock: released {lock}",
            f"RUN SUMMARY: run={run} level=1 install=pass upgrade={passed}",
        )

    def fast_lane(self, n: int, t: float, domain: str, app: str, service_id: str) -> str:
        """A redeploy to the same stack, without the lock; the commit that it leaves there."""
        recipe, run, other = domain.partition(".")[0], f"fast-{n:02}", commit(f"fast {n}")
        self.say(
            run,
            t + 31,
            f"recipe-ci: RECIPE={recipe} REF={other} PR=9{n} SRC=rm/{recipe} stages=upgrade quick=1",
        )
        self.deploy(run, t + 33, t + 43, "chaos_redeploy", domain, other[:8], "updating")
        self.swarm(
            t + 33.42, "update", app, service_id, **{"image.old": "app:2", "image.new": "app:3"}
        )
        self.swarm(t + 33.45, "update", app, service_id, **{"updatestate.new": "updating"})
        self.swarm(
            t + 41,
            "update",
            app,
            service_id,
            **{"updatestate.old": "updating", "updatestate.new": "completed"},
        )
        self.read(run, t + 44, domain, other[:8])
        self.say(run, t + 45, f"RUN SUMMARY: run={run} level=1 upgrade=pass")
        return other


def write(folder: str | Path, runs: int = 36) -> Path:
    """Write the evidence of the first `runs` runs below `folder`; the folder."""
    night = Night()
    for n in range(runs):
        night.run(n)
    for recipe in RECIPES:
        commits = [(commit(f"{recipe} base"), "tag: 0.7.0+3.3.1, main", "publish")]
        commits += [
            (commit(f"{recipe} pr {n}"), f"origin/pr{n}", f"upgrade {n}")
            for n in range((runs + 2) // 3)
        ]
        commits += [
            (commit(f"fast {n}"), f"origin/fast{n}", "quick fix")
            for n in FAST_LANE
            if RECIPES[n % 3] == recipe
        ]
        night.files[f"recipes/ci/{recipe}/log.txt"] = [
            f"{c} 2026-11-22T20:00:00+00:00 {refs} {subject}" for c, refs, subject in commits
        ]
    stamped = [
        event | {"time": int(T0 + at), "timeNano": round((T0 + at) * 1e9)}
        for at, event in sorted(night.events, key=lambda e: e[0])
    ]
    night.files["docker-events.ndjson"] = [
        json.dumps(event, separators=(",", ":")) for event in stamped
    ]
    for name, lines in night.files.items():
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Path(folder)
