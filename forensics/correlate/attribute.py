"""Whose write a read saw: candidates, compatible candidates, and what caused the difference.

The register is regular: a read sees the last completed write or any concurrent one. Writes that may not have
happened never disqualify another. The candidates of all reads come from `attribution`, in one pass over sorted arrays.
"""

from __future__ import annotations

import polars as pl

from forensics.correlate import attribution
from forensics.correlate.attrs import attrs
from forensics.correlate.history import History
from forensics.correlate.holes import holes
from forensics.correlate.model import INF, Deploy, Read, Write

ABSENT = "absent"


Left = list[tuple[Write, str]]  # a write that may have been the last, and who may have made it


def attribute(h: History) -> None:
    """Fill every read: what was intended, its candidate writers, whether it drifted, and why."""
    for calls in h.calls.values():
        _mark_upgrades([d for d in calls if d.verb == "deploy"], h)
    candidates = _candidates(h)
    for n, read in enumerate(h.reads):
        _intend(h, read)
        read.candidates = _after_own(read, candidates.get(n, []))
        left = [(w, who) for w in read.candidates for who in _who_left(h, w, read)]
        if not left and not gone(h, read):
            left = _by_elimination(h, read)
        read.writers, read.whom = list(dict.fromkeys(w for w, _ in left)), frozenset(who for _, who in left)
        read.drift = drifted(h, read)
        read.certain = is_certain(read) and (covered(h, read) or _closed(h, read))
        read.cause, read.writer_run = _cause(h, read, left)


def _who_left(h: History, w: Write, read: Read) -> list[str]:
    """Who may have left the value read, if this write was the last: of its possible writers those whose value it may be.

    A read that found nothing saw a removal; a removal leaves no value.
    """
    if w.verb == "remove":
        return [who for who, _ in w.options] if not read.observed else []
    if w.carried:
        return []
    return [] if gone(h, read) else list(dict.fromkeys(who for who, value in w.options if h.stamps.may_be(value, read.observed)))


def _by_elimination(h: History, read: Read) -> Left:
    """A value that no candidate left shows that the update after the creation, taken for the endpoint's allocation, was a client's."""
    since = max((w.sE for w in read.candidates), default=-INF)
    found = [w for w in h.spare if w.register == read.register and since <= w.sE <= read.rL and read.observed]
    if len(found) != 1:
        return []
    w = found[0]
    if w not in h.writes:
        w.kind, w.outcome, w.value = "manual", "ok", read.observed
        w.evidence += [e for e in read.evidence if e not in w.evidence]
        h.writes.append(w)
        h.index()
    return [(w, "operator")]


def _mark_upgrades(deploys: list[Deploy], h: History) -> None:
    for i, d in enumerate(deploys):
        start = h.event(d.row["start_id"]) or {}
        log = h.log_of(d)
        before = None
        if log is not None and d.row["start_at"]:
            before = log.rows["command"][d.row["start_at"] - 1] if log.rows["kind"][d.row["start_at"] - 1] == "deploy.start" else None
        named = start.get("command") if start.get("kind") == "deploy.start" else before
        d.upgrade = named == "redeploy" or (named is None and i > 0)


def _intend(h: History, read: Read) -> None:
    """After an upgrade the commit under test is intended; before it, what the run's own base deploy took."""
    run = h.runs.get(read.run)
    if read.last is None:
        read.intended = run.ref if run and _told_after_upgrade(h, read) else None
        return
    read.taken = read.last.value
    read.intended = (run.ref if run else None) if read.last.upgrade else read.last.value


def _told_after_upgrade(h: History, read: Read) -> bool:
    """Whether the log goes on from a read with what an upgrade's check says of it, where the upgrade itself is in no line."""
    log = h.logs.get(read.run)
    rows = [] if log is None or read.at < 0 else [r for r in log.of_kind("stamp.read", "stamp.recap", "check.fail") if r["at"] >= read.at]
    after = rows[1:] if rows and rows[0]["kind"] == "stamp.read" else rows
    return bool(after) and after[0]["kind"] != "stamp.read" and after[0]["stamp"] is not None


def drifted(h: History, read: Read) -> bool | None:
    """Whether the value read is not the one intended; null where the two cannot be compared. Nothing there is not what was intended."""
    if read.intended is not None and gone(h, read):
        return True
    same = h.stamps.same(read.intended, read.observed)
    return None if same is None else not same


def gone(h: History, read: Read) -> bool:
    """Whether the read found no service: its line says so. One that is said to be a chaos deploy, without saying of what, was there."""
    said = h.event(read.evidence[0]) if read.evidence else None
    return read.observed is None and said is not None and said["kind"] == "stamp.read" and "version" not in attrs(said["attrs"])


def _candidates(h: History) -> dict[int, list[Write]]:
    """C(r) of every read, by its place in `h.reads`; oldest first."""
    bound = lambda v: None if abs(v) >= INF else v  # noqa: E731
    ints = {c: pl.Int64 for c in ("id", "rE", "rL", "sE", "sL", "eE", "eL")}
    writes = pl.DataFrame(
        {
            "id": range(len(h.writes)),
            "register": [w.register for w in h.writes],
            "run": [w.by for w in h.writes],
            "value": [w.value for w in h.writes],
            "sure": [w.sure and w.outcome == "ok" for w in h.writes],
            **{c: [bound(getattr(w, c)) for w in h.writes] for c in ("sE", "sL", "eE", "eL")},
        },
        schema_overrides=ints | {"register": pl.String, "run": pl.String, "value": pl.String, "sure": pl.Boolean},
    )
    reads = pl.DataFrame(
        {
            "id": range(len(h.reads)),
            "register": [r.register for r in h.reads],
            "observed": [r.observed for r in h.reads],
            "rE": [bound(seen_from(r)) for r in h.reads],
            "rL": [bound(min(r.rL, seen_from(r)) if r.inspect and r.inspect["at_us"] is not None else r.rL) for r in h.reads],
        },
        schema_overrides=ints | {"register": pl.String, "observed": pl.String},
    )
    if not len(writes) or not len(reads):
        return {}
    found: dict[int, list[Write]] = {}
    for read, write in attribution.attribute(reads, writes).candidates.select("read", "write").iter_rows():
        found.setdefault(read, []).append(h.writes[write])
    return found


def seen_from(r: Read) -> int:
    """From when on a read's value stood: its inspect shows what the last write at UpdatedAt left, and that nothing came after it."""
    return r.rE if r.inspect is None or r.inspect["at_us"] is None else r.inspect["at_us"] + 1


def _after_own(read: Read, candidates: list[Write]) -> list[Write]:
    """Leave out what the run's own later write overwrote before the read, and what its own log tells only after it: no clock is needed for that."""
    candidates = [w for w in candidates if not _told_after(w.deploy or (w.reverts.deploy if w.reverts is not None else None), read)]
    own = [w for w in candidates if w.sure and w.outcome == "ok" and w.deploy is not None and w.run == read.run]
    newest = max((w.deploy.n for w in own if w.deploy is not None and _told_before(w.deploy, read)), default=-1)
    latest = max((w.sE for w in own if w.deploy is not None and w.deploy.n == newest), default=-INF)
    return [
        w
        for w in candidates
        if not (w.run == read.run and w.deploy is not None and w.deploy.n < newest) and not (w.run != read.run and w.eL < latest)
    ]


def _told_after(deploy: Deploy | None, read: Read) -> bool:
    """Whether the run's own log begins a call only after the read."""
    if deploy is None or deploy.run != read.run or deploy.row["source_id"] is None or read.at < 0:
        return False
    return deploy.row["start_at"] is not None and deploy.row["start_at"] > read.at


def _told_before(deploy: Deploy, read: Read) -> bool:
    """Whether the run's own log puts the end of a call before the read."""
    end = deploy.row["end_at"]
    return deploy.row["source_id"] is not None and end is not None and 0 <= end < read.at


def is_certain(read: Read) -> bool:
    """Whether one writer left the value, whatever the times: no value in V is unknown, or nothing else was a candidate.

    Two writes by nobody in evidence are not one writer's.
    """
    known = all(value is not None for w in read.writers for _, value in w.options) or len(read.candidates) == 1
    strangers = [w for w in read.writers if not w.accounted]
    return len(read.whom) == 1 and known and ("operator" not in read.whom or len(strangers) == 1)


def covered(h: History, read: Read) -> bool:
    """Whether swarm's events would have shown every write from the candidates to the read: no hole."""
    return h.has_events and not holes(h, read)


def _closed(h: History, read: Read) -> bool:
    """Without swarm's events an unseen writer is always possible, but for what inspects themselves exclude.

    A rollback that they show stands before whatever came earlier. PreviousSpec holding the run's own stamp
    under another, and no rollback state, is one client's update over the run's own.
    """
    if all(w.verb == "rollback" for w in read.writers):
        return True
    seen, same = read.inspect, h.stamps.same
    if seen is None or (seen["state"] or "").startswith("rollback"):
        return False
    return bool(same(seen["prev_stamp"], read.taken)) and same(seen["stamp"], read.taken) is False


def _cause(h: History, read: Read, left: Left) -> tuple[str, str | None]:
    writer = next(iter(read.whom)) if len(read.whom) == 1 else None
    if read.drift is None:
        return _not_compared(h, read), writer
    if not read.drift:
        return _passed(h, read, left, writer)
    if not read.writers:
        if not covered(h, read):
            return "unattributed", None
        overwritten = [w for w in h.writes_of.get(read.register, ()) if w.sE <= read.rL and h.stamps.same(w.value, read.observed)]
        return ("stale-read", overwritten[-1].by) if overwritten else ("unattributed", None)
    if read.certain:
        return _class_of(h, read, left), writer
    if read.run in read.whom and _stamped_wrong(h, read, read.writers):
        return "wrong-head", writer
    if not covered(h, read) or any(value is None for w in read.writers for _, value in w.options):
        return "unattributed", writer if h.has_events else None
    classes = {_class_of(h, read, [one]) for one in left}
    return (classes.pop() if len(classes) == 1 else "unattributed"), writer


def _passed(h: History, read: Read, left: Left, writer: str | None) -> tuple[str, str | None]:
    """The cause of a read that saw what was intended: by its own hand, or only by another's."""
    if not read.writers and h.stamps.same(read.taken, read.intended) is False:
        return "unattributed", None  # the run itself had stamped another value, and nobody in evidence wrote the one read
    if read.run in read.whom or not read.writers:
        return "vacuous" if read.whom == {read.run} and _stamped_before(h, read) else "as-intended", writer
    mine = (w for d in h.calls.get(read.run, ()) for w in h.written.get(d.id, ()))
    own = sorted(
        (w for w in mine if w.register == read.register and w.verb in ("create", "update") and w.sE <= read.rL), key=lambda w: (w.sE, w.id)
    )
    left_none = read.last is not None and read.last.outcome == "fail" and not any(read.last in w.maybe for w in own)
    stamped = own[-1].value if own and (left_none or (read.taken is None and own[-1].deploy is read.last)) else read.taken
    if h.stamps.same(stamped, read.intended) is not False:
        return "as-intended", writer
    classes = {_class_of(h, read, [one]) for one in left}
    return (classes.pop() if len(classes) == 1 else "unattributed"), writer


def _not_compared(h: History, read: Read) -> str:
    """The cause of a read whose two values cannot be compared: one's own base, or a name that stands for no commit."""
    own = read.whom == {read.run} and read.last is not None
    if own and not read.last.upgrade:
        return "as-intended"
    return "vacuous" if own and read.intended and h.stamps.is_name(read.intended) else "unattributed"


def _stamped_before(h: History, read: Read) -> bool:
    """Whether the upgrade stamped the commit that the run's own base deploy had stamped: its check could not fail."""
    if read.last is None or not read.last.upgrade:
        return False
    base = h.base_of(read.last)
    return base is not None and bool(h.stamps.same(base.value, read.taken))


def _class_of(h: History, read: Read, left: Left) -> str:
    """The cause that one writer stands for; the order is that of the decision list."""
    writes = [w for w, _ in left]
    if any(w.verb == "rollback" for w in writes):
        return "swarm-rollback" if any(w.kind == "system" for w in writes) else "manual-rollback"
    if any(w.outcome == "fail" for w in writes):
        return "aborted-write"
    if any(w.verb == "remove" for w in writes):
        return "removed-by-peer"
    who = left[0][1]
    if who == "operator":
        return "manual-update"
    if who != read.run:
        return "overwritten-by-peer"
    return "wrong-head" if _stamped_wrong(h, read, writes) else "aborted-write"


def _stamped_wrong(h: History, read: Read, writes: list[Write]) -> bool:
    """Whether what was read is what the run's own last deploy stamped, and that is not what it should have: by its own line, else by its write's value."""
    own = next((w.value for w in writes if w.deploy is not None and w.deploy is read.last), None)
    taken = read.taken if read.taken is not None else own
    return h.stamps.same(taken, read.intended) is False and bool(h.stamps.same(taken, read.observed))
