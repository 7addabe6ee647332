"""What other programs read: one format a file, one visible line each (docs/exports.md).

An export is redacted like every other output. It is a copy for looking at: the evidence stays in the case, and each exported row says
where in it it comes from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forensics.api import OpenCase


@dataclass(frozen=True)
class Format:
    """One format. `write` gets the case, the place and the tables asked for, and gives the rows per file that it wrote."""

    name: str
    says: str
    write: Callable[[OpenCase, Path, tuple[str, ...]], dict[str, int]]
    folder: bool  # a folder with one file a table; else one file


def _timesketch(case: OpenCase, place: Path, tables: tuple[str, ...]) -> dict[str, int]:
    from forensics.exports.timesketch import write

    return write(case, place)


def _csv(case: OpenCase, place: Path, tables: tuple[str, ...]) -> dict[str, int]:
    from forensics.exports.tables import write

    return write(case, place, tables, "csv")


def _parquet(case: OpenCase, place: Path, tables: tuple[str, ...]) -> dict[str, int]:
    from forensics.exports.tables import write

    return write(case, place, tables, "parquet")


def _chrome_trace(case: OpenCase, place: Path, tables: tuple[str, ...]) -> dict[str, int]:
    from forensics.exports.chrome_trace import write

    return write(case, place)


FORMATS: dict[str, Format] = {
    f.name: f
    for f in (
        Format("timesketch", "events and findings as JSON lines for Timesketch: one file", _timesketch, False),
        Format("csv", "every table as CSV: one file a table", _csv, True),
        Format("parquet", "every table as Parquet: one file a table", _parquet, True),
        Format("chrome-trace", "the timeline as Chrome trace JSON, for Perfetto: one file", _chrome_trace, False),
    )
}
