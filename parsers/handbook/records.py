"""The chapter of record parsers: sources with a grammar of their own, how they are recognised, and the events that they give."""

from __future__ import annotations

import json
import re
from collections import Counter
from types import ModuleType

import polars as pl

from parsers import engine, identity, lines
from parsers.handbook.homes import homes
from parsers.handbook.kinds import escaped, fields
from parsers.handbook.markdown import defined, prose, table
from parsers.kinds import KINDS
from parsers.record import Record, Sample
from parsers.registry import RECORDS
from parsers.schema import EVENTS

HEAD = """
## Record parsers

Sources with a grammar of their own. Each is recognised by its path and its first lines. What an event is said to give is what the parser's own samples give.

"""
COUNTED = re.compile(r"^\d+ (?:of the first \d+ lines: )?")  # what detection says of one sample


def chapter() -> str:
    by_home = homes("parsers.records", RECORDS)
    first = {record.name: _title(records) for records in by_home.values() for record in records}
    rows = ((f"[{record.name}](#{_anchor(first[record.name])})", _recognised(record), _listed(record.kinds)) for record in RECORDS)
    overview = table(("record parser", "recognised by", "gives"), rows)
    return HEAD + overview + "".join(_section(module, records) for module, records in by_home.items())


def _section(module: ModuleType, records: list[Record]) -> str:
    given = [_given(record) for record in records]
    parts = [f"\n### {_title(records)}\n\n{prose(module.__doc__ or '')}\n"]
    for n, (record, events) in enumerate(zip(records, given, strict=True)):
        of = f"`{record.name}` gives" if len(records) > 1 else "It gives"
        parts.append(f"\n{of} what `{records[given.index(events)].name}` gives.\n" if events in given[:n] else f"\n{of}:\n\n{events}")
    return "".join(parts) + defined(link for record in records for link in record.references)


def _title(records: list[Record]) -> str:
    return ", ".join(record.name for record in records)


def _anchor(title: str) -> str:
    return title.replace(",", "").replace(" ", "-")


def _good(record: Record) -> list[Sample]:
    return [sample for sample in record.samples if sample.expect is not None]


def _recognised(record: Record) -> str:
    sample = _good(record)[0]
    return escaped(COUNTED.sub("", record.fits(sample.path, sample.text.encode()).why))


def _listed(kinds: tuple[str, ...]) -> str:
    """Kinds, a family with several of them as one."""
    families = Counter(kind.partition(".")[0] for kind in kinds)
    shown = (f"{family}.*" if families[family := kind.partition(".")[0]] > 2 else kind for kind in kinds if kind != "document")
    return ", ".join(f"`{kind}`" for kind in dict.fromkeys(shown))


def _given(record: Record) -> str:
    """A list: each kind with the columns and attrs that events of the samples fill."""
    columns: dict[str, set[str]] = {kind: set() for kind in record.kinds if kind != "document"}
    attrs: dict[str, set[str]] = {kind: set() for kind in columns}
    for sample in _good(record):
        for event in _events(record, sample):
            if event["kind"] in columns:
                columns[event["kind"]] |= {name for name, value in event.items() if value is not None}
                attrs[event["kind"]] |= json.loads(event["attrs"] or "{}").keys()
    return "".join(
        f"- `{kind}`{fields(_of(kind, columns[kind]), [k for k in KINDS[kind].attrs if k in attrs[kind]])}\n" for kind in columns
    )


def _of(kind: str, filled: set[str]) -> list[str]:
    """Of the columns that are filled, the time and those of the kind; what a path adds is not the record's."""
    return [name for name in EVENTS if name in filled and (name == "ts" or name in KINDS[kind].columns)]


def _events(record: Record, sample: Sample) -> list[dict]:
    content = sample.text.encode()
    content_id = identity.content_id(content)
    sources = pl.DataFrame(
        {"source": [0], "source_id": [identity.source_id(content_id, sample.path)], "content_id": [content_id], "path": [sample.path]},
        schema_overrides={"source": pl.UInt32},
    )
    rows = lines.split(content).with_columns(source=pl.lit(0, pl.UInt32))
    events, _ = engine.parse(engine.Choice("record", record.name, record.scope), rows, sources)
    return events.to_dicts()
