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

import polars as pl

from parsers.record import Fit, Record, Sample
from parsers.records.docker_listing import begins_with_object, begins_with_titles, objects, table
from parsers.records.facts import LOCATOR, attrs

_COLUMNS = {
    "ID": "ID",
    "Name": "NAME",
    "Image": "IMAGE",
    "Node": "NODE",
    "DesiredState": "DESIRED STATE",
    "CurrentState": "CURRENT STATE",
    "Error": "ERROR",
    "Ports": "PORTS",
}
_TITLES = r"^(?:ID +)?NAME +IMAGE +NODE +DESIRED STATE +CURRENT STATE +ERROR +PORTS *$"
_STATES = "New|Allocated|Pending|Assigned|Accepted|Preparing|Ready|Starting|Running|Complete|Shutdown|Failed|Rejected|Remove|Orphaned"
_CURRENT = rf"^({_STATES})(?: (.+))?$"


def _fits(path: str, head: bytes) -> Fit:
    if b"DESIRED STATE" in head and begins_with_titles(_TITLES, head):
        return Fit(0.9, "begins with the columns of docker service ps")
    return Fit(0.0, "does not begin with the columns of docker service ps")


def _fits_json(path: str, head: bytes) -> Fit:
    if begins_with_object(head, ("CurrentState", "DesiredState", "Name")):
        return Fit(0.95, "JSON lines with CurrentState and DesiredState, as docker service ps prints")
    return Fit(0.0, "no JSON line with CurrentState and DesiredState")


def _facts(tasks: pl.DataFrame) -> pl.DataFrame:
    error = pl.col("Error").str.strip_prefix('"').str.strip_suffix('"').str.replace_all('\\"', '"', literal=True)
    told = pl.col("CurrentState").str.contains(_CURRENT) & pl.col("DesiredState").str.contains(f"^(?:{_STATES})$")
    return tasks.filter(told & pl.col("Name").is_not_null()).select(
        *LOCATOR,
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


def _parse(batch: pl.DataFrame) -> pl.DataFrame:
    return _facts(table(batch, _TITLES, _COLUMNS))


def _parse_json(batch: pl.DataFrame) -> pl.DataFrame:
    return _facts(objects(batch, list(_COLUMNS)))


_TABLE = """ID             NAME             IMAGE        NODE   DESIRED STATE   CURRENT STATE            ERROR                         PORTS
r8m1brupx193   disc_app.1       labimage:2   vm     Running         Running 28 seconds ago                                 
vgoqnsz4h2de    \\_ disc_app.1   labimage:1   vm     Shutdown        Failed 31 seconds ago    "task: non-zero exit (137)"   
"""

DOCKER_PS = Record(
    name="docker_ps",
    version=2,
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
        Sample(
            _TABLE.splitlines()[0] + "\nr8m1   disc_app.1   labimage:2   vm     Running         Running 28 seconds ago\n",
            None,
            synthetic=True,
        ),
    ),
)

DOCKER_PS_JSON = Record(
    name="docker_ps_json",
    version=2,
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
