"""The picture as a table, before anything is drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from forensics.report.lanes import Layout, layout
from forensics.report.timeline import MARKS, draw
from tests.evidence import analysis, folder

DATA = Path(__file__).parents[2] / "data"


def of(name: str) -> Layout:
    return layout(analysis(folder(DATA / name / "evidence")))


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
    assert [m.label for m in tree.marks] == ["by run m2p's tool, without a reflog line", "by run ab's tool, without a reflog line"]
    assert {b.label for b in tree.bars} == {"92a304dd", "a7be5bae"}
    assert all(picture.lo <= b.lo <= b.hi <= picture.hi for lane in picture.lanes for b in lane.bars)


@pytest.mark.parametrize("suffix", ["svg", "png", "pdf"])
def test_a_picture_is_drawn_and_twice_the_same(tmp_path: Path, suffix: str) -> None:
    picture = of("dstamp")
    one, two = tmp_path / f"one.{suffix}", tmp_path / f"two.{suffix}"

    draw(picture, [one])
    draw(picture, [two])

    assert one.read_bytes() == two.read_bytes()
    assert one.stat().st_size < 500_000


def test_every_mark_has_words() -> None:
    kinds = {m.kind for name in ("dstamp", "shared-tree-race") for lane in of(name).lanes for m in lane.marks}

    assert kinds <= set(MARKS)
    assert all(words for _, _, words in MARKS.values())
