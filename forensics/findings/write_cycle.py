"""Deploys wrote the services of one stack in opposite orders: no serial order of them explains what the stack holds.

Term: G0, dirty write (Adya). The order on a service is that of the writes where their bounds part them, else that of who
was last (an inspect names the value). Cannot conclude harm where the deploys wrote equal values.

References:
    Adya, Liskov, O'Neil, Generalized isolation level definitions, https://pmg.csail.mit.edu/papers/icde00.pdf
"""

from __future__ import annotations

from typing import Any

import polars as pl

from forensics.correlate.cycles import last_edges, order_edges, write_cycles
from forensics.correlate.episodes import episodes
from forensics.correlate.history import History
from forensics.correlate.model import Deploy, Write, bounded
from forensics.correlate.standing import rests, standing
from forensics.findings.facts import ids, of_write, write_said
from forensics.findings.finding import Finding, Other, Step

CLASS = "write-cycle"
ABOUT = "Deploys wrote services of one stack in opposite order: no serial order explains the stack."
ADVICE = "Redeploy the stack; then serialise its deploys under one lock."
WRITES = {
    "graph": pl.Int64,
    "node": pl.Int64,
    "service": pl.String,
    "iE": pl.Int64,
    "iL": pl.Int64,
    **dict.fromkeys(("sE", "sL", "eE", "eL"), pl.Int64),
}
LASTS = {"graph": pl.Int64, "service": pl.String, "node": pl.Int64, "definite": pl.Boolean}


def find(h: History) -> list[Finding]:
    """One finding per group of deploys of at least two runs that each came before the others somewhere."""
    deploys = [d for d in h.deploys if d.verb == "deploy" and d.stack and d.writes]
    if len(deploys) < 2:
        return []
    number = {d.id: n for n, d in enumerate(deploys)}
    episode = _episodes(deploys)
    writes = [w for d in deploys for w in d.writes if w.sure]
    rows = [
        (episode[w.deploy.id], number[w.deploy.id], w.register, None, None, *(bounded(x) for x in (w.sE, w.sL, w.eE, w.eL)))
        for w in writes
        if w.deploy is not None and w.deploy.id in episode
    ]
    wrote = pl.DataFrame(rows, schema=WRITES, orient="row")
    edges = [order_edges(wrote), last_edges(wrote, _lasts(h, deploys, number, episode))]
    cycles = write_cycles(pl.concat(edges).unique()).to_dicts()
    return [f for c in cycles if (f := _finding(h, deploys, c)) is not None]


def _episodes(deploys: list[Deploy]) -> dict[str, int]:
    frame = pl.DataFrame(
        [(d.id, d.stack, *(bounded(x) for x in (d.sE, d.sL, d.eE, d.eL))) for d in deploys],
        schema={"id": pl.String, "key": pl.String, **dict.fromkeys(("sE", "sL", "eE", "eL"), pl.Int64)},
        orient="row",
    )
    return {r["id"]: r["episode"] for r in episodes(frame).drop_nulls("episode").to_dicts()}


def _lasts(h: History, deploys: list[Deploy], number: dict[str, int], episode: dict[str, int]) -> pl.DataFrame:
    """Who was last on each service where an inspect shows the value left at a moment of rest after the episode."""
    rows = []
    for n, members in _grouped(deploys, episode).items():
        stack = members[0].stack or ""
        end = max(w.eL for d in members for w in d.writes)
        after = next((r for r in rests(h, stack) if r.at > end), None)
        if len({d.run for d in members}) < 2 or after is None:
            continue
        for service, stands in standing(h, stack, after.at).items():
            mine = {number[w.deploy.id] for w in stands.writers if w.deploy is not None and episode.get(w.deploy.id) == n}
            if stands.seen is not None and len(mine) == len(stands.writers):
                rows += [(n, service, node, len(mine) == 1) for node in sorted(mine)]
    return pl.DataFrame(rows, schema=LASTS, orient="row")


def _grouped(deploys: list[Deploy], episode: dict[str, int]) -> dict[int, list[Deploy]]:
    groups: dict[int, list[Deploy]] = {}
    for d in deploys:
        if d.id in episode:
            groups.setdefault(episode[d.id], []).append(d)
    return groups


def _finding(h: History, deploys: list[Deploy], cycle: dict[str, Any]) -> Finding | None:
    path, services = [deploys[n] for n in cycle["path"]], cycle["services"]
    runs = tuple(sorted({d.run for d in path}))
    if len(runs) < 2 or len(set(services)) < 2:
        return None
    steps = []
    for before, after, service in zip(path, path[1:] + path[:1], services, strict=True):
        steps.append({"service": service, "before": _on(h, before, service), "after": _on(h, after, service)})
    writes = [w for d in path for w in d.writes if w.register in services]
    words = "crossed" if len(path) == 2 else "went round in a circle"
    return Finding(
        CLASS,
        "critical",
        cycle["definite"],
        path[0].stack,
        runs,
        f"deploys of runs {', '.join(runs)} {words} on {path[0].stack}: each came last on one service ({', '.join(services)})",
        t_lo=min(w.sE for w in writes),
        t_hi=max(w.eL for w in writes),
        missing=() if cycle["definite"] else tuple(f"who wrote {s} last (docker service inspect, events)" for s in sorted(set(services))),
        facts={"steps": steps},
    )


def _on(h: History, d: Deploy, service: str) -> dict[str, Any]:
    w: Write = next(w for w in d.writes if w.register == service)
    return of_write(h, w) | {"evidence": ids(w.evidence, d.row["start_id"])}


def explain(f: Finding) -> list[Step]:
    """For each step of the cycle: who came first there, who came after."""
    said = []
    for step in f.facts["steps"]:
        first, then = write_said(step["before"]), write_said(step["after"])
        said.append((f"on {step['service']}, {first[0]}, before {then[0]}", ids(first[1], then[1])))
    return said


def others(f: Finding) -> list[Other]:
    """One deploy after the other, and one that stopped half-way."""
    told = ids(*(s[side]["evidence"] for s in f.facts["steps"] for side in ("before", "after")))
    serial = (
        "then one of them would have come last on every service that both wrote"
        if f.proven
        else "who came last on each service is not certain"
    )
    return [
        Other("one after the other", serial, told, f.missing),
        Other("a deploy that stopped half-way", "each of them wrote every service on which it is said to have come first or last", told),
    ]
