"""Stopped at any write, fsync or rename, a case opens, nothing is doubled or lost, and the same call again adds the rest."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from forensics.case import Case
from forensics.errors import ForensicsError, UsageError
from forensics.ingest import ingest
from forensics.replay import replay
from forensics.store import disk
from forensics.verify import verify_case
from tests.store.cases import RUN_LOG, contents, events, sound, write

# A writer whose process was "killed" is finalised all the same, and finds a disk that does not work.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

STEPS = ("write", "write_at", "fsync", "replace", "truncate", "remove")


class Killed(BaseException):
    """The process is no more: no handler may clean up after this."""


@contextmanager
def stopped(at: int, error: Callable[[], BaseException], *, half: bool = False) -> Iterator[list[str]]:
    """Let the disk work until its `at`-th step, which fails; a write may do half of it first. Gives the steps done."""
    done: list[str] = []
    real = {name: getattr(disk, name) for name in STEPS}

    def step(name: str) -> Callable[..., object]:
        def run(*args: object) -> object:
            if len(done) >= at:
                if name == "write" and half and len(done) == at:
                    done.append(name)
                    real["write"](args[0], bytes(args[1])[: len(args[1]) // 2])
                raise error()
            done.append(name)
            return real[name](*args)

        return run

    with pytest.MonkeyPatch.context() as patch:
        for name in STEPS:
            patch.setattr(disk, name, step(name))
        yield done


def no_space() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


BIG = RUN_LOG * 20
OLD = {"old.log": RUN_LOG[:100], "kept.log": b"kept\n"}
NEW = {"runs/m1/console.log": RUN_LOG, "empty.log": b"", "old.log": RUN_LOG, "twice.log": b"kept\n", "big.log": BIG}
WHOLE = NEW | {"kept.log": b"kept\n"}


def begun(folder: Path) -> Path:
    """A case that holds the old evidence; the new one stands beside it."""
    case = Case.create(folder / "begun")
    ingest(case, [write(folder / "old", OLD)], big_bytes=2000)
    write(folder / "new", NEW)
    return case.path


def complete(place: Path, evidence: Path) -> Case:
    """Give the same command again: all must be there then, once, and nothing else."""
    case = Case.open(place)
    ingest(case, [evidence], big_bytes=2000)
    sound(case)
    assert contents(case) == WHOLE
    assert leftovers(case) == []
    return case


@pytest.mark.parametrize("half", [False, True], ids=["before", "half a write"])
def test_killed_at_any_step_the_case_is_sound_and_the_same_command_completes_it(tmp_path: Path, half: bool) -> None:
    template = begun(tmp_path)
    at, survived = 0, False
    while not survived:
        place = Path(shutil.copytree(template, tmp_path / f"case{at}"))
        with stopped(at, Killed, half=half):
            try:
                ingest(Case.open(place), [tmp_path / "new"], big_bytes=2000)
                survived = True
            except Killed:
                pass

        case = Case.open(place)
        sound(case)
        held = contents(case)
        assert set(held) >= set(OLD)
        assert all(data == WHOLE[path] or data == OLD.get(path) for path, data in held.items())
        complete(place, tmp_path / "new")
        at += 1
    assert at > 20


def test_killed_while_a_case_is_made_it_can_be_made_again(tmp_path: Path) -> None:
    for at in range(12):
        place = tmp_path / f"case{at}"
        with stopped(at, Killed, half=at % 2 == 0), suppress(Killed):
            Case.create(place)

        assert Case.create(place).sources().is_empty()


def leftovers(case: Case) -> list[str]:
    named = case.state.named() | {"ledger.jsonl", "ledger.head", ".lock"}
    return [p.name for p in case.path.rglob("*") if p.is_file() and p.name not in named]


def test_a_disk_that_is_full_at_any_step_is_said_plainly_and_harms_nothing(tmp_path: Path) -> None:
    template = begun(tmp_path)
    at, survived = 0, False
    while not survived:
        place = Path(shutil.copytree(template, tmp_path / f"case{at}"))
        with stopped(at, no_space):
            try:
                ingest(Case.open(place), [tmp_path / "new"], big_bytes=2000)
                survived = True
            except ForensicsError as error:
                assert "the disk is full" in error.what
                assert error.next == "make room, then give the same command again"
                assert error.exit_status == 1

        complete(place, tmp_path / "new")
        at += 2
    assert at > 15


def test_a_full_disk_leaves_no_half_written_segment_to_fill_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case.open(begun(tmp_path))
    real = disk.write

    def full(fd: int, data: bytes) -> None:
        if len(data) > 100:
            raise no_space()
        real(fd, data)

    with monkeypatch.context() as patch:
        patch.setattr(disk, "write", full)
        with pytest.raises(ForensicsError, match="the disk is full"):
            ingest(case, [tmp_path / "new"], big_bytes=2000)

    assert leftovers(case) == []


def test_killed_in_a_replay_the_case_is_sound(tmp_path: Path) -> None:
    case = complete(begun(tmp_path), tmp_path / "new")
    before = events(case)
    for at in range(0, 24, 3):
        with stopped(at, Killed), suppress(Killed):
            replay(Case.open(case.path))
        sound(Case.open(case.path))
        assert events(Case.open(case.path)).equals(before)


@pytest.mark.parametrize("refusal", [errno.EROFS, errno.EACCES])
def test_a_case_that_cannot_be_written_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: int) -> None:
    case = Case.open(begun(tmp_path))
    real = os.open

    def read_only(path: object, flags: int, *args: object, **more: object) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and str(case.path) in os.fsdecode(path):
            raise OSError(refusal, os.strerror(refusal), path)
        return real(path, flags, *args, **more)

    monkeypatch.setattr(os, "open", read_only)

    again = Case.open(case.path)
    assert len(events(again)) > 0
    assert verify_case(again) == []
    with pytest.raises(UsageError, match="the case cannot be written") as caught:
        ingest(again, [tmp_path / "new"])
    assert "--case" in caught.value.next


@pytest.mark.parametrize("at", [5, 13])
def test_a_process_that_is_killed_for_real_leaves_a_sound_case(tmp_path: Path, at: int) -> None:
    place = begun(tmp_path)
    script = f"""
        import os, signal
        from forensics.case import Case
        from forensics.ingest import ingest
        from forensics.store import disk
        left = [{at}]
        def counted(real):
            def step(*args):
                left[0] -= 1
                if left[0] < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return real(*args)
            return step
        for name in {STEPS}:
            setattr(disk, name, counted(getattr(disk, name)))
        ingest(Case.open({str(place)!r}), [{str(tmp_path / "new")!r}], big_bytes=2000)
    """

    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False)

    assert done.returncode == -9
    sound(Case.open(place))
    complete(place, tmp_path / "new")
