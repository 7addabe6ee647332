"""The rows that reports and pictures are made of."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from forensics.analysis import Analysis
from tests.evidence import BASE, HEAD, STACK, Log, Swarm, analysis, folder, log_txt

DATA = Path(__file__).parents[1] / "data"


def of(name: str) -> Analysis:
    return analysis(folder(DATA / name / "evidence"))


def test_every_row_of_a_table_can_be_cited() -> None:
    a = of("shared-tree-race")

    for table in (a.deploys, a.writes, a.reads, a.locks, a.head_moves):
        assert len(table)
        for ids in table["evidence"]:
            a.gather(ids)
            assert all(row["text"] and row["line"] > 0 for row in a.cite(ids))


def test_a_cited_line_knows_its_time_and_kind_and_an_untimed_one_has_none() -> None:
    a = of("dstamp")

    found = a.moments([("docker-events.ndjson", 44), ("runs/dstamp-repro4/console.log", 40), ("nowhere", 1)])

    assert found == {
        ("docker-events.ndjson", 44): (1_795_423_366_638_090, "service.state"),
        ("runs/dstamp-repro4/console.log", 40): (None, "stamp.taken"),
    }


def test_a_tools_own_move_of_a_shared_tree_stands_beside_the_reflogs() -> None:
    moves = of("shared-tree-race").head_moves

    assert set(moves["tree"]) == {"shared/discourse"}
    assert moves.filter(~pl.col("logged"))["run"].sort().to_list() == ["ab", "m2p"]
    assert moves.filter("logged")["run"].null_count() == moves.filter("logged").height


def test_what_killed_a_task_is_told_with_its_instant() -> None:
    failures = of("dstamp").failures

    assert failures["kind"].to_list() == ["task.oom", "task.error"]
    assert failures["at_us"].is_sorted()


def test_deploys_that_may_overlap_are_one_episode() -> None:
    files = {}
    for run, at in (("one", 0), ("two", 3), ("three", 60)):
        files |= Log(run).start(at).deploy(at + 1, at + 5, "92a304dd+U").file

    episodes = analysis(files).episodes

    assert [(row["stack"], row["deploys"], row["runs"]) for row in episodes.to_dicts()] == [
        (STACK, 2, ["one", "two"]),
        (STACK, 1, ["three"]),
    ]


def test_a_release_and_its_hash_are_one_commit() -> None:
    a = analysis(Log("r1").start(0).deploy(1, 5, "92a304dd+U").file | Swarm().create(1.05).file | log_txt("r1"))

    assert a.commit("0.7.0+3.3.1") == a.commit("92a304dd+U") == a.commit(BASE) == BASE[:8]
    assert a.commit(HEAD) == HEAD[:8]
    assert a.commit(None) is None


def test_a_log_without_times_is_timed_by_the_harness_other_files_and_swarms_events_bound_what_they_can_show() -> None:
    a = of("dstamp")

    assert [(c["kind"], c["contradicted"]) for c in a.clocks] == [("file", False)]
    lo, hi = a.swarm_coverage
    assert lo < hi
    assert analysis(Log("r1").start(0).file).swarm_coverage is None
