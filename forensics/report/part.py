"""One part of a case: the runs, stacks or hours that a report is about, and whoever was there with them.

A case holds whatever a host did in a day; an incident is an hour of it on one stack. What is said of the part is what is said of it in the
whole: everything is worked out from all evidence, and only then is left out what the part is not about.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from forensics.analysis import Analysis
from forensics.correlate import trees
from forensics.report.values import count
from forensics.times import micros
from forensics.wording import several

Row = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """What was asked for; instants are microseconds, both included, null where none was given. `typed` are the options, to be typed again."""

    runs: frozenset[str] = frozenset()
    stacks: frozenset[str] = frozenset()
    lo: int | None = None
    hi: int | None = None
    typed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.typed)

    @property
    def options(self) -> str:
        """The options as a shell takes them."""
        return shlex.join(self.typed)


class Part(Analysis):
    """The answers for one part of a case.

    Reads, findings and shared uses are those that name a run and a stack asked for and may lie in the window. Runs, calls and what swarm recorded
    are those of everybody who may have been at work on the same stacks in that time; where runs were asked for, in the time of their logs and calls.
    """

    def __init__(self, whole: Analysis, asked: Asked) -> None:
        super().__init__(whole.history, whole.quote)
        self.whole, self.asked = whole, asked

    @property
    def said(self) -> str:
        """What the report is about, and how much of the case that is."""
        stacks = sorted(self.deploys["stack"].drop_nulls().unique())
        what = [f"{noun} {several(names, ', ')}" for noun, names in (("run", sorted(self.asked.runs)), ("stack", stacks)) if names]
        return (
            f"A part of the case, asked for with {self.asked.options}: {', '.join(what) or 'no run and no stack'}. "
            f"It tells of {self.runs.height} of {count(self.whole.runs.height, 'run')}, {len(self.drift)} of {count(len(self.whole.drift), 'identity read')} "
            f"and {len(self.findings)} of {count(len(self.whole.findings), 'finding')}; what is said rests on all evidence of the case."
        )

    @cached_property
    def _stacks(self) -> list[str] | None:
        """The stacks that it is about; null for all."""
        if not self.asked.runs:
            return sorted(self.asked.stacks) or None
        used = self.whole.deploys.filter(pl.col("run").is_in(list(self.asked.runs)))["stack"].drop_nulls().unique()
        return sorted(s for s in used if not self.asked.stacks or s in self.asked.stacks)

    @cached_property
    def _window(self) -> tuple[int | None, int | None]:
        """The time asked for, within that of the logs and calls of the runs asked for; null where it is open."""
        lo, hi = self.asked.lo, self.asked.hi
        if self.asked.runs:
            logs, calls = (table.filter(_among("run", self.asked.runs)) for table in (self.whole.runs, self.whole.deploys))
            starts, ends = pl.concat([logs["lo_us"], calls["sE"]]), pl.concat([logs["hi_us"], calls["eL"]])
            first = None if starts.null_count() else starts.min()
            last = None if ends.null_count() else ends.max()
            lo = max((t for t in (lo, first) if t is not None), default=None)
            hi = min((t for t in (hi, last) if t is not None), default=None)
        return lo, hi

    def _while(self, lo: str, hi: str) -> pl.Expr:
        """Whether what lies between two columns may meet the window; null bounds are open."""
        since, until = self._window
        after = pl.lit(True) if since is None else pl.col(hi).is_null() | (pl.col(hi) >= since)
        before = pl.lit(True) if until is None else pl.col(lo).is_null() | (pl.col(lo) <= until)
        return after & before

    @property
    def _there(self) -> pl.Expr:
        return pl.lit(True) if self._stacks is None else pl.col("stack").is_in(self._stacks).fill_null(False)

    @cached_property
    def _names(self) -> set[str]:
        """The runs asked for and everybody who was there."""
        found = set(self.asked.runs) | set(self.deploys["run"])
        return found | set(self.whole.runs.filter(self._while("lo_us", "hi_us"))["run"]) if self._stacks is None else found

    @cached_property
    def _trees(self) -> set[str]:
        """The work trees that these runs deployed from, or that bear their names."""
        used = {trees.key(d.row["tree"]) for d in self.history.deploys if d.run in self._names}
        owned = {m for m in self.whole.head_moves["tree"].drop_nulls().unique() if m.partition("/")[0] in self._names}
        return (used | owned) - {None}

    def _about(self, runs: Iterable[str], stack: str | None) -> bool:
        """Whether something that names these runs and this stack belongs here; what names no stack, by its runs."""
        runs = set(runs)
        named = not self.asked.runs or bool(runs & self.asked.runs)
        on = not self.asked.stacks or (stack in self.asked.stacks if stack else bool(runs & self._names))
        return named and on

    def _then(self, lo: str | None, hi: str | None) -> bool:
        """Whether something between two instants may lie in the window asked for."""
        early, late = micros(lo), micros(hi)
        return (self.asked.lo is None or late is None or late >= self.asked.lo) and (
            self.asked.hi is None or early is None or early <= self.asked.hi
        )

    @cached_property
    def findings(self) -> list[Row]:
        return [f for f in self.whole.findings if self._about(f["runs"], f["stack"]) and self._then(f["t_lo"], f["t_hi"])]

    @cached_property
    def drift(self) -> list[Row]:
        return [r for r in self.whole.drift if self._about([r["run"]], r["stack"]) and self._then(r["t_lo"], r["t_hi"])]

    @cached_property
    def shared(self) -> list[Row]:
        return [o for o in self.whole.shared if self._about(o["runs"], o["stack"]) and self._then(*_hull(o))]

    @cached_property
    def reads(self) -> pl.DataFrame:
        at = pl.DataFrame([(r["run"], r["ordinal"]) for r in self.drift], schema={"run": pl.String, "ordinal": pl.Int64}, orient="row")
        return self.whole.reads.join(at, on=["run", "ordinal"], how="semi", maintain_order="left")

    @cached_property
    def runs(self) -> pl.DataFrame:
        return self.whole.runs.filter(_among("run", self._names))

    @cached_property
    def deploys(self) -> pl.DataFrame:
        own = _among("run", self.asked.runs) & pl.col("stack").is_null()
        return self.whole.deploys.filter((self._there | own) & self._while("sE", "eL"))

    @cached_property
    def writes(self) -> pl.DataFrame:
        return self.whole.writes.filter(self._there & self._while("sE", "eL"))

    @cached_property
    def locks(self) -> pl.DataFrame:
        return self.whole.locks.filter(_among("run", self._names) & self._while("aE", "zL"))

    @cached_property
    def head_moves(self) -> pl.DataFrame:
        return self.whole.head_moves.filter(_among("tree", self._trees) & self._while("at_us", "at_us"))

    @cached_property
    def failures(self) -> pl.DataFrame:
        of = _among("service", self.writes["service"].drop_nulls()) | _among("service_id", self.writes["service_id"].drop_nulls())
        return self.whole.failures.filter(of & self._while("at_us", "at_us"))

    @cached_property
    def traits(self) -> list[tuple[str, str, str]]:
        return [t for t in self.whole.traits if t[0] in self._names]

    @cached_property
    def clocks(self) -> list[Row]:
        return [c for c in self.whole.clocks if c["run"] in self._names]


def _among(column: str, names: Collection[str]) -> pl.Expr:
    return pl.col(column).is_in(list(names)).fill_null(False)


def _hull(o: Row) -> tuple[str | None, str | None]:
    """From the first start to the last end of two uses; null where one is open."""
    starts, ends = [o[side]["start_lo"] for side in "ab"], [o[side]["end_hi"] for side in "ab"]
    return (None if None in starts else min(starts)), (None if None in ends else max(ends))
