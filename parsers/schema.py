"""The event table: what every parser gives and everything else reads.

One row is one fact read from one locator. Null means "the record does not say"; it is never a
default. The table is append-only: an event is never edited, only superseded as a whole when a newer
parser re-reads the stored lines.
"""

from __future__ import annotations

import polars as pl

INSTANT = pl.Datetime("us", "UTC")

LINES = pl.Schema(
    {
        "content_id": pl.String,  # sha256 of the whole content, hex
        "line_no": pl.Int64,  # 1-based
        "offset": pl.Int64,  # byte offset of the line's first byte in the content
        "raw": pl.Binary,  # the bytes, terminator included: concatenated they are the content
    }
)

EVENTS = pl.Schema(
    {
        "event_id": pl.String,  # hex of a hash over source_id, byte range, ordinal
        "source_id": pl.String,  # sha256 over content_id and path, hex
        "content_id": pl.String,
        "path": pl.String,  # as found, relative to the ingest argument
        "line_no": pl.Int64,  # 1-based, inclusive
        "line_last": pl.Int64,
        "offset": pl.Int64,  # byte range in the content
        "length": pl.Int64,
        "kind": pl.String,  # one of `parsers.kinds.KINDS`
        "ts": INSTANT,  # the stated instant, less a declared offset of its clock
        "ts_ns": pl.Int64,  # the same in epoch nanoseconds, where the source gives them
        "ts_lo": INSTANT,  # resolution, and what is declared: a whole-second stamp spans its second, both ends included
        "ts_hi": INSTANT,
        "clock": pl.String,  # which clock spoke
        "clock_kind": pl.String,  # one of `CLOCK_KINDS`
        "run": pl.String,
        "host": pl.String,
        "stack": pl.String,
        "service": pl.String,
        "service_id": pl.String,
        "recipe": pl.String,
        "tree": pl.String,  # the git dir
        "stamp": pl.String,  # raw spelling kept
        "stamp_prev": pl.String,
        "commit": pl.String,
        "ref": pl.String,
        "version_index": pl.Int64,  # swarm's Version.Index
        "lock": pl.String,
        "actor": pl.String,
        "command": pl.String,
        "outcome": pl.String,
        "level": pl.String,
        "attrs": pl.String,  # JSON object: everything else that the record says
        "parser": pl.String,  # name and version, "git_reflog/1"
    }
)

CLOCK_KINDS = {
    "stated": "the source states instant and zone",
    "zone-declared": "the source states no zone; `ts` is read in the one that case.toml declares",
    "zone-assumed": "the source states no zone and none is declared; `ts` is read as UTC",
    "relative": "seconds since a start that the source does not state: attrs.rel_us, `ts` is null",
    "file": "no time in the text; the instant comes from the file's name",
    "none": "no time at all: only the order of the lines",
}

# What a parser gives for one fact. The engine adds event_id, source_id, content_id, path and, where
# they are null, what the path tells (run, tree, host, recipe) and the clock.
FACTS = pl.Schema(
    {"source": pl.UInt32, "ordinal": pl.UInt32}
    | {k: v for k, v in EVENTS.items() if k not in ("event_id", "source_id", "content_id", "path")}
)
