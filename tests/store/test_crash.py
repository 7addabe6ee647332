"""Stopped at any write, fsync or rename, a case opens, nothing is doubled or lost, and the same call again adds the rest."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from forensics.case import Case
from forensics.errors import ForensicsError, UsageError
from forensics.ingest import ingest
from forensics.replay import replay
from forensics.store import disk
from forensics.verify import verify_case
from tests.store.cases import FILES, RUN_LOG, contents, events, sound, write

STEPS = ("write", "fsync", "replace", "truncate", "remove")


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


def first(folder: Path) -> Path:
    return write(folder / "first", {"old.log": RUN_LOG[:100], "kept.log": b"kept\n"})


def second(folder: Path) -> Path:
    return write(folder / "second", FILES | {"old.log": RUN_LOG, "big.log": RUN_LOG * 30})


def expected(folder: Path) -> tuple[dict[str, bytes], object]:
    case = Case.create(folder / "whole")
    for evidence in (first(folder), second(folder)):
        ingest(case, [evidence], big_bytes=5000)
    return contents(case), events(case)


@pytest.mark.parametrize("half", [False, True], ids=["before", "half a write"])
def test_killed_at_any_step_the_case_is_sound_and_the_next_ingest_completes_it(tmp_path: Path, half: bool) -> None:
    whole, all_events = expected(tmp_path)
    at, survived = 0, False
    while not survived:
        place = tmp_path / f"case{at}"
        try:
            with stopped(at, Killed, half=half):
                case = Case.create(place)
                for evidence in (first(tmp_path), second(tmp_path)):
                    ingest(case, [evidence], big_bytes=5000)
                survived = True
        except Killed:
            pass
        if (place / "ledger.jsonl").exists():
            sound(Case.open(place))
            assert contents(Case.open(place)).items() <= (whole | contents_of_first()).items()

        again = Case.create(place)
        for evidence in (first(tmp_path), second(tmp_path)):
            ingest(again, [evidence], big_bytes=5000)

        sound(again)
        assert contents(again) == whole
        assert events(again).equals(all_events)
        assert leftovers(again) == []
        at += 1 if at < 25 else 3
    assert at > 30


def contents_of_first() -> dict[str, bytes]:
    return {"kept.log": b"kept\n", "old.log": RUN_LOG[:100]}


def leftovers(case: Case) -> list[str]:
    named = case.state.named() | {"ledger.jsonl", "ledger.head", ".lock"}
    return [p.name for p in case.path.rglob("*") if p.is_file() and p.name not in named]


def test_a_disk_that_is_full_at_any_step_is_said_plainly_and_harms_nothing(tmp_path: Path) -> None:
    evidence = second(tmp_path)
    at = 0
    while True:
        case = Case.create(tmp_path / f"case{at}")
        try:
            with stopped(at, no_space):
                ingest(case, [evidence], big_bytes=5000)
            break
        except ForensicsError as error:
            assert "the disk is full" in error.what
            assert error.next == "make room, then give the same command again"
            assert error.exit_status == 1
        sound(Case.open(case.path))
        ingest(Case.open(case.path), [evidence], big_bytes=5000)
        sound(Case.open(case.path))
        at += 4
    assert at > 15


def test_a_full_disk_leaves_no_half_written_segment_to_fill_it(tmp_path: Path) -> None:
    case = Case.create(tmp_path / "case")
    real = disk.write

    def full(fd: int, data: bytes) -> None:
        if len(data) > 200:
            raise no_space()
        real(fd, data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(disk, "write", full)
        with pytest.raises(ForensicsError, match="the disk is full"):
            ingest(case, [second(tmp_path)], big_bytes=5000)

    assert leftovers(case) == []


def test_killed_in_a_replay_the_case_is_sound(tmp_path: Path) -> None:
    case = Case.create(tmp_path / "case")
    ingest(case, [first(tmp_path), second(tmp_path)], big_bytes=5000)
    before = events(case)
    for at in range(0, 40, 2):
        with stopped(at, Killed):
            try:
                replay(Case.open(case.path))
            except Killed:
                pass
        sound(Case.open(case.path))
        assert events(Case.open(case.path)).equals(before)


@pytest.mark.parametrize("refusal", [errno.EROFS, errno.EACCES])
def test_a_case_that_cannot_be_written_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: int) -> None:
    case = Case.create(tmp_path / "case")
    ingest(case, [first(tmp_path)])
    real = os.open

    def read_only(path: object, flags: int, *args: object, **more: object) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and str(tmp_path / "case") in os.fsdecode(path):
            raise OSError(refusal, os.strerror(refusal), path)
        return real(path, flags, *args, **more)

    monkeypatch.setattr(os, "open", read_only)

    again = Case.open(case.path)
    assert len(events(again)) > 0
    assert verify_case(again) == []
    with pytest.raises(UsageError, match="the case cannot be written") as caught:
        ingest(again, [second(tmp_path)])
    assert "--case" in caught.value.next


@pytest.mark.parametrize("at", [3, 9, 14])
def test_a_process_that_is_killed_for_real_leaves_a_sound_case(tmp_path: Path, at: int) -> None:
    evidence = second(tmp_path)
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
        case = Case.create({str(tmp_path / "case")!r})
        for name in {STEPS}:
            setattr(disk, name, counted(getattr(disk, name)))
        ingest(case, [{str(evidence)!r}], big_bytes=5000)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False)
    assert done.returncode == -9

    case = Case.open(tmp_path / "case")
    sound(case)
    receipt = ingest(case, [evidence], big_bytes=5000)

    assert contents(case) == FILES | {"old.log": RUN_LOG, "big.log": RUN_LOG * 30}
    assert receipt.swept > 0 or receipt.known > 0
    sound(case)
