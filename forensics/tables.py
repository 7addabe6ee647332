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
from forensics.projections.coverage import COVERAGE, coverage_of
from parsers.schema import INSTANT

TEXT, NUMBER, YES_NO, TEXTS = pl.String, pl.Int64, pl.Boolean, pl.List(pl.String)
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


RUNS = pl.Schema(
    {
        "run": TEXT,
        "recipe": TEXT,
        "ref": TEXT,  # the commit under test
        "outcome": TEXT,  # what the run says of itself
        "lo": INSTANT,  # of its log
        "hi": INSTANT,
    }
)
DEPLOYS = pl.Schema(
    {
        "run": TEXT,
        "n": NUMBER,  # of the run's calls of the deploy tool, from 0
        "verb": TEXT,  # deploy, undeploy
        "stack": TEXT,
        "stamp": TEXT,  # as it was taken
        "outcome": TEXT,
        "upgrade": YES_NO,
        "sE": INSTANT,  # it began in [sE, sL]
        "sL": INSTANT,
        "eE": INSTANT,  # and ended in [eE, eL]
        "eL": INSTANT,
        "locks": TEXTS,  # held throughout
        "ended": YES_NO,  # false: the log stops inside of it
        "commit": TEXT,  # eight digits, of the stamp; the stamp where it is not known
        "evidence": TEXTS,
    }
)
WRITES = pl.Schema(
    {
        "stack": TEXT,
        "service": TEXT,
        "verb": TEXT,
        "kind": TEXT,  # of whom: run, swarm, operator, …
        "by": TEXT,  # a run, `swarm`, `operator`; null where nobody can be told
        "value": TEXT,  # of the label, afterwards
        "outcome": TEXT,
        "sure": YES_NO,  # false: it may not have happened
        "actor_sure": YES_NO,
        "service_id": TEXT,
        "commit": TEXT,
        "evidence": TEXTS,
        "sE": INSTANT,
        "sL": INSTANT,
        "eE": INSTANT,
        "eL": INSTANT,
    }
)
READS = pl.Schema(
    {
        "run": TEXT,
        "ordinal": NUMBER,  # of the run's identity reads, from 0
        "stack": TEXT,
        "service": TEXT,
        "observed": TEXT,
        "intended": TEXT,
        "drift": YES_NO,  # null: they cannot be compared
        "cause": TEXT,
        "rE": INSTANT,  # it was made in [rE, rL]
        "rL": INSTANT,
        "evidence": TEXTS,
    }
)
LOCKS = pl.Schema(
    {
        "run": TEXT,
        "lock": TEXT,
        "aE": INSTANT,  # acquired in [aE, aL]
        "aL": INSTANT,
        "zE": INSTANT,  # released in [zE, zL]
        "zL": INSTANT,
        "evidence": TEXTS,
    }
)
HEAD_MOVES = pl.Schema(
    {
        "tree": TEXT,
        "at": INSTANT,
        "old": TEXT,
        "new": TEXT,
        "to": TEXT,  # what was asked for
        "run": TEXT,  # whose tool told of it; null for a line of the reflog
        "logged": YES_NO,  # true: a line of the reflog
        "evidence": TEXTS,
    }
)
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
EPISODES = pl.Schema({"episode": NUMBER, "stack": TEXT, "t_lo": INSTANT, "t_hi": INSTANT, "deploys": NUMBER, "runs": TEXTS})
FAILURES = pl.Schema({"service": TEXT, "service_id": TEXT, "kind": TEXT, "at": INSTANT, "evidence": TEXTS})
FINDINGS = pl.Schema(
    {
        **dict.fromkeys(("id", "class", "sub", "verdict", "strength", "severity", "stack", "service"), TEXT),
        "runs": TEXTS,
        "t_lo": INSTANT,
        "t_hi": INSTANT,
        "summary": TEXT,
        "missing": TEXTS,
        "rejected": JSON,
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


def instants(frame: pl.DataFrame, schema: pl.Schema) -> pl.LazyFrame:
    """A table of the analysis as it is given out: what it counts in microseconds of the epoch (`at_us`, `sE`) becomes an instant (`at`, `sE`)."""
    renamed = frame.lazy().rename({f"{name}_us": name for name in schema if f"{name}_us" in frame.columns})
    return renamed.select(pl.col(name).cast(dtype) for name, dtype in schema.items())


def flat(rows: Iterable[Mapping[str, Any]], schema: pl.Schema) -> pl.LazyFrame:
    """Rows of the JSON contract as a table: instants typed, what is nested as JSON."""

    def value(x: Any, dtype: pl.DataType) -> Any:
        return json.dumps(x, ensure_ascii=False) if isinstance(x, list | dict) and dtype == JSON else x

    texts = pl.Schema({name: TEXT if dtype == INSTANT else dtype for name, dtype in schema.items()})
    frame = pl.DataFrame([{name: value(row[name], dtype) for name, dtype in schema.items()} for row in rows], schema=texts).lazy()
    return frame.with_columns(pl.col(n).str.to_datetime("%Y-%m-%dT%H:%M:%S%.6fZ", time_zone="UTC") for n, d in schema.items() if d == INSTANT)


def services(opened: Opened) -> pl.LazyFrame:
    """One row per service that was written: how often, what its label held last, by whom it was put there."""
    done = instants(opened.analysis.writes, WRITES).filter(pl.col("outcome") == "ok").sort("sE", "eL", maintain_order=True)
    last = [pl.col(column).last().alias(name) for name, column in (("last_verb", "verb"), ("value", "value"), ("by", "by"), ("since", "sE"))]
    writers = pl.col("by").drop_nulls().unique().sort().alias("writers")
    return done.group_by("stack", "service").agg(pl.len().cast(pl.Int64).alias("writes"), writers, *last).sort("stack", "service")


def _analysed(name: str, says: str, schema: pl.Schema) -> Table:
    return Table(name, says, lambda opened: instants(getattr(opened.analysis, name), schema), schema)


SAYS_COVERAGE = "one source and one thing that it can show: over which window, with which holes, and how that is known"
TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table("lines", "one line of a content, byte for byte", lambda o: o.case.lines()),
        Table("events", "one fact read from one place", lambda o: o.case.events()),
        Table("sources", "one content found at one path", lambda o: o.case.sources().lazy()),
        Table("coverage", SAYS_COVERAGE, lambda o: coverage_of(o.case), COVERAGE),
        _analysed("runs", "one run: when, what, how it ended", RUNS),
        _analysed("deploys", "one attempt of a run to change a stack, with the bounds of its start and end", DEPLOYS),
        _analysed("writes", "one change of one service: who, what, when", WRITES),
        _analysed("reads", "one identity read, and its cause", READS),
        _analysed("locks", "one hold of a lock", LOCKS),
        _analysed("head_moves", "one move of HEAD: a line of a reflog, or what a run's tool told of", HEAD_MOVES),
        Table("services", "one service: how often it was written, what it held last, and by whom", services, SERVICES),
        _analysed("episodes", "one maximal group of deploys that may overlap on one stack", EPISODES),
        _analysed("failures", "one task that was killed for memory or ended in error", FAILURES),
        Table("findings", "one finding, worst first", lambda o: flat(o.analysis.findings, FINDINGS), FINDINGS),
        Table("drift", "one identity read, with its hypotheses", lambda o: flat(o.analysis.drift, DRIFT), DRIFT),
        Table("overlaps", "what two runs used at the same time", lambda o: flat(o.analysis.shared, OVERLAPS), OVERLAPS),
    )
}
