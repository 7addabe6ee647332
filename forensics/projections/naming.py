"""Which run a line belongs to, where neither the line nor its path names it, or where they name it differently.

A log that says `RUN SUMMARY: run=281` is run 281's, whatever its folder is called, and so is what lies in there. One file may hold the logs of
several runs one after the other, or line by line if each line tells who wrote it: each begins with the run's first line. What else has no run is placed as the
other files are (`layout`).
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import polars as pl

from forensics.projections.layout import Layout
from forensics.projections.streams import HARNESS_KINDS, TOOL_KINDS
from parsers.source import hints

OWN = ("run.end", "run.result")  # say which run they are of
MARKS = ("run.start", *OWN)
STORY = [*TOOL_KINDS, *HARNESS_KINDS]
OF_RUNS = r"^(?:docker_inspect|results_json|junit_xml|abra_json)/"  # records that a run keeps

Cut = tuple[str, int, str]  # a source, the line from which on, the run


def named(events: pl.DataFrame) -> pl.DataFrame:
    """Give every line of a run's files its run: `run` filled or corrected; no row is added or lost; rows in any order.

    Which of several interleaved logs a line is of, if nothing tells them apart, cannot be known: such lines stay without a run.
    """
    events = _by_own_word(events)
    nameless = events.filter(pl.col("run").is_null() & (pl.col("kind").is_in(STORY) | pl.col("parser").str.contains(OF_RUNS)))
    sources = nameless.select("source_id", "path").unique().sort("path").rows()
    if not sources:
        return events
    marks = _marks(events, nameless)
    layout = _learned(events, nameless)
    cuts: list[Cut] = []
    unnamed = []
    for source, path in sources:
        sessions = _sessions(marks[source])
        if len(sessions) == 1 and sessions[0][1] is None:
            unnamed.append((source, path))
        elif sessions:
            cuts += [(source, line, run or f"{path}:{line}") for line, run in sessions]
            if len(sessions) == 1:
                layout.learn(path, cuts[-1][2], log=True)
    for source, path in unnamed:
        run = layout.name(path)
        layout.learn(path, run, log=True)
        cuts.append((source, 0, run))
    cuts += [(source, 0, run) for source, path in sources if not marks[source] and (run := layout.run_of(path))]
    return _filled(events, cuts)


def _by_own_word(events: pl.DataFrame) -> pl.DataFrame:
    """Call each run what it calls itself where its folder is called otherwise; unless its files disagree, or another folder bears that name."""
    told = events.filter(pl.col("run").is_not_null() & pl.col("kind").is_in([*STORY, *OWN]))
    own = pl.col("kind").is_in(OWN)
    said = told.group_by("source_id", "path").agg(
        words=pl.col("run").unique(), log=pl.col("run").filter(~own).unique(), spoken=pl.col("run").filter(own).n_unique()
    )
    said = said.with_columns(log=pl.when(pl.col("log").list.len() == 1).then(pl.col("log").list.first()))
    said = said.with_columns(hinted=pl.Series([hints(path).run for path in said["path"]], dtype=pl.String))
    home = pl.when(pl.col("spoken") <= 1).then(pl.coalesce("log", "hinted"))
    said = said.with_columns(folder=pl.coalesce("hinted", "log"), home=home).filter(pl.col("folder").is_not_null())
    folders = set(said["folder"])
    words: dict[str, set[str]] = defaultdict(set)
    for folder, spoken in said.select("folder", "words").iter_rows():
        words[folder] |= set(spoken) - {folder}
    names = {folder: next(iter(spoken)) for folder, spoken in words.items() if len(spoken) == 1 and not spoken & folders}
    if not any(words.values()):
        return events
    events = events.join(said.select("source_id", "home"), on="source_id", how="left", maintain_order="left")
    events = events.with_columns(run=pl.when(own & pl.col("home").is_not_null()).then("home").otherwise("run")).drop("home")
    return events.with_columns(pl.col("run").replace(names))


def _marks(events: pl.DataFrame, nameless: pl.DataFrame) -> dict[str, list[tuple[int, str | None]]]:
    """By source, in order: the lines where a run begins (null) or names itself."""
    found: dict[str, list[tuple[int, str | None]]] = defaultdict(list)
    marks = events.filter(pl.col("kind").is_in(MARKS)).join(nameless.select("source_id").unique(), on="source_id", how="semi")
    named_here = pl.when(pl.col("kind") != "run.start").then("run")
    for source, line, run in marks.sort("source_id", "line_no", "offset").select("source_id", "line_no", named_here).iter_rows():
        found[source].append((line, run))
    return found


def _sessions(marks: list[tuple[int, str | None]]) -> list[tuple[int, str | None]]:
    """The runs of one log: from which line on, and how each names itself. None at all where runs may be interleaved: one begins before the one before it ended."""
    starts = [line for line, run in marks if run is None]
    if len(starts) < 2:
        words = {run for _, run in marks if run is not None}
        return [(0, words.pop() if len(words) == 1 else None)] if marks else []
    if marks[0][1] is not None or any(a is None and b is None for (_, a), (_, b) in pairwise(marks)):
        return []
    found: list[tuple[int, str | None]] = []
    for line, run in marks:
        if run is None:
            found.append((line, None))
        elif found[-1][1] in (None, run):
            found[-1] = (found[-1][0], run)
        else:
            return []
    return [(0 if n == 0 else line, run) for n, (line, run) in enumerate(found)]


def _learned(events: pl.DataFrame, nameless: pl.DataFrame) -> Layout:
    """What the paths of files tell that have a run."""
    layout = Layout()
    known = events.filter(pl.col("run").is_not_null()).join(nameless.select("source_id").unique(), on="source_id", how="anti")
    known = known.filter(pl.col("kind").is_in(STORY) | pl.col("parser").str.contains(OF_RUNS))
    by_source = known.group_by("source_id", "path").agg(pl.col("run").unique(), log=pl.col("kind").is_in(MARKS[:2]).any())
    for path, runs, log in by_source.filter(pl.col("run").list.len() == 1).select("path", "run", "log").sort("path").iter_rows():
        layout.learn(path, runs[0], log=log)
    return layout


def _filled(events: pl.DataFrame, cuts: list[Cut]) -> pl.DataFrame:
    if not cuts:
        return events
    found = pl.DataFrame(cuts, schema={"source_id": pl.String, "line_no": pl.Int64, "cut_run": pl.String}, orient="row").sort("line_no")
    rows = events.sort("line_no").join_asof(found, on="line_no", by="source_id", strategy="backward", check_sortedness=False)
    return rows.with_columns(run=pl.coalesce("run", "cut_run")).drop("cut_run")
