"""Values that hold newlines, as charmbracelet/log prints them: in blocks below a message, to which they belong.

    FATA deploy failed
      stderr=
      │ first line of the value
      │ second line
     took=3s

A block is a key alone on its line, then the value's lines behind a bar; pairs in a line of their own may follow, and further blocks. Joined, a message and
its blocks are one message that stands in all these lines, the value quoted as charmbracelet/log quotes one without newlines:
`FATA deploy failed stderr="first line of the value\\nsecond line" took=3s`. Bars without a key above them, and blocks below what is no message of that logger, are left
as they are (tables are drawn with bars as well). At most `MOST` lines belong to a message.

References:
    https://github.com/charmbracelet/log
"""

from __future__ import annotations

import polars as pl

BAR = "│"
BARS = (BAR, "\\u2502")  # the second as JSON may spell it
ESCAPED = rf"{BAR}|\\u2502"
MOST = 1_000
EDGE = 2  # lines before a bar that may belong to its block: the message, and the key
_PAIR = r'[^\s="]+=(?:"(?:[^"\\]|\\.)*"|\S*)'
_BAR = rf"^\s*{BAR}(?: |$)"
_KEY = r'^\s+[^\s="]+=\s*$'
_TAIL = rf"^ {_PAIR}(?: {_PAIR})*$"


def context(texts: pl.Series, sources: pl.Series, places: pl.Series, told: pl.Series) -> pl.Series:
    """Which lines are wanted, where `told` are: those with a bar, the `EDGE` above one and that below one (by their `places`) as well.

    Lines in whatever envelopes: only `joined` sees what stands in them.
    """
    bar = texts.str.contains(ESCAPED)
    near = bar.clone()
    for n in (*range(1, EDGE + 1), -1):
        near |= bar.shift(-n, fill_value=False) & ((sources == sources.shift(-n)) & (places.shift(-n) - places == n)).fill_null(False)
    return told | near


def _members(rows: pl.DataFrame) -> pl.DataFrame:
    """What rows (source, msg, and whether each stands right below the one before: `next`) are, of a block.

    Bars, keys right above bars, pairs right below them; and which of them belong to a message above (`member`): those with a key. What is `of` one key has one
    number.
    """
    below = pl.col("next") & (pl.col("source") == pl.col("source").shift(1)).fill_null(False)
    rows = rows.with_columns(below=below, bar=pl.col("msg").str.contains(_BAR))
    above = pl.col("below").shift(-1, fill_value=False) & pl.col("bar").shift(-1, fill_value=False)
    rows = rows.with_columns(key=~pl.col("bar") & pl.col("msg").str.contains(_KEY) & above)
    after = pl.col("bar").shift(1, fill_value=False) & pl.col("below")
    rows = rows.with_columns(tail=after & ~pl.col("bar") & ~pl.col("key") & pl.col("msg").str.contains(_TAIL))
    part = pl.col("bar") | pl.col("key") | pl.col("tail")
    rows = rows.with_columns(part=part, of=(~part | pl.col("key") | ~pl.col("below")).cum_sum())
    return rows.with_columns(member=pl.col("part") & pl.col("key").first().over("of") & pl.col("below"))


def joined(rows: pl.DataFrame, head: str) -> pl.DataFrame:
    """Messages with their blocks in one.

    Args:
        rows: As `parsers.opening` makes them, in the order of their places.
        head: What a message that blocks may stand below matches.
    """
    if not rows["msg"].str.contains(BAR, literal=True).any():
        return rows
    several = (pl.col("line_last") > pl.col("line_no")).shift(1).cast(pl.Int64)  # records of several lines stand apart by one
    adjacent = (pl.col("line_no") - pl.col("line_last").shift(1)).is_between(0, 1 + several).fill_null(False)
    about = _members(rows.select("source", "msg", next=adjacent))
    group = (~about["member"]).cum_sum().alias("group")
    wide = rows.with_columns(about["key", "bar", "member", "of"].with_columns(group)).with_columns(at=pl.int_range(pl.len()).over("group"))
    heads = wide.filter(~pl.col("member")).select("group", good=pl.col("msg").str.contains(head))
    wide = wide.join(heads, on="group", how="left", maintain_order="left")
    belongs = pl.col("member") & pl.col("good").fill_null(False) & (pl.col("at") <= MOST)
    mine = wide.filter(belongs)
    if mine.is_empty():
        return rows
    text = pl.col("msg").str.strip_chars_end("\r")
    value = text.str.replace(_BAR, "").str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)
    blocks = mine.group_by("group", "of", maintain_order=True).agg(
        key=text.filter(pl.col("key")).first().str.strip_chars(),
        value=value.filter(pl.col("bar")).str.join("\\n"),
        tail=text.filter(~pl.col("key") & ~pl.col("bar")).str.join(""),
    )
    quoted = pl.concat_str(pl.lit(" "), "key", pl.lit('"'), "value", pl.lit('"'), "tail")
    ends = mine.group_by("group").agg(pl.col("line_last").max().alias("last"), (pl.col("offset") + pl.col("length")).max().alias("end"))
    pairs = blocks.group_by("group", maintain_order=True).agg(pairs=quoted.str.join(""))
    kept = (
        wide.filter(~belongs)
        .join(pairs, on="group", how="left", maintain_order="left")
        .join(ends, on="group", how="left", maintain_order="left")
    )
    first = (pl.col("at") == 0) & pl.col("pairs").is_not_null()
    return kept.with_columns(
        msg=pl.when(first).then(pl.concat_str("msg", "pairs")).otherwise("msg"),
        line_last=pl.when(first).then(pl.max_horizontal("line_last", "last")).otherwise("line_last"),
        length=pl.when(first).then(pl.max_horizontal("length", pl.col("end") - pl.col("offset"))).otherwise("length"),
    ).select(rows.columns)


def open_from(texts: pl.Series) -> int:
    """The first of the last texts that following ones may belong to, or belong below: the last two, and the blocks that they are in."""
    near = texts.tail(MOST + EDGE).to_list()
    at = max(0, len(near) - EDGE)
    for n in range(len(near) - 1, -1, -1):
        if n < at - EDGE:
            break
        if any(bar in near[n] for bar in BARS):
            at = min(at, max(0, n - EDGE))
    return len(texts) - (len(near) - at)


def goes_on(texts: pl.Series, head: str) -> bool:
    """Whether what follows may belong to the last of these messages: one that blocks may stand below (`head`), or a part of a block."""
    ends = texts.tail(2)
    if ends.is_empty():
        return False
    bar, last = ends.str.contains(_BAR), ends.tail(1)
    pairs = len(ends) == 2 and bar[0] and last.str.contains(_TAIL)[0]
    return bool(bar[-1] or pairs or last.str.contains(_KEY)[0] or last.str.contains(head)[0])
