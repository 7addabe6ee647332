"""`docker service inspect SERVICE...`: what swarm's record of a service held when somebody looked.

    [ { "ID": "gbmn…", "Version": { "Index": 1966 }, "UpdatedAt": "2026-11-23T08:42:45.996981118Z",
        "Spec": { "Name": "disc_app", "Labels": { "coop-cloud.disc.chaos-version": "a7be5bae+U", … } }, "PreviousSpec": { … },
        "UpdateStatus": { "State": "updating", … } } ]

Written by the docker client, pretty or compact, several services to a document. Three facts of a service, never
merged: what `Spec` holds, what `PreviousSpec` holds (if there is one), what the update state is. Each names the line of its own
field: the label that holds the stamp, else the name; the state.

Clock: the manager's, UTC. `ts` is `UpdatedAt`, 1 to 9 digits: the instant of the last write, equal to the `timeNano` of
the event that told of it. The moment of *capture* is not in the document; where the file is named
`inspect-<why>-<epoch ns>.json` it is in `attrs.captured_ns`. Order inspects by `version_index`.

The stamp is the chaos version where the chaos label says `true` or is missing beside a chaos version, else the
version. Of a document that breaks off, the services before the break are read. Several documents may stand in a file one below the other, with
what a shell says before and between them. Not read: services without an ID or
a name, the rest of the spec.

References:
    https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Service/operation/ServiceInspect
"""

# Samples are quoted as they are, however long.
# ruff: noqa: E501

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import polars as pl

from parsers.record import Fit, Record, Sample
from parsers.records.documents import Document, facts_of_objects
from parsers.records.facts import attrs_text, plain, timed, whole
from parsers.records.instants import epoch_ns_of
from parsers.records.json_walk import Inside, Lines, Member, inner, under, value_of
from parsers.records.sight import begins_with_json

_LABEL = re.compile(r"coop-cloud\.(?P<stack>.+)\.(?P<field>version|chaos|chaos-version|recipe)")
_CAPTURED = re.compile(r"(?:^|/)inspect-[^/]*?-(\d{16,19})\.json$")
_INSIDE: Inside = {"Spec": {"Labels": {}}, "PreviousSpec": {"Labels": {}}, "UpdateStatus": {}}


def _fits(path: str, head: bytes) -> Fit:
    if not begins_with_json(head, in_array=True, headed=True):
        return Fit(0.0, "no JSON object or array of objects")
    missing = [key for key in ('"ID"', '"Spec"', '"Name"', '"Version"', '"TaskTemplate"') if key.encode() not in head]
    if not missing:
        return Fit(0.95, "JSON with a service's ID, Version and Spec, as docker service inspect prints")
    return Fit(0.0 if len(missing) > 2 else 0.5, f"JSON, but without {', '.join(missing)}")


def _parse(batch: pl.DataFrame) -> pl.DataFrame:
    return facts_of_objects(batch, _of_service, _INSIDE).with_columns(timed(pl.col("ts_ns")))


def _of_service(doc: Document, lines: Lines, top: dict[str, Member]) -> Iterator[dict[str, Any]]:
    captured = _CAPTURED.search(doc.path)
    captured_ns = int(captured[1]) if captured else None
    spec = _Spec(top.get("Spec"))
    service_id = plain(top["ID"].value) if "ID" in top else None
    if service_id is None or spec.name is None:
        return
    updated_ns = epoch_ns_of(value_of(top, "UpdatedAt"))
    base = {
        "source": doc.source,
        "service": spec.name,
        "service_id": service_id,
        "version_index": whole(under(value_of(top, "Version"), "Index")),
        "ts_ns": updated_ns,
        "clock_kind": "none" if updated_ns is None else "stated",
    }
    previous = _Spec(top.get("PreviousSpec"))
    created = value_of(top, "CreatedAt")
    yield (
        base
        | spec.columns(lines)
        | {
            "recipe": spec.recipe,
            "kind": "service.spec",
            "attrs": attrs_text(
                spec.told()
                | spec.settings()
                | {
                    "created_at": plain(created),
                    "created_ns": epoch_ns_of(created),
                    "captured_ns": captured_ns,
                    "has_previous": previous.present,
                }
            ),
        }
    )
    if previous.present:
        yield (
            base
            | {"service": previous.name or spec.name}
            | previous.columns(lines)
            | {"kind": "service.previous", "attrs": attrs_text(previous.told() | {"captured_ns": captured_ns})}
        )
    yield from _status(inner(top.get("UpdateStatus")), base | {"stack": spec.stack}, lines, captured_ns)


def _status(at: dict[str, Member], base: dict[str, Any], lines: Lines, captured_ns: int | None) -> Iterator[dict[str, Any]]:
    state = plain(value_of(at, "State"))
    if not state:
        return
    line = lines.at(at["State"].at)
    started, completed = value_of(at, "StartedAt"), value_of(at, "CompletedAt")
    told = {
        "started_at": plain(started),
        "started_ns": epoch_ns_of(started),
        "completed_at": plain(completed),
        "completed_ns": epoch_ns_of(completed),
        "message": plain(value_of(at, "Message")),
    }
    yield base | {
        "kind": "service.status",
        "line_no": line,
        "line_last": line,
        "outcome": state,
        "attrs": attrs_text(told | {"captured_ns": captured_ns}),
    }


class _Spec:
    """One spec: its labels with their places."""

    def __init__(self, spec: Member | None) -> None:
        self.present = spec is not None and isinstance(spec.value, dict)
        self._at = spec.at if spec else 0
        self._spec: dict[str, Any] = spec.value if spec is not None and self.present else {}
        top = inner(spec)
        self._name_at = top["Name"].at if "Name" in top else self._at
        self.name = plain(under(self._spec, "Name"))
        labels = inner(top.get("Labels"))
        namespace = plain(value_of(labels, "com.docker.stack.namespace"))
        own: dict[str, Member] = {}
        stacks: list[str] = []
        for key, member in labels.items():
            label = _LABEL.fullmatch(key)
            if label and (namespace is None or label["stack"] == namespace or f"coop-cloud.{namespace}.{label['field']}" not in labels):
                own.setdefault(label["field"], member)
                stacks.append(label["stack"])
        self._labels = own
        self.stack = namespace if namespace is not None else plain(stacks[0]) if len(set(stacks)) == 1 else None
        self.recipe = self._label("recipe")

    def _label(self, field: str) -> str | None:
        return plain(self._labels[field].value) if field in self._labels else None

    def columns(self, lines: Lines) -> dict[str, Any]:
        """Subject, stamp and the line of the label that holds it."""
        chaotic = "chaos-version" in self._labels and self._label("chaos") in (None, "true")
        unknown = not chaotic and self._label("chaos") == "true"  # said to be chaos, without saying which
        stamp = self._label("chaos-version") if chaotic else None if unknown else self._label("version")
        fields = ("chaos-version", "version") if chaotic or unknown else ("version", "chaos-version")
        member = next((self._labels[field] for field in fields if field in self._labels), None)
        line = lines.at(member.at if member else self._name_at)
        return {"line_no": line, "line_last": line, "stack": self.stack, "stamp": stamp}

    def told(self) -> dict[str, Any]:
        """What else labels and image say."""
        return {
            "version": self._label("version"),
            "chaos": self._label("chaos"),
            "image": plain(under(self._spec, "TaskTemplate", "ContainerSpec", "Image")),
        }

    def settings(self) -> dict[str, Any]:
        """How swarm is told to update."""
        update = under(self._spec, "UpdateConfig")
        ratio = under(update, "MaxFailureRatio")
        return {
            "failure_action": plain(under(update, "FailureAction")),
            "order": plain(under(update, "Order")),
            "monitor_ns": whole(under(update, "Monitor")),
            "parallelism": whole(under(update, "Parallelism")),
            "max_failure_ratio": ratio
            if isinstance(ratio, int | float) and not isinstance(ratio, bool) and abs(ratio) < float("inf")
            else None,
            "force_update": whole(under(self._spec, "TaskTemplate", "ForceUpdate")),
        }


_NS, _TREE = "disc-69811c_ci_example_org", "runs/dstamp-repro4/inspect-post-redeploy-1795423366040871968.json"
_DOC = """[
    {
        "ID": "gbmnq099w24s0ws5c08n97tjl",
        "Version": {
            "Index": 1966
        },
        "CreatedAt": "2026-11-23T08:42:40.349741494Z",
        "UpdatedAt": "2026-11-23T08:42:45.99698111Z",
        "Spec": {
            "Name": "NS_app",
            "Labels": {
                "com.docker.stack.namespace": "NS",
                "coop-cloud.NS.chaos": "true",
                "coop-cloud.NS.chaos-version": "a7be5bae+U",
                "coop-cloud.NS.recipe": "discourse",
                "coop-cloud.NS.version": "0.9.0+3.5.0"
            },
            "TaskTemplate": {"ContainerSpec": {"Image": "labimage:2"}, "ForceUpdate": 0},
            "UpdateConfig": {"Parallelism": 1, "FailureAction": "rollback", "Monitor": 5000000000, "MaxFailureRatio": 0, "Order": "start-first"}
        },
        "PreviousSpec": {
            "Name": "NS_app",
            "Labels": {
                "com.docker.stack.namespace": "NS",
                "coop-cloud.NS.chaos": "false",
                "coop-cloud.NS.version": "0.7.0+3.3.1"
            }
        },
        "UpdateStatus": {
            "State": "updating",
            "StartedAt": "2026-11-23T08:42:45.996974679Z",
            "Message": "update in progress"
        }
    }
]
""".replace("NS", _NS)
_SPEC = {
    "kind": "service.spec",
    "stack": _NS,
    "service": f"{_NS}_app",
    "service_id": "gbmnq099w24s0ws5c08n97tjl",
    "recipe": "discourse",
    "stamp": "a7be5bae+U",
    "version_index": 1966,
    "ts_ns": 1795423365996981110,
}
_SAMPLE_ATTRS = {
    "version": "0.9.0+3.5.0",
    "chaos": "true",
    "image": "labimage:2",
    "captured_ns": 1795423366040871968,
    "has_previous": True,
    "failure_action": "rollback",
    "monitor_ns": 5000000000,
    "order": "start-first",
}

DOCKER_INSPECT = Record(
    name="docker_inspect",
    version=3,
    kinds=("service.spec", "service.previous", "service.status", "document"),
    references=("https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Service/operation/ServiceInspect",),
    scope="document",
    fits=_fits,
    parse=_parse,
    clock="docker",
    samples=(
        Sample(
            _DOC,
            [
                _SPEC | {"line_no": 14, "attrs": _SAMPLE_ATTRS},
                {"kind": "service.previous", "stamp": "0.7.0+3.3.1", "line_no": 26, "version_index": 1966, "attrs": {"chaos": "false"}},
                {
                    "kind": "service.status",
                    "outcome": "updating",
                    "line_no": 30,
                    "attrs": {"started_ns": 1795423365996974679, "message": "update in progress"},
                },
            ],
            _TREE,
        ),
        Sample(
            "".join(part.strip() for part in _DOC.splitlines()),
            [{"kind": "service.previous", "line_no": 1}, _SPEC | {"line_no": 1}, {"kind": "service.status", "line_no": 1}],
            "inspect.json",
        ),
        Sample(
            '[{"ID":"x","Spec":{"Name":"s"}},{"ID":"y","Spec":{"Na',
            [{"kind": "service.spec", "service": "s", "stamp": None, "ts_ns": None, "clock_kind": "none"}],
            synthetic=True,
        ),
        Sample('[{"ID":"x","Spec":{"Labels":{}},"Name":7}]', None, synthetic=True),
        Sample("[]\n", None, synthetic=True),
        Sample(_DOC[:400], None, synthetic=True),
    ),
)
