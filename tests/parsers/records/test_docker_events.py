from __future__ import annotations

import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import DATA, SAMPLES, picked, read, read_all

from parsers.records import docker_event_facts, docker_events_json
from parsers.records.docker_events_json import DOCKER_EVENTS_ARRAY, DOCKER_EVENTS_JSON
from parsers.records.docker_events_text import DOCKER_EVENTS_TEXT

REAL = (DATA / "dstamp/evidence/docker-events.ndjson").read_bytes()
TOLD = ("kind", "ts_ns", "stack", "service", "service_id", "outcome", "host", "attrs")
NAMES = st.text(st.characters(blacklist_categories=("Cs",)), max_size=12)


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("json_seq.ndjson", DOCKER_EVENTS_JSON),
        ("reordered.ndjson", DOCKER_EVENTS_JSON),
        ("array_by_line.json", DOCKER_EVENTS_JSON),
        ("pretty_array.json", DOCKER_EVENTS_ARRAY),
    ],
)
def test_an_event_says_the_same_however_it_is_spelled(name: str, record: object) -> None:
    content = (SAMPLES / "docker_events_json" / name).read_bytes()

    events = read(record, content)

    assert picked(events, *TOLD) == picked(read(DOCKER_EVENTS_JSON, REAL), *TOLD)[:12]
    assert all(json.loads(content[e["offset"] :][: e["length"]].strip(b"\x1e,[] \n")) for e in events if e["line_no"] == e["line_last"])


TEXTS = st.sampled_from(["", ",", ":", "{", "}", "},", '"', "\\", '","', '":"', "name", "image", "a,b", "é", "\u2028"])


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=5), st.sampled_from([None, "local", ","]))
@settings(max_examples=150, deadline=None)
def test_attributes_are_those_of_the_json_and_of_a_name_given_twice_the_first_counts(
    pairs: list[tuple[str, str]], scope: str | None
) -> None:
    said = ",".join(f"{json.dumps(key)}:{json.dumps(value)}" for key, value in pairs)
    tail = f',"scope":{json.dumps(scope)}' if scope else ""
    line = f'{{"Type":"volume","Action":"mount","Actor":{{"ID":"x","Attributes":{{{said}}}}}{tail},"time":1795423366,"timeNano":1795423366546552331}}'

    (event,) = read(DOCKER_EVENTS_JSON, f"{line}\n")

    name = dict(reversed(pairs)).get("name")
    wanted = {"type": "volume", "action": "mount", "id": "x", "name": name, "scope": scope}
    assert event["attrs"] == {key: value for key, value in wanted.items() if value is not None}


@given(
    name=NAMES, image=NAMES, label=NAMES, action=st.sampled_from(("create", 'exec_create: sh -c "a\\b" & <c>', "health_status: healthy"))
)
@settings(max_examples=40)
def test_own_and_loose_spelling_agree_on_any_value(name: str, image: str, label: str, action: str) -> None:
    attributes = {"a.label": label, "image": image, "name": name, "z.label": '","name":"' + label}
    event = {
        "Type": "container",
        "Action": action,
        "Actor": {"ID": "x", "Attributes": attributes},
        "scope": "local",
        "time": 1,
        "timeNano": 1795423366546552331,
    }
    own = json.dumps(event, separators=(",", ":"))
    loose = json.dumps(dict(reversed(event.items())), ensure_ascii=False)

    first, second = read(DOCKER_EVENTS_JSON, f"{own}\n{loose}\n")

    assert first["attrs"] == second["attrs"] == {"action": action, "container_id": "x", "image": image, "name": name}
    assert first["ts_ns"] == second["ts_ns"] == 1795423366546552331


EXEC = {"execID": "6f97679a7b55dce93b2d9dc60a618b9bf1d47d296768ba43e2438e44e696de0d"}
KEYS = st.sampled_from((*docker_event_facts.ATTRIBUTES, "a", 'x"execID', "time", "Attributes", "z,{"))
SAID = st.fixed_dictionaries(
    {
        "Type": st.sampled_from(("container", "container", "service", "node", "network")),
        "Action": st.sampled_from(("create", "update", "die", "kill", "exec_die", 'exec_start: sh -c "a" \\', "health_status: healthy")),
        "Actor": st.fixed_dictionaries(
            {"ID": st.sampled_from(("x", "y", 'q"\\')), "Attributes": st.dictionaries(KEYS, NAMES, max_size=4) | st.just(EXEC)}
        ),
        "scope": st.sampled_from(("local", "swarm")),
        "time": st.just(1795423366),
        "timeNano": st.integers(10**18, 2 * 10**18),
    }
)


@given(said=st.lists(SAID, min_size=1, max_size=6), again=st.integers(1, 3))
@settings(max_examples=25)
def test_what_is_said_again_in_any_spelling_gives_the_same_facts(said: list[dict], again: int) -> None:
    said = [event | {"timeNano": event["timeNano"] + n} for n in range(again) for event in said]
    own = [json.dumps(event, separators=(",", ":")) for event in said]
    other = {
        "as UTF-8": [json.dumps(event, separators=(",", ":"), ensure_ascii=False) for event in said],
        "in an array": [f"{line}," for line in own],
        "sorted and spaced": [json.dumps(event, sort_keys=True) for event in said],
        "turned round": [json.dumps(dict(reversed(event.items())), separators=(",", ":")) for event in said],
    }

    told = picked(read(DOCKER_EVENTS_JSON, "\n".join(own)), "line_no", *TOLD)

    assert len(told) == sum(event["Type"] != "service" or event["Action"] in ("create", "update") for event in said)
    for spelling, lines in other.items():
        assert picked(read(DOCKER_EVENTS_JSON, "\n".join(lines)), "line_no", *TOLD) == told, spelling


@pytest.mark.parametrize("spoilt", ["{", '"', ',"a":7', '"execID":""'])
@given(data=st.data())
@settings(max_examples=20)
def test_a_line_that_is_no_json_gives_no_fact_wherever_it_is_broken(spoilt: str, data: st.DataObject) -> None:
    event = json.dumps(json.loads(REAL.splitlines()[40]), separators=(",", ":"))
    at = data.draw(st.integers(1, len(event) - 1))
    line = event[:at] + spoilt + event[at:]
    try:
        json.loads(line)
        whole = True
    except ValueError:
        whole = False

    lines = picked(read(DOCKER_EVENTS_JSON, f"{event}\n{line}\n{event}\n"), "line_no")

    assert whole or lines == [(1,), (3,)]


def test_many_lines_give_the_same_as_few(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, _ = read_all(DOCKER_EVENTS_JSON, [("x", REAL)])
    monkeypatch.setattr(docker_events_json, "_SLICE", 7)

    sliced, _ = read_all(DOCKER_EVENTS_JSON, [("x", REAL)])

    assert sliced.equals(whole)


def test_a_rollback_is_a_state_that_carries_the_swapped_images() -> None:
    states = [e for e in read(DOCKER_EVENTS_JSON, REAL) if e["kind"] == "service.state" and e["outcome"].startswith("rollback")]

    assert picked(states, "outcome", ".state_old", ".image_old", ".image_new") == [
        ("rollback_started", "updating", "labimage:2", "labimage:1"),
        ("rollback_completed", "rollback_started", None, None),
    ]
    assert picked(states, "stack") == [(None,), (None,)]


def test_a_task_that_dies_tells_its_service_and_exit_code() -> None:
    killed = [e for e in read(DOCKER_EVENTS_JSON, REAL) if e["attrs"].get("exit_code") == "137"]

    assert {e["kind"] for e in killed} == {"task.die"}
    assert ("disc-69811c_ci_example_org", "disc-69811c_ci_example_org_app", "137") in picked(killed, "stack", "service", "outcome")


def test_attributes_in_text_may_hold_anything() -> None:
    content = (SAMPLES / "docker_events_text/multi_line.txt").read_bytes()

    events, counts = read_all(DOCKER_EVENTS_TEXT, [("x", content)])
    rows = read(DOCKER_EVENTS_TEXT, content)

    assert counts.to_dicts() == [{"source": 0, "lines": 13, "in_events": 10, "blank": 1, "unparsed": 2}]
    assert picked(rows, "line_no", "line_last", "kind") == [
        (2, 2, "container.event"),
        (3, 4, "container.event"),
        (5, 7, "task.die"),
        (9, 9, "task.health"),
        (10, 10, "service.update"),
        (11, 11, "object.event"),
        (12, 12, "node.state"),
    ]
    assert rows[0]["attrs"]["action"] == "exec_create: /bin/sleeper a, b=c (x)"
    assert rows[1]["attrs"]["action"].startswith("exec_start: sh -c echo 53652e70") and rows[1]["attrs"]["action"].endswith("(x)\ndone")
    assert (rows[2]["outcome"], rows[2]["service"], rows[2]["ts_ns"]) == ("3", "disc_app", 1795420184100000000)
    assert rows[3]["outcome"] == "unhealthy" and rows[3]["ts_ns"] == 1795420185000000000
    assert rows[4]["service"] is None, "two values for one name: not known"
    assert rows[6]["attrs"]["changes"] == "state down -> ready"
    assert events["offset"].is_sorted()


def test_broken_lines_between_whole_ones_cost_only_themselves() -> None:
    lines = REAL.split(b"\n")[:4]
    spoilt = b"\n".join([lines[0][:-5], lines[1], b"null", lines[2] + lines[3], b"", lines[3]]) + b"\n"

    events, counts = read_all(DOCKER_EVENTS_JSON, [("x", spoilt)])

    assert events["line_no"].to_list() == [2, 6]
    assert counts.select("lines", "in_events", "blank", "unparsed").row(0) == (6, 2, 1, 3)


def test_nanoseconds_are_exact_and_seconds_span_their_second() -> None:
    exact = '{"Type":"service","Action":"create","Actor":{"ID":"x","Attributes":{}},"scope":"swarm","time":1,"timeNano":9007199254740993}\n'
    coarse = '{"Type":"service","Action":"create","Actor":{"ID":"x"},"time":1795423366}\n'

    first, second = read(DOCKER_EVENTS_JSON, exact + coarse)

    assert first["ts_ns"] == 9007199254740993
    assert (second["ts_ns"], second["ts_hi"] - second["ts_lo"]) == (None, pl.Series([999_999]).cast(pl.Duration("us"))[0])
