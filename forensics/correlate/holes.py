"""Stretches before a read in which a writer would have left no trace: holes in the coverage of its service.

What came before the last write that surely ended before the read does not matter, nor what came before the service was made.

References:
    correlator model, §2.7: every interval in which no source would have shown some kind of writer is an optional write.
"""

from __future__ import annotations

from forensics.correlate.history import History
from forensics.correlate.model import INF, Read, Write
from forensics.correlate.windows import Window

EVER = -INF


def overwriting(writes: list[Write], read: Read) -> list[Write]:
    """The sure writes that surely ended before the read began, oldest first."""
    return sorted((w for w in writes if w.sure and w.outcome == "ok" and w.eL < read.rE), key=lambda w: w.sE)


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
            return [(max((w.sE for w in overwriting(writes, read)), default=EVER), until)]
    made = [w.sE for w in writes if w.verb == "create" and w.sE <= read.rL]
    since = [w.sE for w in overwriting(writes, read)] + [t for t in made if t <= read.rE]
    if not since and read.observed is not None:
        since = made[:1]  # what showed a value had been made before
    found = [windows.outside(t, max(t, until)) for t in since]
    if not found:
        return [(EVER, windows.first - 1), *windows.outside(windows.first, max(windows.first, until))]
    return min(found, key=lambda spans: sum(hi - lo + 1 for lo, hi in spans))
