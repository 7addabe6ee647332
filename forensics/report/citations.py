"""The citations of a report, held against the stored lines.

A citation is a line of the Markdown report like

    - `runs/ab/harness.log:12` `2026-11-23 08:43:19,269 INFO …` (sha256 0123456789ab)

or the same item of its HTML form. It stands if the case holds a source with that path and hash, and that line of it, rendered again, is the
quote.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING

from forensics.quote import quote
from forensics.verify import Problem

if TYPE_CHECKING:
    from forensics.case import Case

CODE = r"(?P<{0}_fence>`+)(?P<{0}>.+?)(?P={0}_fence)(?!`)"
CITATION = re.compile(rf"^\s*- {CODE.format('place')} {CODE.format('text')} \(sha256 (?P<sha256>[0-9a-f]+)\)$")
HTML = re.compile(r"<li><code>(?P<place>[^<]+)</code> <code>(?P<text>[^<]+)</code> \(sha256 (?P<sha256>[0-9a-f]+)\)</li>")


@dataclass(frozen=True)
class Citation:
    """One citation: `row` is its 1-based line in the report, `line` the one that it quotes; `sha256` may be only the beginning."""

    row: int
    path: str
    line: int
    text: str
    sha256: str


def citations_in(report: str) -> Iterator[Citation]:
    """Read the citations of a report, Markdown or HTML, in their order."""
    for row, text in enumerate(report.split("\n"), 1):
        markdown, items = CITATION.match(text), HTML.finditer(text)
        for found, plain in [(markdown, str)] if markdown else [(item, unescape) for item in items]:
            if place := re.fullmatch(r"(.+):(\d+)", plain(found["place"]).strip(" ")):
                yield Citation(row, place[1], int(place[2]), plain(found["text"]).strip(), found["sha256"])


def check(case: Case, cited: Iterable[Citation], report: str) -> list[Problem]:
    """Hold citations against the lines of the case.

    Args:
        report: The report's name, for the problems.

    Returns:
        One problem per citation that does not stand, in the order of the report.
    """
    import polars as pl

    cited = list(cited)
    sources = case.sources().select("path", "content_id")
    by_path: dict[str, list[str]] = {}
    for path, content in sources.iter_rows():
        by_path.setdefault(path, []).append(content)
    content_of = {c: next((x for x in by_path.get(c.path, ()) if x.startswith(c.sha256)), None) for c in cited}
    wanted = pl.LazyFrame(
        {"content_id": [x for x in content_of.values() if x], "line_no": [c.line for c, x in content_of.items() if x]},
        schema={"content_id": pl.String, "line_no": pl.Int64},
    )
    rows = (
        case.lines(superseded=True).join(wanted.unique(), on=["content_id", "line_no"], how="semi").select("content_id", "line_no", "raw")
    )
    lines = {(content, line): quote(raw).strip() for content, line, raw in rows.collect().iter_rows()}
    problems = []
    for citation in cited:
        content = content_of[citation]
        if why := _flaw(citation, by_path.get(citation.path), content, lines.get((content or "", citation.line))):
            problems.append(
                Problem(
                    "a citation does not stand",
                    f"{report}:{citation.row}: {citation.path}:{citation.line}",
                    why,
                    f"write the report again: forensics report --case {case.path}",
                )
            )
    return problems


def _flaw(citation: Citation, contents: list[str] | None, content: str | None, line: str | None) -> str | None:
    """Why a citation does not stand; null if it does."""
    if contents is None:
        return "the case holds no source with this path"
    if content is None:
        return f"the source has another hash: {contents[-1][: len(citation.sha256)]}, not {citation.sha256}"
    if line is None:
        return "the source has no such line"
    return None if line == citation.text else f"the line reads: {line}"
