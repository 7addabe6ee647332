"""The tables of a case, by name: what `forensics sql`, `forensics export` and `case.table(NAME)` give is one registry.

Nothing is read or worked out before a table's rows are asked for; its columns are known before. Instants are `Datetime(us, UTC)`, and a null
bound is unbounded. `evidence` are event ids, unless it is said to be JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import polars as pl

from forensics.analysis import Analysis
from forensics.case import Case
from forensics.correlate.reconstructed import (
    BOUNDS,
    DEPLOYS,
    EPISODES,
    FAILURES,
    HEAD_MOVES,
    LOCKS,
    NUMBER,
    READS,
    RUNS,
    TEXT,
    TEXTS,
    WRITES,
    YES_NO,
)
from forensics.projections.coverage import COVERAGE, coverage_of
from parsers.schema import INSTANT

JSON = pl.String  # a text that holds an object or a list of them


class Opened(Protocol):
    """A case, and its answers, worked out when they are first asked for."""

    @property
    def case(self) -> Case: ...

    @property
    def analysis(self) -> Analysis: ...


@dataclass(frozen=True)
class Table:
    """One table: `says` what one row is. What is stored has no `schema` here, and is scanned where it lies; the others `make` works out."""

    name: str
    says: str
    make: Callable[[Opened], pl.LazyFrame]
    schema: pl.Schema | None = None

    def of(self, opened: Opened) -> pl.LazyFrame:
        """Its rows, worked out when they are collected.

        Raises:
            StoreError: Where a file of the case is missing or damaged; of what is worked out, when it is collected.
        """
        return self.make(opened) if self.schema is None else pl.defer(lambda: self.make(opened), schema=self.schema)


SERVICES = pl.Schema(
    {
        "stack": TEXT,
        "service": TEXT,
        "writes": NUMBER,
        "writers": TEXTS,
        "last_verb": TEXT,
        "value": TEXT,  # what its label held last
        "by": TEXT,
        "since": INSTANT,
    }
)
FINDINGS = pl.Schema(
    {
        **dict.fromkeys(("id", "class", "sub", "verdict", "strength", "severity", "stack", "service"), TEXT),
        "runs": TEXTS,
        "t_lo": INSTANT,
        "t_hi": INSTANT,
        "summary": TEXT,
        "missing": TEXTS,
        "rejected": JSON,
        "open": JSON,
        "evidence": JSON,
        "title": TEXT,
        "explain": JSON,
        "advice": TEXT,
        "implied_by": TEXT,
        "facts": JSON,
    }
)
DRIFT = pl.Schema(
    {
        "run": TEXT,
        "stack": TEXT,
        "ordinal": NUMBER,
        "t_lo": INSTANT,
        "t_hi": INSTANT,
        "intended": TEXT,
        "taken": TEXT,
        "observed": TEXT,
        "drift": YES_NO,
        "cause": TEXT,
        "writer_run": TEXT,
        "hypotheses": JSON,
        "service": TEXT,
        "recipe": TEXT,
        "evidence": JSON,
    }
)
OVERLAPS = pl.Schema(
    {
        "resource": TEXT,  # stack, tree, lock, path
        "name": TEXT,
        "stack": TEXT,
        "runs": TEXTS,
        "verdict": TEXT,  # must, may
        "at_least_us": NUMBER,
        "at_most_us": NUMBER,
        "a": JSON,
        "b": JSON,
        "summary": TEXT,
    }
)


def given(schema: pl.Schema) -> pl.Schema:
    """The columns of a reconstructed table as they are given out: what counts microseconds of the epoch (`at_us`, `sE`) is an instant (`at`, `sE`)."""
    return pl.Schema(
        {name.removesuffix("_us") if name in BOUNDS else name: INSTANT if name in BOUNDS else dtype for name, dtype in schema.items()}
    )


def instants(frame: pl.DataFrame) -> pl.LazyFrame:
    """A reconstructed table as it is given out."""
    return frame.lazy().select(
        pl.col(own).cast(dtype).alias(name) for own, (name, dtype) in zip(frame.columns, given(frame.schema).items(), strict=True)
    )


def flat(rows: Iterable[Mapping[str, Any]], schema: pl.Schema) -> pl.LazyFrame:
    """Rows of the JSON contract as a table: instants typed, what is nested as JSON."""

    def value(x: Any, dtype: pl.DataType) -> Any:
        return json.dumps(x, ensure_ascii=False) if isinstance(x, list | dict) and dtype == JSON else x

    texts = pl.Schema({name: TEXT if dtype == INSTANT else dtype for name, dtype in schema.items()})
    frame = pl.DataFrame([{name: value(row[name], dtype) for name, dtype in schema.items()} for row in rows], schema=texts).lazy()
    return frame.with_columns(
        pl.col(n).str.to_datetime("%Y-%m-%dT%H:%M:%S%.6fZ", time_zone="UTC") for n, d in schema.items() if d == INSTANT
    )


def services(opened: Opened) -> pl.LazyFrame:
    """One row per service that was written: how often, what its label held last, by whom it was put there."""
    done = instants(opened.analysis.writes).filter(pl.col("outcome") == "ok").sort("sE", "eL", maintain_order=True)
    last = [
        pl.col(column).last().alias(name) for name, column in (("last_verb", "verb"), ("value", "value"), ("by", "by"), ("since", "sE"))
    ]
    writers = pl.col("by").drop_nulls().unique().sort().alias("writers")
    return done.group_by("stack", "service").agg(pl.len().cast(pl.Int64).alias("writes"), writers, *last).sort("stack", "service")


def _reconstructed(name: str, says: str, schema: pl.Schema) -> Table:
    return Table(name, says, lambda opened: instants(getattr(opened.analysis, name)), given(schema))


SAYS_COVERAGE = "one source and one thing that it can show: over which window, with which holes, and how that is known"
TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table("lines", "one line of a content, byte for byte", lambda o: o.case.lines()),
        Table("events", "one fact read from one place", lambda o: o.case.events()),
        Table("sources", "one content found at one path", lambda o: o.case.sources().lazy()),
        Table("coverage", SAYS_COVERAGE, lambda o: coverage_of(o.case), COVERAGE),
        _reconstructed("runs", "one run: when, what, how it ended", RUNS),
        _reconstructed("deploys", "one attempt of a run to change a stack, with the bounds of its start and end", DEPLOYS),
        _reconstructed("writes", "one change of one service: who, what, when", WRITES),
        _reconstructed("reads", "one identity read, and its cause", READS),
        _reconstructed("locks", "one hold of a lock", LOCKS),
        _reconstructed("head_moves", "one move of HEAD: a line of a reflog, or what a run's tool told of", HEAD_MOVES),
        Table("services", "one service: how often it was written, what it held last, and by whom", services, SERVICES),
        _reconstructed("episodes", "one maximal group of deploys that may overlap on one stack", EPISODES),
        _reconstructed("failures", "one task that was killed for memory or ended in error", FAILURES),
        Table("findings", "one finding, worst first", lambda o: flat(o.analysis.findings, FINDINGS), FINDINGS),
        Table("drift", "one identity read, with its hypotheses", lambda o: flat(o.analysis.drift, DRIFT), DRIFT),
        Table("overlaps", "what two runs used at the same time", lambda o: flat(o.analysis.shared, OVERLAPS), OVERLAPS),
    )
}
