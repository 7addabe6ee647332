"""What somebody asked to see: which case, which runs and stacks, which window, in which zone, for whom."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forensics.cli.group import FEW, no_such
from forensics.errors import UsageError

if TYPE_CHECKING:
    from forensics.analysis import Analysis
    from forensics.case import Case

Row = Mapping[str, Any]
DEFAULT = "./case"
LISTINGS = {
    "run": "forensics sql 'SELECT run FROM runs'",
    "stack": "forensics sql 'SELECT DISTINCT stack FROM writes'",
    "service": "forensics sql 'SELECT service FROM services'",
    "recipe": "forensics sql 'SELECT DISTINCT recipe FROM runs'",
    "ref": "forensics sql 'SELECT DISTINCT ref FROM runs'",
}


@dataclass(frozen=True)
class View:
    """The shared options of one call, as typed; what they mean is worked out when it is asked for."""

    case_path: str
    as_json: bool = False
    zone_name: str = "UTC"
    since: str | None = None
    until: str | None = None
    runs: tuple[str, ...] = ()
    stacks: tuple[str, ...] = ()

    @cached_property
    def zone(self) -> tzinfo:
        from forensics.times import zone

        return zone(self.zone_name)

    @cached_property
    def case(self) -> Case:
        """The case, opened. Raises UsageError if there is none, StoreError if its ledger is damaged."""
        from forensics.case import Case

        self.require()
        return Case.open(self.case_path)

    def require(self) -> None:
        """Raise UsageError if no case was named, and none is where one is looked for then."""
        if self.case_path == DEFAULT and not Path(DEFAULT).exists():
            where = f"{DEFAULT}, which is taken where neither --case nor $FORENSICS_CASE says otherwise"
            raise UsageError("there is no case yet", where, "nothing is there", "forensics ingest PATH")

    @cached_property
    def analysis(self) -> Analysis:
        from forensics.analysis import analyse
        from forensics.projections.coverage import coverage_of
        from forensics.quote import quoter

        return analyse(self.case.events(), quoter(self.case), coverage_of(self.case))

    @cached_property
    def window(self) -> tuple[datetime | None, datetime | None]:
        """First and last instant asked for, both included; null where nothing was asked."""
        from forensics.times import typed

        lo = typed(self.since, "--since", self.zone, self.days)[0] if self.since else None
        hi = typed(self.until, "--until", self.zone, self.days)[1] if self.until else None
        if lo and hi and lo > hi:
            raise UsageError(
                "--since is after --until", "--since, --until", f"{lo.isoformat()} is later than {hi.isoformat()}", "swap them"
            )
        return lo, hi

    def days(self) -> Collection[date]:
        """First and last day that the case's events state, in the zone asked for."""
        import polars as pl

        spans = self.case.events().select(pl.col("ts").min().alias("lo"), pl.col("ts").max().alias("hi")).collect()
        return {instant.astimezone(self.zone).date() for instant in spans.row(0) if instant is not None}

    def select(self, rows: Iterable[Row], lo: str = "t_lo", hi: str = "t_hi") -> list[Row]:
        """Keep the rows that were asked for.

        A row's runs are its `run` or `runs`; its span is `[lo, hi]`, where a null end is open: what may lie inside the window stays.

        Raises:
            UsageError: If a run or stack was named that no row knows.
        """
        rows = list(rows)
        kept = self._named("run", "--run", self.runs, rows, lambda row: row.get("runs") or [row.get("run")])
        kept = self._named("stack", "--stack", self.stacks, kept, lambda row: [row.get("stack")])
        since, until = self.window
        return [
            row
            for row in kept
            if (since is None or (end := _instant(row.get(hi))) is None or end >= since)
            and (until is None or (start := _instant(row.get(lo))) is None or start <= until)
        ]

    def _named(
        self, noun: str, option: str, asked: Collection[str], rows: list[Row], of: Callable[[Row], Iterable[str | None]]
    ) -> list[Row]:
        if not asked:
            return rows
        self.known(noun, option, asked, {name for row in rows for name in of(row) if name is not None})
        return [row for row in rows if set(asked) & set(of(row))]

    def known(self, noun: str, option: str, asked: Collection[str], there: Collection[str]) -> None:
        """Raise UsageError for the first name in `asked` that is not `there`, with the names that are."""
        for name in asked:
            if name not in there:
                command = typing.command_path if (typing := click.get_current_context(silent=True)) else "forensics"
                listing = LISTINGS.get(noun, "") if len(there) > FEW else ""
                raise no_such(noun, name, f"{option}, case `{self.case_path}`", sorted(there), f"{command} {option}", listing)


def _instant(value: datetime | str | None) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
