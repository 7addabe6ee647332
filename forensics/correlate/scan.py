"""Scans over sorted places: who starts before I end, and which of those before me reach as far as this."""

from collections.abc import Iterator

import numpy as np
import polars as pl

CHUNK = 1 << 22
FAN = 8


def forward(starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """How many of the rows after each one start before it ends; `starts` sorted, `ends` beside them."""
    count = np.searchsorted(starts, ends, side="left")
    count -= np.arange(1, len(starts) + 1)
    return np.maximum(count, 0, out=count)


def expand(first: np.ndarray, count: np.ndarray, chunk: int = CHUNK) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Write out the ranges `first[i] .. first[i] + count[i] - 1` as pairs (i, member), at most `chunk` pairs at a time."""
    held = np.flatnonzero(count)
    count, first = count[held], first[held]
    end = np.cumsum(count)
    total = int(end[-1]) if len(end) else 0
    shift = first - (end - count)
    for low in range(0, total, chunk):
        k = np.arange(low, min(low + chunk, total))
        i = np.searchsorted(end, k, side="right")
        yield held[i], shift[i] + k


def spread(first: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same in one piece, for ranges known to be few or short."""
    i = np.repeat(np.arange(len(first)), count)
    end = np.cumsum(count)
    return i, np.arange(len(i)) + np.repeat(first - (end - count), count)


class MaxTree:
    """Finds all positions of a range that hold at least a given value, in time proportional to what it finds.

    Level 0 holds the values, each further level the maximum of `FAN` neighbours of the level below.
    """

    def __init__(self, values: np.ndarray) -> None:
        self.levels = [values]
        while len(values) > FAN:
            padded = np.full(-(-len(values) // FAN) * FAN, np.iinfo(np.int64).min)
            padded[: len(values)] = values
            values = padded.reshape(-1, FAN).max(axis=1)
            self.levels.append(values)

    def at_least(self, first: np.ndarray, end: np.ndarray, floor: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pairs (query, position) with `first <= position < end` and value at least `floor`, sorted by both."""
        blocks = self._blocks(first, end, floor)
        query, node = blocks.pop()
        while blocks:
            query, node = self._children(len(blocks) - 1, query, node, floor)
            more_query, more_node = blocks.pop()
            query, node = np.concatenate([query, more_query]), np.concatenate([node, more_node])
        order = np.lexsort((node, query))
        return query[order], node[order]

    def _blocks(self, left: np.ndarray, right: np.ndarray, floor: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """Cut each range into whole nodes, the largest that fit; of each level keep those that hold a hit."""
        query, kept = np.arange(len(left)), []
        for level, values in enumerate(self.levels):
            if level == len(self.levels) - 1:
                head, tail = right, right
            else:
                head = np.minimum(-(-left // FAN) * FAN, right)
                tail = np.maximum(right // FAN * FAN, head)
            lone, node = spread(np.concatenate([left, tail]), np.maximum(np.concatenate([head - left, right - tail]), 0))
            lone = np.concatenate([query, query])[lone]
            hit = values[node] >= floor[lone]
            kept.append((lone[hit], node[hit]))
            whole = head < tail
            query, left, right = query[whole], head[whole] // FAN, tail[whole] // FAN
        return kept

    def _children(self, level: int, query: np.ndarray, node: np.ndarray, floor: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        values = self.levels[level]
        query = np.repeat(query, FAN)
        node = (node[:, None] * FAN + np.arange(FAN)).ravel()
        inside = node < len(values)
        query, node = query[inside], node[inside]
        hit = values[node] >= floor[query]
        return query[hit], node[hit]


def in_order(places: np.ndarray, *ties: np.ndarray | pl.Series) -> np.ndarray:
    """The order of `places`, equal ones by the first of `ties`, then the next: never by the order of the input."""
    order = np.argsort(places)
    ordered = places[order]
    equal = ordered[1:] == ordered[:-1]
    if equal.any():
        tied = np.flatnonzero(np.append(equal, False) | np.insert(equal, 0, False))
        rows = order[tied]
        ranks = [tie.gather(rows).rank("dense").to_numpy() if isinstance(tie, pl.Series) else tie[rows] for tie in reversed(ties)]
        order[tied] = rows[np.lexsort((*ranks, ordered[tied]))]
    return order
