"""Where the store meets the parsers: lines in, events and counts out, and the sum checked.

A line is in exactly one of `in_events`, `unparsed`, `blank`. A parser that fails on a source does not take the others
down with it, and not the lines either: the source is stored with all its lines unparsed, and its note says so.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from forensics.errors import StoreError
from forensics.store.splitting import split
from forensics.store.state import COUNTS
from parsers import engine
from parsers.lines import Block
from parsers.schema import EVENTS, FACTS

if TYPE_CHECKING:
    from forensics.config import Config
    from parsers.context import Context


@dataclass(frozen=True)
class About:
    """The source that lines are of."""

    source_id: str
    content_id: str
    path: str
    mtime_ns: int | None


@dataclass
class Parsed:
    """What one source gave. `events` counts them; `note` says that a parser failed, or what it does not read."""

    lines: int
    in_events: int
    unparsed: int
    blank: int
    events: int = 0
    note: str | None = None

    def counts(self) -> dict[str, int]:
        return {k: getattr(self, k) for k in COUNTS}


def context_of(config: Config) -> engine.Context:
    """What is declared, as the parsers take it."""
    own = config.formats
    return engine.Context(
        config.zones, config.years, config.offsets, config.run_patterns, formats=own.digests, envelopes=own.envelopes, rules=own.rules
    )


@cache
def versions(context: engine.Context) -> tuple[str, tuple[str, ...]]:
    """Names and versions of everything that can be recognised and all that is declared, and one id for it: what events depend on."""
    from parsers.registry import ENVELOPES, RECORDS, RULES

    known = sorted(
        f"{kind}:{f.name}/{f.version}" for kind, formats in (("envelope", ENVELOPES), ("rule", RULES), ("record", RECORDS)) for f in formats
    )
    said = [
        *context.formats,
        *(f"zone:{which}={zone}" for which, zone in context.zones),
        *(f"year:{which}={first}" for which, first in context.years),
        *(f"offset:{which}={least},{most}" for which, (least, most) in context.offsets),
        *(f"run:{pattern}" for pattern in context.run_patterns),
    ]
    return hashlib.sha256("\n".join([*known, *said]).encode()).hexdigest()[:16], (*known, *said)


def parse_batch(
    choice: Any, lines: pl.DataFrame, sources: Sequence[About], counted: np.ndarray, context: Any
) -> tuple[pl.DataFrame, list[Parsed]]:
    """Parse the lines of sources of one format.

    Args:
        lines: source (index into `sources`), line_no, offset, raw.
        counted: Lines per source, as the store counted them.

    Returns:
        Their events, and what each gave.

    Raises:
        StoreError: If a parser's counts do not add up to the lines that there are.
    """
    try:
        events, claimed = engine.parse(choice, lines, _table(sources), context)
    except Exception as error:  # noqa: BLE001 - whatever a parser trips over is said in the source's note
        if len(sources) > 1:
            return _one_by_one(choice, lines, sources, counted, context)
        return pl.DataFrame(schema=EVENTS), [failed(choice.name, int(counted[0]), error)]
    claimed = claimed.sort("source")
    per_source = dict(events["source_id"].value_counts().iter_rows())
    note = noted(choice)
    parsed = [
        Parsed(*row, events=per_source.get(s.source_id, 0), note=note)
        for row, s in zip(claimed.select(COUNTS).iter_rows(), sources, strict=True)
    ]
    for about, found, own in zip(sources, parsed, counted.tolist(), strict=True):
        check(about.path, choice.name, found, own)
    return events, parsed


@dataclass
class Alike:
    """What sources of one format gave. `at` are their places among those that they were parsed with, rising."""

    key: tuple[str, ...]
    parser: str
    at: list[int]
    events: pl.DataFrame
    parsed: list[Parsed]


def parse_contents(sources: Sequence[About], contents: Sequence[bytes], context: Context) -> list[Alike]:
    """Choose a format for each of some small sources, and parse those of one format together."""
    lines = split(contents)
    return parse_by_format(sources, contents, lines.frame(), lines.counts, context)


def parse_by_format(
    sources: Sequence[About], heads: Sequence[bytes], lines: pl.DataFrame, counted: np.ndarray, context: Context
) -> list[Alike]:
    """Choose a format for each source, and parse those of one format together.

    Args:
        heads: How each source begins, at least `engine.HEAD_BYTES` of it.
        lines: source (index into `sources`), line_no, offset, raw; sorted by source and line_no.
    """
    choices = engine.choose_all([(s.path, head) for s, head in zip(sources, heads, strict=True)], context)
    by_key: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for at, choice in enumerate(choices):
        by_key[choice.key].append(at)
    source = lines["source"].to_numpy()
    place = np.zeros(len(sources), np.uint32)  # of a source among those of its format
    found = []
    for key, at in by_key.items():
        place[at] = np.arange(len(at), dtype=np.uint32)
        rows = lines
        if len(at) < len(sources):
            mine = np.zeros(len(sources), bool)
            mine[at] = True
            rows = lines.filter(pl.Series(mine[source]))
        rows = rows.with_columns(source=pl.Series(place[rows["source"].to_numpy()], dtype=pl.UInt32))
        events, parsed = parse_batch(choices[at[0]], rows, [sources[i] for i in at], counted[at], context)
        found.append(Alike(key, choices[at[0]].name, at, events, parsed))
    return found


def joined(pieces: Sequence[Sequence[Alike]]) -> tuple[pl.DataFrame, list[str], list[Parsed]]:
    """What sources in a row gave, from what pieces of that row gave: the same as if they had been parsed together.

    Returns:
        All events, those of one format together; per source its parser and what it gave.
    """
    events: dict[tuple[str, ...], list[pl.DataFrame]] = defaultdict(list)
    told: dict[int, tuple[str, Parsed]] = {}
    for piece in pieces:
        first = len(told)
        for alike in piece:
            events[alike.key].append(alike.events)
            told.update((first + at, (alike.parser, parsed)) for at, parsed in zip(alike.at, alike.parsed, strict=True))
    tables = [table for tables in events.values() for table in tables]
    rows = [told[at] for at in range(len(told))]
    return pl.concat([pl.DataFrame(schema=EVENTS), *tables], rechunk=True), [parser for parser, _ in rows], [parsed for _, parsed in rows]


def _table(sources: Sequence[About]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "source": pl.Series(range(len(sources)), dtype=pl.UInt32),
            "source_id": [s.source_id for s in sources],
            "content_id": [s.content_id for s in sources],
            "path": [s.path for s in sources],
            "mtime_ns": pl.Series([s.mtime_ns for s in sources], dtype=pl.Int64),
        }
    )


def _one_by_one(
    choice: Any, lines: pl.DataFrame, sources: Sequence[About], counted: np.ndarray, context: Any
) -> tuple[pl.DataFrame, list[Parsed]]:
    """Halve a batch in which some source makes a parser fail, until it stands alone."""
    half = len(sources) // 2
    parts = []
    for part, own, at in ((sources[:half], counted[:half], 0), (sources[half:], counted[half:], half)):
        rows = lines.filter(pl.col("source").is_between(at, at + len(part) - 1)).with_columns(pl.col("source") - at)
        parts.append(parse_batch(choice, rows, part, own, context))
    return pl.concat([events for events, _ in parts]), [p for _, parsed in parts for p in parsed]


def failed(parser: str, lines: int, error: Exception) -> Parsed:
    """A source on which a parser failed: all its lines are unparsed."""
    why = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return Parsed(lines, 0, lines, 0, note=f"parser {parser} failed, so no line is parsed: {why}")


def check(path: str, parser: str, found: Parsed, own: int) -> None:
    """Insist that every line is counted, and once.

    Raises:
        StoreError: If not.
    """
    if found.lines != own or found.in_events + found.unparsed + found.blank != own or min(found.counts().values()) < 0:
        said = ", ".join(f"{k} {v}" for k, v in found.counts().items())
        raise StoreError(
            f"the lines of `{path}` do not add up",
            path,
            f"parser {parser} counts {said}; there are {own} lines",
            "report this with the file: it is a fault of the parser",
        )


def noted(choice: Any) -> str | None:
    """What a person must know of every source of this format; null for most."""
    from parsers.registry import RECORDS

    return next((r.note for r in RECORDS if r.name == choice.name), None)


def named(facts: pl.DataFrame, about: About) -> pl.DataFrame:
    """The events that facts of one source become once it has a name."""
    return engine.named(facts, _table([about]))


@dataclass(frozen=True)
class Ready:
    """So many lines that can be parsed, and how many bytes that holds in memory."""

    lines: int
    size: int
    searched: engine.Searched | Exception


class Stream:
    """Parse one big source chunk by chunk; a parser that fails leaves the rest unparsed.

    It gives events of a source that has a name, of a mere path facts, to be `named`.
    """

    def __init__(self, choice: Any, about: About | str, context: Any) -> None:
        self._choice, self._path = choice, about if isinstance(about, str) else about.path
        self._lines = self._events = 0
        self._failure: Parsed | None = None
        table = pl.DataFrame({"path": about}) if isinstance(about, str) else _table([about])
        self._stream = engine.open_stream(choice, table, context)
        self._none = pl.DataFrame(schema=FACTS if isinstance(about, str) else EVENTS)

    def search(self, block: Block) -> Ready:
        """Get the next lines ready for `take`. Another thread may do it, ahead of the one that parses."""
        try:
            searched = self._stream.search(block)
            return Ready(len(block), searched.size, searched)
        except Exception as error:  # noqa: BLE001 - it is the parser's failure when these lines' turn comes
            return Ready(len(block), 0, error)

    def take(self, ready: Ready) -> pl.DataFrame:
        """Take the next lines; gives what is complete so far."""

        def step() -> pl.DataFrame:
            if isinstance(ready.searched, Exception):
                raise ready.searched
            return self._stream.take(ready.searched)

        self._lines += ready.lines
        return self._guarded(step)

    def feed(self, block: Block) -> pl.DataFrame:
        return self.take(self.search(block))

    def finish(self) -> tuple[pl.DataFrame, Parsed]:
        """The remaining events, and the counts of all."""
        counts: dict[str, int] = {}

        def last() -> pl.DataFrame:
            events, claimed = self._stream.finish()
            counts.update(claimed)
            return events

        events = self._guarded(last)
        if self._failure:
            return events, Parsed(self._lines, 0, self._lines, 0, note=self._failure.note)
        parsed = Parsed(**{k: int(counts[k]) for k in COUNTS}, events=self._events, note=noted(self._choice))
        check(self._path, self._choice.name, parsed, self._lines)
        return events, parsed

    def _guarded(self, step: Any) -> pl.DataFrame:
        if self._failure is None:
            try:
                events = step()
                self._events += len(events)
                return events
            except Exception as error:  # noqa: BLE001 - whatever a parser trips over is said in the source's note
                self._failure = failed(self._choice.name, self._lines, error)
        return self._none
