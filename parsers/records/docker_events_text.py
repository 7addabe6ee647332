"""`docker events` as the client prints it for people.

    2026-11-23T08:42:46.638090677Z service update gbmnq099w24s0ws5c08n97tjl (image.new=labimage:1, image.old=labimage:2, name=disc_app, updatestate.new=rollback_started, updatestate.old=updating)

Written by the docker client. Clock: the daemon's, printed in the client's zone with its offset, nanoseconds.

Attributes are joined by a comma and a space and nothing is escaped: values may hold `, b=c`, brackets and
newlines. So a line without a stamp belongs to the event before it, up to the last one that closes the bracket, and of the attributes only
those that docker and swarm set are taken. One that seems to occur twice with two values is not known: null. Not read: the scope (the text has none).

References:
    https://docs.docker.com/reference/cli/docker/system/events/
"""

# Samples are quoted as they are, however long.
# ruff: noqa: E501

from __future__ import annotations

import re

import polars as pl

from parsers.record import Fit, Record, Sample
from parsers.records import docker_event_facts
from parsers.records.instants import RFC3339, epoch_ns
from parsers.records.sight import fit_of_lines

_HEAD = rf"^({RFC3339}) (\S+) (\S.*)$"
_TYPES = r"(?:container|image|volume|network|plugin|daemon|node|service|secret|config|builder)"
_FITS = re.compile(rf"^{RFC3339} {_TYPES} [a-z_-]+(?:: .*)? \S+".encode(), re.MULTILINE)
_ID = r"(?:[0-9a-f]{64}|[0-9a-z]{25})"
# A command may hold anything, so the last id before a bracket with a key in it ends it; other actions are words.
_EXEC = rf"(?s)^((?:exec_[a-z]+|health_status): .+) ({_ID}) \(([\w./-]+=.*)\)$"
_EXEC_BARE = rf"(?s)^((?:exec_[a-z]+|health_status): .+) ({_ID})(?: \((.*)\))?$"
_WORD = r"(?s)^([a-z_-]+) (\S+)(?: \((.*)\))?$"


def _fits(path: str, head: bytes) -> Fit:
    if _FITS.match(head.removeprefix(b"\xef\xbb\xbf").lstrip()):
        return Fit(0.95, "begins with a time with offset, a type of object, an action and an id, as docker events prints")
    return fit_of_lines(_FITS, head, "a time with offset, a type of object, an action and an id, as docker events prints")


def _joined(batch: pl.DataFrame) -> pl.DataFrame:
    """One row per event: its lines joined, up to the last that closes its bracket; what comes before the first stamp is left out."""
    lines = batch.with_columns(starts=pl.col("text").str.contains(_HEAD), size=pl.col("raw").bin.size().cast(pl.Int64))
    lines = lines.with_columns(event=pl.col("starts").cast(pl.UInt32).cum_sum().over("source")).filter(pl.col("event") > 0)
    closing = pl.when(pl.col("text").str.ends_with(")")).then("line_no").max().over("source", "event")
    ends = pl.coalesce(closing, pl.when("starts").then("line_no").max().over("source", "event"))
    lines = lines.filter(pl.col("line_no") <= ends)
    single = pl.col("event").len().over("source", "event") == 1
    lines = lines.with_columns(single=single)
    columns = ["source", "line_no", "line_last", "offset", "length", "text"]
    one = lines.filter("single").with_columns(line_last="line_no", length="size").select(columns)
    many = (
        lines.filter(~pl.col("single"))
        .group_by("source", "event", maintain_order=True)
        .agg(
            pl.col("line_no").first(),
            line_last=pl.col("line_no").last(),
            offset=pl.col("offset").first(),
            length=pl.col("size").sum(),
            text=pl.col("text").str.join("\n"),
        )
    )
    return pl.concat([one, many.select(columns)]).sort("source", "line_no")


def _attribute(key: str) -> pl.Expr:
    """A known attribute's value; null where it is absent, or occurs twice with two values."""
    own = rf"(?:^|, ){re.escape(key)}="
    value = pl.col("attributes").str.extract(rf"(?s){own}(.*?)(?:, [A-Za-z0-9_][\w./-]*=|$)")
    return pl.when(pl.col("attributes").str.count_matches(own) == 1).then(value)


def _parse(batch: pl.DataFrame) -> pl.DataFrame:
    head = pl.col("text").str.extract_groups(rf"(?s){_HEAD}").struct.rename_fields(["at", "type", "rest"])
    events = _joined(batch).with_columns(head.alias("head")).unnest("head")
    tries = [pl.col("rest").str.extract_groups(p) for p in (_EXEC, _EXEC_BARE, _WORD)]
    hit = [t.struct.field("2").is_not_null() for t in tries]
    parts = pl.when(hit[0]).then(tries[0]).when(hit[1]).then(tries[1]).when(hit[2]).then(tries[2])
    events = events.with_columns(parts.struct.rename_fields(["action", "id", "attributes"]).alias("parts")).unnest("parts")
    events = events.with_columns(
        ns=epoch_ns(pl.col("at")),
        span_us=pl.lit(0, pl.Int64),
        scope=pl.lit(None, pl.String),
        ordinal=pl.lit(0, pl.UInt32),
        attributes=pl.col("attributes").fill_null(""),
    )
    return docker_event_facts.facts(events.filter(pl.col("id").is_not_null() & pl.col("ns").is_not_null()), _attribute)


_S, _C = "gbmnq099w24s0ws5c08n97tjl", "53652e70ca93fadb3d01308f03b0b9718ecf087e8e3e446594ac6e7fd67d3c8a"

DOCKER_EVENTS_TEXT = Record(
    name="docker_events_text",
    version=1,
    kinds=docker_event_facts.KINDS,
    references=("https://docs.docker.com/reference/cli/docker/system/events/",),
    scope="document",
    fits=_fits,
    parse=_parse,
    clock="docker",
    samples=(
        Sample(
            f"2026-11-23T08:42:46.638090677Z service update {_S} (image.new=labimage:1, image.old=labimage:2, name=disc-69811c_ci_example_org_app, updatestate.new=rollback_started, updatestate.old=updating)\n",
            [
                {
                    "kind": "service.state",
                    "ts_ns": 1795423366638090677,
                    "service": "disc-69811c_ci_example_org_app",
                    "service_id": _S,
                    "outcome": "rollback_started",
                    "attrs": {"image_old": "labimage:2", "state_old": "updating"},
                }
            ],
        ),
        Sample(
            f"2026-11-23T08:42:40.349741494Z service create {_S} (name=disc_app)\n", [{"kind": "service.create", "service": "disc_app"}]
        ),
        Sample(
            f"2026-11-23T07:49:42.969601122Z container exec_create: /bin/sleeper a, b=c (x) {_C} (com.docker.stack.namespace=disc, image=a:1, name=n)\n",
            [
                {
                    "kind": "container.event",
                    "stack": "disc",
                    "attrs": {"action": "exec_create: /bin/sleeper a, b=c (x)", "container_id": _C, "name": "n"},
                }
            ],
        ),
        Sample(
            "2017-01-05T00:36:09.840186338+08:00 container die 0fdb3ff37 (exitCode=143, image=alpine:latest, name=test)\n",
            [
                {
                    "kind": "container.event",
                    "ts_ns": 1483547769840186338,
                    "attrs": {"action": "die", "image": "alpine:latest", "name": "test"},
                }
            ],
        ),
        Sample(
            f"2026-11-23T07:49:42.969601122Z container die {_C} (com.docker.swarm.service.id={_S}, description=two\nlines, b=c (x)\nmore, exitCode=3, name=n)\n",
            [{"kind": "task.die", "line_no": 1, "line_last": 3, "outcome": "3", "service_id": _S}],
            synthetic=True,
        ),
        Sample(f"2026-11-23T25:49:42.969601122Z service update {_S} (name=disc_app)\n", None, synthetic=True),
        Sample("lines, b=c (x)\n", None, synthetic=True),
    ),
)
