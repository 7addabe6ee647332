"""What people declare about a case, as far as the parsers need it: what the lines themselves do not say.

A pattern is a path's, with `*` and `?` as in the shell, or `host:NAME` for lines that name their host. The first that fits wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

import polars as pl

from parsers.envelope import Envelope
from parsers.rule import Rule

HOST = "host:"


@dataclass(frozen=True)
class Context:
    """What is declared; empty where nothing is.

    `zones` are IANA names, for times that state no zone. `years` give the day from which times without a year count: each is the first
    such moment on or after it. `offsets` are microseconds, least and most, that a clock is ahead of UTC. `run_patterns` are regular expressions
    over paths with a group `run`. `envelopes` and `rules` are formats of a user's own, tried before ours; `formats` names each with a digest of its
    definition, so that contexts with equal names of formats are equal.
    """

    zones: tuple[tuple[str, str], ...] = ()
    years: tuple[tuple[str, date], ...] = ()
    offsets: tuple[tuple[str, tuple[int, int]], ...] = ()
    run_patterns: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    envelopes: tuple[Envelope, ...] = field(default=(), compare=False)
    rules: tuple[Rule, ...] = field(default=(), compare=False)


def fits(pattern: str, path: str, host: str | None = None) -> bool:
    """Whether a pattern is for this path, or for this host."""
    if pattern.startswith(HOST):
        return host is not None and fnmatchcase(host, pattern.removeprefix(HOST))
    return fnmatchcase(path, pattern)


def declared(rows: pl.DataFrame, pairs: Sequence[tuple[str, Any]], dtype: pl.DataType | type[pl.DataType]) -> pl.Expr:
    """The value of the first pattern that fits a row's `path` or `host`; null where none does."""
    seen = {column: rows[column].drop_nulls().unique().to_list() for column in ("path", "host")}
    value = pl.lit(None, dtype)
    for pattern, said in reversed(pairs):
        column = "host" if pattern.startswith(HOST) else "path"
        fitting = [name for name in seen[column] if fits(pattern, name if column == "path" else "", name if column == "host" else None)]
        if fitting:
            value = pl.when(pl.col(column).is_in(fitting).fill_null(False)).then(pl.lit(said, dtype)).otherwise(value)
    return value
