"""Parsing in a second process beside this one, since Python computes on one core only.

The second process is a fresh one. It is given contents and gives back events and counts; it sees neither the evidence nor the case, so that it
may stop at any moment. Whatever it has not begun when it is wanted is done here, and so is all where there is no second process: no core for one,
formats of a user's own (they are functions, and cannot be sent), or it has gone. An error is raised here too: the same work fails again.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from forensics.store.parsing import About, Alike, parse_contents, versions
from parsers.context import Context

# Isolated from the working directory (-P), which may be the evidence's.
COMMAND = (sys.executable, "-P", "-c", "from forensics.store import beside; beside.serve()")


@dataclass
class Piece:
    """Sources that are parsed together, and what they give once that is asked for."""

    sources: Sequence[About]
    contents: Sequence[bytes]
    context: Context
    elsewhere: Future[list[Alike]] | None

    def done(self) -> list[Alike]:
        """What they give. Unless the other process has begun with them, they are parsed here."""
        if self.elsewhere is not None and not self.elsewhere.cancel():
            # It has gone, or what came is no answer: then the work is done here, where what is wrong with it shows as an error.
            with suppress(Exception):
                return self.elsewhere.result()
        return parse_contents(self.sources, self.contents, self.context)


class Beside:
    """The second process, once it has been started."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = ThreadPoolExecutor(1, "beside")  # writes to the process and waits for its answer, one piece at a time

    @property
    def there(self) -> bool:
        return self._process is not None

    def start(self) -> None:
        """Have the process get ready, which takes it most of a second; nothing where there cannot be one."""
        if self.there or self._context.formats or not sys.executable or cores() < 2:
            return
        env = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "POLARS_MAX_THREADS": "1"}
        try:
            # A session of its own: Ctrl-C is for this process, whose end the other one sees at its pipe.
            self._process = subprocess.Popen(
                COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env, start_new_session=True
            )
        except OSError:
            return
        self._thread.submit(self._send, (self._context, versions(self._context)[0]))

    def piece(self, sources: Sequence[About], contents: Sequence[bytes]) -> Piece:
        """Have sources parsed, in the other process if it comes to them first."""
        elsewhere = self._thread.submit(self._ask, sources, contents) if self.there else None
        return Piece(sources, contents, self._context, elsewhere)

    def _send(self, message: object) -> None:
        assert self._process is not None and self._process.stdin is not None
        pickle.dump(message, self._process.stdin, protocol=pickle.HIGHEST_PROTOCOL)
        self._process.stdin.flush()

    def _ask(self, sources: Sequence[About], contents: Sequence[bytes]) -> list[Alike]:
        assert self._process is not None and self._process.stdout is not None
        self._send((sources, contents))
        return pickle.load(self._process.stdout)

    def close(self) -> None:
        """End the process, whatever it does."""
        if self._process is not None:
            self._process.kill()
        self._thread.shutdown(cancel_futures=True)
        if self._process is not None:
            for pipe in (self._process.stdin, self._process.stdout):
                with suppress(BrokenPipeError):  # what it was not sent any more
                    pipe.close()  # type: ignore[union-attr]
            self._process.wait()


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def serve() -> None:
    """The other process: parse what comes until nothing more does. It does not go on where it knows other formats than who asks."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a stray print is no answer
    context, known = pickle.load(requests)
    while versions(context)[0] == known:
        try:
            sources, contents = pickle.load(requests)
        except EOFError:
            return
        pickle.dump(parse_contents(sources, contents, context), answers, protocol=pickle.HIGHEST_PROTOCOL)
        answers.flush()
