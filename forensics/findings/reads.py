"""The findings about identity reads: one class per cause, each read judged once."""

from __future__ import annotations

from forensics.correlate.model import Read
from forensics.correlate.reconstruct import History
from forensics.findings.finding import Finding

CLASSES = ("drift-explained", "masked-drift", "aborted-read", "unattributed-read", "stale-read", "insufficient-evidence")
ABOUT = {
    "drift-explained": "A read differs from what was intended, and the writer of what was read is in evidence.",
    "masked-drift": "A check passed only because another's write landed: the run's own deploy had stamped something else.",
    "aborted-read": "A read saw the value of a deploy that reported failure.",
    "unattributed-read": "A read saw a value that no writer in evidence has written.",
    "stale-read": "A read saw a value that had been overwritten before the read began.",
    "insufficient-evidence": "Several writers, or an unknown one, can have left the value read; or there is nothing to judge.",
}
ADVICE = {
    "drift-explained": "Follow the writer named: that deploy, not the one checked, put the value there.",
    "masked-drift": "Do not trust the PASS: compare the stamp that the deploy took with the commit under test.",
    "aborted-read": "Treat the stack as unknown after a failed deploy, and redeploy it.",
    "unattributed-read": "Look for a writer outside the evidence: another host, a reconciler, a person.",
    "stale-read": "Read again from the manager, and compare Version.Index.",
    "insufficient-evidence": "Collect what is listed as missing, ingest it, and ask again.",
}


def find(h: History) -> list[Finding]:
    """One finding per read that drifted, or passed for the wrong reason."""
    found = [f for r in h.reads if (f := _judge(h, r)) is not None]
    if not h.reads and (h.deploys or h.writes):
        ids = [d.row["start_id"] for d in h.deploys][:3] or [e for w in h.writes[:3] for e in w.evidence]
        found.append(
            Finding(
                "insufficient-evidence",
                "info",
                False,
                None,
                tuple(sorted({d.run for d in h.deploys})),
                "no identity read is in evidence: nothing says what was observed",
                sub="no-reads",
                missing=("the harness's log with its identity reads, or docker service inspect of the stack",),
                evidence=ids,
            )
        )
    return found


def _judge(h: History, r: Read) -> Finding | None:
    runs = tuple(
        sorted({r.run, *(w.run for w in r.writers if w.run)} if r.cause in ("overwritten-by-peer", "removed-by-peer") else {r.run})
    )
    told = f"run {r.run} read {h.stamps.named(r.observed)} from {r.register}, and intended {h.stamps.named(r.intended)}"
    base = {"service": r.register, "t_lo": r.rE, "t_hi": r.rL}
    rejected = tuple((n, str(v["because"])) for n, v in r.hypotheses.items() if v["verdict"] == "REFUTED")
    because = [(told, [*r.evidence, *([r.inspect["event_id"]] if r.inspect else [])])]
    because += [(f"{w.by or 'an unknown writer'} wrote {h.stamps.named(w.value)}", w.evidence) for w in r.writers[:8]]
    if r.last is not None and r.last.row["taken_id"]:
        because.append((f"the run's own deploy took {h.stamps.named(r.taken)}", [r.last.row["taken_id"]]))
    if r.drift is False:
        own = r.taken
        if r.cause in ("overwritten-by-peer", "manual-update") and h.stamps.same(own, r.intended) is False:
            return Finding(
                "masked-drift",
                "high",
                r.certain,
                r.stack,
                runs,
                f"run {r.run}'s check passed on {h.stamps.named(r.observed)} that {r.writer_run or 'another'} wrote; its own deploy had taken {h.stamps.named(own)}",
                rejected=rejected,
                because=because,
                missing=() if r.certain else ("which write came last",),
                **base,
            )
        return None
    if not r.drift:
        return None
    if r.cause in ("overwritten-by-peer", "manual-update", "wrong-head", "aborted-write", "removed-by-peer"):
        if r.cause == "removed-by-peer":
            return None
        if r.cause == "aborted-write" and any(w.outcome == "fail" for w in r.writers):
            return Finding(
                "aborted-read",
                "high",
                r.certain,
                r.stack,
                runs,
                f"{told}: the value of a deploy that failed",
                rejected=rejected,
                because=because,
                **base,
            )
        sub = {"manual-update": "by-hand", "wrong-head": "by-input", "aborted-write": "by-omission"}.get(r.cause) or _sub(r)
        who = {
            "manual-update": "an update by hand",
            "wrong-head": "its own deploy, from a wrong HEAD",
            "aborted-write": "an older write: its own deploy left none",
        }.get(r.cause, f"run {r.writer_run}")
        proven = r.certain or r.cause == "wrong-head"
        return Finding(
            "drift-explained",
            "medium",
            proven,
            r.stack,
            runs,
            f"{told}; written by {who}",
            sub=sub,
            rejected=rejected,
            because=because,
            missing=() if proven else ("which write came last",),
            **base,
        )
    if r.cause in ("swarm-rollback", "manual-rollback"):
        return None
    if r.cause == "stale-read":
        return Finding(
            "stale-read",
            "medium",
            True,
            r.stack,
            runs,
            f"{told}; that value had been overwritten",
            rejected=rejected,
            because=because,
            **base,
        )
    if not r.writers and h.has_events:
        return Finding(
            "unattributed-read",
            "high",
            True,
            r.stack,
            runs,
            f"{told}; no writer of it is in evidence",
            rejected=rejected,
            because=because,
            **base,
        )
    missing = tuple(dict.fromkeys(m for v in r.hypotheses.values() if v["verdict"] == "NOT PROVEN" for m in v["missing"]))
    return Finding(
        "insufficient-evidence",
        "info",
        False,
        r.stack,
        runs,
        f"{told}; the evidence does not decide who wrote it",
        sub="ambiguous-attribution",
        rejected=rejected,
        because=because,
        missing=missing,
        **base,
    )


def _sub(r: Read) -> str:
    last = max(r.writers, key=lambda w: w.sE).deploy if r.writers else None
    if last is None or r.last is None:
        return "by-succession"
    return "by-concurrency" if last.sE < r.last.eL and r.last.sE < last.eL else "by-succession"
