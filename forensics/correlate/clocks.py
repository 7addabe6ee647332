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

import numpy as np

from forensics.correlate.model import DELTA_US, INF

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
        The least closed span that holds every offset under which the most calls are explained, and whether it lies
        outside every prior. Among equals the prior wins, and of several priors the one nearest to no offset at all; beyond every
        prior the nearest to one, and what is farther by no more than two clocks may differ.
    """
    base = meet(hard)
    broken = base[0] > base[1]
    if broken:
        base = (-INF, INF)
    strong, light = ([_merged(options, base) for options in groups] for groups in (choices, weak))
    points = {p for options in [*strong, *light] for s in options for p in s}
    points |= {p for s in prior for p in meet([s, base]) if base[0] <= p <= base[1]}
    at = np.array(sorted(p for p in points | set(base) if abs(p) < INF), np.int64)
    if not len(at):
        return base, False
    away = np.min([np.maximum(np.maximum(a - at, at - b), 0) for a, b in prior], axis=0) if prior else np.zeros(len(at), np.int64)
    votes = _votes(at, strong)
    least = away[votes == votes.max()].min()
    near = np.where(away <= (least + DELTA_US if least else 0), 0, -away)  # beyond any prior, offsets this close are equals
    best = _best(at, [votes, near, _votes(at, light)])
    nearest = int(best[np.argmin(np.abs(best))])
    zone = next((s for s in prior if s[0] <= nearest <= s[1]), None)
    best = best if zone is None else best[(best >= zone[0]) & (best <= zone[1])]
    held = [_held(int(p), [*strong, *light], base) for p in best]
    region = min(a for a, _ in held), max(b for _, b in held)
    return (region, bool(prior)) if zone is None else (meet([zone, region]), broken)


def _best(at: np.ndarray, ranks: list[np.ndarray]) -> np.ndarray:
    """The points that are best by the first rank, of these by the second, and so on."""
    for n in range(len(ranks)):
        keep = ranks[n] == ranks[n].max()
        at, ranks = at[keep], [rank[keep] for rank in ranks]
    return at


def _votes(at: np.ndarray, groups: Sequence[Sequence[Span]]) -> np.ndarray:
    """How many groups have a span over each point; the spans of one group do not touch."""
    starts = np.sort(np.array([a for options in groups for a, _ in options], np.int64))
    ends = np.sort(np.array([b for options in groups for _, b in options], np.int64))
    return np.searchsorted(starts, at, side="right") - np.searchsorted(ends, at, side="left")


def _held(at: int, groups: Sequence[Sequence[Span]], base: Span) -> Span:
    """The offsets around a point under which the same groups are explained."""
    return meet([base, *(s for options in groups for s in options if s[0] <= at <= s[1])])


def _merged(options: Sequence[Span], base: Span) -> list[Span]:
    """What of the spans lies within `base`, those that touch made one."""
    met = sorted(m for s in options if (m := meet([s, base]))[0] <= m[1])
    out: list[Span] = []
    for a, b in met:
        if out and a <= out[-1][1]:
            out[-1] = out[-1][0], max(out[-1][1], b)
        else:
            out.append((a, b))
    return out
