"""Identity reads: what each run's harness saw on its stack, which inspect was kept of it, and when that was."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from forensics.correlate.anchors import LATE_US, next_write
from forensics.correlate.history import History
from forensics.correlate.logs import Log
from forensics.correlate.model import INF, Read


def reads_of(h: History) -> list[Read]:
    """Every identity read of every run, numbered from 0 by run.

    One read is one `deployed_identity` line. Where a log has none, the first line that repeats a result stands for
    the read; a run without a log has the inspects that were kept from its reads.
    """
    kept, reads = _kept_inspects(h), []
    for run, log in h.logs.items():
        rows = _told(log)
        for n, (row, found) in enumerate(zip(rows, _with_inspects(log, rows, kept.get(run, [])), strict=True)):
            stack = row["stack"] or next((d.stack for d in h.calls.get(run, ()) if d.stack), None) or ""
            register = found["service"] if found else _bearer(h, stack)
            index = found["version_index"] if found else None
            reads.append(Read(run, n, stack, register, row["stamp"], -INF, INF, index, [row["event_id"]], found, row["at"]))
    for run, files in kept.items():
        for n, found in enumerate(files if run not in h.logs else ()):
            ids = [found["event_id"]]
            reads.append(Read(run, n, found["stack"], found["service"], found["stamp"], -INF, INF, found["version_index"], ids, found, -1))
    return reads


def _told(log: Log) -> list[dict[str, Any]]:
    rows = log.of_kind("stamp.read")
    return rows or [r for r in log.of_kind("stamp.recap", "check.fail") if r["kind"] == "stamp.recap" or r["stamp"] is not None][:1]


def _with_inspects(log: Log, rows: list[dict[str, Any]], files: list[dict[str, Any]]) -> list[dict[str, Any] | None]:
    """The inspect of each read. They are kept in the order of the reads, one of each that found something.

    A log that stops early tells fewer reads than inspects were kept, the first ones. Where fewer were kept, or one shows another value than the
    line says, only the time of capture can tell which read each belongs to.
    """
    seen = [n for n, r in enumerate(rows) if r["stamp"]]
    pairs = dict(zip(seen, files, strict=False))
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
    for read in h.reads:
        log = h.logs.get(read.run)
        if log is not None and read.at >= 0:
            read.rE, read.rL = log.window(read.at)
        if read.inspect and read.inspect["at_us"] is not None:
            lo, hi = read.inspect["at_us"] + 1, next_write(h, read)  # what it shows had been written
            both = max(lo, read.rE), min(hi, read.rL)
            read.rE, read.rL = both if both[0] <= both[1] else (lo, hi)
        mine = [d for d in h.calls.get(read.run, ()) if d.verb == "deploy"]
        if read.at < 0:
            mine = [d for d in mine if d.sL <= read.rL]
        else:
            mine = [d for d in mine if d.row["source_id"] is None or d.row["start_at"] < read.at]
        read.deploys_before = len(mine)
        read.last = mine[-1] if mine else None
