"""What is said of played worlds, held against what happened in them: never wrong, and with whole evidence nearly always complete."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.argued import argued
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
    "full": range(30),
    "less": [*range(100, 124), 7068],
    "skew": [*range(200, 232), 5032, 5069],
    "cut": [*range(300, 326), 1078, 1112, 1140, 5035],
    "begun": range(400, 430),
    "gaps": [*range(400, 426), 1126, 1138, 5029],
}
CUT = ("cut", "begun", "gaps")  # what a log that stops or begins late, or a missing one, would have told is not held against it


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


def no_read_is_lost_or_invented(how: str, one: Told) -> None:
    happened = {(seen.run, seen.ordinal) for run in one.world.runs for seen in run.reads}
    told_of = {(r["run"], r["ordinal"]) for r in one.analysis.drift}
    assert told_of <= happened if how in CUT else told_of == happened, one.seed


def a_cause_or_a_writer_is_right_or_not_given(how: str, one: Told) -> None:
    for true, said in reads(one):
        assert said["drift"] in (true.drift, None), (one.seed, true)
        assert said["cause"] in (true.cause, "unattributed", "as-intended" if true.drift is False else None, "vacuous"), (
            one.seed,
            true,
        )
        if how not in CUT:
            assert said["writer_run"] in (true.writer, None), (one.seed, true)


def no_false_hypothesis_is_proven_and_no_true_one_refuted(how: str, one: Told) -> None:
    for true, said in reads(one):
        proven = {name for name, h in said["hypotheses"].items() if h["verdict"] == "PROVEN"}
        refuted = {name for name, h in said["hypotheses"].items() if h["verdict"] == "REFUTED"}
        stands_for = STANDS_FOR.get(true.cause)
        assert proven <= {stands_for, "clock-error" if one.skews else None}, (one.seed, true)
        assert not true.drift or stands_for not in refuted, (one.seed, true)


def with_whole_evidence_nearly_every_read_is_explained(how: str, worlds: list[Told]) -> None:
    judged = [(said["cause"] == true.cause, said["writer_run"] == true.writer) for one in worlds for true, said in reads(one)]

    assert len(judged) > 100
    if how in ("full", "skew"):  # two untimed logs that wrote one value may be told apart by nothing
        assert sum(all(pair) for pair in judged) >= 0.95 * len(judged)


def a_definite_overlap_happened(how: str, one: Told) -> None:
    calls = [d for run in one.world.runs for d in run.deploys]
    happened = {tuple(sorted((a.run, b.run))) for n, a in enumerate(calls) for b in calls[n + 1 :] if overlapped(a, b)}
    said = [f for f in one.analysis.findings if f["class"] == "concurrent-deploys"]
    assert {tuple(f["runs"]) for f in said if f["verdict"] == "PROVEN"} <= happened, one.seed
    if how in ("full", "less"):
        assert happened <= {tuple(f["runs"]) for f in said}, one.seed


def a_rollback_that_is_reported_happened(how: str, one: Told) -> None:
    happened = {w.service for w in one.world.swarm.writes if w.verb == "rollback"}
    said = {f["service"] for f in one.analysis.findings if f["class"] == "rolled-back-write"}
    assert said <= happened, one.seed
    if how in ("full", "skew"):
        assert happened <= said, one.seed


def a_removal_by_a_peer_that_is_proven_happened(how: str, one: Told) -> None:
    removed = {(w.by, w.service.rpartition("_")[0]) for w in one.world.swarm.writes if w.verb == "remove"}
    told_of = {path.split("/")[1] for path in one.files if path.startswith("runs/")}
    removed |= {("nobody", stack) for by, stack in removed if by not in told_of}
    for f in one.analysis.findings:
        if f["class"] == "removed-by-peer" and f["verdict"] == "PROVEN":
            assert any((run, f["stack"]) in removed for run in [*f["runs"], "nobody"]), (one.seed, f["summary"])


def nobody_is_accused_where_every_writer_is_in_evidence(how: str, one: Told) -> None:
    assert not {"unattributed-read", "stale-read"} & {f["class"] for f in one.analysis.findings}, one.seed
    if not one.skews:
        assert "order-contradiction" not in {f["class"] for f in one.analysis.findings}, one.seed


def every_statement_cites_a_line_and_every_rival_is_rejected_or_left_open(how: str, one: Told) -> None:
    for f in one.analysis.findings:
        argued(f)


CLAIMS = (
    no_read_is_lost_or_invented,
    a_cause_or_a_writer_is_right_or_not_given,
    no_false_hypothesis_is_proven_and_no_true_one_refuted,
    a_definite_overlap_happened,
    a_rollback_that_is_reported_happened,
    a_removal_by_a_peer_that_is_proven_happened,
    nobody_is_accused_where_every_writer_is_in_evidence,
    every_statement_cites_a_line_and_every_rival_is_rejected_or_left_open,
)


@pytest.mark.parametrize("how", WORLDS)
def test_what_is_said_of_played_worlds_is_true(how: str) -> None:
    """Together, for playing the worlds takes longer than asking of them."""
    worlds = list(told(WORLDS[how], how))
    for one in worlds:
        for claim in CLAIMS:
            claim(how, one)
    with_whole_evidence_nearly_every_read_is_explained(how, worlds)
