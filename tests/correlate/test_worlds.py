"""What is said of played worlds, held against what happened in them: never wrong, and with whole evidence nearly always complete."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.world.any import Told, told
from tests.world.play import Truth, overlapped, truth

STANDS_FOR = {
    "swarm-rollback": "swarm-rollback",
    "manual-rollback": "manual-update",
    "manual-update": "manual-update",
    "overwritten-by-peer": "concurrency",
    "removed-by-peer": "concurrency",
    "wrong-head": "wrong-head",
    "aborted-write": "aborted-write",
    "vacuous": "vacuous",
}
WORLDS = {
    "full": range(40),
    "less": range(100, 132),
    "skew": range(200, 232),
    "cut": [*range(300, 340), 1078, 1112, 1140],
    "begun": range(400, 430),
    "gaps": [*range(400, 440), 1126, 1138],
}
CUT = ("cut", "begun", "gaps")  # what a log that stops or begins late, or a missing one, would have told is not held against it


@pytest.fixture(scope="module", params=list(WORLDS))
def worlds(request: pytest.FixtureRequest) -> tuple[str, list[Told]]:
    return request.param, list(told(WORLDS[request.param], request.param))


def reads(one: Told) -> list[tuple[Truth, dict]]:
    """Each read that happened and is told of, with what is said of it. A run of which nothing is told is nobody in evidence."""
    said = {(r["run"], r["ordinal"]): r for r in one.analysis.drift}
    found = []
    for seen in (seen for run in one.world.runs for seen in run.reads if (seen.run, seen.ordinal) in said):
        true = truth(one.world, seen)
        if true.writer in {run.plan.id for run in one.world.runs} and not any(p.startswith(f"runs/{true.writer}/") for p in one.files):
            cause = "manual-update" if true.cause == "overwritten-by-peer" else true.cause
            true = replace(true, writer="operator", cause=cause)
        found.append((true, said[seen.run, seen.ordinal]))
    return found


def test_no_read_is_lost_or_invented(worlds: tuple[str, list[Told]]) -> None:
    for one in worlds[1]:
        happened = {(seen.run, seen.ordinal) for run in one.world.runs for seen in run.reads}
        told_of = {(r["run"], r["ordinal"]) for r in one.analysis.drift}
        assert told_of <= happened if worlds[0] in CUT else told_of == happened, one.seed


def test_a_cause_or_a_writer_is_right_or_not_given(worlds: tuple[str, list[Told]]) -> None:
    for one in worlds[1]:
        for true, said in reads(one):
            assert said["drift"] in (true.drift, None), (one.seed, true)
            assert said["cause"] in (true.cause, "unattributed", "as-intended" if true.drift is False else None, "vacuous"), (
                one.seed,
                true,
            )
            if worlds[0] not in CUT:
                assert said["writer_run"] in (true.writer, None), (one.seed, true)


def test_no_false_hypothesis_is_proven_and_no_true_one_refuted(worlds: tuple[str, list[Told]]) -> None:
    for one in worlds[1]:
        for true, said in reads(one):
            proven = {name for name, h in said["hypotheses"].items() if h["verdict"] == "PROVEN"}
            refuted = {name for name, h in said["hypotheses"].items() if h["verdict"] == "REFUTED"}
            stands_for = STANDS_FOR.get(true.cause)
            assert proven <= {stands_for, "clock-error" if one.skews else None}, (one.seed, true)
            assert not true.drift or stands_for not in refuted, (one.seed, true)


def test_with_whole_evidence_nearly_every_read_is_explained(worlds: tuple[str, list[Told]]) -> None:
    how, all_told = worlds
    judged = [(said["cause"] == true.cause, said["writer_run"] == true.writer) for one in all_told for true, said in reads(one)]

    assert len(judged) > 100
    if how in ("full", "skew"):  # two untimed logs that wrote one value may be told apart by nothing
        assert sum(all(pair) for pair in judged) >= 0.95 * len(judged)


def test_a_definite_overlap_happened(worlds: tuple[str, list[Told]]) -> None:
    for one in worlds[1]:
        calls = [d for run in one.world.runs for d in run.deploys]
        happened = {tuple(sorted((a.run, b.run))) for n, a in enumerate(calls) for b in calls[n + 1 :] if overlapped(a, b)}
        said = [f for f in one.analysis.findings if f["class"] == "concurrent-deploys"]
        assert {tuple(f["runs"]) for f in said if f["verdict"] == "PROVEN"} <= happened, one.seed
        if worlds[0] in ("full", "less"):
            assert happened <= {tuple(f["runs"]) for f in said}, one.seed


def test_a_rollback_that_is_reported_happened(worlds: tuple[str, list[Told]]) -> None:
    for one in worlds[1]:
        happened = {w.service for w in one.world.swarm.writes if w.verb == "rollback"}
        said = {f["service"] for f in one.analysis.findings if f["class"] == "rolled-back-write"}
        assert said <= happened, one.seed
        if worlds[0] in ("full", "skew"):
            assert happened <= said, one.seed


def test_a_removal_by_a_peer_that_is_proven_happened(worlds: tuple[str, list[Told]]) -> None:
    for one in worlds[1]:
        removed = {(w.by, w.service.rpartition("_")[0]) for w in one.world.swarm.writes if w.verb == "remove"}
        told_of = {path.split("/")[1] for path in one.files if path.startswith("runs/")}
        removed |= {("nobody", stack) for by, stack in removed if by not in told_of}
        for f in one.analysis.findings:
            if f["class"] == "removed-by-peer" and f["verdict"] == "PROVEN":
                assert any((run, f["stack"]) in removed for run in [*f["runs"], "nobody"]), (one.seed, f["summary"])


def test_nobody_is_accused_where_every_writer_is_in_evidence(worlds: tuple[str, list[Told]]) -> None:
    for one in worlds[1]:
        assert not {"unattributed-read", "stale-read"} & {f["class"] for f in one.analysis.findings}, one.seed
        if not one.skews:
            assert "order-contradiction" not in {f["class"] for f in one.analysis.findings}, one.seed
