"""What is taken out of the evidence may leave an answer open, and never makes one wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.correlate.test_stories import EVENTS, told
from tests.evidence import Log, Swarm
from tests.world.clock import Process
from tests.world.runs import Plan
from tests.world.script import Story, act, left, upgraded

Files = dict[str, str]


def lines_without(files: Files, *words: str) -> Files:
    """The runs' own files without the lines that hold one of these words."""
    keep = lambda text: "".join(x for x in text.splitlines(keepends=True) if not any(w in x for w in words))  # noqa: E731
    return {p: keep(t) if p.startswith("runs/") and not p.endswith(".json") else t for p, t in files.items()}


def without_beginning(files: Files, run: str, first: str) -> Files:
    """A run's log from the line on that holds `first`; what the tool printed is in no file of its own."""
    log = next(p for p in files if p.startswith(f"runs/{run}/") and p.endswith(".log") and "abra-out" not in p)
    lines = files[log].splitlines(keepends=True)
    start = next(n for n, line in enumerate(lines) if first in line)
    return {p: "".join(lines[start:]) if p == log else t for p, t in files.items() if f"runs/{run}/abra-out" not in p}


def gives_up(s: Story) -> Process:
    """The base deploy is not up in time, and the run fails."""
    yield from s.begin()
    yield from s.base(timeout=6.0)
    s.fails("install")
    yield from s.finish(teardown=False)


def test_a_deploy_that_only_gave_up_waiting_had_written_all_the_same() -> None:
    world = act((Plan("410"), upgraded(4.0, teardown=False)), (Plan("411", after=6.0), gives_up), seed=3)
    reads, hypotheses, found = told(lines_without(left(world, without=EVENTS), "DEBU <"))

    assert reads["410", 2] == (True, "overwritten-by-peer", "411")
    assert hypotheses["410", 2, "concurrency"] == "PROVEN"
    assert hypotheses["410", 2, "aborted-write"] == "REFUTED"
    assert "aborted-read" not in found


def test_a_log_without_its_beginning_does_not_say_that_no_lock_was_taken_or_that_a_stranger_deployed() -> None:
    world = act((Plan("420", lock="whole"), upgraded(2.0)), (Plan("421", after=14.0, lock="whole"), upgraded(2.0)), seed=5)
    files = left(world)
    cut = without_beginning(without_beginning(files, "420", "chaos_redeploy:"), "421", "chaos_redeploy:")

    assert "unguarded-write" not in told(files)[2]
    reads, _, found = told(cut)
    assert found.get("unguarded-write") in (None, {"NOT PROVEN"})
    assert not {"claim-contradicted", "vacuous-upgrade", "mutual-exclusion-failure"} & found.keys()
    assert {writer for _, _, writer in reads.values()} <= {None, "420", "421"}
    assert reads["421", 2] == (False, "as-intended", "421")


def upgrading_at(seconds: float, *, prepared: float, rest: float = 3.0) -> Callable[[Story], Process]:
    """Check out and make ready some seconds before the upgrade itself."""

    def script(s: Story) -> Process:
        yield from s.install()
        yield from s.until(seconds - prepared)
        before = s.read()
        yield from s.prepare()
        yield from s.until(seconds)
        yield from s.upgrade()
        yield rest
        s.judge(before)
        yield from s.finish()

    return script


def test_a_wrong_stamp_is_told_by_the_inspect_where_no_line_of_the_tool_is_left() -> None:
    one = Plan("430", pinned=True, domain="disc-1.ci.example.org")
    other = Plan("431", after=7.3, pinned=True, domain="disc-2.ci.example.org")
    files = left(act((one, upgrading_at(8.2, prepared=1.2)), (other, upgrading_at(16.0, prepared=0.2)), seed=34, shared=True))
    reads, hypotheses, found = told(lines_without(files, "DEBU <", "INFO UPDATING", "INFO DEPLOYING"))

    assert reads["430", 2] == (True, "wrong-head", "430")
    assert hypotheses["430", 2, "wrong-head"] == "PROVEN"
    assert hypotheses["430", 2, "aborted-write"] == "REFUTED"
    assert "aborted-read" not in found


@pytest.mark.parametrize("kept", [EVENTS, ("inspects", *EVENTS)])
def test_an_upgrade_is_not_vacuous_because_another_run_had_stamped_the_value_at_some_time_before(kept: tuple[str, ...]) -> None:
    world = act((Plan("440"), upgraded(2.0)), (Plan("441", after=16.0), upgraded(2.0)), seed=7)
    reads, _, found = told(left(world, "console", without=kept))

    assert reads["441", 2][:2] == (False, "as-intended")
    assert not {"vacuous-upgrade", "claim-contradicted"} & found.keys()


def test_a_check_that_passed_on_a_value_that_nobody_in_evidence_stamped_is_not_as_intended() -> None:
    one = Plan("450", pinned=True)
    other = Plan("451", after=7.3, pinned=True)
    world = act((one, upgrading_at(8.2, prepared=1.2, rest=9.0)), (other, upgrading_at(14.0, prepared=0.1, rest=9.0)), seed=34, shared=True)
    files = left(world, without=EVENTS)
    whole, alone = told(files), told({p: t for p, t in files.items() if "/451/" not in p})

    assert whole[0]["450", 2][1] != "as-intended"
    assert alone[0]["450", 2] == (False, "unattributed", None)


def test_a_run_of_which_only_the_work_tree_is_left_may_have_written_what_no_run_did() -> None:
    world = act((Plan("460"), upgraded(6.0, teardown=False)), (Plan("461", after=7.0), upgraded()), seed=9)
    files = {p: t for p, t in left(world).items() if not p.startswith("runs/461/")}
    reads, hypotheses, found = told(files)

    assert reads["460", 2] == (True, "unattributed", None)
    assert hypotheses["460", 2, "manual-update"] == hypotheses["460", 2, "concurrency"] == "NOT PROVEN"
    assert not {"torn-stack", "drift-explained", "unattributed-read"} & found.keys()


def test_what_was_deployed_before_the_recorder_began_is_not_sought_among_its_events() -> None:
    killed = Log("470").start(-6.0).deploy(-5.9, None, "92a304dd")
    second = Log("471").start(-0.1).deploy(0.3, 0.42, "92a304dd", onto=True).read(0.43, "92a304dd")
    second = second.deploy(0.6, 0.72, "a7be5bae", upgrade=True).read(0.8, "a7be5bae").undeploy(1.2, 1.6)
    recorded = Swarm().update(0.66, image_old="labimage:1", image_new="labimage:2").remove(1.3)
    reads, _, found = told(killed.file | second.file | recorded.file)

    assert [reads["471", n] for n in (0, 1)] == [(False, "as-intended", None), (False, "as-intended", "471")]
    assert "order-contradiction" not in found


@pytest.mark.parametrize("fast", [5.0, 400.0])
def test_a_fast_clock_does_not_give_the_own_value_to_a_killed_peer_that_wrote_it_before(fast: float) -> None:
    def killed(s: Story) -> Process:
        yield from s.begin()
        yield from s.base(dies_after=2)

    world = act((Plan("480"), killed), (Plan("481", after=4.0), upgraded(3.0)), seed=11)
    reads, _, found = told(left(world, without=EVENTS, skews={"481": fast}))

    assert [reads["481", n] for n in (0, 1, 2)] == [(False, "as-intended", "481")] * 3
    assert found["order-contradiction"] == {"PROVEN"}
