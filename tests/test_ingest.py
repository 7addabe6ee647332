"""What goes in comes out, byte for byte, once; what cannot be read is said, and the rest is there."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import BinaryIO

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.case import Case
from forensics.errors import UsageError
from forensics.ingest import WRITTEN_TO, ingest
from forensics.store import chunks, parsing
from forensics.store.chunks import Chunks
from parsers.schema import EVENTS, LINES
from tests.store.cases import FILES, RUN_LOG, contents, events, sound, write

NAMES = st.sampled_from(
    ["a.log", "runs/m1/console.log", "runs/m2/results.json", "recipes/r/.git/logs/HEAD", "docker-events.ndjson", "x/y/z.bin"]
)
LINE = st.sampled_from(
    [*RUN_LOG.splitlines(keepends=True), b"\n", b"\r\n", b"  \n", b"{\n", b'{"a": 1}\n', b"\xff\x00\xfe", b"no end", b"\x1b[1mx\r"]
)
BYTES = st.binary(max_size=60) | st.lists(LINE, max_size=8).map(b"".join)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case.create(tmp_path / "case")


@settings(max_examples=30)
@given(files=st.dictionaries(NAMES, BYTES, min_size=1), big_bytes=st.sampled_from([0, 7, 1 << 20]))
def test_any_bytes_come_back_and_are_counted_once(files: dict[str, bytes], big_bytes: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        evidence = write(Path(folder) / "evidence", files)
        case = Case.create(Path(folder) / "case")

        receipt = ingest(case, [evidence], big_bytes=big_bytes)

        again = Case.open(case.path)
        assert contents(again) == files
        assert not receipt.unreadable and not receipt.skipped
        assert receipt.totals["lines"] == sum(receipt.totals[k] for k in ("in_events", "unparsed", "blank"))
        assert receipt.totals["size"] == sum(map(len, files.values()))
        sound(again)

        repeated = ingest(again, [evidence], big_bytes=big_bytes)

        assert (repeated.totals["sources"], repeated.known) == (0, len(files))
        assert len(again.ledger.entries) == len(case.ledger.entries)


@settings(max_examples=15)
@given(files=st.dictionaries(NAMES, BYTES, min_size=1))
def test_chunks_or_not_the_events_are_the_same(files: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        evidence = write(Path(folder) / "evidence", files)
        whole, chunked = (Case.create(Path(folder) / name) for name in ("whole", "chunked"))

        ingest(whole, [evidence])
        ingest(chunked, [evidence], big_bytes=3)

        assert events(whole).equals(events(chunked))
        drop = ("seq", "read_at")
        assert whole.sources().drop(drop).sort("path").equals(chunked.sources().drop(drop).sort("path"))


def test_a_folder_gives_paths_below_it_and_a_file_its_name(case: Case, tmp_path: Path) -> None:
    evidence = write(tmp_path / "evidence", FILES)

    ingest(case, [evidence, evidence / "runs/m1/console.log"])

    assert case.sources()["path"].to_list() == sorted(FILES) + ["console.log"]
    assert case.lines().collect().schema == LINES
    assert case.events().collect().schema == EVENTS


def test_an_empty_case_has_empty_tables(case: Case) -> None:
    assert case.events().collect().schema == EVENTS
    assert case.lines().collect().schema == LINES
    assert len(case.sources()) == 0


def test_equal_bytes_at_two_paths_are_two_sources_and_stored_once(case: Case, tmp_path: Path) -> None:
    ingest(case, [write(tmp_path / "evidence", FILES)])

    sources = case.sources().filter(pl.col("path").is_in(["runs/m1/console.log", "runs/m3/console.log"]))
    assert sources["content_id"].n_unique() == 1
    assert sources["source_id"].n_unique() == 2
    assert case.lines().filter(pl.col("content_id") == sources["content_id"][0]).select(pl.len()).collect().item() == 6
    found = case.events().filter(kind="deploy.start").filter(pl.col("path").str.starts_with("runs/")).collect()
    assert sorted(found["run"].to_list()) == ["m1", "m2", "m3"]


@pytest.mark.parametrize("big_bytes", [1 << 20, 10], ids=["small", "big"])
def test_the_same_bytes_found_later_at_another_path_are_not_stored_again(case: Case, tmp_path: Path, big_bytes: int) -> None:
    ingest(case, [write(tmp_path / "a", {"x.log": RUN_LOG})], big_bytes=big_bytes)
    ingest(case, [write(tmp_path / "b", {"y.log": RUN_LOG, "z.log": b"another\n"})], big_bytes=big_bytes)

    assert case.lines().select(pl.len()).collect().item() == 7
    assert contents(case) == {"x.log": RUN_LOG, "y.log": RUN_LOG, "z.log": b"another\n"}
    sound(case)


@pytest.mark.parametrize("big_bytes", [1 << 20, 10], ids=["small", "big"])
def test_a_grown_file_extends_and_nothing_counts_twice(case: Case, tmp_path: Path, big_bytes: int) -> None:
    evidence = write(tmp_path / "evidence", {"runs/m1/console.log": RUN_LOG[:100], "other.log": RUN_LOG})
    ingest(case, [evidence], big_bytes=big_bytes)
    write(evidence, {"runs/m1/console.log": RUN_LOG})

    receipt = ingest(case, [evidence], big_bytes=big_bytes)

    assert [(r.path, r.outcome) for r in receipt.rows if r.outcome != "known"] == [("runs/m1/console.log", "extends")]
    sources = case.sources().filter(path="runs/m1/console.log")
    assert sources["superseded"].to_list() == [True, False]
    assert sources["extends"].to_list() == [None, sources["source_id"][0]]
    assert case.events().filter(path="runs/m1/console.log", kind="run.start").collect().height == 1
    assert case.lines().collect().height == 6
    sound(case)


@pytest.mark.parametrize("big_bytes", [1 << 20, 10], ids=["small", "big"])
def test_an_earlier_state_read_later_does_not_count(case: Case, tmp_path: Path, big_bytes: int) -> None:
    ingest(case, [write(tmp_path / "new", {"a.log": RUN_LOG})], big_bytes=big_bytes)
    before = events(case)

    receipt = ingest(case, [write(tmp_path / "old", {"a.log": RUN_LOG[:90]})], big_bytes=big_bytes)

    assert [r.outcome for r in receipt.rows] == ["within"]
    assert events(case).equals(before)
    sound(case)


def test_a_file_that_grows_twice_counts_once(case: Case, tmp_path: Path) -> None:
    for size in (50, 120, len(RUN_LOG)):
        ingest(case, [write(tmp_path / "evidence", {"a.log": RUN_LOG[:size]})])

    assert case.sources()["superseded"].to_list() == [True, True, False]
    assert contents(case) == {"a.log": RUN_LOG}
    sound(case)


def test_two_arguments_with_the_same_path_are_both_kept(case: Case, tmp_path: Path) -> None:
    one, two = write(tmp_path / "1", {"a.log": b"one\n"}), write(tmp_path / "2", {"a.log": b"two\n"})

    receipt = ingest(case, [one, two])

    assert [r.outcome for r in receipt.rows] == ["stored", "stored"]
    assert case.lines().collect()["raw"].to_list() == [b"one\n", b"two\n"]


def test_the_order_of_the_ledger_does_not_depend_on_the_disk(tmp_path: Path) -> None:
    names = ["b", "a/z", "a/b", "c", "a-b", "é"]
    one = write(tmp_path / "1", {n: n.encode() for n in names})
    two = write(tmp_path / "2", {n: n.encode() for n in reversed(names)})
    cases = [Case.create(tmp_path / f"case{i}") for i in range(2)]

    for case, evidence in zip(cases, (one, two), strict=True):
        ingest(case, [evidence])

    assert cases[0].sources()["path"].to_list() == cases[1].sources()["path"].to_list() == ["a/b", "a/z", "a-b", "b", "c", "é"]


def test_a_path_that_is_not_there_is_a_usage_error_and_nothing_is_read(case: Case, tmp_path: Path) -> None:
    evidence = write(tmp_path / "evidence", FILES)

    with pytest.raises(UsageError, match="cannot be read"):
        ingest(case, [evidence, tmp_path / "nowhere"])

    assert len(case.sources()) == 0


def test_what_is_no_file_or_leads_away_is_passed_over_and_said(case: Case, tmp_path: Path) -> None:
    evidence = write(tmp_path / "evidence", {"a.log": b"a\n", "d/b.log": b"b\n"})
    write(tmp_path, {"outside.log": b"secret\n"})
    os.mkfifo(evidence / "pipe")
    (evidence / "in.log").symlink_to("d/b.log")
    (evidence / "out.log").symlink_to(tmp_path / "outside.log")
    (evidence / "loop").symlink_to(evidence)
    (evidence / "gone").symlink_to("nowhere")

    receipt = ingest(case, [evidence])

    assert [r.path for r in receipt.rows] == ["a.log", "d/b.log", "in.log"]
    said = {p.path: p.why for p in receipt.skipped}
    assert set(said) == {"pipe", "out.log", "loop", "gone"}
    assert "pipe" in said["pipe"] and "out of the tree" in said["out.log"]
    assert not receipt.attention


def test_the_case_itself_is_not_evidence(tmp_path: Path) -> None:
    write(tmp_path, {"a.log": b"a\n"})
    case = Case.create(tmp_path / "case")

    for _ in range(2):
        receipt = ingest(case, [tmp_path])

    assert case.sources()["path"].to_list() == ["a.log"]
    assert [p.path for p in receipt.skipped] == ["case"]


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Paths, as they end, that the system refuses to open or list: root may read everything, so it is played."""
    names: list[str] = []
    real_open, real_scan = os.open, os.scandir

    def refuse(path: object) -> None:
        if isinstance(path, bytes) and any(path.endswith(n.encode()) for n in names):
            raise PermissionError(13, "Permission denied", path)

    def opened(path: object, *args: object, **more: object) -> int:
        refuse(path)
        return real_open(path, *args, **more)

    def scanned(path: object) -> object:
        refuse(path)
        return real_scan(path)

    monkeypatch.setattr(os, "open", opened)
    monkeypatch.setattr(os, "scandir", scanned)
    return names


def test_an_unreadable_file_or_folder_is_said_and_the_rest_is_read(case: Case, tmp_path: Path, refused: list[str]) -> None:
    evidence = write(tmp_path / "evidence", {"a.log": b"a\n", "locked/b.log": b"b\n", "no.log": b"c\n", "z.log": b"z\n"})
    refused += ["/locked", "/no.log"]

    receipt = ingest(case, [evidence])

    assert [r.path for r in receipt.rows] == ["a.log", "z.log"]
    assert [(p.path, p.why) for p in receipt.unreadable] == [
        ("locked", "the folder cannot be read: Permission denied"),
        ("no.log", "it cannot be read: Permission denied"),
    ]
    assert receipt.attention


def test_a_name_that_is_no_text_is_kept_readable(case: Case, tmp_path: Path) -> None:
    (tmp_path / "evidence").mkdir()
    with open(os.fsencode(tmp_path / "evidence") + b"/\xff\n.log", "wb") as file:
        file.write(b"x\n")

    ingest(case, [tmp_path / "evidence"])

    assert Case.open(case.path).sources()["path"].to_list() == ["\\xff\n.log"]


def test_a_parser_that_fails_takes_only_its_source_down(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = parsing.engine.parse

    def parse(choice: object, lines: pl.DataFrame, sources: pl.DataFrame, context: object) -> object:
        if sources["path"].str.contains("m2").any():
            raise ValueError("cannot\nread this")
        return real(choice, lines, sources, context)

    monkeypatch.setattr(parsing.engine, "parse", parse)

    receipt = ingest(case, [write(tmp_path / "evidence", FILES)])

    rows = {r.path: r for r in receipt.rows}
    assert (rows["runs/m2/console.log"].unparsed, rows["runs/m2/console.log"].events) == (6, 0)
    assert "ValueError: cannot read this" in rows["runs/m2/console.log"].note
    assert rows["runs/m1/console.log"].events > 0
    assert receipt.attention
    sound(case)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_text_in_wide_characters_is_kept_and_the_note_says_what_to_type(case: Case, tmp_path: Path, encoding: str) -> None:
    text = "recipe-ci: RECIPE=discourse\n".encode(encoding)
    folder = write(tmp_path / "evidence", {"runs/a/console.log": text, "runs/b/console.log": text[:2] + b" no such text\n"})

    rows = {row.path: row for row in ingest(case, [folder]).rows}

    assert f"iconv -f {encoding.upper()} -t UTF-8" in (rows["runs/a/console.log"].note or "")
    assert rows["runs/b/console.log"].note is None
    assert contents(case)["runs/a/console.log"] == text


def test_a_long_line_is_one_line(case: Case, tmp_path: Path) -> None:
    data = b"short\n" + b"x" * 3_000_000 + b"\nend"

    ingest(case, [write(tmp_path / "evidence", {"a.log": data})], big_bytes=1000)

    assert [len(r) for r in case.lines().sort("line_no").collect()["raw"]] == [6, 3_000_001, 3]
    sound(case)


@pytest.mark.parametrize("most", [0, 1, 1 << 30])
def test_whether_events_can_wait_for_their_sources_name_or_not_they_are_the_same(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    evidence = write(tmp_path / "evidence", {"runs/m1/console.log": RUN_LOG * 40, "runs/m2/console.log": RUN_LOG * 30})
    small = Case.create(tmp_path / "small")
    ingest(small, [evidence])
    monkeypatch.setattr("forensics.store.big.WAITING", most)
    monkeypatch.setattr("forensics.store.big.HURRY", most // 2)
    monkeypatch.setattr("parsers.engine.AT_ONCE", 1000)
    monkeypatch.setattr("forensics.store.chunks.Chunks.__init__.__kwdefaults__", Chunks.__init__.__kwdefaults__ | {"chunk": 500})

    ingest(case, [evidence], big_bytes=1000)

    assert events(case).equals(events(small))
    drop = ("seq", "read_at")
    assert case.sources().drop(drop).equals(small.sources().drop(drop))
    sound(case)


def test_a_file_that_is_overwritten_while_it_is_read_is_left_out_and_one_that_grows_is_read(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evidence = write(tmp_path / "evidence", {"grows.log": RUN_LOG * 20, "other.log": RUN_LOG * 30, "overwritten.log": RUN_LOG * 40})
    real = chunks.fill

    def fill(stream: BinaryIO, buffer: memoryview) -> int:
        read = real(stream, buffer)
        name = evidence / ("overwritten.log" if stream.tell() == len(RUN_LOG) * 40 else "grows.log")
        if read and os.fstat(stream.fileno()).st_ino == name.stat().st_ino:
            with name.open("ab" if name.name == "grows.log" else "r+b") as file:
                file.write(b"written meanwhile\n")
        return read if name.name != "grows.log" or stream.tell() < len(RUN_LOG) * 21 else 0

    monkeypatch.setattr(chunks, "fill", fill)

    receipt = ingest(case, [evidence], big_bytes=1000)

    assert [r.path for r in receipt.rows] == ["grows.log", "other.log"]
    assert [(p.path, p.why) for p in receipt.unreadable] == [("overwritten.log", WRITTEN_TO)]
    assert contents(case)["grows.log"].startswith(RUN_LOG * 20)
    sound(case)
    named = case.state.named()
    assert {p.name for folder in ("lines", "events") for p in (case.path / folder).iterdir()} == named


def test_what_the_case_holds_already_is_hashed_and_no_more(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evidence = write(tmp_path / "evidence", {"a.log": RUN_LOG * 20})
    ingest(case, [evidence], big_bytes=1000)

    def never(*_: object) -> None:
        raise AssertionError("it was read again")

    monkeypatch.setattr("forensics.store.big.store", never)

    assert ingest(case, [evidence], big_bytes=1000).known == 1


def test_progress_goes_up_and_ends_at_the_total(case: Case, tmp_path: Path) -> None:
    said: list[tuple[int, int | None]] = []
    evidence = write(tmp_path / "evidence", FILES)

    ingest(case, [evidence], progress=lambda done, total, what: said.append((done, total)), big_bytes=100)

    done = [d for d, _ in said]
    assert done == sorted(done)
    assert said[-1] == (sum(map(len, FILES.values())), sum(map(len, FILES.values())))
