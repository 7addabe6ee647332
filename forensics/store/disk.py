"""Every change of the case directory goes through here: write, fsync, rename, remove.

The order in which these happen is what makes a case survive a crash, so they stand in one place, where a test can
stop the process at any of them.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from forensics.errors import ForensicsError, UsageError

HELD = 1 << 20
ASIDE = ".aside-"  # how the name of a file that is not complete yet begins


def write(fd: int, data: bytes | memoryview) -> None:
    """Write all of `data`, or raise."""
    view = memoryview(data).cast("B")
    while len(view):
        view = view[os.write(fd, view) :]


def write_at(fd: int, data: bytes, place: int) -> None:
    """Write all of `data` over what stands at `place`, or raise."""
    while data:
        written = os.pwrite(fd, data, place)
        data, place = data[written:], place + written


def fsync(fd: int) -> None:
    os.fsync(fd)


def replace(old: Path, new: Path) -> None:
    os.replace(old, new)


def truncate(fd: int, size: int) -> None:
    os.ftruncate(fd, size)


def remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def fsync_folder(folder: Path) -> None:
    """Make the names in a folder last: a rename is on disk only when its folder is."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fsync(fd)
    finally:
        os.close(fd)


def make_folder(path: Path) -> None:
    path.mkdir(parents=True, exist_ok=True)


def write_whole(path: Path, data: bytes) -> None:
    """Replace a small file at once: whoever reads it sees the old bytes or the new ones."""
    aside = path.with_name(f"{ASIDE}{os.getpid()}-{os.urandom(4).hex()}-{path.name}")
    fd = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        write(fd, data)
        fsync(fd)
    except Exception:
        remove(aside)
        raise
    finally:
        os.close(fd)
    replace(aside, path)
    fsync_folder(path.parent)


class Aside:
    """A file that is written beside its place and hashed on the way: a file-like object for Parquet writers.

    `settle` makes it last under its name; until then, it is a leftover that a later ingest may sweep.

    Args:
        blank: Stands in the file for what is known only in the end, and is nothing else in it. `seal` puts that there.
    """

    def __init__(self, folder: Path, blank: bytes = b"") -> None:
        self.path = folder / f"{ASIDE}{os.getpid()}-{os.urandom(8).hex()}"
        self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        self._hash = hashlib.sha256()
        self._blank = blank
        self._blanks: list[int] = []  # where it stands
        self._size = 0
        self._held: list[bytes] = []  # Parquet writers give a few bytes at a time
        self._held_size = 0
        self.closed = False

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        return self._size

    def flush(self) -> None:
        """Bytes are held until there are enough of them, or `seal`."""

    def write(self, data: bytes) -> int:
        if self.closed:  # a writer's finaliser has a footer to add to a file that was dropped
            return len(data)
        self._held.append(data)
        self._held_size += len(data)
        if self._blank:
            self._find_blanks(data)
        self._size += len(data)
        if self._held_size >= HELD:
            self._pass_on()
        return len(data)

    def _pass_on(self) -> None:
        data = b"".join(self._held)
        self._held, self._held_size = [], 0
        write(self._fd, data)
        if not self._blank:
            self._hash.update(data)

    def _find_blanks(self, data: bytes) -> None:
        """A writer gives what belongs together at once: none is spread over two pieces."""
        at = data.find(self._blank)
        while at >= 0:
            self._blanks.append(self._size + at)
            at = data.find(self._blank, at + len(self._blank))

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            os.close(self._fd)

    def seal(self, filled: bytes = b"") -> str:
        """Have the bytes on disk; their sha256. `filled` is put where the blank stands, which is as long."""
        assert len(filled) == len(self._blank)
        self._pass_on()
        for place in self._blanks:
            write_at(self._fd, filled, place)
        if self._blank:
            self._hash_again()
        fsync(self._fd)
        self.close()
        return self._hash.hexdigest()

    def _hash_again(self) -> None:
        buffer = memoryview(bytearray(HELD >> 2))
        os.lseek(self._fd, 0, os.SEEK_SET)
        while read := os.readv(self._fd, [buffer]):
            self._hash.update(buffer[:read])

    def settle(self, place: Path) -> None:
        replace(self.path, place)

    def discard(self) -> None:
        self.close()
        remove(self.path)


@contextmanager
def plainly(case: Path, doing: str) -> Iterator[None]:
    """Say in plain words why the case could not be written."""
    try:
        yield
    except OSError as error:
        place = str(error.filename or case)
        kept = "what the ledger names is whole and counts; nothing is half done"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            why = "the disk is full" if error.errno == errno.ENOSPC else "the quota is used up"
            raise ForensicsError(
                f"{why} while {doing}", place, f"{error.strerror}; {kept}", "make room, then give the same command again"
            ) from error
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise UsageError(
                f"the case cannot be written while {doing}",
                place,
                str(error.strerror) + (": it can still be read" if (case / "ledger.jsonl").is_file() else ""),
                "choose another place: --case DIR",
            ) from error
        if error.errno in (errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP):
            raise UsageError(f"`{case}` cannot hold a case", place, str(error.strerror), "choose another place: --case DIR") from error
        if error.errno in (errno.EIO, errno.ESTALE, errno.EMFILE, errno.ENFILE, errno.ENOMEM):
            raise ForensicsError(
                f"the system failed while {doing}", place, f"{error.strerror}; {kept}", "give the same command again"
            ) from error
        raise
