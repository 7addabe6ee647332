"""An upgrade that changed nothing: its check cannot have failed."""

from __future__ import annotations

from forensics.correlate.reconstruct import History
from forensics.findings.finding import Finding

CLASS = "vacuous-upgrade"
ABOUT = "An upgrade stamped what stood there already, so that a pass after it proves nothing."
ADVICE = "Compare base and head before the run; check that the stamp before the upgrade differs from the one after."


def find(h: History) -> list[Finding]:
    """One finding per upgrade whose stamp was there before it, by whomever."""
    found = []
    for d in h.deploys:
        if not d.upgrade or d.value is None:
            continue
        base = next((b for b in reversed(h.deploys) if b.run == d.run and b.n < d.n and b.verb == "deploy"), None)
        register = next((r.register for r in h.reads if r.run == d.run), f"{d.stack}_app")
        mine = [w for w in d.writes if w.register == register]
        before = [w for w in h.writes if w.register == register and mine and w.eL < mine[0].sE and w.outcome == "ok" and w.verb != "remove"]
        passed = any(e["kind"] == "check.pass" and e["run"] == d.run and "upgrade" in (e["attrs"] or "") for e in h.by_id.values())
        sub, other = None, None
        if base is not None and h.stamps.same(base.value, d.value):
            head = h.runs[d.run].ref if d.run in h.runs else None
            sub, other = (
                ("base-equals-head" if h.stamps.same(base.value, head) else "no-checkout"),
                base.row["taken_id"] or base.row["start_id"],
            )
        elif before and h.stamps.same(before[-1].value, d.value):
            sub, other = "same-stamp", before[-1].evidence[-1]
        if sub is None:
            continue
        what = "its own base deploy" if sub != "same-stamp" else f"run {before[-1].run}" if before[-1].run else str(before[-1].by)
        because = [
            (
                f"before the upgrade the stamp was {h.stamps.named(before[-1].value if sub == 'same-stamp' else base.value if base else None)}, by {what}",
                [other] if other else [],
            ),
            (f"the upgrade took {h.stamps.named(d.value)}", [x for x in (d.row["taken_id"], d.row["start_id"]) if x]),
        ]
        found.append(
            Finding(
                CLASS,
                "high" if passed else "medium",
                True,
                d.stack,
                (d.run,),
                f"the upgrade of run {d.run} stamped {h.stamps.named(d.value)}, which {what} had stamped already",
                sub=sub,
                service=register,
                t_lo=d.sE,
                t_hi=d.eL,
                because=because,
            )
        )
    return found
