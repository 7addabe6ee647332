"""HEAD of a work tree moved without a reflog line, or lines were removed: the chain of old and new does not join.

Term: own. The gap is definite; its cause is only possible, unless the tool's own output names the commit. Sub-classes:
`attributable` where a tool known to write no reflog meets the window; `rewritten` where the chain joins, but a line's own
message contradicts its `old`. Cannot tell an unlogged move from removed lines by the reflog alone, and a clean chain
does not exclude a move there and back.

References:
    https://git-scm.com/docs/git-reflog
    https://github.com/go-git/go-git (no reflog is written by its porcelain, v4.3.0 to v5.19.2)
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from forensics.correlate import trees
from forensics.correlate.attrs import attrs
from forensics.correlate.history import History
from forensics.correlate.model import INF, Deploy, bounded
from forensics.correlate.said import of_kind
from forensics.findings.facts import ids
from forensics.findings.finding import Finding, Other, Step
from forensics.wording import second, several

CLASS = "continuity-gap"
ABOUT = "A reflog line begins elsewhere than the line before it ended, or HEAD is not where the last line left it."
ADVICE = "abra moves HEAD through go-git, which writes no reflog. Give each run its own tree, or check HEAD right before a chaos deploy."
FULL = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
SLACK_US = 2_000_000  # between the clock of a log and that of the reflog


def find(h: History) -> list[Finding]:
    """One finding per break in one reflog of HEAD, and per line whose message contradicts it."""
    found, said = [], _checkouts(h) if h.moves else {}
    for _path, group in groupby(h.moves, key=lambda m: m["path"]):
        moves = list(group)
        key = moves[0]["key"]
        gaps = []
        for before, after in zip(moves, moves[1:], strict=False):
            old = after["a"].get("old") or ""
            if old != before["commit"] and old.strip("0") and before["commit"].strip("0"):
                gaps.append((before, after, old))
        head, at = _head(h, key)
        if head is not None and at is not None and moves[-1]["commit"].strip("0") and at != moves[-1]["commit"]:
            gaps.append((moves[-1], head, at))
        told = _once([_tools(h, said.get(key, []), before["at_us"], after.get("at_us"), to) for before, after, to in gaps])
        found += [_gap(h, key, *gap, tools) for gap, tools in zip(gaps, told, strict=True)]
        found += [_rewritten(key, m) for m in moves if _contradicts_itself(m)]
    return found


def _head(h: History, key: str | None) -> tuple[dict[str, Any] | None, str | None]:
    """HEAD as collected: its event and the commit; where it names a branch, the branch's."""
    head = h.heads.get(key or "")
    if head is None or head["commit"]:
        return head, head["commit"] if head else None
    refs = [e for e in of_kind(h, "ref.value") if trees.key(e["tree"]) == key and e["ref"] == _symbolic(head) and e["commit"]]
    return (refs[0], refs[0]["commit"]) if refs else (head, None)


def _symbolic(head: dict[str, Any]) -> str | None:
    return attrs(head["attrs"]).get("symbolic")


def _contradicts_itself(move: dict[str, Any]) -> bool:
    """Whether a checkout's message says that it moved from another commit than `old`: git writes both from one value."""
    said, old = move["a"].get("from") or "", move["a"].get("old") or ""
    return bool(FULL.fullmatch(said) and old.strip("0") and said != old)


def _gap(h: History, key: str | None, before: dict[str, Any], after: dict[str, Any], to: str, tools: list[dict[str, Any]]) -> Finding:
    lo, hi = before["at_us"], after.get("at_us")
    calls = [] if tools else _calls(h, key, lo, hi, to)
    runs = tuple(sorted({e["run"] for e in tools if e["run"]} or {d.run for d in calls}))
    return Finding(
        CLASS,
        "medium",
        True,
        None,
        runs,
        f"HEAD of {key} moved from {before['commit'][:8]} to {to[:8]} {_when(lo, hi)} without a reflog line, or lines were removed"
        + (f"; the tool of run {several(runs, ' or ')} names that commit" if tools else "")
        + (f"; compatible writer: abra app deploy, run {several(runs, ' or ')}" if calls else ""),
        sub="attributable" if runs else None,
        t_lo=lo,
        t_hi=hi,
        missing=() if tools else ("the tool's own line naming the commit (abra … --debug)",),
        facts={
            "tree": key,
            "from": before["commit"],
            "to": to,
            "window": [bounded(lo), bounded(hi)],
            "before": before["event_id"],
            "after": after["event_id"],
            "named": [{"run": e["run"], "ref": e["ref"], "evidence": e["event_id"]} for e in tools],
            "compatible": [{"run": d.run, "n": d.n, "evidence": ids(d.row["start_id"])} for d in calls],
        },
    )


def _when(lo: int | None, hi: int | None) -> str:
    """Between which seconds, as far as the lines around a gap say."""
    if lo is None or hi is None:
        return (
            "at a time that is not known" if lo is None and hi is None else f"after {second(lo)}" if hi is None else f"before {second(hi)}"
        )
    return f"at {second(lo)}" if second(lo) == second(hi) else f"between {second(lo)} and {second(hi)}"


@dataclass
class _Checkout:
    """The lines in which a call says that it checked a commit out, and within which time that lies."""

    name: str  # of the call, or of the line where it is no call's
    ref: str | None
    start: int = -INF
    end: int = INF
    lines: list[dict[str, Any]] = field(default_factory=list)


def _checkouts(h: History) -> dict[str | None, list[_Checkout]]:
    """By work tree, what the tools' own lines say of checkouts there.

    A line in the run's log has the window of that line; one in a file of the tool's output lies in the call that the file is of, and where
    the log has it too, at the log's.
    """
    found: dict[tuple[str | None, str, str | None], _Checkout] = {}
    for e in of_kind(h, "tree.checkout"):
        log, key = h.logs.get(e["run"] or ""), trees.key(e["tree"])
        row = log.place(e["event_id"]) if log is not None else None
        call = _call_of(h, e, row)
        name = call.id if call else e["event_id"]
        start, end = log.window(row) if log is not None and row is not None else (call.sE, call.eL) if call else (-INF, INF)
        told = found.setdefault((key, name, e["ref"]), _Checkout(name, e["ref"]))
        told.start, told.end = max(start, told.start), min(end, told.end)
        told.lines.append(e)
    by_tree: dict[str | None, list[_Checkout]] = defaultdict(list)
    for (key, _, _), told in found.items():
        by_tree[key].append(told)
    return by_tree


def _tools(h: History, said: list[_Checkout], lo: int | None, hi: int | None, to: str) -> dict[str, list[dict[str, Any]]]:
    """The tools' own lines that name the commit, where they can lie in the window; by the call that they are of, or the line itself."""
    late, early = INF if hi is None else hi + 999_999 + SLACK_US, -INF if lo is None else lo - SLACK_US
    found: dict[str, list[dict[str, Any]]] = {}
    for told in said:
        if told.start <= late and told.end >= early and h.stamps.same(told.ref, to):
            found.setdefault(told.name, []).extend(told.lines)
    return found


def _call_of(h: History, line: dict[str, Any], row: int | None) -> Deploy | None:
    """The call that printed a line: into the run's log, where `row` is its place, or into a file of its own."""

    def printed(d: Deploy) -> bool:
        start, end = d.row["start_at"], d.row["end_at"]
        if row is None:
            return d.row["tool_source"] == line["source_id"]
        return d.row["source_id"] is not None and start <= row and (end is None or row < end)

    return next((d for d in h.calls.get(line["run"] or "", ()) if printed(d)), None)


def _once(gaps: list[dict[str, list[dict[str, Any]]]]) -> list[list[dict[str, Any]]]:
    """The lines that may have closed each gap: one call moves HEAD once, so that what alone can have closed one gap closed no other."""
    gaps = [dict(calls) for calls in gaps]
    while True:
        alone = {next(iter(calls)) for calls in gaps if len(calls) == 1}
        left = [{c: lines for c, lines in calls.items() if len(calls) == 1 or c not in alone} or calls for calls in gaps]
        if left == gaps:
            return [[e for lines in calls.values() for e in lines] for calls in gaps]
        gaps = left


def _calls(h: History, key: str | None, lo: int | None, hi: int | None, to: str) -> list[Deploy]:
    """Calls on this tree in the window that asked for a release, which the tool checks out by itself; not those that asked for another commit."""
    return [
        d
        for d in h.deploys
        if d.verb == "deploy"
        and not d.row["chaos"]
        and d.row["asked"]
        and (trees.key(d.row["tree"]) or f"{d.run}/{_recipe(h, d)}") == key
        and (hi is None or d.sE <= hi + 999_999 + SLACK_US)
        and (lo is None or d.eL >= lo - SLACK_US)
        and h.stamps.same(d.row["asked"], to) is not False
    ]


def _recipe(h: History, d: Deploy) -> str | None:
    run = h.runs.get(d.run)
    return run.recipe if run else None


def _rewritten(key: str | None, move: dict[str, Any]) -> Finding:
    said, old = move["a"]["from"], move["a"]["old"]
    return Finding(
        CLASS,
        "medium",
        True,
        None,
        (),
        f"the reflog of {key} was rewritten: a line says that it moved from {said[:8]}, and records {old[:8]} as old",
        sub="rewritten",
        t_lo=move["at_us"],
        t_hi=move["at_us"],
        missing=("the reflog as it was before",),
        facts={"tree": key, "said": said, "old": old, "line": move["event_id"]},
    )


def explain(f: Finding) -> list[Step]:
    """Where one record left HEAD, where the next one finds it, and who may have moved it."""
    k = f.facts
    if f.sub == "rewritten":
        said = f"the message says that HEAD moved from {k['said'][:8]}; the same line has {k['old'][:8]} as its old value"
        return [(said, [k["line"]]), ("git writes both from one value; `git reflog delete --rewrite` changes only the second", [k["line"]])]
    steps = [
        (f"the reflog of {k['tree']} left HEAD at {k['from'][:8]}", [k["before"]]),
        (f"the next record finds it at {k['to'][:8]}", [k["after"]]),
    ]
    if k["named"]:
        runs = sorted({n["run"] for n in k["named"] if n["run"]})
        text = f"the tool of run {several(runs, ' or ')} said that it checked out {k['named'][0]['ref']} there, which writes no reflog line"
        steps.append((text, [n["evidence"] for n in k["named"]]))
    for n in k["compatible"]:
        only = "; only candidate" if len(k["compatible"]) == 1 else ""
        steps.append((f"compatible writer: deploy {n['n']} of run {n['run']} (go-git writes no reflog){only}", list(n["evidence"])))
    return steps


def others(f: Finding) -> list[Other]:
    """Lines that were removed, a renamed branch; of a rewritten line, a move that nobody logged."""
    k = f.facts
    if f.sub == "rewritten":
        return [Other("an unlogged move", "the ids of the lines join: it is this line's own message that disagrees", [k["line"]])]
    around = [k["before"], k["after"]]
    named = [n["evidence"] for n in k["named"]]
    why = (
        "the tool's own line says that it moved HEAD there"
        if named
        else "from outside, a removed line looks like a move that nobody logged"
    )
    return [
        Other("lines that were removed", why, named or around, f.missing),
        Other("a branch renamed, or an orphan checked out", "such a line has an id of zeros, and neither of these has", around),
    ]
