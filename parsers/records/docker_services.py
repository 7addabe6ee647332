"""`docker service ls` and `docker stack services`: replicas as somebody asked, as a table or as JSON lines.

    ID             NAME            MODE         REPLICAS               IMAGE                         PORTS
    gbmnq099w24s   disc_app        replicated   1/1                    labimage:2
    z3xkkm1ld4m5   disc_db         replicated   0/1 (max 1 per node)   postgres:15                   *:5432->5432/tcp

    {"ID":"gbmnq099w24s","Image":"labimage:2","Mode":"replicated","Name":"disc_app","Ports":"","Replicas":"1/1"}

Written by the docker client. No time: of the moment somebody asked. `1/1` is not healthy and not converged: it counts tasks that run, of
whatever version. Not read: ports; columns that a `--format` of one's own added.

References:
    https://docs.docker.com/reference/cli/docker/service/ls/
    https://docs.docker.com/reference/cli/docker/stack/services/
"""

# Samples are quoted as they are, however long.
# ruff: noqa: E501

from __future__ import annotations

import polars as pl

from parsers.record import Fit, Record, Sample
from parsers.records.docker_listing import begins_with_object, begins_with_titles, objects, table
from parsers.records.facts import LOCATOR, attrs

_COLUMNS = {"ID": "ID", "Name": "NAME", "Mode": "MODE", "Replicas": "REPLICAS", "Image": "IMAGE", "Ports": "PORTS"}
_TITLES = r"^ID +NAME +MODE +REPLICAS +IMAGE(?: +PORTS)? *$"
_REPLICAS = r"^(\d+/\d+)(?: .*)?$"


def _fits(path: str, head: bytes) -> Fit:
    if begins_with_titles(_TITLES, head):
        return Fit(0.9, "begins with the columns of docker service ls")
    return Fit(0.0, "does not begin with the columns of docker service ls")


def _fits_json(path: str, head: bytes) -> Fit:
    if begins_with_object(head, ("Replicas", "Mode", "Name", "Image")):
        return Fit(0.95, "JSON lines with Mode and Replicas, as docker service ls prints")
    return Fit(0.0, "no JSON line with Mode and Replicas")


def _facts(services: pl.DataFrame) -> pl.DataFrame:
    return services.filter(pl.col("Replicas").str.contains(_REPLICAS) & pl.col("Name").is_not_null()).select(
        *LOCATOR,
        kind=pl.lit("service.list"),
        clock_kind=pl.lit("none"),
        service="Name",
        service_id="ID",
        attrs=attrs(replicas=pl.col("Replicas").str.extract(_REPLICAS, 1), mode=pl.col("Mode"), image=pl.col("Image")),
    )


def _parse(batch: pl.DataFrame) -> pl.DataFrame:
    return _facts(table(batch, _TITLES, _COLUMNS))


def _parse_json(batch: pl.DataFrame) -> pl.DataFrame:
    return _facts(objects(batch, list(_COLUMNS)))


_TABLE = """ID             NAME       MODE         REPLICAS               IMAGE         PORTS
gbmnq099w24s   disc_app   replicated   1/1                    labimage:2    
z3xkkm1ld4m5   disc_db    replicated   0/1 (max 1 per node)   postgres:15   *:5432->5432/tcp
"""
_REFERENCES = ("https://docs.docker.com/reference/cli/docker/service/ls/", "https://docs.docker.com/reference/cli/docker/stack/services/")

DOCKER_SERVICES = Record(
    name="docker_services",
    version=1,
    kinds=("service.list",),
    references=_REFERENCES,
    scope="document",
    fits=_fits,
    parse=_parse,
    clock="docker",
    samples=(
        Sample(
            _TABLE,
            [
                {
                    "kind": "service.list",
                    "line_no": 2,
                    "service": "disc_app",
                    "service_id": "gbmnq099w24s",
                    "attrs": {"replicas": "1/1", "mode": "replicated", "image": "labimage:2"},
                },
                {"kind": "service.list", "line_no": 3, "service": "disc_db", "attrs": {"replicas": "0/1", "image": "postgres:15"}},
            ],
            synthetic=True,
        ),
        Sample(
            "ID   NAME   MODE     REPLICAS   IMAGE\nx1   a_b    global   3/3        img:1\n",
            [{"kind": "service.list", "service": "a_b", "attrs": {"replicas": "3/3", "mode": "global", "image": "img:1"}}],
            synthetic=True,
        ),
        Sample(_TABLE.splitlines()[1] + "\n", None, synthetic=True),
        Sample(_TABLE.splitlines()[0] + "\n", None, synthetic=True),
    ),
)

DOCKER_SERVICES_JSON = Record(
    name="docker_services_json",
    version=1,
    kinds=("service.list",),
    references=_REFERENCES,
    scope="line",
    fits=_fits_json,
    parse=_parse_json,
    clock="docker",
    samples=(
        Sample(
            '{"ID":"gbmnq099w24s","Image":"labimage:2","Mode":"replicated","Name":"disc_app","Ports":"","Replicas":"1/1"}\n',
            [
                {
                    "kind": "service.list",
                    "service": "disc_app",
                    "service_id": "gbmnq099w24s",
                    "attrs": {"replicas": "1/1", "mode": "replicated", "image": "labimage:2"},
                }
            ],
            synthetic=True,
        ),
        Sample('{"ID":"g","Image":"i","Mode":"replicated","Name":"a","Ports":"","Replicas":"all of them"}\n', None, synthetic=True),
    ),
)
