"""Each finding class with a case that has it, one that nearly has, and one that the evidence does not decide."""

from __future__ import annotations

import pytest

from tests.artefacts import Shown, inspect
from tests.evidence import APP, BASE, DOMAIN, HEAD, STACK, Log, Swarm, analysis, log_txt, reflog

A, B = f"{BASE[:8]}+U", f"{HEAD[:8]}+U"


def classes(files: dict[str, str], *, proven: bool = True) -> set[str]:
    return {f["class"] for f in analysis(files).findings if (f["verdict"] == "PROVEN") is proven}


def one_run(run: str = "r1", at: float = 0.0, **options: object) -> Log:
    """A run that deploys the base, reads, upgrades, reads, and tears down."""
    log = Log(run, **options).start(at)
    log.deploy(at + 1, at + 5, A).read(at + 6, A)
    return log.deploy(at + 10, at + 11, B, upgrade=True).read(at + 15, B).undeploy(at + 16, at + 20)


def its_swarm(at: float = 0.0) -> Swarm:
    return (
        Swarm()
        .create(at + 1.03)
        .update(at + 10.03)
        .state(at + 10.031, "updating")
        .state(at + 12, "completed", "updating")
        .remove(at + 16.5)
    )


def test_a_run_alone_is_as_intended_and_finds_nothing() -> None:
    a = analysis(one_run().file | its_swarm().file | log_txt("r1"))

    assert [(r["drift"], r["cause"], r["writer_run"]) for r in a.drift] == [(False, "as-intended", "r1")] * 2
    assert a.findings == []
    assert a.overlaps == []


def test_overlapping_deploys_are_definite_touching_ones_only_possible_and_distant_ones_none() -> None:
    def two(gap: float) -> set[tuple[str, str]]:
        x = Log("x").start(0).deploy(1, 5, A).read(20, A)
        y = Log("y").start(0).deploy(gap, gap + 4, A, onto=True).read(20, A)
        swarm = Swarm().create(1.03).update(gap + 0.03)
        return {(f["class"], f["verdict"]) for f in analysis(x.file | y.file | swarm.file).findings if f["class"] == "concurrent-deploys"}

    assert two(2.5) == {("concurrent-deploys", "PROVEN")}
    assert two(5.5) == {("concurrent-deploys", "NOT PROVEN")}
    assert two(60.0) == set()


def test_a_killed_run_may_overlap_but_is_never_said_to() -> None:
    x = Log("x").start(0).deploy(1, None, A)
    y = Log("y").start(8).deploy(9, 12, A, onto=True).read(13, A)
    swarm = Swarm().create(1.5).update(9.03)

    files = x.file | y.file | swarm.file

    assert "concurrent-deploys" not in classes(files)
    assert "concurrent-deploys" in classes(files, proven=False)


@pytest.mark.parametrize(
    ("after", "stranger", "writer"), [(0.1, None, "y"), (30.0, None, None), (0.1, reflog("ghost", (1, BASE, HEAD)), None)]
)
def test_what_follows_the_command_of_a_run_that_was_killed_there_is_its_write(after: float, stranger: dict | None, writer: str | None) -> None:
    x = Log("x").start(0).deploy(1, 5, A).read(60, B).undeploy(61, 65)
    y = Log("y").start(11).say(12, f"deploy_app: {DOMAIN}", f"$ abra app deploy {DOMAIN} -C -f -o -n --debug")
    files = x.file | y.file | Swarm().create(1.03).update(12 + after).remove(61.5).file | inspect("x", 59.95, Shown(B, 12 + after, index=20))

    read = next(r for r in analysis(files | (stranger or {})).drift if r["drift"])

    assert read["writer_run"] == writer
    assert read["hypotheses"]["concurrency"]["verdict"] == ("PROVEN" if writer else "NOT PROVEN")
    assert any("abra app deploy" in e["text"] for e in read["hypotheses"]["concurrency"]["evidence"]) is bool(writer)
    assert ("a person may have been, or a run" in read["hypotheses"]["manual-update"]["because"]) is (writer is None)


@pytest.mark.parametrize(("services", "writer"), [((APP, f"{STACK}_db"), "y"), ((APP,), None)])
def test_where_the_death_of_a_run_has_no_time_only_a_write_of_the_whole_stack_is_its(services: tuple[str, ...], writer: str | None) -> None:
    both = ("app", "db")
    x = Log("x").start(0).deploy(1, 5, A, services=both).deploy(10, 11, B, upgrade=True, services=both).read(60, A).undeploy(61, 65)
    y = Log("y", timed=False).start(11).say(12, f"deploy_app: {DOMAIN}", f"$ abra app deploy {DOMAIN} -C -f -o -n --debug")
    events = Swarm().create(1.03).create(1.04, f"{STACK}_db").update(10.03).update(10.04, f"{STACK}_db")
    for n, service in enumerate(services):
        events.update(20 + n / 100, service)
    files = x.file | y.file | events.remove(61.5).remove(61.51, f"{STACK}_db").file

    read = next(r for r in analysis(files).drift if r["drift"])

    assert read["writer_run"] == writer
    assert read["hypotheses"]["concurrency"]["verdict"] == ("PROVEN" if writer else "NOT PROVEN")


def test_a_peers_write_between_deploy_and_read_explains_the_drift() -> None:
    x = one_run("x")
    x.lines = [line.replace(f"chaos-version={B}", f"chaos-version={A}") if "deployed_identity" in line else line for line in x.lines]
    y = Log("y").start(11).deploy(12, 14, A, onto=True).read(14.5, A)
    swarm = Swarm().create(1.03).update(10.03).update(12.03).remove(16.5)

    a = analysis(x.file | y.file | swarm.file | log_txt("x"))

    drift = next(r for r in a.drift if r["run"] == "x" and r["ordinal"] == 1)
    assert (drift["cause"], drift["writer_run"]) == ("overwritten-by-peer", "y")
    assert drift["hypotheses"]["concurrency"]["verdict"] == "PROVEN"
    assert drift["hypotheses"]["swarm-rollback"]["verdict"] == "REFUTED"
    assert {"drift-explained", "unguarded-write"} <= {f["class"] for f in a.findings}


def test_an_automatic_rollback_after_a_failed_task_is_swarms() -> None:
    log = one_run()
    log.lines = [line.replace(f"chaos-version={B}", f"chaos-version={A}") if "deployed_identity" in line else line for line in log.lines]
    swarm = (
        Swarm()
        .create(1.03)
        .update(10.03)
        .state(10.031, "updating")
        .die(11.5)
        .state(11.6, "rollback_started", "updating")
        .state(12, "rollback_completed", "rollback_started")
        .remove(16.5)
    )

    a = analysis(log.file | swarm.file | log_txt("r1"))

    assert [(r["cause"], r["writer_run"]) for r in a.drift if r["drift"]] == [("swarm-rollback", "swarm")]
    assert next(r for r in a.drift if r["drift"])["hypotheses"]["swarm-rollback"]["verdict"] == "PROVEN"
    found = next(f for f in a.findings if f["class"] == "rolled-back-write")
    assert (found["sub"], found["runs"], found["severity"]) == ("silent", ["r1"], "high")


def test_a_rollback_whose_actor_is_not_shown_stays_not_proven_as_swarms() -> None:
    log = one_run()
    log.lines = [line.replace(f"chaos-version={B}", f"chaos-version={A}") if "deployed_identity" in line else line for line in log.lines]
    swarm = (
        Swarm()
        .create(1.03)
        .update(10.03)
        .state(10.031, "updating")
        .state(11.6, "rollback_started", "updating")
        .state(12, "rollback_completed", "rollback_started")
        .remove(16.5)
    )

    a = analysis(log.file | swarm.file | log_txt("r1"))

    read = next(r for r in a.drift if r["drift"])
    assert read["cause"] == "swarm-rollback"
    assert read["hypotheses"]["swarm-rollback"]["verdict"] == "NOT PROVEN"
    assert read["hypotheses"]["swarm-rollback"]["missing"]
    assert read["hypotheses"]["manual-update"]["verdict"] == "NOT PROVEN"


def test_a_rollback_that_did_not_start_from_updating_is_by_hand() -> None:
    log = one_run()
    log.lines = [line.replace(f"chaos-version={B}", f"chaos-version={A}") if "deployed_identity" in line else line for line in log.lines]
    swarm = (
        Swarm()
        .create(1.03)
        .update(10.03)
        .state(10.031, "updating")
        .state(11, "completed", "updating")
        .state(12.5, "rollback_started", "completed")
        .remove(16.5)
    )

    read = next(r for r in analysis(log.file | swarm.file | log_txt("r1")).drift if r["drift"])

    assert (read["cause"], read["writer_run"]) == ("manual-rollback", "operator")
    assert read["hypotheses"]["manual-update"]["verdict"] == "PROVEN"
    assert read["hypotheses"]["swarm-rollback"]["verdict"] == "REFUTED"


def test_a_paused_update_leaves_the_new_label_and_a_torn_stack() -> None:
    db = f"{STACK}_db"
    log = (
        Log("r1")
        .start(0)
        .deploy(1, 5, A, services=("app", "db"))
        .read(6, A)
        .deploy(10, 11, B, upgrade=True, services=("app", "db"))
        .read(15, B)
    )
    swarm = (
        Swarm()
        .create(1.03)
        .create(1.04, db)
        .update(10.03)
        .state(10.031, "updating")
        .update(10.04, db)
        .state(10.041, "updating", None, db)
        .state(12, "paused", "updating")
        .state(13, "completed", "updating", db)
    )

    a = analysis(log.file | swarm.file | log_txt("r1"))

    assert [r["drift"] for r in a.drift] == [False, False]
    assert [(f["class"], f["sub"]) for f in a.findings] == [("torn-stack", "paused")]


def test_a_rollback_that_pauses_is_no_paused_update_the_label_went_back() -> None:
    log = Log("r1").start(0).deploy(1, 5, A, services=("app", "db")).read(6, A).deploy(10, 11, B, upgrade=True, services=("app", "db")).read(15, A)
    swarm = (
        Swarm().create(1.03).create(1.04, f"{STACK}_db").update(10.03).state(10.031, "updating").update(10.04, f"{STACK}_db").die(11.5)
        .state(11.6, "rollback_started", "updating").die(12.9).state(13, "rollback_paused", "rollback_started")
    )  # fmt: skip

    a = analysis(log.file | swarm.file | log_txt("r1"))

    assert [(r["cause"], r["writer_run"]) for r in a.drift if r["drift"]] == [("swarm-rollback", "swarm")]
    assert [f["sub"] for f in a.findings if f["class"] == "torn-stack"] == ["partial-rollback"]


@pytest.mark.parametrize("again", [False, True])
def test_a_teardown_that_finds_nothing_removes_nothing_under_anybody(again: bool) -> None:
    x = Log("x").start(0).deploy(1, 5, A).read(6, A).undeploy(30, 34)
    y = Log("y").start(9).deploy(10, 11, B, onto=True).undeploy(60, 61)
    z = Log("z").start(19).deploy(20, 21, B, onto=True).read(40, B)
    if again:
        z.deploy(50, 51, B).read(52, B)
    z.undeploy(70, 71)
    files = x.file | y.file | z.file | Swarm().create(1.03).update(10.03).update(20.03).remove(30.5).file

    under = {tuple(f["runs"]) for f in analysis(files).findings if f["class"] == "removed-by-peer"}

    assert ("x", "y") in under
    assert (("y", "z") in under) is again


def test_a_teardown_under_a_live_peer_is_removed_by_peer_and_its_own_is_not() -> None:
    x = one_run("x")
    y = Log("y").start(11).deploy(12, 14, B, onto=True).read(25, B)
    files = x.file | y.file | Swarm().create(1.03).update(10.03).update(12.03).remove(16.5).file

    assert "removed-by-peer" in classes(files)
    assert "removed-by-peer" not in classes(one_run("x").file | its_swarm().file)


def test_what_stands_above_a_read_that_saw_the_stack_was_over_before_its_removal() -> None:
    x = Log("x").start(0).deploy(1, 5, A).read(6, A).deploy(19.9, 20.1, A, upgrade=True).undeploy(20.3, 24)
    y = Log("y", timed=False).start(11).deploy(12, 14, B, onto=True)
    events = Swarm().create(1.03).update(12.03).update(20.03).remove(20.5)
    seen = inspect("y", 20.0, Shown(B, 12.03, index=20))

    def under(log: Log) -> bool:
        return "removed-by-peer" in classes(x.file | log.file | events.file | seen, proven=False)

    assert not under(y.read(20, B))
    assert under(y.deploy(20, 26, B, onto=True))


def test_a_gap_in_the_reflog_is_seen_and_a_joined_chain_is_not() -> None:
    gap = reflog("r1", (0, BASE, HEAD), (9, BASE, HEAD))
    joined = reflog("r1", (0, BASE, HEAD), (1, HEAD, BASE), (9, BASE, HEAD))

    assert "continuity-gap" in classes(one_run().file | its_swarm().file | gap)
    assert "continuity-gap" not in classes(one_run().file | its_swarm().file | joined)
    head = {"recipes/r1/discourse/git/HEAD": BASE}
    unended = {path: text[:-1] for path, text in reflog("r1", (0, BASE, HEAD), (9, HEAD, BASE)).items()}
    assert "continuity-gap" not in classes(one_run().file | its_swarm().file | unended | head)


@pytest.mark.parametrize(("names", "found"), [(("a.lock", "a.lock"), False), (("a.lock", "b.lock"), True), (("a.lock", None), True)])
def test_writes_are_guarded_only_by_a_lock_common_to_all(names: tuple[str, str | None], found: bool) -> None:
    files: dict[str, str] = {}
    for n, name in enumerate(names):
        log = Log(f"r{n}").start(n * 40)
        if name:
            log.lock(n * 40 + 0.5, "acquired", name)
        log.deploy(n * 40 + 1, n * 40 + 5, A, onto=n > 0).read(n * 40 + 6, A)
        if name:
            log.lock(n * 40 + 8, "released", name)
        files |= log.file
    files |= Swarm().create(1.03).update(41.03).file

    assert ("unguarded-write" in classes(files)) is found


def test_a_clock_that_is_wrong_is_found_and_the_order_put_right() -> None:
    right, wrong = one_run(), one_run(skew=-37.0)

    a = analysis(wrong.file | its_swarm().file)

    assert "order-contradiction" not in classes(right.file | its_swarm().file)
    assert "order-contradiction" in {f["class"] for f in a.findings}
    assert [r["writer_run"] for r in a.drift] == ["r1", "r1"]


def test_a_log_in_another_zone_is_no_contradiction() -> None:
    a = analysis(one_run(skew=2 * 3600.0).file | its_swarm().file)

    assert a.findings == []
    assert [r["cause"] for r in a.drift] == ["as-intended"] * 2


def test_a_wrong_head_is_the_runs_own_doing() -> None:
    log = Log("r1").start(0).deploy(1, 5, A).read(6, A).deploy(10, 11, A, upgrade=True).read(15, A)

    a = analysis(log.file | Swarm().create(1.03).update(10.03).remove(30).file | log_txt("r1"))

    drift = a.drift[1]
    assert (drift["cause"], drift["writer_run"]) == ("wrong-head", "r1")
    assert drift["hypotheses"]["wrong-head"]["verdict"] == "PROVEN"
    assert "vacuous-upgrade" in {f["class"] for f in a.findings}


def test_a_check_that_passed_by_a_peers_write_is_masked_drift() -> None:
    x = Log("x").start(0).deploy(1, 5, A).read(6, A).deploy(10, 11, A, upgrade=True).read(20, B)
    y = Log("y").start(11).deploy(14, 16, B, onto=True).read(18, B)

    a = analysis(x.file | y.file | Swarm().create(1.03).update(10.03).update(14.03).remove(40).file | log_txt("x"))

    passed = next(r for r in a.drift if r["run"] == "x" and r["ordinal"] == 1)
    assert (passed["drift"], passed["cause"], passed["writer_run"]) == (False, "overwritten-by-peer", "y")
    assert "masked-drift" in {f["class"] for f in a.findings if f["verdict"] == "PROVEN"}


def test_a_value_that_nobody_wrote_is_unattributed() -> None:
    log = Log("r1").start(0).deploy(1, 5, A).read(6, A).deploy(10, 11, B, upgrade=True).read(15, "0123abcd+U")

    a = analysis(log.file | Swarm().create(1.03).update(10.03).remove(30).file | log_txt("r1"))

    assert a.drift[1]["cause"] == "unattributed"
    assert "unattributed-read" in {f["class"] for f in a.findings}


def test_a_stack_that_outlives_its_claimed_teardown_is_leaked() -> None:
    stayed = Swarm().create(1.03).update(10.03).state(30, "completed", "updating")

    assert "leaked-stack" in classes(one_run().file | stayed.file)
    assert "leaked-stack" not in classes(one_run().file | its_swarm().file)


def test_a_refused_update_leaves_the_older_write_of_the_same_run() -> None:
    log = (
        Log("r1")
        .start(0)
        .deploy(1, 5, A)
        .read(6, A)
        .deploy(10, 11, B, upgrade=True, fatal=f"failed to update service {APP}: update out of sequence")
        .read(15, A)
    )

    a = analysis(log.file | Swarm().create(1.03).remove(30).file | log_txt("r1"))

    assert a.drift[1]["cause"] == "aborted-write"
    assert a.drift[1]["hypotheses"]["aborted-write"]["verdict"] == "PROVEN"


def test_no_reads_are_said_to_be_missing() -> None:
    a = analysis(Log("r1").start(0).deploy(1, 5, A).file)

    assert [(f["class"], f["sub"], f["verdict"]) for f in a.findings] == [("insufficient-evidence", "no-reads", "NOT PROVEN")]


def test_an_untimed_log_is_bounded_by_what_swarm_saw() -> None:
    a = analysis(one_run(timed=False).file | its_swarm().file | log_txt("r1"))

    assert [(r["cause"], r["writer_run"]) for r in a.drift] == [("as-intended", "r1")] * 2
    assert a.deploys["sE"].null_count() >= 0
    assert [f for f in a.findings if f["verdict"] == "PROVEN"] == []


def test_every_finding_says_why_and_what_to_do() -> None:
    a = analysis(
        one_run("x").file
        | Log("y").start(11).deploy(12, 14, A, onto=True).read(25, A).file
        | Swarm().create(1.03).update(10.03).update(12.03).remove(16.5).file
    )

    assert a.findings
    for f in a.findings:
        assert f["evidence"], f["class"]
        assert f["explain"] or f["evidence"]
        assert f["advice"].endswith(".")
        assert f["verdict"] == "PROVEN" or f["missing"], f["class"]


def test_two_findings_told_in_the_same_words_have_names_of_their_own() -> None:
    gaps = reflog("r1", (9, BASE, HEAD), (9, BASE, HEAD), (9, BASE, HEAD))

    found = [f for f in analysis(one_run().file | its_swarm().file | gaps).findings if f["class"] == "continuity-gap"]

    assert len(found) == 2
    assert len({f["summary"] for f in found}) == 1
    assert len({f["id"] for f in found}) == 2
