"""Uses of stacks, work trees, locks and shared files by two runs, and how surely they overlap."""

from __future__ import annotations

import pytest

from tests.evidence import BASE, HEAD, STACK, Log, Swarm, analysis

A, B = f"{BASE[:8]}+U", f"{HEAD[:8]}+U"
TREE = "/srv/ci/abra/shared/recipes/discourse"
FILE = "/tmp/ccci-deploys-disc-1.ci.example.org"


def rows(files: dict[str, str], kind: str) -> list[dict]:
    return [r for r in analysis(files).shared if r["resource"] == kind]


def in_tree(run: str, checkout: float, deploy: float, end: float, stack: str) -> Log:
    """A run that checks out in the shared tree, and deploys from it later."""
    log = Log(run).start(checkout - 1).say(checkout, f"recipe_checkout_ref: {HEAD[:12]} -> HEAD={HEAD[:12]}")
    domain = f"{stack}.ci.example.org"
    log.say(
        deploy,
        f"deploy_app: {domain}",
        f"$ abra app deploy {domain} -C -f -o -n --debug",
        f"DEBU <recipe/compose.go:57> loaded compose file: {TREE}/compose.yml",
    )
    return log.say(deploy, f"DEBU <app/deploy.go:372> version: taking chaos version: {B}").say(
        end, f"INFO deploy succeeded: {domain}", f"deploy_app: done {domain}"
    )


def test_a_tree_is_used_from_the_checkout_that_a_deploy_relies_on() -> None:
    x, y = in_tree("x", 2, 20, 22, "one"), in_tree("y", 8, 10, 14, "two")

    (row,) = rows(x.file | y.file, "tree")

    assert (row["name"], row["stack"], row["runs"], row["verdict"]) == ("shared/discourse", None, ["x", "y"], "must")
    assert row["at_least_us"] >= 1_000_000
    assert {e["text"].split("ccci.run: ")[1][:20] for e in row["a"]["evidence"]} >= {"recipe_checkout_ref:"}


def test_trees_of_their_own_are_not_shared() -> None:
    x, y = in_tree("x", 2, 20, 22, "one"), in_tree("y", 8, 10, 14, "two")
    y.lines = [line.replace("/shared/", "/y/") for line in y.lines]

    assert rows(x.file | y.file, "tree") == []


@pytest.mark.parametrize(("second", "verdict"), [((3, 12), "must"), ((9.5, 12), "may"), ((20, 25), None)])
def test_two_holds_of_one_lock_must_may_or_cannot_overlap(second: tuple[float, float], verdict: str | None) -> None:
    x = Log("x").start(0).lock(1, "acquired").lock(9, "released")
    y = Log("y").start(0).lock(second[0], "acquired").lock(second[1], "released")

    found = rows(x.file | y.file, "lock")

    assert [r["verdict"] for r in found] == ([verdict] if verdict else [])
    assert all(r["name"] == "app.lock" and r["a"]["verb"] == "hold" and r["a"]["stamp"] is None for r in found)


def test_a_shared_file_is_used_from_the_first_line_that_names_it_to_the_last() -> None:
    x = Log("x").start(0).say(1, f"wrote {FILE}").say(20, f"FileNotFoundError: [Errno 2] No such file or directory: '{FILE}'")
    y = Log("y").start(0).say(8, f"wrote {FILE}").say(12, f"removed {FILE}")
    z = Log("z").start(0).say(8, "wrote /tmp/ccci-other").say(12, "removed /tmp/ccci-other")

    (row,) = rows(x.file | y.file | z.file, "path")

    assert (row["name"], row["verdict"], row["runs"]) == (FILE, "must", ["x", "y"])


def test_the_locks_of_both_sides_are_told() -> None:
    x = Log("x").start(0).lock(0.5, "acquired", "a.lock").deploy(1, 5, A).lock(6, "released", "a.lock")
    y = Log("y").start(0).lock(2.5, "acquired", "b.lock").deploy(3, 7, A, onto=True).lock(8, "released", "b.lock")

    (row,) = rows(x.file | y.file | Swarm().create(1.03).update(3.03).file, "stack")

    assert (row["name"], row["stack"]) == (STACK, STACK)
    assert sorted([row["a"]["locks"], row["b"]["locks"]]) == [["a.lock"], ["b.lock"]]


def test_overlaps_of_stacks_are_those_of_the_shared_ones() -> None:
    x = Log("x").start(0).lock(0.5, "acquired").deploy(1, 5, A)
    y = Log("y").start(0).lock(2.5, "acquired").deploy(3, 7, A, onto=True)
    a = analysis(x.file | y.file | Swarm().create(1.03).update(3.03).file)

    assert [r["resource"] for r in a.shared] == ["stack", "lock"]
    assert a.overlaps == a.shared[:1]
