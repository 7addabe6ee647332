"""The type of a record parser: a source with a grammar of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl


@dataclass(frozen=True)
class Fit:
    """How well a format fits a source, from 0 to 1, and why (or why not)."""

    score: float
    why: str


@dataclass(frozen=True)
class Sample:
    """A piece of a source and the events that it must become; None: it must become none.

    `expect` lists, per event, the columns that must hold these values; keys under `attrs` are compared one
    by one. `synthetic` marks a sample for which no real line is known.
    """

    text: str
    expect: list[dict[str, Any]] | None
    path: str = ""
    synthetic: bool = False


@dataclass(frozen=True)
class Record:
    """One record parser.

    `parse` takes the lines of many sources (source, line_no, offset, raw, text, path; sorted by source and
    line_no) and gives facts: the columns of `FACTS` that it knows, of which source, line_no, line_last,
    offset, length and kind are required. Scope `line`: each line stands alone. Scope `document`: all lines of
    a source are needed at once.
    """

    name: str
    version: int
    kinds: tuple[str, ...]
    references: tuple[str, ...]
    scope: Literal["line", "document"]
    fits: Callable[[str, bytes], Fit]
    parse: Callable[[pl.DataFrame], pl.DataFrame]
    samples: tuple[Sample, ...] = ()
    clock: str = "{name}:{source}"  # `docker` for swarm's own records
    note: str | None = None  # what a person must know of every such source: something is not read
