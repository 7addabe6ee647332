"""What other sources fix about single lines of a run's log."""

from __future__ import annotations

from forensics.correlate.calls import Ask
from forensics.correlate.history import History
from forensics.correlate.logs import Anchor, Log
from forensics.correlate.model import DELTA_US, INF, Read, Write

LATE_US = 1_000_000  # a captured line is stamped at most this much after it was printed; 2 to 48 ms were seen


def of_reads(h: History, log: Log) -> list[Anchor]:
    """A read whose inspect was kept came after the version that it shows was written, and before the next was."""
    found = []
    for read in h.reads_of.get(log.run, ()):
        if read.at < 0 or read.inspect is None or read.inspect["at_us"] is None:
            continue
        lo, hi = read.inspect["at_us"], next_write(h, read)
        hi = hi if hi >= INF else hi + LATE_US
        shown = read.inspect["event_id"]
        found.append(Anchor(read.at, lo, INF, shown, "its inspect shows a version that had been written"))
        if hi < INF:
            found.append(Anchor(read.at, -INF, max(lo, hi), _next(h, read).evidence[0], "its inspect does not show the next write"))
    return found


def next_write(h: History, read: Read) -> int:
    """The instant before the first write of the read's register that its inspect does not show; INF for none."""
    after = _next(h, read)
    return after.sE - 1 if after is not None else INF


def _next(h: History, read: Read) -> Write | None:
    at = read.inspect["at_us"] if read.inspect else None
    return next(iter(h.instants(read.register, at + 1)), None) if at is not None else None


def of_checkouts(h: History, log: Log) -> list[Anchor]:
    """Checkouts that a log without times of its own tells lie where the reflog of the run's own tree has them.

    Git logs nothing where HEAD is there already: a commit that the run had checked out before, and no tool has moved HEAD since, has no line.
    """
    if log.clock.kind not in ("file", "none"):
        return []
    found: list[Anchor] = []
    mine = iter([m for m in own_moves(h, log.run) if m["a"].get("from")])
    there = None
    for row in log.of_kind("checkout", "tree.checkout"):
        before, there = there, row["commit"]
        if row["kind"] == "tree.checkout" or before == there:
            continue
        hit = next((m for m in mine if row["commit"] and m["commit"].startswith(row["commit"])), None)
        if hit is None:
            break
        lo, hi = hit["at_us"] - DELTA_US, hit["at_us"] + 999_999 + DELTA_US
        found.append(Anchor(row["at"], lo, hi, hit["event_id"], "the reflog of the run's own tree has the checkout"))
    return found


def own_moves(h: History, run: str) -> list[dict]:
    """The moves of HEAD in the tree that bears the run's name."""
    if "moves" not in h.kept:
        h.kept["moves"] = by_owner = {}
        for m in h.moves:
            if m["key"] and "/" in m["key"] and m["at_us"] is not None:
                by_owner.setdefault(m["key"].partition("/")[0], []).append(m)
    return h.kept["moves"].get(run, [])


def of_owned(owned: list[tuple[Ask, Write]]) -> list[Anchor]:
    """A call that surely made an event began before it; its next line came after it, and the announcement not long after it."""
    found: list[Anchor] = []
    for ask, write in owned:
        if ask.start_at is not None:
            found.append(Anchor(ask.start_at, -INF, write.sE, write.evidence[0], "a call begins before what it writes"))
        if ask.said_at is not None:
            found.append(Anchor(ask.said_at, -INF, write.sE + LATE_US, write.evidence[0], "a write is announced before it is made"))
        if ask.next_at is not None:
            found.append(Anchor(ask.next_at, write.sE, INF, write.evidence[0], "the tool goes on when it has written"))
    return found
