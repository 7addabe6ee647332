from __future__ import annotations

import json

import pytest
from reading import picked, read

from parsers.records.results_json import CANONICAL_JSON, RESULTS_JSON


def run(**members: object) -> list[dict[str, object]]:
    return read(RESULTS_JSON, json.dumps({"run_id": "7", "results": {"install": "pass"}} | members, indent=1), "runs/7/results.json")


@pytest.mark.parametrize(
    ("results", "outcome"),
    [
        ({"a": "pass", "b": "skip"}, "pass"),
        ({"a": "pass", "b": "fail"}, "fail"),
        ({"a": "error"}, "fail"),
        ({"a": "pass", "b": "running"}, "unknown"),
        ({"a": None}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_the_outcome_follows_the_stages(results: dict[str, str], outcome: str) -> None:
    assert picked(run(results=results), "outcome") == [(outcome,)]


def test_finished_is_read_to_the_microsecond() -> None:
    event = run(finished=1795423384.8210948)[0]

    assert str(event["ts"]) == "2026-11-23 08:43:04.821095+00:00"
    assert (event["ts_lo"], event["ts_hi"], event["clock_kind"]) == (event["ts"], event["ts"], "stated")
    assert event["clock"].startswith("results:")


@pytest.mark.parametrize("finished", [None, "soon", True, 1e300, float("nan"), -1e300])
def test_a_time_that_is_none_stays_null(finished: object) -> None:
    assert picked(run(finished=finished), "ts", "clock_kind") == [(None, "none")]


def test_stages_stand_in_for_missing_results() -> None:
    stages = [
        {"name": "install", "status": "pass"},
        {"name": "upgrade", "status": "fail", "tests": [{"name": "t[\u00e9]", "status": "fail", "ms": 1.5}, {"name": "no status"}, 3]},
        4,
    ]

    events = run(results=None, stages=stages)

    assert picked(events, "kind", "outcome", ".stages", ".node", ".stage", ".ms") == [
        ("run.result", "fail", "install=pass,upgrade=fail", None, None, None),
        ("test.result", "fail", None, "t[é]", "upgrade", 1.5),
    ]


def test_a_canonical_stamp_without_fraction_spans_its_second() -> None:
    event = read(
        CANONICAL_JSON, '{"recipe":"r","version":"1.0","commit":"abc","status":"idle","ts":"20260617T050314Z"}', "ci-warm/r/canonical.json"
    )[0]

    assert [str(event[c]) for c in ("ts_lo", "ts_hi")] == ["2026-06-17 05:03:14+00:00", "2026-06-17 05:03:14.999999+00:00"]
