"""Turn the lines of sources into events.

Work is done on batches: the lines of many sources of one format at once. For a text source, one pass over the
lines finds those that hold any rule's literal; envelopes and rules then see only these few.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from parsers import blocks, clocks, reading, searching
from parsers import lines as text_lines
from parsers.choosing import HEAD_BYTES, Choice, choose, choose_all, envelopes
from parsers.context import Context
from parsers.identity import event_ids
from parsers.reading import rules
from parsers.registry import RECORDS
from parsers.schema import EVENTS, FACTS
from parsers.source import hints, unpacked

__all__ = ["HEAD_BYTES", "Choice", "Context", "Stream", "choose", "choose_all", "envelopes", "open_stream", "parse", "rules"]

# A stream's lines are parsed when so many bytes of them wait (of a text: only of those that hold a literal): a query costs the same for
# ten lines as for ten thousand.
AT_ONCE = 32 << 20
PER_LINE = 128


def parse(choice: Choice, lines: pl.DataFrame, sources: pl.DataFrame, context: Context | None = None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Parse the lines of a batch of sources of one format.

    Args:
        choice: What `choose` gave for all of them.
        lines: source (index), line_no, offset, raw; sorted by source and line_no.
        sources: source, source_id, content_id, path.
        context: What people declare about the case.

    Returns:
        Events, in the order of source, line_no, ordinal; and per source its counts: lines, in_events, blank,
        unparsed, which add up.
    """
    frame = _decoded(lines)
    context = context or Context()
    near = searching.near(frame, rules(context)) if choice.kind == "text" and reading.plain(choice, context) else frame
    events = named(_events(choice, near, sources, context, {}, True), sources)
    return events, _counts(frame, events, sources)


def named(rows: pl.DataFrame, sources: pl.DataFrame) -> pl.DataFrame:
    """Make facts (`FACTS`) events: name their sources, and them.

    Args:
        rows: As a `Stream` gives them whose source has no name yet.
        sources: source, source_id, content_id, path.
    """
    if rows.is_empty():
        return pl.DataFrame(schema=EVENTS)
    rows = rows.join(sources.select("source", "source_id", "content_id", "path"), on="source", how="left", maintain_order="left")
    rows = rows.with_columns(
        event_id=event_ids(rows["source_id"], rows["offset"], rows["length"], rows["ordinal"]),
        clock=pl.col("clock").str.replace("@", pl.col("source_id").str.slice(0, 12), literal=True),
    )
    return rows.select(pl.col(n).cast(t) for n, t in EVENTS.items())


def _decoded(lines: pl.DataFrame) -> pl.DataFrame:
    return lines.with_columns(text=text_lines.decode(lines["raw"]), length=lines["raw"].bin.size().cast(pl.Int64))


def _events(
    choice: Choice, frame: pl.DataFrame, sources: pl.DataFrame, context: Context, memory: dict[str, Any], last: bool
) -> pl.DataFrame:
    about = _about(sources, context)
    if choice.kind == "record":
        record = next(r for r in RECORDS if r.name == choice.name)
        told = about.select("source", "path", "recipe_hint", "captured_ns", "tree_hint")
        ready = frame.with_columns(text_lines.clean(frame["text"])).join(told, on="source", how="left", maintain_order="left")
        return _finish(record.parse(ready), about, record.clock, choice, context)
    if choice.kind == "text":
        return _finish(reading.facts(choice, frame, context, memory, last), about, "log:{source}", choice, context)
    return pl.DataFrame(schema=FACTS)


def _about(sources: pl.DataFrame, context: Context) -> pl.DataFrame:
    paths = [unpacked(path) for path in sources["path"].to_list()]
    told = [hints(p, context.run_patterns) for p in paths]
    return sources.select("source").with_columns(
        path=pl.Series(paths, dtype=pl.String),
        run_hint=pl.Series([t.run for t in told], dtype=pl.String),
        tree_hint=pl.Series([t.tree for t in told], dtype=pl.String),
        recipe_hint=pl.Series([t.recipe for t in told], dtype=pl.String),
        captured_ns=pl.Series([t.captured_ns for t in told], dtype=pl.Int64),
    )


def _finish(facts: pl.DataFrame, about: pl.DataFrame, clock: str, choice: Choice, context: Context) -> pl.DataFrame:
    """Fill ordinals, path hints and clock, in which "@" stands for the source; give exactly the columns of `FACTS`."""
    if facts.is_empty():
        return pl.DataFrame(schema=FACTS)
    missing = [pl.lit(None, EVENTS[name]).alias(name) for name in FACTS if name not in facts.columns and name in EVENTS]
    rows = (
        facts.drop("path", "recipe_hint", "captured_ns", "tree_hint", strict=False)
        .with_columns(missing)
        .join(about, on="source", how="left", maintain_order="left")
    )
    rows = rows.with_columns(
        line_last=pl.coalesce("line_last", "line_no"),
        run=pl.coalesce("run", "run_hint"),
        recipe=pl.coalesce("recipe", "recipe_hint"),
        tree=pl.coalesce("tree", "tree_hint"),
    )
    rows = rows.with_columns(
        clock=pl.coalesce("clock", pl.lit(clock.replace("{name}", choice.name)).str.replace("{source}", pl.lit("@"), literal=True)),
        clock_kind=pl.coalesce("clock_kind", pl.when(pl.col("ts").is_not_null()).then(pl.lit("stated")).otherwise(pl.lit("none"))),
    )
    rows = clocks.of_lines(rows, context) if choice.kind == "text" else clocks.of_records(rows, context)
    if choice.kind == "record":
        rows = rows.with_columns(
            parser=pl.coalesce("parser", pl.lit(f"{choice.name}/{next(r.version for r in RECORDS if r.name == choice.name)}"))
        )
    if "part" not in rows.columns:
        rows = rows.with_columns(part=pl.lit(0, pl.Int64))
    rows = _numbered(rows.sort("source", "line_no", "offset", "part", "kind", maintain_order=True))
    return rows.select(pl.col(n).cast(t) for n, t in FACTS.items())


def _numbered(rows: pl.DataFrame) -> pl.DataFrame:
    """Count facts of the same bytes from 0 (`ordinal`). Few share theirs: only these are grouped.

    Messages of one record whose bytes cannot be told apart are told apart by `part`, also if they come in different chunks.

    Args:
        rows: sorted by source, line_no, offset: what has the same bytes has neighbours that begin with them.
    """
    offset, source, part = pl.col("offset"), pl.col("source"), pl.col("part").cast(pl.UInt32) * 65_536
    same = ((offset == offset.shift()) & (source == source.shift())).fill_null(False)
    rows = rows.with_columns(ordinal=part)
    shared = rows.select(same | same.shift(-1, fill_value=False)).to_series()
    if not shared.any():
        return rows
    counted = (
        rows.filter(shared).select(pl.int_range(pl.len(), dtype=pl.UInt32).over("source", "offset", "length", "part") + part).to_series()
    )
    return rows.with_columns(rows["ordinal"].scatter(shared.arg_true(), counted))


def _counts(frame: pl.DataFrame, events: pl.DataFrame, sources: pl.DataFrame) -> pl.DataFrame:
    """Per source: how many lines gave an event, are blank, or neither."""
    places = events.select("source_id", "line_no", "line_last").join(sources.select("source", "source_id"), on="source_id")
    covered = _covered(places, "source")
    blank = frame.select("source", "line_no").filter(text_lines.blank(frame["text"])).join(covered, on=["source", "line_no"], how="anti")
    counts = sources.select("source")
    for name, rows in (("lines", frame), ("in_events", covered), ("blank", blank)):
        counts = counts.join(rows.group_by("source").agg(pl.len().cast(pl.Int64).alias(name)), on="source", how="left")
    return counts.with_columns(pl.col("lines", "in_events", "blank").fill_null(0)).with_columns(
        unparsed=pl.col("lines") - pl.col("in_events") - pl.col("blank")
    )


def _covered(places: pl.DataFrame, *of: str) -> pl.DataFrame:
    """The lines of events (`line_no` to `line_last`, of what these columns name), each once."""
    many = pl.col("line_last") > pl.col("line_no")
    places = places.select(*of, "line_no", "line_last")
    more = places.filter(many).select(*of, line_no=pl.int_ranges("line_no", pl.col("line_last") + 1)).explode("line_no")
    return pl.concat([places.filter(~many).drop("line_last"), more]).unique()


@dataclass(frozen=True)
class Searched:
    """Lines that are ready to be parsed: those among which rules find theirs, or all; of how many, and how many of these are blank.

    `size` says how much they are to hold, in bytes. From line `again` on they take the place of lines that were found before.
    """

    lines: pl.DataFrame
    count: int
    blanks: int
    size: int
    again: int | None = None


class Stream:
    """One big source, parsed as its lines come.

    Formats whose lines stand alone keep only what waits to be parsed; a message that goes on in the next lines waits for them; document
    formats keep their lines until `finish`. The events are those of `parse` on the whole, whatever the pieces; and in its order, unless messages of
    several streams interleave: then each comes when it is complete. A source that has no name yet gives facts, to be `named` once it has one.
    """

    def __init__(self, choice: Choice, source: pl.DataFrame, context: Context | None = None) -> None:
        self.choice, self.source = choice, source.with_columns(source=pl.lit(0, pl.UInt32))
        self.context = context or Context()
        self._named = "source_id" in source.columns
        self._plain = choice.kind == "text" and reading.plain(choice, self.context)
        self._waiting: list[pl.DataFrame] = []
        # Of a text whose lines are searched as they come: the last lines, which a block may begin below.
        self._edge: pl.DataFrame | None = None
        self._bytes = 0
        self._memory: dict[str, Any] = {}
        self._claimed = _Claimed()
        self._totals = {"lines": 0, "in_events": 0, "blank": 0, "unparsed": 0}

    def search(self, block: text_lines.Block) -> Searched:
        """Get the next lines ready. It needs nothing that parsing leaves: another thread can be ahead."""
        if not self._plain:
            return self._searched(self._decoded(block), len(block))
        wanted = searching.wanted(block, rules(self.context))
        if wanted is None:
            lines = found = self._decoded(block)
        else:
            last = np.arange(max(0, len(block) - blocks.EDGE), len(block), dtype=np.int64)
            rows = np.union1d(wanted, last)
            found = self._decoded(block, rows)
            lines = found.filter(pl.Series(np.isin(rows, wanted)))
        edge, again = self._edge, None
        self._edge = (found if edge is None else pl.concat([edge, found])).tail(blocks.EDGE)
        if searching.barred(lines["text"]) or (edge is not None and searching.barred(edge["text"])):
            # With blocks, which begin in the lines before or among these, all lines.
            lines = self._decoded(block)
            if edge is not None and len(edge):
                again = int(edge["line_no"][0])
                lines = pl.concat([edge, lines])
        return self._searched(lines, len(block), block.blanks(), again)

    def _searched(self, lines: pl.DataFrame, count: int, blanks: int = 0, again: int | None = None) -> Searched:
        return Searched(lines, count, blanks, int(lines["length"].sum()) + PER_LINE * len(lines), again)

    def _decoded(self, block: text_lines.Block, rows: np.ndarray | None = None) -> pl.DataFrame:
        return _decoded(block.frame(rows).with_columns(source=pl.lit(0, pl.UInt32)))

    def feed(self, block: text_lines.Block) -> pl.DataFrame:
        """Take the next lines; gives the events that are complete."""
        return self.take(self.search(block))

    def take(self, searched: Searched) -> pl.DataFrame:
        """Take the next lines that were made ready; gives the events that are complete."""
        if self._plain:
            self._totals["lines"] += searched.count
            self._totals["blank"] += searched.blanks
        if searched.again is not None:
            self._waiting = [part.filter(pl.col("line_no") < searched.again) for part in self._waiting]
        self._waiting.append(searched.lines)
        self._bytes += searched.size
        if self._bytes < AT_ONCE or self.choice.scope == "document":
            return self._given(pl.DataFrame(schema=FACTS))
        return self._given(self._parse(last=False))

    def _given(self, facts: pl.DataFrame) -> pl.DataFrame:
        return named(facts, self.source) if self._named else facts

    def finish(self) -> tuple[pl.DataFrame, dict[str, int]]:
        """The remaining events, and the counts of all lines."""
        rest = self._given(self._parse(last=True))
        totals = self._totals
        return rest, totals | {"unparsed": totals["lines"] - totals["in_events"] - totals["blank"]}

    def _parse(self, *, last: bool) -> pl.DataFrame:
        if not self._waiting and not self._memory:
            return pl.DataFrame(schema=FACTS)
        frame = pl.concat(self._waiting) if self._waiting else self._decoded(text_lines.cut(b""))
        self._waiting, self._bytes = [], 0
        if self.choice.kind == "text" and not last:  # the next lines may belong to the last ones
            at = blocks.open_from(frame["text"])
            self._waiting, frame = [frame[at:]], frame[:at]
        frame = searching.near(frame, rules(self.context)) if self._plain else frame
        events = _events(self.choice, frame, self.source, self.context, self._memory, last)
        if self._plain:
            self._totals["in_events"] += len(_covered(events))
        else:
            counts = self._claimed.counts(frame, _covered(events)["line_no"], self._memory)
            for name, count in counts.items():
                self._totals[name] += count
        return events


class _Claimed:
    """Counts of lines where an event may stand in lines of earlier chunks too.

    Kept are only the claims on lines from the first on that a waiting message stands in.
    """

    def __init__(self) -> None:
        self._kept = pl.DataFrame(schema={"line_no": pl.Int64, "blank": pl.Boolean})

    def counts(self, frame: pl.DataFrame, covered: pl.Series, memory: dict[str, Any]) -> dict[str, int]:
        """What the next lines, and events that stand in these lines, add to the counts."""
        events = pl.DataFrame({"line_no": covered, "blank": pl.repeat(False, len(covered), eager=True)}, schema=self._kept.schema)
        blank = frame.filter(text_lines.blank(frame["text"])).select("line_no", blank=True).join(events, on="line_no", how="anti")
        again = self._kept.join(events, on="line_no", how="semi")
        waiting = [int(rows["line_no"].min()) for rows in memory.values() if isinstance(rows, pl.DataFrame) and len(rows)]  # type: ignore[arg-type]
        kept = pl.concat([self._kept.join(events, on="line_no", how="anti"), events, blank])
        self._kept = kept.filter(pl.col("line_no") >= min(waiting)) if waiting else kept.clear()
        blanks = int(again["blank"].sum())
        return {"lines": len(frame), "in_events": len(events) - (len(again) - blanks), "blank": len(blank) - blanks}


def open_stream(choice: Choice, source: pl.DataFrame, context: Context | None = None) -> Stream:
    """Open one source for parsing as its lines come: a row of its path and, where it has them already, source_id and content_id."""
    return Stream(choice, source, context)
