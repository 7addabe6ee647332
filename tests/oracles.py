"""Brute force over all integer realizations of small, canonical, uncertain spans. Slow, and plainly right."""

from __future__ import annotations

import itertools as it

Ends = tuple[int, int, int, int]  # sE, sL, eE, eL


def reals(w: Ends) -> list[tuple[int, int]]:
    """All starts and ends that the bounds admit."""
    return [(s, e) for s in range(w[0], w[1] + 1) for e in range(w[2], w[3] + 1) if s <= e]


def pair(a: Ends, b: Ends) -> tuple[bool, bool, bool, tuple[int, int]]:
    """Possibly, definitely, before, (at least, at most)."""
    both = list(it.product(reals(a), reals(b)))
    overlap = [x[0] < y[1] and y[0] < x[1] for x, y in both]
    shared = [max(0, min(x[1], y[1]) - max(x[0], y[0])) for x, y in both]
    return any(overlap), all(overlap), all(x[1] <= y[0] for x, y in both), (min(shared), max(shared))


def last(writes: list[Ends], sure: list[bool], first: int, until: int) -> tuple[set[int], set[int]]:
    """Which writes a read in `[first, until]` may have seen, and which it may have seen in every realization."""
    some, every = set(), {i for i, s in enumerate(sure) if s}
    for made in it.product(*[reals(w) + ([] if s else [None]) for w, s in zip(writes, sure, strict=True)]):
        for t in range(first, until + 1):
            for i, x in enumerate(made):
                if x and x[0] <= t and not any(y and j != i and y[0] > x[1] and y[1] < t for j, y in enumerate(made)):
                    some.add(i)
                elif x:
                    every.discard(i)
    return some, every


def last_by_index(writes: list[tuple[int, int]], sure: list[bool], index: int) -> set[int]:
    """Which writes are the last at or before an index in some assignment of distinct indices."""
    some = set()
    for made in it.product(*[[*range(low, high + 1)] + ([] if s else [None]) for (low, high), s in zip(writes, sure, strict=True)]):
        there = [i for i in made if i is not None]
        if len(set(there)) == len(there):
            seen = [i for i in there if i <= index]
            some |= {made.index(max(seen))} if seen else set()
    return some


def bound(own: list[tuple[int, int]], edges: list[tuple[int, int]]) -> list[tuple[int, int]] | None:
    """Least and greatest value of each instant over all assignments in which i is no later than j; None: there is none."""
    fits = [v for v in it.product(*[range(a, b + 1) for a, b in own]) if all(v[i] <= v[j] for i, j in edges)]
    return [(min(k), max(k)) for k in zip(*fits, strict=True)] if fits else None


def cover(hold: Ends, write: Ends) -> tuple[bool, bool]:
    """Certainly, possibly."""
    covered = [a <= s and e <= z for a, z in reals(hold) for s, e in reals(write)]
    return all(covered), any(covered)
