"""Reversals that a read completes: an inspect shows the own stamp over another as PreviousSpec, and a later read of the run sees that other.

Between the two the service was put back, by whomever: no client in evidence wrote that value again. Where swarm's events cover the time, they tell.

References:
    The model of writers, class rolled-back-write: Spec x over PreviousSpec y at t1, y at t2, no client's write between.
"""

from __future__ import annotations

from typing import Any

from forensics.correlate.history import History
from forensics.correlate.model import Read, Write
from forensics.correlate.unlogged import Unlogged, unlogged


def read_reversals(h: History) -> list[Write]:
    """One write per read that completes a reversal, in the order of the reads: after the version inspected, no later than the read.

    Its value is the one read; who asked for it is not known from this (`actor_sure` is false).
    """
    silent, found = unlogged(h), []
    for read in h.reads:
        seen = _own_stamp(h, read)
        if seen is None or _else(h, read, seen["at_us"]) or _unlogged(silent.get(read.stack, []), read, seen["at_us"]):
            continue
        lo, hi = seen["at_us"] + 1, max(read.rL, seen["at_us"] + 1)
        w = Write(f"{read.register}@{read.run}/{read.ordinal}:reversal", read.register, read.stack, "rollback", "system", read.observed, lo, hi, lo, hi)  # fmt: skip
        w.actor_sure, w.service_id = False, seen["service_id"]
        w.reverts = next((x for x in reversed(h.writes_of.get(read.register, ())) if x.deploy is read.last), None)
        w.evidence = [x for x in (seen["event_id"], seen["prev_id"], *read.evidence[:1]) if x]
        found.append(w)
    return found


def _own_stamp(h: History, read: Read) -> dict[str, Any] | None:
    """The last inspect that shows what the run's own last deploy stamped, over the value that the read saw; None where none does."""
    same, own = h.stamps.same, read.last
    if own is None or not read.observed or read.inspect is not None or own.value is None or same(own.value, read.observed) is not False:
        return None
    shown = [
        seen for seen in h.inspects_of(read.register) if seen["at_us"] is not None and not (seen["state"] or "").startswith("rollback")
    ]
    found = next((seen for seen in reversed(shown) if same(seen["stamp"], own.value) and same(seen["prev_stamp"], read.observed)), None)
    return found if found is not None and found["at_us"] <= read.rL and not h.windows.meet(found["at_us"], read.rL) else None


def _unlogged(silent: list[Unlogged], read: Read, since: int) -> bool:
    """Whether another run may have written since then without a line that tells it."""
    return any(u.run != read.run and u.hi >= since for u in silent)


def _else(h: History, read: Read, since: int) -> bool:
    """Whether another run may have written the value between: then it may have been put there anew."""
    there = [d for d in h.calls_meeting(read.stack, since, read.rL) if d.run != read.run and d.verb == "deploy"]
    return any(h.stamps.may_be(d.value, read.observed) for d in there)
