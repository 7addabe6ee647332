"""What separates the drifting runs from the others.

A comparison finds what goes together, not what causes what: with few runs, much separates them by chance. So every row says how often
chance alone would.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import comb
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from forensics.analysis import Analysis

# Classes that are the judgement of a read itself: of course drifting runs have them.
JUDGEMENTS = {
    "aborted-read",
    "ambiguous-attribution",
    "drift-explained",
    "insufficient-evidence",
    "stale-read",
    "unattributed-read",
}


@dataclass(frozen=True)
class Groups:
    """Runs with at least one drifting read; runs whose reads all went as intended; runs that cannot be told."""

    drifting: frozenset[str]
    others: frozenset[str]
    unknown: frozenset[str]


def groups(reads: Iterable[Mapping[str, Any]]) -> Groups:
    """Sort runs by their identity reads. A run with a read that cannot be compared, and none that drifted, is in neither group."""
    drifts: dict[str, set[bool | None]] = {}
    for read in reads:
        drifts.setdefault(read["run"], set()).add(read["drift"])
    drifting = frozenset(run for run, seen in drifts.items() if True in seen)
    others = frozenset(run for run, seen in drifts.items() if seen == {False})
    return Groups(drifting, others, frozenset(drifts) - drifting - others)


def facts(analysis: Analysis) -> dict[str, set[str]]:
    """What is said of runs, and the runs of which it is true.

    What is not known of a run is not true of it: a run without a word about locks counts among those that held none.
    """
    found: dict[str, set[str]] = {}

    def say(fact: str, runs: Iterable[str | None]) -> None:
        found.setdefault(fact, set()).update(run for run in runs if run)

    for finding in analysis.findings:
        if finding["class"] not in JUDGEMENTS:
            word = "" if finding["verdict"] == "PROVEN" else ", possibly"
            say(f"finding: {finding['class']}{word}", finding["runs"])
    for pair in analysis.overlaps:
        say(f"a deploy {pair['verdict']} overlap another run's", pair["runs"])
    for deploy in analysis.deploys.iter_rows(named=True):
        say("a deploy under no lock", [deploy["run"]] if not deploy["locks"] else [])
        for lock in deploy["locks"]:
            say(f"a deploy under lock {lock}", [deploy["run"]])
        if deploy["outcome"] == "fail":
            say("a deploy failed", [deploy["run"]])
        if deploy["stack"]:
            say(f"stack {deploy['stack']}", [deploy["run"]])
    for run in analysis.runs.iter_rows(named=True):
        if run["recipe"]:
            say(f"recipe {run['recipe']}", [run["run"]])
    return found


def compare(analysis: Analysis) -> list[dict[str, Any]]:
    """Set each fact against the two groups.

    One row per fact that is true of some runs in the groups, and not of all: `with_drift` of `drifting` runs have it, `without_drift` of
    `others`. `separates` is "fully" where one group has it and the other does not. `by_chance` is how likely a split at least this uneven
    is if the fact had nothing to do with drift (hypergeometric, one-sided). Sorted by `by_chance`, then by fact.
    """
    sides = groups(analysis.drift)
    rows = []
    for fact, runs in facts(analysis).items():
        k, j = len(runs & sides.drifting), len(runs & sides.others)
        if 0 < k + j < len(sides.drifting) + len(sides.others):
            n, m = len(sides.drifting), len(sides.others)
            full = {k, n - k} == {0, n} and {j, m - j} == {0, m} and (k == 0) != (j == 0)
            chance = by_chance(k, n, j, m)
            rows.append(
                {
                    "fact": fact,
                    "with_drift": k,
                    "drifting": n,
                    "without_drift": j,
                    "others": m,
                    "separates": "fully" if full else "partly",
                    "by_chance": chance,
                }
            )
    return sorted(rows, key=lambda row: (row["by_chance"], row["fact"]))


def by_chance(k: int, n: int, j: int, m: int) -> float:
    """The probability that, of `k + j` runs drawn from `n + m`, at least as many fall on the side where there are more than expected.

    `k` of `n` drifting runs and `j` of `m` others have the fact.
    """
    drawn, total = k + j, n + m
    more = k * total >= drawn * n
    splits = range(k, min(drawn, n) + 1) if more else range(max(0, drawn - m), k + 1)
    return sum(comb(n, i) * comb(m, drawn - i) for i in splits) / comb(total, drawn)
