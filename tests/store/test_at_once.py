"""Two ingests at once, sweeping, and readers in between."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from forensics.case import Case
from forensics.ingest import ingest
from forensics.store import locks, segments, small
from tests.store.cases import FILES, RUN_LOG, contents, sound, write


def test_two_processes_that_ingest_the_same_and_more_give_one_sound_case(tmp_path: Path) -> None:
    shared = {f"runs/r{i}/console.log": RUN_LOG.replace(b"m1", b"r%d" % i) for i in range(40)}
    one = write(tmp_path / "one", shared | {"only-one.log": RUN_LOG * 50})
    two = write(tmp_path / "two", shared | {"only-two.log": b"2\n", "runs/r3/console.log": shared["runs/r3/console.log"] + b"more\n"})
    script = "import sys; from forensics.case import Case; from forensics.ingest import ingest; ingest(Case.create(sys.argv[1]), sys.argv[2:], big_bytes=5000)"
    running = [subprocess.Popen([sys.executable, "-c", script, tmp_path / "case", evidence]) for evidence in (one, two)]

    assert [process.wait() for process in running] == [0, 0]

    case = Case.open(tmp_path / "case")
    sound(case)
    assert contents(case) == shared | {
        "only-one.log": RUN_LOG * 50,
        "only-two.log": b"2\n",
        "runs/r3/console.log": shared["runs/r3/console.log"] + b"more\n",
    }


@pytest.mark.parametrize("big_bytes", [1 << 20, 10], ids=["small", "big"])
def test_an_ingest_that_is_overtaken_adds_only_what_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, big_bytes: int) -> None:
    case, other = Case.create(tmp_path / "case"), Case.open(Case.create(tmp_path / "case").path)
    evidence = write(tmp_path / "evidence", FILES)
    sooner = write(tmp_path / "sooner", {"runs/m1/console.log": FILES["runs/m1/console.log"], "elsewhere.log": FILES["crlf.log"]})
    real, overtaken = segments.settle, []

    def settle(*args: object) -> None:
        real(*args)
        if not overtaken:
            overtaken.append(True)
            ingest(other, [sooner], big_bytes=big_bytes)

    monkeypatch.setattr(segments, "settle", settle)

    receipt = ingest(case, [evidence], big_bytes=big_bytes)

    assert {r.path for r in receipt.rows if r.outcome == "known"} <= {"runs/m1/console.log"}
    assert contents(Case.open(case.path)) == FILES | {"elsewhere.log": FILES["crlf.log"]}
    sound(Case.open(case.path))


def test_leftovers_are_swept_but_never_while_somebody_else_adds(tmp_path: Path) -> None:
    case = Case.create(tmp_path / "case")
    evidence = write(tmp_path / "evidence", FILES)
    left = [case.path / "lines" / ".aside-1-x", case.path / "events" / "0123.parquet", case.path / ".aside-2-ledger.head"]
    for path in left:
        path.write_bytes(b"torn")

    with locks.Writing(case.path) as other:
        other.share()
        assert ingest(case, [evidence]).swept == 0
        assert all(path.exists() for path in left)
    assert ingest(case, [evidence]).swept == 3
    assert not any(path.exists() for path in left)


def test_a_reader_sees_a_whole_case_while_another_adds(tmp_path: Path) -> None:
    case = Case.create(tmp_path / "case")
    seen: list[int] = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            now = Case.open(case.path)
            assert now.events().collect().height == now.sources()["events"].sum()
            seen.append(len(now.sources()))

    watcher = threading.Thread(target=watch)
    watcher.start()
    for i in range(15):
        ingest(case, [write(tmp_path / f"e{i}", {f"runs/r{i}/console.log": RUN_LOG + b"%d\n" % i})])
    stop.set()
    watcher.join()

    assert seen == sorted(seen)


def test_many_sources_are_stored_in_several_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(small, "MOST_SOURCES", 7)
    files = {f"runs/r{i}/console.log": RUN_LOG.replace(b"m1", b"r%d" % i) for i in range(30)}
    case = Case.create(tmp_path / "case")

    ingest(case, [write(tmp_path / "evidence", files)])

    assert len(list((case.path / "lines").iterdir())) == 5
    assert contents(case) == files
    sound(case)
