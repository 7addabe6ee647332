"""A clock that cannot be right: the times of a log contradict what it shares with other sources."""

from __future__ import annotations

from forensics.correlate.model import INF
from forensics.correlate.reconstruct import History
from forensics.findings.finding import Finding
from forensics.wording import duration

CLASS = "order-contradiction"
ABOUT = "Under its own times a log shows effects before their causes."
ADVICE = (
    "Set the clock right, or declare its offset in case.toml; until then the log's times are read with the offset that the anchors leave."
)


def find(h: History) -> list[Finding]:
    """One finding per log whose clock no admissible offset reconciles with swarm's records."""
    found = []
    for run, log in sorted(h.logs.items()):
        c = log.clock
        if not c.contradicted:
            continue
        least = c.lo if c.lo > 0 else -c.hi
        most = c.hi if c.lo > 0 else -c.lo
        way = "slow" if c.lo > 0 else "fast"
        bound = f"at least {duration(max(least, 0))}" + (f", at most {duration(most)}" if most < INF else "")
        tight = sorted(c.anchors, key=lambda a: min(abs(a[1] - c.lo), abs(a[2] - c.hi)))[:4]
        found.append(
            Finding(
                CLASS,
                "medium",
                True,
                next((d.stack for d in h.deploys if d.run == run), None),
                (run,),
                f"the clock of {c.path} is {way} by {bound}",
                t_lo=log.window(0)[0] if len(log.rows) else None,
                t_hi=log.window(len(log.rows) - 1)[1] if len(log.rows) else None,
                because=[(a[0], list(a[3])) for a in tight],
                facts={"offset_lo_us": c.lo, "offset_hi_us": c.hi},
            )
        )
    return found
