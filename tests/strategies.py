"""Hypothesis strategies for spans, deploys, writes, reads and holds: small numbers, so that ties and touching are common."""

from __future__ import annotations

import polars as pl
from hypothesis import strategies as st

ENDS = ("sE", "sL", "eE", "eL")
FAR = 1 << 58  # microseconds, 9,000 years: with a few keys it no longer fits beside them into 63 bits
BOUNDS = dict.fromkeys(ENDS, pl.Int64)
DEPLOYS = {"id": pl.String, "key": pl.String, "run": pl.String, **BOUNDS}
WRITES = {"id": pl.String, "register": pl.String, "run": pl.String, "value": pl.String, "sure": pl.Boolean, **BOUNDS}
READS = {"id": pl.String, "register": pl.String, "rE": pl.Int64, "rL": pl.Int64, "observed": pl.String}
HOLDS = {"id": pl.String, "key": pl.String, "run": pl.String, **dict.fromkeys(("aE", "aL", "zE", "zL"), pl.Int64)}

Ends = tuple[int, int, int, int]


def drawn(picture: str) -> Ends:
    """Read a span off a drawing: one column is one microsecond; `.` may be running, `=` certainly is."""
    columns = [i for i, mark in enumerate(picture) if mark != " "]
    core = [i for i, mark in enumerate(picture) if mark == "="]
    low, high = columns[0], columns[-1] + 1
    return (low, core[0], core[-1] + 1, high) if core else (low, high, low, high)


@st.composite
def spans(draw: st.DrawFn, top: int = 6) -> Ends:
    """A canonical span within `[0, top]`; often without length, without core, or touching others."""
    low = draw(st.integers(0, top))
    high = draw(st.integers(low, top))
    return low, draw(st.integers(low, high)), draw(st.integers(low, high)), high


@st.composite
def wider(draw: st.DrawFn, span: Ends, by: int = 2) -> Ends:
    """The span with some bounds moved outwards."""
    low, start, end, high = (draw(st.integers(0, by)) for _ in range(4))
    sE, eL = span[0] - low, span[3] + high
    return sE, min(span[1] + start, eL), max(span[2] - end, sE), eL


def deploys(top: int = 8, most: int = 7) -> st.SearchStrategy[list[tuple]]:
    """Rows `id, key, run, sE, sL, eE, eL` of two stacks and two runs, or none."""
    row = st.tuples(st.sampled_from("st"), st.sampled_from(["r1", "r2", None]), spans(top))
    return st.lists(row, max_size=most).map(lambda rows: [(f"d{i}", key, run, *span) for i, (key, run, span) in enumerate(rows)])


@st.composite
def histories(draw: st.DrawFn, most: int = 3, top: int = 5) -> tuple[list[tuple], list[tuple]]:
    """Writes (rows of `WRITES`) of two registers, sure and optional, and reads (rows of `READS`) of each."""
    writes, reads = [], []
    value = st.sampled_from(["aaaaaaa1", "bbbbbbb2", None])
    for register in "xy":
        for i in range(draw(st.integers(0, most))):
            run = draw(st.sampled_from(["r1", "r2", None]))
            writes.append((f"{register}{i}", register, run, draw(value), draw(st.booleans()), *draw(spans(top))))
        for i in range(draw(st.integers(0, 2))):
            first = draw(st.integers(0, top + 1))
            reads.append((f"{register}r{i}", register, first, draw(st.integers(first, top + 1)), draw(value)))
    return writes, reads


def table(rows: list[tuple], schema: dict) -> pl.DataFrame:
    """The rows as a frame."""
    return pl.DataFrame(rows, schema=schema, orient="row")


def far_rows(keys: int = 40) -> list[tuple]:
    """Deploys on other stacks, half of them ages ago: whatever is said of the rest must not change."""
    return [(f"far{i}", f"far{i}", "r", t, t, t + 1, t + 1) for i in range(keys) for t in [-FAR if i % 2 else FAR]]
