"""Turn the lines of sources into events.

Work is done on batches: the lines of many sources of one format at once. For a text source, one pass over the
lines finds those that hold any rule's literal; envelopes and rules then see only these few.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from parsers import clocks
from parsers import lines as text_lines
from parsers.choosing import HEAD_BYTES, Choice, choose, choose_all, envelopes
from parsers.context import Context
from parsers.identity import event_ids
from parsers.registry import CHARM, RECORDS, RULES
from parsers.rule import Rule
from parsers.schema import EVENTS
from parsers.source import hints

__all__ = ["HEAD_BYTES", "Choice", "Context", "Stream", "choose", "choose_all", "open_stream", "parse"]

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
    events = _events(choice, _near(frame, rules(context)) if choice.kind == "text" else frame, sources, context)
    return events, _counts(frame, events, sources)


def _decoded(lines: pl.DataFrame) -> pl.DataFrame:
    return lines.with_columns(text=text_lines.decode(lines["raw"]), length=lines["raw"].bin.size().cast(pl.Int64))


def rules(context: Context) -> tuple[Rule, ...]:
    """The rules in the order in which they are tried."""
    return (*context.rules, *RULES)


def _near(frame: pl.DataFrame, known: Sequence[Rule]) -> pl.DataFrame:
    """The lines that hold a literal of any rule, cleaned and without their bytes: the others are no rule's.

    A rule without a literal looks at every line that is not blank.
    """
    near = frame.select("source", "line_no", "offset", "length", "text")
    if all(rule.literals for rule in known):
        # One alternation of literals: the regex engine searches it with vector instructions, five times as fast as Aho-Corasick here.
        literals = "|".join(map(re.escape, sorted({literal for rule in known for literal in rule.literals})))
        near = near.filter(frame["text"].str.contains(literals))
    near = near.filter(~text_lines.blank(near["text"]))
    return near.with_columns(text_lines.clean(near["text"]))


def _events(choice: Choice, frame: pl.DataFrame, sources: pl.DataFrame, context: Context) -> pl.DataFrame:
    about = _about(sources, context)
    if choice.kind == "record":
        record = next(r for r in RECORDS if r.name == choice.name)
        told = about.select("source", "path", "recipe_hint", "captured_ns", "tree_hint")
        ready = frame.with_columns(text_lines.clean(frame["text"])).join(told, on="source", how="left", maintain_order="left")
        return _finish(record.parse(ready), about, record.clock, choice, context)
    if choice.kind == "text":
        return _finish(_text_facts(choice, frame, context), about, "log:{source}", choice, context)
    return pl.DataFrame(schema=EVENTS)


def _about(sources: pl.DataFrame, context: Context) -> pl.DataFrame:
    told = [hints(p, context.run_patterns) for p in sources["path"].to_list()]
    return sources.select("source", "source_id", "content_id", "path").with_columns(
        run_hint=pl.Series([t.run for t in told], dtype=pl.String),
        tree_hint=pl.Series([t.tree for t in told], dtype=pl.String),
        recipe_hint=pl.Series([t.recipe for t in told], dtype=pl.String),
        captured_ns=pl.Series([t.captured_ns for t in told], dtype=pl.Int64),
    )


def _text_facts(choice: Choice, near: pl.DataFrame, context: Context) -> pl.DataFrame:
    rows = near.rename({"text": "msg"})
    rows = rows.with_columns(
        ts=pl.lit(None, pl.Datetime("us")),
        yearless=pl.lit(None, pl.String),
        rel_us=pl.lit(None, pl.Int64),
        level=pl.lit(None, pl.String),
        logger=pl.lit(None, pl.String),
        host=pl.lit(None, pl.String),
        run=pl.lit(None, pl.String),
        clock_kind=pl.lit("none"),
        resolution_us=pl.lit(None, pl.Int64),
    )
    by_name = {e.name: e for e in envelopes(context)}
    for name in choice.chain:
        rows = _unwrap(rows, by_name[name])
    rows = _unwrap(rows, CHARM)
    found, free = [], rows
    for rule in rules(context):
        claimed = rule.claims(free)
        if not claimed.any():
            continue
        found.append(rule.facts(free.filter(claimed)))
        if not rule.beside:
            free = free.filter(~claimed)
        if free.is_empty():
            break
    if not found:
        return rows.head(0).with_columns(kind=pl.lit(None, pl.String))
    return pl.concat([_columns(f) for f in found], how="diagonal_relaxed").sort("source", "line_no", "kind")


def _columns(hit: pl.DataFrame) -> pl.DataFrame:
    renamed = hit.drop("level", strict=False).rename({"line_level": "level"}) if "line_level" in hit.columns else hit
    return renamed.drop([c for c in renamed.columns if c.startswith("g_")])


def _unwrap(rows: pl.DataFrame, envelope: object) -> pl.DataFrame:
    """Take one envelope off the lines that wear it; the innermost stated time wins only where none was stated."""
    opened = rows.select(envelope.open(pl.col("msg")).alias("o")).unnest("o")
    opened = opened.rename({c: f"o_{c}" for c in opened.columns})
    wide = pl.concat([rows, opened], how="horizontal")
    worn = pl.col("o_msg").is_not_null()
    has = set(opened.columns)
    updates = []
    if "o_ts" in has:
        stated = pl.lit(True) if envelope.stated else pl.lit(False)
        if "o_zone" in has:
            stated = pl.col("o_zone").fill_null(False)
        better = worn & pl.col("o_ts").is_not_null() & ((pl.col("clock_kind") == "none") | (pl.col("clock_kind") == "relative"))
        updates += [
            pl.when(better).then("o_ts").otherwise("ts").alias("ts"),
            pl.when(better)
            .then(pl.when(stated).then(pl.lit("stated")).otherwise(pl.lit("zone-assumed")))
            .otherwise("clock_kind")
            .alias("clock_kind"),
            pl.when(better).then(pl.lit(envelope.resolution_us)).otherwise("resolution_us").alias("resolution_us"),
        ]
    if "o_yearless" in has:
        better = worn & (pl.col("clock_kind") == "none") & pl.col("yearless").is_null()
        updates += [
            pl.when(better).then("o_yearless").otherwise("yearless").alias("yearless"),
            pl.when(better & pl.col("o_yearless").is_not_null())
            .then(pl.lit(envelope.resolution_us))
            .otherwise("resolution_us")
            .alias("resolution_us"),
        ]
    if "o_rel_us" in has:
        better = worn & pl.col("o_rel_us").is_not_null() & (pl.col("clock_kind") == "none")
        updates += [
            pl.when(better).then("o_rel_us").otherwise("rel_us").alias("rel_us"),
            pl.when(better).then(pl.lit("relative")).otherwise("clock_kind").alias("clock_kind"),
            pl.when(better).then(pl.lit(envelope.resolution_us)).otherwise("resolution_us").alias("resolution_us"),
        ]
    for name in ("level", "logger", "host", "run"):
        if f"o_{name}" in has:
            updates.append(pl.when(worn & pl.col(f"o_{name}").is_not_null()).then(f"o_{name}").otherwise(name).alias(name))
    updates.append(pl.when(worn).then("o_msg").otherwise("msg").alias("msg"))
    return wide.with_columns(updates).drop(opened.columns)


def _finish(facts: pl.DataFrame, about: pl.DataFrame, clock: str, choice: Choice, context: Context) -> pl.DataFrame:
    """Fill identity, path hints and clock; give exactly the event table's columns."""
    if facts.is_empty():
        return pl.DataFrame(schema=EVENTS)
    missing = [
        pl.lit(None, dtype).alias(name)
        for name, dtype in EVENTS.items()
        if name not in facts.columns and name not in ("event_id", "source_id", "content_id", "path")
    ]
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
    ).with_columns(clock=pl.col("clock").str.replace("@", pl.col("source_id").str.slice(0, 12), literal=True))
    rows = clocks.of_lines(rows, context) if choice.kind == "text" else clocks.of_records(rows, context)
    if choice.kind == "record":
        rows = rows.with_columns(
            parser=pl.coalesce("parser", pl.lit(f"{choice.name}/{next(r.version for r in RECORDS if r.name == choice.name)}"))
        )
    rows = rows.sort("source", "line_no", "offset", "kind", maintain_order=True)
    ordinal = pl.int_range(pl.len(), dtype=pl.UInt32).over("source", "offset", "length")
    rows = rows.with_columns(ordinal=ordinal)
    rows = rows.with_columns(event_id=event_ids(rows["source_id"], rows["offset"], rows["length"], rows["ordinal"]))
    return rows.select([pl.col(n).cast(t) for n, t in EVENTS.items()])


def _counts(frame: pl.DataFrame, events: pl.DataFrame, sources: pl.DataFrame) -> pl.DataFrame:
    """Per source: how many lines gave an event, are blank, or neither."""
    covered = _covered(events).join(sources.select("source", "source_id"), on="source_id").select("source", "line_no")
    blank = frame.select("source", "line_no").filter(text_lines.blank(frame["text"])).join(covered, on=["source", "line_no"], how="anti")
    counts = sources.select("source")
    for name, rows in (("lines", frame), ("in_events", covered), ("blank", blank)):
        counts = counts.join(rows.group_by("source").agg(pl.len().cast(pl.Int64).alias(name)), on="source", how="left")
    return counts.with_columns(pl.col("lines", "in_events", "blank").fill_null(0)).with_columns(
        unparsed=pl.col("lines") - pl.col("in_events") - pl.col("blank")
    )


def _covered(events: pl.DataFrame) -> pl.DataFrame:
    """The lines of events (source_id, line_no), each once."""
    many = pl.col("line_last") > pl.col("line_no")
    places = events.select("source_id", "line_no", "line_last")
    more = places.filter(many).select("source_id", line_no=pl.int_ranges("line_no", pl.col("line_last") + 1)).explode("line_no")
    return pl.concat([places.filter(~many).drop("line_last"), more]).unique()


class Stream:
    """One big source, parsed as its lines come.

    Formats whose lines stand alone keep only what waits to be parsed; document formats keep their lines until
    `finish`. The events are those of `parse` on the whole, in its order, whatever the pieces.
    """

    def __init__(self, choice: Choice, source: pl.DataFrame, context: Context | None = None) -> None:
        self.choice, self.source = choice, source.with_columns(source=pl.lit(0, pl.UInt32))
        self.context = context or Context()
        self._waiting: list[pl.DataFrame] = []
        self._bytes = 0
        self._totals = {"lines": 0, "in_events": 0, "blank": 0, "unparsed": 0}

    def feed(self, lines: pl.DataFrame) -> pl.DataFrame:
        """Take the next lines (line_no, offset, raw); gives the events that are complete."""
        lines = _decoded(lines.with_columns(source=pl.lit(0, pl.UInt32)))
        if self.choice.kind == "text":
            self._totals["lines"] += len(lines)
            self._totals["blank"] += int(text_lines.blank(lines["text"]).sum())
            lines = _near(lines, rules(self.context))
        self._waiting.append(lines)
        self._bytes += int(lines["length"].sum()) + PER_LINE * len(lines)
        if self._bytes < AT_ONCE or self.choice.scope == "document":
            return pl.DataFrame(schema=EVENTS)
        return self._parse()

    def finish(self) -> tuple[pl.DataFrame, dict[str, int]]:
        """The remaining events, and the counts of all lines."""
        rest = self._parse()
        totals = self._totals
        return rest, totals | {"unparsed": totals["lines"] - totals["in_events"] - totals["blank"]}

    def _parse(self) -> pl.DataFrame:
        if not self._waiting:
            return pl.DataFrame(schema=EVENTS)
        frame, self._waiting, self._bytes = pl.concat(self._waiting), [], 0
        events = _events(self.choice, frame, self.source, self.context)
        if self.choice.kind == "text":
            self._totals["in_events"] += len(_covered(events))
        else:
            for name, count in _counts(frame, events, self.source).drop("source").row(0, named=True).items():
                self._totals[name] += count
        return events


def open_stream(choice: Choice, source: pl.DataFrame, context: Context | None = None) -> Stream:
    """Open one source (a row of source_id, content_id, path) for parsing as its lines come."""
    return Stream(choice, source, context)
