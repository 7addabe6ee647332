"""Read a source in chunks of whole lines, in a thread of its own, hashed on the way.

It is read once: what is hashed is what is stored. Whether it was written to meanwhile, so that what was read never stood in it as a whole, its times
tell; where they leave a doubt, it is hashed again.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from typing import BinaryIO

import numpy as np

from forensics.store.reading import STEP, Measured, Measuring, Watched, blocks, fill, measure
from forensics.store.splitting import LONGEST

# What is done once for each chunk costs as much as reading three megabytes; a few of these chunks are held at once.
CHUNK = 16 << 20
# A short line takes many times its bytes on the way: so chunks of short lines are smaller.
LINES, EVERY = 1 << 18, 4093
ROOM_S = 0.05  # how long the reader waits for room before it looks whether anything else is wanted of it


class Changed(Exception):
    """The bytes were others the second time."""


class Chunks:
    """A source in chunks that end with a line, read by another thread from where the stream stands.

    A line longer than `longest` is cut after just so many bytes. `measured` is known when the last chunk has been given; or sooner, see `hurry`:
    so the thread does not just wait for room, as `Ahead` does, but looks up while it waits.

    Args:
        prefix_sizes: Of so many first bytes the hash is wanted as well.
        known: What was measured before, if it was: the bytes must be the same again.
        watched: The file that is read, where others may write to it.
    """

    def __init__(
        self, stream: BinaryIO, prefix_sizes: Iterable[int] = (), *, known: Measured | None = None, watched: Watched | None = None,
        chunk: int = CHUNK, longest: int = LONGEST,
    ) -> None:  # fmt: skip
        self._stream, self._watched, self._chunk, self._longest = stream, watched, chunk, longest
        self._measuring = Measuring(prefix_sizes)
        self._queue: queue.Queue[memoryview | None] = queue.Queue(2)
        self._stop, self._hurried = threading.Event(), threading.Event()
        self._failed: BaseException | None = None
        self.measured: Future[Measured] = Future()
        if known is not None:
            self.measured.set_result(known)

    def hurry(self) -> None:
        """Have the source measured now: its rest is hashed before more chunks are read, and read again for these."""
        self._hurried.set()

    def __iter__(self) -> Iterator[memoryview]:
        """Give the chunks.

        Raises:
            Unreadable: If reading fails.
            Changed: If the source was written to so that these were never its bytes.
        """
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        try:
            while (chunk := self._queue.get()) is not None:
                yield chunk
        finally:
            self._stop.set()
            thread.join()
        if self._failed is not None:
            raise self._failed

    def _run(self) -> None:
        try:
            for chunk in self._read():
                self._give(chunk)
                if self._stop.is_set():
                    return
            self._conclude()
        except BaseException as error:  # noqa: BLE001 - raised again by who takes the chunks, or waits for the hash
            self._failed = error
            if not self.measured.done():
                self.measured.set_exception(error)
        finally:
            self._give(None)

    def _give(self, chunk: memoryview | None) -> None:
        while not self._stop.is_set():
            if self._hurried.is_set() and not self.measured.done():
                self._look_ahead()
            try:
                self._queue.put(chunk, timeout=ROOM_S)
                return
            except queue.Full:
                pass

    def _look_ahead(self) -> None:
        ahead, here = self._measuring.copy(), self._stream.tell()
        for part in blocks(self._stream):
            if self._stop.is_set():
                return
            ahead.update(part)
        self._stream.seek(here)
        self.measured.set_result(ahead.done())

    def _conclude(self) -> None:
        """Insist that what was read is what stands there."""
        read = self._measuring.done()
        if self.measured.done() and self.measured.result().content_id != read.content_id:
            raise Changed
        if self._watched is not None and self._watched.maybe_written():
            self._stream.seek(0)
            if measure(blocks(self._stream, read.size)).content_id != read.content_id:
                raise Changed
        if not self.measured.done():
            self.measured.set_result(read)

    def _read(self) -> Iterator[memoryview]:
        rest, ended = memoryview(b""), False
        while not ended or len(rest):
            # A new buffer each time: the lines that were cut from the last one point into it. Not zeroed, as a bytearray would be.
            buffer = memoryview(np.empty(len(rest) + self._chunk, np.uint8))
            buffer[: len(rest)] = rest
            held = len(rest)
            while held < len(buffer) and not ended:
                read = fill(self._stream, buffer[held : held + min(STEP, self._left())])
                self._measuring.update(buffer[held : held + read])
                held, ended = held + read, not read
            end = held if ended else _last_line_end(buffer[:held])
            if not end and held >= self._longest:
                end = held - held % self._longest
            if end:
                yield from _pieces(buffer[:end])
            rest = buffer[end:held]

    def _left(self) -> int:
        """How much may be read still: of a source that has been measured, what was measured, even if it grew since."""
        return self.measured.result().size - self._measuring.size if self.measured.done() else STEP


def _pieces(chunk: memoryview) -> Iterator[memoryview]:
    """A chunk in pieces of whole lines, some `LINES` of them, as every so many-th byte tells."""
    likely = int((np.frombuffer(chunk, np.uint8)[::EVERY] == ord("\n")).mean() * len(chunk))
    size = len(chunk) // (likely // LINES + 1) + 1
    while len(chunk):
        end = (_last_line_end(chunk[:size]) if len(chunk) > size else 0) or len(chunk)
        yield chunk[:end]
        chunk = chunk[end:]


def _last_line_end(buffer: memoryview) -> int:
    """Just behind the last LF; 0 where there is none."""
    at = len(buffer)
    while at > 0:
        start = max(0, at - STEP)
        if (found := bytes(buffer[start:at]).rfind(b"\n")) >= 0:
            return start + found + 1
        at = start
    return 0
