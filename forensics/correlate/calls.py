"""Calls of the deploy tool, and which services each one must, may or might have written.

A service's announcement comes before the request: it is an intent. The next line of the tool implies that the request
returned well, so that an announced service was surely written if the call went on or ended well; if it stopped right
there, it may have been. A request that the engine refused wrote nothing (`update out of sequence`). A call that
announced nothing and came to no end might have written: its last lines may be lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from forensics.correlate.model import Deploy, Write

MUST, MAY, MIGHT = 1_000_000, 1, 0  # what it weighs that a call owns an event: more of the lighter never outweigh the heavier
REFUSED = "out-of-sequence"  # wrote nothing
ENGINE = ("engine-error",)  # refused, or taken and not answered
WROTE_ALL = ("timeout",)  # gave up waiting: every service had been written


@dataclass(frozen=True)
class Ask:
    """One service that one call may have written. Positions are rows of the run's log; None where it does not tell."""

    deploy: Deploy
    register: str
    weight: int
    verb: str | None = None  # create, update, remove; None: whichever
    service_id: str | None = None
    start_at: int | None = None
    said_at: int | None = None
    next_at: int | None = None
    until: int | None = None  # of a call that was cut short before it told anything: its last write is no later

    def fits(self, write: Write) -> bool:
        """Whether the call can have made this write at all, time aside."""
        if write.verb == "rollback" or write.register != self.register:
            return False
        if self.verb is None:
            return write.verb in ("create", "update") and write.outcome != "allocation"
        if write.outcome == "allocation" and self.verb != "update":
            return False
        return self.verb == write.verb and (self.service_id is None or write.service_id is None or self.service_id == write.service_id)


def deploy_of(row: dict[str, Any]) -> Deploy:
    """A call as the projection tells it; its bounds come later."""
    value = row["taken"]
    if value is None and row["verb"] == "deploy" and row["asked"] and not row["chaos"]:
        value = row["asked"]
    deploy = Deploy(f"{row['run']}/{row['n']}", row["run"], row["n"], row["verb"], row["stack"], row, value)
    deploy.outcome = row["outcome"] or "info"
    deploy.ended = row["end_at"] is not None
    if deploy.verb == "undeploy":
        deploy.value = "absent"
    return deploy


def announced(deploy: Deploy) -> list[tuple[str, str | None, str | None, int | None]]:
    """What a call announced of services, in order: service, its id, the verb, the row of the log that says so."""
    row = deploy.row
    at = row["intent_at"] if row["source_id"] is not None and row["intent_at"] else [None] * len(row["services"])
    if len(at) != len(row["services"]):
        at = [None] * len(row["services"])
    told = zip(row["services"], row["service_ids"], row["intents"], row["objects"], at, strict=True)
    return [(s, i, v, n) for s, i, v, o, n in told if o != "network" and s]


def asks(deploy: Deploy, registers: Iterable[str]) -> list[Ask]:
    """The services that one call may have written; `registers` are all that are known of its stack."""
    row = deploy.row
    if deploy.stack is None:
        return []
    inside = row["source_id"] is not None
    start = row["start_at"] if inside else None
    end = row["end_at"] if inside else None
    if deploy.verb == "undeploy":
        return [Ask(deploy, r, MAY, "remove", None, start, start, end) for r in registers]
    told, error = announced(deploy), row["error_kind"]
    if not told:
        if error is not None and error not in (*WROTE_ALL, *ENGINE):
            return []  # it stopped before it wrote
        weight = MAY if deploy.outcome == "ok" or error in WROTE_ALL else MIGHT
        return [Ask(deploy, r, weight, None, None, start, None, end) for r in registers]
    made = []
    for k, (service, service_id, verb, at) in enumerate(told):
        last = k == len(told) - 1
        if last and error == REFUSED:
            continue
        went_on = not last or deploy.outcome == "ok" or error in WROTE_ALL
        weight = MUST if went_on else MIGHT if error in ENGINE else MAY
        after = None if at is None else at + 1
        word = {"creat": "create", "updat": "update"}.get((verb or "")[:5])
        made.append(Ask(deploy, service, weight, word, service_id, start, at, after if after is not None else end))
    return made
