"""How deploys, writes and reads enter the facts of a finding, and how a step of an argument says them.

A fact is a plain mapping in terms of JSON: bounds in microseconds (null where not known), values as people read them,
and `evidence`, the ids of the events that say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from forensics.correlate.guards import guards, holds_of, key_of
from forensics.correlate.history import History
from forensics.correlate.model import Deploy, Hold, Read, Write, bounded
from forensics.findings.finding import Step
from forensics.wording import several, span

Fact = Mapping[str, Any]


def ids(*parts: str | None | Iterable[str | None]) -> list[str]:
    """Event ids in order, each once, without those that are not there."""
    every = [i for part in parts for i in ([part] if part is None or isinstance(part, str) else part)]
    return list(dict.fromkeys(i for i in every if i))


def of_deploy(h: History, d: Deploy) -> dict[str, Any]:
    """One call: who, what it stamps, when, and under which locks."""
    held = guards(h)[d.id]
    return {
        "run": d.run,
        "n": d.n,
        "verb": d.verb,
        "value": h.stamps.named(d.value) if d.value and d.verb == "deploy" else None,
        "span": [bounded(x) for x in (d.sE, d.sL, d.eE, d.eL)],
        "ended": d.ended,
        "outcome": d.outcome,
        "locks": sorted(held.certain),
        "locks_known": held.known,
        "taken": ids(hold.acquire_id for hold in holds_of(h, d.run) if key_of(h, hold) in held.certain),
        "bounded": _bounded(h, d),
        "ends": ids(d.row["start_id"], d.row["end_id"]),
        "evidence": ids(d.row["start_id"], d.row["taken_id"], d.row["end_id"]),
    }


def _bounded(h: History, d: Deploy) -> list[dict[str, Any]]:
    """Start and end of a call whose lines have no time of their own, each with the events that it came after and before."""
    log = h.log_of(d)
    found = []
    for what, at in (("start", d.row["start_at"]), ("end", d.row["end_at"])) if log is not None else ():
        after, before = log.bounded_by(at)
        if log.clock.kind in ("none", "file") and (after or before):
            found.append({"what": what, "after": after, "before": before})
    return found


def of_write(h: History, w: Write) -> dict[str, Any]:
    """One write: by whom, of what, when."""
    return {
        "by": w.by,
        "run": w.run,
        "maybe": w.suspects if w.deploy is None else [],
        "unlogged": list(w.unlogged),
        "verb": w.verb,
        "kind": w.kind,
        "service": w.register,
        "value": h.stamps.named(w.value) if w.value else None,
        "span": [bounded(x) for x in (w.sE, w.sL, w.eE, w.eL)],
        "outcome": w.outcome,
        "evidence": ids(w.evidence),
    }


def of_read(h: History, r: Read) -> dict[str, Any]:
    """One identity read: what was seen, what was intended."""
    return {
        "run": r.run,
        "ordinal": r.ordinal,
        "service": r.register,
        "observed": h.stamps.named(r.observed) if r.observed else None,
        "intended": h.stamps.named(r.intended) if r.intended else None,
        "taken": h.stamps.named(r.taken) if r.taken else None,
        "span": [bounded(r.rE), bounded(r.rL)],
        "evidence": ids(r.evidence, r.inspect["event_id"] if r.inspect else None),
        "taken_id": r.last.row["taken_id"] if r.last else None,
    }


def of_hold(hold: Hold) -> dict[str, Any]:
    """One hold of one lock."""
    return {
        "run": hold.run,
        "lock": hold.lock,
        "span": [bounded(x) for x in (hold.aE, hold.aL, hold.zE, hold.zL)],
        "released": hold.release_id is not None,
        "evidence": ids(hold.acquire_id, hold.release_id),
    }


def deploy_said(fact: Fact) -> Step:
    """A call, its bounded times and its locks."""
    stamped = f" of {fact['value']}" if fact["value"] else ""
    locks = ", ".join(fact["locks"]) or "none"
    return f"{fact['verb']} {fact['n']}{stamped} by run {fact['run']}: {span(*fact['span'])}; locks held: {locks}", list(fact["evidence"])


def bounds_said(fact: Fact) -> list[Step]:
    """What bounds the start and the end of a call that state no time themselves."""
    where = {
        (True, True): "came after the first of these and before the second",
        (True, False): "came after this",
        (False, True): "came before this",
    }
    return [
        (
            f"the {b['what']} of {fact['verb']} {fact['n']} of run {fact['run']} states no time: it {where[bool(b['after']), bool(b['before'])]}",
            ids(b["after"], b["before"]),
        )
        for b in fact["bounded"]
    ]


def write_said(fact: Fact) -> Step:
    """A write: by whom, what and when."""
    return f"{writer(fact)} {did(fact)} at {span(*fact['span'])}", list(fact["evidence"])


def read_said(fact: Fact) -> Step:
    """A read, and what was intended."""
    at = span(fact["span"][0], fact["span"][1], fact["span"][0], fact["span"][1])
    return (
        f"run {fact['run']} read {fact['observed'] or 'nothing'} from {fact['service']} at {at}, and intended {fact['intended'] or 'what is not known'}",
        list(fact["evidence"]),
    )


def hold_said(fact: Fact) -> Step:
    """A hold, from taking to release."""
    end = "" if fact["released"] else ", no release in evidence"
    return f"run {fact['run']} held {fact['lock']}: {span(*fact['span'])}{end}", list(fact["evidence"])


def writer(fact: Fact) -> str:
    """Who wrote, for people."""
    if fact["kind"] == "system":
        return "swarm"
    if fact["kind"] == "manual":
        return "a client that is no run in evidence"
    if fact["unlogged"] and not fact["run"]:
        return f"run {several(fact['maybe'], ' or ')}, part of whose log is missing, or a client that is no run in evidence"
    if fact["run"]:
        return f"run {fact['run']}"
    return f"run {several(fact['maybe'], ' or ')}" if fact["maybe"] else "a writer that is not in evidence"


def did(fact: Fact) -> str:
    """What a write did, for people."""
    value = fact["value"] or "a value that is not known"
    if fact["verb"] == "remove":
        return f"removed {fact['service']}"
    return f"put {fact['service']} back to {value}" if fact["verb"] == "rollback" else f"wrote {value} to {fact['service']}"
