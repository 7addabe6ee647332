"""Reading what may break off: a file that the system refuses, a stream that is damaged in the middle.

An error of reading is `Unreadable` from here on, so that it cannot be taken for one of writing the case.
"""

from __future__ import annotations

import hashlib
import io
import lzma
import os
import tarfile
import time
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

CHUNK = 16 << 20
STEP = 1 << 18  # bytes that stay in the processor's cache from being read to being hashed
# What decompressors raise on damaged input. RuntimeError: zipfile, for an encrypted member or a compression that it does not know.
DAMAGE = (
    OSError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    tarfile.TarError,
    zipfile.BadZipFile,
    ValueError,
    RuntimeError,
)


class Unreadable(Exception):
    """A source cannot be read; the text says why."""


class Rest(io.RawIOBase):
    """A stream whose first bytes have been read already."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head, self._stream = head, stream

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self._head:
            size = len(self._head) if size < 0 else size
            data, self._head = self._head[:size], self._head[size:]
            return data
        return self._stream.read(1 << 20 if size < 0 else size)

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def said(error: BaseException) -> str:
    """An error of the system or of a decompressor in one line."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(text.split())


def open_file(place: bytes) -> BinaryIO:
    """Open a file for reading, without waiting for the other end where a pipe took its place meanwhile.

    Raises:
        Unreadable: If the system refuses.
    """
    try:
        return io.FileIO(os.open(place, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb")  # type: ignore[return-value]
    except OSError as error:
        raise Unreadable(f"it cannot be read: {said(error)}") from error


def read_up_to(stream: BinaryIO, size: int) -> bytes:
    """Read until `size` bytes or the end: a stream may give less at a time than is asked for.

    Raises:
        Unreadable: If reading fails before the first byte.
    """
    data, damage = what_can_be_read(stream, size)
    if damage and not data:
        raise Unreadable(damage)
    return data


def what_can_be_read(stream: BinaryIO, size: int, *, begun: bool = False) -> tuple[bytes, str | None]:
    """Read up to `size` bytes; where reading fails, the bytes before that, and why. `begun`: some were read already."""
    parts: list[bytes] = []
    left = size
    try:
        # A small first step: most files end within it, and what is asked for is allocated.
        while left > 0 and (data := stream.read(min(left, CHUNK if parts else 1 << 16))):
            parts.append(data)
            left -= len(data)
    except DAMAGE as error:
        return b"".join(parts), f"it cannot be read{' to its end' if parts or begun else ''}: {said(error)}"
    return parts[0] if len(parts) == 1 else b"".join(parts), None


def blocks(stream: BinaryIO, size: int | None = None) -> Iterator[memoryview]:
    """A stream's bytes, at most `size` of them, in blocks that hold until the next one.

    Raises:
        Unreadable: If reading fails.
    """
    buffer = memoryview(bytearray(STEP))
    left = 1 << 62 if size is None else size
    while left > 0:
        read = fill(stream, buffer[: min(STEP, left)])
        if not read:
            return
        left -= read
        yield buffer[:read]


def fill(stream: BinaryIO, buffer: memoryview) -> int:
    """Read into a buffer, as much as comes at once; 0 at the end.

    Raises:
        Unreadable: If reading fails.
    """
    try:
        return stream.readinto(buffer)  # type: ignore[attr-defined]
    except DAMAGE as error:
        raise Unreadable(f"it cannot be read: {said(error)}") from error


@dataclass(frozen=True)
class Measured:
    """A stream's hash and size, and the hashes of its first so many bytes."""

    content_id: str
    size: int
    prefixes: dict[int, str]


class Measuring:
    """A stream that is being measured: its hash so far, and on the way those of its first `prefix_sizes` bytes."""

    def __init__(self, prefix_sizes: Iterable[int] = ()) -> None:
        self.size = 0
        self._digest = hashlib.sha256()
        self._wanted = sorted(set(prefix_sizes), reverse=True)
        self._prefixes: dict[int, str] = {}

    def update(self, part: bytes | memoryview) -> None:
        view = memoryview(part)
        while self._wanted and self._wanted[-1] <= self.size + len(view):
            cut = self._wanted[-1] - self.size
            self._digest.update(view[:cut])
            self.size, view = self.size + cut, view[cut:]
            self._prefixes[self._wanted.pop()] = self._digest.hexdigest()
        self._digest.update(view)
        self.size += len(view)

    def copy(self) -> Measuring:
        """Another that goes on from here."""
        made = Measuring(self._wanted)
        made.size, made._digest, made._prefixes = self.size, self._digest.copy(), dict(self._prefixes)
        return made

    def done(self) -> Measured:
        return Measured(self._digest.hexdigest(), self.size, self._prefixes)


def measure(parts: Iterable[bytes | memoryview], prefix_sizes: Iterable[int] = ()) -> Measured:
    """Hash a stream, and on the way its first `prefix_sizes` bytes."""
    measuring = Measuring(prefix_sizes)
    for part in parts:
        measuring.update(part)
    return measuring.done()


class Watched:
    """A file that somebody may write to while it is read, which shows in its times and its size."""

    # A file system may tell time no finer than by two seconds (FAT): what was written just now may be written again without showing.
    FRESH_NS = 2_000_000_000

    def __init__(self, file: BinaryIO) -> None:
        self._file = file.fileno()
        self._was = self._now()
        self.size, self._fresh = self._was[0], max(self._was[1:]) > time.time_ns() - self.FRESH_NS

    def _now(self) -> tuple[int, int, int]:
        now = os.fstat(self._file)
        return now.st_size, now.st_mtime_ns, now.st_ctime_ns

    def maybe_written(self) -> bool:
        """Whether anything may have been written since. Also a file that only grew may have been."""
        return self._fresh or self._now() != self._was
