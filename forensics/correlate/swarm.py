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
from forensics.correlate.windows import Windows

ALLOCATION_US = 1_000_000  # an endpoint is allocated within a second of the creation


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


def services(events: pl.DataFrame, windows: Windows) -> dict[str, Service]:
    """Every service id in evidence with its writes, oldest first; keyed by service id, else by name.

    `windows` say where swarm's events are complete: across a hole, the write before a rollback is not the one that it reverts.
    """
    found: dict[str, Service] = {}
    for row in service_events(events).to_dicts():
        key = row["service_id"] or row["service"]
        found.setdefault(key, Service(row["service"], row["service_id"])).events.append(row)
    for row in inspects(events):
        key = row["service_id"] or row["service"]
        found.setdefault(key, Service(row["service"], row["service_id"])).inspects.append(row)
    for service in found.values():
        service.writes = _writes(service, windows)
    return found


def _write(service: Service, verb: str, kind: str, lo: int, hi: int, ids: list[str], **more: Any) -> Write:
    name = f"{service.name}@{lo}:{verb}"
    return Write(name, service.name, "", verb, kind, None, lo, hi, lo, hi, service_id=service.id, evidence=list(ids), **more)


def _writes(service: Service, windows: Windows) -> list[Write]:
    """One write per change, in order, with the two specs that the managers keep: what stands, and what a rollback would put back.

    Events tell each change at its instant; a reversal that only inspects show stands among them at the latest instant that it can have.
    """
    told = [(row["at_us"], 0, row) for row in service.events]
    shown = [(w.eL, 1, w) for w in _reversals(service) if not _is_told(service, w)]
    writes = [] if service.events else _created(service)
    stands: Write | None = None
    previous: Write | None = None
    last: int | None = None
    for at, _first, what in sorted(told + shown, key=lambda t: t[:2]):
        if last is not None and windows and not windows.cover(last, at):
            stands, previous = None, None
        last = at
        write = what if isinstance(what, Write) else _of_event(service, what, writes)
        if write is None:
            continue
        writes.append(write)
        if write.verb == "create":
            stands, previous = write, None
        elif write.verb == "update" and write.outcome != "allocation":
            stands, previous = write, stands
        elif write.verb == "rollback":
            write.reverts, write.origin = stands, previous
            if not isinstance(what, Write):
                _judge_actor(write, service, attrs(what["attrs"]))
            stands, previous = previous, None if write.kind == "system" and write.actor_sure else stands
    return writes


def _of_event(service: Service, row: dict[str, Any], before: list[Write]) -> Write | None:
    """The write that an event tells; None where it changed no register."""
    at, kind, more = row["at_us"], row["kind"], attrs(row["attrs"])
    image = (more.get("image_old"), more.get("image_new"))
    if kind == "service.create":
        return _write(service, "create", "client", at, at, row["ids"])
    if kind == "service.remove":
        write = _write(service, "remove", "client", at, at, row["ids"])
        write.value = "absent"
        return write
    if kind == "service.update":
        write = _write(service, "update", "client", at, at, row["ids"], image=image)
        bare = image == (None, None) and "replicas_new" not in more
        first = len(before) == 1 and before[0].verb == "create"
        if bare and first and at - before[0].sE <= ALLOCATION_US:
            write.outcome = "allocation"  # unless a deploy claims it
        return write
    if row["outcome"] == "rollback_started":
        return _write(service, "rollback", "system", at, at, row["ids"], image=image)
    return None


def _judge_actor(write: Write, service: Service, more: dict[str, Any]) -> None:
    """Who asked for a rollback: the state that it came from, or what inspects after it say; else that stays open.

    An automatic rollback keeps the StartedAt of the update that it reverts, a manual one has its own: later than the one, no later than the other.
    """
    at, update = write.sE, write.reverts
    write.actor_sure = False
    if more.get("state_old") != "updating":
        write.kind, write.actor_sure = "manual", True
        return
    for seen in service.inspects:
        started = seen["started_us"]
        bound = started is None or update is None or update.sE <= started <= at
        if seen["at_us"] is None or seen["at_us"] < at or not bound or not (seen["state"] or "").startswith("rollback"):
            continue
        if (seen["message"] or "").startswith("manually requested") or seen["has_previous"] == "true":
            write.kind = "manual"
        write.actor_sure = True
        write.evidence += [seen["status_id"]] if seen["status_id"] else []
        return


def _is_told(service: Service, shown: Write) -> bool:
    """Whether an event tells the rollback that inspects show."""
    return any(shown.sE <= e["at_us"] <= shown.eL and e["outcome"] == "rollback_started" for e in service.events)


def _created(service: Service) -> list[Write]:
    """The creation, as inspects date it."""
    created = next((s["created_us"] for s in service.inspects if s["created_us"] is not None), None)
    return [] if created is None else [_write(service, "create", "client", created, created, [service.inspects[0]["event_id"]])]


def _reversals(service: Service) -> list[Write]:
    """The rollbacks that inspects alone betray.

    The update state says rollback until the next client's update; or Spec went back to PreviousSpec, and PreviousSpec is gone. A PreviousSpec
    that is there under any other state was left by a client's update: that somebody put the old value back by deploying it is no rollback.
    """
    found: list[Write] = []
    for i, seen in enumerate(service.inspects):
        state, kept = seen["state"] or "", seen["has_previous"] == "true"
        before = next(
            (p for p in reversed(service.inspects[:i]) if p["version_index"] < seen["version_index"] and p["prev_stamp"] is not None), None
        )
        cleared = before is not None and before["prev_stamp"] == seen["stamp"] and before["stamp"] != seen["stamp"] and not kept
        if not (cleared or state.startswith("rollback")) or seen["at_us"] is None or any(w.eL >= (before or seen)["at_us"] for w in found):
            continue
        lo = max((before["at_us"] + 1) if before else -INF, seen["started_us"] if seen["started_us"] is not None else -INF)
        ids = [before and before["event_id"], before and before["prev_id"], seen["event_id"], seen["status_id"]]
        write = _write(service, "rollback", "system", min(lo, seen["at_us"]), seen["at_us"], [x for x in ids if x])
        write.value = seen["stamp"]
        if kept or (seen["message"] or "").startswith("manually requested"):
            write.kind = "manual"
        found.append(write)
    return found
