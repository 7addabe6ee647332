"""Which run a line belongs to, where neither the line nor its path names it, or where they name it differently.

A log that says `RUN SUMMARY: run=281` is run 281's, whatever its folder is called, and so is what lies in there. One file may hold the logs of
several runs one after the other, or line by line if each line tells who wrote it: each begins with the run's first line. What else has no run is placed as the
other files are (`layout`).
"""

from __future__ import annotations

import re
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

# How finely a log's lines are told apart, coarsest first: not at all, by the unit that wrote them, by the process.
WHO = (r"^.*$", r"[ \[].*$", r"^$")  # what is cut off the emitter

Mark = tuple[str, int, str | None]  # the emitter, the line, and the run that it names; null where a run begins
Cut = tuple[str, str, int, str]  # a source, the emitter as far as it counts, the line from which on, the run


def named(events: pl.DataFrame) -> pl.DataFrame:
    """Give every line of a run's files its run: `run` filled or corrected; no row is added or lost; rows in any order.

    Which of several interleaved logs a line is of, if nothing tells them apart, cannot be known: such lines stay without a run.
    """
    events = _by_own_word(events)
    nameless = events.filter(pl.col("run").is_null() & (pl.col("kind").is_in(STORY) | pl.col("parser").str.contains(OF_RUNS)))
    sources = nameless.select("source_id", "path").unique().sort("path").rows()
    if not sources:
        return events
    marks, layout = _marks(events, nameless), _learned(events, nameless)
    apart = {source: _apart(marks[source]) for source, _ in sources if source in marks}
    cuts: list[Cut] = []
    for source, path in sources:
        sessions = apart[source][1] if source in apart else []
        for who, line, run in sessions:
            if run is not None:
                cuts.append((source, who, line, run))
                layout.learn(path if len(sessions) == 1 else f"{path}//{_unit(who)}", run, log=len(sessions) == 1)
    cuts += _unnamed(sources, apart, layout, _without_log(events, cuts))
    cuts += [(source, "", 0, run) for source, path in sources if source not in apart and (run := layout.run_of(path))]
    return _filled(events, cuts, {source: how for source, (how, _) in apart.items() if how})


def with_names(events: pl.LazyFrame) -> pl.LazyFrame:
    """The event table with `run` as the answers use it, of every kind of event; same rows and columns, in no promised order."""
    needed = events.select("event_id", "source_id", "path", "line_no", "offset", "kind", "parser", "run", "attrs").collect()
    found = named(needed).select("event_id", found="run").join(needed.select("event_id", "run"), on="event_id")
    found = found.filter(pl.col("found").ne_missing(pl.col("run"))).drop("run")
    if found.is_empty():
        return events
    return events.join(found.lazy(), on="event_id", how="left").with_columns(run=pl.coalesce("found", "run")).drop("found")


def _unnamed(sources: list[tuple[str, str]], apart: dict[str, tuple[int, list[Mark]]], layout: Layout, left: set[str]) -> list[Cut]:
    """What to call the runs of which the log has no last line. One alone in a log that others share is the only run that has files and no log, if one is."""
    found: list[Cut] = []
    unsaid: list[int] = []  # those that nothing names: called after their place
    for source, path in sources:
        sessions = apart[source][1] if source in apart else []
        taken = {run for _, _, run in sessions}
        for who, line, run in sessions:
            if run is None and len(sessions) == 1:
                name = layout.name(path)
                layout.learn(path, name, log=True)
                found.append((source, who, line, name))
            elif run is None:
                name = layout.name(f"{path}//{_unit(who)}")
                if name in taken or name == _unit(who):
                    unsaid.append(len(found))
                    name = f"{path}:{line}"
                found.append((source, who, line, name))
    if len(unsaid) == len(left) == 1:
        found[unsaid[0]] = (*found[unsaid[0]][:3], next(iter(left)))
    return found


def _unit(who: str) -> str:
    """The emitter without its process."""
    return re.sub(r" .*$|\[\d*\]$", "", who)


def _without_log(events: pl.DataFrame, cuts: list[Cut]) -> set[str]:
    """The runs of which files are there, but no log."""
    told = events.filter(pl.col("run").is_not_null() & pl.col("kind").is_in(STORY))
    return set(told["run"]) - set(told.filter(pl.col("kind").is_in(HARNESS_KINDS))["run"]) - {cut[3] for cut in cuts}


def _marks(events: pl.DataFrame, nameless: pl.DataFrame) -> dict[str, list[Mark]]:
    """By source, in order: the lines where a run begins or names itself, of the sources that have any."""
    found: dict[str, list[Mark]] = defaultdict(list)
    marks = events.filter(pl.col("kind").is_in(MARKS)).join(nameless.select("source_id").unique(), on="source_id", how="semi")
    run = pl.when(pl.col("kind") != "run.start").then("run")
    rows = marks.sort("source_id", "line_no", "offset").select("source_id", _emitter(), "line_no", run)
    for source, emitter, line, name in rows.iter_rows():
        found[source].append((emitter, line, name))
    return dict(found)


def _emitter() -> pl.Expr:
    return pl.col("attrs").str.json_path_match("$.emitter").fill_null("").alias("emitter")


def _apart(marks: list[Mark]) -> tuple[int, list[Mark]]:
    """How finely the lines of one log must be told apart for no two runs to be interleaved, and its runs then; none where they stay interleaved."""
    for how, cut in enumerate(WHO):
        found: dict[str, list[tuple[int, str | None]]] = defaultdict(list)
        for emitter, line, run in marks:
            found[re.sub(cut, "", emitter, count=1)].append((line, run))
        sessions = {who: _sessions(own) for who, own in sorted(found.items())}
        if all(sessions.values()):
            return how, [(who, line, run) for who, own in sessions.items() for line, run in own]
    return 0, []


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


def _filled(events: pl.DataFrame, cuts: list[Cut], apart: dict[str, int]) -> pl.DataFrame:
    if not cuts:
        return events
    how = pl.col("source_id").replace_strict(apart, default=0, return_dtype=pl.Int64)
    who = _emitter().str.replace(WHO[1], "") if apart else pl.lit("")
    events = events.with_columns(who=pl.when(how == 2).then(_emitter()).when(how == 1).then(who).otherwise(pl.lit("")))
    schema = {"source_id": pl.String, "who": pl.String, "line_no": pl.Int64, "cut_run": pl.String}
    found = pl.DataFrame(cuts, schema=schema, orient="row").sort("line_no")
    rows = events.sort("line_no").join_asof(found, on="line_no", by=["source_id", "who"], strategy="backward", check_sortedness=False)
    return rows.with_columns(run=pl.coalesce("run", "cut_run")).drop("cut_run", "who")
