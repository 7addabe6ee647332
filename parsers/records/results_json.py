"""`results.json`, the harness's own account of a run, and `canonical.json`, of what is known good.

    { "schema": 2, "recipe": "discourse", "ref": "a7be5baed346", "run_id": "dstamp-repro4", "finished": 1795423384.8210948,
      "stages": [ { "name": "install", "status": "pass", "tests": [] }, … ], "results": { "install": "pass", "upgrade": "fail" }, "level": 1, … }
    { "recipe": "custom-html", "version": "1.13.0+1.31.1", "commit": "2b82eba…", "status": "idle", "ts": "20260617T050314Z" }

Written by the harness when a run is over (it may be missing even after a green one), and when a version is
promoted. Clock: the harness's host, UTC: `finished` as epoch seconds with a fraction, `ts` to the second. The start is not told.

There is no overall status: any `fail` or `error` among the stages is a failure, all `pass` or `skip` a success, anything
else unknown. `run.result` names the lines of `results` (else of `stages`), `test.result` those of the test. Schema 1 is read the
same. Of lint, the ids of the rules that failed are told. Not read: skips, customization, screenshots.
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
from parsers.records.facts import NS_PER_S, NS_PER_US, US_PER_S, attrs_text, plain, timed, whole
from parsers.records.instants import epoch_ns_of
from parsers.records.json_walk import Inside, Lines, Member, elements, value_of
from parsers.records.sight import begins_with_json

_STAMP = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z", re.ASCII)
_FAILED, _FINE = {"fail", "error"}, {"pass", "skip"}


def _fits(path: str, head: bytes) -> Fit:
    keys = (b'"run_id"', b'"recipe"', b'"finished"', b'"results"', b'"stages"', b'"level"')
    missing = [key.decode() for key in keys if key not in head] if begins_with_json(head) else list(map(bytes.decode, keys))
    if len(missing) > 3:
        return Fit(0.0, f"no JSON object with a run's results: without {', '.join(missing)}")
    return Fit(0.95 if len(missing) < 2 else 0.6, "a JSON object with a run's results")


def _fits_canonical(path: str, head: bytes) -> Fit:
    keys = (b'"recipe"', b'"version"', b'"commit"', b'"status"', b'"ts"')
    if begins_with_json(head) and len(head) < 65_536 and all(key in head for key in keys) and b'"run_id"' not in head:
        return Fit(0.9, "a JSON object with recipe, version, commit, status and ts")
    return Fit(0.0, "no JSON object with recipe, version, commit, status and ts")


def _parse(batch: pl.DataFrame) -> pl.DataFrame:
    facts = facts_of_objects(batch, _of_run, {}, first=True)
    return facts.with_columns(*timed(pl.col("ts_ns")), pl.lit(None, pl.Int64).alias("ts_ns"))


def _of_run(doc: Document, lines: Lines, at: dict[str, Member]) -> Iterator[dict[str, Any]]:
    run = plain(value_of(at, "run_id"))
    if run is None and value_of(at, "run_id") is not None:
        run = str(value_of(at, "run_id")) if whole(value_of(at, "run_id")) is not None else None
    statuses = _statuses(at)
    where = at.get("results") or at.get("stages")
    if run is None or where is None:
        return
    ns = _epoch(value_of(at, "finished"))
    base = {
        "source": doc.source,
        "run": run,
        "recipe": plain(value_of(at, "recipe")),
        "clock_kind": "none" if ns is None else "stated",
        "ts_ns": ns,
    }
    flags = value_of(at, "flags")
    told = {
        "level": whole(value_of(at, "level")),
        "schema": whole(value_of(at, "schema")),
        "version": plain(value_of(at, "version")),
        "pr": _text(value_of(at, "pr")),
        "stages": _pairs(statuses),
        "flags": _pairs({k: _text(v) for k, v in flags.items()}) if isinstance(flags, dict) else None,
        "lint": _failed_rules(value_of(at, "lint")),
    }
    yield base | {
        "kind": "run.result",
        **_range(lines, where),
        "ref": plain(value_of(at, "ref")),
        "outcome": _outcome(statuses),
        "attrs": attrs_text(told),
    }
    yield from _tests(doc, lines, at.get("stages"), {"source": doc.source, "run": run, "clock_kind": "none"})


def _tests(doc: Document, lines: Lines, stages: Member | None, base: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """One row per test of a stage; a test has no time of its own."""
    for stage in _items(doc.text, stages, {}):
        at = stage.value if isinstance(stage.value, dict) else {}
        for test in _items(doc.text, at.get("tests")):
            parts = test.value if isinstance(test.value, dict) else {}
            node, status = plain(parts.get("name")), plain(parts.get("status"))
            if node and status:
                ms = parts.get("ms")
                told = {
                    "node": node,
                    "stage": plain(value_of(at, "name")),
                    "ms": ms if isinstance(ms, int | float) and not isinstance(ms, bool) and abs(ms) < float("inf") else None,
                }
                yield base | {"kind": "test.result", **_range(lines, test), "outcome": status, "attrs": attrs_text(told)}


def _items(text: str, member: Member | None, inside: Inside | None = None) -> Iterator[Member]:
    """The items of an array with their places, as `elements` gives them."""
    if member is None or not isinstance(member.value, list):
        return
    for index, (start, end, value) in enumerate(elements(text[: member.end], member.start, inside)):
        yield Member(index, start, start, end, value)


def _failed_rules(lint: Any) -> str | None:
    """The ids of the linter's rules that failed."""
    rules = lint.get("rules_failed") if isinstance(lint, dict) else None
    return ", ".join(text for rule in rules if (text := plain(rule))) or None if isinstance(rules, list) else None


def _statuses(at: dict[str, Member]) -> dict[str, str | None]:
    """Each stage's status, from `results`, else from `stages`."""
    results, stages = value_of(at, "results"), value_of(at, "stages")
    if isinstance(results, dict) and results:
        return {plain(k) or "": plain(v) for k, v in results.items()}
    return {plain(s.get("name")) or "": plain(s.get("status")) for s in stages if isinstance(s, dict)} if isinstance(stages, list) else {}


def _outcome(statuses: dict[str, str | None]) -> str:
    seen = set(statuses.values())
    if seen & _FAILED:
        return "fail"
    return "pass" if seen and seen <= _FINE else "unknown"


def _pairs(values: dict[str, str | None]) -> str | None:
    return ",".join(f"{plain(k)}={v}" for k, v in values.items() if v is not None) or None


def _text(value: Any) -> str | None:
    """A scalar as the document spells it; null for null and for what is no scalar."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if whole(value) is not None else plain(value)


def _epoch(value: Any) -> int | None:
    """Nanoseconds of an epoch in seconds, to the microsecond: a float holds no more."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 9e9:
        return None
    return round(value * US_PER_S) * NS_PER_US


def _range(lines: Lines, member: Member) -> dict[str, int]:
    return {"line_no": lines.at(member.at), "line_last": lines.at(member.end - 1)}


def _of_canonical(doc: Document, lines: Lines, at: dict[str, Member]) -> Iterator[dict[str, Any]]:
    recipe, version = plain(value_of(at, "recipe")), at.get("version")
    if recipe is None or version is None:
        return
    ts = plain(value_of(at, "ts"))
    parts = _STAMP.fullmatch(ts or "")
    ns = epoch_ns_of("{}-{}-{}T{}:{}:{}Z".format(*parts.groups())) if parts else epoch_ns_of(ts)
    yield {
        "source": doc.source,
        "kind": "canonical",
        **_range(lines, version),
        "recipe": recipe,
        "stamp": plain(version.value),
        "commit": plain(value_of(at, "commit")),
        "ts_ns": ns,
        "clock_kind": "none" if ns is None else "stated",
        "attrs": attrs_text({"status": plain(value_of(at, "status"))}),
    }


def _parse_canonical(batch: pl.DataFrame) -> pl.DataFrame:
    facts = facts_of_objects(batch, _of_canonical, {}, first=True)
    whole_second = pl.col("ts_ns") % NS_PER_S == 0
    return facts.with_columns(
        *timed(pl.col("ts_ns"), span_us=pl.when(whole_second).then(US_PER_S - 1).otherwise(0)), pl.lit(None, pl.Int64).alias("ts_ns")
    )


_DOC = """{
 "schema": 2,
 "recipe": "discourse",
 "version": null,
 "pr": "2",
 "ref": "a7be5baed346",
 "run_id": "dstamp-repro4",
 "finished": 1795423384.8210948,
 "stages": [
  {
   "name": "install",
   "status": "pass",
   "tests": []
  },
  {
   "name": "upgrade",
   "status": "fail",
   "tests": [
    {"name": "test_upgrade", "status": "fail", "ms": 12}
   ]
  }
 ],
 "results": {
  "install": "pass",
  "upgrade": "fail"
 },
 "level": 1,
 "lint": {"status": "fail", "detail": "1 rule", "rules_failed": ["R014", "R009"]},
 "flags": {
  "clean_teardown": true,
  "no_secret_leak": true
 }
}"""

RESULTS_JSON = Record(
    name="results_json",
    version=3,
    kinds=("run.result", "test.result", "document"),
    references=("https://ci.commoninternet.net/runs/",),
    scope="document",
    fits=_fits,
    parse=_parse,
    clock="results:{source}",
    samples=(
        Sample(
            _DOC,
            [
                {
                    "kind": "test.result",
                    "line_no": 19,
                    "outcome": "fail",
                    "run": "dstamp-repro4",
                    "attrs": {"node": "test_upgrade", "stage": "upgrade", "ms": 12},
                },
                {
                    "kind": "run.result",
                    "line_no": 23,
                    "line_last": 26,
                    "run": "dstamp-repro4",
                    "recipe": "discourse",
                    "ref": "a7be5baed346",
                    "outcome": "fail",
                    "attrs": {
                        "level": 1,
                        "stages": "install=pass,upgrade=fail",
                        "flags": "clean_teardown=true,no_secret_leak=true",
                        "pr": "2",
                        "lint": "R014, R009",
                        "schema": 2,
                    },
                },
            ],
            "runs/dstamp-repro4/results.json",
            synthetic=True,  # a test added
        ),
        Sample(
            '{"schema":1,"recipe":"r","run_id":"7","level_cap_reason":"x","results":{"install":"pass","lint":"skip"}}',
            [{"kind": "run.result", "run": "7", "ts": None, "clock_kind": "none", "outcome": "pass"}],
            synthetic=True,
        ),
        Sample(_DOC[:200], None, "runs/dstamp-repro4/results.json", synthetic=True),
        Sample('{"results": 5}', None, synthetic=True),
    ),
)

CANONICAL_JSON = Record(
    name="canonical_json",
    version=2,
    kinds=("canonical", "document"),
    references=("https://git.autonomic.zone/recipe-maintainers/cc-ci",),
    scope="document",
    fits=_fits_canonical,
    parse=_parse_canonical,
    clock="results:{source}",
    samples=(
        Sample(
            '{"recipe": "custom-html", "version": "1.13.0+1.31.1", "commit": "2b82eba", "status": "idle", "ts": "20260617T050314Z"}\n',
            [
                {
                    "kind": "canonical",
                    "recipe": "custom-html",
                    "stamp": "1.13.0+1.31.1",
                    "commit": "2b82eba",
                    "clock_kind": "stated",
                    "attrs": {"status": "idle"},
                }
            ],
            "ci-warm/custom-html/canonical.json",
        ),
        Sample('{"recipe": "custom-html", "version"\n', None, "ci-warm/custom-html/canonical.json", synthetic=True),
    ),
)
