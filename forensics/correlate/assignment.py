"""Who can own what: calls that must, or may, have made one of several events, each at most one.

A best assignment gives events to the weightiest calls that can have one together (the sets of calls that can are the
independent sets of a transversal matroid, so the heaviest first is best). A pair belongs to some best assignment if
the others lose nothing when both are taken out. Every connected part of the graph is judged by itself; parts are small,
because a call wants only the events of one service within its own bounds.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

C = TypeVar("C", bound=Hashable)
E = TypeVar("E", bound=Hashable)
MOST = 5_000_000  # steps spent on one part; beyond that nothing in it is said to be certain


@dataclass
class Owners(Generic[C, E]):
    """What holds in the best assignments: `of` gives each event's possible owners; `free` are the events that may be nobody's.

    `idle` are the calls that may own nothing. `unjudged` are the events of parts too large to judge: all that want
    them are possible owners, and so is nobody.
    """

    of: dict[E, set[C]] = field(default_factory=dict)
    free: set[E] = field(default_factory=set)
    idle: set[C] = field(default_factory=set)
    unjudged: set[E] = field(default_factory=set)


def owners(wants: Mapping[C, Iterable[E]], weight: Mapping[C, int]) -> Owners[C, E]:
    """Find every owner that some best assignment gives an event.

    `wants` are the events that each call may own. A call of weight 0 is nobody's rival: it is a possible owner of
    every event that it wants and that may be nobody else's.
    """
    edges = {c: sorted(set(es), key=str) for c, es in wants.items()}
    found: Owners[C, E] = Owners({e: set() for es in edges.values() for e in es})
    for part in _parts({c: es for c, es in edges.items() if weight[c] > 0 and es}):
        _judge(part, weight, found)
    rivals = {e for c, es in edges.items() if weight[c] > 0 for e in es}
    found.free |= found.of.keys() - rivals
    for call, mine in edges.items():
        if weight[call] == 0 or not mine:
            found.idle.add(call)
            for event in mine:
                if event in found.free:
                    found.of[event].add(call)
    return found


def _judge(part: dict[C, list[E]], weight: Mapping[C, int], found: Owners[C, E]) -> None:
    size = sum(map(len, part.values()))
    events = {e for es in part.values() for e in es}
    if size * size * len(part) > MOST:
        for call, mine in part.items():
            for event in mine:
                found.of[event].add(call)
        found.free |= events
        found.unjudged |= events
        found.idle |= part.keys()
        return
    best = _weight(part, weight)
    for call, mine in part.items():
        rest = {c: es for c, es in part.items() if c != call}
        if _weight(rest, weight) == best:
            found.idle.add(call)
        for event in mine:
            if _weight(rest, weight, without=event) + weight[call] == best:
                found.of[event].add(call)
    found.free |= {e for e in events if _weight(part, weight, without=e) == best}


def _weight(edges: Mapping[C, list[E]], weight: Mapping[C, int], without: E | None = None) -> int:
    """The weight of the calls that a best assignment serves."""
    has: dict[E, C] = {}
    return sum(weight[c] for c in sorted(edges, key=lambda c: (-weight[c], str(c))) if _place(c, edges, has, without, set()))


def _place(call: C, edges: Mapping[C, list[E]], has: dict[E, C], without: E | None, seen: set[E]) -> bool:
    for event in edges[call]:
        if event != without and event not in seen:
            seen.add(event)
            if event not in has or _place(has[event], edges, has, without, seen):
                has[event] = call
                return True
    return False


def _parts(edges: dict[C, list[E]]) -> list[dict[C, list[E]]]:
    """The connected parts of the graph."""
    calls: dict[E, list[C]] = {}
    for call, mine in edges.items():
        for event in mine:
            calls.setdefault(event, []).append(call)
    parts, seen = [], set()
    for first in edges:
        if first in seen:
            continue
        seen.add(first)
        part, todo = [], [first]
        while todo:
            part.append(call := todo.pop())
            for other in (c for e in edges[call] for c in calls[e]):
                if other not in seen:
                    seen.add(other)
                    todo.append(other)
        parts.append({c: edges[c] for c in part})
    return parts
