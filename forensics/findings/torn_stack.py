"""The services of one stack were left at different versions, by different writers."""

from __future__ import annotations

from forensics.correlate.model import Write
from forensics.correlate.reconstruct import History
from forensics.findings.finding import Finding

CLASS = "torn-stack"
ABOUT = "Two services of one stack were last written by different deploys, and hold different versions."
ADVICE = "Redeploy the whole stack under a lock; a stack deploy is not atomic."


def find(h: History) -> list[Finding]:
    """One finding per stack and moment of rest (before a next deploy or removal, or the end) at which it is torn."""
    found = []
    for stack in sorted({w.stack for w in h.writes}):
        writes = [w for w in h.writes if w.stack == stack and w.outcome == "ok" and w.sE == w.eL]
        for rest in _rests(writes):
            last: dict[str, Write] = {}
            for w in writes:
                if w.sE < rest:
                    last[w.register] = w
            last = {r: w for r, w in last.items() if w.verb != "remove"}
            if (f := _judge(h, stack, rest, last)) is not None and not any(f.summary == g.summary and f.sub == g.sub for g in found):
                found.append(f)
    return found + _paused(h)


def _rests(writes: list[Write]) -> list[int]:
    """Moments at which no deploy is under way: just before each deploy's first write or removal, and the end."""
    firsts: dict[object, int] = {}
    spans: dict[object, tuple[int, int]] = {}
    for w in writes:
        key = w.deploy.id if w.deploy else w.id
        firsts.setdefault(key, w.sE)
        lo, hi = spans.get(key, (w.sE, w.sE))
        spans[key] = (min(lo, w.sE), max(hi, w.sE))
    rests = [t for k, t in firsts.items() if not any(o != k and lo < t <= hi for o, (lo, hi) in spans.items())]
    return sorted(set(rests)) + ([max(w.sE for w in writes) + 1] if writes else [])


def _origin(w: Write) -> Write:
    while w.verb == "rollback" and w.origin is not None:
        w = w.origin
    return w


def _judge(h: History, stack: str, rest: int, last: dict[str, Write]) -> Finding | None:
    names = sorted(last)
    if len(names) < 2:
        return None
    values = {n: last[n].value for n in names}
    pair = next(
        (
            (a, b)
            for i, a in enumerate(names)
            for b in names[i + 1 :]
            if h.stamps.same(values[a], values[b]) is False and _origin(last[a]).deploy is not _origin(last[b]).deploy
        ),
        None,
    )
    if pair is None:
        return None
    rolled = [n for n in names if last[n].verb == "rollback"]
    writers = {w.run for w in last.values()} | {_origin(w).run for w in last.values()}
    runs = tuple(sorted(r for r in writers if r))
    stopped = [w.deploy for w in last.values() if w.deploy is not None and w.deploy.outcome == "fail"]
    sub = "partial-rollback" if rolled else "partial-write" if stopped else "interleaved"
    proven = all(last[n].value is not None and (last[n].deploy is not None or last[n].verb == "rollback") for n in pair)
    held = ", ".join(f"{n.removeprefix(stack + '_')} {values[n] or 'unknown'}" for n in names)
    because = [
        (
            f"{n} was last written with {h.stamps.named(values[n])} by "
            + (
                "swarm's rollback"
                if last[n].verb == "rollback" and last[n].kind == "system"
                else "a manual rollback"
                if last[n].verb == "rollback"
                else f"run {last[n].run}"
            ),
            last[n].evidence,
        )
        for n in names
    ]
    return Finding(
        CLASS,
        "critical",
        proven,
        stack,
        runs,
        f"{stack} was left torn: {held}",
        sub=sub,
        t_lo=max(w.sE for w in last.values()),
        t_hi=rest,
        missing=() if proven else ("the stamp of each service (docker service inspect)",),
        because=because,
        evidence=[],
    )


def _paused(h: History) -> list[Finding]:
    """A service whose update swarm paused: new label, tasks still old, while another service went on."""
    found = []
    for service in h.services.values():
        for i, row in enumerate(service.events):
            if row["kind"] != "service.state" or row["outcome"] not in ("paused", "rollback_paused"):
                continue
            write = next((w for w in reversed(service.writes) if w.sE <= row["at_us"] and w.verb == "update"), None)
            deploy = write.deploy if write else None
            others = [w for w in deploy.writes if w.register != service.name] if deploy else []
            if deploy is None or not others:
                continue
            del i
            found.append(
                Finding(
                    CLASS,
                    "critical",
                    True,
                    deploy.stack,
                    (deploy.run,),
                    f"swarm paused the update of {service.name}: its label says {h.stamps.named(deploy.value)}, its tasks are older; the other services went on",
                    sub="paused",
                    service=service.name,
                    t_lo=row["at_us"],
                    t_hi=row["at_us"],
                    because=[
                        (f"run {deploy.run} wrote {h.stamps.named(deploy.value)}", write.evidence),
                        ("swarm paused the update", row["ids"]),
                    ],
                )
            )
    return found
