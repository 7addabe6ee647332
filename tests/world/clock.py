"""Time in the world: processes are generators that yield how long they wait, in seconds."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Generator
from random import Random

Process = Generator[float, None, None]
START = 1_795_423_300.0


class Clock:
    """Runs processes in the order of their times; two never act at the same microsecond."""

    def __init__(self, random: Random) -> None:
        self.now, self.random = START, random
        self._queue: list[tuple[float, int, Process]] = []
        self._order = itertools.count()

    @property
    def ns(self) -> int:
        """Now, in nanoseconds since the epoch; a little later at each look."""
        self.now += 0.000_013
        return round(self.now * 1_000_000) * 1000 + self.random.randrange(1000)

    def start(self, process: Process, after: float = 0.0) -> Process:
        """Let a process begin."""
        heapq.heappush(self._queue, (self.now + after, next(self._order), process))
        return process

    def run(self) -> None:
        """Until nothing is left to do."""
        while self._queue:
            at, _, process = heapq.heappop(self._queue)
            self.now = max(self.now + 0.000_001, at)
            try:
                wait = next(process)
            except StopIteration:
                continue
            heapq.heappush(self._queue, (self.now + wait, next(self._order), process))
