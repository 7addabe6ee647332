"""The sub-classes, each by a case of its own, and the severities and implications that go with them."""

from __future__ import annotations

import json

import pytest

from forensics.findings import continuity_gap
from parsers.envelopes.woodpecker import WOODPECKER
from tests.artefacts import Shown, canonical, claim, drone_build, inspect, junit, results
from tests.evidence import APP, BASE, HEAD, Log, Swarm, analysis, log_txt
from tests.findings import three
from tests.findings.three import A, B, Files, run, swarm


def found(files: Files, cls: str) -> list[tuple[str | None, str, str]]:
    return [(f["sub"], f["verdict"], f["severity"]) for f in analysis(files).findings if f["class"] == cls]


def test_deploys_that_cross_leave_an_interleaved_stack_and_imply_their_overlap() -> None:
    rows = analysis(three.CASES["write-cycle"].has()).findings
    by_class = {f["class"]: f for f in rows if f["verdict"] == "PROVEN"}

    assert (by_class["torn-stack"]["sub"], by_class["torn-stack"]["severity"]) == ("interleaved", "critical")
    assert by_class["torn-stack"]["implied_by"] == by_class["write-cycle"]["id"]
    assert by_class["concurrent-deploys"]["implied_by"]
    assert by_class["write-cycle"]["implied_by"] is None


@pytest.mark.parametrize(
    ("files", "sub"),
    [
        (lambda: three.guarded(None, None), "never-takes"),
        (lambda: three.guarded("a.lock", "b.lock"), "scope-mismatch"),
    ],
)
def test_a_lock_that_is_never_taken_or_not_the_same_guards_nothing(files, sub: str) -> None:
    assert [f[0] for f in found(files(), "unguarded-write")] == [sub]


def test_of_a_run_whose_log_is_not_there_it_is_not_said_that_its_locks_differ_or_that_it_took_none() -> None:
    (f,) = (f for f in analysis(three.guarded("a.lock", "a.lock", tool=True)).findings if f["class"] == "unguarded-write")

    assert (f["verdict"], f["sub"]) == ("NOT PROVEN", None)
    assert "is not in evidence" in f["summary"]
    assert {step["because"].partition(" ran ")[2] for step in f["explain"]} == {"under a.lock only", "under locks that are not in evidence"}


def vacuous(base: str, head: str, *, ref: str = HEAD, passed: bool = False) -> Files:
    log = Log("r1").start(0, ref=ref).deploy(1, 5, base).read(6, base).deploy(10, 11, head, upgrade=True).read(15, head)
    if passed:
        log.say(16, "upgrade: PASS")
    return log.file | swarm().remove(30).file | log_txt("r1")


def test_an_upgrade_to_the_base_itself_is_vacuous_and_worse_where_a_pass_rests_on_it() -> None:
    assert found(vacuous(B, B), "vacuous-upgrade") == [("base-equals-head", "PROVEN", "medium")]
    assert found(vacuous(B, B, passed=True), "vacuous-upgrade") == [("base-equals-head", "PROVEN", "high")]
    assert found(vacuous(A, A), "vacuous-upgrade") == [("no-checkout", "PROVEN", "medium")]
    assert found(vacuous(A, B), "vacuous-upgrade") == []


def test_an_upgrade_to_what_another_run_had_left_is_vacuous() -> None:
    y = Log("y").start(6).deploy(7, 8, B, onto=True)
    files = run("x").file | y.file | Swarm().create(1.03).update(7.03).update(10.03).remove(30).file | log_txt("x")

    assert ("same-stamp", "PROVEN", "medium") in found(files, "vacuous-upgrade")


def test_a_drift_names_how_the_writers_deploy_lay_to_the_readers_own() -> None:
    assert [f[0] for f in found(run(taken=A, last=A).file | swarm().remove(30).file | log_txt("r1"), "drift-explained")] == ["by-input"]
    late = Log("y").start(19).deploy(20, 22, A, onto=True)
    x = Log("x").start(0).deploy(1, 5, A).read(6, A).deploy(10, 11, B, upgrade=True).read(40, A)
    files = x.file | late.file | Swarm().create(1.03).update(10.03).update(20.03).remove(60).file | log_txt("x")
    assert [f[0] for f in found(files, "drift-explained")] == ["by-succession"]


def test_a_rollback_of_a_failed_deploy_is_not_silent() -> None:
    log = Log("r1").start(0).deploy(1, 5, A).read(6, A).deploy(10, 11, B, upgrade=True, fatal="deploy timed out").read(15, A)

    assert found(log.file | three.rolled().file | log_txt("r1"), "rolled-back-write") == [(None, "PROVEN", "medium")]
    assert [f[0] for f in found(run(last=A).file | three.rolled().file | log_txt("r1"), "rolled-back-write")] == ["silent"]


def test_a_rollback_whose_actor_is_open_says_so_and_contradicts_no_claim_for_sure() -> None:
    rows = analysis(run(last=A).file | three.rolled(actor=False).file | log_txt("r1")).findings
    rollback = next(f for f in rows if f["class"] == "rolled-back-write")

    assert (rollback["verdict"], rollback["facts"]["actor_strength"]) == ("PROVEN", "possible")
    assert rollback["missing"]
    assert {f["verdict"] for f in rows if f["class"] == "claim-contradicted"} == {"NOT PROVEN"}


# --- what is claimed, and by whom ---------------------------------------------------------------------------------------


def claimed(files: Files) -> list[tuple[str | None, str, str]]:
    return found(files, "claim-contradicted")


def promotion(version: str, at: float) -> Files:
    log = run().say(30, "WC5 promote: canonical discourse advanced to known-good 0.9.0+3.5.0")
    return log.file | log_txt("r1") | canonical(version, at)


def test_a_promotion_is_held_against_canonical_json_unless_that_was_written_later() -> None:
    assert claimed(promotion("0.7.0+3.3.1", 5)) == [("promoted", "PROVEN", "high")]
    assert claimed(promotion("0.9.0+3.5.0", 29)) == []
    assert claimed(promotion("1.0.0+4.0.0", 500)) == []


def sweep(*lines: tuple[float, str]) -> Files:
    """The log of a sweep, with times."""
    log = Log("sweep")
    for at, line in lines:
        log.say(at, line)
    return {"ci/sweep.log": next(iter(log.file.values()))}


def test_what_a_sweep_calls_promoted_is_held_against_the_promotion_and_against_canonical_json() -> None:
    said = ((100, "===== nightly cold sweep: enrolled canonicals = ['discourse'] ====="), (300, "discourse rc=0 → PASS (promoted)"))
    failed = run().say(200, "WC5 promote failed: abra app deploy warm failed (1)").file | log_txt("r1")

    assert ("promoted", "PROVEN", "high") in claimed(sweep(*said) | canonical("0.7.0+3.3.1", 5))
    assert ("promoted", "PROVEN", "high") in claimed(sweep(*said) | failed)
    assert claimed(sweep(*said) | canonical("0.9.0+3.5.0", 250)) == []
    assert claimed(sweep(said[0], (300, "discourse rc=143 → FAIL (red; canonical unchanged)")) | canonical("0.7.0+3.3.1", 5)) == []


def test_a_green_summary_is_held_against_the_runs_own_results() -> None:
    green = run().undeploy(16, 20)

    assert ("green", "PROVEN", "high") in claimed(green.file | results("r1", 21, install="pass", upgrade="fail") | log_txt("r1"))
    assert claimed(green.file | results("r1", 21, install="pass", upgrade="pass") | log_txt("r1")) == []


START = f"recipe-ci: RECIPE=discourse REF={HEAD} PR=2 SRC=rm/discourse stages=install,upgrade quick=0"


def job(run: str, *lines: str, name: str = "job.log") -> Files:
    """A log of the CI around a run, beside the run's own."""
    return {f"runs/{run}/{name}": "".join(line + "\n" for line in lines)}


def jobs(name: str, **ended: str) -> Files:
    """What GitHub's API lists of a run: how each job ended, and nothing of the whole."""
    listed = [{"name": job, "status": "completed", "conclusion": how, "steps": []} for job, how in ended.items()]
    return {f"runs/{name}/jobs.json": json.dumps({"total_count": len(listed), "jobs": listed})}


def woodpecker(rc: int) -> str:
    return WOODPECKER.render("x").replace('"type":0', '"type":2').replace("eA==", {0: "MA==", 1: "MQ=="}[rc])


STAMP = "2026-11-23T08:43:16.5095778Z"
TYPESCRIPT = ("Script started on 2026-11-23 08:41:00+00:00 []", 'Script done on 2026-11-23 08:43:00+00:00 [COMMAND_EXIT_CODE="{rc}"]')
SAYS = {  # how a CI says that a step ended well, or not
    "woodpecker": (job("r1", WOODPECKER.render(START), woodpecker(0)), job("r1", WOODPECKER.render(START), woodpecker(1))),
    "gitlab": (
        job("r1", START, "\x1b[32;1mJob succeeded\x1b[0;m"),
        job("r1", START, "\x1b[31;1mERROR: Job failed: exit code 1\x1b[0;m"),
    ),
    "act": (
        job("r1", "⭐ Run Main make", START, "🏁  Job succeeded"),
        job("r1", "⭐ Run Main make", START, "exitcode '1': failure", "🏁  Job failed"),
    ),
    "script": (job("r1", TYPESCRIPT[0], START, TYPESCRIPT[1].format(rc=0)), job("r1", TYPESCRIPT[0], START, TYPESCRIPT[1].format(rc=1))),
    "asciicast": tuple(
        job(
            "r1",
            '{"version": 3, "term": {"cols": 80, "rows": 24}, "timestamp": 1795423300}',
            f'[0.5, "o", "{START}\\r\\n"]',
            f'[1.5, "x", "{rc}"]',
        )
        for rc in (0, 1)
    ),
    "drone": (drone_build("r1", "success", ("run", "success", 0)), drone_build("r1", "failure", ("run", "failure", 1))),
    "github-jobs": (jobs("r1", test="success"), jobs("r1", test="failure")),
    "github": (
        job("r1", f"{STAMP} {START}", f"{STAMP} ##[endgroup]"),
        job("r1", f"{STAMP} {START}", f"{STAMP} ##[error]Process completed with exit code 1."),
    ),
}


@pytest.mark.parametrize("ci", SAYS)
def test_a_green_run_is_held_against_how_its_step_ended(ci: str) -> None:
    well, badly = SAYS[ci]
    green = run().undeploy(16, 20)

    assert ("green", "PROVEN", "high") in claimed(green.file | badly | log_txt("r1"))
    assert claimed(green.file | well | log_txt("r1")) == []


@pytest.mark.parametrize("ci", [name for name in SAYS if name != "github"])  # which prints nothing where a step ends well
def test_a_step_that_says_exit_0_is_held_against_its_runs_own_results(ci: str) -> None:
    well, badly = SAYS[ci]
    red = results("r1", 21, install="pass", upgrade="fail")

    assert ("green", "PROVEN", "high") in claimed(run().file | well | red | log_txt("r1"))
    assert claimed(run().file | badly | red | log_txt("r1")) == []
    assert claimed(run().file | well | results("r1", 21, install="pass", upgrade="pass") | log_txt("r1")) == []


def test_a_step_that_may_fail_makes_no_run_red() -> None:
    green = run().undeploy(16, 20).file | log_txt("r1")
    ignored = drone_build("r1", "success", ("notify", "failure", 7), errignore=True)
    elsewhere = jobs("r1", test="success", lint="failure")  # which of several jobs may fail, it does not say
    went_on = job("r1", START, "❌  Failure - Main lint", "exitcode '1': failure", "✅  Success - Main make", "🏁  Job succeeded")
    part = job("r1", START, "✅  Success - Main actions/checkout@v4", "exitcode '1': failure")

    command = job("r1", TYPESCRIPT[0], "FATA deploy timed out", TYPESCRIPT[1].format(rc=1), name="abra.typescript")
    alone = job("r1", TYPESCRIPT[0], "INFO ok", TYPESCRIPT[1].format(rc=0), name="abra.typescript")

    assert ("green", "PROVEN", "high") not in claimed(green | command)  # how one command ended, its run may outlive
    assert claimed(run().file | alone | results("r1", 21, install="pass", upgrade="fail") | log_txt("r1")) == []
    assert claimed(green | ignored) == claimed(green | went_on) == claimed(green | elsewhere) == []
    assert claimed(run().file | part | results("r1", 21, install="pass", upgrade="fail") | log_txt("r1")) == []


def test_a_stage_that_skipped_all_its_tests_did_not_pass() -> None:
    passed = run().say(16, "upgrade: PASS")

    assert claimed(passed.file | junit("r1", "upgrade", "skip", "skip")) == [("skipped", "PROVEN", "high")]
    assert claimed(passed.file | junit("r1", "install", "skip", "skip")) == []
    told = results("r1", 21, tests={"upgrade": ["skip", "skip"]}, install="pass", upgrade="pass")
    assert ("skipped", "PROVEN", "high") in claimed(passed.file | told)


def test_an_upgrade_that_wrote_nothing_did_no_work() -> None:
    log = Log("r1").start(0).deploy(1, 5, A).read(6, A).say(8, "upgrade: PASS")

    assert claimed(log.file | Swarm().create(1.03).remove(30).file) == [("no-work", "PROVEN", "high")]
    assert claimed(log.file) == []


def test_a_teardown_that_is_claimed_is_held_against_what_outlived_it() -> None:
    rows = [f for f in analysis(three.teardown(left=True)).findings if f["class"] in ("claim-contradicted", "leaked-stack")]
    leak = next(f for f in rows if f["class"] == "leaked-stack")

    (told,) = [f for f in rows if f["class"] == "claim-contradicted"]
    assert (told["sub"], told["implied_by"]) == ("torn-down", leak["id"])
    assert claimed(three.teardown(left=False)) == []


def test_what_people_say_is_held_against_the_artefacts() -> None:
    solo = run().file | swarm().state(12, "completed", "updating").remove(30).file | log_txt("r1")
    back = run(last=A).file | three.rolled().file | log_txt("r1")

    assert ("rolled-back", "PROVEN", "medium") in claimed(solo | claim("it was rolled back", run="r1"))
    assert ("rolled-back", "PROVEN", "medium") not in claimed(back | claim("it was rolled back", run="r1"))
    assert ("concurrent", "NOT PROVEN", "medium") in claimed(solo | claim("it ran concurrently with another run", run="r1"))
    apart = three.guarded("a.lock", "a.lock") | claim("it ran concurrently with run r1", run="r0")
    assert claimed(apart) == [("concurrent", "PROVEN", "medium")]
    assert claimed(solo | claim("the upgrade succeeded", run="r1")) == []
    assert claimed(three.refused() | claim("we deployed it", run="r1")) == [("deployed", "PROVEN", "medium")]


def test_a_typed_time_is_held_against_the_commit_that_holds_it() -> None:
    early = {
        "recipes/r1/discourse/log.txt": f"{BASE} 2026-11-23T08:00:00+00:00 tag: 0.7.0+3.3.1, main status @2026-11-23T08:23Z all green\n"
    }
    late = {"recipes/r1/discourse/log.txt": early["recipes/r1/discourse/log.txt"].replace("08:23Z", "07:23Z")}

    assert claimed(run().file | early) == [("typed-time", "PROVEN", "medium")]
    assert claimed(run().file | late) == []


def test_a_claim_that_several_lines_make_is_one_finding_that_cites_them_all() -> None:
    (told,) = [f for f in analysis(run(last=A).file | three.rolled().file | log_txt("r1")).findings if f["class"] == "claim-contradicted"]

    assert len(told["facts"]["claims"]) == 2
    assert {e["text"].split("ccci.run: ")[-1].split(":")[0] for e in told["evidence"]} >= {"INFO deploy succeeded", "chaos_redeploy"}


def test_events_that_are_fewer_than_the_writes_reported_contradict_each_other() -> None:
    log = Log("r1").start(10).deploy(11, 15, A, onto=True).read(16, A).deploy(20, 22, B, upgrade=True).read(25, B)
    events = Swarm().die(0, code="0").update(11.03).die(60, code="0")
    two = Swarm().die(0, code="0").update(11.03).update(20.03).die(60, code="0")

    assert ("coverage", "PROVEN", "medium") in found(log.file | events.file | log_txt("r1"), "order-contradiction")
    assert found(log.file | two.file | log_txt("r1"), "order-contradiction") == []


def test_a_pause_seen_by_an_inspect_alone_is_a_torn_stack() -> None:
    log = (
        Log("r1")
        .start(0)
        .deploy(1, 5, A, services=("app", "db"))
        .read(6, A)
        .deploy(10, 11, B, upgrade=True, services=("app", "db"))
        .read(15, B)
    )
    seen = inspect("r1", 14.95, Shown(B, 12, prev=A, index=20, state="paused", started=10.05), Shown(B, 10.04, f"{APP[:-4]}_db", index=15))

    assert [s for s, _, _ in found(log.file | seen | log_txt("r1"), "torn-stack")] == ["paused"]


@pytest.mark.parametrize(
    ("gaps", "settled"),
    [
        (["ab", "b"], ["a", "b"]),  # only b can have closed the second
        (["abc", "bc", "c"], ["a", "b", "c"]),
        (["ab", "ab"], ["ab", "ab"]),
        (["b", "b"], ["b", "b"]),  # one moved HEAD twice, or another did, unseen: none is left without its candidate
        (["", "a"], ["", "a"]),
    ],
)
def test_a_call_that_alone_can_have_closed_one_gap_closed_no_other(gaps: list[str], settled: list[str]) -> None:
    lines = [{call: [{"event_id": call}] for call in gap} for gap in gaps]

    assert ["".join(e["event_id"] for e in found) for found in continuity_gap._once(lines)] == settled
