"""What stands around one read: the writes from the own deploy on, who else was there, and how complete the evidence is."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from forensics.correlate.history import History
from forensics.correlate.hypotheses.answer import EVENTS
from forensics.correlate.model import INF, Deploy, Read, Write
from forensics.wording import instant

SECOND = 1_000_000
FAILURE_US = 30_000_000  # a task that fails counts for the update that made it within the monitor period and its health checks


class Scene:
    """One read and everything that hypotheses ask about it. Evidence is event ids."""

    def __init__(self, h: History, read: Read) -> None:
        self.h, self.read, self.own = h, read, read.last
        self.own_writes = [w for w in h.written.get(self.own.id if self.own else "", ()) if w.register == read.register]
        self.since = self.own_writes[0].sE if self.own_writes else (self.own.sE if self.own else -INF)
        self.window = h.writes_meeting(read.register, self.since, read.rL)
        self.complete = self._is_complete(min(read.rE, read.rL))
        self.rollbacks = [w for w in self.window if w.verb == "rollback"]
        self.inspects = h.inspects_of(read.register)
        self.evidence = [*read.evidence, *([read.inspect["event_id"]] if read.inspect else [])]

    def _is_complete(self, until: int) -> bool:
        """Whether swarm's events cover the time from the own deploy, or from when the service was made, to the read."""
        made = self.h.creations(self.read.register)
        first, end = bisect_right(made, until), bisect_right(made, self.read.rL)
        since = [self.since, *made[max(first - 1, 0) : end]]  # of those before the read the last will do
        return any(self.h.windows_of(self.read.register).cover(t, max(t, until)) for t in since)

    def named(self, value: str | None) -> str:
        """A value for people."""
        return self.h.stamps.named(value)

    @cached_property
    def events_missing(self) -> str:
        """Which of swarm's events are not in evidence, with the times to ask docker for where they are known: up to the latest that the read can have been."""
        lo, hi = self.since, self.read.rL if self.read.rL < INF else self.read.rE
        unseen = self.h.windows_of(self.read.register).outside(lo, hi)
        if not unseen or abs(lo) >= INF or abs(hi) >= INF:
            return EVENTS.format(window="", since="…", until="…")
        lo, hi = unseen[0][0], max(unseen[-1][1], unseen[0][0] + SECOND)  # docker is asked for whole seconds
        return EVENTS.format(window=f", {instant(lo)} to {instant(hi)}", since=_asked(lo // SECOND), until=_asked(-(-hi // SECOND)))

    @cached_property
    def taken_right(self) -> bool | None:
        """Whether the own deploy took what was intended; None where that cannot be said."""
        return self.h.stamps.same(self.read.taken, self.read.intended)

    @cached_property
    def own_said(self) -> list[str]:
        """The lines of the run's own deploy: its stamp, its start."""
        return [x for x in (self.own.row["taken_id"], self.own.row["start_id"]) if x] if self.own else []

    @cached_property
    def own_stamp_was_read(self) -> bool:
        """Whether the run's own deploy ended well and its stamp is what was read."""
        same = self.h.stamps.same(self.read.taken, self.read.observed)
        return bool(same and self.own is not None and self.own.outcome == "ok")

    @cached_property
    def peers(self) -> list[Deploy]:
        """Other runs' calls on this stack that may meet the time from the own deploy to the read."""
        there = self.h.calls_meeting(self.read.stack, self.own.sE if self.own else self.since, self.read.rL)
        return [d for d in there if d.run != self.read.run]

    def shown_after_deploy(self, value: str | None) -> dict[str, Any] | None:
        """The first inspect after the own deploy that shows a value in Spec."""
        if not value:
            return None
        later = (s for s in self.inspects if s["at_us"] is not None and s["at_us"] >= self.since)
        return next((s for s in later if self.h.stamps.same(s["stamp"], value)), None)

    @cached_property
    def left_behind(self) -> dict[str, Any] | None:
        """An inspect after the own deploy whose PreviousSpec holds its stamp, which no other deploy can have put there."""
        own, same = self.own, self.h.stamps.same
        if own is None or own.value is None or any(same(d.value, own.value) for d in self.h.stack_deploys(self.read.stack) if d is not own):
            return None
        later = (s for s in self.inspects if s["at_us"] is not None and s["at_us"] >= self.since)
        return next((s for s in later if same(s["prev_stamp"], own.value)), None)

    def failures(self, write: Write) -> list[str]:
        """Failures of tasks of the spec that a rollback reverts, within seconds before it; oldest first."""
        since = max(write.sE - FAILURE_US, write.reverts.sE if write.reverts is not None else write.sE - FAILURE_US)
        found: dict[str, int] = {}
        for key in (write.register, write.service_id or ""):
            failures = self.h.failures_of.get(key, [])
            first, end = bisect_left(failures, since, key=_at), bisect_right(failures, write.sE, key=_at)
            found |= {e["event_id"]: e["at_us"] for e in failures[first:end] if _is_of(e, write.reverts)}
        return sorted(found, key=lambda i: (found[i], i))


def _is_of(failure: dict[str, Any], update: Write | None) -> bool:
    """Whether the task that failed can be one that an update made: an update also ends the tasks that stood there before it."""
    if update is None:
        return True
    image, began = failure["image"], failure["began_us"]
    return (None in (image, update.image[1]) or image == update.image[1]) and (began is None or began >= update.sE)


def _asked(seconds: int) -> str:
    """An instant as docker takes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _at(failure: dict[str, Any]) -> int:
    return failure["at_us"]


def ids(writes: list[Write]) -> list[str]:
    """The events that tell these writes."""
    return [e for w in writes for e in w.evidence]
