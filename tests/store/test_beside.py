"""A second process that parses changes nothing but the time it takes."""

from __future__ import annotations

import os
import signal
import sys
from concurrent.futures import wait
from pathlib import Path

import pytest

from forensics import replay as replaying
from forensics.case import Case
from forensics.errors import StoreError
from forensics.ingest import ingest
from forensics.store import beside, parsing, small
from forensics.store.beside import Beside, Piece
from parsers.context import Context
from tests.store.cases import FILES, RUN_LOG, contents, events, sound, write

MANY = {f"runs/r{i}/console.log": RUN_LOG.replace(b"m1", b"r%d" % i) for i in range(12)} | FILES


class _Seen(Beside):
    """Says what became of it; each piece is waited for, so that the process parses all of them."""

    pieces: list[Piece] = []
    processes: list[Beside] = []

    def start(self) -> None:
        super().start()
        self.processes.append(self)

    def piece(self, sources, contents) -> Piece:  # noqa: ANN001
        piece = super().piece(sources, contents)
        if piece.elsewhere is not None:
            wait([piece.elsewhere], timeout=60)
        self.pieces.append(piece)
        return piece


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> type[_Seen]:
    """Two cores, sources enough for a second process, and batches small enough for several."""
    monkeypatch.setattr(beside, "cores", lambda: 2)
    monkeypatch.setattr(small, "Beside", _Seen)
    monkeypatch.setattr(small, "MANY", 2)
    monkeypatch.setattr(small, "MOST_SOURCES", 8)
    monkeypatch.setattr(_Seen, "pieces", [])
    monkeypatch.setattr(_Seen, "processes", [])
    return _Seen


def event_files(case: Case) -> list[str]:
    return sorted(path.name for path in (case.path / "events").iterdir())


def test_what_is_parsed_in_another_process_is_what_would_be_parsed_here(
    tmp_path: Path, seen: type[_Seen], monkeypatch: pytest.MonkeyPatch
) -> None:
    evidence = write(tmp_path / "evidence", MANY)
    there = Case.create(tmp_path / "there")
    receipt = ingest(there, [evidence])
    assert len(seen.pieces) == 6 and all(piece.elsewhere is not None and not piece.elsewhere.exception() for piece in seen.pieces)

    monkeypatch.setattr(beside, "cores", lambda: 1)
    here = Case.create(tmp_path / "here")

    assert ingest(here, [evidence]).rows == receipt.rows
    assert events(here).equals(events(there))
    assert event_files(here) == event_files(there)
    assert here.sources().drop("read_at").equals(there.sources().drop("read_at"))
    assert contents(there) == MANY
    sound(there)


def test_a_replay_gives_the_same_wherever_it_parses(tmp_path: Path, seen: type[_Seen], monkeypatch: pytest.MonkeyPatch) -> None:
    evidence = write(tmp_path / "evidence", MANY)
    case = Case.create(tmp_path / "case")
    ingest(case, [evidence])
    before, files = events(case), event_files(case)
    monkeypatch.setattr(replaying, "Beside", seen)
    seen.pieces.clear()
    seen.processes.clear()

    done = replaying.replay(case)

    assert seen.pieces and all(piece.elsewhere is not None and not piece.elsewhere.exception() for piece in seen.pieces)
    assert (done["sources"], done["changed"]) == (len(MANY), 0)
    assert events(case).equals(before)
    assert event_files(case) == files
    assert all(process._process.returncode is not None for process in seen.processes)


def test_what_a_process_leaves_undone_is_done_here(tmp_path: Path, seen: type[_Seen], monkeypatch: pytest.MonkeyPatch) -> None:
    def start(self: _Seen) -> None:
        Beside.start(self)
        self.processes.append(self)
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGKILL)

    monkeypatch.setattr(_Seen, "start", start)
    case = Case.create(tmp_path / "case")

    ingest(case, [write(tmp_path / "evidence", MANY)])

    assert all(piece.elsewhere.exception() for piece in seen.pieces if piece.elsewhere)
    assert contents(case) == MANY
    assert case.events().collect().height > 0
    sound(case)


def test_a_fault_shows_as_if_there_were_no_other_process(tmp_path: Path, seen: type[_Seen], monkeypatch: pytest.MonkeyPatch) -> None:
    def uncounted(*_: object) -> None:
        raise StoreError("the lines do not add up", "x", "a fault of the parser", "report it")

    # The other process has gone, as it has after an error of its own.
    monkeypatch.setattr(beside, "COMMAND", (sys.executable, "-c", "raise SystemExit"))
    monkeypatch.setattr(parsing, "check", uncounted)

    with pytest.raises(StoreError, match="do not add up"):
        ingest(Case.create(tmp_path / "case"), [write(tmp_path / "evidence", MANY)])


def test_what_is_no_answer_is_not_taken_for_one(tmp_path: Path, seen: type[_Seen], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "COMMAND", (sys.executable, "-c", "import sys; print('a stray line', flush=True); sys.stdin.read()"))
    case = Case.create(tmp_path / "case")

    ingest(case, [write(tmp_path / "evidence", MANY)])

    assert contents(case) == MANY
    sound(case)


def test_no_process_is_left_when_an_ingest_breaks_off(tmp_path: Path, seen: type[_Seen], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(small.segments, "settle", interrupted)

    with pytest.raises(KeyboardInterrupt):
        ingest(Case.create(tmp_path / "case"), [write(tmp_path / "evidence", MANY)])

    assert {other._process.poll() for other in seen.processes if other._process} == {-signal.SIGKILL}


@pytest.mark.parametrize(
    ("context", "cores"), [(Context(formats=("mine",)), 2), (Context(), 1)], ids=["formats of a user's own", "one core"]
)
def test_no_process_is_started_where_it_could_not_help(context: Context, cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "cores", lambda: cores)
    other = Beside(context)
    other.start()
    piece = other.piece([parsing.About("0" * 64, "0" * 64, "runs/m1/console.log", None)], [RUN_LOG])
    other.close()

    assert not other.there
    assert sum(len(alike.events) for alike in piece.done()) > 0


def test_a_module_in_the_working_directory_is_not_taken_for_one_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "forensics.py").write_text("open('taken', 'w')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(beside, "cores", lambda: 2)
    other = Beside(Context())
    other.start()
    piece = other.piece([parsing.About("0" * 64, "0" * 64, "runs/m1/console.log", None)], [RUN_LOG])
    assert piece.elsewhere is not None
    wait([piece.elsewhere], timeout=60)
    other.close()

    assert not piece.elsewhere.exception()
    assert not (tmp_path / "taken").exists()
