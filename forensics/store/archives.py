"""Open compressed files and archives: gz, zst, xz, bz2, tar, zip; an archive in an archive once.

A member is a source of its own, at `evidence.tar.gz!/runs/m2p/console.log`. Nothing is ever unpacked to the disk under
a member's name. What is damaged, encrypted, a link, named to climb out, or grows beyond `Limits` is passed over and
said; the rest is read. A compressed tar counts as one archive, `x.log.gz` holds one member, `x.log.gz!/x.log`.

References:
    https://docs.python.org/3/library/tarfile.html, https://www.bamsoftware.com/hacks/zipbomb/
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from forensics.store.reading import DAMAGE, Rest, Unreadable, blocks, read_up_to, said
from forensics.store.walk import Passed

MAGIC = ((b"\x1f\x8b\x08", "gz"), (b"\x28\xb5\x2f\xfd", "zst"), (b"\xfd7zXZ\0", "xz"), (b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip"))
SUFFIXES = {"gz": (".gz", ".tgz"), "zst": (".zst", ".zstd", ".tzst"), "xz": (".xz", ".txz"), "bz2": (".bz2", ".tbz2", ".tbz")}
# Archives that nothing here can open: kept as they are, and said.
CLOSED = (
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\x1f\x9d", "compress"),
    (b"!<arch>\n", "ar"),
)
LINK = "a link in an archive is not followed"
IN_MEMORY = 64 << 20
DEEPEST = 2
STEP = 1 << 17


@dataclass(frozen=True)
class Limits:
    """How far an archive may grow: a small file that unpacks to a disk full of zeros is an attack or an accident."""

    ratio: int = 250  # unpacked to packed, once `free` bytes are exceeded
    free: int = 256 << 20
    total: int = 64 << 30
    members: int = 200_000


class LimitReached(Exception):
    """An archive is larger than `Limits` allows."""


@dataclass
class Member:
    """A file in an archive, to be read now: the next one ends it."""

    path: str
    stream: BinaryIO
    mtime_ns: int | None


@dataclass
class Budget:
    """What one file on disk may still unpack to, nested archives included."""

    limits: Limits
    packed: int
    unpacked: int = 0
    members: int = 0

    def take(self, size: int) -> None:
        self.unpacked += size
        if self.unpacked > self.limits.total:
            raise LimitReached(f"it unpacks to more than {self.limits.total >> 20} MiB")
        if self.unpacked > max(self.limits.free, self.limits.ratio * self.packed):
            raise LimitReached(f"{self.packed} bytes unpack to more than {self.unpacked}, over {self.limits.ratio} times as much")

    def member(self) -> None:
        self.members += 1
        if self.members > self.limits.members:
            raise LimitReached(f"it holds more than {self.limits.members} files")


class Metered(io.RawIOBase):
    """A stream that charges what is read from it to a budget."""

    def __init__(self, stream: BinaryIO, budget: Budget) -> None:
        self._stream, self._budget = stream, budget

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        # In small steps, and of each what one reading gives: of a step in which a damaged stream breaks off, nothing is given.
        read = getattr(self._stream, "read1", self._stream.read)
        data = read(STEP if size < 0 else min(size, STEP))
        self._budget.take(len(data))
        return data


def kind_of(head: bytes) -> str | None:
    """What an archive's first bytes say it is; null if it is none. 512 bytes are enough."""
    if head[257:262] == b"ustar":
        return "tar"
    if head[:3] == b"BZh" and head[4:10] == b"1AY&SY":
        return "bz2"
    return next((name for magic, name in MAGIC if head.startswith(magic)), None)


def closed(head: bytes) -> str | None:
    """What kind of archive that cannot be opened begins like this; null for anything else."""
    return next((name for magic, name in CLOSED if head.startswith(magic)), None)


def members(path: str, stream: BinaryIO, kind: str, budget: Budget) -> Iterator[Member | Passed]:
    """Yield the members of one archive, in its order.

    Args:
        path: Stored path of the archive.
        stream: At its first byte; it must be seekable for zip.

    Raises:
        LimitReached: Also when a member is read.
    """
    try:
        if kind == "zip":
            yield from _zip(path, stream, budget)
        elif kind == "tar":
            yield from _tar(path, stream, budget)
        else:
            yield from _compressed(path, stream, kind, budget)
    except Unreadable as error:
        yield Passed(path, str(error), True)
    except DAMAGE as error:
        yield Passed(path, f"the rest of the archive cannot be read: {said(error)}", True)


def seekable(stream: BinaryIO) -> BinaryIO:
    """A copy of a stream that can be sought, in memory while it is small."""
    copy = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - lives as long as its members are read
    try:
        for data in blocks(stream):
            copy.write(data)
    except Exception:
        copy.close()
        raise
    copy.seek(0)
    return copy  # type: ignore[return-value]


def opened(stream: BinaryIO, kind: str) -> BinaryIO:
    """The bytes that a compressed stream holds."""
    if kind == "gz":
        return gzip.GzipFile(fileobj=stream, mode="rb")  # type: ignore[return-value]
    if kind == "xz":
        return lzma.LZMAFile(stream)  # type: ignore[return-value]
    if kind == "bz2":
        return bz2.BZ2File(stream)  # type: ignore[return-value]
    import pyarrow as pa

    # Arrow closes what it reads from, so not the file itself.
    return pa.CompressedInputStream(pa.PythonFile(Rest(b"", stream), mode="r"), "zstd")


def _compressed(path: str, stream: BinaryIO, kind: str, budget: Budget) -> Iterator[Member | Passed]:
    inner = Metered(opened(stream, kind), budget)
    head = read_up_to(inner, 512)
    whole: BinaryIO = Rest(head, inner)  # type: ignore[assignment]  # unbuffered: where reading fails, what was read before is given
    if kind_of(head) == "tar":
        yield from _tar(path, whole, budget, metered=True)
        return
    budget.member()
    base = path.rpartition("/")[2]
    suffix = next((s for s in SUFFIXES[kind] if base.lower().endswith(s) and len(base) > len(s)), "")
    yield Member(f"{path}!/{base[: -len(suffix)] if suffix else base}", whole, None)


def _tar(path: str, stream: BinaryIO, budget: Budget, *, metered: bool = False) -> Iterator[Member | Passed]:
    with tarfile.open(fileobj=stream if metered else Metered(stream, budget), mode="r|", encoding="utf-8", errors="surrogateescape") as tar:
        for info in tar:
            budget.member()
            name, trick = _name(info.name.encode("utf-8", "surrogateescape"))
            place = f"{path}!/{name}"
            if info.isdir():
                continue
            if trick:
                yield Passed(place, trick, True)
            elif info.issym() or info.islnk():
                yield Passed(place, LINK, False)
            elif not info.isfile():
                yield Passed(place, "it is a device or pipe, no file", False)
            elif data := tar.extractfile(info):
                # The holes of a sparse file are not in the archive, so that nobody has paid for them yet.
                stream = Metered(data, budget) if info.issparse() else data  # type: ignore[arg-type]
                yield Member(place, stream, int(info.mtime * 1_000_000_000))  # type: ignore[arg-type]


def _zip(path: str, stream: BinaryIO, budget: Budget) -> Iterator[Member | Passed]:
    with zipfile.ZipFile(stream) as archive:
        for info in archive.infolist():
            budget.member()
            name, trick = _name(info.filename.encode("utf-8", "surrogateescape"))
            place = f"{path}!/{name}"
            if info.filename.endswith("/") and not info.file_size:  # not by `is_dir`, which trips over a name that begins with NUL, and so is none
                continue
            if stat.S_ISLNK(info.external_attr >> 16):
                yield Passed(place, LINK, False)
                continue
            if trick or info.flag_bits & 1:
                yield Passed(place, trick or "it is encrypted", True)
                continue
            try:
                with archive.open(info) as data:
                    # A zip's times are local times of a zone that it does not state: no instant is known.
                    yield Member(place, Metered(data, budget), None)  # type: ignore[arg-type]
            except DAMAGE as error:
                yield Passed(place, f"it cannot be read: {said(error)}", True)


def _name(name: bytes) -> tuple[str, str]:
    """A member's name as text, without leading slashes, and what is wrong with it."""
    text = name.decode("utf-8", "backslashreplace").replace("\0", "\\x00")
    parts = [p for p in text.split("/") if p not in ("", ".")]
    climbs = ".." in (step for part in parts for step in part.split("\\"))
    return "/".join(parts) or "unnamed", "its name climbs out of the archive" if climbs else ""
