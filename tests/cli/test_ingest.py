"""`ingest` prints a receipt that adds up, and says what it could not read."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import DATA, objects, typed


def test_the_receipt_adds_up(tmp_path: Path) -> None:
    result = typed("ingest", DATA / "dstamp/evidence", "--case", tmp_path / "case")

    assert (result.exit_code, result.stderr) == (0, "")
    said, meaning = result.stdout.splitlines()[-2:]
    adds = re.fullmatch(r"(\d+)lines=(\d+)inevents\+(\d+)unparsed\+(\d+)blank", said.replace(" ", ""))
    lines, in_events, unparsed, blank = map(int, adds.groups())
    assert unparsed and "forensics events --unparsed" in meaning
    assert lines == in_events + unparsed + blank
    assert lines == sum(count_lines(file) for file in (DATA / "dstamp/evidence").rglob("*") if file.is_file())


def count_lines(file: Path) -> int:
    content = file.read_bytes()
    return content.count(b"\n") + (not content.endswith(b"\n") and content != b"")


def test_a_second_ingest_adds_nothing_and_says_so(tmp_path: Path) -> None:
    first = typed("ingest", DATA / "dstamp/evidence", "--case", tmp_path / "case", "--json")
    second = typed("ingest", DATA / "dstamp/evidence", "--case", tmp_path / "case")

    assert {row["outcome"] for row in objects(first)} == {"stored"}
    assert f"0 sources added, {len(objects(first))} known before" in second.stdout
    assert second.exit_code == 0


def test_quiet_says_nothing_where_all_is_well(tmp_path: Path) -> None:
    result = typed("ingest", DATA / "dstamp/evidence", "--case", tmp_path / "case", "--quiet")

    assert (result.exit_code, result.output) == (0, "")


def test_a_folder_without_a_file_needs_attention(tmp_path: Path) -> None:
    (tmp_path / "evidence").mkdir()

    result = typed("ingest", tmp_path / "evidence", "--case", tmp_path / "case")

    assert result.exit_code == 1
    assert "nothing was read: no file is in" in result.stderr


def test_the_case_may_be_named_by_the_environment(tmp_path: Path) -> None:
    assert typed("ingest", DATA / "dstamp/evidence", FORENSICS_CASE=str(tmp_path / "there")).exit_code == 0
    assert (tmp_path / "there/ledger.jsonl").exists()


def test_a_path_that_is_not_there_is_wrong_usage_and_makes_no_case(tmp_path: Path) -> None:
    result = typed("ingest", tmp_path / "nowhere", "--case", tmp_path / "case")

    assert result.exit_code == 2
    assert result.stderr.startswith("error: ") and "nowhere" in result.stderr
    assert not (tmp_path / "case").exists()


def test_a_file_that_cannot_be_read_needs_attention(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/here.log").write_text("x\n")
    (tmp_path / "in/locked.log").write_text("x\n")
    opened = os.open

    def refusing(path: bytes | str, *rest: Any, **options: Any) -> int:  # root may read everything, so a mode would not do
        if os.fsencode(path).endswith(b"locked.log"):
            raise PermissionError(errno.EACCES, "Permission denied", os.fsdecode(path))
        return opened(path, *rest, **options)

    monkeypatch.setattr(os, "open", refusing)

    result = typed("ingest", tmp_path / "in", "--case", tmp_path / "case")

    assert result.exit_code == 1
    assert result.stderr == "attention: locked.log: it cannot be read: Permission denied\n"
    assert "1 source added; 2 B, 0 events\n1 line = " in result.stdout


def test_a_source_read_in_part_needs_attention(tmp_path: Path) -> None:
    import gzip

    whole = gzip.compress(b"some line of a log\n" * 50_000)
    (tmp_path / "cut.log.gz").write_bytes(whole[: len(whole) // 2])

    result = typed("ingest", tmp_path / "cut.log.gz", "--case", tmp_path / "case", "--quiet")

    assert result.exit_code == 1
    assert result.stderr.startswith("attention: cut.log.gz")
