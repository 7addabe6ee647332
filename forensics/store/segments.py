"""Segments: Parquet files of lines or events, complete before anybody sees them.

Written aside and hashed on the way, then fsynced, renamed to a name made of that hash, and named by the ledger. Plain
Parquet without Arrow's own schema, so that every reader sees strings as strings.

Lines are compressed by LZ4, by measurement (bench/ingest.py): no codec adds less to the time of an ingest; Zstandard halves the size for one
second more per gigabyte. A page of theirs stays in the processor's cache from being put together to being compressed: with pages of a
megabyte, writing takes a fifth longer.

References:
    https://parquet.apache.org/docs/file-format/
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from forensics.store import disk
from forensics.store.splitting import LINES_ARROW
from parsers.schema import EVENTS

if TYPE_CHECKING:
    import polars as pl

Folder = Literal["lines", "events"]
FOLDERS: tuple[Folder, ...] = ("lines", "events")
ROW_GROUP = 262_144
INSTANT = pa.timestamp("us", "UTC")
EVENTS_ARROW = pa.schema(
    [(n, pa.int64() if t.is_integer() else INSTANT if t.is_temporal() else pa.large_string()) for n, t in EVENTS.items()]
)
COMMON: dict[str, Any] = {"store_schema": False, "version": "2.6"}
SETTINGS: dict[Folder, dict[str, Any]] = {
    "lines": {
        # content_id is left as it is: the content's name may be put there when the rest is written (`SegmentWriter.unnamed`).
        "compression": {"line_no": "lz4", "offset": "lz4", "raw": "lz4", "content_id": "none"},
        "data_page_size": 128 << 10,
        "use_dictionary": ["content_id"],
        "column_encoding": {"line_no": "DELTA_BINARY_PACKED", "offset": "DELTA_BINARY_PACKED", "raw": "PLAIN"},
        "write_statistics": ["content_id", "line_no", "offset"],
    },
    "events": {
        "compression": "snappy",
        "use_dictionary": [n for n, t in EVENTS.items() if not t.is_numeric() and not t.is_temporal() and n not in ("event_id", "attrs")],
        "write_statistics": ["source_id", "kind", "ts", "run", "stack"],
    },
}


@dataclass(frozen=True)
class Segment:
    """A sealed segment. `name` is its file's, without folder."""

    folder: Folder
    name: str
    sha256: str

    def said(self) -> dict[str, str]:
        """As the ledger names it."""
        return {"name": self.name, "sha256": self.sha256}


class SegmentWriter:
    """Writes one segment, chunk by chunk. It is nothing until `seal`, and not in its place until `settle`.

    Args:
        case: The case directory.
        after: Hash of a ledger entry that was committed before this segment was begun: it stands in the segment's metadata, so that a
            ledger that was cut shorter than its segments shows. For events, which can be made again, it is left out: equal tables give
            equal files.
        unnamed: Of lines: `unnamed` stands in them as the content_id of a content whose name is known only in the end. Once `seal` was told it,
            the file is the one that would have been written with the name.
    """

    def __init__(self, case: Path, folder: Folder, after: tuple[int, str] | None = None, *, unnamed: bool = False) -> None:
        self.folder: Folder = folder
        self.unnamed = secrets.token_hex(32) if unnamed else ""
        self._case = case
        self._aside = disk.Aside(case / folder, self.unnamed.encode())
        schema = LINES_ARROW if folder == "lines" else EVENTS_ARROW
        self._schema = schema
        self._after = {"ledger_seq": str(after[0]), "ledger_hash": after[1]} if after else {}
        self._writer: pq.ParquetWriter | None = None
        try:
            self._writer = pq.ParquetWriter(self._aside, schema, **COMMON, **SETTINGS[folder])
        except Exception:
            self._aside.discard()
            raise
        self.rows = 0
        self.sealed: Segment | None = None

    def write(self, rows: pa.Table) -> None:
        assert self._writer is not None
        same = rows.schema.equals(self._schema)
        self._writer.write_table(rows if same else rows.cast(self._schema), row_group_size=ROW_GROUP)
        self.rows += rows.num_rows

    def write_events(self, events: pl.DataFrame) -> None:
        if len(events):
            import polars as pl

            self.write(events.select(EVENTS.names()).to_arrow(compat_level=pl.CompatLevel.oldest()))

    def seal(self, content_id: str = "") -> Segment:
        """Complete the file and have it on disk. `content_id` is the name of what was `unnamed`."""
        assert self._writer is not None
        writer, self._writer = self._writer, None
        if self._after:
            writer.add_key_value_metadata(self._after)
        writer.close()
        digest = self._aside.seal(content_id.encode())
        self.sealed = Segment(self.folder, f"{digest[:24]}.parquet", digest)
        return self.sealed

    def settle(self) -> None:
        """Give the sealed file its name. It lasts when `settle_folders` has returned."""
        assert self.sealed is not None
        self._aside.settle(self._case / self.folder / self.sealed.name)

    def discard(self) -> None:
        """Drop what was written, as after an error."""
        self._aside.discard()


def settle(case: Path, writers: Iterable[SegmentWriter | None]) -> None:
    """Bring sealed segments to their places, to last."""
    placed = [w for w in writers if w is not None]
    for writer in placed:
        writer.settle()
    for folder in sorted({w.folder for w in placed}):
        disk.fsync_folder(case / folder)


def sweep(case: Path, named: set[str]) -> int:
    """Remove what no ledger entry names: leftovers of a crash. Only for who is alone (`locks.Writing.alone`)."""
    swept = 0
    for folder in (case, *(case / f for f in FOLDERS)):
        for path in sorted(folder.iterdir()):
            if path.name.startswith(disk.ASIDE) or (folder != case and path.suffix == ".parquet" and path.name not in named):
                disk.remove(path)
                swept += 1
    return swept
