"""A read saw the value of something that had reported failure.

Term: G1a (Adya; Elle). Sub-class `head`: a checkout failed and had moved HEAD all the same (go-git sets HEAD before it looks
for unstaged changes), and a later deploy took that commit. Cannot conclude that the failed write is complete.

References:
    https://github.com/go-git/go-git/issues/511
"""

from __future__ import annotations

from forensics.correlate import trees
from forensics.correlate.history import History
from forensics.correlate.model import Deploy
from forensics.findings import judged
from forensics.findings.drift_explained import failed_write_read
from forensics.findings.facts import deploy_said, ids, of_deploy
from forensics.findings.finding import Finding, Other, Step

CLASS = "aborted-read"
ABOUT = "A read saw the value of a deploy, or a deploy the HEAD of a checkout, that had reported failure."
ADVICE = "Treat the stack as unknown after a failed deploy, and the tree after a failed checkout: redeploy, or check out again."


def find(h: History) -> list[Finding]:
    """One finding per drifted read of a failed deploy's value, and per deploy from a HEAD that a failed checkout left."""
    found = [
        judged.about(
            h,
            r,
            CLASS,
            "high",
            r.certain,
            f"{judged.told(h, r)}: the value of a deploy that failed",
            missing=() if r.certain else ("which write came last",),
            runs=tuple(sorted({r.run, *(w.run for w in r.writers if w.run)})),
        )
        for r in h.reads
        if r.drift and failed_write_read(r)
    ]
    return found + [f for d in h.deploys if (f := _of_head(h, d)) is not None]


def _refused(h: History, run: str) -> list[Deploy]:
    """The calls of a run that a dirty tree stopped."""
    if ("refused", run) not in h.kept:
        h.kept["refused", run] = [x for x in h.calls[run] if x.row["error_kind"] == "dirty-tree"]
    return h.kept["refused", run]


def _of_head(h: History, d: Deploy) -> Finding | None:
    """The deploy took the release that an earlier call failed to check out, and nothing in its log checked it out since."""
    log = h.logs.get(d.run)
    if d.verb != "deploy" or not d.row["chaos"] or d.value is None or log is None or d.row["source_id"] is None:
        return None
    ref = h.runs[d.run].ref if d.run in h.runs else None
    failed = [x for x in _refused(h, d.run) if x.n < d.n and h.stamps.same(x.row["asked"], d.value) and _one_tree(x, d)]
    if not failed or h.stamps.same(d.value, ref) is not False:
        return None
    x = failed[-1]
    since = [c for c in log.of_kind("checkout") if x.row["start_at"] < c["at"] < d.row["start_at"]]
    if any(h.stamps.same(c["commit"], d.value) for c in since):
        return None
    proven = not since
    return Finding(
        CLASS,
        "high",
        proven,
        d.stack,
        (d.run,),
        f"deploy {d.n} of run {d.run} took {h.stamps.named(d.value)}, the release whose checkout had failed: HEAD had moved all the same",
        sub="head",
        t_lo=d.sE,
        t_hi=d.eL,
        missing=() if proven else ("HEAD right before the deploy",),
        facts={
            "failed": of_deploy(h, x) | {"evidence": ids(x.row["start_id"], x.row["error_id"])},
            "error": x.row["error"],
            "took": of_deploy(h, d),
        },
    )


def _one_tree(x: Deploy, d: Deploy) -> bool:
    a, b = trees.key(x.row["tree"]), trees.key(d.row["tree"])
    return a is None or b is None or a == b


def explain(f: Finding) -> list[Step]:
    """The failed write, and the read of its value."""
    if f.sub != "head":
        return judged.steps(f)
    failed, took = deploy_said(f.facts["failed"]), deploy_said(f.facts["took"])
    return [
        (f"{failed[0]}; it failed: {f.facts['error']}", failed[1]),
        ("a failed checkout by go-git has set HEAD before it looks for unstaged changes", failed[1][-1:]),
        took,
    ]


def others(f: Finding) -> list[Other]:
    """The other hypotheses about the read; of a deploy, that HEAD came there in another way."""
    if f.sub != "head":
        return judged.others(f)
    took = list(f.facts["took"]["evidence"])
    again = (
        "nothing in the run's log checks anything out between the failure and the deploy"
        if f.proven
        else "the run checked out more in between"
    )
    return [Other("another checkout", again, ids(f.facts["failed"]["evidence"], took), f.missing)]
