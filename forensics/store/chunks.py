"""Read a big source in chunks of whole lines, in a thread of its own, hashed on the way."""

from __future__ import annotations

import hashlib
import queue
import threading
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np

from forensics.store.reading import STEP, fill
from forensics.store.splitting import LONGEST

# Small enough that what is made of a chunk on its way to lines is still in the processor's cache, and that its memory is used again
# instead of being given back to the system and asked for anew, which costs a third as much as all the rest.
CHUNK = 4 << 20


class Chunks:
    """A source in chunks that end with a line, read by another thread. `content_id` is known when all have been taken.

    A line longer than `longest` is cut after just so many bytes.
    """

    def __init__(self, stream: BinaryIO, size: int, chunk: int = CHUNK, longest: int = LONGEST) -> None:
        self._stream, self._size, self._chunk, self._longest = stream, size, chunk, longest
        self._queue: queue.Queue[memoryview | None] = queue.Queue(4)
        self._stop = threading.Event()
        self._failed: BaseException | None = None
        self.content_id = ""

    def __iter__(self) -> Iterator[memoryview]:
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        try:
            while (chunk := self._queue.get()) is not None:
                yield chunk
        finally:
            self._stop.set()
            while thread.is_alive():  # it may wait for room in the queue
                try:
                    self._queue.get(timeout=0.02)
                except queue.Empty:
                    thread.join(0.02)
        if self._failed is not None:
            raise self._failed

    def _run(self) -> None:
        try:
            digest = hashlib.sha256()
            for chunk in self._read(digest):
                if self._stop.is_set():
                    return
                self._queue.put(chunk)
            self.content_id = digest.hexdigest()
        except BaseException as error:  # noqa: BLE001 - raised again by who takes the chunks
            self._failed = error
        finally:
            self._queue.put(None)

    def _read(self, digest: Any) -> Iterator[memoryview]:
        rest, left = memoryview(b""), self._size
        while left or len(rest):
            # A new buffer each time: the lines that were cut from the last one point into it. Not zeroed, as a bytearray would be.
            buffer = memoryview(np.empty(len(rest) + min(self._chunk, left), np.uint8))
            buffer[: len(rest)] = rest
            held = len(rest)
            while held < len(buffer) and (read := fill(self._stream, buffer[held : held + STEP])):
                digest.update(buffer[held : held + read])
                held, left = held + read, left - read
            left = left if held == len(buffer) else 0  # it became shorter: the hash will tell
            end = _last_line_end(buffer[:held]) if left else held
            if not end and held >= self._longest:
                end = held - held % self._longest
            if end:
                yield buffer[:end]
            rest = buffer[end:held]


def _last_line_end(buffer: memoryview) -> int:
    """Just behind the last LF; 0 where there is none."""
    at = len(buffer)
    while at > 0:
        start = max(0, at - STEP)
        if (found := bytes(buffer[start:at]).rfind(b"\n")) >= 0:
            return start + found + 1
        at = start
    return 0
