"""Which sources of a run are its log: one, or several that follow each other, and which only repeat it.

A log is rotated (`harness.log.1`, `harness.log`), split by stage (`install.log`, `upgrade.log`) or by size (`harness-00.log`, `harness-01.log`),
and copies of it lie about, whole or cut off. What repeats lines of another source is a copy; what does not is a part. Parts are put
in order by their times where all have times, else by the run's first line, its stages, its last line, and the numbers in their names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import polars as pl

FACT = ("kind", "stack", "service", "stamp", "stamp_prev", "commit", "ref", "lock", "outcome")
NUMBERED = r"\.(?:\d{1,4}|[a-z]{2})?(?:\.(?:gz|xz|bz2|zst))?$"  # what tells the files of one series apart, behind their name
FEW = 3  # so few lines in a row may come again by chance
PARTS = {
    "run": pl.String,
    "source_id": pl.String,
    "role": pl.String,
    "part": pl.Int64,
    "after": pl.Int64,
    "first_id": pl.String,
    "first_path": pl.String,
}


@dataclass
class _Source:
    """One source of a run that holds harness lines."""

    id: str
    path: str
    facts: list[tuple[Any, ...]]  # of each line, without its time
    lines: list[int]
    begins: bool  # holds the run's first line
    ends: bool
    first: Any  # the first time stated, or null
    stages: list[str]
    after: int = 0  # the lines up to here repeat the part before


def parts(told: pl.LazyFrame) -> pl.DataFrame:
    """Say what each source of each run is.

    One row is one run in one source: `role` (`main`, `tool`, `witness`), `part` (its place in the main log, from 0; 0 for what is no part), `after`: the
    line up to which it repeats the part before; `first_id`, `first_path`: of the first part of its log, which names the log.

    What holds only a tool's output is a part where its name is one of the log's series: the log was cut inside a call.

    Args:
        told: Events with a run, of the kinds that a run's logs tell, with `harness` for the harness's own.
    """
    found = told.group_by("run", "source_id", "path").agg(pl.col("harness").sum(), timed=pl.col("ts").is_not_null().any()).collect()
    found = found.sort("run", "harness", "timed", "path", descending=[False, True, True, False])
    found = found.with_columns(rank=pl.int_range(pl.len()).over("run"))
    role = pl.when(pl.col("harness") == 0).then(pl.lit("tool")).when(pl.col("rank") == 0).then(pl.lit("main")).otherwise(pl.lit("witness"))
    found = found.with_columns(role=role, part=pl.lit(0, pl.Int64), after=pl.lit(0, pl.Int64), first_id="source_id", first_path="path")
    one = found.select(*PARTS)
    series = found.with_columns(series=pl.col("path").str.replace(NUMBERED, "").str.replace_all(r"\d+", "0"))
    led = series.filter(pl.col("harness") > 0).select("run", "series").unique()
    told = told.join(series.join(led, on=["run", "series"]).select("run", "source_id").lazy(), on=["run", "source_id"], how="semi")
    several = series.join(led, on=["run", "series"]).group_by("run").len().filter(pl.col("len") > 1)["run"]
    if several.is_empty():
        return one
    chained = _chained(told.filter(pl.col("run").is_in(several.implode())).collect())
    left = one.join(chained.select("run", "source_id"), on=["run", "source_id"], how="anti")
    left = left.with_columns(
        role=pl.when(pl.col("run").is_in(chained["run"].implode()) & (pl.col("role") == "main")).then(pl.lit("witness")).otherwise("role")
    )
    return pl.concat([left, chained])


def _chained(rows: pl.DataFrame) -> pl.DataFrame:
    """The sources that together are one log, of runs of which several sources tell."""
    found: list[tuple[Any, ...]] = []
    for (run,), own in rows.sort("run", "path", "line_no", "offset", "kind").group_by("run", maintain_order=True):
        sources = [_source(part) for _, part in own.group_by("source_id", maintain_order=True)]
        chain = _in_order(_without_copies(sources))
        found += [(run, s.id, "main", n, s.after, chain[0].id, chain[0].path) for n, s in enumerate(chain) if len(chain) > 1]
    return pl.DataFrame(found, schema=PARTS, orient="row")


def _source(rows: pl.DataFrame) -> _Source:
    kinds, checks = rows["kind"], rows.filter(pl.col("kind").is_in(["check.pass", "check.fail"]))
    stages = checks.select(pl.col("attrs").str.json_path_match("$.stage")).to_series().drop_nulls().to_list()
    listed = rows.filter(pl.col("kind") == "run.start").select(pl.col("attrs").str.json_path_match("$.stages")).to_series().drop_nulls()
    return _Source(
        rows["source_id"][0],
        rows["path"][0],
        rows.select(FACT).rows(),
        rows["line_no"].to_list(),
        bool((kinds == "run.start").any()),
        bool((kinds == "run.end").any()),
        rows["ts"].drop_nulls().first() if rows["ts"].null_count() < len(rows) else None,
        listed[0].split(",") if len(listed) else stages,
    )


def _without_copies(sources: list[_Source]) -> list[_Source]:
    """The sources that say more than another one does: those with the most lines first, of equals those with times."""
    kept: list[_Source] = []
    for s in sorted(sources, key=lambda s: (-len(s.facts), s.first is None, s.path)):
        if not any(_holds(k.facts, s.facts) for k in kept):
            kept.append(s)
    return kept


def _holds(whole: list[tuple[Any, ...]], part: list[tuple[Any, ...]]) -> bool:
    n = len(part)
    if n < FEW and n < len(whole):
        return False
    return any(whole[at] == part[0] and whole[at : at + n] == part for at in range(len(whole) - n + 1))


def _in_order(sources: list[_Source]) -> list[_Source]:
    """The parts of one log in order; the first source alone where they are none: two that begin, or two that end, tell two stories."""
    if len(sources) < 2 or sum(s.begins for s in sources) > 1 or sum(s.ends for s in sources) > 1:
        return sources[:1]
    timed = all(s.first is not None for s in sources)
    listed = next((s.stages for s in sources if s.begins), [])
    stages = listed if any(_stem(s) in listed for s in sources) else []
    chain = sorted(sources, key=lambda s: (s.first if timed else 0, not s.begins, s.ends, *_named(s, stages)))
    if any(s.begins for s in chain[1:]) or any(s.ends for s in chain[:-1]):
        return sources[:1]
    for a, b in zip(chain, chain[1:], strict=False):
        again = next((n for n in range(min(len(a.facts), len(b.facts)) - 1, FEW - 1, -1) if a.facts[-n:] == b.facts[:n]), 0)
        b.after = b.lines[again - 1] if again else 0
    return chain


def _stem(s: _Source) -> str:
    return re.sub(r"\.\w+$", "", s.path.rsplit("/", 1)[-1])


def _named(s: _Source, stages: list[str]) -> tuple[Any, ...]:
    """Where a source's name puts it: in the order of the stages, if sources are named for them; of numbers and letters; `x.log.2` before `x.log.1` before `x.log`."""
    rotated = re.search(r"\.[A-Za-z]\w*\.(\d{1,4})(?:\.(?:gz|xz|bz2|zst))?$", s.path)
    base, age = (re.sub(NUMBERED, "", s.path), int(rotated[1])) if rotated else (s.path, 0)
    stage = stages.index(_stem(s)) if _stem(s) in stages else -1
    return (stage, [(int(x), "") if x.isdigit() else (0, x) for x in re.split(r"(\d+)", base)], -age)
