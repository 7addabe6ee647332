"""Who may do what at the same time.

`.lock` is held shared while anybody ingests or replays, and exclusively by who sweeps leftovers: so nothing that a
running ingest has written aside is ever swept. The ledger file itself is held exclusively for one append.
Readers take no lock: they see what the ledger named when they looked.

References:
    https://man7.org/linux/man-pages/man2/flock.2.html
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = ".lock"


@contextmanager
def exclusive(path: Path, flags: int = os.O_RDWR | os.O_CREAT) -> Iterator[int]:
    """Hold a file alone, waiting for whoever has it; gives its descriptor."""
    fd = os.open(path, flags | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield fd
    finally:
        os.close(fd)


class Writing:
    """The right to add to a case, shared with others who add. A context manager."""

    def __init__(self, case: Path) -> None:
        self._path = case / LOCK
        self._fd = -1

    def __enter__(self) -> Writing:
        self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        return self

    def alone(self) -> bool:
        """Try to be the only one, without waiting; true where nobody else adds to the case now."""
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def share(self) -> None:
        """Let others add too. Whoever sweeps is waited for."""
        fcntl.flock(self._fd, fcntl.LOCK_SH)

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)
