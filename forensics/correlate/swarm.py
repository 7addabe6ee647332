"""What swarm's own records say was written: the update state machine, from events, inspects, or both.

Only a client's update, a rollback, a creation and a removal change a register; every other transition bumps the
version and nothing else. An automatic rollback clears PreviousSpec, a manual one keeps it.

References:
    https://github.com/moby/swarmkit (manager/orchestrator/update, manager/controlapi/service.go)
    https://docs.docker.com/reference/cli/docker/system/events/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from forensics.correlate.attrs import attrs
from forensics.correlate.model import INF, Write

ALLOCATION_US = 1_000_000  # an endpoint is allocated within a second of the creation
SETTLED = ("completed", "rollback_completed", "paused", "rollback_paused")


@dataclass
class Service:
    """One service id: its events in order, its inspects by version index, the writes that follow."""

    name: str
    id: str | None
    events: list[dict[str, Any]] = field(default_factory=list)
    inspects: list[dict[str, Any]] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)


def service_events(events: pl.DataFrame) -> pl.DataFrame:
    """One row per thing that swarm did to a service, however many sources tell it.

    Witnesses (the JSON and the text form, two captures) agree in instant, service and state; `ids` lists
    their events, the one with most detail first.
    """
    rows = events.filter(pl.col("kind").is_in(["service.create", "service.update", "service.state", "service.remove"]))
    rows = rows.with_columns(detail=pl.col("attrs").str.len_bytes().fill_null(0), at_us=(pl.col("ts_ns") // 1000))
    rows = rows.with_columns(
        at_us=pl.coalesce("at_us", pl.col("ts").dt.epoch("us")), key=pl.coalesce("ts_ns", pl.col("ts").dt.epoch("us") * 1000)
    )
    return (
        rows.sort("key", "service_id", "path", "line_no")
        .group_by("key", "service_id", "kind", "outcome", maintain_order=True)
        .agg(pl.exclude("event_id").first(), ids=pl.col("event_id"))
        .sort("key", "path", "line_no")
    )


def inspects(events: pl.DataFrame) -> list[dict[str, Any]]:
    """One entry per service of each inspect: Spec, PreviousSpec and UpdateStatus joined, by version index."""
    keys = ["source_id", "service_id", "version_index"]
    spec = events.filter(pl.col("kind") == "service.spec")
    previous = (
        events.filter(pl.col("kind") == "service.previous")
        .select(*keys, prev_stamp="stamp", prev_id="event_id")
        .unique(keys, keep="first", maintain_order=True)
    )
    status = (
        events.filter(pl.col("kind") == "service.status")
        .select(*keys, state="outcome", status_attrs="attrs", status_id="event_id")
        .unique(keys, keep="first", maintain_order=True)
    )
    joined = (
        spec.join(previous, on=keys, how="left").join(status, on=keys, how="left").sort("version_index", "path", "line_no", nulls_last=True)
    )
    attr = lambda c, n: pl.col(c).str.json_path_match(f"$.{n}")  # noqa: E731
    return joined.with_columns(
        at_us=pl.coalesce(pl.col("ts_ns") // 1000, pl.col("ts").dt.epoch("us")),
        captured_us=attr("attrs", "captured_ns").cast(pl.Int64, strict=False) // 1000,
        created_us=attr("attrs", "created_ns").cast(pl.Int64, strict=False) // 1000,
        has_previous=attr("attrs", "has_previous"),
        failure_action=attr("attrs", "failure_action"),
        chaos=attr("attrs", "chaos"),
        version=attr("attrs", "version"),
        message=attr("status_attrs", "message"),
        started_us=attr("status_attrs", "started_ns").cast(pl.Int64, strict=False) // 1000,
    ).to_dicts()


def services(events: pl.DataFrame) -> dict[str, Service]:
    """Every service id in evidence with its writes, oldest first; keyed by service id, else by name."""
    found: dict[str, Service] = {}
    for row in service_events(events).to_dicts():
        key = row["service_id"] or row["service"]
        found.setdefault(key, Service(row["service"], row["service_id"])).events.append(row)
    for row in inspects(events):
        key = row["service_id"] or row["service"]
        found.setdefault(key, Service(row["service"], row["service_id"])).inspects.append(row)
    for service in found.values():
        service.writes = _from_events(service) if service.events else _from_inspects(service)
    return found


def _write(service: Service, verb: str, kind: str, lo: int, hi: int, ids: list[str], **more: Any) -> Write:
    name = f"{service.name}@{lo}:{verb}"
    return Write(name, service.name, "", verb, kind, None, lo, hi, lo, hi, service_id=service.id, evidence=list(ids), **more)


def _from_events(service: Service) -> list[Write]:
    writes: list[Write] = []
    created: int | None = None
    for row in service.events:
        at, kind = row["at_us"], row["kind"]
        more = attrs(row["attrs"])
        image = (more.get("image_old"), more.get("image_new"))
        if kind == "service.create":
            created = at
            writes.append(_write(service, "create", "client", at, at, row["ids"]))
        elif kind == "service.remove":
            write = _write(service, "remove", "client", at, at, row["ids"])
            write.value = "absent"
            writes.append(write)
        elif kind == "service.update":
            write = _write(service, "update", "client", at, at, row["ids"], image=image)
            bare = image == (None, None) and "replicas_new" not in more
            if bare and created is not None and at - created <= ALLOCATION_US and len(writes) == 1:
                write.outcome = "allocation"  # unless a deploy claims it
            writes.append(write)
        elif row["outcome"] == "rollback_started":
            writes.append(_rollback(service, writes, row, more, image))
    return writes


def _rollback(service: Service, writes: list[Write], row: dict[str, Any], more: dict[str, Any], image: tuple[Any, Any]) -> Write:
    at = row["at_us"]
    reverted = next((w for w in reversed(writes) if w.verb == "update"), None)
    origin = next((w for w in reversed(writes) if reverted and w.sE < reverted.sE), None)
    write = _write(service, "rollback", "system", at, at, row["ids"], image=image, reverts=reverted, origin=origin)
    write.actor_sure = False
    if more.get("state_old") != "updating":
        write.kind, write.actor_sure = "manual", True
        return write
    had = None
    for seen in service.inspects:
        after = seen["at_us"] is not None and seen["at_us"] >= at
        bound = seen["started_us"] is None or reverted is None or seen["started_us"] >= reverted.sE
        if not after:
            had = seen["has_previous"] == "true" or had
        elif bound and (seen["message"] or "").startswith("manually requested"):
            write.kind, write.actor_sure = "manual", True
            write.evidence += [seen["status_id"]]
            return write
        elif bound and (seen["state"] or "").startswith("rollback"):
            if seen["has_previous"] == "true":
                write.kind, write.actor_sure = "manual", True
            else:
                write.actor_sure = True
            write.evidence += [i for i in (seen["status_id"],) if i]
            return write
    return write


def _from_inspects(service: Service) -> list[Write]:
    """Writes that inspects alone betray: the creation, and reversals of Spec to PreviousSpec."""
    writes: list[Write] = []
    if service.inspects and (created := service.inspects[0]["created_us"]) is not None:
        writes.append(_write(service, "create", "client", created, created, [service.inspects[0]["event_id"]]))
    for i, seen in enumerate(service.inspects):
        state = seen["state"] or ""
        before = next(
            (p for p in reversed(service.inspects[:i]) if p["version_index"] < seen["version_index"] and p["prev_stamp"] is not None), None
        )
        reversal = before is not None and before["prev_stamp"] == seen["stamp"] and before["stamp"] != seen["stamp"]
        if not (reversal or state.startswith("rollback")) or any(
            w.verb == "rollback" and w.eL >= (before or seen)["at_us"] for w in writes
        ):
            continue
        lo = before["at_us"] + 1 if before else (seen["started_us"] or -INF)
        write = _write(
            service,
            "rollback",
            "system",
            lo,
            seen["at_us"],
            [x for x in (before and before["event_id"], before and before["prev_id"], seen["event_id"], seen["status_id"]) if x],
        )
        write.value = seen["stamp"]
        manual = (seen["message"] or "").startswith("manually requested") or (
            state.startswith("rollback") and seen["has_previous"] == "true"
        )
        cleared = seen["has_previous"] != "true"
        write.kind = "manual" if manual else "system"
        write.actor_sure = manual or (cleared and (reversal or state.startswith("rollback")))
        writes.append(write)
    return writes
