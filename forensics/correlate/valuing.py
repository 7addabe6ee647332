"""The value that each write left: its call's stamp, what an inspect shows, or what stood before the write that a rollback reverts."""

from __future__ import annotations

from forensics.correlate.history import History
from forensics.correlate.model import Write
from forensics.correlate.owning import Shown


def value(h: History, shown: Shown) -> None:
    """Fill `value` of every write as far as the evidence tells."""
    for w in h.writes:
        if w.verb not in ("create", "update"):
            continue
        if w.deploy is not None:
            w.value = w.deploy.value
            w.evidence += [x for x in (w.deploy.row["taken_id"],) if x and x not in w.evidence]
        elif w.maybe and not w.unclaimed:
            values = {d.value for d in w.maybe}
            w.value = values.pop() if len(values) == 1 and not w.free else None
        if w.value is None and w.id in shown:
            w.value, seen = shown[w.id]
            w.evidence.append(seen)
    for w in h.writes:
        if w.verb == "rollback" and w.value is None:
            origin = w.origin
            while origin is not None and origin.verb == "rollback" and origin.origin is not None:
                origin = origin.origin
            w.value = origin.value if origin else None
            if w.value is None and w.id in shown:
                w.value, seen = shown[w.id]
                w.evidence.append(seen)
    for writes in h.writes_of.values():
        _carry_over(writes)


def _carry_over(writes: list[Write]) -> None:
    """A stranger's update carries the labels over, unless an inspect shows that it changed them: whether it wrote this one is not known, or it did not."""
    before: Write | None = None
    maybe: list[Write] = []  # that may have come between
    for w in writes:
        if w.kind == "manual" and w.verb == "update":
            stood = [x.value for x in (before, *maybe) if x is not None]
            if w.value is None or w.value in stood:
                w.outcome = "info"
                w.carried = w.value is not None and set(stood) == {w.value}
                continue
        if w.sure and w.outcome == "ok":
            before, maybe = w, []
        else:
            maybe.append(w)
