"""A case is made, found, refused; what it holds is plain Parquet."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from forensics.case import Case
from forensics.errors import StoreError, UsageError
from forensics.ingest import ingest
from forensics.store import ledger
from parsers.schema import EVENTS, LINES
from tests.store.cases import FILES, RUN_LOG, events, write


def test_a_case_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no case at") as caught:
        Case.open(tmp_path / "none")

    assert caught.value.next == f"forensics ingest PATH --case {tmp_path / 'none'}"


def test_making_a_case_twice_keeps_it(tmp_path: Path) -> None:
    case = Case.create(tmp_path / "deep/er/case")
    ingest(case, [write(tmp_path / "evidence", FILES)])

    assert len(Case.create(case.path).sources()) == len(FILES)


def test_a_folder_that_holds_other_things_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "home", {"thesis.tex": b"x"})

    with pytest.raises(UsageError, match="is no case") as caught:
        Case.create(tmp_path / "home")

    assert "thesis.tex" in caught.value.why


def test_a_file_is_no_place_for_a_case(tmp_path: Path) -> None:
    write(tmp_path, {"file": b"x"})

    for place in (tmp_path / "file", tmp_path / "file" / "case"):
        with pytest.raises(UsageError):
            Case.create(place)
        with pytest.raises(UsageError):
            Case.open(place)


def test_a_folder_with_only_a_case_toml_becomes_a_case(tmp_path: Path) -> None:
    write(tmp_path / "case", {"case.toml": b'[zones]\n"*" = "UTC"\n'})

    assert Case.create(tmp_path / "case").config.zones == (("*", "UTC"),)


def test_a_later_layout_is_refused_by_name(tmp_path: Path) -> None:
    case = Case.create(tmp_path / "case")
    ledger.found(case.path, {"kind": "case", "layout": 99, "tool": "forensics/9.0"})

    with pytest.raises(StoreError, match="is not known") as caught:
        Case.open(case.path)

    assert "forensics/9.0" in caught.value.why


def test_others_read_the_segments_without_this_project(tmp_path: Path) -> None:
    case = Case.create(tmp_path / "case")
    ingest(case, [write(tmp_path / "evidence", FILES | {"big.log": RUN_LOG * 30})], big_bytes=5000)

    lines = duckdb.sql(f"select * from '{case.path}/lines/*.parquet'")
    found = duckdb.sql(f"select * from '{case.path}/events/*.parquet' where kind = 'run.start'")

    assert [c for c in lines.columns] == LINES.names()
    assert [str(t) for t in lines.types] == ["VARCHAR", "BIGINT", "BIGINT", "BLOB"]
    assert len(lines.fetchall()) == case.lines().collect().height
    assert found.columns == EVENTS.names()
    assert len(found.fetchall()) == case.events().filter(kind="run.start").collect().height
    for path in case.path.rglob("*.parquet"):
        assert b"ARROW:schema" not in (pq.read_metadata(path).metadata or {})


def test_the_ledger_is_one_json_object_a_line_that_says_how_a_source_was_read(tmp_path: Path) -> None:
    case = Case.create(tmp_path / "case")
    ingest(case, [write(tmp_path / "evidence", FILES)])

    entries = [json.loads(line) for line in (case.path / "ledger.jsonl").read_text("utf-8").splitlines()]
    sources = [e for e in entries if e["kind"] == "source"]
    parsers = {e["id"]: e["versions"] for e in entries if e["kind"] == "parsers"}

    assert [e["path"] for e in sources] == sorted(FILES)
    assert all(e["tool"].startswith("forensics/") and parsers[e["parsers"]] and e["read_at"].endswith("Z") for e in sources)


def test_equal_evidence_gives_equal_tables_in_another_case(tmp_path: Path) -> None:
    evidence = write(tmp_path / "evidence", FILES)
    cases = [Case.create(tmp_path / name) for name in "ab"]
    for case in cases:
        ingest(case, [evidence])

    assert events(cases[0]).equals(events(cases[1]))
