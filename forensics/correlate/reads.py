"""Identity reads: what each run's harness saw on its stack, which inspect was kept of it, and when that was."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from itertools import accumulate
from typing import Any

from forensics.correlate.anchors import LATE_US, next_write
from forensics.correlate.history import History
from forensics.correlate.logs import Log
from forensics.correlate.model import INF, Deploy, Read


def reads_of(h: History) -> list[Read]:
    """Every identity read of every run, numbered from 0 by run.

    One read is one `deployed_identity` line. Where a log has none, the first line that repeats a result stands for
    the read. Where a log is cut, or there is none, the inspects that were kept from the reads stand for them.
    """
    kept, reads = _kept_inspects(h), []
    for run, log in h.logs.items():
        rows, files = _told(log), kept.get(run, [])
        inspects = _with_inspects(log, rows, files)
        before, after = _untold(log, files, inspects)
        reads += [_kept(run, n, found, -1) for n, found in enumerate(before)]
        for n, (row, found) in enumerate(zip(rows, inspects, strict=True), len(before)):
            stack = row["stack"] or next((d.stack for d in h.calls.get(run, ()) if d.stack), None) or ""
            register = found["service"] if found else _bearer(h, stack)
            index = found["version_index"] if found else None
            reads.append(Read(run, n, stack, register, row["stamp"], -INF, INF, index, [row["event_id"]], found, row["at"]))
        reads += [_kept(run, n, found, len(log.rows)) for n, found in enumerate(after, len(before) + len(rows))]
    for run, files in kept.items():
        reads += [_kept(run, n, found, -1) for n, found in enumerate(files if run not in h.logs else ())]
    return reads


def _kept(run: str, n: int, found: dict[str, Any], at: int) -> Read:
    """A read that only its inspect tells of; `at` is before the first line of the run's log, or after its last."""
    return Read(run, n, found["stack"], found["service"], found["stamp"], -INF, INF, found["version_index"], [found["event_id"]], found, at)


def _untold(
    log: Log, files: list[dict[str, Any]], inspects: list[dict[str, Any] | None]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The inspects kept before the first line of a log that lacks its beginning, and after the last of one that lacks its end.

    A read that found nothing leaves no inspect: only where all show one service throughout do they count the reads.
    """
    used = [n for n, f in enumerate(files) if any(f is found for found in inspects)]
    if len({f["service_id"] for f in files}) != 1 or (not used and (inspects or log.begins)):
        return [], []
    first, last = (used[0], used[-1] + 1) if used else (len(files), len(files))
    return files[:first] if not log.begins else [], files[last:] if not log.of_kind("run.end") else []


def _told(log: Log) -> list[dict[str, Any]]:
    rows = log.of_kind("stamp.read")
    return rows or [r for r in log.of_kind("stamp.recap", "check.fail") if r["kind"] == "stamp.recap" or r["stamp"] is not None][:1]


def _with_inspects(log: Log, rows: list[dict[str, Any]], files: list[dict[str, Any]]) -> list[dict[str, Any] | None]:
    """The inspect of each read. They are kept in the order of the reads, one of each that found something.

    A log that stops early tells fewer reads than inspects were kept, the first ones, and one that lacks its beginning the last ones. Where fewer
    were kept, or one shows another value than the line says, only the time of capture can tell which read each belongs to.
    """
    seen = [n for n, r in enumerate(rows) if r["stamp"]]
    pairs = dict(zip(seen, files[max(len(files) - len(seen), 0) :] if not log.begins else files, strict=False))
    in_order = len(files) >= len(seen) and all(f["stamp"] == rows[n]["stamp"] for n, f in pairs.items())
    if in_order and _in_step(log, rows, pairs):
        return [pairs.get(n) for n in range(len(rows))]
    timed = [next((f for f in files if f["stamp"] == r["stamp"] and _captured_at(log, r["at"], f)), None) for r in rows]
    return [f if r["stamp"] else None for f, r in zip(timed, rows, strict=True)]


def _in_step(log: Log, rows: list[dict[str, Any]], pairs: dict[int, dict[str, Any]]) -> bool:
    """Whether lines and captures keep the same distances, as far as both have times: two clocks may differ, by one constant."""
    apart = [
        (lo - f["captured_us"], hi - f["captured_us"])
        for n, f in pairs.items()
        if f["captured_us"] is not None and (lo := log.local(rows[n]["at"])[0]) > -INF and (hi := log.local(rows[n]["at"])[1]) < INF
    ]
    return not apart or max(a for a, _ in apart) - min(b for _, b in apart) <= LATE_US


def _captured_at(log: Log, at: int, file: dict[str, Any]) -> bool:
    hi = log.local(at)[1]
    return hi < INF and file["captured_us"] is not None and 0 <= hi - file["captured_us"] <= LATE_US + 999


def _kept_inspects(h: History) -> dict[str, list[dict[str, Any]]]:
    """Inspects that a harness kept from its own identity reads, by run, in the order of capture."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for service in h.services.values():
        for row in service.inspects:
            if row["run"] and "inspect-identity" in row["path"].rsplit("/", 1)[-1]:
                found[row["run"]].append(row)
    return {run: sorted(rows, key=lambda r: (r["captured_us"] or 0, r["path"], r["line_no"])) for run, rows in found.items()}


def _bearer(h: History, stack: str) -> str:
    """The service whose label an identity read looks at: `app`, where the stack has one."""
    names = [name for name in h.writes_of if name.startswith(stack + "_")]
    return f"{stack}_app" if not names or f"{stack}_app" in names else sorted(names)[0]


def settle_reads(h: History) -> None:
    """Bound each read by its line and its inspect, and name the run's last deploy before it."""
    deploys = {run: [d for d in calls if d.verb == "deploy"] for run, calls in h.calls.items()}
    logged = {run: Calls(calls) for run, calls in deploys.items()}
    for read in h.reads:
        log = h.logs.get(read.run)
        outside = log is None or not 0 <= read.at < len(log.rows)
        if log is not None and len(log.rows):
            read.rE, read.rL = log.window(read.at) if not outside else _beyond(log, read.at)
        if read.inspect and read.inspect["at_us"] is not None:
            lo, hi = read.inspect["at_us"] + 1, next_write(h, read)  # what it shows had been written
            both = max(lo, read.rE), min(hi, read.rL)
            read.rE, read.rL = both if both[0] <= both[1] else (lo, hi)
        if read.run not in deploys:
            continue
        read.last = _last_told(read, deploys[read.run]) if outside else logged[read.run].last_before(read.at)


def _last_told(read: Read, calls: list[Deploy]) -> Deploy | None:
    """The last call before a read that no line of the log tells of: by time alone; none where it is not certain which it was."""
    of = lambda d: [w for w in d.writes if w.register == read.register and w.sE == w.eL]  # noqa: E731 - what events tell, at their instants

    def follows(d: Deploy) -> bool:
        return d.sE > read.rL or any(w.sE > read.rL for w in of(d))

    begun = [n for n, d in enumerate(calls) if d.sL <= read.rE or any(w.eL < read.rE for w in of(d))]
    end = begun[-1] + 1 if begun else 0
    return calls[end - 1] if begun and all(follows(d) for d in calls[end : end + 1]) else None


def _beyond(log: Log, at: int) -> tuple[int, int]:
    """The time before the first line of a log, or after its last."""
    return (-INF, log.window(0)[1]) if at < 0 else (log.window(len(log.rows) - 1)[0], INF)


class Calls:
    """The calls of a run, looked up by the lines of its log: by a call's own place there, or by the number that its file bears.

    A call that only its own file tells of comes before all lines of the log if no call of the log has a lower number, else after them all.
    """

    def __init__(self, calls: list[Deploy]) -> None:
        first = min((d.n for d in calls if d.row["source_id"] is not None), default=INF)
        at = [d.row["start_at"] if d.row["source_id"] is not None else -INF if d.n <= first else INF for d in calls]
        order = sorted(range(len(calls)), key=at.__getitem__)
        self._at = [at[n] for n in order]
        self._last = [calls[n] for n in accumulate(order, max)]

    def last_before(self, line: int) -> Deploy | None:
        """The last call that began before a line."""
        n = bisect_left(self._at, line)
        return self._last[n - 1] if n else None
