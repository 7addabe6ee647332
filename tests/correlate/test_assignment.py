"""Possible owners, held against every assignment there is."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from forensics.correlate.assignment import owners

GRAPHS = st.dictionaries(st.sampled_from("abcd"), st.sets(st.integers(0, 4)), min_size=1)


def oracle(wants: dict[str, set[int]], weight: dict[str, int]) -> tuple[dict[int, set[str]], set[int], set[str]]:
    """Every assignment is written out; the heaviest are looked at."""
    calls, events = sorted(wants), {e for es in wants.values() for e in es}
    every = [
        dict(zip(calls, given_to, strict=True))
        for given_to in itertools.product(*[[None, *sorted(wants[c])] for c in calls])
        if len(held := [e for e in given_to if e is not None]) == len(set(held))
    ]
    heavy = lambda a: sum(weight[c] for c, e in a.items() if e is not None)  # noqa: E731
    best = [a for a in every if heavy(a) == max(map(heavy, every))]
    of = {e: {c for a in best for c in calls if a[c] == e} for e in events}
    free = {e for e in events if any(all(weight[c] == 0 or a[c] != e for c in calls) for a in best)}
    return of, free, {c for c in calls if any(a[c] is None for a in best)}


@given(GRAPHS, st.lists(st.sampled_from([0, 1, 100]), min_size=4, max_size=4))
def test_owners_are_those_of_the_best_assignments(wants: dict[str, set[int]], weights: list[int]) -> None:
    weight = dict(zip("abcd", weights, strict=True))

    found = owners(wants, weight)

    of, free, idle = oracle(wants, {c: weight[c] for c in wants})
    assert found.of == of
    assert found.free == free
    assert found.idle == idle
    assert not found.unjudged


def test_a_part_too_large_to_judge_makes_nothing_certain() -> None:
    wants = {f"c{n}": set(range(60)) for n in range(60)}

    found = owners(wants, dict.fromkeys(wants, 1))

    assert found.unjudged == set(range(60))
    assert all(len(calls) == 60 for calls in found.of.values())
    assert found.free == set(range(60))
