"""verify finds what was altered, in the case and in a report; replay gives the same events again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import DATA, objects, typed


@pytest.fixture
def case(dstamp: Path, tmp_path: Path) -> Path:
    """A case of one's own, to damage."""
    return Path(shutil.copytree(dstamp, tmp_path / "case"))


@pytest.fixture
def report(dstamp: Path, tmp_path: Path) -> Path:
    typed("report", "--case", dstamp, "-o", tmp_path / "report.md")
    return tmp_path / "report.md"


def test_a_case_that_is_as_it_was_written_says_so(dstamp: Path) -> None:
    result = typed("verify", "--case", dstamp)

    assert result.exit_code == 0
    assert result.stdout.startswith("the case is as it was written: ")
    assert typed("verify", "--case", dstamp, "--json").output == ""


@pytest.mark.parametrize("pattern", ["lines/*.parquet", "events/*.parquet", "ledger.jsonl"])
def test_a_byte_that_was_altered_is_found(case: Path, pattern: str) -> None:
    file = next(case.glob(pattern))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)

    result = typed("verify", "--case", case)

    assert result.exit_code == 3
    assert file.name in "".join(result.stdout.split())
    assert objects(typed("verify", "--case", case, "--json"))[0].keys() == {"what", "where", "why", "next"}


def test_a_damaged_ledger_stops_every_other_command(case: Path) -> None:
    ledger = case / "ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes().replace(b"dockerd.log", b"dockerd.lag", 1))

    result = typed("drift", "--case", case)

    assert result.exit_code == 3
    assert result.stderr.startswith("error: the ledger of case")


def test_every_citation_of_a_report_stands_in_either_form(dstamp: Path, report: Path) -> None:
    typed("report", "--case", dstamp, "-o", report.with_suffix(".html"))

    said = [typed("verify", form, "--case", dstamp) for form in (report, report.with_suffix(".html"))]

    assert [result.exit_code for result in said] == [0, 0]
    assert said[0].stdout == said[1].stdout
    assert said[0].stdout.splitlines()[-1] == f"{report.read_text().count('(sha256 ')} citations stand"


def test_a_citation_that_was_altered_is_found_in_html_too(dstamp: Path, report: Path) -> None:
    html = report.with_suffix(".html")
    typed("report", "--case", dstamp, "-o", html)
    html.write_text(html.read_text().replace("chaos version: a7be5bae", "chaos version: 00000000"))

    assert typed("verify", html, "--case", dstamp).exit_code == 1


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("chaos version: a7be5bae", "chaos version: 00000000", "the line reads:"),
        ("runs/dstamp-repro4/console.log:", "runs/somebody-else/console.log:", "the case holds no source with this path"),
        ("(sha256 ", "(sha256 0", "its hash has "),
        ("(sha256 8", "(sha256 9", "the source has another hash:"),
        ("console.log:", "console.log:99", "the source has no such line"),
    ],
)
def test_a_citation_that_was_altered_is_found(dstamp: Path, report: Path, old: str, new: str, why: str) -> None:
    text = report.read_text()
    cited = next(line for line in text.split("\n") if line.lstrip().startswith("- E") and old in line and "console.log" in line)
    report.write_text(text.replace(cited, cited.replace(old, new, 1)))

    result = typed("verify", report, "--case", dstamp, "--json")

    assert result.exit_code == 1
    assert any(row["what"] == "a citation does not stand" and row["why"].startswith(why) for row in objects(result))
    assert objects(result)[-1]["what"] == "the report was changed after it was written"


@pytest.mark.parametrize("suffix", [".md", ".html"])
def test_a_reviewer_with_the_report_and_the_files_needs_no_case(report: Path, suffix: str, tmp_path: Path, dstamp: Path) -> None:
    typed("report", "--case", dstamp, "-o", report.with_suffix(suffix))
    evidence = Path(shutil.copytree(DATA / "dstamp" / "evidence", tmp_path / "evidence"))

    whole = typed("verify", report.with_suffix(suffix), "--files", evidence, "--case", tmp_path / "none")
    (evidence / "docker-events.txt").write_text("another\n")
    changed = typed("verify", report.with_suffix(suffix), "--files", evidence, "--json")

    assert (whole.exit_code, whole.stdout.split(" citations ")[1]) == (0, "stand\n")
    assert changed.exit_code == 1
    assert all("docker-events.txt" in row["where"] for row in objects(changed))
    assert {row["what"] for row in objects(changed)} == {"a citation does not stand", "a file is not the one that was cited"}


def test_files_without_a_report_are_wrong_usage(tmp_path: Path) -> None:
    result = typed("verify", "--files", tmp_path)

    assert result.exit_code == 2
    assert "forensics verify REPORT --files PATH" in result.stderr


def test_a_part_of_a_report_is_checked_and_says_what_was_not(dstamp: Path, report: Path) -> None:
    lines = report.read_text().split("\n")
    start = next(i for i, line in enumerate(lines) if line.startswith("#### Read 2"))
    report.write_text("\n".join(lines[start : start + 20]) + "\n")

    result = typed("verify", report, "--case", dstamp)

    assert result.exit_code == 0
    assert "only the citations were checked" in result.stderr


def test_prose_that_was_changed_is_found(dstamp: Path, report: Path) -> None:
    report.write_text(report.read_text().replace("REFUTED", "PROVEN"))

    result = typed("verify", report, "--case", dstamp)

    assert result.exit_code == 1
    assert "the report was changed after it was written" in result.stdout


def test_a_report_without_citations_needs_attention(dstamp: Path, tmp_path: Path) -> None:
    (tmp_path / "x.md").write_text("# Trust me\n")

    result = typed("verify", tmp_path / "x.md", "--case", dstamp)

    assert result.exit_code == 1
    assert "no citation is in" in result.stderr


def test_replay_gives_the_same_events_and_brings_back_what_was_deleted(case: Path) -> None:
    before = typed("events", "--case", case, "--json").stdout
    for segment in (case / "events").iterdir():
        segment.unlink()

    lost = typed("events", "--case", case)
    result = typed("replay", "--case", case, "--json")

    assert lost.exit_code == 3
    assert objects(result)[0]["changed"] == 0
    assert typed("events", "--case", case, "--json").stdout == before
    assert typed("verify", "--case", case).exit_code == 0


@pytest.mark.parametrize(
    ("claim", "why"),
    [
        ("the re-checkout failed", "its words have the hash that the report gives, but no file shows that anybody typed them"),
        ("the re-checkout failed with token=hunter2", "cannot be held against its hash either"),
    ],
)
@pytest.mark.parametrize("suffix", [".md", ".html"])
def test_a_claim_that_was_typed_is_not_checked_against_files_and_does_not_count_as_if(
    case: Path, tmp_path: Path, claim: str, why: str, suffix: str
) -> None:
    report = tmp_path / f"report{suffix}"
    assert typed("claim", claim, "--run", "dstamp-repro4", "--case", case).exit_code == 0
    assert typed("report", "--case", case, "--output", report).exit_code == 0

    result = typed("verify", report, "--files", DATA / "dstamp" / "evidence")
    rows = objects(typed("verify", report, "--files", DATA / "dstamp" / "evidence", "--json"))
    whole = typed("verify", report, "--case", case)

    assert result.exit_code == 1
    assert result.stderr == "1 check was not made\n"
    assert [row["what"] for row in rows] == ["a citation was not checked"]
    assert why in rows[0]["why"]
    assert whole.exit_code == 0
    stand = [int(text.stdout.split(" citations stand")[0].split()[-1]) for text in (result, whole)]
    assert stand[0] == stand[1] - 3


def test_a_typed_claim_whose_words_were_changed_does_not_stand(case: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.md"
    typed("claim", "the re-checkout failed", "--run", "dstamp-repro4", "--case", case)
    typed("report", "--case", case, "--output", report)
    report.write_text(report.read_text().replace("the re-checkout failed", "the re-checkout succeeded"))

    rows = objects(typed("verify", report, "--files", DATA / "dstamp" / "evidence", "--json"))

    assert {row["what"] for row in rows if row["why"].startswith("its words have sha256 ")} == {"a citation does not stand"}


def test_the_picture_beside_a_report_is_checked_too(dstamp: Path, report: Path) -> None:
    picture = report.with_name("report.timeline.svg")

    def look(*more: object) -> list[tuple[str, str]]:
        return [(row["what"], row["why"]) for row in objects(typed("verify", report, *more, "--json"))]

    for against in (("--case", dstamp), ("--files", DATA / "dstamp" / "evidence")):
        assert look(*against) == []
    picture.write_text(picture.read_text().replace("a7be5bae", "a7be5baf"))
    ((what, why),) = look("--case", dstamp)
    assert what == "a picture is not the one of the report"
    assert why.startswith("it has sha256 ")
    picture.unlink()
    missing = typed("verify", report, "--case", dstamp)
    assert missing.exit_code == 1
    assert missing.stderr.endswith("1 check was not made\n")
    assert look("--case", dstamp) == [("a picture was not checked", "no such file is beside the report")]


@pytest.mark.parametrize("name", ["../report.timeline.svg", "/etc/hostname", "sub/x.svg"])
def test_a_picture_elsewhere_is_not_looked_at(dstamp: Path, report: Path, name: str) -> None:
    report.write_text(report.read_text().replace("Picture: `report.timeline.svg`", f"Picture: `{name}`"))

    rows = objects(typed("verify", report, "--case", dstamp, "--json"))

    assert ("a picture was not checked", "it is not beside the report") in [(row["what"], row["why"]) for row in rows]


def test_a_report_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "report.md").write_bytes(b"ab\xff")

    result = typed("verify", tmp_path / "report.md", "--case", tmp_path / "case")

    assert result.exit_code == 1
    assert "byte 3 is not UTF-8" in result.stderr
