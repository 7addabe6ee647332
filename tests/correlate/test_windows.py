"""Where swarm's events are in evidence: windows against a brute force over every instant, and what a hole between two dumps costs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from forensics.correlate.windows import Windows

INSTANTS = st.integers(0, 40)
SPANS = st.lists(st.tuples(INSTANTS, INSTANTS).map(lambda s: (min(s), max(s))), max_size=6)


def seen(spans: list[tuple[int, int]], t: int) -> bool:
    return any(a <= t <= b for a, b in spans)


@given(SPANS)
def test_windows_hold_the_same_instants_as_the_spans_and_none_touches_another(spans: list[tuple[int, int]]) -> None:
    windows = Windows.of(spans)

    assert all((windows.at(t) is not None) == seen(spans, t) for t in range(-1, 42))
    assert all(b[0] > a[1] + 1 for a, b in zip(windows.spans, windows.spans[1:], strict=False))
    assert windows == Windows.of(reversed(spans))
    if spans:
        assert (windows.first, windows.last) == (min(a for a, _ in spans), max(b for _, b in spans))


@given(SPANS, INSTANTS, INSTANTS)
def test_a_span_is_covered_met_and_split_as_instant_by_instant(spans: list[tuple[int, int]], a: int, b: int) -> None:
    windows, lo, hi = Windows.of(spans), min(a, b), max(a, b)
    missing = [t for t in range(lo, hi + 1) if not seen(spans, t)]

    assert windows.cover(a, b) == (not missing)
    assert windows.meet(lo, hi) == (len(missing) <= hi - lo)
    assert [t for x, y in windows.outside(lo, hi) for t in range(x, y + 1)] == missing


def test_without_windows_nothing_is_covered() -> None:
    none = Windows()

    assert not none
    assert not none.cover(0, 0)
    assert none.outside(3, 5) == [(3, 5)]
