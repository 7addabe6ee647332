"""What separates the drifting (or failing) runs from the others.

A comparison finds what goes together, not what causes what: with few runs, much separates them by chance, and where many facts are
looked at, one of them separates by chance. So every row says how often chance alone would (Fisher's exact test, two-sided), also after the number
of facts looked at is taken into account (Holm); and what else is true of the same runs, which may be the common parent of both.

References:
    Fisher, The design of experiments, 1935 (exact test)
    Holm, A simple sequentially rejective multiple test procedure, 1979
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
    "comparison-void",
    "drift-explained",
    "insufficient-evidence",
    "stale-read",
    "unattributed-read",
}
UNLIKELY = 0.05
TOGETHER = 6  # facts of the same runs named in a row
# Attributes without which runs are not of one kind: a difference in them explains everything and nothing.
KIND_OF_RUN = ("recipe", "ref", "level scheme", "stages")


@dataclass(frozen=True)
class Groups:
    """Runs of one kind, runs of the other, and runs that cannot be told. By default: drifting, as intended, not comparable."""

    drifting: frozenset[str]
    others: frozenset[str]
    unknown: frozenset[str]

    def within(self, runs: Iterable[str]) -> Groups:
        """The same, of these runs alone."""
        kept = frozenset(runs)
        return Groups(self.drifting & kept, self.others & kept, self.unknown & kept)


def groups(reads: Iterable[Mapping[str, Any]]) -> Groups:
    """Sort runs by their identity reads. A run with a read that cannot be compared, and none that drifted, is in neither group."""
    drifts: dict[str, set[bool | None]] = {}
    for read in reads:
        drifts.setdefault(read["run"], set()).add(read["drift"])
    drifting = frozenset(run for run, seen in drifts.items() if True in seen)
    others = frozenset(run for run, seen in drifts.items() if seen == {False})
    return Groups(drifting, others, frozenset(drifts) - drifting - others)


def by_outcome(analysis: Analysis) -> Groups:
    """Sort runs by what they say of themselves: failed, passed, or neither."""
    said: dict[str, set[str]] = {"fail": set(), "pass": set()}
    runs = {run["run"]: run["outcome"] for run in analysis.runs.iter_rows(named=True)}
    for run, outcome in runs.items():
        said.setdefault(outcome or "", set()).add(run)
    failed, passed = frozenset(said["fail"]), frozenset(said["pass"])
    return Groups(failed, passed, frozenset(runs) - failed - passed)


def facts(analysis: Analysis) -> dict[str, set[str]]:
    """What is said of runs, and the runs of which it is true: `trait: value`, and the findings about them.

    What is not known of a run is not true of it: a run without a word about its host counts among those of no host.
    """
    found: dict[str, set[str]] = {}
    for run, name, value in analysis.traits:
        found.setdefault(f"{name}: {value}", set()).add(run)
    for finding in analysis.findings:
        if finding["class"] not in JUDGEMENTS and finding["severity"] != "info":
            word = "" if finding["verdict"] == "PROVEN" else ", possibly"
            found.setdefault(f"finding: {finding['class']}{word}", set()).update(finding["runs"])
    return found


def compare(analysis: Analysis, sides: Groups | None = None) -> list[dict[str, Any]]:
    """Set each fact against the two groups.

    One row per fact that is true of some runs in the groups, and not of all: `with_drift` of `drifting` runs have it, `without_drift` of
    `others`. `separates` is "fully" where one group has it and the other does not. `by_chance` is how likely a split at least this uneven is if
    the fact had nothing to do with it; `by_chance_of_all` the same, given that so many facts were looked at (facts of the same runs count once).
    `together` names other facts of exactly the same runs, of which any may stand behind this one. Sorted by `by_chance`, then by fact.
    """
    sides = sides or groups(analysis.drift)
    n, m = len(sides.drifting), len(sides.others)
    known = {fact: frozenset(runs & (sides.drifting | sides.others)) for fact, runs in facts(analysis).items()}
    split = {fact: runs for fact, runs in known.items() if 0 < len(runs) < n + m}
    chances = {runs: by_chance(len(runs & sides.drifting), n, len(runs & sides.others), m) for runs in set(split.values())}
    adjusted = of_all(chances)
    rows = []
    for fact, runs in split.items():
        k, j = len(runs & sides.drifting), len(runs & sides.others)
        full = {k, n - k} == {0, n} and {j, m - j} == {0, m} and (k == 0) != (j == 0)
        rows.append(
            {
                "fact": fact,
                "with_drift": k,
                "drifting": n,
                "without_drift": j,
                "others": m,
                "separates": "fully" if full else "partly",
                "by_chance": chances[runs],
                "by_chance_of_all": adjusted[runs],
                "together": sorted(other for other, same in split.items() if same == runs and other != fact)[:TOGETHER],
                "note": _note(analysis, fact, runs & sides.drifting) if k * m > j * n else None,
            }
        )
    return sorted(rows, key=lambda row: (row["by_chance"], row["fact"]))


def _note(analysis: Analysis, fact: str, runs: frozenset[str]) -> str | None:
    """Runs that overlap fail: what is known of the cause of each of them, before anybody takes the overlap for it."""
    if not fact.startswith(("overlaps ", "load: with", "finding: concurrent-deploys")) or not runs:
        return None
    verdicts = [r["hypotheses"].get("concurrency", {}).get("verdict") for r in analysis.drift if r["run"] in runs and r["drift"]]
    proven, refuted = verdicts.count("PROVEN"), verdicts.count("REFUTED")
    return (
        f"that they go together is correlation: of {len(verdicts)} drifted reads of these runs, another run's write is PROVEN as the cause of "
        f"{proven} and REFUTED for {refuted}; look for a common parent, such as the host's load"
    )


def cautions(analysis: Analysis, sides: Groups) -> list[str]:
    """Why the comparison may mislead: too few runs, runs of several kinds."""
    n, m = len(sides.drifting), len(sides.others)
    said = []
    if n and m and (best := by_chance(n, n, 0, m)) >= UNLIKELY:
        said.append(
            f"too few runs: with {n} and {m}, even a fact that separates them fully would do so by chance in {best:.0%} of cases; "
            "nothing here can be told from chance"
        )
    values: dict[str, dict[str, set[str]]] = {}
    for run, name, value in analysis.traits:
        if name in KIND_OF_RUN and run in sides.drifting | sides.others:
            values.setdefault(name, {}).setdefault(value, set()).add(run)
    for attribute in KIND_OF_RUN:
        kinds = values.get(attribute, {})
        if len(kinds) > 1:
            counts = ", ".join(
                f"{value} {len(runs & sides.drifting)} of {len(runs)}"
                for value, runs in sorted(kinds.items(), key=lambda x: (-len(x[1]), x[0]))[:4]
            )
            narrow = f": narrow it with --{attribute}" if attribute in ("recipe", "ref") else ""
            said.append(f"not comparable as they are: the runs are of {len(kinds)} {attribute.removesuffix('s')}s ({counts}){narrow}")
    return said


def by_chance(k: int, n: int, j: int, m: int) -> float:
    """Fisher's exact test, two-sided: the probability of all splits that are no likelier than this one.

    `k` of `n` drifting runs and `j` of `m` others have the fact; the margins are taken as given.
    """
    drawn = k + j
    first, last = max(0, drawn - m), min(drawn, n)
    weight = comb(n, first) * comb(m, drawn - first)
    weights = []
    for i in range(first, last + 1):
        weights.append(weight)
        weight = weight * (n - i) * (drawn - i) // ((i + 1) * (m - drawn + i + 1))
    seen = weights[k - first]
    return sum(w for w in weights if w <= seen) / sum(weights)


def of_all(chances: Mapping[frozenset[str], float]) -> dict[frozenset[str], float]:
    """Holm's adjustment: the i-th smallest of n chances times n - i, never less than one before it, at most 1."""
    worst, found = 0.0, {}
    for i, (runs, chance) in enumerate(sorted(chances.items(), key=lambda x: (x[1], sorted(x[0])))):
        worst = max(worst, min(1.0, chance * (len(chances) - i)))
        found[runs] = worst
    return found
