"""`docker events --format '{{json .}}'`: one JSON object per event.

    {"Type":"service","Action":"update","Actor":{"ID":"gbmn…","Attributes":{"name":"disc_app","updatestate.new":"updating"}},"scope":"swarm","time":1795423365,"timeNano":1795423365996981118}

Written by the docker client from the daemon's stream: one object a line, as `application/json-seq` (each behind 0x1E) or as an
array. Clock: the daemon's, UTC, nanoseconds (`timeNano`, read as an integer: it is beyond a float). Events of swarm
scope carry the clock of the manager that wrote them, of local scope the node's.

`status`, `id` and `from` are gone with API 1.52 (Docker 29) and not needed. Not read: labels of containers other than swarm's own.
The stream loses events without a trace (a buffer of 256, restarts), so a missing event proves nothing.

An object in the daemon's own spelling is cut before its attributes and before its time. Both parts come again and again (all that a container
does has the same labels), so each distinct one is checked and read once, and each distinct pair told once. One that somebody
re-formatted (`jq`, other key order, white space) is decoded as JSON, if it has the shape of an event.

References:
    https://docs.docker.com/reference/cli/docker/system/events/
    https://docs.docker.com/reference/api/engine/version/v1.52/#tag/System/operation/SystemEvents
"""

# Samples are quoted as they are, however long.
# ruff: noqa: E501

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import polars as pl

from parsers.record import Fit, Record, Sample
from parsers.records import docker_event_facts
from parsers.records.documents import Elements, documents
from parsers.records.facts import LOCATOR, NS_PER_S, US_PER_S, located, rows_of
from parsers.records.sight import SIGHT

_SLICE = 16_384  # lines: fewer are not worth a thread
_CHAR = r'(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))'
_S = f'"{_CHAR}*"'
_VALUE = f'"({_CHAR}*)"'
_PAIRS = rf"\{{(?:{_S}:{_S}(?:,{_S}:{_S})*)?\}}"
_OPEN, _CLOSE = r"^[\x1e\[,\s]*", r"[,\]\s]*$"
# As the daemon's encoder writes it: key order of the Go struct, no white space; in three parts, the last always as long since 2001.
_HEAD = rf'{_OPEN}\{{(?:"status":{_S},)?(?:"id":{_S},)?(?:"from":{_S},)?"Type":{_VALUE},"Action":{_VALUE},"Actor":\{{"ID":{_VALUE},$'
_BODY = rf'^"Attributes":(?:null|{_PAIRS})\}}(?:,"scope":{_S})?$'
# Attributes that are not told apart by the marks between them.
_ODD = r'\\|":","|",":"'
_FIRST = '"Attributes":{"'
_TIME = r',"time":[0-9]{10},"timeNano":[0-9]{19}\}'
_TIME_BYTES = len(',"time":1795423365,"timeNano":1795423365996981118}')
_NANO_AT = len(',"time":1795423365,"timeNano":')
# No two commands in a container have the same, and nothing else of theirs differs.
_EXEC_ID, _ANY_EXEC_ID = '"execID":"[0-9a-f]{64}"', '"execID":""'
# The same members in any order, with white space and whatever scalars a later version adds.
_W = r"\s*"
_NUMBER = r"-?[0-9]{1,19}"
_FLOAT = r"-?[0-9]{1,19}(?:\.[0-9]+)?(?:[eE]\+?[0-9]{1,2})?"
_LOOSE_PAIRS = rf"\{{{_W}(?:{_S}{_W}:{_W}{_S}{_W}(?:,{_W}{_S}{_W}:{_W}{_S}{_W})*)?\}}"
_ACTOR = rf'"(?:ID"{_W}:{_W}{_S}|Attributes"{_W}:{_W}(?:null|{_LOOSE_PAIRS}))'
_ACTORS = rf"\{{{_W}(?:{_ACTOR}{_W}(?:,{_W}{_ACTOR}{_W})*)?\}}"
_MEMBER = rf'(?:"Actor"{_W}:{_W}{_ACTORS}|"time"{_W}:{_W}{_NUMBER}|"timeNano"{_W}:{_W}{_FLOAT}|"(?:Type|Action|scope|status|id|from)"{_W}:{_W}{_S})'
_LOOSE = rf"{_OPEN}(\{{{_W}{_MEMBER}{_W}(?:,{_W}{_MEMBER}{_W})*\}}){_CLOSE}"

_SHAPE = pl.Struct(
    {
        "Type": pl.String,
        "Action": pl.String,
        "Actor": pl.Struct({"ID": pl.String, "Attributes": pl.Struct(dict.fromkeys(docker_event_facts.ATTRIBUTES, pl.String))}),
        "scope": pl.String,
        "time": pl.Int64,
        "timeNano": pl.Int64,
    }
)
_EVENT = re.compile(rb'[\x1e\[,\s]*\{(?=[^\n]*"(?:Action|Actor)"\s*:)(?=[^\n]*"Type"\s*:)[^\n]*"time(?:Nano)?"\s*:\s*\d')
_IN_ARRAY = re.compile(rb'\s*(?:\[\s*\{|\{\r?\n).{0,4000}?"(?:Action|Actor)"\s*:.{0,8000}?"time(?:Nano)?"\s*:\s*\d', re.DOTALL)


def _fits(path: str, head: bytes) -> Fit:
    lines = [line for line in head[: 4 * SIGHT].split(b"\n") if line.strip(b" \r[]\x1e")] if b'"Type"' in head else []
    lines = lines[:-1] if len(lines) > 1 and len(head) > 4 * SIGHT else lines
    hits = sum(1 for line in lines[:20] if _EVENT.match(line) and line.count(b'"timeNano"') <= 1)
    if not hits:
        return Fit(0.0, "no line is one JSON object with Type, Action and time")
    of = len(lines[:20])
    return Fit(
        0.95 if 2 * hits >= of else round(hits / of, 3),
        f"{hits} of the first {of} lines: a JSON object with Type, Action and time, as docker events prints",
    )


def _fits_array(path: str, head: bytes) -> Fit:
    if (b'"Action"' in head or b'"Actor"' in head) and _IN_ARRAY.match(head):
        return Fit(0.9, "a JSON array, or objects of several lines each, with Action and time")
    return Fit(0.0, "no JSON array of docker events, and no objects of several lines each")


def _unescape(values: pl.Series) -> pl.Series:
    at = values.str.contains("\\", literal=True).fill_null(False).arg_true()
    if at.is_empty():
        return values
    return values.scatter(at, ('"' + values.gather(at) + '"').str.json_decode(pl.String))


def _cut(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines with the parts `head`, `body` and `ns`: null where they are not there."""
    whole = pl.col("text").cast(pl.Binary)
    before, at = pl.col("before"), pl.col("body_at")
    lines = lines.with_columns(
        before=pl.col("text").str.len_bytes().cast(pl.Int64) - _TIME_BYTES,
        body_at=pl.col("text").str.find('"Attributes":', literal=True).cast(pl.Int64),
    )
    # At a comma: a cut in the middle of a character would leave no text.
    fits = (at < before) & (whole.bin.slice(before.clip(0), 1) == b",")
    parts = lines.select(
        time=pl.when(fits).then(whole.bin.slice(before.clip(0))).cast(pl.String),
        head=pl.when(fits).then(whole.bin.head(at)).cast(pl.String),
        body=pl.when(fits).then(whole.bin.slice(at, (before - at).clip(0))).cast(pl.String),
    )
    ns = pl.when(pl.col("time").str.contains(f"^{_TIME}$")).then(pl.col("time").cast(pl.Binary).bin.slice(_NANO_AT, 19).cast(pl.String))
    body = parts["body"]
    ran = body.str.contains('"execID":"', literal=True).arg_true()
    return lines.drop("before", "body_at", "text").with_columns(
        parts["head"],
        body.scatter(ran, body.gather(ran).str.replace(_EXEC_ID, _ANY_EXEC_ID)) if len(ran) else body,
        parts.select(ns=ns.cast(pl.Int64, strict=False)).to_series(),
    )


def _heads(heads: pl.Series) -> pl.DataFrame:
    """Distinct beginnings that are of an event: `head`, its number `h`, `type`, `action`, `id`."""
    groups = pl.col("head").str.extract_groups(_HEAD).struct.rename_fields(["type", "action", "id"])
    read = (
        heads.drop_nulls().unique().to_frame("head").with_columns(groups.alias("said")).unnest("said").filter(pl.col("type").is_not_null())
    )
    return read.with_row_index("h").with_columns(_unescape(read[name]) for name in ("type", "action", "id"))


def _bodies(bodies: pl.Series) -> pl.DataFrame:
    """Distinct attributes with their scope: `body`, its number `b`, `scope`, and each attribute that is asked for under its own name behind `@`."""
    read = bodies.drop_nulls().unique().to_frame("body").filter(pl.col("body").str.contains(_BODY)).with_row_index("b")
    scope = _unescape(read["body"].str.extract(r'\},"scope":' + _VALUE)).alias("scope")
    odd = pl.col("body").str.contains(_ODD)
    pairs = pl.concat([_pairs(read.filter(~odd)), _odd_pairs(read.filter(odd))])
    none: dict[str, pl.Expr | pl.Series] = {key: pl.lit(None, pl.String).alias(f"@{key}") for key in docker_event_facts.ATTRIBUTES}
    found = {
        key: pl.repeat(None, len(read), dtype=pl.String, eager=True).scatter(some["b"], some["value"]).alias(f"@{key}")
        for (key,), some in pairs.partition_by("key", as_dict=True).items()
    }
    return read.with_columns(scope, *(none | found).values())


def _pairs(bodies: pl.DataFrame) -> pl.DataFrame:
    """What is asked for of attributes in which nothing is escaped and no text is a comma: `b`, `key`, `value`."""
    split = bodies.select("b", said=pl.col("body").str.split('","')).explode("said")
    pairs = split.select("b", pair=pl.col("said").str.splitn('":"', 2)).unnest("pair")
    # Around the first pair and the last one there is more: the object, and its scope.
    pairs = pairs.select("b", key=pl.col("field_0").str.strip_prefix(_FIRST), value="field_1")
    pairs = pairs.filter(pl.col("key").is_in(docker_event_facts.ATTRIBUTES) & pl.col("value").is_not_null())
    ends = pairs["value"].str.contains('"', literal=True).arg_true()
    if len(ends):
        values = pairs["value"]
        pairs = pairs.with_columns(value=values.scatter(ends, values.gather(ends).str.extract('^([^"]*)"')))
    return pairs.reverse()  # of a key that is there twice the first counts: it is written last


def _odd_pairs(bodies: pl.DataFrame) -> pl.DataFrame:
    """The same of other attributes."""
    parts = [pl.DataFrame(schema={"b": bodies.schema["b"], "key": pl.String, "value": pl.String})]
    for key in docker_event_facts.ATTRIBUTES if len(bodies) else ():
        # No other key has such a name, and a quote inside a string is escaped.
        values = _unescape(bodies["body"].str.extract(rf'[{{,]"{re.escape(key)}":{_VALUE}'))
        parts.append(bodies.select("b", key=pl.lit(key), value=values).drop_nulls())
    return pl.concat(parts)


def _own(lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Facts of the lines in the daemon's spelling, and the lines that are not."""
    cut = _cut(lines)
    heads, bodies = _heads(cut["head"]), _bodies(cut["body"])
    cut = cut.join(heads.select("head", "h"), on="head", how="left", maintain_order="left")
    cut = cut.join(bodies.select("body", "b"), on="body", how="left", maintain_order="left").drop("head", "body")
    own = cut.select(pl.all_horizontal(pl.col("h", "b", "ns").is_not_null())).to_series()
    cut = cut.filter(own)
    events = cut.select("h", "b").unique(maintain_order=True).with_row_index("event")
    said = docker_event_facts.told(events.join(heads, on="h").join(bodies, on="b"), lambda key: pl.col(f"@{key}"))
    cut = cut.join(events, on=["h", "b"], how="left", maintain_order="left").with_columns(span_us=pl.lit(0, pl.Int64))
    return docker_event_facts.placed(said, cut), lines.filter(~own)


def _loose(lines: pl.DataFrame) -> pl.DataFrame:
    events = lines.with_columns(pl.col("text").str.extract(_LOOSE).str.json_decode(_SHAPE).alias("event")).unnest("event")
    events = events.unnest("Actor").rename({"Type": "type", "Action": "action", "ID": "id"})
    # Clients before API 1.20 gave no nanoseconds; a number that is a float has lost them.
    exact = pl.col("timeNano").is_not_null() & pl.col("text").str.contains(rf'"timeNano"{_W}:{_W}-?[0-9]+{_W}[,}}]')
    events = events.filter(pl.col("type").is_not_null() & pl.col("action").is_not_null()).with_columns(
        ns=pl.when(exact).then("timeNano").when(pl.col("time").abs() < 10**9 * 9).then(pl.col("time") * NS_PER_S),
        span_us=pl.when(exact).then(0).otherwise(US_PER_S - 1),
    )
    return docker_event_facts.facts(events, lambda key: pl.col("Attributes").struct.field(key))


def _facts(lines: pl.DataFrame) -> pl.DataFrame:
    own, rest = _own(lines)
    if rest.is_empty():
        return own
    return pl.concat([own, _loose(rest.filter(pl.col("text").str.contains(_LOOSE)))], how="diagonal")


def _parse(batch: pl.DataFrame) -> pl.DataFrame:
    lines = batch.select(*located(), "text")
    if len(lines) <= _SLICE:
        return _facts(lines)
    # Each expression runs on one core: slices side by side keep all cores busy. Large ones, since what is in two is read twice.
    at_once = max(_SLICE, -(-len(lines) // pl.thread_pool_size()))
    with ThreadPoolExecutor(pl.thread_pool_size()) as pool:
        parts = list(pool.map(_facts, lines.iter_slices(at_once)))
    return pl.concat(parts, how="diagonal")


def _parse_array(batch: pl.DataFrame) -> pl.DataFrame:
    rows, wholes = [], []
    for doc in documents(batch):
        values = Elements(doc)
        for start, end, value in values:
            if isinstance(value, dict):
                at = values.lines.at
                rows.append({"source": doc.source, "line_no": at(start), "line_last": at(end - 1), "kind": doc.text[start:end]})
        wholes += values.read_whole()
    facts = _facts(rows_of(rows, batch).select(*LOCATOR, text="kind"))
    told = set(facts["source"].unique().to_list())
    return pl.concat([facts, rows_of([w for w in wholes if w["source"] in told], batch)], how="diagonal")


_ID = "gbmnq099w24s0ws5c08n97tjl"
_UPDATE = '{"Type":"service","Action":"update","Actor":{"ID":"gbmnq099w24s0ws5c08n97tjl","Attributes":{"image.new":"labimage:1","image.old":"labimage:2","name":"disc-69811c_ci_example_org_app","updatestate.new":"rollback_started","updatestate.old":"updating"}},"scope":"swarm","time":1795423366,"timeNano":1795423366638090677}'
_UPDATED = {
    "kind": "service.state",
    "ts_ns": 1795423366638090677,
    "service": "disc-69811c_ci_example_org_app",
    "service_id": _ID,
    "outcome": "rollback_started",
    "stack": None,
    "attrs": {"state_old": "updating", "state_new": "rollback_started", "image_old": "labimage:2", "image_new": "labimage:1"},
}
_LABELS = '"com.docker.stack.namespace":"disc-69811c_ci_example_org","com.docker.swarm.node.id":"0ewkpkxcblbp2qoadaalb3bex","com.docker.swarm.service.id":"gbmnq099w24s0ws5c08n97tjl","com.docker.swarm.service.name":"disc-69811c_ci_example_org_app","com.docker.swarm.task":"","com.docker.swarm.task.id":"r8m1brupx193691kpl2n0utdv"'
_DIE = (
    '{"status":"die","id":"5702","from":"labimage:2","Type":"container","Action":"die","Actor":{"ID":"5702","Attributes":{'
    + _LABELS
    + ',"exitCode":"137","image":"labimage:2","name":"x.1.y"}},"scope":"local","time":1795423366,"timeNano":1795423366546552331}'
)

DOCKER_EVENTS_JSON = Record(
    name="docker_events_json",
    version=2,
    kinds=docker_event_facts.KINDS,
    references=(
        "https://docs.docker.com/reference/cli/docker/system/events/",
        "https://github.com/moby/moby/blob/v20.10.24/daemon/events.go",
    ),
    scope="line",
    fits=_fits,
    parse=_parse,
    clock="docker",
    samples=(
        Sample(_UPDATE + "\n", [_UPDATED]),
        Sample("\x1e" + _UPDATE + "\n", [_UPDATED], synthetic=True),
        Sample(
            _DIE + "\n",
            [
                {
                    "kind": "task.die",
                    "stack": "disc-69811c_ci_example_org",
                    "service_id": _ID,
                    "outcome": "137",
                    "attrs": {"exit_code": "137", "task_id": "r8m1brupx193691kpl2n0utdv", "container_id": "5702", "image": "labimage:2"},
                }
            ],
        ),
        Sample(
            '{"Type":"network","Action":"connect","Actor":{"ID":"h9wh28l04rjwxpcu5a8f1h4ro","Attributes":{"container":"e63a","name":"disc_internal","type":"overlay"}},"scope":"local","time":1795423361,"timeNano":1795423361180211369}\n',
            [
                {
                    "kind": "object.event",
                    "attrs": {
                        "type": "network",
                        "action": "connect",
                        "id": "h9wh28l04rjwxpcu5a8f1h4ro",
                        "name": "disc_internal",
                        "scope": "local",
                    },
                }
            ],
        ),
        Sample(
            '{"Type":"node","Action":"update","Actor":{"ID":"0ewk","Attributes":{"availability.new":"drain","availability.old":"active","name":"vm"}},"scope":"swarm","time":1,"timeNano":1795423360407059328}\n',
            [{"kind": "node.state", "host": "vm", "attrs": {"node_id": "0ewk", "changes": "availability active -> drain"}}],
            synthetic=True,
        ),
        Sample(
            '{ "timeNano": 5, "Actor": {"Attributes": {"name": "a\\u0026b"}, "ID": "x"}, "Action": "create", "Type": "service" }\n',
            [{"kind": "service.create", "ts_ns": 5, "service": "a&b", "service_id": "x"}],
            synthetic=True,
        ),
        *(
            Sample(
                f'{{"Type":"{kind}","Action":"{action}","Actor":{{"ID":"{_ID}","Attributes":{{"name":"x_db_password_v1"}}}},"scope":"{scope}","time":1,"timeNano":1000000007}}\n',
                [
                    {
                        "kind": "object.event",
                        "ts_ns": 1000000007,
                        "attrs": {"type": kind, "action": action, "id": _ID, "name": "x_db_password_v1", "scope": scope},
                    }
                ],
                synthetic=True,
            )
            for kind, action, scope in (
                ("secret", "create", "swarm"),
                ("secret", "update", "swarm"),
                ("secret", "remove", "swarm"),
                ("config", "create", "swarm"),
                ("config", "remove", "swarm"),
                ("network", "create", "swarm"),
                ("network", "remove", "swarm"),
                ("network", "disconnect", "local"),
                ("volume", "mount", "local"),
                ("image", "pull", "local"),
                ("plugin", "enable", "local"),
                ("daemon", "reload", "local"),
                ("builder", "prune", "local"),
            )
        ),
        # API 1.52 (Docker 29): no status, id and from; whatever it may add beside is no obstacle.
        Sample(
            _DIE.replace('"status":"die","id":"5702","from":"labimage:2",', "") + "\n",
            [{"kind": "task.die", "service_id": _ID, "outcome": "137", "attrs": {"container_id": "5702"}}],
            synthetic=True,
        ),
        Sample(
            '{"Type":"node","Action":"create","Actor":{"ID":"0ewk","Attributes":{"name":""}},"scope":"swarm","time":1,"timeNano":1000000007}\n',
            [{"kind": "node.state", "attrs": {"node_id": "0ewk", "changes": "create"}}],
            synthetic=True,
        ),
        # Through a program that reads numbers as floats: nanoseconds are lost, the second is not.
        Sample(
            '{"Type":"service","Action":"remove","Actor":{"ID":"x"},"time":1795423366,"timeNano":1.7954233666380907e+18}\n',
            [{"kind": "service.remove", "ts_ns": None, "ts": "2026-11-23 08:42:46+00:00"}],
            synthetic=True,
        ),
        Sample(_UPDATE[:-20] + "\n", None, synthetic=True),
        Sample('{"Type":"service","Action":"update","Actor":7,"time":1,"timeNano":1}\n', None, synthetic=True),
    ),
)

DOCKER_EVENTS_ARRAY = Record(
    name="docker_events_array",
    version=3,
    kinds=(*docker_event_facts.KINDS, "document"),
    references=DOCKER_EVENTS_JSON.references,
    scope="document",
    fits=_fits_array,
    parse=_parse_array,
    clock="docker",
    samples=(
        Sample(f"[{_UPDATE},{_UPDATE}]", [_UPDATED, _UPDATED], synthetic=True),
        Sample(
            '[\n {\n  "Type": "service",\n  "Action": "remove",\n  "Actor": {"ID": "x"},\n  "time": 7\n }\n]\n',
            [{"kind": "service.remove", "ts_ns": None, "line_no": 2, "line_last": 7}],
            synthetic=True,
        ),
        Sample(
            '{\n  "Type": "service",\n  "Action": "remove",\n  "Actor": {"ID": "x"},\n  "time": 7\n}\n' * 2,
            [{"kind": "service.remove", "line_no": 1, "line_last": 6}, {"kind": "service.remove", "line_no": 7, "line_last": 12}],
            synthetic=True,
        ),
        Sample('[{"Type":"service","Action":"remove","Actor":[],"time":7}]\n', None, synthetic=True),
    ),
)
