"""Whatever was changed on disk is found, and named."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from forensics.case import Case
from forensics.errors import StoreError, UsageError
from forensics.ingest import ingest
from forensics.replay import replay
from forensics.store import ledger, stored
from forensics.verify import Problem, verify_case
from tests.store.cases import FILES, RUN_LOG, write


@pytest.fixture
def case(tmp_path: Path) -> Case:
    case = Case.create(tmp_path / "case")
    ingest(case, [write(tmp_path / "evidence", FILES | {"big.log": RUN_LOG * 30})], big_bytes=5000)
    ingest(case, [write(tmp_path / "more", {"more.log": RUN_LOG + b"more\n"})])
    return case


def segment(case: Case, folder: str, path: str) -> Path:
    source = case.state.at_path[path][-1]
    names = source.event_segments if folder == "events" else case.state.line_segments[source.content_id]
    return case.path / folder / names[0]


def test_an_untouched_case_has_no_problems(case: Case) -> None:
    assert verify_case(case) == verify_case(case.path) == verify_case(str(case.path)) == []


@pytest.mark.parametrize("folder", ["lines", "events"])
@pytest.mark.parametrize("at", [0.02, 0.3, 0.97])
def test_one_changed_byte_in_a_segment_is_found(case: Case, folder: str, at: float) -> None:
    path = segment(case, folder, "big.log")
    data = bytearray(path.read_bytes())
    data[int(len(data) * at)] ^= 1
    path.write_bytes(data)

    first = verify_case(case)[0]

    assert first.what == "a segment was changed"
    assert first.where == f"{folder}/{path.name}"
    assert first.next.startswith("forensics replay" if folder == "events" else "restore the segment")


@pytest.mark.parametrize("folder", ["lines", "events"])
@pytest.mark.parametrize("size", [0, 1, 100, -1])
def test_a_truncated_segment_is_found(case: Case, folder: str, size: int) -> None:
    path = segment(case, folder, "more.log")
    path.write_bytes(path.read_bytes()[:size])

    assert verify_case(case)[0].what == "a segment was changed"


@pytest.mark.parametrize("folder", ["lines", "events"])
def test_a_missing_segment_is_found_and_reading_says_so(case: Case, folder: str) -> None:
    path = segment(case, folder, "more.log")
    path.unlink()

    assert [p.what for p in verify_case(case)] == ["a segment is missing"]
    with pytest.raises(StoreError, match="are missing") as caught:
        (case.events() if folder == "events" else case.lines()).collect()
    assert caught.value.next.startswith("forensics replay" if folder == "events" else "forensics verify")


def test_the_first_problem_is_the_first_broken_link(case: Case) -> None:
    for path in ("more.log", "big.log"):
        segment(case, "lines", path).write_bytes(b"x")

    where = [p.where for p in verify_case(case) if p.what == "a segment was changed"]

    assert where == [f"lines/{segment(case, 'lines', p).name}" for p in ("big.log", "more.log")]


def test_an_altered_ledger_cannot_be_opened_and_verify_names_the_line(case: Case) -> None:
    path = case.path / "ledger.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if b"big.log" in line)
    lines[at] = lines[at].replace(b"big.log", b"bag.log")
    path.write_bytes(b"".join(lines))

    with pytest.raises(StoreError, match="is damaged") as caught:
        Case.open(case.path)
    first = verify_case(case.path)[0]

    assert first.where == f"ledger.jsonl:{at + 1}"
    assert f"ledger.jsonl:{at + 1}" in caught.value.where
    assert first.what == "the ledger's chain is broken"


@pytest.mark.parametrize("order", ["swapped", "moved", "doubled", "removed"])
def test_a_reordered_ledger_is_found_at_its_first_line_out_of_place(case: Case, order: str) -> None:
    path = case.path / "ledger.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    assert len(lines) > 3
    match order:
        case "swapped":
            lines[1], lines[2] = lines[2], lines[1]
        case "moved":
            lines.insert(1, lines.pop())
        case "doubled":
            lines.insert(1, lines[0])
        case "removed":
            del lines[1]
    path.write_bytes(b"".join(lines))

    first = verify_case(case.path)[0]

    assert first.what == "the ledger's chain is broken"
    assert first.where == "ledger.jsonl:2"
    with pytest.raises(StoreError, match="is damaged"):
        Case.open(case.path)


def test_a_cut_ledger_is_found(case: Case) -> None:
    path = case.path / "ledger.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))

    assert "its tail was cut off" in verify_case(case.path)[0].why


def test_a_ledger_cut_together_with_its_head_is_betrayed_by_its_segments(case: Case, tmp_path: Path) -> None:
    ingest(case, [write(tmp_path / "last", {"last.log": b"last\n"})])
    entries = [json.loads(line) for line in (case.path / "ledger.jsonl").read_bytes().splitlines()]
    keep = next(e["seq"] for e in entries if e.get("path") == "more.log")
    path = case.path / "ledger.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:keep]))
    (case.path / "ledger.head").write_bytes(ledger.head_of(keep - 1, entries[keep - 1]["hash"]))

    found = verify_case(case.path)

    assert [p.what for p in found] == ["the ledger is not the one that this segment was written under"]
    assert "its tail was cut off" in found[0].why


def test_stored_lines_that_are_not_what_was_read_are_found(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    real = stored.Run.data
    monkeypatch.setattr(stored.Run, "data", lambda run: memoryview(bytes(real(run)).replace(b"more", b"less")))

    assert [p.what for p in verify_case(case)] == ["the stored lines of `more.log` are not what was read"]


def rewritten(case: Case, change: dict[str, object]) -> list[Problem]:
    """What verify finds when somebody rewrites an entry, and the whole chain after it."""
    entries = [{k: v for k, v in e.items() if k not in ("seq", "prev", "hash")} for e in case.ledger.entries]
    entries[-1] |= change
    lines, prev = [], ledger.GENESIS
    for seq, entry in enumerate(entries):
        line, prev = ledger.sealed(entry, seq, prev, entry.pop("left"))
        lines.append(line)
    (case.path / "ledger.jsonl").write_bytes(b"".join(lines))
    (case.path / "ledger.head").write_bytes(ledger.head_of(len(lines) - 1, prev))
    return verify_case(case.path)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"lines": 9}, "the counts of an entry do not add up"),
        ({"lines": 8, "unparsed": 4}, "the lines of `more.log` are not as many as the ledger says"),
        ({"events": 1}, "the events of `more.log` are not as many as the ledger says"),
        ({"content_id": "0" * 64}, "the stored lines of `more.log` are not what was read"),
        ({"size": 10}, "the stored lines of `more.log` are not what was read"),
        ({"extends": "0" * 64}, "an entry names a source that no earlier one knows"),
    ],
)
def test_an_entry_that_lies_is_found_even_in_a_chain_made_to_fit(case: Case, change: dict[str, object], what: str) -> None:
    assert what in [p.what for p in rewritten(case, change)]


def test_deleted_events_come_back_by_replay(case: Case) -> None:
    before = case.events().sort("event_id").collect()
    for path in (case.path / "events").iterdir():
        path.unlink()
    assert verify_case(case)

    replay(case)

    assert verify_case(case) == []
    assert case.events().sort("event_id").collect().equals(before)


def test_a_folder_that_is_no_case_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no case at"):
        verify_case(tmp_path)


def test_a_ledger_that_is_gone_is_said(case: Case) -> None:
    (case.path / "ledger.jsonl").unlink()

    for use in (verify_case, Case.open, Case.create):
        with pytest.raises(StoreError, match="the ledger of case"):
            use(case.path)


def test_progress_ends_at_the_total(case: Case) -> None:
    said: list[tuple[int, int | None]] = []

    verify_case(case, progress=lambda done, total, what: said.append((done, total)))

    assert said[-1][0] == said[-1][1] == sum(p.stat().st_size for p in case.path.rglob("*.parquet"))
    assert pl.Series([done for done, _ in said]).is_sorted()
