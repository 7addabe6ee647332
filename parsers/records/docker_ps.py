"""`docker service ps` and `docker stack ps`: the tasks of a service, as a table or as JSON lines.

    ID            NAME                             IMAGE       NODE  DESIRED STATE  CURRENT STATE            ERROR                        PORTS
    r8m1brupx193  disc_app.1                       labimage:2  vm    Running        Running 28 seconds ago
    vgoqnsz4h2de   \\_ disc_app.1                   labimage:1  vm    Shutdown       Failed 31 seconds ago    "task: non-zero exit (137)"

    {"CurrentState":"Running 28 seconds ago","DesiredState":"Running","Error":"","ID":"r8m1brupx193","Image":"labimage:2","Name":"disc_app.1","Node":"vm","Ports":""}

Written by the docker client for whoever asked. Time: only relative to the asking (`28 seconds ago`), which is
not told; the words are kept in `attrs.age`. A row that begins with ` \\_ ` is an earlier task of the slot above it; both
give the service's name, without slot. Errors are cut without `--no-trunc`.

Not read: ports; columns that a `--format` of one's own added.

References:
    https://docs.docker.com/reference/cli/docker/service/ps/
    https://docs.docker.com/reference/cli/docker/stack/ps/
"""

# Samples are quoted as they are, however long.
# ruff: noqa: E501

from __future__ import annotations

import re

import polars as pl

from parsers.record import Fit, Record, Sample
from parsers.records.facts import attrs, located

_COLUMNS = ("ID", "NAME", "IMAGE", "NODE", "DESIRED STATE", "CURRENT STATE", "ERROR", "PORTS")
_TITLE = r"^(?:ID +)?NAME +IMAGE +NODE +DESIRED STATE +CURRENT STATE +ERROR +PORTS *$"
_TITLE_RE = re.compile(rb"^(?:ID +)?NAME +IMAGE +NODE +DESIRED STATE +CURRENT STATE +ERROR +PORTS *\r?$", re.MULTILINE)
_STATES = "New|Allocated|Pending|Assigned|Accepted|Preparing|Ready|Starting|Running|Complete|Shutdown|Failed|Rejected|Remove|Orphaned"
_CURRENT = rf"^({_STATES})(?: (.+))?$"
_KEYS = ("CurrentState", "DesiredState", "Error", "ID", "Image", "Name", "Node")
_CHAR = r'(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))'
_STRING = f'"{_CHAR}*"'
_OBJECT = rf"^\s*\[?,?\s*(\{{\s*{_STRING}\s*:\s*{_STRING}\s*(?:,\s*{_STRING}\s*:\s*{_STRING}\s*)*\}})\s*,?\s*\]?\s*$"
_SHAPE = pl.Struct(dict.fromkeys(_KEYS, pl.String))


def _fits(path: str, head: bytes) -> Fit:
    # A log may quote such a table: only one that begins with it, or with the command that printed it, is one.
    if b"DESIRED STATE" in head and any(_TITLE_RE.match(line) for line in head.lstrip().split(b"\n", 3)[:2]):
        return Fit(0.9, "begins with the columns of docker service ps")
    return Fit(0.0, "does not begin with the columns of docker service ps")


def _fits_json(path: str, head: bytes) -> Fit:
    first = head.lstrip(b"\xef\xbb\xbf[\r\n ").split(b"\n", 1)[0]
    if first.startswith(b"{") and all(f'"{key}"'.encode() in first for key in ("CurrentState", "DesiredState", "Name")):
        return Fit(0.95, "JSON lines with CurrentState and DesiredState, as docker service ps prints")
    return Fit(0.0, "no JSON line with CurrentState and DesiredState")


def _facts(tasks: pl.DataFrame) -> pl.DataFrame:
    """Facts of rows with the columns of the table, under the names of the JSON form; empty is null."""
    tasks = tasks.with_columns(pl.when(pl.col(k).str.strip_chars() != "").then(pl.col(k).str.strip_chars()).alias(k) for k in _KEYS)
    error = pl.col("Error").str.strip_prefix('"').str.strip_suffix('"').str.replace_all('\\"', '"', literal=True)
    return tasks.filter(pl.col("CurrentState").str.contains(_CURRENT) & pl.col("Name").is_not_null()).select(
        "source",
        "line_no",
        "line_last",
        "offset",
        "length",
        "ordinal",
        kind=pl.lit("task.state"),
        clock_kind=pl.lit("none"),
        service=pl.col("Name").str.replace(r"^\\_ +", "").str.replace(r"\.[^.]+(?:\.[0-9a-z]{25})?$", ""),
        outcome=pl.col("CurrentState").str.extract(_CURRENT, 1),
        attrs=attrs(
            task_id=pl.col("ID"),
            desired=pl.col("DesiredState"),
            error=pl.when(error != "").then(error),
            image=pl.col("Image"),
            node=pl.col("Node"),
            age=pl.col("CurrentState").str.extract(_CURRENT, 2),
        ),
    )


def _parse_json(batch: pl.DataFrame) -> pl.DataFrame:
    lines = batch.select("source", "line_no", "offset", *located(), "text").filter(pl.col("text").str.contains(_OBJECT))
    return _facts(lines.with_columns(pl.col("text").str.extract(_OBJECT).str.json_decode(_SHAPE).alias("task")).unnest("task"))


def _parse(batch: pl.DataFrame) -> pl.DataFrame:
    """Cut each row where the titles above it begin."""
    lines = batch.select("source", "line_no", "offset", *located(), "text")
    titled = pl.col("text").str.contains(_TITLE)
    lines = lines.with_columns(title=pl.when(titled).then("text").forward_fill().over("source"), titled=titled)
    rows = lines.filter(pl.col("title").is_not_null() & ~pl.col("titled") & (pl.col("text").str.strip_chars() != ""))
    starts = {name: pl.col("title").str.find(name, literal=True) for name in _COLUMNS}
    cells = []
    for key, name, following in zip(
        ("ID", "Name", "Image", "Node", "DesiredState", "CurrentState", "Error"), _COLUMNS, _COLUMNS[1:], strict=False
    ):
        cells.append(pl.col("text").str.slice(starts[name], starts[following] - starts[name]).alias(key))
    return _facts(rows.with_columns(cells))


_TABLE = """ID             NAME             IMAGE        NODE   DESIRED STATE   CURRENT STATE            ERROR                         PORTS
r8m1brupx193   disc_app.1       labimage:2   vm     Running         Running 28 seconds ago                                 
vgoqnsz4h2de    \\_ disc_app.1   labimage:1   vm     Shutdown        Failed 31 seconds ago    "task: non-zero exit (137)"   
"""

DOCKER_PS = Record(
    name="docker_ps",
    version=1,
    kinds=("task.state",),
    references=("https://docs.docker.com/reference/cli/docker/service/ps/",),
    scope="document",
    fits=_fits,
    parse=_parse,
    clock="docker",
    samples=(
        Sample(
            _TABLE,
            [
                {
                    "kind": "task.state",
                    "line_no": 2,
                    "service": "disc_app",
                    "outcome": "Running",
                    "attrs": {"task_id": "r8m1brupx193", "desired": "Running", "age": "28 seconds ago", "node": "vm"},
                },
                {
                    "kind": "task.state",
                    "line_no": 3,
                    "service": "disc_app",
                    "outcome": "Failed",
                    "attrs": {"error": "task: non-zero exit (137)", "desired": "Shutdown", "image": "labimage:1"},
                },
            ],
            synthetic=True,
        ),
        Sample(_TABLE.splitlines()[1] + "\n", None, synthetic=True),
    ),
)

DOCKER_PS_JSON = Record(
    name="docker_ps_json",
    version=1,
    kinds=("task.state",),
    references=("https://docs.docker.com/reference/cli/docker/service/ps/",),
    scope="line",
    fits=_fits_json,
    parse=_parse_json,
    clock="docker",
    samples=(
        Sample(
            '{"CurrentState":"Failed 31 seconds ago","DesiredState":"Shutdown","Error":"\\"task: non-zero exit (3)\\"","ID":"r8m1brupx193","Image":"labimage:2","Name":"disc_app.1","Node":"vm","Ports":""}\n',
            [
                {
                    "kind": "task.state",
                    "service": "disc_app",
                    "outcome": "Failed",
                    "attrs": {
                        "error": "task: non-zero exit (3)",
                        "task_id": "r8m1brupx193",
                        "desired": "Shutdown",
                        "age": "31 seconds ago",
                    },
                }
            ],
            synthetic=True,
        ),
        Sample('{"CurrentState":"Melted 3 seconds ago","DesiredState":"Running","Name":"a.1"}\n', None, synthetic=True),
    ),
)
