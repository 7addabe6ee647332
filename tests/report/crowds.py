"""Made-up cases of many runs, as the rows that a picture reads: to see that it stays legible."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any

import polars as pl

T0 = 1_795_423_300_000_000
S = 1_000_000


def crowd(runs: int, stacks: int, *, seed: int = 7, drifting: int = 3, uncertain: float = 0.3) -> Any:
    """An analysis of `runs` runs, spread over `stacks` stacks: each deploys, upgrades, reads and tears down."""
    rng = random.Random(seed)
    deploys, writes, reads, locks, moves, failures, findings = [], [], [], [], [], [], []
    for n in range(runs):
        run, stack = f"run-{n:03d}", f"disc-{n % stacks:02d}_ci_example_org"
        t = T0 + round((n // stacks * 70 + rng.random() * 40) * S) if runs > stacks else T0 + round(rng.random() * 300 * S)
        doubt = round(rng.random() * 5 * S) if rng.random() < uncertain else 20_000
        drift = n % max(runs // max(drifting, 1), 1) == 0
        for k, (at, took) in enumerate(((0, 20), (25, 15))):
            start, stamp = t + at * S, "92a304dd+U" if k == 0 else f"{n % 9}7be5bae+U"
            row = {
                "run": run,
                "n": k,
                "verb": "deploy",
                "stack": stack,
                "stamp": stamp,
                "outcome": "ok",
                "upgrade": k == 1,
                "sE": start - doubt,
                "sL": start,
            }
            ended = not (k == 1 and n % 11 == 5)
            deploys.append(
                row
                | {
                    "eE": start + took * S if ended else start,
                    "eL": start + took * S + doubt if ended else None,
                    "locks": [],
                    "ended": ended,
                    "commit": stamp[:8],
                    "evidence": [],
                }
            )
            for service in ("app", "db"):
                w = {
                    "stack": stack,
                    "service": f"{stack}_{service}",
                    "verb": "update" if k else "create",
                    "kind": "client",
                    "by": run,
                    "value": stamp,
                }
                writes.append(
                    w
                    | {
                        "outcome": "ok",
                        "sure": True,
                        "actor_sure": True,
                        "service_id": None,
                        "commit": stamp[:8],
                        "evidence": [],
                        "sE": start,
                        "sL": start,
                        "eE": start,
                        "eL": start,
                    }
                )
        end = t + 45 * S
        deploys.append(
            {
                "run": run,
                "n": 2,
                "verb": "undeploy",
                "stack": stack,
                "stamp": None,
                "outcome": "ok",
                "upgrade": False,
                "sE": end,
                "sL": end,
                "eE": end + 5 * S,
                "eL": end + 5 * S,
                "locks": [],
                "ended": True,
                "commit": None,
                "evidence": [],
            }
        )
        reads.append(
            {
                "run": run,
                "ordinal": 0,
                "stack": stack,
                "service": f"{stack}_app",
                "observed": "92a304dd+U",
                "intended": f"{n % 9}7be5bae",
                "drift": drift,
                "cause": "swarm-rollback" if drift else "as-intended",
                "rE": t + 42 * S,
                "rL": t + 42 * S,
                "evidence": [],
            }
        )
        locks.append({"run": run, "lock": f"app-{n}.lock", "aE": t, "aL": t + 1000, "zE": t + 22 * S, "zL": t + 22 * S, "evidence": []})
        moves.append(
            {
                "tree": f"{run}/discourse",
                "at_us": t,
                "old": None,
                "new": "92a304dd" * 5,
                "to": None,
                "run": None,
                "logged": True,
                "evidence": [],
            }
        )
        if drift:
            failures.append({"service": f"{stack}_app", "service_id": None, "kind": "task.oom", "at_us": t + 33 * S, "evidence": []})
            findings.append(
                {
                    "id": f"{n:08x}",
                    "class": "rolled-back-write",
                    "sub": None,
                    "verdict": "PROVEN",
                    "runs": [run],
                    "stack": stack,
                    "service": f"{stack}_app",
                    "t_lo": None,
                    "t_hi": None,
                }
            )
    ends = dict.fromkeys(("sE", "sL", "eE", "eL", "aE", "aL", "zE", "zL", "rE", "rL", "at_us"), pl.Int64) | {
        "evidence": pl.List(pl.String),
        "locks": pl.List(pl.String),
    }

    def frame(rows: list[dict[str, Any]], names: tuple[str, ...]) -> pl.DataFrame:
        if not rows:
            return pl.DataFrame(schema={name: ends.get(name, pl.String) for name in names})
        return pl.DataFrame(rows, schema_overrides={name: kind for name, kind in ends.items() if name in rows[0]})

    return SimpleNamespace(
        deploys=frame(deploys, ("run", "stack", "commit")),
        writes=frame(writes, ()),
        reads=frame(reads, ()),
        locks=frame(locks, ()),
        head_moves=frame(moves, ()),
        failures=frame(failures, ("service", "service_id", "kind", "at_us", "evidence")),
        findings=findings,
        drift=[r | {"hypotheses": {"swarm-rollback": {"verdict": "PROVEN"}} if r["drift"] else {}} for r in reads],
        commit=lambda value: value[:8] if value else None,
        gather=lambda ids: None,
        cite=lambda ids: [],
    )
