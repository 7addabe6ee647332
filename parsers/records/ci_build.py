"""A CI's own record of a build: which steps it had, when each began and ended, and with which exit status.

    {"number": 269, "status": "failure", "event": "custom", "after": "7ae7b0f…", "started": 1795423380, "finished": 1795424000, "stages": [
      {"name": "recipe-ci", "status": "failure", "steps": [{"name": "run", "number": 2, "status": "failure", "exit_code": 1, "started": 1795423381, "stopped": 1795423999}]}]}

Written by Drone's API (`/api/repos/OWNER/REPO/builds/N`, `drone build info --format '{{ json . }}'`), Woodpecker's (`/api/repos/ID/pipelines/N`: workflows with children) and
GitHub's (`/repos/OWNER/REPO/actions/runs/N/jobs`, `gh run view N --json jobs`). Clock: the server's, UTC; whole seconds since 1970, or RFC 3339 in GitHub's. A time of 0 is none.

The log of a step counts from its `started`. The build's verdict is one fact, `build.result`; each step gives its start and its end. A step whose failure the pipeline
ignores says so. The number is the run where the path names no other; of GitHub's jobs, the run's id. GitHub gives no exit status, but how each job ended: that is
a step of its own, called `job` where it is the only one. Of a list of jobs no verdict is made: a workflow may go on where one failed. Not read: authors,
messages, links, services.

No whole record was at hand: samples follow the documented fields.

References:
    https://docs.drone.io/api/builds/build_info/
    https://github.com/drone/drone-go/blob/master/drone/types.go
    https://github.com/woodpecker-ci/woodpecker/blob/main/server/model/step.go
    https://docs.github.com/en/rest/actions/workflow-jobs
"""

# Samples are quoted as they are, however long.
# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import polars as pl

from parsers.record import Fit, Record, Sample
from parsers.records.documents import Document, Elements, documents
from parsers.records.facts import attrs_text, plain, rows_of, whole
from parsers.records.instants import epoch_ns_of
from parsers.records.json_walk import Lines, elements, whole_members
from parsers.records.sight import begins_with_json
from parsers.source import hints

_PARTS = {"stages": "steps", "workflows": "children", "jobs": "steps"}
_STATES = {
    "success": "ok",
    "failure": "fail",
    "error": "fail",
    "killed": "canceled",
    "cancelled": "canceled",
    "canceled": "canceled",
    "skipped": "skip",
    "timed_out": "fail",
}
_VERDICTS = {"ok": "pass", "fail": "fail", "canceled": "canceled"}
_ENDLESS = 253_402_300_800  # the year 10000: no such second is a time


def _fits(path: str, head: bytes) -> Fit:
    if begins_with_json(head):
        if b'"stages"' in head and b'"steps"' in head and b'"status"' in head:
            return Fit(0.9, "JSON with stages and steps, as Drone's API records a build")
        if b'"workflows"' in head and b'"children"' in head and b'"state"' in head:
            return Fit(0.9, "JSON with workflows and children, as Woodpecker's API records a pipeline")
        if b'"jobs"' in head and b'"conclusion"' in head and b'"steps"' in head:
            return Fit(0.9, "JSON with jobs, steps and conclusions, as GitHub's API records a run")
    return Fit(0.0, "no JSON object with the steps of a build")


def _parse(batch: pl.DataFrame) -> pl.DataFrame:
    rows: list[dict[str, Any]] = []
    for doc in documents(batch):
        values = Elements(doc)
        for start, end, value in values:
            if isinstance(value, dict) and (found := list(_build(doc, values.lines, start, end, value))):
                rows += [*found, *values.read_whole()]
            break
    return rows_of(rows, batch)


def _build(doc: Document, lines: Lines, start: int, end: int, build: dict[str, Any]) -> Iterator[dict[str, Any]]:
    parts = next((m for m in whole_members(doc.text, start) if m.key in _PARTS and isinstance(m.value, list)), None)
    if parts is None:
        return
    number = whole(build.get("number"))
    run = number if number is not None else next((whole(job.get("run_id")) for job in parts.value if isinstance(job, dict)), None)
    named = None if hints(doc.path).run or run is None else str(run)
    verdict = _VERDICTS.get(_state(build) or "")
    if verdict is not None:
        at = next((m for m in whole_members(doc.text, start) if m.key in ("status", "conclusion", "state")), None)
        place = (
            {"line_no": lines.at(at.at), "line_last": lines.at(at.end - 1)}
            if at
            else {"line_no": lines.at(start), "line_last": lines.at(end - 1)}
        )
        yield {
            "source": doc.source,
            "kind": "build.result",
            **place,
            **_timed(build, "finished", "completed_at", "updatedAt"),
            "run": named,
            "ref": plain(build.get("after") or build.get("commit") or build.get("headSha")),
            "outcome": verdict,
            "attrs": attrs_text({"number": number, "status": plain(_word(build)), "event": plain(build.get("event"))}),
        }
    for begin, stop, part in elements(doc.text[: parts.end], parts.start):
        if isinstance(part, dict):
            if parts.key == "jobs":
                yield from _step(doc, lines, begin, stop, part if len(parts.value) > 1 else part | {"name": "job"}, {}, named)
            inside = next(
                (m for m in whole_members(doc.text[:stop], begin) if m.key == _PARTS[parts.key] and isinstance(m.value, list)), None
            )
            for a, b, step in elements(doc.text[: inside.end], inside.start) if inside else ():
                if isinstance(step, dict):
                    yield from _step(doc, lines, a, b, step, part, named)


def _step(
    doc: Document, lines: Lines, start: int, end: int, step: dict[str, Any], part: dict[str, Any], run: str | None
) -> Iterator[dict[str, Any]]:
    place = {"source": doc.source, "line_no": lines.at(start), "line_last": lines.at(end - 1), "run": run}
    names = (plain(part.get("name")), plain(step.get("name")))
    name = "/".join(n for n in names if n) or None
    begun, ended = _timed(step, "started", "started_at", "startedAt"), _timed(step, "stopped", "finished", "completed_at", "completedAt")
    state = _state(step)
    if begun["ts"] is not None:
        yield {**place, "kind": "step.start", **begun, "attrs": attrs_text({"step": name})}
    if state is not None and state != "skip":
        rc = whole(step.get("exit_code")) if step.get("exit_code") is not None else None
        ignored = state == "fail" and (step.get("errignore") is True or part.get("errignore") is True or step.get("failure") == "ignore")
        yield {
            **place,
            "kind": "step.end",
            **ended,
            "outcome": "ignored" if ignored else state,
            "attrs": attrs_text({"step": name, "rc": None if rc is None else str(rc)}),
        }


def _word(record: dict[str, Any]) -> object:
    """How a build or step ended, as the record spells it: GitHub's status is only whether it did."""
    return record.get("conclusion") or record.get("state") or record.get("status")


def _state(record: dict[str, Any]) -> str | None:
    word = _word(record)
    return _STATES.get(word) if isinstance(word, str) else None


def _timed(record: dict[str, Any], *keys: str) -> dict[str, Any]:
    """The first of the instants: whole seconds since 1970, 0 for none, or RFC 3339."""
    for key in keys:
        value = record.get(key)
        seconds = whole(value)
        if seconds is None and (ns := epoch_ns_of(value)) is not None:
            seconds = ns // 1_000_000_000
        if seconds is not None and 0 < seconds < _ENDLESS:
            at = datetime.fromtimestamp(seconds, UTC)
            return {"ts": at, "ts_lo": at, "ts_hi": at.replace(microsecond=999_999), "clock_kind": "stated"}
    return {"ts": None, "clock_kind": "none"}


_DRONE = """{
  "id": 900, "number": 269, "status": "failure", "event": "custom", "after": "7ae7b0f76efb", "started": 1795423380, "finished": 1795424000,
  "stages": [
    {"name": "recipe-ci", "status": "failure", "exit_code": 1, "steps": [
      {"name": "clone", "number": 1, "status": "success", "exit_code": 0, "started": 1795423380, "stopped": 1795423381},
      {"name": "run", "number": 2, "status": "failure", "exit_code": 1, "started": 1795423381, "stopped": 1795423999},
      {"name": "notify", "number": 3, "status": "failure", "errignore": true, "exit_code": 7, "started": 1795423999, "stopped": 1795424000},
      {"name": "promote", "number": 4, "status": "skipped", "exit_code": 0, "started": 0, "stopped": 0}
    ]}
  ]
}
"""

CI_BUILD = Record(
    name="ci_build",
    version=2,
    kinds=("build.result", "step.start", "step.end", "document"),
    references=(
        "https://docs.drone.io/api/builds/build_info/",
        "https://github.com/woodpecker-ci/woodpecker/blob/main/server/model/step.go",
        "https://docs.github.com/en/rest/actions/workflow-jobs",
    ),
    scope="document",
    fits=_fits,
    parse=_parse,
    clock="ci:{source}",
    samples=(
        Sample(
            _DRONE,
            [
                {
                    "kind": "build.result",
                    "line_no": 2,
                    "run": "269",
                    "outcome": "fail",
                    "ref": "7ae7b0f76efb",
                    "ts": "2026-11-23 08:53:20+00:00",
                    "attrs": {"number": 269, "status": "failure"},
                },
                {"kind": "step.end", "line_no": 5, "outcome": "ok", "attrs": {"step": "recipe-ci/clone", "rc": "0"}},
                {"kind": "step.start", "line_no": 5, "run": "269", "ts": "2026-11-23 08:43:00+00:00", "attrs": {"step": "recipe-ci/clone"}},
                {"kind": "step.end", "line_no": 6, "outcome": "fail", "ts": "2026-11-23 08:53:19+00:00", "attrs": {"rc": "1"}},
                {"kind": "step.start", "line_no": 6, "attrs": {"step": "recipe-ci/run"}},
                {"kind": "step.end", "line_no": 7, "outcome": "ignored", "attrs": {"rc": "7"}},
                {"kind": "step.start", "line_no": 7},
            ],
            synthetic=True,
        ),
        Sample(
            '{"number":7,"status":"success","event":"push","commit":"7ae7b0f","finished":1795424000,"workflows":[{"name":"ci","state":"success","children":[{"name":"run","state":"success","exit_code":0,"started":1795423381,"finished":1795423999}]}]}\n',
            [
                {"kind": "build.result", "run": "7", "outcome": "pass", "ref": "7ae7b0f"},
                {"kind": "step.end", "outcome": "ok", "attrs": {"rc": "0"}},
                {"kind": "step.start", "attrs": {"step": "ci/run"}},
            ],
            synthetic=True,
        ),
        Sample(
            '{"total_count":1,"jobs":[{"run_id":77,"name":"test","status":"completed","conclusion":"failure","started_at":"2026-11-23T08:43:00Z","completed_at":"2026-11-23T08:53:30Z","steps":[{"name":"Run","status":"completed","conclusion":"failure","started_at":"2026-11-23T08:43:01Z","completed_at":"2026-11-23T08:53:19Z"}]}]}\n',
            [
                {"kind": "step.end", "outcome": "fail", "ts": "2026-11-23 08:53:30+00:00", "attrs": {"step": "job", "rc": None}},
                {"kind": "step.end", "outcome": "fail", "attrs": {"step": "test/Run", "rc": None}},
                {"kind": "step.start", "run": "77", "attrs": {"step": "job"}},
                {"kind": "step.start", "run": "77", "ts": "2026-11-23 08:43:01+00:00", "attrs": {"step": "test/Run"}},
            ],
            synthetic=True,
        ),
        Sample(
            '{"conclusion":"success","headSha":"7ae7b0f","number":9,"jobs":[{"name":"a","conclusion":"failure","steps":[]},{"name":"b","conclusion":"success","steps":[]}]}\n',
            [
                {"kind": "build.result", "run": "9", "outcome": "pass", "ref": "7ae7b0f"},
                {"kind": "step.end", "outcome": "fail", "attrs": {"step": "a"}},
                {"kind": "step.end", "outcome": "ok", "attrs": {"step": "b"}},
            ],
            synthetic=True,
        ),
        Sample(
            '{"number":8,"status":"killed","stages":[{"name":"ci","status":"killed","steps":[{"name":"run","status":"killed","exit_code":137,"started":1795423381,"stopped":1795423999}]}]}\n',
            [
                {"kind": "build.result", "run": "8", "outcome": "canceled"},
                {"kind": "step.end", "outcome": "canceled", "attrs": {"rc": "137"}},
                {"kind": "step.start", "attrs": {"step": "ci/run"}},
            ],
            synthetic=True,
        ),
        Sample('{"stages":[{"name":"x","steps":[{"name":"y","status":"running"}]}],"status":"running"}\n', None, synthetic=True),
        Sample('{"status":"success","steps":[]}\n', None, synthetic=True),
    ),
)
