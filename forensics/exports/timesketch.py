"""Events and findings as JSON lines for Timesketch.

Its contract: `message`, `datetime` (ISO 8601) and `timestamp_desc` are required, `timestamp` are epoch microseconds; any other field
becomes a column. One object is one event that states an instant, then one finding that has one; what states none cannot stand on a
timeline, and is not exported. `data_type` is `forensics:event:KIND` or `forensics:finding:CLASS`; `tag` is a list.

References:
    https://timesketch.org/guides/user/import-from-json-csv/
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from forensics.api import OpenCase
from forensics.quote import quote
from forensics.redacting import chunks
from parsers.schema import EVENTS

FIELDS = (
    "run",
    "stack",
    "service",
    "recipe",
    "tree",
    "stamp",
    "stamp_prev",
    "commit",
    "ref",
    "lock",
    "actor",
    "command",
    "outcome",
    "level",
)
ISO = "%Y-%m-%dT%H:%M:%S%.6f+00:00"


def write(case: OpenCase, path: Path) -> dict[str, int]:
    """Write one file; gives its rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = 0
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        for text in events(case):
            file.writelines(f"{line}\n" for line in text)
            rows += len(text)
        for finding in findings(case):
            file.write(json.dumps(finding, ensure_ascii=False) + "\n")
            rows += 1
    return {path.name: rows}


def events(case: OpenCase) -> Iterator[list[str]]:
    """JSON lines, a chunk at a time, by time and then by place; null fields are left out."""
    timed = case.events.filter(pl.col("ts").is_not_null())
    said = case.lines.select("content_id", "line_no", "raw")
    # One join for all: the message is the line that the event was read from.
    rows = timed.join(said, on=["content_id", "line_no"], how="left").sort("ts", "path", "line_no", "event_id")
    for piece in chunks(rows.select(*EVENTS.names(), "raw")):
        stem = pl.col("raw").str.strip_chars().str.slice(0, 1000)
        objects = piece.select(
            pl.when(stem.is_null() | (stem == "")).then("kind").otherwise(stem).alias("message"),
            pl.col("ts").dt.strftime(ISO).alias("datetime"),
            pl.col("ts").dt.epoch("us").alias("timestamp"),
            pl.col("kind").alias("timestamp_desc"),
            pl.format("forensics:event:{}", "kind").alias("data_type"),
            pl.format("{}:{}", "path", "line_no").alias("source"),
            pl.col("content_id").alias("sha256"),
            *FIELDS,
            "attrs",
            "event_id",
        )
        yield without_nulls(objects)


def without_nulls(rows: pl.DataFrame) -> list[str]:
    """Each row as a JSON object without the members that are null."""
    if rows.is_empty():
        return []
    # A quote inside a JSON string is escaped, so that only a member can look like one; the first column is never null.
    encoded = rows.select(pl.struct(pl.all()).struct.json_encode().alias("row"))["row"]
    return encoded.str.replace_all(r',"[a-z0-9_]+":null', "").to_list()


def findings(case: OpenCase) -> Iterator[dict[str, Any]]:
    """One object per finding that has an instant, at its earliest one."""
    for row in case.findings:
        at = row["t_lo"] or row["t_hi"]
        if at is None:
            continue
        instant = pl.Series([at]).str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us", time_zone="UTC").dt.epoch("us")[0]
        yield {
            "message": quote(f"{row['verdict']} {row['class']}: {row['summary']}", None),
            "datetime": at.replace("Z", "+00:00"),
            "timestamp": instant,
            "timestamp_desc": "earliest instant of the finding",
            "data_type": f"forensics:finding:{row['class']}",
            "severity": row["severity"],
            "verdict": row["verdict"],
            "run": ", ".join(row["runs"]),
            "stack": row["stack"] or "",
            "finding_id": row["id"],
            "tag": ["forensics-finding", row["severity"]],
        }
