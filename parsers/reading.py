"""Text to facts: envelopes off, then rules over the messages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import polars as pl

from parsers import blocks, opening, searching
from parsers import lines as text_lines
from parsers.choosing import Choice
from parsers.context import Context
from parsers.envelope import Envelope
from parsers.registry import CHARM, INNER, RULES
from parsers.rule import Rule

# So many rules are asked for at once, of so many messages, before each is asked alone: most messages are of none of them.
AT_ONCE, MANY = 16, 1000
_NAMED = re.compile(r"(?<!\\)\(\?P?<\w+>")


def rules(context: Context | None) -> tuple[Rule, ...]:
    """The rules in the order in which they are tried: a user's own first."""
    return (*context.rules, *RULES) if context else RULES


# The reading with all pairs that belong to a message; what only puts an emitter's name before it says no more.
_WIDER = (pl.col("otherwise").str.len_bytes() > pl.col("msg").str.len_bytes()) & ~pl.col("otherwise").str.ends_with(pl.col("msg"))
_WIDEST = pl.when(_WIDER).then("otherwise").otherwise("msg")


_HEAD = f"^(?:{CHARM.shape})"  # of a message that blocks may stand below


def plain(choice: Choice, context: Context) -> bool:
    """Whether every message of a text stands in its line as it is, so that literals can be looked for in the lines."""
    return all(envelope.plain is True for level in choice.levels(context) for envelope in level)


def facts(choice: Choice, frame: pl.DataFrame, context: Context, memory: dict[str, Any], last: bool) -> pl.DataFrame:
    """The facts that rules find in lines.

    Args:
        frame: What `searching.near` gave where the choice is `plain`; else all lines (source, line_no, offset, length, raw, text).
        context: What people declare: formats of their own take part.
        memory: What earlier chunks of the same source left for this one; empty for whole sources.
        last: Whether no lines follow.
    """
    known = rules(context)
    rows = _messages(choice, frame, context, memory, last).with_row_index("row")
    redrawn = rows.filter(rows["msg"].str.contains("\r", literal=True))
    found = [(rule, rule.apply(_frames(redrawn))) for rule in known if rule.frames] if len(redrawn) else []
    rows = _opened_by(rows.with_columns(text_lines.last_frame(rows["msg"])), known, memory)
    if whole := [rule for rule in known if rule.whole]:
        found += _looked_at_whole(rows, whole)
    free = _claim(rows, known, found)
    _claim(free.filter(pl.col("otherwise").is_not_null()).with_columns(msg="otherwise"), known, found)
    hits = [_columns(hit) for _, hit in found if len(hit)]
    if not hits:
        return rows.clear().with_columns(kind=pl.lit(None, pl.String))
    return pl.concat(hits, how="diagonal_relaxed").sort("source", "line_no", "row", "kind")


def _looked_at_whole(rows: pl.DataFrame, whole: Sequence[Rule]) -> list[tuple[Rule, pl.DataFrame]]:
    """What these rules find in the widest reading of a message, else in the message, else in its other reading."""
    wide = rows.with_columns(msg=_WIDEST)
    readings = [
        wide,
        rows.filter(pl.col("msg") != wide["msg"]),
        rows.filter((pl.col("otherwise") != pl.col("msg")) & (pl.col("otherwise") != wide["msg"])).with_columns(msg="otherwise"),
    ]
    found = []
    for rule in whole:
        claimed = pl.Series(dtype=pl.UInt32)
        for reading in readings:
            hit = rule.apply(reading.filter(~pl.col("row").is_in(claimed.implode()))) if len(reading) else reading
            claimed = pl.concat([claimed, hit["row"]])
            found.append((rule, hit))
    return found


def _claim(rows: pl.DataFrame, known: Sequence[Rule], found: list[tuple[Rule, pl.DataFrame]]) -> pl.DataFrame:
    """Let the rules claim messages, one after the other, none the same message twice; gives those that are left."""
    before = {rule.name: hit["row"] for rule, hit in found if rule.beside and len(hit)}
    asked = [rule for rule in known if not rule.frames and not rule.whole]
    for at in range(0, len(asked), AT_ONCE):
        some = asked[at : at + AT_ONCE]
        likely = rows
        if len(rows) >= MANY and (pattern := _any_of(tuple(rule.pattern for rule in some))):
            likely = rows.filter(rows["msg"].str.contains(pattern))
        left = _claim_of(likely, some, before, found)
        if len(left) < len(likely):
            rows = (
                left if likely is rows else rows.join(likely.join(left, on="row", how="anti"), on="row", how="anti", maintain_order="left")
            )
    return rows


def _claim_of(
    rows: pl.DataFrame, asked: Sequence[Rule], before: dict[str, pl.Series], found: list[tuple[Rule, pl.DataFrame]]
) -> pl.DataFrame:  # fmt: skip
    for rule in asked:
        if rows.is_empty():
            break
        claimed = rule.claims(rows)
        if rule.name in before:
            claimed &= ~rows["row"].is_in(before[rule.name].implode())
        if claimed.any():
            found.append((rule, rule.facts(rows.filter(claimed))))
            if not rule.beside:
                rows = rows.filter(~claimed)
    return rows


@cache
def _any_of(patterns: tuple[str, ...]) -> str | None:
    """One pattern that matches where any of these does; none where they cannot be one. Names of groups would clash."""
    whole = "|".join(f"(?:{_NAMED.sub('(?:', pattern)})" for pattern in patterns)
    try:
        pl.Series([""]).str.contains(whole)
    except pl.exceptions.ComputeError:
        return None
    return whole


def _opened_by(rows: pl.DataFrame, known: Sequence[Rule], memory: dict[str, Any]) -> pl.DataFrame:
    """What the last line that opens something named, per source; it is closed by the line of the rule that waits for it."""
    for rule in known:
        if rule.opener:
            opens = rows["msg"].str.extract(rule.opener)
            closes = rows["msg"].str.contains(rule.pattern)
            state = pl.DataFrame(
                {"source": rows["source"], "opens": opens, "mark": opens.is_not_null() | closes.shift(1, fill_value=False)}
            )
            first = memory.get(f"opened:{rule.name}")
            since = pl.col("mark").cum_sum().over("source")
            named = state.with_columns(since=since).select(
                pl.when(pl.col("since") == 0).then(pl.lit(first, pl.String)).otherwise(pl.col("opens").first().over("source", "since"))
            )
            rows = rows.with_columns(named.to_series().alias("opened_by"))
            if len(rows):
                memory[f"opened:{rule.name}"] = None if closes[-1] else rows["opened_by"][-1]
    return rows


def _frames(rows: pl.DataFrame) -> pl.DataFrame:
    """Each redraw of a line as a message of its own."""
    return rows.with_columns(msg=pl.col("msg").str.split("\r")).explode("msg")


def _messages(choice: Choice, frame: pl.DataFrame, context: Context, memory: dict[str, Any], last: bool) -> pl.DataFrame:
    """The messages that hold a literal of some rule, all envelopes taken off, and the blanks that a terminal's capture fills lines up with."""
    known, levels = rules(context), choice.levels(context)
    lead = _opaque_levels(levels, frame, memory)
    if plain(choice, context):
        rows = opening.messages(frame)
    elif not lead:
        rows = opening.messages(searching.near(frame, known))
    elif levels[0][0].gather is not None:
        rows = opening.messages(levels[0][0].gather(frame, memory, last))
    else:
        rows = opening.messages(frame.select("source", "line_no", "offset", "length", text_lines.bare(frame["text"]).alias("msg")))
    for level in levels[:lead]:
        rows = _taken_off(rows, level, memory, last)
    if lead:
        rows = _but_what_waits(rows, memory, last)
        told = searching.holds(rows["msg"], known)
        rows = rows.filter(
            blocks.context(rows["msg"], rows["source"], pl.int_range(len(rows), eager=True), told)
            if searching.barred(rows["msg"])
            else told
        )
    for level in levels[lead:]:
        rows = _taken_off(rows, level, memory, last)
    for inner in INNER:  # most sources have none of most: to look for its shape costs less than to try to open each message
        if inner is CHARM or rows["msg"].str.contains(rf"(?:^|\r)(?:{inner.shape})").any():
            rows = _taken_off(rows, [inner], memory, last)
    return rows.with_columns(pl.col("msg").str.strip_prefix("\ufeff").str.strip_chars_end(" \t"))


def _taken_off(rows: pl.DataFrame, level: list[Envelope], memory: dict[str, Any], last: bool) -> pl.DataFrame:
    """Messages with an envelope off. Blocks stand below a message as it is in its own envelope: so they are joined to it before that is taken off."""
    if CHARM in level:
        rows = blocks.joined(rows, _HEAD)
    return opening.take_off(rows, level, memory, last)


def _but_what_waits(rows: pl.DataFrame, memory: dict[str, Any], last: bool) -> pl.DataFrame:
    """All messages but the last ones, to which the next chunk's may belong."""
    if "block" in memory:
        rows = pl.concat([memory.pop("block"), rows.select(opening.COLUMNS)])
    if last or not blocks.goes_on(rows["msg"], _HEAD):
        return rows
    cut = blocks.open_from(rows["msg"])
    memory["block"] = rows[cut:].select(opening.COLUMNS)
    return rows[:cut]


def _opaque_levels(levels: list[list[Envelope]], frame: pl.DataFrame, memory: dict[str, Any]) -> int:
    """How many envelopes must come off before literals can be looked for."""
    deepest = max((n for n, level in enumerate(levels, 1) if any(e.plain is not True for e in level)), default=0)
    if deepest == 1 and not any(key == "block" or key.startswith("pieces:") for key in memory):
        asked = [e.plain for e in levels[0]]
        if all(p is True or callable(p) for p in asked):
            told = pl.all_horizontal(p(pl.col("text")) for p in asked if callable(p))
            if frame.select(told.all() & ~pl.col("text").str.contains(blocks.ESCAPED).any()).item():
                return 0
    return deepest


def _columns(hit: pl.DataFrame) -> pl.DataFrame:
    renamed = hit.drop("level", strict=False).rename({"line_level": "level"}) if "line_level" in hit.columns else hit
    return renamed.drop([c for c in renamed.columns if c.startswith("g_") or c == "opened_by"])
