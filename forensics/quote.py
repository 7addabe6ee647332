"""The one rendering of log text for people: redacted, without control characters, of bounded length.

Every output uses it, so that a quote can be rendered again and compared. What was cut is marked by `…`, and the
pieces around it stand in the line as they are.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING

from forensics.redact import redact

if TYPE_CHECKING:
    from forensics.case import Case

LENGTH = 400
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")


def quote(text: str | bytes, length: int | None = LENGTH) -> str:
    """Render text: secrets redacted, escapes and control characters as `…`, cut in the middle if too long."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    text = text.rstrip("\r\n")
    text = re.sub("…{2,}", "…", CONTROL.sub("…", ANSI.sub("…", redact(text)))).replace("\t", " ")
    if length is not None and len(text) > length:
        keep = (length - 1) // 2
        text = f"{text[: length - 1 - keep]}…{text[-keep:]}"
    return text


def quoter(case: Case) -> Callable[[list[tuple[str, int]]], dict[tuple[str, int], str]]:
    """A function that quotes lines of a case, given as (content id, line number)."""

    def quotes(at: list[tuple[str, int]]) -> dict[tuple[str, int], str]:
        import polars as pl

        by_content: dict[str, list[int]] = defaultdict(list)
        for content, line in at:
            by_content[content].append(line)
        if not by_content:
            return {}
        wanted = pl.LazyFrame({"content_id": [c for c, _ in at], "line_no": [n for _, n in at]}, schema={"content_id": pl.String, "line_no": pl.Int64})
        rows = case.lines().filter(pl.col("content_id").is_in(list(by_content))).join(wanted, on=["content_id", "line_no"], how="semi").select("content_id", "line_no", "raw").collect()
        return {(c, n): quote(raw) for c, n, raw in rows.iter_rows()}

    return quotes
