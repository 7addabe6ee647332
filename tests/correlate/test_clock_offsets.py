"""The offset of one log's clock, from spans that it must or may lie in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from forensics.correlate.clocks import solve
from forensics.correlate.model import DELTA_US

SECOND = 1_000_000
OWN = (-DELTA_US, DELTA_US)  # what a clock that states its zone may be off by
WIDTH = SECOND // 10


def about(offset: int) -> tuple[int, int]:
    """A span around an offset: a call explained under it."""
    return offset, offset + WIDTH


def test_among_offsets_that_explain_as_much_the_one_that_the_log_states_wins() -> None:
    assert solve([], [[about(0), about(60 * SECOND)]], [OWN]) == (about(0), False)


def test_beyond_that_the_nearest_wins() -> None:
    assert solve([], [[about(60 * SECOND), about(90 * SECOND)]], [OWN]) == (about(60 * SECOND), True)


def test_offsets_closer_than_two_clocks_may_differ_are_all_left() -> None:
    near, far = 60 * SECOND, 61 * SECOND

    assert solve([], [[about(near), about(far)]], [OWN]) == ((near, far + WIDTH), True)


def test_a_teardown_decides_between_offsets_so_close_and_not_between_others() -> None:
    near, close, far = 60 * SECOND, 61 * SECOND, 90 * SECOND

    assert solve([], [[about(near), about(close)]], [OWN], [[about(close)]]) == (about(close), True)
    assert solve([], [[about(near), about(far)]], [OWN], [[about(far)]]) == (about(near), True)


@given(
    st.integers(-300, 300),
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), st.lists(st.integers(-300, 300), max_size=3)), min_size=1, max_size=6),
)
def test_an_offset_that_explains_every_call_is_never_excluded(true: int, calls: list[tuple[int, int, list[int]]]) -> None:
    choices = [[(true - below, true + above), *((x, x + 5) for x in others)] for below, above, others in calls]

    (lo, hi), _ = solve([], choices, [])

    assert lo <= true <= hi
