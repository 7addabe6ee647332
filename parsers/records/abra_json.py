"""`abra app ls -m` and `abra app ps -m`: what the tool reads from the stacks, for machines.

    {"ci.example.org":{"apps":[{"server":"ci.example.org","recipe":"discourse","appName":"disc","domain":"disc-69811c.ci.example.org","status":"deployed",
      "chaos":"true","chaosVersion":"a7be5bae+U","version":"0.9.0+3.5.0","upgrade":"latest"}],"appCount":1}}
    {"app":{"service":"app","chaos":"true","created":"…","image":"labimage:2","ports":"","state":"running","status":"Up 4 seconds","version":"0.9.0+3.5.0"}}

Written by the tool. No times: an undated reading, of the moment somebody asked. The stamp is the chaos version where chaos is
`true`, else the version. Not read: what could be upgraded to, ports, counts.

No whole output is public; the layout is that of a backend that copies the tool's.

References:
    https://docs.coopcloud.tech/abra/
"""

# Samples are quoted as they are, however long.
# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from parsers.record import Fit, Record, Sample
from parsers.records.documents import Document, Elements, documents
from parsers.records.facts import attrs_text, plain, rows_of
from parsers.records.json_walk import Lines, Member, elements, whole_members
from parsers.records.sight import begins_with_json

_UNTOLD = (None, "", "unknown")


def _fits(path: str, head: bytes) -> Fit:
    if begins_with_json(head):
        if b'"apps"' in head and b'"appName"' in head:
            return Fit(0.9, "JSON with apps by server, as abra app ls -m prints")
        if all(key in head for key in (b'"service"', b'"chaos"', b'"state"', b'"image"')) and b'"Spec"' not in head:
            return Fit(0.7, "JSON with services and their state, as abra app ps -m prints")
    return Fit(0.0, "no JSON object with apps or services as abra prints them")


def _parse(batch: pl.DataFrame) -> pl.DataFrame:
    rows: list[dict[str, Any]] = []
    for doc in documents(batch):
        values, found = Elements(doc), []
        for start, _, value in values:
            for entry in whole_members(doc.text, start) if isinstance(value, dict) else ():
                apps = isinstance(entry.value, dict) and "apps" in entry.value
                found += _apps(doc, values.lines, entry) if apps else _service(doc, values.lines, entry)
            break
        rows += [*found, *values.read_whole()] if found else []
    return rows_of(rows, batch)


def _apps(doc: Document, lines: Lines, server: Member) -> Iterator[dict[str, Any]]:
    apps = next((m for m in whole_members(doc.text, server.start) if m.key == "apps"), None)
    if apps is None or not isinstance(apps.value, list):
        return
    for start, end, app in elements(doc.text[: apps.end], apps.start):
        domain = plain(app.get("domain")) if isinstance(app, dict) else None
        if domain is None:
            continue
        stamp = plain(app.get("chaosVersion")) if app.get("chaos") in ("true", True) else plain(app.get("version"))
        chaos = app.get("chaos")
        yield {
            "source": doc.source,
            "kind": "deploy.list",
            "line_no": lines.at(start),
            "line_last": lines.at(end - 1),
            "clock_kind": "none",
            "stack": domain.replace(".", "_"),
            "stamp": None if stamp in _UNTOLD else stamp,
            "recipe": plain(app.get("recipe")),
            "attrs": attrs_text(
                {
                    "domain": domain,
                    "status": plain(app.get("status")),
                    "chaos": str(chaos).lower() if isinstance(chaos, bool) else plain(chaos),
                }
            ),
        }


def _service(doc: Document, lines: Lines, entry: Member) -> Iterator[dict[str, Any]]:
    told = entry.value if isinstance(entry.value, dict) else {}
    state = plain(told.get("state"))
    if state and "image" in told:
        told_attrs = attrs_text({"image": plain(told.get("image")), "age": plain(told.get("status")) or None})
        where = {"line_no": lines.at(entry.at), "line_last": lines.at(entry.end - 1)}
        yield {
            "source": doc.source,
            "kind": "task.state",
            **where,
            "clock_kind": "none",
            "service": plain(entry.key),
            "outcome": state,
            "attrs": told_attrs,
        }


_LS = """{
 "ci.example.org": {
  "apps": [
   {"server": "ci.example.org", "recipe": "discourse", "appName": "disc", "domain": "disc-69811c.ci.example.org", "status": "deployed", "chaos": "true", "chaosVersion": "a7be5bae+U", "version": "0.9.0+3.5.0", "upgrade": "latest"},
   {"server": "ci.example.org", "recipe": "ghost", "appName": "g", "domain": "g.ci.example.org", "status": "unknown", "chaos": "false", "chaosVersion": "unknown", "version": "unknown", "upgrade": ""}
  ],
  "appCount": 2
 }
}
"""

ABRA_JSON = Record(
    name="abra_json",
    version=2,
    kinds=("deploy.list", "task.state", "document"),
    references=("https://docs.coopcloud.tech/abra/",),
    scope="document",
    fits=_fits,
    parse=_parse,
    clock="log:{source}",
    samples=(
        Sample(
            _LS,
            [
                {
                    "kind": "deploy.list",
                    "line_no": 4,
                    "stack": "disc-69811c_ci_example_org",
                    "stamp": "a7be5bae+U",
                    "recipe": "discourse",
                    "attrs": {"domain": "disc-69811c.ci.example.org", "status": "deployed", "chaos": "true"},
                },
                {"kind": "deploy.list", "line_no": 5, "stack": "g_ci_example_org", "stamp": None},
            ],
            synthetic=True,
        ),
        Sample(
            '{"app":{"service":"app","chaos":"true","created":"","image":"labimage:2","ports":"","state":"running","status":"Up 4 seconds","version":"0.9.0+3.5.0"}}\n',
            [{"kind": "task.state", "service": "app", "outcome": "running", "attrs": {"image": "labimage:2", "age": "Up 4 seconds"}}],
            synthetic=True,
        ),
        Sample('{"ci.example.org":{"apps":[{"appName":"x"}]}}\n', None, synthetic=True),
    ),
)
