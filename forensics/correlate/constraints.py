"""What a log's calls and reads, held against swarm's records, leave of its offset: closed spans, each from one of them."""

from __future__ import annotations

from forensics.correlate import anchors
from forensics.correlate.anchors import LATE_US
from forensics.correlate.calls import MUST, Ask
from forensics.correlate.clocks import Span
from forensics.correlate.history import History
from forensics.correlate.logs import Log
from forensics.correlate.model import INF, Read, Write


def of_call(log: Log, ask: Ask, write: Write) -> Span:
    """The offsets under which a call can have made a write: after its command, before the line after its announcement."""
    start, after = log.local(ask.start_at)[0], log.local(ask.next_at)[1]
    return (write.sE - after if after < INF else -INF), (write.sE - start if start > -INF else INF)


def of_read(h: History, log: Log, read: Read) -> Span | None:
    """The offsets under which a read's line comes after what its inspect shows, and not long after the next write."""
    (lo, hi), seen = log.local(read.at), read.inspect
    if seen is None or seen["at_us"] is None or (lo <= -INF and hi >= INF):
        return None
    after = anchors.next_write(h, read)
    return (seen["at_us"] - hi if hi < INF else -INF), (after + LATE_US - lo if after < INF and lo > -INF else INF)


def of_calls(h: History, log: Log, told: list[Ask]) -> list[Span]:
    """What the calls themselves leave, whichever events were theirs: the services that they name, and what later reads of the run saw of these."""
    reads = h.reads_of.get(log.run, ())
    found = [span for ask in told if (span := _of_service(h, log, ask)) is not None]
    found += [_of_creation(log, ask, read) for ask in told for read in reads if _created(ask, read)]
    return found + [_of_version(log, ask, read) for ask in told for read in reads if _wrote(ask, read)]


def _of_service(h: History, log: Log, ask: Ask) -> Span | None:
    """The offsets under which a service that a call names by its id was there: created before the line, removed after the command."""
    service = h.services.get(ask.service_id or "")
    if service is None or ask.said_at is None:
        return None
    created = [w.sE for w in service.writes if w.verb == "create"]
    removed = [w.sE for w in service.writes if w.verb == "remove"]
    said, start = log.local(ask.said_at)[1], log.local(ask.start_at)[0]
    lo = created[0] - said if created and said < INF else -INF
    return lo, (removed[0] - start if removed and start > -INF else INF)


def _created(ask: Ask, read: Read) -> bool:
    """Whether a call surely created the service that a later read of the run saw, itself or one that came after it."""
    seen = read.inspect
    known = seen is not None and seen["created_us"] is not None and seen["service"] == ask.register
    return known and ask.verb == "create" and ask.weight == MUST and ask.next_at is not None and ask.next_at <= read.at


def _of_creation(log: Log, ask: Ask, read: Read) -> Span:
    """The offsets under which the creation that a read's inspect dates is no earlier than the call that created the service."""
    start = log.local(ask.start_at)[0]
    return -INF, (read.inspect["created_us"] - start if start > -INF else INF)


def _wrote(ask: Ask, read: Read) -> bool:
    """Whether a call surely wrote the service before a later read of the run, whose inspect says when it was last written."""
    known = read.inspect is not None and read.inspect["at_us"] is not None and read.register == ask.register
    return known and ask.weight == MUST and ask.verb != "remove" and ask.next_at is not None and ask.next_at <= read.at


def _of_version(log: Log, ask: Ask, read: Read) -> Span:
    """The offsets under which a call that wrote before a read began no later than the last write that the read's inspect shows."""
    start = log.local(ask.start_at)[0]
    return -INF, (read.inspect["at_us"] - start if start > -INF else INF)
