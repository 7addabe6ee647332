"""`docker inspect TASK...`: a task of a service, with the instant of its state.

    [ { "ID": "r8m1…", "Version": { "Index": 1970 }, "Spec": { "ContainerSpec": { "Image": "labimage:2" }, … }, "ServiceID": "gbmn…", "Slot": 1, "NodeID": "0ewk…",
        "Status": { "Timestamp": "2026-11-23T08:42:46.63Z", "State": "failed", "Message": "started", "Err": "task: non-zero exit (137)",
                    "ContainerStatus": { "ContainerID": "5702…", "PID": 0, "ExitCode": 137 } }, "DesiredState": "shutdown" } ]

Written by the docker client, several tasks to a document. Clock: the manager's, UTC: `ts` is `Status.Timestamp`, when the task came into this
state. It is what `docker service ps` tells only relatively. The service's name is not in it, only its id. Not read: the rest of the spec,
networks, a task without an id or a state.

References:
    https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Task/operation/TaskInspect
"""

# Samples are quoted as they are, however long.
# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from parsers.record import Fit, Record, Sample
from parsers.records.documents import Document, facts_of_objects
from parsers.records.facts import attrs_text, plain, timed, whole
from parsers.records.instants import epoch_ns_of
from parsers.records.json_walk import Inside, Lines, Member, inner, under
from parsers.records.sight import begins_with_json

_INSIDE: Inside = {"Status": {}}
_KEYS = (b'"ServiceID"', b'"DesiredState"', b'"Status"', b'"ID"')


def _fits(path: str, head: bytes) -> Fit:
    if not begins_with_json(head, in_array=True, headed=True):
        return Fit(0.0, "no JSON object or array of objects")
    missing = [key.decode() for key in _KEYS if key not in head]
    if missing or b'"CurrentState"' in head:
        return Fit(0.0, f"JSON, but no task's: without {', '.join(missing) or 'an instant'}")
    return Fit(0.95, "JSON with a task's ServiceID, Status and DesiredState, as docker inspect prints")


def _parse(batch: pl.DataFrame) -> pl.DataFrame:
    return facts_of_objects(batch, _of_task, _INSIDE).with_columns(timed(pl.col("ts_ns")))


def _of_task(doc: Document, lines: Lines, top: dict[str, Member]) -> Iterator[dict[str, Any]]:
    task = {key: member.value for key, member in top.items()}
    at = inner(top.get("Status"))
    state, task_id = plain(at["State"].value) if "State" in at else None, plain(task.get("ID"))
    if not state or not task_id:
        return
    line = lines.at(at["State"].at)
    ns = epoch_ns_of(under(task, "Status", "Timestamp"))
    container = under(task, "Status", "ContainerStatus")
    told = {
        "task_id": task_id,
        "desired": plain(task.get("DesiredState")),
        "error": plain(under(task, "Status", "Err")),
        "message": plain(under(task, "Status", "Message")),
        "image": plain(under(task, "Spec", "ContainerSpec", "Image")),
        "node": plain(task.get("NodeID")),
        "exit_code": whole(under(container, "ExitCode")),
        "container_id": plain(under(container, "ContainerID")),
    }
    yield {
        "source": doc.source,
        "kind": "task.state",
        "line_no": line,
        "line_last": line,
        "service_id": plain(task.get("ServiceID")),
        "version_index": whole(under(task, "Version", "Index")),
        "ts_ns": ns,
        "clock_kind": "none" if ns is None else "stated",
        "outcome": state,
        "attrs": attrs_text(told),
    }


_DOC = """[
    {
        "ID": "r8m1brupx193691kpl2n0utdv",
        "Version": {
            "Index": 1970
        },
        "CreatedAt": "2026-11-23T08:42:46.001Z",
        "Spec": {
            "ContainerSpec": {
                "Image": "labimage:2"
            },
            "ForceUpdate": 0
        },
        "ServiceID": "gbmnq099w24s0ws5c08n97tjl",
        "Slot": 1,
        "NodeID": "0ewkpkxcblbp2qoadaalb3bex",
        "Status": {
            "Timestamp": "2026-11-23T08:42:46.634936704Z",
            "State": "failed",
            "Message": "started",
            "Err": "task: non-zero exit (137)",
            "ContainerStatus": {
                "ContainerID": "5702",
                "PID": 0,
                "ExitCode": 137
            }
        },
        "DesiredState": "shutdown"
    }
]
"""

DOCKER_TASKS = Record(
    name="docker_tasks",
    version=2,
    kinds=("task.state", "document"),
    references=("https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Task/operation/TaskInspect",),
    scope="document",
    fits=_fits,
    parse=_parse,
    clock="docker",
    samples=(
        Sample(
            _DOC,
            [
                {
                    "kind": "task.state",
                    "line_no": 19,
                    "ts_ns": 1795423366634936704,
                    "service_id": "gbmnq099w24s0ws5c08n97tjl",
                    "version_index": 1970,
                    "outcome": "failed",
                    "attrs": {
                        "task_id": "r8m1brupx193691kpl2n0utdv",
                        "exit_code": 137,
                        "desired": "shutdown",
                        "error": "task: non-zero exit (137)",
                    },
                }
            ],
            synthetic=True,
        ),
        Sample('[{"ID":"t","ServiceID":"s","Status":{"State":7},"DesiredState":"running"}]', None, synthetic=True),
        Sample(_DOC[:300], None, synthetic=True),
    ),
)
