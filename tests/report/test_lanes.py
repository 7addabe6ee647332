"""The picture as a table, before anything is placed."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.analysis import Analysis
from forensics.report.headline import headline
from forensics.report.ink import MARKS
from forensics.report.lanes import OTHERS, RUN_LANES, STACKS, Layout, _touched, layout
from tests.evidence import APP, DOMAIN, Log, Swarm, analysis, folder
from tests.report.crowds import crowd

READ = {
    "run": "m2p",
    "observed": "92a304dd",
    "intended": "a7be5bae",
    "cause": "overwritten-by-peer",
    "hypotheses": {"concurrency": {"verdict": "NOT PROVEN"}},
}
DATA = Path(__file__).parents[2] / "data"


def case(name: str) -> Analysis:
    return analysis(folder(DATA / name / "evidence"))


def of(name: str, **options: str) -> Layout:
    return layout(case(name), **options)


def test_the_label_of_the_app_goes_back_where_swarm_rolled_it_back() -> None:
    app = next(lane for lane in of("dstamp").lanes if lane.name == "app")

    assert [b.label for b in app.bars] == ["92a304dd+U", "a7be5bae+U", "92a304dd+U"]
    rollback = next(m for m in app.marks if m.kind == "rollback")
    assert rollback.at == app.bars[2].lo
    assert any(m.kind == "failure" and m.at < rollback.at for m in app.marks)


def test_a_read_is_marked_by_what_became_of_it() -> None:
    run = next(lane for lane in of("dstamp").lanes if lane.kind == "run")

    assert [m.kind for m in run.marks] == ["read-ok", "read-ok", "read-drift"]


def test_an_untimed_call_has_soft_ends_around_a_core() -> None:
    run = next(lane for lane in of("dstamp").lanes if lane.kind == "run")

    for bar in (b for b in run.bars if b.kind == "deploy"):
        assert bar.lo < bar.core_lo <= bar.core_hi < bar.hi


def test_the_shared_tree_shows_who_moved_it_and_when() -> None:
    picture = of("shared-tree-race")
    tree = next(lane for lane in picture.lanes if lane.kind == "tree")

    assert tree.name == "shared/discourse"
    assert [m.label for m in tree.marks] == ["by the tool of run m2p", "by the tool of run ab"]
    assert {b.label for b in tree.bars} == {"92a304dd", "a7be5bae"}
    assert tree.runs == ("ab", "m2p")


def test_the_picture_names_for_a_move_without_a_line_whom_its_finding_names() -> None:
    a = case("shared-tree-race")
    gaps = [f for f in a.findings if f["class"] == "continuity-gap"]
    tree = next(lane for lane in layout(a).lanes if lane.kind == "tree")

    assert sorted(f["runs"] for f in gaps) == [["ab"], ["m2p"]]
    for gap in gaps:
        gap["runs"] = ["ab", "m2p"]
    unsure = next(lane for lane in layout(a).lanes if lane.kind == "tree")
    assert [m.label for m in tree.marks] == ["by the tool of run m2p", "by the tool of run ab"]
    assert [m.label for m in unsure.marks] == ["by the tool of run ab or m2p"] * 2


@pytest.mark.parametrize("name", ["dstamp", "shared-tree-race"])
def test_everything_lies_inside_the_picture_and_says_what_it_rests_on(name: str) -> None:
    a = case(name)
    picture = layout(a)

    for lane in picture.lanes:
        for bar in lane.bars:
            assert picture.lo <= bar.lo <= bar.core_lo <= bar.core_hi <= bar.hi <= picture.hi
        for item in (*lane.bars, *lane.marks):
            assert item.tip
            assert item.evidence and all(a.history.event(i) for i in item.evidence)


def test_every_mark_has_a_shape_and_words() -> None:
    kinds = {m.kind for name in ("dstamp", "shared-tree-race") for lane in of(name).lanes for m in lane.marks}

    assert kinds <= set(MARKS)
    assert all(strokes and words for strokes, words in MARKS.values())


def test_one_run_is_shown_with_everybody_on_its_stacks_and_marked() -> None:
    files = {}
    for run, domain in (("one", DOMAIN), ("two", DOMAIN), ("three", "other.example.org")):
        files |= Log(run).start(0).deploy(1, 5, "92a304dd+U", domain=domain).file

    lanes = [lane for lane in layout(analysis(files), run="one").lanes if lane.kind == "run"]

    assert [(lane.name, lane.marked, lane.side) for lane in lanes] == [("one", True, ""), ("two", False, "")]


def test_one_service_is_its_label_over_time_with_who_wrote_it() -> None:
    picture = of("dstamp", service="disc-69811c_ci_example_org_app")

    assert [(lane.kind, lane.name) for lane in picture.lanes] == [("run", "dstamp-repro4"), ("service", "app")]
    assert [b.label.split(", ")[1] for b in picture.lanes[1].bars] == ["by run dstamp-repro4", "by run dstamp-repro4", "by swarm itself"]
    assert picture.subject == "service disc-69811c_ci_example_org_app"


def test_a_finding_of_two_runs_is_zoomed_and_both_sides_are_marked() -> None:
    a = case("shared-tree-race")
    finding = next(f for f in a.findings if len(f["runs"]) == 2)

    picture = layout(a, finding=finding)
    whole = layout(a)

    assert sorted(lane.side for lane in picture.lanes if lane.kind == "run" and lane.marked) == ["A", "B"]
    assert whole.lo <= picture.lo < picture.focus[0] <= picture.focus[1] < picture.hi
    assert picture.hi - picture.lo <= whole.hi - whole.lo
    assert finding["id"] in picture.subject


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("dstamp", "run dstamp-repro4 read 92a304dd+U, not a7be5bae: swarm-rollback, PROVEN"),
        ("shared-tree-race", "run m2p read 92a304dd, not a7be5bae: wrong-head, PROVEN"),
    ],
)
def test_a_picture_of_the_whole_case_says_above_it_what_happened(name: str, said: str) -> None:
    assert of(name).subject == said


def test_many_drifts_are_counted_by_their_cause() -> None:
    assert layout(crowd(20, 4, drifting=5)).subject == "5 of 20 identity reads drifted: 5× swarm-rollback PROVEN"


@pytest.mark.parametrize(
    ("drift", "findings", "said"),
    [
        ([], [], ""),
        ([{"drift": False, "hypotheses": {}}] * 3, [], "3 identity reads, none drifted"),
        ([{"drift": None, "hypotheses": {}}], [], ""),
        ([], [{"class": "torn-stack", "verdict": "PROVEN", "summary": "s was left torn"}], "torn-stack, PROVEN: s was left torn"),
        ([READ | {"drift": False, "observed": "a7be5bae"}], [], "run m2p read a7be5bae, as intended, but by another's write: overwritten-by-peer, NOT PROVEN"),
        (
            [READ | {"drift": True, "observed": None, "intended": None}],
            [],
            "run m2p read nothing, intended unknown: overwritten-by-peer, NOT PROVEN",
        ),
        (
            [READ | {"drift": True}, READ | {"drift": False}],
            [],
            "1 of 2 identity reads drifted, 1 passed by another's hand: 2× overwritten-by-peer NOT PROVEN",
        ),
    ],
)
def test_a_headline_says_no_more_than_is_known(drift: list[dict], findings: list[dict], said: str) -> None:
    assert headline(SimpleNamespace(drift=drift, findings=findings)) == said


@pytest.mark.parametrize("name", ["dstamp", "shared-tree-race"])
def test_every_finding_can_be_drawn(name: str) -> None:
    a = case(name)

    for finding in a.findings:
        picture = layout(a, finding=finding)
        assert {lane.name for lane in picture.lanes if lane.kind == "run" and lane.marked} == set(finding["runs"])


def test_a_case_of_twenty_runs_keeps_a_lane_for_each() -> None:
    picture = layout(crowd(20, 4))

    assert sum(lane.kind == "run" for lane in picture.lanes) == 20
    assert "counted together" not in picture.left_out


@pytest.mark.parametrize("stacks", [6, 60])
def test_a_case_of_five_hundred_runs_is_summed_up_and_says_so(stacks: int) -> None:
    a = crowd(500, stacks)
    picture = layout(a)

    own = [lane for lane in picture.lanes if lane.kind == "run"]
    drifted = set(a.reads.filter("drift")["run"])
    assert {lane.name for lane in own} == drifted
    assert f"{500 - len(drifted)} of 500 runs without a lane of their own are counted together" in picture.left_out
    counted = [lane for lane in picture.lanes if lane.kind == "count"]
    assert sum(len(lane.runs) for lane in counted) == 500 - len(drifted)
    assert len({lane.group for lane in picture.lanes}) <= STACKS + 2
    assert (counted[-1].group == OTHERS) == (stacks > STACKS)
    assert len(picture.lanes) < 80


def test_runs_that_all_drifted_do_not_all_get_a_lane() -> None:
    picture = layout(crowd(500, 6, drifting=500))

    assert sum(lane.kind == "run" for lane in picture.lanes) == RUN_LANES


@given(st.lists(st.tuples(st.integers(-5, 30), st.integers(0, 20)), max_size=12))
def test_a_slice_counts_the_spans_that_touch_it(spans: list[tuple[int, int]]) -> None:
    edges = np.linspace(0, 20, 11)
    pairs = [(lo, lo + more) for lo, more in spans]

    found = _touched(pairs, edges).tolist()

    for i, n in enumerate(found):
        lo, hi = edges[i], edges[i + 1]
        sure = sum(a < hi and b > lo for a, b in pairs)
        assert sure <= n <= sum(a <= hi and b >= lo for a, b in pairs)


def test_nothing_to_draw_is_a_picture_without_lanes() -> None:
    assert layout(analysis({"notes.txt": "x\n"})).lanes == []


def test_a_change_by_swarm_and_one_by_hand_look_different() -> None:
    log = Log("r1").start(0).deploy(1, 5, "92a304dd+U").deploy(10, 14, "a7be5bae+U", upgrade=True).read(40, "92a304dd+U")
    swarm = (
        Swarm().create(1.05).update(10.05, image_old="a", image_new="b").die(11).state(11.2, "rollback_started", "updating").update(30, APP)
    )

    app = next(lane for lane in layout(analysis(log.file | swarm.file)).lanes if lane.kind == "service")

    assert {m.kind for m in app.marks} >= {"rollback", "manual"}
