"""An app's `.env` file as collected: what the tool would deploy it with.

    TYPE=discourse:0.7.0+3.3.1
    DOMAIN=disc-69811c.ci.example.org
    STACK_NAME=disc-69811c_ci_example_org

Written by the tool (`abra app new`), the harness and people: `servers/<server>/<domain>.env`. No time: undated
evidence. The tool writes the version that it deployed behind TYPE; the recipe is what stands before the colon.

The stack is STACK_NAME, else the domain (DOMAIN, else the file's name) with underscores for dots. A variable that is named like
a secret gives its name only, and `secret.seen`. A later line of the same name counts in the tool; all are kept here. Not read: comments (what was glued
onto one is lost to the tool as well), `export`ed shell code, values over several lines.

References:
    https://docs.coopcloud.tech/abra/
    https://github.com/joho/godotenv
"""

# Samples are quoted as they are, however long.
# ruff: noqa: E501

from __future__ import annotations

import re

import polars as pl

from parsers.record import Fit, Record, Sample
from parsers.records.facts import attrs

_PAIR = r"^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=\s*(.*?)\s*$"
_PAIR_RE = re.compile(rb"^[ \t]*(?:export[ \t]+)?[A-Za-z_][A-Za-z0-9_.]*[ \t]*=", re.MULTILINE)
_OTHER_RE = re.compile(rb"^(?![ \t]*(?:export[ \t]+)?[A-Za-z_][A-Za-z0-9_.]*[ \t]*=|[ \t]*#|[ \t]*\r?$).+", re.MULTILINE)
_PLACE = re.compile(r"(?:^|/)[^/]*\.env$")
_QUOTED = r"""^(?:"((?:[^"\\]|\\.)*)"|'([^']*)')\s*(?:#.*)?$"""
SECRET = r"(?i)(?:SECRET|PASSW(?:OR)?D|TOKEN|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|CREDENTIAL|_PASS$|_PW$)"
# `SECRET_DB_PASSWORD_VERSION=v1` names a version of a secret, `…_LENGTH` its size.
_NO_SECRET = r"(?i)(?:_VERSION|_LENGTH|_ENABLED?|_FILE|_NAME|_TTL)$"


def _fits(path: str, head: bytes) -> Fit:
    if not _PLACE.search(path):
        return Fit(0.0, "not named *.env")
    pairs = len(_PAIR_RE.findall(head))
    if not pairs or len(_OTHER_RE.findall(head)) > pairs:
        return Fit(0.0, "named *.env, but most lines are no KEY=value")
    return Fit(0.95 if re.search(r"(?:^|/)servers/", path) else 0.8, "KEY=value lines in a file named for an app")


def _parse(batch: pl.DataFrame) -> pl.DataFrame:
    text = pl.col("text").str
    lines = batch.filter(text.contains(_PAIR)).with_columns(key=text.extract(_PAIR, 1), spelled=text.extract(_PAIR, 2))
    quoted = pl.coalesce(pl.col("spelled").str.extract(_QUOTED, 1), pl.col("spelled").str.extract(_QUOTED, 2))
    bare = pl.col("spelled").str.replace(r"\s+#.*$", "")
    lines = lines.with_columns(value=pl.coalesce(quoted, bare))

    def told(*keys: str) -> pl.Expr:
        found = [pl.col("value").filter((pl.col("key") == key) & (pl.col("value") != "")).last().over("source") for key in keys]
        return pl.coalesce(found)

    named = pl.col("path").str.extract(r"(?:^|/)([^/]+\.[^/.]+)\.env$")
    lines = lines.with_columns(
        domain=pl.coalesce(told("DOMAIN"), named), recipe=told("TYPE", "RECIPE").str.extract(r"^([^:]+)"), own=told("STACK_NAME")
    )
    lines = lines.with_columns(
        stack=pl.coalesce("own", pl.col("domain").str.replace_all(".", "_", literal=True)),
        secret=pl.col("key").str.contains(SECRET) & ~pl.col("key").str.contains(_NO_SECRET) & (pl.col("value") != ""),
        length=pl.col("raw").bin.size().cast(pl.Int64),
    )
    common = ["source", "line_no", pl.col("line_no").alias("line_last"), "offset", "length", pl.lit("none").alias("clock_kind")]
    value = pl.when(~pl.col("secret")).then("value")
    values = lines.select(
        *common,
        "stack",
        "recipe",
        kind=pl.lit("env.value"),
        ordinal=pl.lit(0, pl.UInt32),
        attrs=attrs(key=pl.col("key"), value=value, domain=pl.col("domain")),
    )
    seen = lines.filter("secret").select(*common, kind=pl.lit("secret.seen"), ordinal=pl.lit(1, pl.UInt32), attrs=attrs(what=pl.col("key")))
    return pl.concat([values, seen], how="diagonal").sort("source", "line_no", "ordinal")


_IN = "servers/shared/disc-69811c.ci.example.org.env"

ENV_FILE = Record(
    name="env_file",
    version=1,
    kinds=("env.value", "secret.seen"),
    references=("https://docs.coopcloud.tech/abra/", "https://github.com/joho/godotenv"),
    scope="document",
    fits=_fits,
    parse=_parse,
    clock="file:{source}",
    samples=(
        Sample(
            'TYPE=discourse:0.7.0+3.3.1\nSTACK_NAME=disc-69811c_ci_example_org\nCOMPOSE_FILE="compose.yml:compose.ccci.yml"\n',
            [
                {
                    "kind": "env.value",
                    "stack": "disc-69811c_ci_example_org",
                    "recipe": "discourse",
                    "attrs": {"key": "TYPE", "value": "discourse:0.7.0+3.3.1", "domain": "disc-69811c.ci.example.org"},
                },
                {"kind": "env.value", "attrs": {"key": "STACK_NAME"}},
                {"kind": "env.value", "attrs": {"key": "COMPOSE_FILE", "value": "compose.yml:compose.ccci.yml"}},
            ],
            _IN,
        ),
        Sample(
            "# RESTIC=x\nSMTP_PASSWORD=hunter2 # mail\nSECRET_DB_VERSION=v1\n",
            [
                {
                    "kind": "env.value",
                    "line_no": 2,
                    "stack": "disc-69811c_ci_example_org",
                    "attrs": {"key": "SMTP_PASSWORD", "value": None},
                },
                {"kind": "secret.seen", "line_no": 2, "attrs": {"what": "SMTP_PASSWORD"}},
                {"kind": "env.value", "line_no": 3, "attrs": {"key": "SECRET_DB_VERSION", "value": "v1"}},
            ],
            _IN,
            synthetic=True,
        ),
        Sample("if true; then\n", None, _IN, synthetic=True),
    ),
)
