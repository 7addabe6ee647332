"""Where swarm's events do not reach, a call's writes are where its own lines put them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace

from forensics.correlate.calls import MIGHT, MUST, WROTE_ALL, asks
from forensics.correlate.history import History
from forensics.correlate.model import Deploy, Write
from forensics.correlate.unlogged import unlogged


def told_writes(h: History, deploy: Deploy) -> list[Write]:
    """The writes of one call by its own word: sure where it announced them and went on or ended well, and no event can tell.

    A call that says nothing of services is taken to have written the one that bears the stack's label.
    """
    if deploy.stack is None or _seen(h, deploy):
        return []
    made, apart = [], not h.windows.meet(deploy.sE, deploy.eL)
    written = {w.register for w in deploy.writes}
    known = sorted(r for r in h.writes_of if r.startswith(deploy.stack + "_")) or [f"{deploy.stack}_app"]
    for ask in asks(deploy, known):
        if ask.register in written:
            continue
        if deploy.verb == "undeploy":
            if _is_gone(h, deploy, ask.register):
                continue
            sure = apart and deploy.outcome == "ok" and _removes(h, deploy)
        else:
            sure = apart and (ask.weight == MUST or (_went_through(deploy) and ask.weight > MIGHT))
        w = Write(
            f"{deploy.id}:{ask.register}",
            ask.register,
            deploy.stack,
            "remove" if deploy.verb == "undeploy" else "update",
            "client",
            deploy.value,
            deploy.sE,
            deploy.sL,
            deploy.eE,
            deploy.eL,
            "ok" if sure else "fail" if deploy.outcome == "fail" and not (ask.weight == MUST or _went_through(deploy)) else "info",
            sure,
            deploy,
            [deploy],
            evidence=[x for x in (deploy.row["taken_id"], deploy.row["start_id"]) if x],
        )
        _bound_by_inspects(h, w)
        # What swarm's events cover, they would show.
        made += [w] if apart else [_within(w, *span) for span in h.windows.outside(w.sE, w.eL)]
    return made


def _within(w: Write, lo: int, hi: int) -> Write:
    """The write, if it was made in this part of its time."""
    sL, eE = (w.sL if hi == w.eL else hi), (w.eE if lo == w.sE else lo)
    return replace(
        w, id=f"{w.id}@{lo}", sE=lo, sL=max(sL, lo), eE=min(max(eE, lo), hi), eL=hi, maybe=list(w.maybe), evidence=list(w.evidence)
    )


def _went_through(deploy: Deploy) -> bool:
    """Whether every service was written, however the call ended: one that only gave up waiting for the tasks had sent all its requests."""
    return deploy.outcome == "ok" or deploy.row["error_kind"] in WROTE_ALL


def _removes(h: History, deploy: Deploy) -> bool:
    """Whether a teardown had something to remove: one that finds nothing succeeds as well. The run itself had deployed, and no other teardown came between."""
    own = [
        d for d in h.calls.get(deploy.run, ()) if d.n < deploy.n and d.stack == deploy.stack and d.verb == "deploy" and d.outcome == "ok"
    ]
    return bool(own) and not any(d.verb == "undeploy" and d is not deploy for d in h.calls_meeting(deploy.stack, own[-1].sE, deploy.eL))


def _is_gone(h: History, deploy: Deploy, register: str) -> bool:
    """Whether a teardown found nothing to remove: the last that swarm recorded of the service is its removal, and nobody can have made it again."""
    writes = h.writes_of.get(register, [])
    begun = bisect_right(writes, deploy.sE, key=lambda w: w.sE)
    last = writes[begun - 1] if begun else None
    if last is None or last.verb != "remove" or not last.sure or last.eL > deploy.sE:
        return False
    again = any(d.verb == "deploy" and d.eL > last.sE for d in h.calls_meeting(deploy.stack, last.sE, deploy.eL))
    return not again and not unlogged(h).get(deploy.stack)


def _seen(h: History, deploy: Deploy) -> bool:
    """Whether swarm's events cover the whole call, so that what they do not show did not happen; a killed one ends with its last line."""
    return h.windows.cover(deploy.sE, deploy.eL if deploy.ended else deploy.eE)


def _bound_by_inspects(h: History, w: Write) -> None:
    """A value that an inspect shows was written by its UpdatedAt, and after the last version that showed another."""
    seen = [i for i in h.inspects_of(w.register) if i["at_us"] is not None and i["stamp"]]
    for i, row in enumerate(seen):
        if h.stamps.same(row["stamp"], w.value) and w.sE <= row["at_us"]:
            before = [o["at_us"] for o in seen[:i] if h.stamps.same(o["stamp"], w.value) is False]
            lo, hi = max([w.sE, *(t + 1 for t in before)]), min(w.eL, row["at_us"])
            if lo <= hi:
                w.sE, w.sL, w.eE, w.eL = lo, max(lo, min(w.sL, hi)), max(lo, min(w.eE, hi)), hi
                w.evidence.append(row["event_id"])
                return
