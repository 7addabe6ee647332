"""Which run a path names, learnt from the paths of files that say which run they are of."""

from __future__ import annotations

import pytest

from forensics.projections.layout import Layout


def learnt(*known: tuple[str, str]) -> Layout:
    layout = Layout()
    for path, run in known:
        layout.learn(path, run, log=path.endswith(".log"))
    return layout


@pytest.mark.parametrize(
    ("known", "path", "run"),
    [
        (("builds/281/results.json", "281"), "builds/281/a/02-app-deploy.log", "281"),
        (("281-harness.log", "281"), "281-inspect-identity-1.json", "281"),
        (("logs/281.log", "281"), "inspects/run-281/3.json", "281"),
        (("logs/1.log", "1"), "abra/01-app-deploy.log", None),  # inside of a word
        (("out/harness.log", "m2p"), "out/abra/02-app-deploy.log", "m2p"),
        (("out/harness.log", "m2p"), "elsewhere/02-app-deploy.log", None),
        (("ci/ab-281/x.log", "ab-281"), "ci/ab-281/y.json", "ab-281"),
    ],
)
def test_a_file_belongs_to_the_run_that_its_path_names_or_whose_log_lies_nearest(
    known: tuple[str, str], path: str, run: str | None
) -> None:
    assert learnt(known).run_of(path) == run


def test_a_path_that_names_two_runs_names_none_unless_one_stands_where_runs_stand() -> None:
    layout = learnt(("logs/281.log", "281"), ("logs/282.log", "282"))

    assert layout.run_of("compare/281-282.json") is None
    layout.learn("builds/282/results.json", "282")
    assert layout.run_of("builds/282/before-281.json") == "282"


@pytest.mark.parametrize(
    ("known", "path", "name"),
    [
        (("builds/281/results.json", "281"), "builds/282/harness.txt", "282"),
        (("281-harness.log", "281"), "282-harness.log", "282"),
        (("elsewhere/281.log", "281"), "m2p-discourse.log", "m2p-discourse"),
        (("elsewhere/281.log", "281"), "collected/m2p/harness.log", "m2p"),
        (("elsewhere/281.log", "281"), "harness.log", "harness.log"),
    ],
)
def test_a_log_that_names_no_run_is_called_after_its_neighbours_or_its_place(known: tuple[str, str], path: str, name: str) -> None:
    assert learnt(known).name(path) == name
