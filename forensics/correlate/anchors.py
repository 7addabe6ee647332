"""What other sources fix about single lines of a run's log."""

from __future__ import annotations

from forensics.correlate.calls import Ask
from forensics.correlate.history import History
from forensics.correlate.logs import Log
from forensics.correlate.model import DELTA_US, INF, Read, Write

LATE_US = 1_000_000  # a captured line is stamped at most this much after it was printed; 2 to 48 ms were seen

Anchor = tuple[int, int, int]  # a row of the log, and the closed bounds of its instant


def of_reads(h: History, log: Log) -> list[Anchor]:
    """A read whose inspect was kept came after the version that it shows was written, and before the next was."""
    found = []
    for read in h.reads_of.get(log.run, ()):
        if read.at < 0 or read.inspect is None or read.inspect["at_us"] is None:
            continue
        lo, hi = read.inspect["at_us"], next_write(h, read)
        hi = hi if hi >= INF else hi + LATE_US
        found.append((read.at, lo, max(lo, hi)))
    return found


def next_write(h: History, read: Read) -> int:
    """The instant before the first write of the read's register that its inspect does not show; INF for none."""
    at = read.inspect["at_us"] if read.inspect else None
    after = [w.sE for w in h.writes_of.get(read.register, ()) if at is not None and w.sE > at and w.sE == w.eL]
    return min(after) - 1 if after else INF


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
        if row["kind"] == "tree.checkout" or row["commit"] == there:
            there = row["commit"]
            continue
        there = row["commit"]
        hit = next((m for m in mine if row["commit"] and m["commit"].startswith(row["commit"])), None)
        if hit is None:
            break
        found.append((row["at"], hit["at_us"] - DELTA_US, hit["at_us"] + 999_999 + DELTA_US))
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
            found.append((ask.start_at, -INF, write.sE))
        if ask.said_at is not None:
            found.append((ask.said_at, -INF, write.sE + LATE_US))
        if ask.next_at is not None:
            found.append((ask.next_at, write.sE, INF))
    return found
