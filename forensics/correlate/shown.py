"""What inspects show of each write's value: an inspect's Spec is what the last write before its UpdatedAt left there."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from forensics.correlate.swarm import Service


def shown_values(services: Iterable[Service]) -> dict[str, tuple[str, str]]:
    """Per write, the value that an inspect shows it to have left, and the inspect's event.

    Spec belongs to the last write of the service id at or before UpdatedAt; PreviousSpec, after a client's update, to the
    write before that one. An UpdatedAt that no event in evidence made says that events are missing: it shows nothing of those that are there.
    """
    found: dict[str, tuple[str, str]] = {}
    for service in services:
        writes = sorted((w for w in service.writes if w.sE == w.eL and w.outcome != "allocation"), key=lambda w: w.sE)
        times = [w.sE for w in writes]
        known = {e["at_us"] for e in service.events}
        for seen in service.inspects:
            at = bisect_right(times, seen["at_us"]) - 1 if seen["at_us"] in known else -1
            if at < 0 or writes[at].verb == "remove":
                continue
            if seen["stamp"]:
                found.setdefault(writes[at].id, (seen["stamp"], seen["event_id"]))
            if at > 0 and writes[at].verb == "update" and seen["prev_stamp"]:
                found.setdefault(writes[at - 1].id, (seen["prev_stamp"], seen["prev_id"] or seen["event_id"]))
    return found
