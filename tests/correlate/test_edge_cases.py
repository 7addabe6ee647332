"""The twenty cases that every answer must survive, each with its twins: numbered as in the correlator's specification."""

from __future__ import annotations

from itertools import product

import polars as pl
import pytest

from forensics.analysis import Analysis
from forensics.correlate.overlaps import overlapping_pairs
from tests.artefacts import Shown, calls, claim, inspect, junit, results
from tests.cli.conftest import typed
from tests.evidence import APP, BASE, DOMAIN, HEAD, STACK, T0, Log, Swarm, analysis, log_txt, reflog
from tests.findings import three
from tests.findings.three import BOTH, DB, A, B, Files, run, swarm


def found(files: Files, cls: str, *, proven: bool | None = True) -> list[dict]:
    return [f for f in analysis(files).findings if f["class"] == cls and proven in (None, f["verdict"] == "PROVEN")]


def classes(files: Files, *, proven: bool | None = None) -> set[str]:
    return {f["class"] for f in analysis(files).findings if proven in (None, f["verdict"] == "PROVEN")}


def read_of(a: Analysis, name: str, ordinal: int) -> dict:
    return next(r for r in a.drift if (r["run"], r["ordinal"]) == (name, ordinal))


# 1. A move by go-git between two git checkouts -----------------------------------------------------------------------


def test_01_a_move_without_a_line_is_a_gap_that_may_be_removed_lines() -> None:
    (gap,) = found(run().file | reflog("r1", (0, BASE, HEAD), (9, BASE, HEAD)), "continuity-gap")

    assert "without a reflog line, or lines were removed" in gap["summary"]
    assert len(gap["evidence"]) == 2


def test_01_a_line_deleted_without_rewriting_looks_the_same_and_is_said_to() -> None:
    whole = reflog("r1", (0, BASE, HEAD), (1, HEAD, BASE), (9, BASE, HEAD))
    (path, text), *_ = whole.items()
    cut = {path: "".join(line for n, line in enumerate(text.splitlines(keepends=True)) if n != 1)}

    assert found(run().file | whole, "continuity-gap") == []
    (gap,) = found(run().file | cut, "continuity-gap")
    assert "or lines were removed" in gap["summary"]


def test_01_a_line_deleted_with_rewriting_joins_but_its_message_contradicts_it() -> None:
    (path, text), *_ = reflog("r1", (0, BASE, HEAD), (9, HEAD, HEAD)).items()
    first, second = text.splitlines(keepends=True)
    rewritten = {path: first + second.replace(f"moving from {HEAD}", f"moving from {BASE}")}

    (tell,) = found(run().file | rewritten, "continuity-gap")

    assert (tell["sub"], tell["verdict"]) == ("rewritten", "PROVEN")


# 2. A failed checkout that moved HEAD ---------------------------------------------------------------------------------


def test_02_a_checkout_that_failed_and_moved_head_is_read_as_an_aborted_write() -> None:
    files = three.failed_head()

    (read,) = found(files, "aborted-read")
    assert read["sub"] == "head"
    assert "unattributed-read" not in classes(files)


# 3. An automatic rollback behind exit status 0 ------------------------------------------------------------------------


def test_03_a_rollback_shown_by_inspects_alone_is_silent_and_never_garbage() -> None:
    after = inspect("r1", 10.5, Shown(B, 10.03, prev=A, index=20, state="updating", started=10.03), why="post-redeploy")
    back = inspect("r1", 14.95, Shown(A, 11.6, index=24, state="rollback_completed", started=10.03, message="rollback completed"))
    files = run(last=A).file | after | back | log_txt("r1")

    (rollback,) = found(files, "rolled-back-write")
    assert (rollback["sub"], rollback["severity"], rollback["facts"]["actor"]) == ("silent", "high", "swarm")
    assert rollback["facts"]["actor_strength"] == "definite"
    assert "unattributed-read" not in classes(files)
    assert read_of(analysis(files), "r1", 1)["cause"] == "swarm-rollback"


def test_03_a_pause_keeps_the_new_label_over_old_tasks() -> None:
    log = Log("r1").start(0).deploy(1, 5, A, services=BOTH).read(6, A).deploy(10, 11, B, upgrade=True, services=BOTH).read(15, B)
    events = Swarm().create(1.03).create(1.04, DB).update(10.03).update(10.04, DB).state(10.05, "updating").state(12, "paused", "updating")
    files = log.file | events.die(40, code="0").file | log_txt("r1")

    assert [(f["sub"], f["service"]) for f in found(files, "torn-stack")] == [("paused", APP)]
    assert "rolled-back-write" not in classes(files)
    assert read_of(analysis(files), "r1", 1)["drift"] is False


# 4. A rollback that brings another run's value back -------------------------------------------------------------------


def test_04_a_rollback_restores_another_runs_value_and_its_check_passes() -> None:
    a = analysis(three.resurrected())

    (value,) = [f for f in a.findings if f["class"] == "resurrected-value"]
    assert value["runs"] == ["x", "y"]
    assert (value["facts"]["origin"]["run"], value["facts"]["reverted"]["run"]) == ("x", "y")
    assert read_of(a, "x", 0)["drift"] is False
    assert "masked-drift" not in {f["class"] for f in a.findings}


# 5. Both deploys refused after different services ---------------------------------------------------------------------


def both_refused() -> Files:
    """x writes app and is refused on db, y writes db and is refused on app, over what z had left."""
    z = Log("z").start(0).deploy(1, 3, "0c0ffee1+U", services=BOTH).read(4, "0c0ffee1+U")
    error = "failed to update service {}: Error response from daemon: rpc error: update out of sequence"
    x = calls(Log("x").start(9), 10, 25, A, (11, "app"), (20, "db"), fatal=error.format(DB))
    y = calls(Log("y").start(9), 10, 25, B, (14, "db"), (23, "app"), fatal=error.format(APP))
    events = Swarm().create(1.06).create(1.07, DB).update(11.02).update(14.02, DB).die(60, code="0")
    return z.file | x.file | y.file | events.file | log_txt("x")


def test_05_two_refused_deploys_leave_a_torn_stack_without_any_that_succeeded() -> None:
    files = both_refused()

    (torn,) = found(files, "torn-stack")
    assert (torn["sub"], torn["runs"]) == ("partial-write", ["x", "y"])
    assert len(found(files, "conflict-rejected")) == 2


def test_05_the_error_without_another_deploy_proves_no_second_one() -> None:
    files = three.refused()

    assert "conflict-rejected" in classes(files)
    assert "concurrent-deploys" not in classes(files)


# 6. One value by two runs ---------------------------------------------------------------------------------------------


def test_06_runs_that_wrote_one_value_cannot_be_told_apart_and_lose_nothing() -> None:
    x, y = (Log(name).start(0).deploy(1, 5, A, onto=name == "y").read(20, A) for name in "xy")
    a = analysis(x.file | y.file | Swarm().create(1.06).update(1.07).remove(60).file | log_txt("x"))

    assert "lost-write" not in {f["class"] for f in a.findings}
    assert {r["drift"] for r in a.drift} == {False}


# 7. Touching and equal times ------------------------------------------------------------------------------------------


def second(name: str, *lines: tuple[int, str]) -> Files:
    """A log with whole seconds."""
    from datetime import UTC, datetime

    text = "".join(f"{datetime.fromtimestamp(T0 + at, UTC):%Y-%m-%dT%H:%M:%SZ} {message}\n" for at, message in lines)
    return {f"runs/{name}/harness.log": text}


def whole(name: str, start: int, end: int, stamp: str) -> Files:
    return second(
        name,
        (start - 1, f"recipe-ci: RECIPE=discourse REF={HEAD} PR=2 SRC=rm/discourse stages=install quick=0"),
        (start, f"deploy_app: {DOMAIN}"),
        (start, f"$ abra app deploy {DOMAIN} -C -f -o -n --debug"),
        (start, f"DEBU <app/deploy.go:372> version: taking chaos version: {stamp}"),
        (end, f"INFO deploy succeeded: {DOMAIN}"),
        (end, f"deploy_app: done {DOMAIN}"),
    )


def test_07_an_end_and_a_start_in_one_second_may_overlap_and_are_never_said_to() -> None:
    assert [f["verdict"] for f in found(whole("x", 1, 5, A) | whole("y", 5, 9, B), "concurrent-deploys", proven=None)] == ["NOT PROVEN"]
    assert [f["verdict"] for f in found(whole("x", 1, 9, A) | whole("y", 4, 12, B), "concurrent-deploys", proven=None)] == ["PROVEN"]
    assert found(whole("x", 1, 5, A) | whole("y", 20, 25, B), "concurrent-deploys", proven=None) == []


@pytest.mark.parametrize(
    ("a", "b", "told"),
    [
        ((0, 0, 5, 5), (5, 5, 9, 9), None),  # abutting is no overlap
        ((0, 0, 9, 9), (5, 5, 5, 5), True),  # no length, inside
        ((2, 6, 4, 8), (0, 0, 9, 9), True),  # an empty core, and yet surely inside
        ((0, 0, 5, 6), (5, 5, 9, 9), False),  # the doubtful end reaches over
    ],
)
def test_07_abutting_no_length_and_an_empty_core(a: tuple[int, ...], b: tuple[int, ...], told: bool | None) -> None:
    rows = [("a", "s", "x", *a), ("b", "s", "y", *b)]
    pairs = overlapping_pairs(pl.DataFrame(rows, schema=["id", "key", "run", "sE", "sL", "eE", "eL"], orient="row")).pairs

    assert pairs["definite"].to_list() == ([] if told is None else [told])


# 8. Output without times ----------------------------------------------------------------------------------------------


def test_08_a_log_without_times_may_overlap_and_one_more_fact_makes_it_sure_but_never_less_so() -> None:
    x = Log("x").start(0).deploy(1, 9, A).read(20, A)
    y = Log("y", timed=False).start(0).deploy(0, 0, B, onto=True).read(0, B)
    blind = x.file | y.file
    seen = blind | Swarm().create(1.5).update(5.03).remove(60).file

    assert [f["verdict"] for f in found(blind, "concurrent-deploys", proven=None)] == ["NOT PROVEN"]
    (sure,) = found(seen, "concurrent-deploys", proven=None)
    assert sure["verdict"] == "PROVEN"
    bounded = [step for step in sure["explain"] if "states no time" in step["because"]]
    assert [step["because"].partition(" of run y ")[0] for step in bounded] == ["the start of deploy 0", "the end of deploy 0"]
    assert {e["path"] for step in bounded for e in step["evidence"]} >= {"docker-events.ndjson"}


# 9. A write that never ends -------------------------------------------------------------------------------------------


def test_09_a_killed_runs_value_is_attributed_to_it() -> None:
    x = Log("x").start(0).deploy(1, None, B)
    y = Log("y").start(8).read(13, B)
    a = analysis(x.file | y.file | Swarm().create(1.06).die(60, code="0").file | log_txt("x"))

    assert read_of(a, "y", 0)["writer_run"] == "x"
    assert not [f for f in a.findings if f["class"] == "unattributed-read"]


def test_09_a_killed_deploy_overwrites_nothing_for_sure() -> None:
    x = Log("x").start(0).deploy(1, 3, A).read(4, A)
    y = Log("y").start(8).deploy(9, None, B, onto=True)
    z = Log("z").start(20).read(30, A)
    a = analysis(x.file | y.file | z.file | log_txt("x"))

    (killed,) = [w for w in a.writes.iter_rows(named=True) if w["value"] == B]
    assert (killed["outcome"], killed["sure"]) == ("info", False)
    (read,) = [r for r in a.history.reads if r.run == "z"]
    assert {w.run for w in read.writers} == {"x"}


def test_09_nothing_overlaps_a_killed_run_after_its_death() -> None:
    x = Log("x").start(0).deploy(1, None, A)
    dead = results("x", 8, install="fail")
    y = Log("y").start(59).deploy(60, 64, B, onto=True).read(65, B)

    assert "concurrent-deploys" in classes(x.file | y.file)
    assert "concurrent-deploys" not in classes(x.file | y.file | dead)


# 10. Lock traps -------------------------------------------------------------------------------------------------------


def locked(
    name: str, at: float, lock: str, acquire: float, release: float | None, *, onto: bool = False, death: float | None = None
) -> Log:
    """A run with two deploys, at `at` and `at` + 10, and one hold."""
    log = Log(name)
    steps: list[tuple[float, str]] = [(at, "base"), (at + 10, "upgrade"), (acquire, "acquired")] + (
        [(release, "released")] if release else []
    )
    log.start(at - 5)
    for when, what in sorted(steps):
        if what in ("acquired", "released"):
            log.lock(when, what, lock)
        elif death is None or when < death:
            log.deploy(when, when + 3, A if what == "base" else B, upgrade=what == "upgrade", onto=onto)
    return log


@pytest.mark.parametrize(
    ("second_lock", "acquire", "release", "sub"),
    [
        ("app.lock", 105, 120, "late-acquire"),
        ("app.lock", 98, 106, "early-release"),
        ("other.lock", 98, 120, "scope-mismatch"),
        ("app.lock", 98, 120, None),
    ],
)
def test_10_a_lock_taken_late_released_early_or_of_another_key_guards_nothing(
    second_lock: str, acquire: float, release: float, sub: str | None
) -> None:
    files = locked("x", 10, "app.lock", 8, 30).file | locked("y", 100, second_lock, acquire, release, onto=True).file

    assert [f["sub"] for f in found(files, "unguarded-write")] == ([sub] if sub else [])


def test_10_a_lock_released_by_another_run_guards_nothing_from_then_on() -> None:
    x = locked("x", 10, "app.lock", 8, 30)
    y = Log("y").start(14).say(16, "lock: released app.lock")
    y = y.lock(90, "acquired").deploy(100, 103, A, onto=True).lock(120, "released")

    (hazard,) = found(x.file | y.file, "unguarded-write")

    assert hazard["sub"] == "foreign-release"
    assert any("released app.lock, which run x held" in step["because"] for step in hazard["explain"])


def test_10_two_holds_of_one_lock_at_once_are_a_broken_lock() -> None:
    files = locked("x", 10, "app.lock", 8, 30).file | locked("y", 12, "app.lock", 9, 30, onto=True).file

    assert found(files, "mutual-exclusion-failure")
    assert [f["sub"] for f in found(files, "unguarded-write")] == ["broken-lock"]


def test_10_a_lock_left_by_a_dead_run_holds_no_longer_than_its_process() -> None:
    x = locked("x", 10, "app.lock", 8, None)
    y = locked("y", 5000, "app.lock", 4990, 5030, onto=True)

    assert not classes(x.file | y.file) & {"mutual-exclusion-failure", "unguarded-write"}


def test_10_runs_that_share_a_lock_two_by_two_are_serialized_elsewhere() -> None:
    files: Files = {}
    for n, locks in enumerate((("ab", "ac"), ("ab", "bc"), ("ac", "bc"))):
        at = n * 100.0
        log = Log(f"r{n}").start(at)
        for name in locks:
            log.lock(at + 1, "acquired", f"{name}.lock")
        log.deploy(at + 5, at + 8, A, onto=n > 0)
        for name in locks:
            log.lock(at + 20, "released", f"{name}.lock")
        files |= log.file

    (hazard,) = found(files, "unguarded-write")

    assert (hazard["facts"]["serialized_elsewhere"], hazard["severity"]) == (True, "low")


# 11. Clocks -----------------------------------------------------------------------------------------------------------


def test_11_a_skewed_log_is_contradicted_with_the_least_offset() -> None:
    files = run(skew=-37.0).file | swarm().remove(30).file

    (clock,) = found(files, "order-contradiction")
    assert 30_000_000 <= clock["facts"]["offset_lo_us"] <= 37_100_000
    assert [r["writer_run"] for r in analysis(files).drift] == ["r1", "r1"]


def test_11_a_value_read_before_its_only_write_is_a_contradiction_not_garbage() -> None:
    files = three.garbage("0c0ffee1+U", later=True)

    (early,) = found(files, "order-contradiction")
    assert (early["sub"], early["runs"]) == ("read-before-write", ["r1", "y"])
    assert early["facts"]["offset_lo_us"] > 20_000_000
    assert "unattributed-read" not in classes(files)


@pytest.mark.parametrize("hours", [1, 2, -5, 5.5])
def test_11_a_log_without_a_zone_is_read_in_the_one_that_fits(hours: float) -> None:
    a = analysis(run(skew=hours * 3600).file | swarm().remove(30).file | log_txt("r1"))

    assert not [f for f in a.findings if f["class"] == "order-contradiction"]
    assert [r["cause"] for r in a.drift] == ["as-intended"] * 2


def test_11_a_committers_date_of_2001_is_the_reflogs_clock_and_orders_nothing() -> None:
    back = -(T0 - 1_000_000_000)
    files = run().file | swarm().remove(30).file | reflog("r1", (0, BASE, HEAD), (back, HEAD, BASE), (9, BASE, HEAD)) | log_txt("r1")

    assert "reflog-clock" in {f["sub"] for f in found(files, "order-contradiction")}
    assert "continuity-gap" not in classes(files)
    assert [r["cause"] for r in analysis(files).drift] == ["as-intended"] * 2


# 12. Label-only deploys and sticky states -----------------------------------------------------------------------------


def test_12_a_deploy_of_labels_alone_is_a_write_without_any_update_state() -> None:
    log = run()
    a = analysis(log.file | Swarm().create(1.03).update(10.03).remove(30).file | log_txt("r1"))

    assert [(w["verb"], w["value"]) for w in a.writes.iter_rows(named=True)][:2] == [("create", A), ("update", B)]
    assert read_of(a, "r1", 1)["cause"] == "as-intended"
    assert [f for f in a.findings if f["class"] == "rolled-back-write"] == []


def test_12_a_state_left_from_before_is_no_rollback_of_this_run() -> None:
    sticky = Shown(A, -400, DB, index=5, created=-1000, state="rollback_completed", started=-500, message="rollback completed")
    files = run().file | inspect("r1", 14.95, Shown(B, 10.03, prev=A, index=20), sticky) | log_txt("r1")

    assert not [f for f in found(files, "rolled-back-write", proven=None) if f["runs"]]
    assert read_of(analysis(files), "r1", 1)["cause"] != "swarm-rollback"


# 13. A rolling update -------------------------------------------------------------------------------------------------


def test_13_services_mixed_within_a_deploy_are_transient_and_at_rest_they_are_torn() -> None:
    assert "transient-mixed" in classes(three.half_way(11), proven=True)
    assert "torn-stack" not in classes(three.half_way(11))
    assert "torn-stack" in classes(three.torn(), proven=True)
    assert "transient-mixed" not in classes(three.torn())


# 14. An upgrade test seen by another run ------------------------------------------------------------------------------


def test_14_another_run_reads_the_value_half_way() -> None:
    (seen,) = found(three.intermediate(), "intermediate-read")

    assert (seen["severity"], seen["runs"]) == ("info", ["x", "y"])


def test_14_new_then_old_during_the_write_flickers() -> None:
    assert found(three.flickering(), "flicker")
    assert not found(three.flickering(A, B), "flicker", proven=None)
    assert not found(three.flickering(events=True), "flicker", proven=None)


# 15. Evidence that starts in the middle -------------------------------------------------------------------------------


def test_15_a_read_before_the_first_write_in_evidence_is_undecided_not_garbage() -> None:
    files = three.garbage(late_events=True)

    assert "unattributed-read" not in classes(files)
    assert {f["sub"] for f in found(files, "insufficient-evidence", proven=False)} == {"hole"}


def test_15_a_full_buffer_of_256_events_opens_a_hole_before_its_first() -> None:
    log = run(last="0123abcd+U")
    full = Swarm()
    for n in range(255):
        full.state(20 + n * 0.1, "updating", "completed")
    files = log.file | full.remove(60).file | log_txt("r1")

    assert "unattributed-read" not in classes(files)
    assert "insufficient-evidence" in classes(files)


# 16. Work trees -------------------------------------------------------------------------------------------------------


def test_16_two_clones_are_two_registers_and_a_line_from_a_commit_to_itself_is_no_gap() -> None:
    same = reflog("r1", (0, BASE, HEAD), (5, HEAD, HEAD), (9, HEAD, BASE))
    other = reflog("r2", (0, HEAD, BASE))

    assert "continuity-gap" not in classes(run().file | same | other)


def test_16_linked_worktrees_have_heads_of_their_own() -> None:
    own, linked = reflog("r1", (0, BASE, HEAD)), reflog("r1", (2, HEAD, BASE), (6, BASE, HEAD))
    ((_, text),) = linked.items()
    files = run().file | own | {"recipes/r1/discourse/git/worktrees/w1/logs/HEAD": text}

    assert "continuity-gap" not in classes(files)


def test_16_a_branch_that_moved_under_a_symbolic_head_is_a_gap() -> None:
    git = "recipes/r1/discourse/git"
    chain = reflog("r1", (0, BASE, HEAD))
    moved = {f"{git}/HEAD": "ref: refs/heads/main\n", f"{git}/refs/heads/main": f"{BASE}\n"}
    stayed = moved | {f"{git}/refs/heads/main": f"{HEAD}\n"}

    assert "continuity-gap" in classes(run().file | chain | moved)
    assert "continuity-gap" not in classes(run().file | chain | stayed)


# 17. Every final mixture ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [2, 3])
def test_17_two_deploys_cross_exactly_when_each_is_last_somewhere(n: int) -> None:
    names = ("app", "db", "redis")[:n]
    x = Log("x").start(0).deploy(1, 9, A, services=names, onto=True).read(20, A)
    y = Log("y").start(0).deploy(2, 9.5, B, services=names, onto=True).read(20, B)
    for mix in product((A, B), repeat=n):
        shown = [Shown(v, 5 + i, f"{STACK}_{s}", index=10 + i) for i, (s, v) in enumerate(zip(names, mix, strict=True))]
        files = x.file | y.file | inspect("x", 15, *shown, why="final") | log_txt("x")

        assert bool(found(files, "write-cycle")) is (len(set(mix)) == 2), mix


# 18. Explosion --------------------------------------------------------------------------------------------------------


def test_18_a_hundred_thousand_deploys_with_open_ends_are_counted_and_a_bounded_number_listed() -> None:
    n = 100_000
    frame = pl.DataFrame({"id": range(n)}).with_columns(
        key=pl.lit("s"),
        run=pl.col("id").cast(pl.String),
        sE=pl.col("id") * 100,
        sL=pl.col("id") * 100,
        eE=pl.col("id") * 100 + 50,
        eL=pl.when(pl.col("id") % 100 != 0).then(pl.col("id") * 100 + 50),
    )

    told = overlapping_pairs(frame, limit=1000)

    assert len(told.pairs) == 1000
    assert told.total == told.left_out + 1000
    assert told.total > 40_000_000


# 19. Nothing to judge -------------------------------------------------------------------------------------------------


def test_19_no_reads_are_said_to_be_missing_and_leave_with_a_status(tmp_path) -> None:
    log = Log("r1").start(0).deploy(1, 5, A)
    (name, text), *_ = log.file.items()
    (tmp_path / "harness.log").write_text(text)
    assert typed("ingest", tmp_path / "harness.log", "--case", tmp_path / "case", "--quiet").exit_code == 0

    assert {f["sub"] for f in found(log.file, "insufficient-evidence", proven=False)} == {"no-reads"}
    assert typed("drift", "--case", tmp_path / "case").exit_code == 1


def test_19_a_stamp_that_nothing_can_parse_is_void_not_drift() -> None:
    log = Log("r1").start(0).deploy(1, 5, A).read(6, "???")

    assert {r["drift"] for r in analysis(log.file | Swarm().create(1.03).remove(30).file).drift} <= {None, True}
    assert "unattributed-read" not in classes(log.file)


# 20. Order and repetition ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "files", [three.torn, both_refused, three.masked, lambda: three.half_way(11)], ids=["torn", "refused", "masked", "half"]
)
def test_20_any_order_of_events_gives_the_same_findings(files) -> None:
    assert analysis(files()).findings == analysis(files(), shuffle=True).findings


def test_20_events_kept_twice_count_once() -> None:
    files = run(last=A).file | three.rolled().file | log_txt("r1")
    twice = files | {"copy/docker-events.ndjson": files["docker-events.ndjson"]}

    once = analysis(files)
    again = analysis(twice)

    assert [(f["class"], f["sub"], f["verdict"], f["summary"]) for f in again.findings] == [
        (f["class"], f["sub"], f["verdict"], f["summary"]) for f in once.findings
    ]
    assert len(again.history.writes) == len(once.history.writes)


# Properties of classes 15 to 19 ---------------------------------------------------------------------------------------


def test_own_stamp_wrong_and_peers_right_is_masked_and_both_right_is_not() -> None:
    assert found(three.masked(), "masked-drift")
    assert not found(three.masked(own=B), "masked-drift", proven=None)


def test_a_rollback_with_before_equal_to_after_is_drift_not_a_vacuous_upgrade() -> None:
    files = run(last=A).file | three.rolled().file | log_txt("r1")

    assert "vacuous-upgrade" not in classes(files)
    assert read_of(analysis(files), "r1", 1)["drift"] is True


def test_a_volume_that_outlives_its_stack_is_not_leaked() -> None:
    volume = '{"Type":"volume","Action":"mount","Actor":{"ID":"v","Attributes":{}},"scope":"local","time":%d,"timeNano":%d}\n'
    events = {"docker-events.ndjson": swarm().remove(16.5).file["docker-events.ndjson"] + volume % (T0 + 40, (T0 + 40) * 10**9)}

    assert "leaked-stack" not in classes(run().undeploy(16, 20).file | events)


def test_a_claim_that_was_true_and_was_changed_by_a_later_write_is_not_contradicted() -> None:
    by_hand = swarm().state(11, "completed", "updating").state(13, "rollback_started", "completed").remove(30)

    assert "claim-contradicted" not in classes(run(last=A).file | by_hand.file | log_txt("r1"))


def test_a_runs_own_teardown_is_not_a_removal_by_a_peer() -> None:
    assert "removed-by-peer" not in classes(run().undeploy(16, 20).file | swarm().remove(16.5).file)


def test_claims_of_people_and_files_meet_their_artefacts() -> None:
    skipped = run().say(16, "upgrade: PASS").file | junit("r1", "upgrade", "skip", "skip") | log_txt("r1")
    tested = run().say(16, "upgrade: PASS").file | junit("r1", "upgrade", "skip", "pass") | log_txt("r1")
    alone = run().file | swarm().remove(30).file | log_txt("r1") | claim("it ran concurrently with another run", run="r1")

    assert [f["sub"] for f in found(skipped, "claim-contradicted")] == ["skipped"]
    assert found(tested, "claim-contradicted", proven=None) == []
    assert [f["sub"] for f in found(alone, "claim-contradicted", proven=None)] == ["concurrent"]
