"""Stretches before a read in which a writer would have left no trace: holes in the coverage of its service.

What came before the last write that surely ended before the read does not matter, nor what came before the service was made.

References:
    correlator model, §2.7: every interval in which no source would have shown some kind of writer is an optional write.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice

from forensics.correlate.history import History
from forensics.correlate.model import INF, Read, Write
from forensics.correlate.windows import Window

EVER = -INF


def overwriting(writes: list[Write], read: Read) -> list[Write]:
    """The sure writes that surely ended before the read began, oldest first."""
    return sorted((w for w in writes if _overwrites(w, read)), key=lambda w: w.sE)


def _overwrites(w: Write, read: Read) -> bool:
    return w.sure and w.outcome == "ok" and w.eL < read.rE


def _before(writes: list[Write], read: Read) -> Iterator[Write]:
    """The writes that may have begun before the read did, latest first; `writes` come in the order of their earliest starts."""
    return (writes[n] for n in range(bisect_right(writes, read.rE, key=lambda w: w.sE) - 1, -1, -1))


def _starts(writes: list[Write], read: Read, until: int) -> list[int]:
    """The instants from which on nothing earlier matters: of those up to `until` the last will do, for it leaves the fewest holes."""
    found = []
    for w in _before(writes, read):
        if w.verb == "create" or _overwrites(w, read):
            found.append(w.sE)
            if w.sE <= until:
                break
    return found


def holes(h: History, read: Read) -> list[Window]:
    """The holes before a read, oldest first; empty where every write that it may have seen is in evidence.

    One row is a closed span in microseconds; it begins with `EVER` where it is not known what came before, and ends with the latest
    instant of the read. A read whose inspect was kept saw nothing later than the version that it shows.
    """
    windows, writes, until = h.windows_of(read.register), h.writes_of.get(read.register, []), read.rL if read.rL < INF else read.rE
    if not windows:
        return [(EVER, until)]
    seen = read.inspect
    if seen is not None and seen["at_us"] is not None:
        service, until = h.services.get(seen["service_id"] or seen["service"]), seen["at_us"]
        if service is None or not any(e["at_us"] == until for e in service.events):
            return [(next((w.sE for w in _before(writes, read) if _overwrites(w, read)), EVER), until)]
    since = _starts(writes, read, until)
    if not since and read.observed is not None:  # what showed a value had been made before
        since = [w.sE for w in islice((w for w in writes if w.verb == "create" and w.sE <= read.rL), 1)]
    found = [windows.outside(t, max(t, until)) for t in since]
    if not found:
        return [(EVER, windows.first - 1), *windows.outside(windows.first, max(windows.first, until))]
    return min(found, key=lambda spans: sum(hi - lo + 1 for lo, hi in spans))
