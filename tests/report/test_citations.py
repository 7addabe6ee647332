"""Citations are read as they were written, in both forms of a report."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from forensics.report.citations import Citation, citations_in

CITED = Citation(1, "runs/ab/harness.log", 12, "took a7be5bae+U", "0123456789ab")


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("- `runs/ab/harness.log:12` `took a7be5bae+U` (sha256 0123456789ab)", "took a7be5bae+U"),
        ("- `runs/ab/harness.log:12` `` said `so` `` (sha256 0123456789ab)", "said `so`"),
        ('- `runs/ab/harness.log:12` `<b> & "x"` (sha256 0123456789ab)', '<b> & "x"'),
        ("- `runs/ab/harness.log:12` `a (sha256 00) b` (sha256 0123456789ab)", "a (sha256 00) b"),
    ],
)
def test_a_citation_is_read_from_markdown_and_from_what_it_becomes(line: str, text: str) -> None:
    html = MarkdownIt("commonmark", {"html": False}).render(line)

    for report in (line, html):
        (cited,) = citations_in(report)
        assert (cited.path, cited.line, cited.text, cited.sha256) == (CITED.path, CITED.line, text, CITED.sha256)


def test_what_only_resembles_a_citation_is_none() -> None:
    report = (
        "`runs/x.log:1` `text` (sha256 00)\n- `runs/x.log` `text` (sha256 00)\n- `runs/x.log:1` text (sha256 00)\n- `runs/x.log:1` `text`"
    )

    assert list(citations_in(report)) == []


def test_a_citation_knows_its_line_of_the_report() -> None:
    (cited,) = citations_in("# Report\n\n  - `runs/ab/harness.log:12` `took a7be5bae+U` (sha256 0123456789ab)\n")

    assert cited == Citation(3, CITED.path, CITED.line, CITED.text, CITED.sha256)
