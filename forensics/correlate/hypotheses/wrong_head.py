"""H3: the own deploy was stamped from another commit than intended, because HEAD was elsewhere."""

from __future__ import annotations

from forensics.correlate import trees
from forensics.correlate.hypotheses.answer import Answer, not_proven, proven, refuted
from forensics.correlate.hypotheses.scene import Scene, ids
from forensics.correlate.model import Deploy
from forensics.correlate.said import of_kind


def judge(scene: Scene) -> Answer:
    """Proven by a stamp that is not the intended one; refuted by one that is, or by the intended value in Spec after the deploy."""
    read, taken = scene.read, scene.named(scene.read.taken)
    if read.cause == "wrong-head" and read.taken is None:
        why = f"the deploy itself left {scene.named(read.observed)}, not {read.intended}; which HEAD it found is in no line of the tool"
        return proven(why, [*ids(read.writers), *scene.own_said, *scene.evidence])
    if read.cause == "wrong-head":
        how, moved = _who_moved_head(scene)
        why = f"the deploy itself took {taken}, not {read.intended}: {how}"
        return proven(why, [*scene.own_said[:1], *reversed(moved), *scene.own_said, *scene.evidence])
    if scene.taken_right is True:
        return refuted(f"the deploy took {taken}, the commit intended", scene.own_said)
    if (shown := scene.shown_after_deploy(read.intended)) is not None:
        though = f", though the deploy itself took {taken}" if scene.taken_right is False else ""
        said = scene.own_said if though else []
        return refuted(f"the service's Spec held the intended stamp after the deploy{though}", [shown["event_id"], *said])
    if scene.taken_right is False and scene.h.stamps.same(read.taken, read.observed) is not True:
        why = f"the deploy did take {taken}, but that is not what was read: another write came after it"
        return refuted(why, [*scene.own_said, *scene.evidence])
    if (said := _resolved(scene)) is not None:
        return refuted(f"the deploy took {taken}, which the run's own checkout of {read.intended} had put there", [*scene.own_said, said])
    if read.taken is not None:
        why = f"the deploy took {taken}; which commit {read.intended or 'the one under test'} is, is not in evidence"
        return not_proven(why, [*scene.own_said, *scene.evidence], "the repository, to resolve names (refs, tags, git log)")
    missing = "the tool's `taking … version` line (--debug)", "HEAD at the deploy (reflog of the run's tree)"
    return not_proven("which commit the deploy took is not in evidence", scene.evidence, *missing)


def _resolved(scene: Scene) -> str | None:
    """The run's last checkout before the deploy, where it is of the name that was intended, and of the commit that was taken."""
    read, own = scene.read, scene.own
    log = scene.h.log_of(own) if own is not None else None
    if log is None or read.intended is None or read.taken is None:
        return None
    last = [r for r in log.of_kind("checkout") if r["at"] < own.row["start_at"]][-1:]
    row = scene.h.event(last[0]["event_id"]) if last else None
    return row["event_id"] if row and row["ref"] == read.intended and scene.h.stamps.same(row["commit"], read.taken) else None


def _who_moved_head(scene: Scene) -> tuple[str, list[str]]:
    """Who put the work tree where the own deploy found it, as far as a tool's own line or a reflog tells."""
    own, h, read = scene.own, scene.h, scene.read
    log = h.log_of(own) if own is not None else None
    tree = trees.key(own.row["tree"]) if own is not None else None
    if own is None or log is None or tree is None:
        return "HEAD was elsewhere when it ran", []
    rows = log.rows.to_dicts()[: own.row["start_at"]]
    mine = next((r for r in reversed(rows) if r["kind"] == "checkout"), None)
    if mine is None or not h.stamps.same(mine["commit"], read.intended):
        return "the run had not checked it out", [mine["event_id"]] if mine else []
    since = log.window(mine["at"])[0]
    if (peer := _peer_tool(scene, own, tree, since)) is not None:
        why = f"run {peer['run']} moved HEAD of the shared tree {tree} there, between this run's checkout and its deploy"
        return why, [mine["event_id"], peer["event_id"]]
    peers = _peer_checkouts(scene, own, tree, since)
    moved = [m for m in h.moves if m["key"] == tree and m["at_us"] is not None and since - 1_000_000 <= m["at_us"] <= own.eL]
    moved = [m["event_id"] for m in moved if h.stamps.same(m["commit"], read.taken)]
    if peers and len({e["run"] for e in peers}) == 1:
        why = f"run {peers[0]['run']} checked {peers[0]['ref']} out in the shared tree {tree}, between this run's checkout and its deploy"
        return why, [mine["event_id"], *moved[-1:], peers[-1]["event_id"]]
    if moved:
        return f"the reflog of {tree} has HEAD there, after this run's checkout", [mine["event_id"], *moved]
    asked = _peer_calls(scene, own, tree, since)
    if asked and len({d.run for d in asked}) == 1:
        how = "which moves HEAD even where it is refused for unstaged changes" if asked[-1].row["error_kind"] == "dirty-tree" else "by itself"
        why = f"run {asked[-1].run} had its tool check {asked[-1].row['asked']} out in the shared tree {tree}, {how}; of the runs in evidence only that one can have moved it"
        return why, [mine["event_id"], *(x for x in (asked[-1].row["error_id"], asked[-1].row["start_id"]) if x)]
    return "HEAD was elsewhere when it ran; who moved it is not in evidence", [mine["event_id"]]


def _peer_checkouts(scene: Scene, own: Deploy, tree: str, since: int) -> list[dict]:
    """The checkouts of the taken commit that other runs on this tree told, at a time that fits."""
    h = scene.h
    there = {d.run for d in h.deploys if trees.key(d.row["tree"]) == tree} - {scene.read.run}
    found = []
    for e in of_kind(h, "checkout"):
        log = h.logs.get(e["run"] or "")
        at = log.place(e["event_id"]) if log is not None and e["run"] in there else None
        if log is not None and at is not None and h.stamps.same(e["commit"], scene.read.taken):
            lo, hi = log.window(at)
            if hi >= since and lo <= own.eL:
                found.append(e)
    return found


def _peer_calls(scene: Scene, own: Deploy, tree: str, since: int) -> list[Deploy]:
    """Other runs' calls on this tree that asked for the taken release, which the tool checks out, at a time that fits; in the order of the runs."""
    there = (d for d in scene.h.deploys if d.run != scene.read.run and d.verb == "deploy" and not d.row["chaos"] and d.row["asked"])
    fitting = (d for d in there if trees.key(d.row["tree"]) == tree and d.eL >= since and d.sE <= own.eL)
    return [d for d in fitting if scene.h.stamps.same(d.row["asked"], scene.read.taken)]


def _peer_tool(scene: Scene, own: Deploy, tree: str, since: int) -> dict | None:
    """Another run's tool that said it checked the taken version out in this tree, at a time that fits."""
    h = scene.h
    for e in of_kind(h, "tree.checkout"):
        if trees.key(e["tree"]) != tree or e["run"] == scene.read.run or not h.stamps.same(e["ref"], scene.read.taken):
            continue
        log = h.logs.get(e["run"] or "")
        at = log.place(e["event_id"]) if log is not None else None
        if log is not None and at is not None:
            lo, hi = log.window(at)
            if hi >= since and lo <= own.eL:
                return e
    return None
