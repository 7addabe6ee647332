"""A case from Python: `forensics.open_case(path)` (docs/api.md).

Tables are lazy polars frames, worked out when they are first asked for. Answers are lists of dicts in the terms of the JSON contract, which
show themselves in a notebook. The case is read as it was when it was opened, and never changed.

Lazy frames hold what is stored, secrets included; what shows itself (`findings`, `drift`, `timeline()`) is redacted, and so is what
`forensics export` writes.
"""

from __future__ import annotations

import os
import tempfile
from functools import cached_property
from pathlib import Path

import polars as pl

from forensics.analysis import Analysis, analyse
from forensics.case import Case
from forensics.display import Finding, Read, Rows, text
from forensics.ingest import ingest
from forensics.projections.coverage import coverage_of
from forensics.quote import quoter
from forensics.report.changes import changes
from forensics.report.lanes import Layout, layout
from forensics.report.wanted import wanted
from forensics.tables import TABLES

NO_FINDING = "nothing was found: that is not proof that nothing happened; `coverage` says what could have shown"
NO_READ = "no identity read is in evidence: nothing can be said about drift"
NO_OVERLAP = "no two runs can have used one stack, work tree, lock or shared file at the same time"


class OpenCase:
    """One case, opened: tables by name, most of them as attributes too; `findings`, `drift`, `overlaps` as rows, and `timeline()`."""

    def __init__(self, case: Case) -> None:
        """Use `forensics.open_case`."""
        self.case = case

    @cached_property
    def analysis(self) -> Analysis:
        """The answers, as the commands have them."""
        return analyse(self.case.events(), quoter(self.case), coverage_of(self.case))

    @property
    def lines(self) -> pl.LazyFrame:
        """The lines (`parsers.schema.LINES`)."""
        return self.table("lines")

    @property
    def events(self) -> pl.LazyFrame:
        """The event table (`parsers.schema.EVENTS`)."""
        return self.table("events")

    @property
    def sources(self) -> pl.LazyFrame:
        """What was read, in the order of the ledger."""
        return self.table("sources")

    @property
    def coverage(self) -> pl.LazyFrame:
        """What each source could have shown, over which window, and how that is known (`projections.coverage.COVERAGE`).

        An event outside of its window could not have shown there: its absence proves nothing.
        """
        return self.table("coverage")

    @property
    def runs(self) -> pl.LazyFrame:
        """One row per run."""
        return self.table("runs")

    @property
    def deploys(self) -> pl.LazyFrame:
        """One row per deploy attempt: it began in `[sE, sL]` and ended in `[eE, eL]`; null is unbounded."""
        return self.table("deploys")

    @property
    def writes(self) -> pl.LazyFrame:
        """One row per change of a service; `by` is a run, `swarm`, `operator`, or null where nobody can be told."""
        return self.table("writes")

    @property
    def reads(self) -> pl.LazyFrame:
        """One row per identity read, which lies in `[rE, rL]`."""
        return self.table("reads")

    @property
    def locks(self) -> pl.LazyFrame:
        """One row per hold: acquired in `[aE, aL]`, released in `[zE, zL]`."""
        return self.table("locks")

    @property
    def head_moves(self) -> pl.LazyFrame:
        """One row per reflog line of HEAD."""
        return self.table("head_moves")

    @property
    def services(self) -> pl.LazyFrame:
        """One row per service that was written: how often, what its label held last, by whom it was put there."""
        return self.table("services")

    @property
    def episodes(self) -> pl.LazyFrame:
        """One row per maximal group of deploys that may overlap on one stack."""
        return self.table("episodes")

    @property
    def failures(self) -> pl.LazyFrame:
        """One row per task that swarm's own records say failed."""
        return self.table("failures")

    def table(self, name: str) -> pl.LazyFrame:
        """A table by its name: `findings`, `drift` and `overlaps` too, as frames. Raises KeyError for a name that is not in `TABLES`."""
        if name not in TABLES:
            raise KeyError(f"no table is called `{name}`; there are {', '.join(TABLES)}")
        return TABLES[name].of(self)

    @property
    def tables(self) -> Rows:
        """The tables: what one row is, and how many there are."""
        rows = ({"table": t.name, "one_row_is": t.says, "rows": t.of(self).select(pl.len()).collect().item()} for t in TABLES.values())
        return Rows(rows, ("table", "rows", "one_row_is"), "")

    @cached_property
    def findings(self) -> Rows:
        """All findings, worst first, in the terms of the JSON contract; one of them shows itself in full."""
        columns = ("severity", "verdict", "class", "sub", "runs", "summary", "id")
        return Rows((Finding(row) for row in self.analysis.findings), columns, NO_FINDING)

    def finding(self, name: str) -> Finding:
        """The finding whose id begins with `name`. Raises KeyError if that is none, or several."""
        found = [f for f in self.findings if f["id"].startswith(name)]
        if len(found) != 1:
            known = ", ".join(f["id"] for f in self.findings)
            raise KeyError(f"{len(found)} findings have an id that begins with `{name}`; there are {known}")
        return found[0]

    @cached_property
    def drift(self) -> Rows:
        """All identity reads, by run and ordinal, in the terms of the JSON contract; one of them shows its hypotheses."""
        columns = ("run", "ordinal", "t_lo", "intended", "observed", "drift", "cause", "writer_run")
        return Rows((Read(row) for row in self.analysis.drift), columns, NO_READ)

    @cached_property
    def overlaps(self) -> Rows:
        """What two runs used at the same time: a stack, a work tree, a lock or a shared file; in this order, definite ones first.

        The rows of `forensics overlaps --json`; `[o for o in case.overlaps if o["resource"] == "stack"]` are deploys on one stack.
        """
        return Rows(self.analysis.shared, ("resource", "name", "runs", "verdict", "summary"), NO_OVERLAP)

    @cached_property
    def next_steps(self) -> Rows:
        """What to collect, what decides most open questions first; `commands` are to be typed on the host."""
        rows = (row | {"decides": [f"{q['name']} of {q['of']}" for q in row["decides"]]} for row in wanted(self.analysis))
        return Rows(rows, ("what", "commands", "decides"), "nothing is missing: no hypothesis and no finding is open")

    def changes(self, before: int | None = None, after: int | None = None) -> Rows:
        """Which answers the latest evidence moved, and which source moved each; `before` and `after` are ledger entries."""
        return Rows(changes(self.case, before, after)["changes"], ("name", "of", "before", "after", "moved_by"), "no answer changed")

    def timeline(self, *, stack: str | None = None, run: str | None = None, title: str = "") -> Timeline:
        """The picture: of everything, of one stack, or of the stacks that one run deployed to."""
        return Timeline(layout(self.analysis, stack=stack, run=run), title)

    def __repr__(self) -> str:
        return f"<case {self.case.path}: {len(self.case.state.sources)} sources>"

    def _repr_html_(self) -> str:
        live = sum(s.live for s in self.case.state.sources.values())
        events = sum(s.events for s in self.case.state.sources.values() if s.live)
        return f"<p><b>case {text(self.case.path)}</b>: {live} sources, {events} events</p>"


class Timeline:
    """A picture that shows itself in a notebook; `layout` is the same as data."""

    def __init__(self, picture: Layout, title: str = "") -> None:
        self.layout, self.title = picture, title

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it to `path`; the suffix says the format: svg, png or pdf."""
        from forensics.report.timeline import draw

        place = Path(path)
        draw(self.layout, [place], title=self.title)
        return place

    def __repr__(self) -> str:
        return f"<timeline: {len(self.layout.lanes)} lanes>"

    def _repr_png_(self) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            return self.save(Path(folder) / "timeline.png").read_bytes()


def open_case(path: str | os.PathLike[str]) -> OpenCase:
    """Open the case at `path`."""
    return OpenCase(Case.open(path))


def make_case(path: str | os.PathLike[str], *evidence: str | os.PathLike[str]) -> OpenCase:
    """Read evidence into the case at `path`, and open it."""
    case = Case.create(path)
    if evidence:
        ingest(case, evidence)
    return OpenCase(case)
