"""The engine: services with labels, the update state machine, events, inspects.

The transitions are those that swarmkit makes (T1 to T8): a client's update keeps the old spec as PreviousSpec and
clears the status; a failure pauses or rolls back; an automatic rollback clears PreviousSpec, a manual one swaps.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.world.clock import Clock, Process


@dataclass
class Spec:
    """What a client asked for: the stamp in the labels, and whether tasks differ (image, environment)."""

    stamp: str
    version: str
    image: str
    chaos: bool


@dataclass
class Write:
    """One change of one service's spec, as it really happened."""

    at_ns: int
    service: str
    stamp: str | None
    by: str  # a run, `swarm`, `operator`
    verb: str  # create, update, rollback, remove


@dataclass
class Service:
    """One service, as the managers store it."""

    name: str
    id: str
    spec: Spec
    created_ns: int
    updated_ns: int
    index: int
    previous: Spec | None = None
    status: dict[str, Any] | None = None
    epoch: int = 0
    history: list[Write] = field(default_factory=list)


class Swarm:
    """All services, everything that is written to them, and the events that the daemon shows."""

    def __init__(self, clock: Clock, *, on_failure: str = "rollback") -> None:
        self.clock, self.on_failure = clock, on_failure
        self.services: dict[str, Service] = {}
        self.writes: list[Write] = []
        self.events: list[dict[str, Any]] = []
        self.daemon: list[str] = []
        self.index = 100
        self._ids = 0

    def event(self, service: Service, action: str, **attributes: str) -> int:
        """Record an event; gives its instant."""
        ns = self.clock.ns
        self.events.append(
            {
                "Type": "service",
                "Action": action,
                "Actor": {"ID": service.id, "Attributes": {k.replace("_", "."): v for k, v in attributes.items()} | {"name": service.name}},
                "scope": "swarm",
                "time": ns // 10**9,
                "timeNano": ns,
            }
        )
        return ns

    def _touch(self, service: Service, ns: int) -> None:
        self.index += self.clock.random.randrange(1, 4)
        service.index, service.updated_ns = self.index, ns

    def _wrote(self, service: Service, ns: int, stamp: str | None, by: str, verb: str) -> None:
        write = Write(ns, service.name, stamp, by, verb)
        service.history.append(write)
        self.writes.append(write)

    def create(self, name: str, spec: Spec, by: str) -> Service:
        """A client creates a service."""
        self._ids += 1
        key = "".join(self.clock.random.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=24))
        service = Service(name, f"s{key}", spec, 0, 0, 0)
        service.created_ns = self.event(service, "create")
        self._touch(service, service.created_ns)
        self.services[name] = service
        self._wrote(service, service.created_ns, spec.stamp, by, "create")
        return service

    def update(self, service: Service, spec: Spec, by: str, *, fails: bool = False) -> None:
        """A client updates a service; where its tasks change, swarm rolls it out and perhaps back."""
        images = {"image_old": service.spec.image, "image_new": spec.image} if service.spec.image != spec.image else {}
        dirty = bool(images)
        service.previous, service.spec, service.status = service.spec, spec, None
        service.epoch += 1
        ns = self.event(service, "update", **images)
        self._touch(service, ns)
        self._wrote(service, ns, spec.stamp, by, "update")
        if dirty:
            self.clock.start(self._roll(service, service.epoch, fails), 0.0006)

    def _state(self, service: Service, new: str, old: str | None, message: str, **more: str) -> int:
        ns = self.event(service, "update", updatestate_new=new, **({"updatestate_old": old} if old else {}), **more)
        started = service.status["StartedAt"] if service.status and old in ("updating", "rollback_started") else instant(ns)
        service.status = {"State": new, "StartedAt": started, "Message": message}
        if new.endswith("completed"):
            service.status["CompletedAt"] = instant(ns)
        self._touch(service, ns)
        return ns

    def _roll(self, service: Service, epoch: int, fails: bool) -> Process:
        current = lambda: self.services.get(service.name) is service and service.epoch == epoch  # noqa: E731
        if not current():
            return
        self._state(service, "updating", None, "update in progress")
        yield self.clock.random.uniform(0.4, 3.0)
        if not current():
            return
        if not fails:
            yield self.clock.random.uniform(0.5, 4.0)
            if current():
                self._state(service, "completed", "updating", "update completed")
            return
        task = "".join(self.clock.random.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=25))
        self.die(service, task, "137")
        yield 0.02
        if not current():
            return
        if self.on_failure == "pause":
            self._state(service, "paused", "updating", f"update paused due to failure or early termination of task {task}")
            return
        images = {"image_old": service.spec.image, "image_new": service.previous.image}
        service.spec, service.previous = service.previous, None
        ns = self._state(
            service,
            "rollback_started",
            "updating",
            f"update rolled back due to failure or early termination of task {task}",
            **images,
        )
        self._wrote(service, ns, service.spec.stamp, "swarm", "rollback")
        yield self.clock.random.choice([0.002, 1.0, 5.0])
        if current():
            self._state(service, "rollback_completed", "rollback_started", "rollback completed")

    def die(self, service: Service, task: str, code: str) -> None:
        """A task's container ends, and the daemon logs a fatal task error."""
        ns = self.clock.ns
        attributes = {
            "com.docker.stack.namespace": service.name.rpartition("_")[0],
            "com.docker.swarm.service.id": service.id,
            "com.docker.swarm.service.name": service.name,
            "com.docker.swarm.task.id": task,
            "exitCode": code,
            "image": service.spec.image,
            "name": f"{service.name}.1.{task}",
        }
        self.events.append(
            {
                "status": "die",
                "id": f"{ns:064x}",
                "from": service.spec.image,
                "Type": "container",
                "Action": "die",
                "Actor": {"ID": f"{ns:064x}", "Attributes": attributes},
                "scope": "local",
                "time": ns // 10**9,
                "timeNano": ns,
            }
        )
        self.daemon.append(
            f'time="{instant(ns)}" level=error msg="fatal task error" error="task: non-zero exit ({code})" '
            f"module=node/agent/taskmanager node.id=0ewkpkxcblbp2qoadaalb3bex service.id={service.id} task.id={task}"
        )

    def roll_back_by_hand(self, service: Service) -> bool:
        """`docker service rollback`: swaps the specs, where there is a previous one."""
        if service.previous is None:
            return False
        service.epoch += 1
        old = service.status["State"] if service.status else None
        images = (
            {"image_old": service.spec.image, "image_new": service.previous.image} if service.spec.image != service.previous.image else {}
        )
        service.spec, service.previous = service.previous, service.spec
        ns = self._state(service, "rollback_started", old, "manually requested rollback", **images)
        service.status["StartedAt"] = instant(ns)
        self._wrote(service, ns, service.spec.stamp, "operator", "rollback")
        self.clock.start(self._settle(service, service.epoch), 1.0)
        return True

    def _settle(self, service: Service, epoch: int) -> Process:
        if self.services.get(service.name) is service and service.epoch == epoch:
            self._state(service, "rollback_completed", "rollback_started", "rollback completed")
        return
        yield 0.0

    def remove(self, name: str, by: str) -> None:
        """A client removes a service."""
        service = self.services.pop(name)
        ns = self.event(service, "remove")
        self._wrote(service, ns, None, by, "remove")

    def inspect(self, names: list[str]) -> list[dict[str, Any]]:
        """`docker service inspect`."""
        return [_inspected(self.services[n], n.rpartition("_")[0], self.on_failure) for n in names if n in self.services]


def instant(ns: int) -> str:
    """RFC 3339 in UTC, with nanoseconds, as the engine writes it: trailing zeros cut."""
    whole = datetime.fromtimestamp(ns // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return whole + f".{ns % 10**9:09d}".rstrip("0").rstrip(".") + "Z"


def _inspected(service: Service, stack: str, on_failure: str) -> dict[str, Any]:
    found = {
        "ID": service.id,
        "Version": {"Index": service.index},
        "CreatedAt": instant(service.created_ns),
        "UpdatedAt": instant(service.updated_ns),
        "Spec": _spec(service, service.spec, stack, on_failure),
    }
    if service.previous is not None:
        found["PreviousSpec"] = _spec(service, service.previous, stack, on_failure)
    found["Endpoint"] = {"Spec": {}}
    if service.status is not None:
        found["UpdateStatus"] = service.status
    return found


def _spec(service: Service, spec: Spec, stack: str, on_failure: str) -> dict[str, Any]:
    labels = {
        "com.docker.stack.image": spec.image,
        "com.docker.stack.namespace": stack,
        f"coop-cloud.{stack}.chaos": "true" if spec.chaos else "false",
        f"coop-cloud.{stack}.recipe": "discourse",
        f"coop-cloud.{stack}.version": spec.version,
    }
    if spec.chaos:
        labels[f"coop-cloud.{stack}.chaos-version"] = spec.stamp
    return {
        "Name": service.name,
        "Labels": labels,
        "TaskTemplate": {"ContainerSpec": {"Image": spec.image}, "ForceUpdate": 0, "Runtime": "container"},
        "Mode": {"Replicated": {"Replicas": 1}},
        "UpdateConfig": {
            "Parallelism": 1,
            "FailureAction": on_failure,
            "Monitor": 5000000000,
            "MaxFailureRatio": 0,
            "Order": "start-first",
        },
    }
