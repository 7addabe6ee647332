"""What a call wrote that was cut short, with its run, before it told of any service: what nobody else need have written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from forensics.correlate.calls import MAY, MIGHT, Ask
from forensics.correlate.history import History
from forensics.correlate.model import INF, Write
from forensics.correlate.unlogged import unlogged

NARROW_US = 5_000_000
CLOSE_US = 1_000_000  # a stack deploy writes its services one after the other


def with_deaths(h: History, asks_of: dict[str, list[Ask]], events: dict[str, list[Write]]) -> dict[str, list[Ask]]:
    """The calls, of which those that were cut short before they told anything claim what nobody else need have made.

    That is what follows the last line of their run within seconds, where no run is in evidence whose calls are not told; where the time of that
    line is not known, what all services of the stack have in common. It comes last, when all else has bounded the logs: it bounds none itself.
    """
    others = others_of(h, events)

    def amid(ask: Ask, w: Write) -> bool:
        """Whether nobody else need have written any service of the stack about then: all were, as by a deploy."""
        there = [told for told in events.values() if told and told[0].stack == w.stack]
        return all(any(x.free and ask.deploy in x.maybe and abs(x.sE - w.sE) <= CLOSE_US for x in told) for told in there)

    def reaching(ask: Ask) -> Ask:
        log = h.log_of(ask.deploy)
        if log is None or not _cut_short(ask):
            return ask
        lo, soon = log.window(ask.start_at)[0], log.window(len(log.rows) - 1)[1] + NARROW_US
        mine = [w for w in events.get(ask.register, ()) if lo <= w.sE <= soon and w.free and ask.deploy in w.maybe]
        until = max((w.sE for w in mine if soon < INF or amid(ask, w)), default=None)
        return ask if until is None or others(ask, lo, until) else replace(ask, weight=MAY, until=until)

    return {register: [reaching(a) for a in told] for register, told in asks_of.items()}


def _cut_short(ask: Ask) -> bool:
    """Whether the log of a deploy stops within it, and before it told of any service."""
    return ask.weight == MIGHT and ask.verb is None and ask.start_at is not None and ask.next_at is None and not ask.deploy.ended


def others_of(h: History, events: dict[str, list[Write]]) -> Callable[[Ask, int, int], bool]:
    """Whether somebody else may have written a call's stack in a span of time: somebody of whose calls nothing is told, or a run with no log of that time."""
    strangers = {w.stack for told in events.values() for w in told if w.unclaimed and w.outcome != "allocation"}
    silent = unlogged(h)

    def others(ask: Ask, lo: int, hi: int) -> bool:
        stack = ask.deploy.stack or ""
        return stack in strangers or any(u.run != ask.deploy.run and u.lo <= hi and lo <= u.hi for u in silent.get(stack, ()))

    return others
