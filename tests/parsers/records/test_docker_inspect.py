from __future__ import annotations

import json

import polars as pl
import pytest
from reading import DATA, SAMPLES, picked, read, read_all

from parsers import engine
from parsers.records.docker_inspect import DOCKER_INSPECT

REAL = next((DATA / "dstamp/evidence").rglob("inspect-post-redeploy-*.json"))
SAID = ("kind", "service", "stamp", "version_index", "ts_ns", "outcome", ".chaos", ".version", ".image", ".message")


def spec(**labels: str) -> dict[str, object]:
    return {
        "Name": "s_app",
        "Labels": {"com.docker.stack.namespace": "s", **{f"coop-cloud.s.{k.replace('_', '-')}": v for k, v in labels.items()}},
    }


def of_spec(**labels: str) -> dict[str, object]:
    return read(DOCKER_INSPECT, json.dumps([{"ID": "x", "Spec": spec(**labels)}], indent=1))[0]


def test_the_conceiving_case_reads_as_its_journal_says() -> None:
    events = read(DOCKER_INSPECT, REAL.read_bytes(), REAL.name)

    app = [e for e in events if e["service"].endswith("_app")]
    assert picked(app, "kind", "stamp", ".version", "outcome", "line_no") == [
        ("service.spec", "a7be5bae+U", "0.9.0+3.5.0", None, 15),
        ("service.previous", "92a304dd+U", "0.7.0+3.3.1", None, 107),
        ("service.status", None, None, "updating", 195),
    ]
    assert app[0]["attrs"]["captured_ns"] == 1795423366040871968
    assert {e["ts_ns"] for e in app} == {1795423365996981118}
    assert len(events) == 9


def test_a_compact_document_says_the_same_on_one_line() -> None:
    compact = read(DOCKER_INSPECT, (SAMPLES / "docker_inspect/compact.json").read_bytes())

    assert {e["line_no"] for e in compact} == {1}
    assert sorted(picked(compact, *SAID), key=repr) == sorted(picked(read(DOCKER_INSPECT, REAL.read_bytes()), *SAID), key=repr)
    assert len({e["event_id"] for e in compact}) == 9


def test_a_document_that_breaks_off_gives_the_services_before_the_break() -> None:
    events = read(DOCKER_INSPECT, (SAMPLES / "docker_inspect/cut_off.json").read_bytes())

    assert [e["service"].rsplit("_", 1)[1] for e in events if e["kind"] == "service.spec"] == ["app", "db"]


@pytest.mark.parametrize("step", [997])
def test_wherever_it_breaks_off_services_are_whole(step: int) -> None:
    content = REAL.read_bytes()
    whole = picked(read(DOCKER_INSPECT, content), *SAID)

    cuts, _ = read_all(DOCKER_INSPECT, [(f"{cut}.json", content[:cut]) for cut in range(1, len(content), step)])

    cuts = cuts.filter(cuts["kind"] != "document")
    assert {n % 3 for n in cuts.group_by("path").len()["len"]} <= {0}
    assert {row[1] for row in cuts.select("kind", "service").rows()} <= {row[1] for row in whole}


@pytest.mark.parametrize(
    ("labels", "stamp", "line"),
    [
        ({"chaos": "true", "chaos_version": "a7be5bae+U", "version": "0.9.0"}, "a7be5bae+U", "chaos-version"),
        ({"chaos": "false", "version": "0.7.0"}, "0.7.0", "s.version"),
        ({"chaos": "false", "chaos_version": "a7be5bae", "version": "0.7.0"}, "0.7.0", "s.version"),
        ({"chaos_version": "a7be5bae"}, "a7be5bae", "chaos-version"),
        ({"version": "0.7.0"}, "0.7.0", "s.version"),
        ({"chaos": "true", "version": "0.7.0"}, None, "s.version"),  # chaos, but it does not say which
        ({}, None, '"Name"'),
    ],
)
def test_the_stamp_is_the_chaos_version_where_the_label_says_chaos(labels: dict[str, str], stamp: str | None, line: str) -> None:
    event = of_spec(**labels)

    assert event["stamp"] == stamp
    assert line in json.dumps([{"ID": "x", "Spec": spec(**labels)}], indent=1).split("\n")[event["line_no"] - 1]


def test_labels_of_another_stack_are_not_the_services_own() -> None:
    service = {"ID": "x", "Spec": spec(version="1.0")}
    service["Spec"]["Labels"]["coop-cloud.other.version"] = "2.0"

    event = read(DOCKER_INSPECT, json.dumps(service))[0]

    assert (event["stack"], event["stamp"]) == ("s", "1.0")


def test_without_update_time_there_is_no_time() -> None:
    event = of_spec(version="1.0")

    assert (event["ts"], event["ts_ns"], event["clock_kind"]) == (None, None, "none")
    assert event["attrs"]["has_previous"] is False
    assert "captured_ns" not in event["attrs"]


def test_an_index_beyond_64_bits_and_lone_surrogates_are_not_known() -> None:
    event = read(
        DOCKER_INSPECT,
        '[{"ID":"x","Version":{"Index":99999999999999999999},"Spec":{"Name":"a\\ud800","UpdateConfig":{"Monitor":1.5,"MaxFailureRatio":NaN}}}]',
    )[0]

    assert event["version_index"] is None
    assert event["service"] == "a?"
    assert not {"monitor_ns", "max_failure_ratio"} & set(event["attrs"])


def polled(*said: str) -> str:
    """What a loop of inspects leaves in a file, with what stands between them."""
    return "".join(line + json.dumps([{"ID": "x", "Spec": spec(version=f"{n}")}], indent=1) + "\n" for n, line in enumerate(said))


@pytest.mark.parametrize(
    "between",
    [
        "$ docker service inspect s_app\n",
        "Mon Nov 23 08:42:46 UTC 2026\n",
        "2026-11-23 08:42:46\n",
        "1795423366\n",
        "[]\nStatus: Error: no such service\n",
        "",
    ],
)
def test_inspects_one_below_the_other_are_all_read_whatever_stands_between(between: str) -> None:
    content = polled("$ watch\n", between, between)
    events, counts = read_all(DOCKER_INSPECT, [("poll.log", content.encode())])

    assert events.filter(pl.col("kind") == "service.spec")["stamp"].to_list() == ["0", "1", "2"]
    assert counts["unparsed"].item() == 1 + 2 * between.count("\n")
    assert counts["lines"].item() == content.count("\n")


def test_an_inspect_that_breaks_off_costs_none_below_it() -> None:
    first = polled("")
    events = read(DOCKER_INSPECT, first[:-9] + "\n" + first)

    assert [(e["stamp"], e["line_no"]) for e in events if e["kind"] == "service.spec"] == [("0", 8 + first[:-9].count("\n") + 1)]


def test_an_inspect_below_the_command_that_printed_it_is_known_and_a_log_that_quotes_one_is_a_log() -> None:
    inspect = REAL.read_text()

    for before, kind in (
        ("$ docker service inspect x\n", "record"),
        ("recipe-ci: RECIPE=x\nfetch_recipe: x\n$ docker service inspect x\n", "text"),
    ):
        assert engine.choose("x.log", (before + inspect).encode()).kind == kind
