"""Who held which lock, from when to when, by the run's own lines."""

from __future__ import annotations

from forensics.correlate.history import History
from forensics.correlate.model import INF, Hold


def holds_of(h: History) -> list[Hold]:
    """One hold per acquisition. A lock binds a process: what was never released is held no longer than the log goes on."""
    holds: list[Hold] = []
    for run, log in h.logs.items():
        open_holds: dict[str, Hold] = {}
        for row in log.of_kind("lock.acquire", "lock.release"):
            lo, hi = log.window(row["at"])
            if row["kind"] == "lock.acquire":
                hold = Hold(run, row["lock"], lo, hi, lo, INF, row["event_id"], None, (row["at"], None))
                open_holds[row["lock"]] = hold
                holds.append(hold)
            elif row["lock"] in open_holds:
                hold = open_holds.pop(row["lock"])
                hold.zE, hold.zL, hold.release_id, hold.at = lo, hi, row["event_id"], (hold.at[0], row["at"])
        for hold in open_holds.values():
            hold.zE, hold.zL = log.window(len(log.rows) - 1)
    return holds
