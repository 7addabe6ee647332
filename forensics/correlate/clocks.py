"""The one unknown constant of each log: its offset to the reference clock.

Constraints are intervals for the offset: an event of swarm that a call caused lies inside the call, a read lies
between the last write that it shows and the next. Hard ones hold together or the evidence contradicts itself;
where a call may have caused one of several events, each is an alternative and the offset under which most
calls are explained wins (the maximum of a sum of indicator functions is found at an interval's end).

References:
    Gladyshev & Patel, Finite state machine approach to digital event reconstruction, 2004 (event time bounding)
    Willassen, Hypothesis-based investigation of digital timestamps, 2008
"""

from __future__ import annotations

from collections.abc import Sequence

INF = 1 << 62
Span = tuple[int, int]


def meet(spans: Sequence[Span]) -> Span:
    """The intersection of closed spans; empty where lo > hi. No spans: everything."""
    return max([-INF, *(s[0] for s in spans)]), min([INF, *(s[1] for s in spans)])


def solve(
    hard: Sequence[Span], choices: Sequence[Sequence[Span]], prior: Sequence[Span], weak: Sequence[Sequence[Span]] = ()
) -> tuple[Span, bool]:
    """Find a log's offset.

    Args:
        hard: Spans that the offset must lie in.
        choices: Per call, the spans of the events that may be its own: at least one of them is right.
        prior: The spans that the log's own statement allows (one per admissible zone); tried first.
        weak: Choices that may also be explained by nothing at all, such as a removal that found nothing to
            remove: they decide only what choices and prior leave open.

    Returns:
        The closed span of offsets under which the most calls are explained, and whether it lies outside
        every prior. Among equals the prior wins, then the one nearest to the prior.
    """
    base = meet(hard)
    broken = base[0] > base[1]
    if broken:
        hard, base = [], (-INF, INF)
    clipped, light = _clip(choices, base), _clip(weak, base)
    points = {p for options in [*clipped, *light] for s in options for p in s if abs(p) < INF}
    points |= {p for s in prior for p in meet([s, base]) if abs(p) < INF and base[0] <= p <= base[1]}
    points |= {p for p in base if abs(p) < INF}
    if not points:
        return base, False
    nearest = lambda p: min((0 if a <= p <= b else min(abs(p - a), abs(p - b))) for a, b in prior) if prior else 0  # noqa: E731
    votes = lambda p, groups: sum(any(a <= p <= b for a, b in options) for options in groups)  # noqa: E731
    at = max((votes(p, clipped), -nearest(p), votes(p, light), -abs(p), p) for p in points)[-1]
    held = [next((a, b) for a, b in options if a <= at <= b) for options in [*clipped, *light] if any(a <= at <= b for a, b in options)]
    region = meet([*held, base])
    inside = [m for s in prior if (m := meet([s, region]))[0] <= m[1] and s[0] <= at <= s[1]]
    if inside:
        return inside[0], broken
    return region, bool(prior)


def _clip(choices: Sequence[Sequence[Span]], base: Span) -> list[list[Span]]:
    """What of each choice lies within `base`; choices of which nothing does are left out."""
    met = [[meet([s, base]) for s in options] for options in choices]
    kept = [[m for m in options if m[0] <= m[1]] for options in met]
    return [options for options in kept if options]
