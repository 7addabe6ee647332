"""The chain holds, and what breaks it is found."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.errors import StoreError
from forensics.store import ledger


@pytest.fixture
def chain(tmp_path: Path) -> ledger.Ledger:
    ledger.found(tmp_path, {"kind": "case"})
    book = ledger.Ledger(tmp_path)
    book.require()
    for i in range(4):
        book.append(lambda i=i: [{"kind": "source", "path": f"p{i}\u2028é\n"}, {"kind": "source", "path": f"q{i}"}])
    return book


def read(book: ledger.Ledger) -> tuple[int, ledger.Broken | None]:
    again = ledger.Ledger(book.case)
    broken = again.read()
    return len(again.entries), broken


def test_what_was_appended_is_read_again(chain: ledger.Ledger) -> None:
    again = ledger.Ledger(chain.case)

    assert again.read() is None
    assert again.entries == chain.entries
    assert [e["seq"] for e in again.entries] == list(range(9))


def test_an_altered_entry_is_the_first_broken_link(chain: ledger.Ledger) -> None:
    lines = chain.path.read_bytes().splitlines(keepends=True)
    lines[3] = lines[3].replace(b'"p1', b'"px')
    chain.path.write_bytes(b"".join(lines))

    seen, broken = read(chain)

    assert seen == 3  # the whole commits before it
    assert broken == ledger.Broken(4, "the entry is not what its own hash says: it was altered")


@pytest.mark.parametrize(
    "order", [[0, 2, 1, 3, 4, 5, 6, 7, 8], [0, 1, 3, 4, 5, 6, 7, 8], [0, 1, 2, 2, 3, 4, 5, 6, 7, 8], [1, 2, 3, 4, 5, 6, 7, 8]]
)
def test_entries_that_were_moved_removed_or_doubled_break_the_chain(chain: ledger.Ledger, order: list[int]) -> None:
    lines = chain.path.read_bytes().splitlines(keepends=True)
    chain.path.write_bytes(b"".join(lines[i] for i in order))

    first = next(i for i, line in enumerate(order) if i != line)
    seen, broken = read(chain)

    assert broken.line == first + 1
    assert seen <= first
    assert "does not follow" in broken.why


def test_an_altered_entry_with_its_hash_made_anew_breaks_the_next(chain: ledger.Ledger) -> None:
    lines = chain.path.read_bytes().splitlines(keepends=True)
    entry = {k: v for k, v in chain.entries[3].items() if k not in ("seq", "prev", "left", "hash")} | {"path": "forged"}
    lines[3] = ledger.sealed(entry, 3, chain.entries[2]["hash"], 1)[0]
    chain.path.write_bytes(b"".join(lines))

    seen, broken = read(chain)

    assert (seen, broken.line) == (3, 5)


@pytest.mark.parametrize("keep", [0, 1, 5, 8])
def test_a_tail_that_was_cut_off_is_found(chain: ledger.Ledger, keep: int) -> None:
    chain.path.write_bytes(b"".join(chain.path.read_bytes().splitlines(keepends=True)[:keep]))

    seen, broken = read(chain)

    assert broken.line == seen + 1 <= keep + 1
    assert "its tail was cut off" in broken.why


@given(cut=st.integers(1, 400))
def test_bytes_cut_off_the_end_are_found(cut: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    case = tmp_path_factory.mktemp("cut")
    ledger.found(case, {"kind": "case"})
    book = ledger.Ledger(case)
    book.require()
    book.append(lambda: [{"kind": "source"}])
    data = book.path.read_bytes()
    book.path.write_bytes(data[: max(0, len(data) - cut)])

    assert read(book)[1] is not None


def test_a_ledger_rewritten_from_the_start_does_not_agree_with_its_head(chain: ledger.Ledger, tmp_path: Path) -> None:
    forged = tmp_path / "forged"
    forged.mkdir()
    ledger.found(forged, {"kind": "case", "tool": "other"})
    other = ledger.Ledger(forged)
    other.require()
    other.append(lambda: [{"kind": "source"}] * 8)
    chain.path.write_bytes(other.path.read_bytes())

    assert "the ledger was rewritten" in read(chain)[1].why


@pytest.mark.parametrize("head", [None, b"", b"{}", b'{"seq": "x", "hash": 1}', b"[]"])
def test_a_missing_or_unreadable_head_is_found(chain: ledger.Ledger, head: bytes | None) -> None:
    path = chain.case / ledger.HEAD
    path.unlink() if head is None else path.write_bytes(head)

    assert "which names the last entry" in read(chain)[1].why


def test_a_torn_append_was_never_committed_and_is_cut_off_by_the_next(chain: ledger.Ledger) -> None:
    with open(chain.path, "ab") as file:
        file.write(b'{"seq":9,"prev":"')

    again = ledger.Ledger(chain.case)
    assert again.read() is None
    again.append(lambda: [{"kind": "source", "path": "after"}])

    assert [e.get("path") for e in again.entries[-2:]] == ["q3", "after"]
    assert read(chain) == (10, None)


def test_a_commit_counts_as_a_whole_or_not_at_all(chain: ledger.Ledger) -> None:
    head, before = (chain.case / ledger.HEAD).read_bytes(), len(chain.path.read_bytes())
    chain.append(lambda: [{"kind": "source", "path": f"s{i}"} for i in range(5)])
    (chain.case / ledger.HEAD).write_bytes(head)
    data = chain.path.read_bytes()

    for size in range(before, len(data), 37):
        chain.path.write_bytes(data[:size])
        assert read(chain) == (9, None)
    chain.path.write_bytes(data)
    assert read(chain) == (14, None)


def test_a_head_that_lags_behind_is_no_damage(chain: ledger.Ledger) -> None:
    (chain.case / ledger.HEAD).write_bytes(ledger.head_of(5, chain.entries[5]["hash"]))

    assert read(chain) == (9, None)


def test_nothing_is_appended_to_a_broken_ledger(chain: ledger.Ledger) -> None:
    lines = chain.path.read_bytes().splitlines(keepends=True)
    chain.path.write_bytes(b"".join(lines[:4]))
    before = chain.path.read_bytes()

    with pytest.raises(StoreError, match="is damaged"):
        ledger.Ledger(chain.case).append(lambda: [{"kind": "source"}])

    assert chain.path.read_bytes() == before
