"""Things made ahead come in their order, no more of them than may wait, and no thread stays behind."""

from __future__ import annotations

import threading
from collections.abc import Generator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.store.ahead import Ahead


@given(st.lists(st.integers(0, 9), max_size=30), st.integers(1, 20))
def test_things_come_in_order_and_what_waits_is_bounded(weights: list[int], most: int) -> None:
    made: list[int] = []
    taken: list[int] = []

    def making() -> Generator[int, None, None]:
        for weight in weights:
            # One may be in the hands of the taker; what waits weighs less than `most`, before one more.
            assert sum(made[len(taken) + 1 :][:-1]) < most
            made.append(weight)
            yield weight

    def note(weight: int) -> int:
        taken.append(weight)
        return weight

    assert [note(weight) for weight in Ahead(making(), lambda weight: weight, most)] == weights



def test_what_fails_in_the_making_is_raised_where_the_things_are_taken() -> None:
    def making() -> Generator[int, None, None]:
        yield 1
        raise ValueError("cannot make this")

    taken = []
    with pytest.raises(ValueError, match="cannot make this"):
        taken.extend(Ahead(making(), lambda _: 1, 5))


def test_who_stops_taking_ends_the_making() -> None:
    before, closed = threading.active_count(), []

    def making() -> Generator[int, None, None]:
        try:
            while True:
                yield 1
        finally:
            closed.append(True)

    taking = iter(Ahead(making(), lambda _: 1, 5))
    assert next(taking) == 1
    taking.close()

    assert closed == [True]
    assert threading.active_count() == before
