"""Artefacts written for tests: inspects, results, canonical versions, JUnit reports, claims, and deploys service by service."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.evidence import DOMAIN, STACK, T0, Log


@dataclass(frozen=True)
class Shown:
    """One service of an inspect: what Spec and PreviousSpec hold, when it was written, and the update state. Times are seconds after T0."""

    stamp: str
    updated: float
    service: str = f"{STACK}_app"
    prev: str | None = None
    created: float | None = 0.0
    index: int = 10
    state: str | None = None
    started: float | None = None
    message: str | None = None
    action: str | None = None
    sid: str | None = None


def instant(at: float) -> str:
    """An instant as docker spells it."""
    return datetime.fromtimestamp(T0 + at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z"


def inspect(run: str, at: float, *shown: Shown, why: str = "identity") -> dict[str, str]:
    """A `docker service inspect` kept by a run at seconds after T0."""
    return {f"runs/{run}/inspect-{why}-{round((T0 + at) * 1_000_000_000)}.json": json.dumps([_service(s) for s in shown], indent=1) + "\n"}


def _service(s: Shown) -> dict:
    stack, short = s.service.rsplit("_", 1)
    told = {
        "ID": (s.sid or f"{short}x1")[:25].ljust(25, "0"),
        "Version": {"Index": s.index},
        "UpdatedAt": instant(s.updated),
        "Spec": _spec(s.service, stack, s.stamp) | ({"UpdateConfig": {"FailureAction": s.action}} if s.action else {}),
    }
    if s.created is not None:
        told["CreatedAt"] = instant(s.created)
    if s.prev:
        told["PreviousSpec"] = _spec(s.service, stack, s.prev)
    if s.state:
        told["UpdateStatus"] = {"State": s.state, "StartedAt": instant(s.started or 0.0)} | ({"Message": s.message} if s.message else {})
    return told


def _spec(name: str, stack: str, stamp: str) -> dict:
    label = f"coop-cloud.{stack}."
    labels = {
        "com.docker.stack.namespace": stack,
        f"{label}chaos": "true",
        f"{label}chaos-version": stamp,
        f"{label}version": "0.7.0+3.3.1",
    }
    return {"Name": name, "Labels": labels, "TaskTemplate": {"ContainerSpec": {"Image": "i"}}}


def calls(
    log: Log, at: float, end: float | None, stamp: str, *announced: tuple[float, str], upgrade: bool = False, fatal: str | None = None
) -> Log:
    """A deploy that announces each service at a moment of its own."""
    word = "chaos_redeploy" if upgrade else "deploy_app"
    log.say(
        at,
        f"{word}: {DOMAIN}",
        f"$ abra app deploy {DOMAIN} -C -f -o -n --debug",
        f"DEBU <app/deploy.go:372> version: taking chaos version: {stamp}",
    )
    for when, service in announced:
        log.say(when, f"DEBU <stack/stack.go:415> updating service {STACK}_{service}")
    if end is not None:
        log.say(end, f"FATA {fatal}" if fatal else f"INFO deploy succeeded: {DOMAIN}")
        log.say(end, f"install: FAIL abra app deploy {DOMAIN} failed (1)" if fatal else f"{word}: done {DOMAIN}")
    return log


def tool_output(run: str, stamp: str, n: int = 1, services: tuple[str, ...] = ("app",), verb: str = "updating") -> dict[str, str]:
    """What the tool printed in one deploy, kept in a file of its own, without any time."""
    lines = [
        "DEBU <cli/run.go:87> abra version: 0.13.0-beta, commit: 06a57de",
        f"DEBU <stack/stack.go:163> checking whether {STACK} is already deployed",
        f"DEBU <app/deploy.go:372> version: taking chaos version: {stamp}",
        *(f"DEBU <stack/stack.go:415> {verb} service {STACK}_{s}" for s in services),
        f"INFO deploy succeeded: {DOMAIN}",
    ]
    return {f"runs/{run}/abra-out/{n:02d}-app-deploy.log": "\n".join(lines) + "\n"}


def results(run: str, at: float, *, ref: str = "a7be5baed346", tests: dict[str, list[str]] | None = None, **stages: str) -> dict[str, str]:
    """`results.json`: the status of each stage; `tests` are outcomes by stage."""
    told = {
        "schema": 2,
        "recipe": "discourse",
        "ref": ref,
        "run_id": run,
        "finished": T0 + at,
        "results": stages,
        "stages": [
            {"name": n, "status": s, "tests": [{"name": f"test_{i}", "status": o, "ms": 1} for i, o in enumerate((tests or {}).get(n, []))]}
            for n, s in stages.items()
        ],
        "level": 1,
        "flags": {"clean_teardown": True},
    }
    return {f"runs/{run}/results.json": json.dumps(told, indent=1) + "\n"}


def drone_build(run: str, status: str, *steps: tuple[str, str, int], **more: object) -> dict[str, str]:
    """A build as Drone's API records it; steps are (name, status, exit status)."""
    told = [{"name": n, "status": s, "exit_code": rc, "started": T0, "stopped": T0 + 60} | more for n, s, rc in steps]
    build = {
        "number": 269,
        "status": status,
        "started": T0,
        "finished": T0 + 60,
        "stages": [{"name": "ci", "status": status, "steps": told}],
    }
    return {f"runs/{run}/build.json": json.dumps(build, indent=1) + "\n"}


def canonical(version: str, at: float, recipe: str = "discourse") -> dict[str, str]:
    """`canonical.json`: what is recorded as known good."""
    ts = datetime.fromtimestamp(T0 + at, UTC).strftime("%Y%m%dT%H%M%SZ")
    told = {"recipe": recipe, "version": version, "commit": "2b82eba0", "status": "idle", "ts": ts}
    return {f"warm/{recipe}/canonical.json": json.dumps(told, indent=1) + "\n"}


def junit(run: str, name: str, *outcomes: str) -> dict[str, str]:
    """A JUnit report with one test per outcome: `pass`, `skip` or `fail`."""
    inner = {"pass": "", "skip": '<skipped message="no labels"/>', "fail": '<failure message="no"/>'}
    cases = "\n".join(f'<testcase classname="t" name="c{i}" time="0.1">{inner[o]}</testcase>' for i, o in enumerate(outcomes))
    counts = f'tests="{len(outcomes)}" failures="{outcomes.count("fail")}" errors="0" skipped="{outcomes.count("skip")}"'
    return {
        f"runs/{run}/junit/{name}.xml": f'<?xml version="1.0"?>\n<testsuite name="pytest" {counts} time="0.2">\n{cases}\n</testsuite>\n'
    }


def claim(text: str, *, run: str | None = None, at: float | None = None, by: str = "ops") -> dict[str, str]:
    """A statement of a person."""
    fields = (f" run={run}" if run else "") + (f" at={instant(at)[:19]}Z" if at is not None else "") + f" by={by}"
    return {"claims/claims.md": f"claim{fields}: {text}\n"}
