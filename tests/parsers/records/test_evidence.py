"""Captured evidence gives as many events as a plain reading of its bytes counts."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from reading import DATA, read_all

from parsers import engine
from parsers.records import RECORDS

ROOTS = sorted(DATA.glob("*/evidence"))
BY_NAME = {record.name: record for record in RECORDS}
FORMAT_OF = {
    r"/logs/": "git_reflog",
    r"/git/(HEAD|FETCH_HEAD|packed-refs|refs/.*)$": "git_refs",
    r"/log\.txt$": "git_log",
    r"docker-events\.ndjson$": "docker_events_json",
    r"docker-events\.txt$": "docker_events_text",
    r"dockerd\.log$": "dockerd",
    r"/inspect-.*\.json$": "docker_inspect",
    r"/results\.json$": "results_json",
    r"\.env$": "env_file",
}


def expected_format(path: str) -> str | None:
    return next((name for pattern, name in FORMAT_OF.items() if re.search(pattern, path)), None)


def kinds_of_json_event(line: str) -> str:
    event = json.loads(line)
    attributes, action = event["Actor"]["Attributes"], event["Action"].split(":")[0]
    if event["Type"] == "service":
        return "service.state" if "updatestate.new" in attributes else f"service.{action}"
    if event["Type"] == "container":
        action = {"health_status": "health"}.get(action, action)
        of_task = "com.docker.swarm.task.id" in attributes and action in ("start", "die", "oom", "kill", "health")
        return f"task.{action}" if of_task else "container.event"
    return "node.state" if event["Type"] == "node" else "object.event"


def expected_kinds(name: str, path: str, text: str) -> Counter[str]:
    rows = text.splitlines()
    match name:
        case "git_reflog":
            return Counter({"head.move": len(rows)})
        case "git_log":
            return Counter({"git.commit": len(rows)})
        case "git_refs":
            own = sum(1 for row in rows if row[:1] not in ("#", "^"))
            return Counter({"head.value" if path.endswith("git/HEAD") else "ref.value": own})
        case "docker_events_json":
            return Counter(map(kinds_of_json_event, rows))
        case "docker_events_text":
            return Counter("service.state" if "updatestate.new=" in row else f"service.{row.split()[2]}" for row in rows)
        case "docker_inspect":
            services = json.loads(text)
            parts = {
                "service.spec": len(services),
                "service.previous": sum(bool(s.get("PreviousSpec")) for s in services),
                "service.status": sum(bool(s.get("UpdateStatus")) for s in services),
            }
            return Counter({kind: n for kind, n in parts.items() if n} | {"document": 1})
        case "dockerd":
            return Counter(
                "task.error" if "fatal task error" in row else "infra.fault"
                for row in rows
                if re.search("fatal task error|key modified|remove failed", row)
            )
        case "results_json":
            return Counter({"run.result": 1, "document": 1})
        case _:
            return Counter({"env.value": sum("=" in row for row in rows)})


@pytest.mark.parametrize("root", ROOTS, ids=lambda root: root.parent.name)
def test_every_file_is_recognised_and_every_fact_found(root: Path) -> None:
    contents: dict[str, list[tuple[str, bytes]]] = {}
    for file in sorted(f for f in root.rglob("*") if f.is_file()):
        path, content = file.relative_to(root).as_posix(), file.read_bytes()
        choice = engine.choose(path, content[:65_536])
        assert (choice.name if choice.kind == "record" else None) == expected_format("/" + path), path
        if choice.kind == "record":
            contents.setdefault(choice.name, []).append((path, content))

    assert set(contents) == set(FORMAT_OF.values())
    for name, found in contents.items():
        events, counts = read_all(BY_NAME[name], found)
        for path, content in found:
            got = Counter(events.filter(pl.col("path") == path)["kind"].to_list())
            assert got == expected_kinds(name, path, content.decode()), path
        assert counts["lines"].sum() == sum(content.count(b"\n") + (not content.endswith(b"\n")) for _, content in found)


@pytest.mark.parametrize("root", ROOTS, ids=lambda root: root.parent.name)
def test_text_and_json_tell_the_same_service_events(root: Path) -> None:
    told = ["kind", "ts_ns", "ts", "service", "service_id", "outcome", "attrs"]
    text, _ = read_all(BY_NAME["docker_events_text"], [("a", (root / "docker-events.txt").read_bytes())])
    json_, _ = read_all(BY_NAME["docker_events_json"], [("b", (root / "docker-events.ndjson").read_bytes())])

    services = json_.filter(pl.col("kind").str.starts_with("service."))
    assert len(text) > 0
    assert (
        text.select(told).sort("ts_ns").equals(services.select(told).sort("ts_ns").filter(pl.col("ts_ns").is_in(text["ts_ns"].implode())))
    )


@pytest.mark.parametrize("root", ROOTS, ids=lambda root: root.parent.name)
def test_an_inspect_is_anchored_by_the_event_of_its_last_write(root: Path) -> None:
    inspects = [(f.name, f.read_bytes()) for f in sorted(root.rglob("inspect-*.json"))]
    specs, _ = read_all(BY_NAME["docker_inspect"], inspects)
    events, _ = read_all(BY_NAME["docker_events_json"], [("b", (root / "docker-events.ndjson").read_bytes())])

    assert set(specs["ts_ns"].drop_nulls()) <= set(events.filter(pl.col("kind").str.starts_with("service."))["ts_ns"])


@pytest.mark.parametrize("root", ROOTS, ids=lambda root: root.parent.name)
def test_the_line_of_a_stamp_holds_the_stamp(root: Path) -> None:
    inspects = [(f.as_posix(), f.read_bytes()) for f in sorted(root.rglob("inspect-*.json"))]
    events, _ = read_all(BY_NAME["docker_inspect"], inspects)

    for path, content in inspects:
        lines = content.decode().split("\n")
        for event in events.filter(pl.col("path") == path, pl.col("kind") != "document").to_dicts():
            line = lines[event["line_no"] - 1]
            assert (event["stamp"] or event["outcome"] or event["service"]) in line
            assert content[event["offset"] :][: event["length"]].decode().rstrip("\n") == line
