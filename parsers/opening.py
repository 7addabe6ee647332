"""Take envelopes off: from lines to messages, and what their envelopes tell of them.

One row is one message: source, line_no and line_last (the lines that it stands in), offset and length (its bytes), `part` (its number
among the messages of one record whose bytes cannot be told apart; else 0), `msg`, and the columns of `TELLS`.

What is not complete at the end of a chunk (a line that goes on in the next record, a record that goes on in the next line) waits in the
`memory` of its source's stream, and comes with the chunk that completes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from parsers import parts
from parsers.envelope import NAIVE, Envelope
from parsers.lines import last_frame, unescaped

TELLS = {
    "ts": NAIVE,
    "ts_ns": pl.Int64,
    "yearless": pl.String,
    "rel_us": pl.Int64,
    "resolution_us": pl.Int64,
    "clock_kind": pl.String,
    "level": pl.String,
    "logger": pl.String,
    "host": pl.String,
    "run": pl.String,
    "emitter": pl.String,
    "service": pl.String,
    "unsynced": pl.Boolean,
    "otherwise": pl.String,
}
START_US = 1_000_000  # to which a stated start is known
PLACE = ("source", "line_no", "line_last", "offset", "length", "part")
COLUMNS = (*PLACE, "msg", *TELLS)


def messages(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines (source, line_no, offset, length, msg, and line_last where a record has several) as messages that wear nothing yet."""
    last = "line_last" if "line_last" in lines.columns else "line_no"
    return lines.select(
        "source",
        "line_no",
        pl.col(last).alias("line_last"),
        "offset",
        "length",
        "msg",
        part=pl.lit(0, pl.Int64),
        **{name: pl.lit("none" if name == "clock_kind" else None, dtype) for name, dtype in TELLS.items()},
    )


def take_off(rows: pl.DataFrame, among: Sequence[Envelope], memory: dict[str, Any], last: bool) -> pl.DataFrame:
    """Take one envelope off each line that wears one of these; the first that fits a line is it. The others stay as they are."""
    left, done = rows, []
    for envelope in among:
        wide = opened(left, envelope)
        wide = _summed(wide, envelope, memory)
        worn = wide["o_msg"].is_not_null()
        if _of_several(wide, envelope):
            done.append(taken_off(wide.filter(worn), envelope, memory, last))
            left = left.filter(~worn)
        elif envelope is among[-1] or worn.all():
            done.append(_told(wide, envelope, memory))
            left = left.head(0)
        elif worn.any():
            done.append(_told(wide.filter(worn), envelope, memory))
            left = left.filter(~worn)
        if left.is_empty() and not last:  # at the end, what waits must still come
            break
    if len(done) == 1 and left.is_empty():
        return done[0]
    return pl.concat([*(part.select(left.columns) for part in done), left]).sort("source", "line_no", "offset", "part", maintain_order=True)


def taken_off(worn: pl.DataFrame, envelope: Envelope, memory: dict[str, Any], last: bool) -> pl.DataFrame:
    """The messages in lines that were `opened`, all of which wear the envelope."""
    rows = _told(_summed(worn, envelope, memory), envelope, memory)
    return _whole(rows, worn.select("msg", "o_msg"), envelope, memory, last) if _of_several(worn, envelope) else rows


def _of_several(opened: pl.DataFrame, envelope: Envelope) -> bool:
    """Whether a message may be a part of what the envelope carries, or more than one line."""
    return envelope.pieces or opened["o_msg"].str.contains("\n", literal=True).any()


def opened(rows: pl.DataFrame, envelope: Envelope) -> pl.DataFrame:
    """The rows, and beside them what the envelope tells, as `o_` columns.

    A redraw may stand before the envelope (a progress line that the log line replaced) or inside the message: the last frame is tried
    first, then the whole line.
    """
    told = _read(last_frame(rows["msg"]), envelope)
    redrawn = (rows["msg"].str.contains("\r", literal=True) & told["o_msg"].is_null()).arg_true()
    if len(redrawn):
        whole = _read(rows["msg"].gather(redrawn), envelope)
        told = told.with_columns(told[c].scatter(redrawn, whole[c]) for c in told.columns)
    return pl.concat([rows, told], how="horizontal")


def _read(texts: pl.Series, envelope: Envelope) -> pl.DataFrame:
    told = texts.to_frame("t").select(envelope.open(pl.col("t")).alias("o")).unnest("o")
    return told.rename({c: f"o_{c}" for c in told.columns})


def _told(wide: pl.DataFrame, envelope: Envelope, memory: dict[str, Any]) -> pl.DataFrame:
    """Let the envelope say what the line did not know yet; the outermost stated time wins, an inner one only where there was none."""
    has = {c.removeprefix("o_") for c in wide.columns if c.startswith("o_")}
    worn = pl.col("o_msg").is_not_null()
    if "starts" in has:
        wide = _from_start(wide, memory, envelope.name)
    untimed = worn & pl.col("clock_kind").is_in(["none", "relative"])
    step = pl.col("o_resolution_us") if "resolution_us" in has else pl.lit(envelope.resolution_us, pl.Int64)
    updates = {}
    if "ts" in has:
        better = untimed & pl.col("o_ts").is_not_null()
        stated = pl.col("o_zone").fill_null(False) if "zone" in has else pl.lit(envelope.stated)
        kind = pl.when(stated).then(pl.lit("stated")).otherwise(pl.lit("zone-assumed"))
        updates["ts"] = pl.when(better).then("o_ts").otherwise("ts")
        updates["clock_kind"] = pl.when(better).then(kind).otherwise("clock_kind")
        updates["resolution_us"] = pl.when(better).then(step).otherwise("resolution_us")
        if "ts_ns" in has:
            updates["ts_ns"] = pl.when(better).then("o_ts_ns").otherwise("ts_ns")
    if "yearless" in has:
        better = untimed & pl.col("yearless").is_null() & pl.col("o_yearless").is_not_null()
        updates["yearless"] = pl.when(better).then("o_yearless").otherwise("yearless")
        updates["resolution_us"] = pl.when(better).then(step).otherwise(updates.get("resolution_us", pl.col("resolution_us")))
    if "rel_us" in has:
        better = worn & pl.col("o_rel_us").is_not_null() & (updates.get("clock_kind", pl.col("clock_kind")) == "none")
        updates["rel_us"] = pl.when(better).then("o_rel_us").otherwise("rel_us")
        updates["resolution_us"] = pl.when(better).then(step).otherwise(updates.get("resolution_us", pl.col("resolution_us")))
        updates["clock_kind"] = pl.when(better).then(pl.lit("relative")).otherwise(updates.get("clock_kind", pl.col("clock_kind")))
    for name in ("level", "logger", "host", "run", "emitter", "service", "unsynced"):
        if name in has:
            updates[name] = pl.coalesce(pl.when(worn).then(f"o_{name}"), name)
    updates["otherwise"] = pl.when(worn).then("o_otherwise" if "otherwise" in has else None).otherwise("otherwise")
    said = unescaped(wide["o_msg"])
    said = said if envelope.pieces else said.str.strip_chars_end("\r")
    wide = wide.with_columns(o_msg=said).with_columns(**updates, msg=pl.when(worn).then("o_msg").otherwise("msg"))
    return wide.drop(f"o_{c}" for c in has if c not in ("stream", "goes_on") or not envelope.pieces)


def _summed(wide: pl.DataFrame, envelope: Envelope, memory: dict[str, Any]) -> pl.DataFrame:
    """Times since the start, from times since the record before. Each may be short by what its last digit stands for: so much more may the sum."""
    if "o_step_us" not in wide.columns:
        return wide
    key, step = f"steps:{envelope.name}", pl.col("o_step_us")
    told = pl.col("o_resolution_us") if "o_resolution_us" in wide.columns else pl.lit(envelope.resolution_us, pl.Int64)
    parts = {"o_rel_us": step, "o_resolution_us": pl.when(step.is_not_null()).then(told)}
    before = memory.get(key, dict.fromkeys(parts, 0))
    sums = wide.select("source", **parts).select(pl.col(name).fill_null(0).cum_sum().over("source") + before[name] for name in parts)
    if len(wide):
        memory[key] = sums.row(-1, named=True)
    return wide.with_columns(pl.when(wide["o_step_us"].is_not_null()).then(sums[name]).alias(name) for name in parts).drop("o_step_us")


def _from_start(wide: pl.DataFrame, memory: dict[str, Any], name: str) -> pl.DataFrame:
    """Instants of what counts from a start that a line above states, in whole seconds: no instant is known better than that."""
    key = f"starts:{name}"
    start = pl.col("o_starts").forward_fill().over("source").fill_null(pl.lit(memory.get(key), NAIVE))
    wide = wide.with_columns(o_starts=start).with_columns(
        o_ts=pl.coalesce("o_ts", pl.col("o_starts") + pl.duration(microseconds="o_rel_us")),
        o_resolution_us=pl.when(pl.col("o_starts").is_not_null())
        .then(pl.max_horizontal("o_resolution_us", START_US))
        .otherwise("o_resolution_us"),
    )
    if len(wide):
        memory[key] = wide["o_starts"][-1]
    return wide


def _whole(rows: pl.DataFrame, records: pl.DataFrame, envelope: Envelope, memory: dict[str, Any], last: bool) -> pl.DataFrame:
    """Messages of whole lines: records that hold several are split, and pieces of one are joined, stream by stream."""
    split = _split(rows, records, ends_open=envelope.pieces)
    if not envelope.pieces:
        return _ended(split.drop("_ends"))
    key = f"pieces:{envelope.name}"
    stream = pl.col("o_stream") if "o_stream" in split.columns else pl.lit("", pl.String)
    split = split.with_columns(_stream=stream.fill_null("")).drop("o_stream", strict=False)
    if key in memory:
        split = pl.concat([memory.pop(key), split])
    if "o_goes_on" in split.columns:  # such a piece is no line of its own: it goes on where the last one of its stream stopped
        following = pl.col("o_goes_on").shift(-1).over("source", "_stream")
        split = split.with_columns(_ends=~following.fill_null(not last))
    if split["_ends"].all():
        return _ended(split.drop("_ends", "_stream", "o_goes_on", strict=False))
    group = pl.col("_ends").shift(1, fill_value=True).cum_sum().over("source", "_stream")
    split = split.with_row_index("_row").with_columns(_group=group)
    if not last:
        closed = pl.col("_ends").last().over("source", "_stream", "_group")
        waiting = split.filter(~closed)
        if len(waiting):
            memory[key] = waiting.drop("_row", "_group")
        split = split.filter(closed)
    keys = ["source", "_stream", "_group"]
    end = (pl.col("offset") + pl.col("length")).max()
    first = [pl.col(c).first() for c in ("line_no", "offset", "part", *TELLS, "_row")]
    joined = split.group_by(keys, maintain_order=True).agg(
        *first, pl.col("line_last").max(), pl.col("msg").str.join(""), (end - pl.col("offset").first()).alias("length")
    )
    return _ended(joined.sort("_row").select(*PLACE[:-1], "msg", "part", *TELLS))


def _ended(rows: pl.DataFrame) -> pl.DataFrame:
    """A message's line may end in CR LF."""
    return rows.with_columns(pl.col("msg").str.strip_chars_end("\r"))


def _split(rows: pl.DataFrame, records: pl.DataFrame, *, ends_open: bool) -> pl.DataFrame:
    """One row per line of a message, `_ends` false where its newline is still to come (with `ends_open`); CR LF ends a line too.

    Args:
        records: Beside each row the record that it was opened from (`msg`), and what it was opened to (`o_msg`).
    """
    rows = _spelled(rows, records)
    texts = [name for name in ("msg", "_raw") if name in rows.columns]
    whole = pl.col("msg").str.ends_with("\n") if ends_open else pl.lit(True)
    rows = rows.with_columns(pl.col(texts).str.split("\n"), _whole=whole)
    if ends_open:  # behind the last newline nothing follows: no line; but a record without text is a piece without text
        cut = [pl.when("_whole").then(pl.col(n).list.head(pl.col(n).list.len() - 1)).otherwise(n).alias(n) for n in texts]
        rows = rows.with_columns(cut)
    many = pl.col("msg").list.len() > 1
    if "_raw" in texts:
        alike = pl.col("_raw").list.len() == pl.col("msg").list.len()  # no escape that was taken off held a newline
        rows = rows.with_columns(_raw=pl.when(alike).then("_raw").otherwise("msg"), _how=pl.when(many & alike).then("_how"))
    rows = rows.with_columns(part=pl.when(many).then(pl.int_ranges(0, pl.col("msg").list.len())).otherwise(pl.concat_list("part")))
    rows = rows.with_columns(_left=pl.int_ranges(pl.col("msg").list.len() - 1, -1, -1)).explode(*texts, "part", "_left")
    rows = parts.own_bytes(rows) if "_raw" in texts else rows
    return rows.with_columns(_ends=(pl.col("_left") > 0) | pl.col("_whole")).drop("_left", "_whole")


def _spelled(rows: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """The rows; where any is several messages, beside each its text before escapes were taken off, and where in the record, and how, that is spelled."""
    several = records["o_msg"].str.contains("\n.").fill_null(False).arg_true()
    if several.is_empty():
        return rows
    found = parts.places(records["o_msg"].gather(several), records["msg"].gather(several), rows["length"].gather(several))
    none = pl.repeat(None, len(rows), dtype=pl.Int64, eager=True)
    return rows.with_columns(records["o_msg"].alias("_raw"), *(none.scatter(several, found[n]).alias(f"_{n}") for n in ("at", "how")))
