"""A deploy ended well, and an overlapping one of another run left another value: the first one's write is lost.

Term: like P4 (Adya). It is a lost *update* in the strict sense only if the second deploy's base version predates the
first one's write, which events do not tell; this claims the weaker thing. Two runs that write one value lose nothing. Cannot conclude that anybody missed what was lost.

References:
    https://github.com/jepsen-io/jepsen/issues/482
"""

from __future__ import annotations

from forensics.correlate.history import History
from forensics.correlate.model import Write
from forensics.correlate.pairs import Pair, deploy_pairs
from forensics.findings.facts import ids, of_write, write_said
from forensics.findings.finding import Finding, Other, Step
from forensics.wording import at_least_at_most

CLASS = "lost-write"
ABOUT = "A deploy ended well, and an overlapping one of another run left another value."
ADVICE = "Serialise the deploys of a stack under one lock."


def find(h: History) -> list[Finding]:
    """One finding per pair of overlapping deploys of which one undid what the other reported as done."""
    return [f for p in deploy_pairs(h) for first, second in ((p.a, p.b), (p.b, p.a)) if (f := _judge(h, p, first.writes, second.writes))]


def _judge(h: History, p: Pair, first: list[Write], second: list[Write]) -> Finding | None:
    lost = [(x, y) for x in first for y in second if x.register == y.register and x.eL < y.sE and _undone(h, x, y)]
    if not lost:
        return None
    x, y = lost[0]
    services = sorted({w.register for w, _ in lost})
    return Finding(
        CLASS,
        "high",
        p.definite,
        p.a.stack,
        tuple(sorted((x.run or "", y.run or ""))),
        f"run {x.run}'s {h.stamps.named(x.value)} on {', '.join(services)} was overwritten with {h.stamps.named(y.value)} by run {y.run}, "
        f"whose deploy {at_least_at_most(p.at_least, p.at_most, p.definite).replace('overlapped', 'overlapped it', 1)}",
        t_lo=x.sE,
        t_hi=y.eL,
        missing=() if p.definite else ("times that show whether the two deploys overlapped",),
        facts={
            "services": services,
            "first": of_write(h, x),
            "second": of_write(h, y),
            "done": ids(x.deploy.row["done_id"] if x.deploy else None),
            "extents": ids(*(d.row[name] for d in (p.a, p.b) for name in ("start_id", "end_id"))),
        },
    )


def _undone(h: History, x: Write, y: Write) -> bool:
    """Whether the first deploy reported success, the second ended, and their values differ."""
    told = x.deploy is not None and x.deploy.outcome == "ok" and x.deploy.ended and y.deploy is not None and y.deploy.ended
    return told and h.stamps.same(x.value, y.value) is False


def explain(f: Finding) -> list[Step]:
    """The write, its success, and what came over it."""
    first, second = f.facts["first"], f.facts["second"]
    return [write_said(first), (f"run {first['run']} reported its deploy as done", list(f.facts["done"])), write_said(second)]


def others(f: Finding) -> list[Other]:
    """That the first deploy had failed, that swarm put the value back, and that the one came after the other."""
    first, second = f.facts["first"], f.facts["second"]
    apart = "the two deploys overlapped" if f.proven else "the bounds of their times leave room for it"
    return [
        Other("a first deploy that failed", f"run {first['run']} reported it as done", f.facts["done"] or list(first["evidence"])),
        Other("swarm-rollback", f"the value that came over it is what run {second['run']}'s own deploy stamped", list(second["evidence"])),
        Other("one after the other", apart, ids(f.facts["extents"]), f.missing),
    ]
