"""Stories with an end that is known: what was invented here happened so, and must be told so."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.evidence import analysis
from tests.world.clock import Process
from tests.world.runs import Plan
from tests.world.script import Story, act, left, upgraded
from tests.world.swarm import Spec, Swarm
from tests.world.trees import OTHER

STACK = "disc-69811c_ci_example_org"
APP = f"{STACK}_app"
EVENTS = ("events", "text")


def told(files: dict[str, str]) -> tuple[dict[tuple[str, int], tuple], dict[tuple[str, int, str], str], dict[str, set[str]]]:
    """Reads (drift, cause, writer), hypotheses, and the classes found with their verdicts."""
    a = analysis(files)
    reads = {(r["run"], r["ordinal"]): (r["drift"], r["cause"], r["writer_run"]) for r in a.drift}
    hypotheses = {(r["run"], r["ordinal"], n): h["verdict"] for r in a.drift for n, h in r["hypotheses"].items()}
    found: dict[str, set[str]] = {}
    for f in a.findings:
        found.setdefault(f["class"], set()).add(f["verdict"])
    return reads, hypotheses, found


def by_hand(service: str = APP) -> Any:
    """`docker service rollback`."""
    return lambda swarm: swarm.roll_back_by_hand(swarm.services[service])


ROLLED_BACK = (True, "swarm-rollback", "swarm")


def retried(*, fails_again: bool) -> Any:
    """The upgrade is rolled back; the same run repeats it."""

    def script(s: Story) -> Process:
        yield from s.install()
        before = s.read()
        yield from s.prepare()
        yield from s.upgrade(failing=("app",))
        yield 9.0
        s.judge(before)
        yield from s.upgrade(failing=("app",) if fails_again else ())
        yield 9.0
        s.judge(before)
        yield from s.finish()

    return script


@pytest.mark.parametrize("envelope", ["python", "console", "drone"])
def test_an_upgrade_that_is_repeated_after_a_rollback_is_not_vacuous(envelope: str) -> None:
    reads, _, found = told(left(act((Plan("601"), retried(fails_again=False)), seed=3), envelope))

    assert reads["601", 2] == ROLLED_BACK
    assert reads["601", 3] == (False, "as-intended", "601")
    assert "vacuous-upgrade" not in found
    assert found["rolled-back-write"] == {"PROVEN"}


def test_two_rollbacks_of_one_run_are_two() -> None:
    reads, hypotheses, _ = told(left(act((Plan("602"), retried(fails_again=True)), seed=4), "iso"))

    assert reads["602", 2] == reads["602", 3] == ROLLED_BACK
    assert hypotheses["602", 3, "swarm-rollback"] == "PROVEN"


def test_a_person_who_rolls_an_update_in_progress_back_is_told_by_the_inspect() -> None:
    world = act((Plan("606"), upgraded(8.0, pause=1.5)), seed=8, hands=((6.0, by_hand()),))

    reads, hypotheses, _ = told(left(world, "console"))
    assert reads["606", 2] == (True, "manual-rollback", "operator")
    assert hypotheses["606", 2, "manual-update"] == "PROVEN"

    _, hypotheses, found = told(left(world, "console", without=("inspects",)))
    assert hypotheses["606", 2, "manual-update"] == hypotheses["606", 2, "swarm-rollback"] == "NOT PROVEN"
    assert found["rolled-back-write"] == {"PROVEN"}


def test_what_an_update_ends_of_the_old_spec_is_no_failure_of_the_new_one() -> None:
    def ends_old(swarm: Swarm) -> None:
        old, service = Spec("92a304dd+U", "0.7.0+3.3.1", "labimage:1", True), swarm.services[APP]
        new, service.spec = service.spec, old
        swarm.die(service, "a" * 25, "137")
        service.spec = new

    world = act((Plan("606"), upgraded(8.0, pause=1.5)), seed=8, hands=((5.5, ends_old), (6.0, by_hand())))
    _, hypotheses, _ = told(left(world, "console", without=("inspects", "daemon")))

    assert hypotheses["606", 2, "swarm-rollback"] == "NOT PROVEN"


def test_a_person_who_rolls_back_twice_brings_the_new_value_back() -> None:
    world = act((Plan("607"), upgraded(9.0, pause=1.5)), seed=8, hands=((8.5, by_hand()), (10.0, by_hand())))

    reads, _, found = told(left(world, without=("inspects",)))
    assert reads["607", 2][0] is False
    assert not {"unattributed-read", "stale-read", "masked-drift"} & found.keys()


@pytest.mark.parametrize("without", [(), EVENTS])
def test_a_peer_that_deploys_the_old_value_again_is_no_rollback(without: tuple[str, ...]) -> None:
    world = act((Plan("710"), upgraded(6.0, pause=4.0, keeps=True, teardown=False)), (Plan("711", after=8), upgraded()), seed=21)
    reads, hypotheses, found = told(left(world, without=without))

    assert reads["710", 2] == (True, "overwritten-by-peer", "711")
    assert hypotheses["710", 2, "swarm-rollback"] == "REFUTED"
    assert "rolled-back-write" not in found


def test_the_old_value_under_a_new_update_is_no_rollback_even_if_nobody_is_known_to_have_deployed_it() -> None:
    world = act((Plan("710"), upgraded(6.0, pause=4.0, keeps=True, teardown=False)), (Plan("711", after=8), upgraded()), seed=21)
    files = {p: t for p, t in left(world, without=EVENTS).items() if "711" not in p}
    reads, hypotheses, found = told(files)

    assert reads["710", 2][0] is True
    assert hypotheses["710", 2, "swarm-rollback"] == "REFUTED"
    assert "rolled-back-write" not in found


def without_identity(files: dict[str, str]) -> dict[str, str]:
    """Evidence as somebody has it who looked once after the redeploy, and whose harness kept no inspect of its reads."""
    return {p: t for p, t in files.items() if "inspect-identity" not in p}


@pytest.mark.parametrize("envelope", ["python", "console", "drone"])
def test_an_inspect_after_the_redeploy_and_the_read_prove_the_reversal_and_not_who_asked_for_it(envelope: str) -> None:
    world = act((Plan("830"), upgraded(7.0, keeps=True, failing=("app",))), seed=33)
    files = without_identity(left(world, envelope, without=(*EVENTS, "daemon")))

    reads, hypotheses, found = told(files)
    blind = told({p: t for p, t in files.items() if "post-redeploy" not in p})

    assert reads["830", 2] == ROLLED_BACK
    assert [reads["830", n][1:] for n in (0, 1)] == [("as-intended", "830")] * 2
    assert found["rolled-back-write"] == {"PROVEN"}
    verdicts = {
        name: hypotheses["830", 2, name] for name in ("swarm-rollback", "manual-update", "concurrency", "wrong-head", "aborted-write")
    }
    assert verdicts == {"swarm-rollback": "NOT PROVEN", "manual-update": "NOT PROVEN", "concurrency": "REFUTED", "wrong-head": "REFUTED", "aborted-write": "REFUTED"}  # fmt: skip
    assert blind[0]["830", 2] == (True, "unattributed", None)
    assert "rolled-back-write" not in blind[2]


def test_a_read_of_the_old_value_that_a_peer_may_have_deployed_again_completes_no_reversal() -> None:
    world = act((Plan("710"), upgraded(6.0, pause=4.0, keeps=True, teardown=False)), (Plan("711", after=8), upgraded()), seed=21)
    reads, hypotheses, found = told(without_identity(left(world, without=(*EVENTS, "daemon"))))

    assert reads["710", 2][:2] in ((True, "overwritten-by-peer"), (True, "unattributed"))
    assert hypotheses["710", 2, "swarm-rollback"] != "PROVEN"
    assert "rolled-back-write" not in found


def _cut(files: dict[str, str], how: str) -> dict[str, str]:
    for path in ("docker-events.ndjson", "docker-events.txt"):
        lines = files[path].splitlines(keepends=True)
        started = next(n for n, line in enumerate(lines) if "rollback_started" in line)
        after = next(n for n, line in enumerate(lines) if "rollback_completed" in line)
        removed = next(n for n, line in enumerate(lines) if '"remove"' in line or "service remove" in line)
        kept = {
            "late": lines[after:],
            "very late": lines[removed:],
            "early": lines[: started - 1],
            "gap": [line for line in lines if "rollback" not in line],
            "none": [],
        }
        files[path] = "".join(kept[how])
    return {p: t for p, t in files.items() if t}


@pytest.mark.parametrize("how", ["late", "very late", "early", "gap", "none"])
def test_a_rollback_that_the_recorder_missed_is_proven_by_inspects(how: str) -> None:
    world = act((Plan("720"), upgraded(7.0, keeps=True, failing=("app",))), seed=22)
    reads, hypotheses, found = told(_cut(left(world, "console"), how))

    assert reads["720", 2] == ROLLED_BACK
    assert hypotheses["720", 2, "swarm-rollback"] == "PROVEN"
    assert found["rolled-back-write"] == {"PROVEN"}
    assert not {"unattributed-read", "stale-read"} & found.keys()


@pytest.mark.parametrize(("how", "seen"), [("late", False), ("gap", True)])
def test_a_write_is_said_to_be_in_swarms_events_only_where_it_is(how: str, seen: bool) -> None:
    world = act((Plan("720"), upgraded(7.0, failing=("app",))), seed=22)
    read = next(r for r in analysis(_cut(left(world, "console"), how)).drift if r["drift"])
    aborted = read["hypotheses"]["aborted-write"]

    assert aborted["verdict"] == "REFUTED"
    assert ("is in swarm's events" in aborted["because"]) is seen


def test_the_events_that_are_missing_are_asked_for_up_to_the_latest_instant_of_the_read() -> None:
    world = act((Plan("720"), upgraded(7.0, failing=("app",))), seed=22)
    read = next(r for r in analysis(left(world, "console", without=(*EVENTS, "daemon", "inspects"))).drift if r["drift"])
    asked = next(m for m in read["hypotheses"]["manual-update"]["missing"] if "--until" in m)

    assert re.search(r"--until (\S+)", asked)[1] >= read["t_hi"][:19]


def test_a_value_that_a_rollback_brought_back_is_swarms_and_its_first_writers() -> None:
    def first(s: Story) -> Process:
        yield from s.install()
        yield from s.until(9.0)
        before = s.read()
        yield from s.prepare()
        yield from s.upgrade()
        yield from s.until(16.5)
        s.judge(before)
        yield from s.until(18.0)
        yield from s.finish()

    def second(s: Story) -> Process:
        yield from s.install()
        yield from s.until(9.4)
        before = s.read()
        yield from s.prepare()
        yield from s.upgrade(failing=("app", "db", "sidekiq"), image="labimage:3")
        yield from s.until(17.0)
        s.judge(before)
        yield from s.finish(teardown=False)

    world = act((Plan("630"), first), (Plan("631", after=0.5, ref=OTHER), second), seed=2)
    reads, hypotheses, found = told(left(world))

    assert reads["630", 2][0] is False
    assert reads["631", 2] == ROLLED_BACK
    assert hypotheses["631", 2, "concurrency"] == "REFUTED"
    assert found["resurrected-value"] == {"PROVEN"}
    assert "masked-drift" not in found


@pytest.mark.parametrize("begins", ["chaos_redeploy:", "updating service", "chaos_redeploy: done", "install: PASS", "upgrade: FAIL"])
def test_a_log_that_lacks_its_beginning_is_completed_by_the_files_beside_it(begins: str) -> None:
    files = left(act((Plan("800"), upgraded(7.0, failing=("app",))), seed=31))
    log = files["runs/800/harness.log"].splitlines(keepends=True)
    start = next(n for n, line in enumerate(log) if begins in line)
    files["runs/800/harness.log"] = "".join(log[start:])

    reads, hypotheses, found = told(files)

    assert reads == {("800", 0): (False, "as-intended", "800"), ("800", 1): (False, "as-intended", "800"), ("800", 2): ROLLED_BACK}
    assert hypotheses["800", 2, "swarm-rollback"] == "PROVEN"
    assert not {"order-contradiction", "leaked-stack", "drift-explained", "unattributed-read"} & found.keys()


def test_one_line_of_a_failed_check_is_a_drift_of_which_nothing_is_known_but_that_the_values_differ() -> None:
    files = left(act((Plan("820"), upgraded(7.0, failing=("app",))), seed=32), "console")
    kept = [line for line in files["runs/820/console.log"].splitlines() if line.startswith("recipe-ci:") or "not the intended" in line]

    reads, hypotheses, _ = told({"runs/820/console.log": "\n".join(kept) + "\n"})

    assert reads == {("820", 0): (True, "unattributed", None)}
    assert {verdict for (_, _, name), verdict in hypotheses.items() if name != "vacuous"} == {"NOT PROVEN"}
    assert hypotheses["820", 0, "vacuous"] == "REFUTED"


def test_what_the_tool_goes_to_is_what_it_takes_where_no_debug_line_says_so() -> None:
    def script(upgrade_at: float) -> Any:
        def run(s: Story) -> Process:
            yield from s.install()
            yield from s.until(upgrade_at)
            before = s.read()
            yield from s.prepare()
            yield 1.0
            yield from s.upgrade()
            yield 3.0
            s.judge(before)
            yield from s.finish()

        return run

    one = Plan("840", pinned=True, domain="disc-1.ci.example.org")
    other = Plan("841", after=7.3, pinned=True, domain="disc-2.ci.example.org")
    files = left(act((one, script(7.0)), (other, script(16.0)), seed=34, shared=True))
    quiet = {
        p: "".join(x for x in t.splitlines(keepends=True) if "DEBU <" not in x) if p.startswith("runs/") else t for p, t in files.items()
    }

    for evidence in (files, quiet):
        reads, hypotheses, found = told(evidence)
        assert reads["840", 2] == (True, "wrong-head", "840")
        assert hypotheses["840", 2, "wrong-head"] == "PROVEN"
        assert hypotheses["840", 2, "aborted-write"] == "REFUTED"
        assert "continuity-gap" in found


def test_a_log_whose_clock_steps_back_is_told_by_its_order_from_there_on() -> None:
    files = left(act((Plan("914"), upgraded(4.0, pause=1.5)), (Plan("915", after=5.5), upgraded(4.0, pause=1.5)), seed=30))
    lines = files["runs/914/harness.log"].splitlines(keepends=True)
    passed = next(n for n, line in enumerate(lines) if "install: PASS" in line)

    def earlier(found: re.Match[str]) -> str:
        return f"{datetime.fromisoformat(found[0]) - timedelta(seconds=20)}"

    lines[passed + 1 :] = [re.sub(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", earlier, line) for line in lines[passed + 1 :]]
    reads, hypotheses, found = told(files | {"runs/914/harness.log": "".join(lines)})

    assert reads["914", 2] == (True, "overwritten-by-peer", "915")
    assert reads["915", 0] == (True, "removed-by-peer", "914")
    assert hypotheses["914", 2, "concurrency"] == "PROVEN"
    assert not {"unattributed-read", "rolled-back-write"} & found.keys()


@pytest.mark.parametrize("envelope", ["python", "console"])
def test_a_run_that_is_started_again_in_one_log_is_told_to_its_end(envelope: str) -> None:
    def attempt(s: Story, failing: tuple[str, ...]) -> Process:
        yield from s.install()
        before = s.read()
        yield from s.prepare()
        yield from s.upgrade(failing=failing)
        yield 7.0
        s.judge(before)
        yield from s.finish()

    def script(s: Story) -> Process:
        yield from attempt(s, ("app",))
        s.upgraded = False
        s.stages.clear()
        yield 2.0
        yield from attempt(s, ())

    reads, _, found = told(left(act((Plan("905"), script), seed=46), envelope))

    assert reads["905", 2] == ROLLED_BACK
    assert [reads["905", n] for n in (0, 1, 3, 4, 5)] == [(False, "as-intended", "905")] * 5
    assert not {"leaked-stack", "removed-by-peer", "vacuous-upgrade", "order-contradiction"} & found.keys()


def rolled_back_before_a_peer(s: Story) -> Process:
    """The upgrade is rolled back; the read comes when a peer has deployed since."""
    yield from s.install()
    yield from s.until(6.0)
    before = s.read()
    yield from s.prepare()
    yield from s.upgrade(failing=("app",))
    yield from s.until(16.0)
    s.judge(before)
    yield from s.finish(teardown=False)


@pytest.mark.parametrize("envelope", ["python", "console"])
def test_the_old_value_that_a_peer_deploys_after_a_rollback_is_the_peers(envelope: str) -> None:
    world = act((Plan("912"), rolled_back_before_a_peer), (Plan("913", after=11), upgraded(6.0)), seed=49)
    reads, hypotheses, found = told(left(world, envelope))

    assert reads["912", 2] == (True, "overwritten-by-peer", "913")
    assert hypotheses["912", 2, "concurrency"] == "PROVEN"
    assert hypotheses["912", 2, "swarm-rollback"] == hypotheses["912", 2, "manual-update"] == "REFUTED"
    assert found["rolled-back-write"] == {"PROVEN"}


def test_a_rollback_that_a_person_may_have_asked_for_is_not_what_was_read_once_a_peer_has_deployed() -> None:
    world = act((Plan("912"), rolled_back_before_a_peer), (Plan("913", after=11), upgraded(6.0)), seed=49)
    files = left(world, "python", without=("daemon", "text"))
    of_services = [line for line in files["docker-events.ndjson"].splitlines(keepends=True) if '"Type":"container"' not in line]
    read = next(r for r in analysis(files | {"docker-events.ndjson": "".join(of_services)}).drift if r["drift"])

    assert read["hypotheses"]["manual-update"] == read["hypotheses"]["manual-update"] | {
        "verdict": "REFUTED",
        "because": "a rollback is in evidence that a person may have asked for, but it is not what was read",
    }


def test_a_read_before_a_rollback_passes_and_the_one_after_it_drifts() -> None:
    def script(s: Story) -> Process:
        yield from s.install()
        before = s.read()
        yield from s.prepare()
        yield from s.upgrade(failing=("app",))
        yield 0.05
        s.read()
        yield 7.0
        s.judge(before)
        yield from s.finish()

    reads, _, found = told(left(act((Plan("900"), script), seed=41), "console"))

    assert reads["900", 2] == (False, "as-intended", "900")
    assert reads["900", 3] == ROLLED_BACK
    assert "vacuous-upgrade" not in found


def test_the_name_under_test_is_what_the_runs_own_checkout_made_of_it() -> None:
    reads, hypotheses, _ = told(left(act((Plan("901", named="pr"), upgraded()), seed=42)))

    assert reads["901", 2] == (None, "vacuous", "901")
    assert hypotheses["901", 2, "wrong-head"] == "REFUTED"


def updated(stamp: str | None = None, **more: Any) -> Any:
    """`docker service update` of the app: its image, or the label with the value under test."""

    def hand(swarm: Swarm) -> None:
        service = swarm.services[APP]
        old = service.spec
        swarm.update(service, Spec(stamp or old.stamp, old.version, more.get("image", old.image), old.chaos), "operator")

    return hand


@pytest.mark.parametrize("without", [(), ("inspects",)])
def test_a_person_who_changes_the_image_alone_carries_the_label_over(without: tuple[str, ...]) -> None:
    world = act((Plan("920"), upgraded(6.0)), seed=6, hands=((11.0, updated(image="labimage:9")),))
    reads, _, found = told(left(world, "console", without=without))

    assert reads["920", 2][:2] == (False, "as-intended")
    assert reads["920", 2][2] == (None if without else "920")
    assert not {"masked-drift", "drift-explained", "torn-stack"} & found.keys()


@pytest.mark.parametrize("envelope", ["python", "console"])
def test_a_label_changed_by_hand_on_one_service_is_no_deploy_of_a_run_whose_log_is_missing(envelope: str) -> None:
    files = left(act((Plan("921"), upgraded(6.0)), seed=6, hands=((11.0, updated("744c42e5+U")),)), envelope)
    reads, hypotheses, found = told(files)
    read = next(r for r in analysis(files).drift if r["drift"])

    assert reads["921", 2] == (True, "manual-update", "operator")
    assert hypotheses["921", 2, "manual-update"] == "PROVEN"
    for name in ("manual-update", "concurrency"):
        assert "as no deploy that ends well does" in read["hypotheses"][name]["because"]
    assert hypotheses["921", 2, "concurrency"] == hypotheses["921", 2, "swarm-rollback"] == "REFUTED"
    assert found["drift-explained"] == {"PROVEN"}


def test_a_whole_stack_written_by_nobody_known_may_be_a_run_whose_log_is_missing() -> None:
    def hand(service: str) -> Any:
        return lambda swarm: swarm.update(swarm.services[service], Spec("744c42e5", "0.9.0+3.5.0", "labimage:2", True), "operator")

    hands = tuple((12.0 + n / 250, hand(f"{STACK}_{s}")) for n, s in enumerate(("app", "db", "sidekiq")))
    _, hypotheses, found = told(left(act((Plan("922"), upgraded(8.0)), seed=6, hands=hands), "console"))

    assert hypotheses["922", 2, "manual-update"] == hypotheses["922", 2, "concurrency"] == "NOT PROVEN"
    assert "torn-stack" not in found


def upgraded_from_where_head_then_was(s: Story) -> Process:
    """A second and a half passes between the checkout and the upgrade."""
    yield from s.install()
    yield from s.until(8.0)
    before = s.read()
    yield from s.prepare()
    yield from s.until(9.5)
    yield from s.upgrade()
    yield 3.0
    s.judge(before)
    yield from s.finish()


@pytest.mark.parametrize("without", [(), ("git",)])
def test_a_peer_whose_checkout_moved_a_shared_tree_is_named(without: tuple[str, ...]) -> None:
    peer = Plan("931", after=9.0, ref=OTHER, domain="disc-4bffa5.ci.example.org")
    a = analysis(left(act((Plan("930"), upgraded_from_where_head_then_was), (peer, upgraded()), seed=2, shared=True), without=without))
    read = next(r for r in a.drift if r["drift"])

    assert (read["run"], read["cause"]) == ("930", "wrong-head")
    assert "run 931 checked 0.7.0+3.3.1 out in the shared tree shared/discourse" in read["hypotheses"]["wrong-head"]["because"]


def test_a_peer_whose_release_was_refused_in_a_shared_tree_is_named_for_it_moved_head_all_the_same() -> None:
    def refused(s: Story) -> Process:
        yield from s.begin()
        yield from s.base(fatal="unstaged")
        yield from s.finish(teardown=False)

    peer = Plan("933", after=9.0, domain="disc-4bffa5.ci.example.org", pinned=True)
    a = analysis(left(act((Plan("932"), upgraded_from_where_head_then_was), (peer, refused), seed=2, shared=True)))
    read = next(r for r in a.drift if r["drift"])
    (gap,) = (f for f in a.findings if f["class"] == "continuity-gap" and "933" in f["runs"])

    assert (read["run"], read["cause"]) == ("932", "wrong-head")
    assert "run 933 had its tool check 0.7.0+3.3.1 out" in read["hypotheses"]["wrong-head"]["because"]
    assert gap["sub"] == "attributable"


def test_a_quick_run_whose_only_deploy_is_its_upgrade_did_work() -> None:
    def quick(s: Story) -> Process:
        s.say(f"recipe-ci: RECIPE=discourse REF={s.plan.ref} PR=2 SRC=rm/discourse stages=upgrade quick=1")
        s.tree.clone(s.clock.now)
        before = s.read()
        yield from s.prepare()
        yield from s.upgrade()
        yield 3.0
        s.judge(before)
        yield from s.finish(teardown=False)

    def warm(swarm: Swarm) -> None:
        for name in ("app", "db", "sidekiq"):
            swarm.create(f"{STACK}_{name}", Spec("0.7.0+3.3.1", "0.7.0+3.3.1", "labimage:1", False), "canonical")

    reads, _, found = told(left(act((Plan("940", after=60.0), quick), seed=5, hands=((0.0, warm),))))

    assert reads["940", 1] == (False, "as-intended", "940")
    assert "claim-contradicted" not in found


def test_a_stack_is_not_torn_while_a_deploy_without_times_is_at_work_on_it() -> None:
    def peer(s: Story) -> Process:
        yield from s.install()
        yield from s.until(25.0)
        yield from s.finish(teardown=False)

    _, _, found = told(left(act((Plan("950"), upgraded(12.0)), (Plan("951", after=5.0), peer), seed=8), "console"))

    assert "torn-stack" not in found


@pytest.mark.parametrize("lost", [("FATA",), ("FATA", "stack/stack.go")])
def test_a_run_that_was_killed_when_all_was_written_leaves_a_later_mixture_certain(lost: tuple[str, ...]) -> None:
    def killed(s: Story) -> Process:
        yield from s.begin()
        yield from s.base(timeout=1e6)

    def rest(text: str) -> str:
        return "".join(x for x in text.splitlines(keepends=True) if not any(word in x for word in lost))

    files = left(act((Plan("960"), killed), (Plan("961", after=9.0), upgraded(7.0, failing=("app",))), seed=12))
    _, _, found = told({p: rest(t) if "/960/" in p else t for p, t in files.items()})

    assert found["torn-stack"] == {"PROVEN"}


def test_two_runs_that_leave_the_same_mixture_leave_two() -> None:
    one, other = Plan("970"), Plan("971", after=25.0)
    how = upgraded(7.0, failing=("app",))
    a = analysis(left(act((one, how), (other, how), seed=12), "console"))

    assert sorted(f["runs"] for f in a.findings if f["class"] == "torn-stack" and f["verdict"] == "PROVEN") == [["970"], ["971"]]
