"""Citations are read as they were written, in both forms of a report, and any edit of one is found."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from forensics.quote import BRIEF, brief
from forensics.report import html, markdown, seal
from forensics.report.build import build
from forensics.report.citations import check, check_files, told_in
from forensics.report.document import Document, Section, Statement
from forensics.report.evidence import FileEvidence
from forensics.report.exhibits import Exhibit
from tests.evidence import analysis, folder, sources_of

EVIDENCE = Path(__file__).parents[2] / "data" / "dstamp" / "evidence"
RENDER = {"markdown": markdown.render, "html": html.render}
SHA = "0123456789ab" + "c" * 52
# Where a report says something of evidence: places, quotes, hashes and numbers, in either form.
CITED = re.compile(
    r"- (E\d+) (`+)(?P<place>.+?)\2 (`+)(?P<quote>.+?)\4 \(sha256 (?P<sha>[0-9a-f]+)\)"
    r'|<code class="place">(?P<hplace>[^<]*)</code> <code class="quote">(?P<hquote>[^<]*)</code> <span class="sha">\(sha256 (?P<hsha>[0-9a-f]+)\)'
)


def document() -> Document:
    files = folder(EVIDENCE)
    return build(analysis(files), sources_of(files))


REPORT = {form: render(document()) for form, render in RENDER.items()}


def problems(report: str, root: Path = EVIDENCE) -> list[str]:
    evidence = FileEvidence([root])
    return [p.why for p in [*check(told_in(report), evidence, "r", ""), *check_files(report, evidence, "r", "")]]


@pytest.mark.parametrize("form", RENDER)
@pytest.mark.parametrize(
    "text",
    [
        "took a7be5bae+U",
        "said `so`",
        "`quoted`",
        "``",
        '<b> & "x" &amp; </code></li>',
        "a (sha256 00) b",
        "- again: `x`",
        "</script><script>alert(1)</script>",
        "x" * (BRIEF + 1),
        "[link](http://x) *b* _i_ | cell",
    ],
)
def test_a_citation_is_read_as_it_was_written(form: str, text: str) -> None:
    exhibit = Exhibit(7, "runs/it's `a`.log", 12, SHA, text)
    report = RENDER[form](Document("T", (), (Section("s", "S", (Statement("x", cites=(exhibit,)),)),), (exhibit,)))

    told = told_in(report)

    assert told.flaws == []
    assert [(c.number, c.path, c.line, c.text, c.sha256) for c in told.citations] == [
        (7, exhibit.path, 12, brief(text), SHA[:12]),
        (7, exhibit.path, 12, text, SHA),
    ]


@pytest.mark.parametrize("form", RENDER)
def test_every_citation_of_a_report_stands(form: str) -> None:
    assert len(told_in(REPORT[form]).citations) > 50
    assert problems(REPORT[form]) == []
    assert seal.broken(REPORT[form]) is None


def test_both_forms_cite_the_same() -> None:
    cited = [[replace(c, row=0) for c in told_in(report).citations] for report in REPORT.values()]

    assert cited[0] == cited[1]


@pytest.mark.parametrize("form", RENDER)
@given(data=st.data())
def test_any_single_edit_of_a_quote_a_line_or_a_hash_is_found(form: str, data: st.DataObject) -> None:
    report = REPORT[form].rpartition("\n")[0].rpartition("\n")[0]  # without its seal: as a fragment in a journal would be
    spans = [found.span(name) for found in CITED.finditer(report) for name in found.groupdict() if found[name]]
    start, end = data.draw(st.sampled_from(spans))
    at = data.draw(st.integers(start, end - 1))
    new = data.draw(
        st.one_of(st.just(""), st.sampled_from('0123456789abcdef:`<&;" …Eé'), st.characters(codec="utf-8", exclude_characters="\r\n"))
    )
    insert = data.draw(st.booleans())
    edited = report[:at] + new + report[at if insert else at + 1 :]
    assume(edited != report)
    # `&quot;` may be spelled in several ways that a page shows alike: such an edit changes no quote.
    assume([replace(c, row=0) for c in told_in(edited).citations] != [replace(c, row=0) for c in told_in(report).citations])

    assert problems(edited)


@pytest.mark.parametrize("form", RENDER)
@given(data=st.data())
def test_any_edit_at_all_breaks_the_seal(form: str, data: st.DataObject) -> None:
    report = REPORT[form]
    body = report.rindex("\n", 0, len(report) - 1)
    at = data.draw(st.integers(0, body - 1))
    new = data.draw(st.sampled_from(["", "x", "0", " "]))
    assume(new != report[at])

    assert seal.broken(report[:at] + new + report[at + 1 :])


@pytest.mark.parametrize("form", RENDER)
@pytest.mark.parametrize("swap", [("REFUTED", "PROVEN"), ("swarm", "a run"), ("08:42:58", "08:42:59")])
def test_an_edit_of_the_prose_alone_breaks_the_seal_and_no_citation(form: str, swap: tuple[str, str]) -> None:
    head, mark, rest = REPORT[form].partition("HOW to check it")
    edited = head.replace(*swap) + mark + rest

    assert edited != REPORT[form]
    assert seal.broken(edited)
    assert problems(edited) == []


def test_a_citation_moved_to_an_equal_line_is_found_by_its_number() -> None:
    report = REPORT["markdown"]
    edited = report.replace("`runs/dstamp-repro4/console.log:28`", "`runs/dstamp-repro4/console.log:30`", 1)

    assert any("says that E" in why or "does not show it" in why for why in problems(edited))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda root: (root / "dockerd.log").unlink(), "holds no source with this path"),
        (lambda root: (root / "dockerd.log").write_bytes(b"x" + (root / "dockerd.log").read_bytes()), "the source has another hash"),
        (lambda root: (root / "dockerd.log").write_bytes(b""), "the source has another hash"),
    ],
)
def test_a_changed_or_missing_file_is_found(tmp_path: Path, change: object, why: str) -> None:
    root = Path(shutil.copytree(EVIDENCE, tmp_path / "evidence"))
    change(root)  # type: ignore[operator]

    found = problems(REPORT["markdown"], root)

    assert any(why in text for text in found)
    assert len(found) < len(told_in(REPORT["markdown"]).citations) / 2


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=600))
def test_a_brief_quote_is_pieces_of_the_quote_and_short(text: str) -> None:
    shown = brief(text)

    assert len(shown) <= BRIEF
    assert brief(text) == shown
    rest = text
    for piece in shown.split("…"):
        assert piece in rest
        rest = rest[rest.index(piece) + len(piece) :]


def test_a_brief_docker_event_keeps_what_tells() -> None:
    event = (
        '{"status":"die","id":"' + "5" * 64 + '","Type":"container","Action":"die","Actor":{"ID":"' + "5" * 64 + '","Attributes":{'
        '"com.docker.stack.namespace":"disc","com.docker.swarm.node.id":"0ewkpkxcblbp2qoadaalb3bex","exitCode":"137","image":"labimage:2"}},'
        '"scope":"local","time":1795423366,"timeNano":1795423366546552331}'
    )

    assert (
        brief(event)
        == '{"status":"die",…"Type":"container","Action":"die","Actor":{…"Attributes":{…"exitCode":"137","image":"labimage:2"}}…}'
    )
