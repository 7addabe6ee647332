"""The commands in a report are run: they show the line, and the hash is that of the file."""

from __future__ import annotations

import gzip
import hashlib
import io
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from forensics.report import cold
from forensics.report.evidence import FileEvidence

TEXT = b"one\ntwo\nthree\r\nfour"


def tar(files: dict[str, bytes], mode: str = "w:gz") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


FILES = {
    "runs/ab/harness.log": TEXT,
    "it's a $(touch x) `name`.log": TEXT,
    "-n": TEXT,
    "bi\u202edi.log": TEXT,
    "line\nbreak.log": TEXT,
    "x.log.gz": gzip.compress(TEXT),
    "e.tar.gz": tar({"./runs/m2p/x.log": TEXT, "./other.log": b"no\n"}),
    "e.tar": tar({"runs/m2p/x.log": TEXT}, "w"),
    "e.zip": zipped({"runs/m2p/x[1].log": TEXT, "runs/m2p/x1.log": b"no\n"}),
    "outer.tar": tar({"deep/inner.zip": zipped({"x.log": TEXT}), "deep/inner.tgz": tar({"y.log": TEXT})}, "w"),
}
PATHS = [
    "runs/ab/harness.log",
    "it's a $(touch x) `name`.log",
    "-n",
    r"bi\u202edi.log",
    r"line\nbreak.log",
    "x.log.gz!/x.log",
    "e.tar.gz!/runs/m2p/x.log",
    "e.tar!/runs/m2p/x.log",
    "e.zip!/runs/m2p/x[1].log",
    "outer.tar!/deep/inner.zip!/x.log",
    "outer.tar!/deep/inner.tgz!/y.log",
]


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("evidence")
    for name, data in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def shell(command: str, cwd: Path) -> bytes:
    done = subprocess.run(
        ["bash", "-c", command], cwd=cwd, capture_output=True, check=False, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    )
    assert done.stderr == b""
    return done.stdout


@pytest.mark.parametrize("path", PATHS)
def test_a_command_shows_the_lines_and_another_knows_the_file(evidence: Path, path: str) -> None:
    member = "!/" in path
    sha256 = hashlib.sha256(TEXT).hexdigest()

    assert shell(cold.lines_command(path, [3, 1], member=member), evidence) == b"one\nthree\r\n"
    assert shell(cold.lines_command(path, [4], member=member), evidence).rstrip(b"\n") == b"four"
    assert shell(cold.hash_command(path, sha256, member=member), evidence).endswith(b": OK\n")
    assert shell(cold.hash_command(path, sha256[::-1], member=member), evidence) == b""
    assert sorted(p.name for p in evidence.iterdir()) == sorted({name.split("/")[0] for name in FILES})


@pytest.mark.parametrize("path", PATHS)
def test_the_same_lines_are_read_without_a_case(evidence: Path, path: str) -> None:
    (found,) = FileEvidence([evidence]).look({path: {1, 3, 4, 5}})[path]

    assert found.sha256 == hashlib.sha256(TEXT).hexdigest()
    assert found.lines == {1: b"one\n", 3: b"three\r\n", 4: b"four"}


def test_a_name_that_is_no_utf8_is_found_by_its_stored_name(tmp_path: Path) -> None:
    (Path(tmp_path) / "a\udcff.log").write_bytes(TEXT)

    assert shell(cold.lines_command(r"a\xff.log", [2], member=False), tmp_path) == b"two\n"
    assert FileEvidence([tmp_path]).look({r"a\xff.log": {2}})[r"a\xff.log"][0].lines == {2: b"two\n"}


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "link", "folder/../../secret", "folder", "nowhere", ""])
def test_no_path_leads_out_of_the_folder_that_was_named(tmp_path: Path, path: str) -> None:
    (tmp_path / "secret").write_text("x\n")
    (tmp_path / "in/folder").mkdir(parents=True)
    (tmp_path / "in/link").symlink_to(tmp_path / "secret")

    assert FileEvidence([tmp_path / "in"]).look({path: {1}}) == {}


def test_a_single_file_is_found_by_its_name(evidence: Path) -> None:
    assert FileEvidence([evidence / "e.tar.gz"]).look({"e.tar.gz!/other.log": {1}})["e.tar.gz!/other.log"][0].lines == {1: b"no\n"}


def test_only_a_plain_path_stands_in_the_list_for_sha256sum() -> None:
    assert [cold.plain(path) for path in PATHS[:5]] == [True, True, True, False, False]
