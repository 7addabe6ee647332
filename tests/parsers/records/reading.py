"""Read bytes as the engine does: choose a format, parse, count."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from parsers import engine, identity, lines
from parsers.record import Record

DATA = Path(__file__).parents[3] / "data"
SAMPLES = DATA / "samples"


def chosen(record: Record) -> engine.Choice:
    """The choice of this record parser, whatever fits."""
    return engine.Choice("record", record.name, record.scope)


def read_all(record: Record, contents: Sequence[tuple[str, bytes]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Events and counts of several contents in one batch."""
    sources = pl.DataFrame(
        {
            "source": range(len(contents)),
            "source_id": [identity.source_id(identity.content_id(content), path) for path, content in contents],
            "content_id": [identity.content_id(content) for _, content in contents],
            "path": [path for path, _ in contents],
        },
        schema_overrides={"source": pl.UInt32},
    )
    rows = pl.concat([lines.split(content).with_columns(source=pl.lit(i, pl.UInt32)) for i, (_, content) in enumerate(contents)])
    return engine.parse(chosen(record), rows, sources)


def read(record: Record, content: bytes | str, path: str = "evidence/x") -> list[dict[str, Any]]:
    """The events of one content, `attrs` as a dict; without the one that says that a document was read whole."""
    content = content.encode() if isinstance(content, str) else content
    events, _ = read_all(record, [(path, content)])
    return [row | {"attrs": json.loads(row["attrs"] or "{}")} for row in events.to_dicts() if row["kind"] != "document"]


def picked(events: Sequence[dict[str, Any]], *columns: str) -> list[tuple[Any, ...]]:
    """Some columns, or keys of attrs behind a dot, of each event."""
    return [tuple(event["attrs"].get(c[1:]) if c.startswith(".") else event[c] for c in columns) for event in events]
