"""HEAD of a work tree moved without a reflog line, or lines were removed: the chain of old and new does not join."""

from __future__ import annotations

from itertools import groupby

from forensics.correlate import trees
from forensics.correlate.reconstruct import History
from forensics.findings.finding import Finding

CLASS = "continuity-gap"
ABOUT = "A reflog line begins elsewhere than the line before it ended, or HEAD is not where the last line left it."
ADVICE = "abra moves HEAD through go-git, which writes no reflog. Give each run its own tree, or check HEAD right before a chaos deploy."
ZERO = "0" * 40


def find(h: History) -> list[Finding]:
    """One finding per break in one reflog of HEAD."""
    found = []
    for _path, group in groupby(h.moves, key=lambda m: m["path"]):
        moves = list(group)
        key = moves[0]["key"]
        for before, after in zip(moves, moves[1:], strict=False):
            old = after["a"].get("old") or ""
            if old != before["commit"] and old.strip("0") and before["commit"].strip("0"):
                found.append(_finding(h, key, before, after, old))
        head = h.heads.get(key or "")
        if head is not None and head["commit"] and head["commit"] != moves[-1]["commit"]:
            found.append(_finding(h, key, moves[-1], head, head["commit"]))
    return found


def _finding(h: History, key: str | None, before: dict, after: dict, to: str) -> Finding:
    lo, hi = before["at_us"], after.get("at_us")
    tools = []
    for e in h.by_id.values():
        if e["kind"] == "tree.checkout" and trees.key(e["tree"]) == key and h.stamps.same(e["ref"], to):
            log = h.logs.get(e["run"] or "")
            at = None
            if log is not None and log.clock.source_id == e["source_id"]:
                row = log.rows.filter(log.rows["event_id"] == e["event_id"])
                at = log.window(int(row["at"][0])) if len(row) else None
            if at is None or ((hi is None or at[0] <= hi + 2_999_999) and (lo is None or at[1] >= lo - 2_000_000)):
                tools.append(e)
    named = bool(tools)
    runs = tuple(sorted({e["run"] for e in tools if e["run"]}))
    because = [
        (f"the reflog of {key} left HEAD at {before['commit'][:12]}", [before["event_id"]]),
        (f"the next record finds it at {to[:12]}", [after["event_id"]]),
    ]
    if named:
        because.append(
            (
                f"the tool of run {' or '.join(runs)} said that it checked out {tools[0]['ref']} there, which writes no reflog line",
                [e["event_id"] for e in tools],
            )
        )
    return Finding(
        CLASS,
        "medium",
        True,
        None,
        runs,
        f"HEAD of {key} moved from {before['commit'][:12]} to {to[:12]} without a reflog line, or lines were removed"
        + (f"; the tool of run {' or '.join(runs)} names that commit" if named else ""),
        sub="attributable" if named else None,
        t_lo=lo,
        t_hi=hi,
        missing=() if named else ("the tool's own line naming the commit (abra … --debug)",),
        because=because,
    )
