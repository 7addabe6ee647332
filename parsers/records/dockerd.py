"""dockerd's own log: failed tasks and known faults of the infrastructure.

    time="2022-01-03T15:52:13.166717560+08:00" level=error msg="fatal task error" error="task: non-zero exit (1)" module=node/agent/taskmanager node.id=4kjl5… service.id=hrz2rc… task.id=9zccv…

Written by the docker daemon (logrus) to a file or its standard error. Clock: the daemon's, local with its offset, 0 to 9
digits of a second; without digits the line spans its second. On a terminal it prints `ERRO[2022-01-03T15:52:13.166717560+08:00] text  key=value` instead,
or once `ERRO[0456] …`: seconds since the daemon's start, which the line does not state.

A line is read if it tells that a task failed or holds one of `SIGNATURES`. Not read: the rest, which is most
of such a log. That a rollback starts is only logged at debug level. Inside journald, syslog or any other envelope, rules read the same of
such lines (`parsers/rules/faults.py`).

References:
    https://docs.docker.com/engine/daemon/logs/
    https://github.com/moby/moby/issues/34255
    https://github.com/moby/moby/issues/30938
"""

# Samples are quoted as they are, however long.
# ruff: noqa: E501

from __future__ import annotations

import re

import polars as pl

from parsers.faults import ANY, FATAL, QUOTED, fault, told, unquoted, value
from parsers.record import Fit, Record, Sample
from parsers.records.facts import US_PER_S, attrs, located, timed
from parsers.records.instants import RFC3339, epoch_ns
from parsers.records.sight import SIGHT, fit_of_lines

_ANY = f"(?:{FATAL})|{ANY}"
_LINE = rf'^time="({RFC3339})" level=(\w+) msg=({QUOTED}|\S+)((?: .*)?)$'
_TTY = rf"^(DEBU|INFO|WARN|ERRO|FATA|PANI)\[(?:(\d{{1,10}})|({RFC3339}))\] (.*)$"
_LEVELS = {"DEBU": "debug", "INFO": "info", "WARN": "warning", "ERRO": "error", "FATA": "fatal", "PANI": "panic"}
_HEAD = re.compile(rf'^time="{RFC3339}" level=\w+ msg='.encode(), re.MULTILINE)
_HEAD_TTY = re.compile(rf"^(?:\x1b\[\d+m)?(?:DEBU|INFO|WARN|ERRO|FATA|PANI)(?:\x1b\[0m)?\[(?:\d{{4,}}|{RFC3339})\] ".encode(), re.MULTILINE)
_DAEMON = re.compile(
    rb"libcontainerd|module=(?:node|\"node)|moby|containerd|API listen on|docker|fatal task error|pulling image failed|atomic operation, key modified"
)


def _fits(path: str, head: bytes) -> Fit:
    pattern = _HEAD if b'time="' in head else _HEAD_TTY if b"[0" in head or b"[20" in head else None
    if pattern is None:
        return Fit(0.0, "no line with time=")
    best = 0.95 if _DAEMON.search(head[:SIGHT]) else 0.4
    return fit_of_lines(
        pattern,
        head,
        "time, level and msg as dockerd logs" if best > 0.9 else "time, level and msg, but nothing that only dockerd says",
        best=best,
    )


def _parse(batch: pl.DataFrame) -> pl.DataFrame:
    near = batch.filter(pl.col("text").str.contains(_ANY)).select(*located(), "text")
    line, tty = pl.col("text").str.extract_groups(_LINE), pl.col("text").str.extract_groups(_TTY)
    near = near.with_columns(
        at=pl.coalesce(line.struct.field("1"), tty.struct.field("3")),
        level=pl.coalesce(line.struct.field("2"), tty.struct.field("1").replace(_LEVELS)),
        msg=unquoted(line.struct.field("3")),
        rel_us=tty.struct.field("2").cast(pl.Int64, strict=False) * US_PER_S,
        rest=pl.coalesce(line.struct.field("4"), tty.struct.field("4")),
    )
    near = near.with_columns(ns=epoch_ns(pl.col("at")), error=value(pl.col("rest"), "error")).filter(
        pl.col("ns").is_not_null() | pl.col("rel_us").is_not_null()
    )
    digits = pl.col("at").str.contains(".", literal=True)
    near = near.with_columns(span_us=pl.when(digits).then(0).otherwise(US_PER_S - 1), exact_ns=pl.when(digits).then("ns"))
    tasks = near.filter(pl.col("text").str.contains(FATAL, literal=True)).select(
        *_common(pl.lit("task.error")),
        service_id=value(pl.col("rest"), "service.id"),
        outcome=pl.col("error").str.extract(r"non-zero exit \((\d+)\)"),
        attrs=attrs(
            task_id=value(pl.col("rest"), "task.id"),
            node_id=value(pl.col("rest"), "node.id"),
            error=pl.col("error"),
            rel_us=pl.col("rel_us"),
        ),
    )
    said = pl.when(pl.col("msg").is_null()).then(pl.col("rest").str.strip_chars()).otherwise(told(pl.col("msg"), pl.col("error")))
    faults = (
        near.with_columns(outcome=fault(pl.col("text"))).filter(pl.col("outcome").is_not_null()).with_columns(ordinal=pl.lit(1, pl.UInt32))
    )
    faults = faults.select(*_common(pl.lit("infra.fault")), "outcome", attrs=attrs(message=said, rel_us=pl.col("rel_us")))
    return pl.concat([tasks, faults], how="diagonal").sort("source", "line_no", "ordinal")


def _common(kind: pl.Expr) -> list[pl.Expr]:
    locator = ("source", "line_no", "line_last", "offset", "length", "ordinal", "level")
    clock_kind = pl.when(pl.col("ns").is_null()).then(pl.lit("relative")).otherwise(pl.lit("stated"))
    return [
        *map(pl.col, locator),
        kind.alias("kind"),
        clock_kind.alias("clock_kind"),
        pl.col("exact_ns").alias("ts_ns"),
        *timed(pl.col("ns"), span_us=pl.col("span_us")),
    ]


_FATAL_LINE = 'time="2026-11-23T08:42:46.634936704Z" level=error msg="fatal task error" error="task: non-zero exit (137)" module=node/agent/taskmanager node.id=0ewkpkxcblbp2qoadaalb3bex service.id=gbmnq099w24s0ws5c08n97tjl task.id=r8m1brupx193691kpl2n0utdv\n'

DOCKERD = Record(
    name="dockerd",
    version=3,
    kinds=("task.error", "infra.fault"),
    references=(
        "https://docs.docker.com/engine/daemon/logs/",
        "https://github.com/moby/moby/issues/34255",
        "https://github.com/moby/moby/issues/30938",
    ),
    scope="line",
    fits=_fits,
    parse=_parse,
    clock="dockerd",
    samples=(
        Sample(
            _FATAL_LINE,
            [
                {
                    "kind": "task.error",
                    "ts_ns": 1795423366634936704,
                    "level": "error",
                    "service_id": "gbmnq099w24s0ws5c08n97tjl",
                    "outcome": "137",
                    "attrs": {"error": "task: non-zero exit (137)", "task_id": "r8m1brupx193691kpl2n0utdv"},
                }
            ],
        ),
        Sample(
            'time="2026-11-23T08:47:15.018916335Z" level=warning msg="Error (Unable to complete atomic operation, key modified) deleting object [endpoint rjqt3mgviu0kf56ysfg7uz183 8ce9662e], retrying...."\n',
            [{"kind": "infra.fault", "outcome": "key-modified", "level": "warning", "ts_ns": 1795423635018916335}],
        ),
        Sample(
            'time="2026-11-23T08:46:58Z" level=error msg="pulling image failed" error="toomanyrequests: You have reached your \\"unauthenticated\\" pull rate limit"\n',
            [
                {
                    "kind": "infra.fault",
                    "outcome": "rate-limited",
                    "ts_ns": None,
                    "attrs": {"message": 'pulling image failed: toomanyrequests: You have reached your "unauthenticated" pull rate limit'},
                }
            ],
            synthetic=True,
        ),
        Sample(
            'ERRO[0456] fatal task error    error="task: non-zero exit (137)" service.id=s task.id=t\n',
            [
                {
                    "kind": "task.error",
                    "ts": None,
                    "clock_kind": "relative",
                    "outcome": "137",
                    "level": "error",
                    "attrs": {"rel_us": 456_000_000},
                }
            ],
            synthetic=True,
        ),
        Sample(
            '\x1b[31mERRO\x1b[0m[2022-01-03T15:52:13.166717560+08:00] fatal task error    error="task: non-zero exit (137)" service.id=s task.id=t\n',
            [
                {
                    "kind": "task.error",
                    "ts_ns": 1641196333166717560,
                    "clock_kind": "stated",
                    "outcome": "137",
                    "service_id": "s",
                    "level": "error",
                }
            ],
            synthetic=True,
        ),
        Sample('time="2026-11-23T08:46:58.041331381Z" level=error msg="reexec to set bridge default vlan failed exit status 1"\n', None),
        Sample('time="yesterday" level=error msg="fatal task error"\n', None, synthetic=True),
    ),
)
