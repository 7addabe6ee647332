"""From docker events, however they were written down, to facts: the same for JSON and text.

A frontend gives one row per event with a locator and the columns `type`, `action`, `id`, `scope`, `ns` (epoch nanoseconds) and
`span_us`, and a getter that makes an expression of an attribute's value. Only the attributes that a type of event can hold are asked for.

What an event says and when it says it are apart (`told`, `placed`): most of a long stream says again and again what it has said before.

A service event says that swarm wrote the service's record, and never what is in it: labels, environment and
command are not in any event. An update with a new update state is `service.state`, any other is `service.update`;
the one that starts a rollback is a state change that carries the swapped images too. A container event is a task's
where the container has swarm's labels.

References:
    https://docs.docker.com/reference/cli/docker/system/events/
    https://github.com/moby/moby/blob/v20.10.24/daemon/events.go
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from parsers.records.facts import LOCATOR, attrs, timed

Get = Callable[[str], pl.Expr]

KINDS = (
    "service.create",
    "service.update",
    "service.state",
    "service.remove",
    "task.start",
    "task.die",
    "task.oom",
    "task.kill",
    "task.health",
    "container.event",
    "object.event",
    "node.state",
)
_STACK = "com.docker.stack.namespace"
_SERVICE_ID, _SERVICE, _TASK_ID = "com.docker.swarm.service.id", "com.docker.swarm.service.name", "com.docker.swarm.task.id"
_NODE = ("availability", "role", "state", "leader", "reachability")
_CHANGING = ("image", "replicas", "updatestate", *_NODE)
# What is asked for.
ATTRIBUTES = (
    *("name", "image", "exitCode", "signal", _STACK, _SERVICE_ID, _SERVICE, _TASK_ID),
    *(f"{what}.{when}" for what in _CHANGING for when in ("new", "old")),
)


def facts(events: pl.DataFrame, get: Get) -> pl.DataFrame:
    """Facts of all events, in no promised order. An event of no known kind of object is no fact."""
    events = events.with_row_index("event")
    return placed(told(events, get), events)


def told(events: pl.DataFrame, get: Get) -> pl.DataFrame:
    """What events say, wherever and whenever: one row is one fact, with the column `event` of the event that it is of."""
    kind_of = pl.col("type")
    parts = [
        _services(events.filter(kind_of == "service"), get),
        _containers(events.filter(kind_of == "container"), get),
        _nodes(events.filter(kind_of == "node"), get),
        _objects(events.filter(~kind_of.is_in(["service", "container", "node"])), get),
    ]
    return pl.concat(parts, how="diagonal")


def placed(said: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Put facts where and when their events are: as often as an `event` is there. What says no fact is left out."""
    ns, exact = pl.col("ns"), pl.col("span_us") == 0
    places = events.select(
        "event",
        *LOCATOR,
        pl.when(ns.is_null()).then(pl.lit("none")).otherwise(pl.lit("stated")).alias("clock_kind"),
        pl.when(exact).then(ns).alias("ts_ns"),
        *timed(ns, span_us=pl.col("span_us")),
    )
    return places.join(said, on="event", how="inner", maintain_order="left").drop("event")


def _common(kind: pl.Expr) -> list[pl.Expr]:
    return [pl.col("event"), kind.alias("kind")]


def _services(events: pl.DataFrame, get: Get) -> pl.DataFrame:
    pairs = {
        f"{what}_{side}": get(f"{key}.{side}")
        for what, key in (("image", "image"), ("replicas", "replicas"), ("state", "updatestate"))
        for side in ("old", "new")
    }
    wide = events.filter(pl.col("action").is_in(["create", "update", "remove"])).with_columns(name=get("name"), **pairs)
    changed = (pl.col("action") == "update") & pl.col("state_new").is_not_null()
    return wide.select(
        *_common(pl.when(changed).then(pl.lit("service.state")).otherwise(pl.lit("service.") + pl.col("action"))),
        service="name",
        service_id="id",
        outcome="state_new",
        attrs=attrs(**{k: pl.col(k) for k in pairs}),
    )


def _containers(events: pl.DataFrame, get: Get) -> pl.DataFrame:
    wide = events.with_columns(
        stack=get(_STACK), service_id=get(_SERVICE_ID), service=get(_SERVICE), task_id=get(_TASK_ID), image=get("image")
    )
    verdict = pl.col("action").str.strip_prefix("health_status: ")
    of_task = pl.col("service_id").is_not_null() | pl.col("task_id").is_not_null()
    kind = pl.when(of_task & pl.col("action").is_in(["start", "die", "oom", "kill"])).then(pl.lit("task.") + pl.col("action"))
    kind = (
        kind.when(of_task & pl.col("action").str.starts_with("health_status: "))
        .then(pl.lit("task.health"))
        .otherwise(pl.lit("container.event"))
    )
    wide = wide.with_columns(kind=kind)
    parts = []
    for (which,), part in wide.partition_by("kind", as_dict=True, maintain_order=True).items():
        outcome: pl.Expr = pl.lit(None, pl.String)
        of: dict[str, pl.Expr] = {"task_id": pl.col("task_id"), "container_id": pl.col("id")}
        if which in ("task.start", "task.die", "task.oom", "container.event"):
            of["image"] = pl.col("image")
        if which == "task.die":
            of["exit_code"] = outcome = get("exitCode")
        elif which == "task.kill":
            of["signal"] = get("signal")
        elif which == "task.health":
            outcome = verdict
        elif which == "container.event":
            of |= {"action": pl.col("action"), "name": get("name")}
        parts.append(part.select(*_common(pl.col("kind")), "stack", "service", "service_id", outcome=outcome, attrs=attrs(**of)))
    return pl.concat(parts) if parts else wide.select(*_common(pl.col("kind")), "stack", "service", "service_id")


def _nodes(events: pl.DataFrame, get: Get) -> pl.DataFrame:
    changes = [
        pl.when(get(f"{what}.new").is_not_null()).then(
            pl.concat_str(
                pl.lit(f"{what} "), pl.concat_str(get(f"{what}.old"), pl.lit(" -> "), ignore_nulls=False).fill_null(""), get(f"{what}.new")
            )
        )
        for what in _NODE
    ]
    other = pl.when(pl.col("action") != "update").then("action")
    changed = pl.concat_list(other, *changes).list.drop_nulls().list.join(", ")
    return events.select(
        *_common(pl.lit("node.state")), host=get("name"), attrs=attrs(node_id=pl.col("id"), changes=pl.when(changed != "").then(changed))
    )


def _objects(events: pl.DataFrame, get: Get) -> pl.DataFrame:
    of = {"type": pl.col("type"), "action": pl.col("action"), "id": pl.col("id"), "name": get("name"), "scope": pl.col("scope")}
    return events.select(*_common(pl.lit("object.event")), attrs=attrs(**of))
