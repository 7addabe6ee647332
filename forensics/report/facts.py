"""The facts of a report: what the evidence says, and what follows by arithmetic on times alone. No cause, no verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from forensics.analysis import Analysis
from forensics.report.clockface import Clockface
from forensics.report.document import Section, Statement, Table, Text
from forensics.report.exhibits import Exhibits
from forensics.report.values import count, short

ROWS = 200  # of a table; a report is read by people, and the listings have everything


def sections(a: Analysis, exhibits: Exhibits, face: Clockface) -> tuple[Section, ...]:
    """Runs, deploys, episodes, reads, what swarm recorded, moves of HEAD, failed tasks; a section without rows says so or is left out."""
    return (
        runs(a, face),
        deploys(a, exhibits, face),
        overlaps(a, exhibits, face),
        reads(a, exhibits, face),
        changes(a, exhibits, face),
        *heads(a, exhibits, face),
        *failures(a, exhibits, face),
    )


def runs(a: Analysis, face: Clockface) -> Section:
    """One row per run: what it tested, from when to when, and what it said of itself."""
    rows = [
        (
            r["run"],
            r["recipe"] or "unknown",
            short(r["ref"]) or "unknown",
            face.at(r["lo_us"]),
            face.at(r["hi_us"]),
            r["outcome"] or "unknown",
        )
        for r in a.runs.sort(pl.col("lo_us").fill_null(1 << 62), "run").iter_rows(named=True)
    ]
    if not rows:
        return Section("runs", "Runs", (Text("No run is in evidence."),))
    table = capped(("run", "recipe", "commit under test", "from", "to", "its own verdict"), rows, "forensics sql 'select * from runs'")
    return Section("runs", "Runs", (table, Text(face.said)))


def deploys(a: Analysis, exhibits: Exhibits, face: Clockface) -> Section:
    """One row per call to the tool; the lines that say so are exhibits."""
    rows = [
        (
            d["run"],
            "teardown" if d["verb"] == "undeploy" else f"{'upgrade' if d['upgrade'] else 'deploy'} {d['n']}",
            d["stack"] or "unknown",
            "" if d["verb"] == "undeploy" else d["stamp"] or "unknown",
            face.span(d["sE"], d["sL"]),
            face.span(d["eE"], d["eL"]) if d["ended"] else "not in evidence",
            {"ok": "said it succeeded", "fail": "said it failed"}.get(d["outcome"], "unknown"),
            ", ".join(d["locks"]) or "none in evidence",
            _numbers(exhibits.cite(a.cite(d["evidence"]))),
        )
        for d in _first(a.deploys).iter_rows(named=True)
    ]
    if not rows:
        return Section("deploys", "Deploys", (Text("No deploy is in evidence."),))
    head = ("run", "call", "stack", "stamp taken", "start", "end", "outcome", "locks held", "exhibits")
    return Section("deploys", "Deploys", (capped(head, rows, "forensics timeline", of=a.deploys.height),))


def overlaps(a: Analysis, exhibits: Exhibits, face: Clockface) -> Section:
    """Episodes, then each pair of deploys of different runs that can have run at the same time."""
    shared = [e for e in a.episodes.iter_rows(named=True) if len(e["runs"]) > 1]
    rows = [(e["stack"], face.span(e["t_lo"], e["t_hi"]), str(e["deploys"]), ", ".join(e["runs"])) for e in shared[:ROWS]]
    said = f"{count(a.episodes.height, 'episode')}, {len(shared)} with several runs. An episode is a group of deploys that may have overlapped on one stack."
    blocks: list[Any] = [Text(said)]
    if rows:
        blocks.append(capped(("stack", "between", "deploys", "runs"), rows, "forensics overlaps", right={2}, of=len(shared)))
    blocks += [_pair(o, exhibits) for o in a.overlaps[:ROWS]]
    if len(a.overlaps) > ROWS:
        blocks.append(Text(f"{len(a.overlaps) - ROWS} more pairs: forensics overlaps lists them."))
    if not a.overlaps:
        blocks.append(Text("No two deploys of different runs on one stack can have overlapped."))
    return Section("episodes", "Episodes and overlapping deploys", tuple(blocks))


def _pair(o: dict[str, Any], exhibits: Exhibits) -> Statement:
    side = lambda s: f"deploy {s['n']} of run {s['run']} (locks: {', '.join(s['locks']) or 'none in evidence'})"  # noqa: E731
    cites = exhibits.cite([*o["a"]["evidence"], *o["b"]["evidence"]])
    return Statement(f"{o['stack']}: {side(o['a'])} and {side(o['b'])} {o['summary']}.", cites=cites)


def reads(a: Analysis, exhibits: Exhibits, face: Clockface) -> Section:
    """One row per identity read, drifted ones first: intended, taken and read values, without why."""
    if not a.drift:
        return Section("reads", "Identity reads", (Text("No identity read is in evidence."),))
    at = {(r["run"], r["ordinal"]): face.span(r["rE"], r["rL"]) for r in a.reads.iter_rows(named=True)}
    shown = sorted(range(len(a.drift)), key=lambda i: (a.drift[i]["drift"] is not True, i))[:ROWS]
    rows = [
        (
            r["run"],
            str(r["ordinal"]),
            r["service"] or r["stack"] or "unknown",
            at[r["run"], r["ordinal"]],
            short(r["intended"]) or "unknown",
            short(r["taken"]) or "unknown",
            short(r["observed"]) or "nothing",
            {True: "no", False: "yes", None: "cannot be compared"}[r["drift"]],
            _numbers(exhibits.cite(r["evidence"])),
        )
        for r in (a.drift[i] for i in sorted(shown))
    ]
    head = ("run", "read", "service", "between", "intended", "taken by its last deploy", "read", "as intended", "exhibits")
    return Section("reads", "Identity reads", (capped(head, rows, "forensics drift", right={1}, of=len(a.drift)),))


def changes(a: Analysis, exhibits: Exhibits, face: Clockface) -> Section:
    """What the evidence says was done to each service, without saying by whom: that is reasoning."""
    rows = [
        (w["service"], face.span(w["sE"], w["eL"]), w["verb"], _numbers(exhibits.cite(a.cite(w["evidence"]))))
        for w in _first(a.writes.filter(pl.col("sure"))).iter_rows(named=True)
    ]
    if not rows:
        return Section("changes", "Changes of services", (Text("No change of a service is in evidence."),))
    table = capped(("service", "at", "change", "exhibits"), rows, "forensics timeline", of=a.writes.filter(pl.col("sure")).height)
    return Section("changes", "Changes of services", (table,))


def heads(a: Analysis, exhibits: Exhibits, face: Clockface) -> tuple[Section, ...]:
    """One row per move of HEAD, tree by tree; of a reflog to the second, as it is written. No section where there is none."""
    moves = a.head_moves.sort("tree", "at_us", "logged", descending=[False, False, True], nulls_last=True, maintain_order=True)
    rows = [
        (
            m["tree"] or "unknown",
            face.second(m["at_us"]) if m["logged"] else face.at(m["at_us"]),
            short(m["old"]) if m["old"] and m["old"].strip("0") else "",
            short(m["new"]) or "unknown",
            "the reflog" if m["logged"] else f"the tool's output in run {m['run']}",
            _numbers(exhibits.cite(a.cite(m["evidence"]))),
        )
        for m in moves.head(ROWS).iter_rows(named=True)
    ]
    head = ("work tree", "at", "from", "to", "says", "exhibits")
    return (Section("heads", "Moves of HEAD", (capped(head, rows, "forensics events --kind head.move", of=moves.height),)),) if rows else ()


def failures(a: Analysis, exhibits: Exhibits, face: Clockface) -> tuple[Section, ...]:
    """One row per task that failed, under its service's name where any record tells it. No section where there is none."""
    names = dict(a.writes.filter(pl.col("service_id").is_not_null()).select("service_id", "service").iter_rows())
    words = {"task.oom": "its container ran out of memory", "task.error": "the task ended in error"}
    rows = [
        (
            f["service"] or names.get(f["service_id"]) or f["service_id"] or "unknown",
            face.at(f["at_us"]),
            words[f["kind"]],
            _numbers(exhibits.cite(a.cite(f["evidence"]))),
        )
        for f in a.failures.head(ROWS).iter_rows(named=True)
    ]
    table = capped(("service", "at", "what", "exhibits"), rows, "forensics events --kind task.error", of=a.failures.height)
    return (Section("failures", "Failed tasks", (table,)),) if rows else ()


def cited_ids(a: Analysis) -> list[str]:
    """The events that the tables above cite, so that their quotes are read all at once."""
    tables = (_first(a.deploys), _first(a.writes.filter(pl.col("sure"))), a.head_moves.head(ROWS), a.failures.head(ROWS))
    return [i for table in tables for ids in table["evidence"] for i in ids]


def _first(table: pl.DataFrame) -> pl.DataFrame:
    return table.sort(pl.col("sE").fill_null(-(1 << 62)), maintain_order=True).head(ROWS)


def _numbers(cites: Sequence[Any]) -> str:
    return " ".join(f"E{e.number}" for e in cites)


def capped(
    head: tuple[str, ...], rows: Sequence[tuple[str, ...]], listing: str, *, right: set[int] = frozenset(), of: int | None = None
) -> Table:  # type: ignore[assignment]
    """A table of at most `ROWS` rows that says so where there are more, and what lists them all."""
    total = len(rows) if of is None else of
    note = f"{ROWS} of {total} rows; {listing} shows all" if total > ROWS else ""
    return Table(head, tuple(rows[:ROWS]), frozenset(right), note)
