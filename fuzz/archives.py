"""Any bytes as an archive: nothing leaves the case, nothing grows beyond the limits, every byte that was read is stored as it was."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from fuzz.target import instrumented, start

with instrumented:
    from forensics.case import Case
    from forensics.ingest import ingest
    from forensics.store import disk
    from forensics.store.archives import Limits
    from forensics.verify import verify_case

LIMITS = Limits(ratio=10, free=1 << 20, total=4 << 20, members=50)


def seeds() -> Iterator[bytes]:
    files = {"a.log": b"one\ntwo\n", "runs/m1/b.log": b"deploy_app: x.org\n", "../c": b"c"}
    tar, packed = io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    plain = tar.getvalue()
    yield from (plain, packed.getvalue(), gzip.compress(plain), bz2.compress(plain), lzma.compress(plain), gzip.compress(packed.getvalue()))
    yield from (gzip.compress(b"x\n") * 2, bz2.compress(b"x\n"), lzma.compress(b"x\n"), gzip.compress(b"0" * 3_000_000))


def one(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "evidence").mkdir()
        (folder / "evidence/x").write_bytes(data)
        case = Case.create(folder / "case")

        receipt = ingest(case, [folder / "evidence"], limits=LIMITS)

        assert sorted(os.listdir(folder)) == ["case", "evidence"]
        assert sum(row.size for row in receipt.rows) <= max(LIMITS.total, len(data)) + (1 << 18)
        assert all(row.path == "x" or row.path.startswith("x!/") for row in receipt.rows)
        assert all(".." not in row.path.split("/") for row in receipt.rows)
        assert receipt.rows or receipt.skipped or receipt.unreadable
        assert verify_case(case) == []


if __name__ == "__main__":
    disk.fsync = lambda fd: None  # the disk is not what is tried here
    start(one, seeds())
