"""The report: the same bytes, nothing of a log is markup, every part is there, in both forms."""

from __future__ import annotations

import re
import subprocess
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from forensics.analysis import analyse
from forensics.case import Case
from forensics.ingest import ingest
from forensics.projections.coverage import coverage_of
from forensics.quote import quoter
from forensics.report import facts, html, markdown, reasoning
from forensics.report.build import build
from forensics.report.clockface import Clockface
from forensics.report.document import Document, Section, Statement, Text
from forensics.report.exhibits import Exhibits
from tests.evidence import BASE, HEAD, Log, Swarm, analysis, folder, sources_of

DATA = Path(__file__).parents[2] / "data"
FORMS = {"markdown": markdown.render, "html": html.render}
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>](javascript:alert(3)) `x` | *b* </code></pre>"


def report(files: dict[str, str], form: str = "markdown", **options: bool) -> str:
    return FORMS[form](build(analysis(files), sources_of(files), **options))


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return folder(DATA / "dstamp" / "evidence")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("facts_only", [False, True])
def test_the_same_case_gives_the_same_bytes(files: dict[str, str], form: str, facts_only: bool) -> None:
    one = report(files, form, facts_only=facts_only)
    shuffled = FORMS[form](
        build(analysis(files, shuffle=True), sources_of(files).sample(fraction=1.0, shuffle=True, seed=1), facts_only=facts_only)
    )

    assert one == report(files, form, facts_only=facts_only) == shuffled


def test_three_sentences_at_the_top_are_the_answer(files: dict[str, str]) -> None:
    top = report(files).split("\n## ")[0]

    assert re.findall(r"^\*\*(\d)\.\*\* ", top, re.MULTILINE) == ["1", "2", "3"]
    assert (
        "1 of 3 identity reads drifted: run dstamp-repro4 meant disc-69811c_ci_example_org_app to carry a7be5bae; its deploy took a7be5bae+U, and then it read 92a304dd+U at 08:42:58"
        in top
    )
    assert "The cause is PROVEN: swarm rolled" in top
    assert "121 ms before that, at 08:42:46.516, its new container ran out of memory" in top
    assert "REFUTED by the evidence: concurrency, wrong-head, stale-read" in top


@pytest.mark.parametrize("form", FORMS)
def test_every_part_is_there(files: dict[str, str], form: str) -> None:
    text = report(files, form)

    for part in ("WHAT", "HOW", "EXPECTED", "WHERE", "Facts", "Runs", "Deploys", "Episodes", "Identity reads", "Changes of services", "Moves of HEAD",
                 "Failed tasks", "Who wrote what", "Drifts", "Findings, worst first", "Coverage", "Clocks", "Sources", "Exhibits"):  # fmt: skip
        assert re.search(rf"(?:^#+ |<h\d>){part}", text, re.MULTILINE), part
    assert "sha256sum -c" in text
    for name in ("concurrency", "swarm-rollback", "wrong-head", "stale-read", "aborted-write", "manual-update", "clock-error", "vacuous"):
        assert name in text


@pytest.mark.parametrize("form", FORMS)
def test_facts_alone_hold_no_cause_and_no_verdict(files: dict[str, str], form: str) -> None:
    text = report(files, form, facts_only=True)
    body = re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)

    for word in ("PROVEN", "REFUTED", "swarm-rollback", "torn-stack", "by swarm", "finding", "drifted"):
        assert word not in body.replace("verdicts and findings are left out", "")
    for part in ("Identity reads", "Changes of services", "Failed tasks", "Coverage"):
        assert part in text


def test_every_statement_that_cites_gives_the_command_that_shows_it(files: dict[str, str]) -> None:
    lines = report(files).split("\n")
    cited = [i for i, line in enumerate(lines) if re.match(r"\s*- E\d+ `", line)]

    assert cited
    for i in cited:
        assert re.match(r"\s*- (E\d+ `|again: `)", lines[i + 1])


def test_the_commands_of_the_report_run_as_they_stand(files: dict[str, str], tmp_path: Path) -> None:
    text = report(files)
    block = re.search(r"```sh\ncd EVIDENCE[^\n]*\n(.*?)```", text, re.DOTALL)[1]
    evidence = DATA / "dstamp" / "evidence"

    checked = subprocess.run(["bash", "-c", block], cwd=evidence, capture_output=True, text=True, check=True)
    again = re.search(r"- E1 `[^`]+` `([^`]+)` .*\n\s+- again: `([^`]+)`", text[text.index("## Exhibits") :])
    shown = subprocess.run(["bash", "-c", again[2]], cwd=evidence, capture_output=True, text=True, check=True)
    (tmp_path / "REPORT").write_text(text)
    seal = subprocess.run(["bash", "-c", "sed '$d' REPORT | sha256sum"], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert set(checked.stdout.split()[1::2]) == {"OK"}
    assert shown.stdout.strip() == again[1]
    assert seal.stdout.split()[0] in text.splitlines()[-1]


@pytest.mark.parametrize("form", FORMS)
def test_markup_in_a_log_stays_text(form: str) -> None:
    log = (
        Log("r1")
        .start(0)
        .deploy(1, 5, "92a304dd+U")
        .read(6, "<script>alert(1)</script>")
        .say(7, f"lock: acquired {HOSTILE}")
        .say(8, f"lock: released {HOSTILE}")
    )

    text = report(log.file | Swarm().create(1.03).file, form)
    page = text if form == "html" else MarkdownIt("commonmark", {"html": True}).enable("table").render(text)

    body = page.partition("</style>")[2] if form == "html" else page
    assert "<script" not in body and "<img" not in body and 'javascript:alert(3)"' not in body
    assert "&lt;script&gt;" in body


def test_a_run_that_is_named_like_markup_stays_text() -> None:
    files = {"runs/<b onclick=x>/harness.log": next(iter(Log("<b onclick=x>").start(0).deploy(1, 5, "92a304dd+U").file.values()))}

    page = report(files, "html")

    assert "<b onclick" not in page
    assert "&lt;b onclick=x&gt;" in page


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), min_size=1, max_size=60))
def test_any_text_comes_out_of_markdown_as_it_went_in(text: str) -> None:
    statement = Document("T", (), (Section("s", "S", (Statement(f"x{text}x"), Text(f"y{text}y"))),))

    page = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(markdown.render(statement))

    inline = ["".join(child.content for child in token.children if child.type == "text") for token in page if token.type == "inline"]
    shown = {" ".join(part.split()) for part in inline}
    assert {" ".join(f"{c}{text}{c}".split()) for c in "xy"} <= shown
    assert all(
        child.type in ("text", "text_special", "code_inline") for token in page if token.type == "inline" for child in token.children
    )


def test_what_is_not_decided_says_what_is_missing() -> None:
    log = Log("r1").start(0).deploy(1, 5, "92a304dd+U").deploy(10, 14, "a7be5bae+U", upgrade=True).read(20, "92a304dd+U")

    text = report(log.file)

    assert "The cause is NOT PROVEN" in text
    assert "; missing: " in text.split("\n## ")[0]
    assert "  - missing: " in text
    assert "## What to collect next" in text
    assert "No events of swarm are in this case" in text


def test_what_is_not_there_can_be_checked_as_well(files: dict[str, str]) -> None:
    command = re.search(r"PreviousSpec is gone if this says 0[^`]*`([^`]+)`", report(files))[1]

    found = subprocess.run(["bash", "-c", command], cwd=DATA / "dstamp" / "evidence", capture_output=True, text=True, check=False)

    assert found.stdout == "0\n"


def test_what_each_source_could_have_shown_is_a_table(tmp_path: Path) -> None:
    case = Case.create(tmp_path / "case")
    ingest(case, [DATA / "dstamp" / "evidence"])
    a = analyse(case.events(), quoter(case))

    text = markdown.render(build(a, case.sources(), coverage_of(case).collect()))

    assert "| docker-events.ndjson | every write to a service, by whomever | 08:42:40.344 .. 08:43:04.807 |" in text


def test_what_to_collect_comes_with_what_to_type() -> None:
    log = Log("r1").start(0).deploy(1, 5, "92a304dd+U").deploy(10, 14, "a7be5bae+U", upgrade=True).read(20, "92a304dd+U")

    section = report(log.file).split("## What to collect next")[1].split("## Exhibits")[0]

    assert "docker events --since" in section
    assert "  - decides: " in section


def test_a_hole_in_the_evidence_is_said() -> None:
    log = Log("r1").start(0).deploy(10, 14, "92a304dd+U").read(60, "92a304dd+U")

    text = report(log.file | Swarm().create(10.05).update(20).file)

    assert re.search(r"Hole: run r1 was at work until .* after swarm's events end", text)


def test_a_case_in_which_nothing_happened_says_what_was_looked_at() -> None:
    quiet = Log("r1").start(0).deploy(1, 5, "92a304dd+U").read(6, "92a304dd+U")

    text = report(quiet.file | Swarm().create(1.05).file)

    assert "The one identity read saw what was intended." in text
    assert "Looked at: 1 run, 1 deploy" in text


def test_a_case_without_anything_is_still_a_report() -> None:
    text = report({"notes.txt": "nothing\n"})

    assert "nothing can be said about drift" in text
    assert "No run is in evidence." in text


def test_several_days_are_written_with_each_instant() -> None:
    day = 86_400
    files = Log("r1").start(0).deploy(1, 5, BASE[:8]).file | Log("r2").start(day).deploy(day + 1, day + 5, HEAD[:8]).file

    text = report(files)

    assert "Times are UTC." in text
    assert "2026-11-23 08:4" in text and "2026-11-24 08:4" in text


def test_many_rows_are_cut_and_the_table_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "ROWS", 5)
    files: dict[str, str] = {}
    for n in range(7):
        files |= Log(f"r{n}").start(60 * n).deploy(60 * n + 1, 60 * n + 5, "92a304dd+U").file

    text = report(files)

    assert "5 of 7 rows; forensics timeline shows all" in text
    assert len(re.findall(r"^\| r\d \| deploy 0 ", text, re.MULTILINE)) == 5


def test_the_page_asks_nothing_of_the_network(files: dict[str, str]) -> None:
    page = report(files, "html")

    assert "default-src 'none'" in unescape(page)
    assert not re.search(r"<(?:link|img|iframe|object|embed|base|form)\b|\bsrc=|@import|url\(", page)
    assert set(re.findall(r'href="([^"]*)"', page)) == {h for h in re.findall(r'href="([^"]*)"', page) if h.startswith("#")}
    assert {h[1:] for h in re.findall(r'href="([^"]*)"', page)} <= set(re.findall(r'id="([^"]*)"', page))


def test_sources_are_listed_with_hash_and_unparsed_share(files: dict[str, str]) -> None:
    sources = sources_of(files).with_columns(pl.lit(3).alias("unparsed"), pl.lit(10).alias("lines"))
    text = markdown.render(build(analysis(files), sources))

    assert "unparsed: 30.0 %" in text
    assert all(content in text for content in sources["content_id"])


def test_many_drifts_are_told_by_cause_each_with_one_example() -> None:
    def read(run: str, cause: str, verdict: str) -> dict[str, Any]:
        why = {
            name: {"verdict": verdict if name == cause else "REFUTED", "because": f"{name} it was", "missing": ["the log"], "evidence": []}
            for name in ("wrong-head", "stale-read")
        }
        said = {"run": run, "ordinal": 0, "service": "s", "stack": "s", "cause": cause, "evidence": [], "drift": True}
        return said | {"observed": "92a304dd", "intended": "a7be5bae", "taken": None, "hypotheses": why}

    reads = [*(read(f"r{n}", "wrong-head", "PROVEN") for n in range(5)), read("x", "stale-read", "NOT PROVEN")]

    what, why, left = reasoning.answer(SimpleNamespace(drift=reads), Exhibits(), Clockface(None))

    assert what.text == "6 of 6 identity reads drifted: 5 by wrong-head (run r0, r1, r2 and 2 more); 1 by stale-read (run x)."
    assert why.text.startswith(
        "5 of these 6 causes are PROVEN; the cause of run r0's read 0 is PROVEN: wrong-head it was; the cause of run x's"
    )
    assert left.text == "No explanation is refuted; left open, NOT PROVEN: stale-read."
