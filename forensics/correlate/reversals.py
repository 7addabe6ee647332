"""Reversals that a read completes: an inspect shows the own stamp over another as PreviousSpec, and a later read of the run sees that other.

Between the two the service was put back, by whomever: no client in evidence wrote that value again. Where swarm's events cover the time, they tell.

References:
    The model of writers, class rolled-back-write: Spec x over PreviousSpec y at t1, y at t2, no client's write between.
"""

from __future__ import annotations

from typing import Any

from forensics.correlate.history import History
from forensics.correlate.model import INF, Read, Write
from forensics.correlate.unlogged import unlogged


def read_reversals(h: History) -> list[Write]:
    """One write per read that completes a reversal, in the order of the reads: after the version inspected, no later than the read.

    Its value is the one read; who asked for it is not known from this (`actor_sure` is false).
    """
    silent, found = unlogged(h), []
    for read in h.reads:
        seen = _own_stamp(h, read)
        if (
            seen is None
            or _else(h, read, seen["at_us"])
            or any(u.run != read.run and u.hi >= seen["at_us"] for u in silent.get(read.stack, ()))
        ):
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
    found = None
    for service in h.services.values():
        for seen in service.inspects if service.name == read.register else ():
            updating = not (seen["state"] or "").startswith("rollback")
            if seen["at_us"] is not None and updating and same(seen["stamp"], own.value) and same(seen["prev_stamp"], read.observed):
                found = seen
    return found if found is not None and found["at_us"] <= read.rL and not h.windows.meet(found["at_us"], min(read.rL, INF)) else None


def _else(h: History, read: Read, since: int) -> bool:
    """Whether another run may have written the value between: then it may have been put there anew."""
    there = [d for d in h.stack_deploys(read.stack) if d.run != read.run and d.verb == "deploy"]
    return any(d.sE <= read.rL and d.eL >= since and h.stamps.may_be(d.value, read.observed) for d in there)
