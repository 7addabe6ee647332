"""The report: the same bytes, nothing of a log is markup, every part is there."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from forensics.analysis import Analysis
from forensics.report import html, markdown
from tests.evidence import Log, Swarm, analysis, folder

DATA = Path(__file__).parents[2] / "data"
SOURCES = pl.DataFrame(
    {"path": ["a.log"], "content_id": ["0" * 64], "parser": ["console"], "lines": [3], "in_events": [2], "unparsed": [1], "blank": [0]}
)


def dstamp() -> Analysis:
    return analysis(folder(DATA / "dstamp" / "evidence"))


def test_the_same_case_gives_the_same_bytes() -> None:
    assert markdown.render(dstamp(), SOURCES) == markdown.render(dstamp(), SOURCES)
    assert html.render(dstamp(), SOURCES) == html.render(dstamp(), SOURCES)


def test_the_report_tells_the_cause_refutes_the_rest_and_cites() -> None:
    text = markdown.render(dstamp(), SOURCES)

    assert "Cause: **swarm-rollback**, written by swarm" in text
    assert "REFUTED: concurrency, wrong-head" in text
    assert "`docker-events.ndjson:44`" in text
    for part in ("## Runs", "## Overlapping", "## Identity reads", "## Findings", "## Clocks", "## Sources"):
        assert part in text


def test_facts_alone_hold_no_cause_and_no_verdict() -> None:
    text = markdown.render(dstamp(), SOURCES, facts_only=True)

    assert "swarm-rollback" not in text
    assert "PROVEN" not in text and "REFUTED" not in text
    assert "## Identity reads" in text


def test_markup_in_a_log_stays_text() -> None:
    log = Log("r1").start(0).deploy(1, 5, "92a304dd+U").read(6, "<script>alert(1)</script>")
    a = analysis(log.file | Swarm().create(1.03).file)

    text, page = markdown.render(a, SOURCES), html.render(a, SOURCES)

    assert "\\<script\\>" in text
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_quote_with_backticks_stays_one_piece_of_code() -> None:
    assert markdown._code("a ``b`` `c`") == "``` a ``b`` `c` ```"


def test_the_page_asks_nothing_of_the_network() -> None:
    page = html.render(dstamp(), SOURCES)

    assert "default-src 'none'" in page
    assert "<link" not in page and "<img" not in page and "<script" not in page
    assert "<svg" in page
