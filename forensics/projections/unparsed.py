"""The lines that no rule claimed: kept, counted, and here shown."""

from __future__ import annotations

import polars as pl

from parsers.lines import decode


def unparsed(lines: pl.LazyFrame, events: pl.LazyFrame, sources: pl.LazyFrame) -> pl.LazyFrame:
    """Find the lines that gave no event and are not blank.

    One row per source and line: equal bytes at two paths are two sources, and each shows its own. A line that lies inside the lines of a
    document's event is claimed by it. Blank is a line of white space alone; bytes that are no UTF-8 are not white space.

    Args:
        lines: `LINES`.
        events: Event table; only source_id, line_no and line_last are read.
        sources: source_id, content_id, path: whose lines are asked for.

    Returns:
        path, line_no, offset, raw, source_id, content_id, sorted by path, source_id and line_no.
    """
    claimed = (
        events.select("source_id", line_no=pl.int_ranges("line_no", pl.col("line_last") + 1))
        .explode("line_no", empty_as_null=False)
        .unique()
    )
    of_source = lines.join(sources.select("source_id", "content_id", "path"), on="content_id", how="inner")
    blank = pl.col("raw").map_batches(decode, return_dtype=pl.String).str.strip_chars() == ""
    left = of_source.filter(~blank).join(claimed, on=["source_id", "line_no"], how="anti")
    return left.select("path", "line_no", "offset", "raw", "source_id", "content_id").sort("path", "source_id", "line_no")
