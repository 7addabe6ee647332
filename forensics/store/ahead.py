"""Let another thread make things ahead of who takes them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class Ahead(Generic[Thing]):
    """What a generator makes in a thread of its own, in its order. It pauses while what was not taken yet weighs `most` or more.

    What the generator raises is raised where its things are taken. Whoever stops taking them has it closed.
    """

    def __init__(self, made: Generator[Thing, None, None], weight: Callable[[Thing], int], most: int) -> None:
        self._made, self._weight, self._most = made, weight, most
        self._waiting: deque[Thing] = deque()
        self._weighs = 0
        self._changed = threading.Condition()
        self._ended = self._stopped = False
        self._failed: BaseException | None = None

    def __iter__(self) -> Iterator[Thing]:
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        try:
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._waiting or self._ended)
                    if not self._waiting:
                        break
                    thing = self._waiting.popleft()
                    self._weighs -= self._weight(thing)
                    self._changed.notify_all()
                yield thing
        finally:
            with self._changed:
                self._stopped = True
                self._changed.notify_all()
            thread.join()
        if self._failed is not None:
            raise self._failed

    def _run(self) -> None:
        try:
            for thing in self._made:
                with self._changed:
                    self._changed.wait_for(lambda: self._weighs < self._most or self._stopped)
                    if self._stopped:
                        break
                    self._waiting.append(thing)
                    self._weighs += self._weight(thing)
                    self._changed.notify_all()
        except BaseException as error:  # noqa: BLE001 - raised again by who takes
            self._failed = error
        finally:
            self._made.close()
            with self._changed:
                self._ended = True
                self._changed.notify_all()
