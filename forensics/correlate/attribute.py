"""Whose write a read saw: candidates, compatible candidates, and what caused the difference.

The register is regular: a read sees the last completed write or any concurrent one. Writes that may not have
happened never disqualify another.
"""

from __future__ import annotations

from forensics.correlate.model import INF, Deploy, Read, Write
from forensics.correlate.reconstruct import History


def attribute(h: History) -> None:
    """Fill every read: what was intended, its candidate writers, whether it drifted, and why."""
    by_register: dict[str, list[Write]] = {}
    for w in h.writes:
        by_register.setdefault(w.register, []).append(w)
    for run in {d.run for d in h.deploys}:
        _mark_upgrades([d for d in h.deploys if d.run == run and d.verb == "deploy"], h)
    for read in h.reads:
        _intend(h, read)
        writes = by_register.get(read.register, [])
        read.candidates = candidates(read, writes)
        read.writers = [w for w in read.candidates if compatible(h, w, read.observed)]
        read.drift = None if (same := h.stamps.same(read.intended, read.observed)) is None else not same
        read.certain = is_certain(read.writers) and (h.has_events or _closed(h, read))
        read.cause, read.writer_run = _cause(h, read, writes)


def _mark_upgrades(deploys: list[Deploy], h: History) -> None:
    for i, d in enumerate(deploys):
        start = h.event(d.row["start_id"]) or {}
        log = h.logs.get(d.run)
        before = None
        if log is not None and d.row["source_id"] and d.row["start_at"]:
            before = log.rows["command"][d.row["start_at"] - 1] if log.rows["kind"][d.row["start_at"] - 1] == "deploy.start" else None
        named = start.get("command") if start.get("kind") == "deploy.start" else before
        d.upgrade = named == "redeploy" or (named is None and i > 0)


def _intend(h: History, read: Read) -> None:
    """After an upgrade the commit under test is intended; before it, what the run's own base deploy took."""
    if read.last is None:
        return
    read.taken = read.last.value
    run = h.runs.get(read.run)
    read.intended = (run.ref if run else None) if read.last.upgrade else read.last.value


def last_sure_start(read: Read, writes: list[Write]) -> int:
    """m(r): the latest earliest-start of the sure writes that surely ended before the read began."""
    return max((w.sE for w in writes if w.sure and w.outcome == "ok" and w.eL < read.rE), default=-INF)


def candidates(read: Read, writes: list[Write]) -> list[Write]:
    """C(r): the writes that may have been the last before the read ended."""
    m = last_sure_start(read, writes)
    told = [
        w.deploy.n
        for w in writes
        if w.sure and w.outcome == "ok" and w.deploy is not None and w.run == read.run and _told_before(w.deploy, read)
    ]
    newest = max(told, default=-1)
    return [w for w in writes if w.sE <= read.rL and w.eL >= m and not (w.run == read.run and w.deploy is not None and w.deploy.n < newest)]


def _told_before(deploy: Deploy, read: Read) -> bool:
    """Whether the run's own log puts the end of a call before the read: no clock is needed for that."""
    end = deploy.row["end_at"]
    return deploy.row["source_id"] is not None and end is not None and 0 <= end < read.at


def compatible(h: History, w: Write, observed: str | None) -> bool:
    """Whether a write can have left this value: unknown values can."""
    if w.verb == "remove":
        return not observed
    if w.value is None:
        return True
    return h.stamps.same(w.value, observed) is not False


def is_certain(writers: list[Write]) -> bool:
    """Whether all compatible writes are one writer's, with no value unknown."""
    return (
        bool(writers)
        and all(w.value is not None for w in writers)
        and len({(w.by, w.kind == "manual" and w.id) for w in writers}) == 1
        and all(w.by for w in writers)
    )


def _closed(h: History, read: Read) -> bool:
    """Without swarm's events an unseen writer is always possible, but for what inspects themselves exclude.

    A rollback that they show stands before whatever came earlier. PreviousSpec holding the run's own stamp
    under another, and no rollback state, is one client's update over the run's own.
    """
    if all(w.verb == "rollback" for w in read.writers):
        return True
    seen = read.inspect
    return seen is not None and bool(h.stamps.same(seen["prev_stamp"], read.taken)) and not (seen["state"] or "").startswith("rollback")


def _cause(h: History, read: Read, writes: list[Write]) -> tuple[str, str | None]:
    by = {w.by for w in read.writers}
    writer = next(iter(by)) if len(by) == 1 else None
    own = [w for w in writes if w.run == read.run and w.verb in ("create", "update") and w.sE <= read.rL]
    if read.drift is None:
        return ("as-intended", writer) if read.last and not read.last.upgrade and writer == read.run else ("unattributed", writer)
    if not read.drift:
        if read.run in by or not read.writers or writer is None:
            return "as-intended", read.run if read.run in by and (len(by) == 1 or len(own) > 0 and _all_same(read)) else writer
        stamped = own[-1].value if own else read.taken
        if h.stamps.same(stamped, read.intended) is not False:
            return "as-intended", writer
        return _by_class(read, writer, h)
    if not read.writers and not h.has_events:
        return "unattributed", None
    if not read.writers:
        overwritten = [w for w in writes if w.sE <= read.rL and h.stamps.same(w.value, read.observed)]
        return ("stale-read", overwritten[-1].by) if overwritten else ("unattributed", None)
    if read.certain:
        return _by_class(read, writer, h)
    wrong_head = h.stamps.same(read.taken, read.intended) is False and h.stamps.same(read.taken, read.observed)
    if wrong_head and by <= {read.run}:
        return "wrong-head", read.run
    if not h.has_events:
        return "unattributed", None
    classes = {_by_class(read, w.by, h, [w])[0] for w in read.writers if w.value is not None and w.by}
    if len(classes) == 1 and all(w.value is not None and w.by for w in read.writers):
        return classes.pop(), None
    return "unattributed", writer


def _all_same(read: Read) -> bool:
    return read.rL < INF and max(read.writers, key=lambda w: w.eL).run == read.run


def _by_class(read: Read, writer: str | None, h: History, writers: list[Write] | None = None) -> tuple[str, str | None]:
    """The cause that one writer stands for; the order is that of the decision list."""
    found = writers or read.writers
    if any(w.verb == "rollback" and w.kind == "system" for w in found):
        return "swarm-rollback", "swarm"
    if any(w.verb == "rollback" for w in found):
        return "manual-rollback", "operator"
    if any(w.outcome == "fail" for w in found):
        return "aborted-write", writer
    if any(w.verb == "remove" for w in found):
        return "removed-by-peer", writer
    if any(w.kind == "manual" for w in found):
        return "manual-update", "operator"
    if writer != read.run:
        return "overwritten-by-peer", writer
    if h.stamps.same(read.taken, read.intended) is False and h.stamps.same(read.taken, read.observed):
        return "wrong-head", writer
    return "aborted-write", writer
