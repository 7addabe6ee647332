"""The services of one stack were left at different versions, by different deploys.

Term: seen by a check, a fractured read (RAMP). Judged at moments of rest, at which no call is under way; a rollback
counts as the deploy whose value it restored. Sub-classes: `interleaved` (two deploys crossed), `partial-write` (a deploy
stopped after some of its services), `partial-rollback` (some services were put back), `paused` (tasks older than the
spec). Cannot conclude that the mixture does not work.

References:
    Bailis et al., Scalable atomic visibility with RAMP transactions, https://dl.acm.org/doi/10.1145/2909870
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

from forensics.correlate.history import History
from forensics.correlate.model import Write
from forensics.correlate.standing import Rest, Standing, rests, standing
from forensics.correlate.swarm import Service
from forensics.findings.facts import did, ids, of_write, writer
from forensics.findings.finding import Finding, Other, Step

CLASS = "torn-stack"
ABOUT = "Two services of one stack were last written by different deploys, and hold different versions."
ADVICE = "Redeploy the whole stack under a lock; a stack deploy is not atomic."


def find(h: History) -> list[Finding]:
    """One finding per stack and mixture that it was left with (before a next deploy or removal, or at the end); and one per paused update.

    Runs that left the same mixture at other times have findings of their own, where that is proven.
    """
    found: dict[tuple[str, tuple[str, ...]], Finding] = {}
    for stack in sorted({w.stack for w in h.writes}):
        for rest in rests(h, stack):
            f = _judge(h, stack, rest)
            if f is not None:
                found.setdefault((f.summary, f.runs if f.proven else ()), f)
    proven = {summary for summary, runs in found if runs}
    return [*(f for f in found.values() if f.proven or f.summary not in proven), *_paused(h)]


def _judge(h: History, stack: str, rest: Rest) -> Finding | None:
    stands = {n: s for n, s in standing(h, stack, rest.at).items() if s.last is None or s.last.verb != "remove"}
    pair = next((p for p in combinations(stands.values(), 2) if _apart(h, *p)), None)
    if pair is None:
        return None
    rolled = any(w.verb == "rollback" for s in stands.values() for w in s.writers)
    stopped = [w.deploy for s in stands.values() for w in s.writers if w.deploy is not None and w.deploy.outcome != "ok"]
    certain = all(s.last is not None and (s.last.deploy is not None or s.last.verb == "rollback") for s in pair)
    runs = {r for s in stands.values() for w in s.writers for r in (w.run, _origin(w).run) if r}
    held = ", ".join(f"{n.removeprefix(stack + '_')} {s.value or 'unknown'}" for n, s in stands.items())
    missing = () if certain else ("who wrote each service last (docker service events, or an inspect after each deploy)",)
    open_calls = () if rest.sure else ("the end of the deploy that was under way: what is mixed may have been on its way",)
    return Finding(
        CLASS,
        "critical",
        certain and rest.sure,
        stack,
        tuple(sorted(runs)),
        f"{stack} was left torn: {held}",
        sub="partial-rollback" if rolled else "partial-write" if stopped else "interleaved" if _crossed(pair) else None,
        t_lo=max(w.sE for s in stands.values() for w in s.writers),
        t_hi=rest.at,
        missing=(*missing, *open_calls),
        evidence=list(rest.open_calls),
        facts={
            "services": {n: _fact(h, s) for n, s in stands.items()},
            "stopped": [
                {"run": d.run, "n": d.n, "error": d.row["error"], "evidence": ids(d.row["error_id"] or d.row["start_id"])}
                for d in _each(stopped)
            ],
            "under_way": ids(rest.open_calls),
        },
    )


def _apart(h: History, a: Standing, b: Standing) -> bool:
    """Whether two services surely hold different versions, and no one deploy can have left both."""
    deploys = [{i for w in s.writers for i in _calls(_origin(w))} for s in (a, b)]
    return h.stamps.same(a.value, b.value) is False and not deploys[0] & deploys[1]


def _calls(w: Write) -> set[str]:
    """The calls that may have made a write; the write itself where none can have."""
    return {d.id for d in w.maybe} or {w.deploy.id if w.deploy is not None else w.id}


def _origin(w: Write) -> Write:
    while w.verb == "rollback" and w.origin is not None:
        w = w.origin
    return w


def _crossed(pair: tuple[Standing, Standing]) -> bool:
    """Whether each of the two deploys wrote both services."""
    deploys = [s.last.deploy for s in pair if s.last is not None and s.last.deploy is not None]
    return len(deploys) == 2 and all({s.service for s in pair} <= {w.register for w in d.writes} for d in deploys)


def _each(deploys: list[Any]) -> list[Any]:
    return list({d.id: d for d in deploys}.values())


def _fact(h: History, s: Standing) -> dict[str, Any]:
    writers = [of_write(h, w) | {"origin": _origin(w).run if w.verb == "rollback" else None} for w in s.writers]
    return {"writers": writers, "seen": ids(s.seen["event_id"] if s.seen else None), "value": s.value}


def explain(f: Finding) -> list[Step]:
    """For each service its last writer; then what stopped a deploy half-way. For a paused update: the label, then the pause."""
    if f.sub == "paused":
        return [(f"run {f.facts['run']} wrote {f.facts['value']}", f.facts["wrote"]), ("swarm paused the update", f.facts["paused"])]
    said: list[Step] = []
    for service in f.facts["services"].values():
        who = " or ".join(dict.fromkeys(f"{writer(w)}, which {did(w)}{_whose(w)}" for w in service["writers"]))
        said.append(
            (
                f"{service['writers'][0]['service']} was last written by {who}",
                ids(*(w["evidence"] for w in service["writers"]), service["seen"]),
            )
        )
    said += [
        (
            f"deploy {d['n']} of run {d['run']} " + (f"did not end well: {d['error']}" if d["error"] else "has no good end in evidence"),
            d["evidence"],
        )
        for d in f.facts["stopped"]
    ]
    return said


def _whose(w: dict[str, Any]) -> str:
    """Whose value a rollback put back."""
    return f", the value that run {w['origin']} had written" if w["origin"] else ""


def _paused(h: History) -> list[Finding]:
    """A service whose update swarm paused: new label, tasks still old, while another service went on."""
    return [f for s in h.services.values() for row in _pauses(s) if (f := _pause(h, s, row)) is not None]


def _pauses(service: Service) -> list[dict[str, Any]]:
    """The paused updates of a service, from events, else from an inspect; at `at_us`, of the update begun by `began_us`.

    A rollback that paused is none: the label went back with the spec.
    """
    told = [
        {"at_us": r["at_us"], "began_us": r["at_us"], "ids": r["ids"]}
        for r in service.events
        if r["kind"] == "service.state" and r["outcome"] == "paused"
    ]
    seen = [
        {"at_us": i["at_us"], "began_us": i["started_us"], "ids": ids(i["status_id"])}
        for i in service.inspects
        if i["state"] == "paused" and i["at_us"] is not None and i["started_us"] is not None
    ]
    return told or seen[:1]


def _pause(h: History, service: Service, row: dict[str, Any]) -> Finding | None:
    began = row["began_us"]
    write = next((w for w in reversed(h.writes_of.get(service.name, [])) if w.sE <= began and w.verb == "update"), None)
    deploy = write.deploy if write else None
    others = [w for w in deploy.writes if w.register != service.name] if deploy else []
    if write is None or deploy is None or not others:
        return None
    value = h.stamps.named(deploy.value)
    return Finding(
        CLASS,
        "critical",
        True,
        deploy.stack,
        (deploy.run,),
        f"swarm paused the update of {service.name}: its label says {value}, its tasks are older; the other services went on",
        sub="paused",
        service=service.name,
        t_lo=row["at_us"],
        t_hi=row["at_us"],
        facts={"run": deploy.run, "value": value, "wrote": ids(write.evidence), "paused": list(row["ids"])},
    )


def others(f: Finding) -> list[Other]:
    """A deploy still under way, and a rollback, as far as it is none. Of a paused update: that it was rolled back, or went through."""
    if f.sub == "paused":
        why = "swarm paused the update: its label stays what the deploy stamped"
        return [Other("swarm-rollback", why, ids(f.facts["paused"], f.facts["wrote"]))]
    services = f.facts["services"].values()
    wrote = ids(*(w["evidence"] for s in services for w in s["writers"]))
    going = "what is mixed may have been on its way" if f.facts["under_way"] else "no call was at work on the stack when it stood so"
    said = [Other("transient-mixed", going, f.facts["under_way"] or wrote, f.missing if f.facts["under_way"] else ())]
    if f.sub != "partial-rollback":
        said.append(Other("swarm-rollback", "each service was last written by a deploy, and none was put back", wrote, f.missing))
    return said
