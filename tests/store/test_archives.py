"""Archives are opened, nested once, and cannot hurt."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import tarfile
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest

from forensics.case import Case
from forensics.ingest import ingest
from forensics.store.archives import Limits
from tests.store.cases import FILES, RUN_LOG, contents, sound, write

SQUEEZE = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": lambda data: pa.compress(data, "zstd", asbytes=True),
}


def tarred(files: dict[str, bytes], **info: object) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(data), 1_700_000_000
            for key, value in info.items():
                setattr(member, key, value)
            tar.addfile(member, io.BytesIO(data))
    return out.getvalue()


def sparse(size: int) -> bytes:
    """A tar of one file that is all hole: GNU's old format, as `tar -S` writes it."""
    member = tarfile.TarInfo("a")
    header = bytearray(member.tobuf(tarfile.GNU_FORMAT))
    header[156:157] = tarfile.GNUTYPE_SPARSE
    header[386:410] = b"%011o\0" % size + b"%011o\0" % 0  # one piece without bytes, at the end
    header[483:495] = b"%011o\0" % size
    header[148:156] = b"%06o\0 " % (sum(header) - sum(header[148:156]) + 8 * 32)
    return bytes(header) + bytes(1024)


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case.create(tmp_path / "case")


@pytest.mark.parametrize("big_bytes", [1 << 20, 10], ids=["small", "big"])
@pytest.mark.parametrize("kind", ["tar", *[f"tar.{k}" for k in SQUEEZE], "zip"])
def test_members_are_sources_of_their_own(case: Case, tmp_path: Path, kind: str, big_bytes: int) -> None:
    packed = zipped(FILES) if kind == "zip" else tarred(FILES)
    if kind.startswith("tar."):
        packed = SQUEEZE[kind[4:]](packed)
    evidence = write(tmp_path / "evidence", {f"x/e.{kind}": packed})

    receipt = ingest(case, [evidence], big_bytes=big_bytes)

    assert contents(case) == {f"x/e.{kind}!/{name}": data for name, data in FILES.items()}
    assert not receipt.attention
    assert case.sources()["archive"].unique().to_list() == [f"x/e.{kind}"]
    assert case.events().collect()["run"].drop_nulls().unique().sort().to_list() == ["m1", "m2", "m3"]
    sound(case)
    assert ingest(case, [evidence], big_bytes=big_bytes).known == len(FILES)


@pytest.mark.parametrize("big_bytes", [1 << 20, 10], ids=["small", "big"])
@pytest.mark.parametrize("kind", SQUEEZE)
def test_a_compressed_file_holds_one_member(case: Case, tmp_path: Path, kind: str, big_bytes: int) -> None:
    ingest(case, [write(tmp_path / "evidence", {f"m1.console.log.{kind}": SQUEEZE[kind](RUN_LOG)})], big_bytes=big_bytes)

    assert contents(case) == {f"m1.console.log.{kind}!/m1.console.log": RUN_LOG}
    assert case.events().filter(kind="run.start").collect()["run"].to_list() == ["m1"]


def test_an_archive_in_an_archive_is_opened_once_and_deeper_ones_are_kept_whole(case: Case, tmp_path: Path) -> None:
    deepest = gzip.compress(b"x\n")
    inner = tarred({"in.log": b"in\n", "deep.gz": deepest})
    packed = zipped({"inner.tar.gz": gzip.compress(inner), "out.log": b"out\n"})

    receipt = ingest(case, [write(tmp_path / "evidence", {"a.zip": packed})])

    prefix = "a.zip!/inner.tar.gz!/"
    assert contents(case) == {f"{prefix}in.log": b"in\n", f"{prefix}deep.gz": deepest, "a.zip!/out.log": b"out\n"}
    assert [(r.path, r.note) for r in receipt.rows if r.note] == [(f"{prefix}deep.gz", "an archive this deep in others is kept unopened")]


@pytest.mark.parametrize("kind", SQUEEZE)
def test_a_truncated_stream_is_read_as_far_as_it_goes_and_said(case: Case, tmp_path: Path, kind: str) -> None:
    data = b"".join(
        b"line %d of a log that does not repeat: %s\n" % (i, hashlib.sha256(b"%d" % i).hexdigest().encode()) for i in range(30_000)
    )
    packed = SQUEEZE[kind](data)
    evidence = write(tmp_path / "evidence", {f"a.log.{kind}": packed[: len(packed) * 9 // 10], "b.log": b"b\n"})

    receipt = ingest(case, [evidence])

    assert receipt.attention
    assert contents(case)["b.log"] == b"b\n"
    kept, read = contents(case).get(f"a.log.{kind}", b""), contents(case).get(f"a.log.{kind}!/a.log", b"")
    assert data.startswith(read) and len(read) < len(data)
    assert read or kept == packed[: len(packed) * 9 // 10]  # where not even a first block could be unpacked
    sound(case)


def test_a_truncated_tar_gives_its_whole_members(case: Case, tmp_path: Path) -> None:
    packed = tarred({"a.log": b"a\n", "b.log": b"b" * 5000})

    receipt = ingest(case, [write(tmp_path / "evidence", {"e.tar": packed[:2500], "z.log": b"z\n"})])

    assert contents(case)["e.tar!/a.log"] == b"a\n"
    assert contents(case)["z.log"] == b"z\n"
    assert receipt.attention


@pytest.mark.parametrize(
    "data",
    [
        b"\x1f\x8b\x08nothing of the kind",
        b"PK\x03\x04 no zip\n",
        b"\x28\xb5\x2f\xfdxx",
        b"\xfd7zXZ\0xx",
        b"BZh91AY&SYxx",
        b"x" * 257 + b"ustar" + b"y" * 300,
    ],
)
def test_what_only_begins_like_an_archive_is_kept_as_it_is(case: Case, tmp_path: Path, data: bytes) -> None:
    receipt = ingest(case, [write(tmp_path / "evidence", {"a.bin": data})])

    assert contents(case) == {"a.bin": data}
    assert "no file can be taken out of it: kept as it is" in receipt.rows[0].note


@pytest.mark.parametrize("name", ["../up.log", "a/../../up.log", "/abs/../../up.log", "a\\..\\..\\up.log"])
def test_a_name_that_climbs_out_is_refused(case: Case, tmp_path: Path, name: str) -> None:
    receipt = ingest(case, [write(tmp_path / "evidence", {"e.tar": tarred({name: b"x\n", "ok.log": b"ok\n"})})])

    assert contents(case) == {"e.tar!/ok.log": b"ok\n"}
    assert [p.why for p in receipt.unreadable] == ["its name climbs out of the archive"]
    assert not list(tmp_path.rglob("up.log"))


def test_a_leading_slash_is_dropped_and_a_link_is_not_followed(case: Case, tmp_path: Path) -> None:
    link = tarred({"passwd": b""}, type=tarfile.SYMTYPE, linkname="/etc/passwd")
    receipt = ingest(case, [write(tmp_path / "evidence", {"a.tar": tarred({"/var/x.log": b"x\n"}), "b.tar": link})])

    assert contents(case) == {"a.tar!/var/x.log": b"x\n"}
    assert [(p.path, p.why) for p in receipt.skipped] == [("b.tar!/passwd", "a link in an archive is not followed")]


@pytest.mark.parametrize(
    ("packed", "limits"),
    [
        (gzip.compress(b"0" * 5_000_000), Limits(free=100_000, ratio=10)),
        (zipped({"a": b"0" * 5_000_000, "b": b"1"}), Limits(free=100_000, ratio=10)),
        (gzip.compress(tarred({"a": b"0" * 5_000_000})), Limits(free=100_000, ratio=10)),
        (tarred({"a.gz": gzip.compress(b"0" * 5_000_000)}), Limits(free=100_000, ratio=10)),
        (gzip.compress(b"0" * 5_000_000), Limits(total=1_000_000)),
        (zipped({str(i): b"" for i in range(50)}), Limits(members=20)),
        (sparse(5_000_000), Limits(free=100_000, ratio=10)),
        (gzip.compress(sparse(5_000_000)), Limits(free=100_000, ratio=10)),
    ],
    ids=["gz", "zip", "tar.gz", "gz in tar", "total", "count", "sparse", "sparse in gz"],
)
@pytest.mark.parametrize("big_bytes", [8 << 20, 1000], ids=["small", "big"])
def test_a_bomb_is_left_and_the_rest_is_read(case: Case, tmp_path: Path, packed: bytes, limits: Limits, big_bytes: int) -> None:
    receipt = ingest(case, [write(tmp_path / "evidence", {"bomb": packed, "z.log": b"z\n"})], limits=limits, big_bytes=big_bytes)

    assert contents(case)["z.log"] == b"z\n"
    assert sum(s.size for s in case.state.sources.values()) <= limits.free + 10
    assert [p.path for p in receipt.unreadable] == ["bomb"]
    assert "the rest of the archive is not read" in receipt.unreadable[0].why
    sound(case)


def test_an_encrypted_member_is_said(case: Case, tmp_path: Path) -> None:
    packed = bytearray(zipped({"a.log": b"a\n", "b.log": b"b\n"}))
    packed[6] |= 1  # general purpose flag, bit 0, of the first local header
    packed[packed.find(b"PK\x01\x02") + 8] |= 1  # and in the directory

    receipt = ingest(case, [write(tmp_path / "evidence", {"e.zip": bytes(packed)})])

    assert contents(case) == {"e.zip!/b.log": b"b\n"}
    assert [(p.path, p.why) for p in receipt.unreadable] == [("e.zip!/a.log", "it is encrypted")]


@pytest.mark.parametrize("where", ["central directory", "both"])
def test_a_name_that_is_none_costs_nothing_else(case: Case, tmp_path: Path, where: str) -> None:
    packed = zipped({"a.log": b"one\n", "bc.log": b"two\n"})
    last = packed.rindex(b"bc.log")
    named = packed[:last] + b"\0c.log" + packed[last + 6 :]
    packed = named if where == "central directory" else named.replace(b"bc.log", b"\0c.log")

    receipt = ingest(case, [write(tmp_path / "evidence", {"a.zip": packed})])

    assert contents(case)["a.zip!/a.log"] == b"one\n"
    assert len(contents(case)) + len(receipt.unreadable) == 2
    sound(case)


@pytest.mark.parametrize("kind", ["tar", "tar.gz", "zip"])
def test_an_archive_without_a_file_is_kept_as_it_is(case: Case, tmp_path: Path, kind: str) -> None:
    empty = zipped({"folder/": b""}) if kind == "zip" else tarred({"folder": b""}, type=tarfile.DIRTYPE)
    packed = gzip.compress(empty) if kind == "tar.gz" else empty

    receipt = ingest(case, [write(tmp_path / "evidence", {f"e.{kind}": packed})])

    assert contents(case) == {f"e.{kind}": packed}
    assert "no file can be taken out of it" in receipt.rows[0].note
    sound(case)


def test_bytes_under_the_name_of_a_folder_are_not_lost(case: Case, tmp_path: Path) -> None:
    packed = zipped({"ab": b"here\n"}).replace(b"ab", b"a/")

    ingest(case, [write(tmp_path / "evidence", {"e.zip": packed})])

    assert contents(case) == {"e.zip!/a": b"here\n"}


def test_a_link_in_a_zip_is_not_followed(case: Case, tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("passwd")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")

    receipt = ingest(case, [write(tmp_path / "evidence", {"l.zip": out.getvalue()})])

    assert [(p.path, p.why) for p in receipt.skipped] == [("l.zip!/passwd", "a link in an archive is not followed")]
    assert case.sources().is_empty()


def test_what_follows_a_compressed_stream_does_not_cost_its_content(case: Case, tmp_path: Path) -> None:
    parts = {
        "a.gz": gzip.compress(b"one\n") + gzip.compress(b"two\n") + b"garbage",
        "b.bz2": bz2.compress(b"one\n") + bz2.compress(b"two\n"),
    }

    receipt = ingest(case, [write(tmp_path / "evidence", parts)])

    assert contents(case) == {"a.gz!/a": b"one\ntwo\n", "b.bz2!/b": b"one\ntwo\n"}
    assert "cannot be read to its end" in receipt.rows[0].note


@pytest.mark.parametrize("magic", [b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07\x01\x00", b"\x04\x22\x4d\x18"])
def test_an_archive_that_cannot_be_opened_is_kept_and_said(case: Case, tmp_path: Path, magic: bytes) -> None:
    receipt = ingest(case, [write(tmp_path / "evidence", {"x": magic + b"rest"})])

    assert contents(case) == {"x": magic + b"rest"}
    assert "unpack it" in receipt.rows[0].note
    assert receipt.attention
