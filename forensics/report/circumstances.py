"""What the evidence could have shown and what not: coverage and its holes, clocks and assumptions, sources, what to collect next."""

from __future__ import annotations

from typing import Any

import polars as pl

from forensics.analysis import Analysis
from forensics.case import CLAIMED
from forensics.errors import printable
from forensics.projections.coverage import SHOWS
from forensics.report import cold
from forensics.report.clockface import Clockface
from forensics.report.document import Block, Commands, Section, Statement, Table, Text
from forensics.report.exhibits import Exhibits
from forensics.report.facts import ROWS, capped
from forensics.report.values import sentence
from forensics.report.wanted import wanted
from forensics.wording import duration, several

QUESTIONS = 24  # that are named for one thing to collect

# What a kind of source alone shows: the words of a parser's name, what it is, and what cannot be seen without it.
WITNESSES = (
    ("docker_events", "docker's events", "a change of a service by swarm or by hand"),
    ("docker_inspect", "service inspects", "what a service carried at one moment, and what an update replaced"),
    ("dockerd", "dockerd's log", "why a task failed"),
    ("git_reflog", "reflogs", "who moved HEAD, and when"),
    ("history", "a shell history of the host", "a command that a person typed"),
)


def coverage(a: Analysis, sources: pl.DataFrame, windows: pl.DataFrame | None, face: Clockface) -> Section:
    """What was watched, when, and the holes: what happened in one cannot have left a trace in this case."""
    statements = [_swarm(a, face), *_outside(a, face)]
    parsers = sources["parser"].unique().to_list()
    absent = [(name, shows) for word, name, shows in WITNESSES if not any(word in (parser or "") for parser in parsers)]
    statements += [Statement(f"Not in this case: {name}. Only there shows {shows}.") for name, shows in absent]
    unended = a.deploys.filter(~pl.col("ended")).head(ROWS)
    statements += [Statement(f"The end of {_call(d)} is not in evidence: it may have gone on.") for d in unended.iter_rows(named=True)]
    blocks = (Text("That nothing is seen outside of what was watched proves nothing."), *statements)
    return Section("coverage", "Coverage and its holes", blocks if windows is None else (*blocks, _windows(windows, face)))


def _windows(windows: pl.DataFrame, face: Clockface) -> Table:
    """What each source could have shown, over which time, and whether something is or may be missing at its ends."""
    words = {"whole": "nothing", "hole": "something is or may be missing", None: "not known"}
    shown = windows.filter(pl.col("shows").is_not_null()).sort("shows", "path", "source_id")
    rows = [
        (
            printable(w["path"]),
            SHOWS[w["shows"]][0],
            f"{face.of(w['from'])} .. {face.of(w['to'])}" if w["from"] or w["to"] else "not known",
            f"before: {words[w['before']]}; after: {words[w['after']]}"
            if w["before"] != w["after"]
            else f"before and after: {words[w['before']]}",
            w["how"] or "",
        )
        for w in shown.head(ROWS).iter_rows(named=True)
    ]
    return capped(("source", "shows", "over which time", "what is missing", "known"), rows, "forensics sources", of=shown.height)


def _swarm(a: Analysis, face: Clockface) -> Statement:
    if a.swarm_coverage is None:
        return Statement("No events of swarm are in this case: that nobody changed a service cannot be shown.")
    lo, hi = a.swarm_coverage
    return Statement(f"Swarm's own events are in evidence from {face.at(lo)} to {face.at(hi)}.")


def _outside(a: Analysis, face: Clockface) -> list[Statement]:
    """Runs whose deploys and reads reach beyond swarm's events."""
    if a.swarm_coverage is None or None in a.swarm_coverage:
        return []
    from_us, to_us = a.swarm_coverage
    spans: dict[str, list[int]] = {}
    for d in a.deploys.iter_rows(named=True):
        spans.setdefault(d["run"], []).extend(t for t in (d["sL"], d["eE"]) if t is not None)
    for r in a.reads.iter_rows(named=True):
        spans.setdefault(r["run"], []).extend(t for t in (r["rE"],) if t is not None)
    out = []
    for run, times in spans.items():
        if times and min(times) < from_us:
            out.append(Statement(f"Hole: run {run} was at work from {face.at(min(times))}, before swarm's events begin."))
        if times and max(times) > to_us:
            out.append(Statement(f"Hole: run {run} was at work until {face.at(max(times))}, after swarm's events end."))
    return out


def _call(d: dict[str, Any]) -> str:
    return (
        f"{'the teardown' if d['verb'] == 'undeploy' else 'deploy ' + str(d['n'])} of run {d['run']} on {d['stack'] or 'an unknown stack'}"
    )


def clocks(a: Analysis, face: Clockface) -> Section:
    """One row per log whose clock was held against docker's: how it states times, and what is to be added to them; then what is assumed."""
    words = {
        "stated": "states its zone",
        "zone-declared": "states no zone: one was declared",
        "zone-assumed": "states no zone: one was assumed, see below",
        "relative": "counts from a zero of its own",
        "file": "has no times: the names of kept inspects and the result's end time it, on the harness's clock",
        "none": "has no times: its lines are bounded by their order and by other sources",
    }
    rows = [
        (
            printable(c["path"]),
            c["run"],
            words.get(c["kind"], c["kind"]),
            str(c["anchors"]),
            _offset(c, face),
            "yes" if c["contradicted"] else "",
        )
        for c in a.clocks[:ROWS]
    ]
    head = ("log", "run", "its times", "anchors", "to reach docker's clock, add", "contradicts itself")
    blocks: list[Any] = [Table(head, tuple(rows), frozenset({3}))] if rows else []
    blocks.append(Text("Docker's clock is the reference. An anchor is a fact that both a log and docker saw; it bounds the log's offset."))
    if any(c["kind"] == "zone-assumed" for c in a.clocks):
        blocks.append(
            Text("Assumed: times without a zone are in the zone that case.toml declares, else UTC, give or take what the anchors leave.")
        )
    blocks.append(Text("Assumed: the clock of one log runs evenly; its offset is one unknown constant."))
    return Section("clocks", "Clocks and assumptions", tuple(blocks))


def _offset(c: dict[str, Any], face: Clockface) -> str:
    lo, hi = c["lo_us"], c["hi_us"]
    if c["kind"] == "none":
        return ""
    if lo is None or hi is None:
        return "not tied to any other clock"
    if c["kind"] == "relative":
        return f"its zero lies at {face.span(lo, hi)}"
    sign = lambda us: ("+" if us >= 0 else "-") + duration(abs(us))  # noqa: E731
    return f"{sign(lo)} .. {sign(hi)}"


def sources(frame: pl.DataFrame, exhibits: Exhibits) -> Section:
    """Every source with its hash, and how much of it no rule understood."""
    total = {c: int(frame[c].sum()) for c in ("lines", "in_events", "unparsed", "blank")}
    share = f"{total['unparsed'] * 100 / total['lines']:.1f} %" if total["lines"] else "none"
    said = (
        f"{frame.height} sources, {total['lines']} lines = {total['in_events']} in events + {total['unparsed']} unparsed + {total['blank']} blank; "
        f"unparsed: {share}. An unparsed line is kept and can be searched (forensics events --unparsed), but no conclusion rests on it."
    )
    cited: dict[str, int] = {}
    for path, _, _, count in exhibits.files():
        cited[path] = cited.get(path, 0) + count
    ranked = frame.with_columns(pl.col("path").map_elements(printable, pl.String).is_in(list(cited)).alias("cited")).sort(
        "cited", "path", descending=[True, False]
    )
    rows = tuple(
        (
            printable(s["path"]),
            s["content_id"],
            s["parser"] or "",
            str(s["lines"]),
            str(s["unparsed"]),
            _part(s["unparsed"], s["lines"]),
            str(cited.get(printable(s["path"]), 0)),
        )
        for s in ranked.head(ROWS).sort("path").to_dicts()
    )
    note = f"{ROWS} of {frame.height} rows, the cited ones first; forensics sources shows all" if frame.height > ROWS else ""
    head = ("path", "sha256", "read as", "lines", "unparsed", "", "cited")
    return Section("sources", "Sources", (Text(said), Table(head, rows, frozenset({3, 4, 5, 6}), note)))


def _part(part: int, whole: int) -> str:
    return "" if not part else "<1 %" if part * 100 < whole else f"{part * 100 // whole} %"


def how(exhibits: Exhibits, options: str = "") -> Section:
    """What to type to check every citation again, without this tool and with it; `options` made the report what it is."""
    files = [file for file in exhibits.files() if not file[0].startswith(CLAIMED)]
    typed = Text(f"What was typed with forensics claim is in the case alone, under {CLAIMED}: no file holds it.")
    listed = [f"{sha}  {path}" for path, sha, member, _ in files if not member and cold.plain(path)]
    lines = ["cd EVIDENCE    # the folder that was ingested: every path is relative to it"]
    lines += ["sha256sum -c <<'EOF'", *listed, "EOF"] if listed else []
    lines += [cold.hash_command(path, sha, member=member) for path, sha, member, _ in files if member or not cold.plain(path)]
    return Section(
        "how",
        "HOW to check it",
        (
            Text("Without this tool: the files are the ones cited if each of these says OK."),
            Commands(tuple(lines)),
            *([typed] if len(files) < len(exhibits.files()) else []),
            Text(
                "Then each statement ends in the command that shows its lines again; a quote is the line with secrets redacted and control characters left out (…)."
            ),
            Text("With this tool, every quote, line and hash at once, against the files or against the case:"),
            Commands(("forensics verify REPORT --files EVIDENCE", "forensics verify REPORT --case CASE")),
            Text("To reach the same report from the files:"),
            Commands(("forensics ingest EVIDENCE --case CASE", f"forensics report --case CASE{options} --output REPORT")),
        ),
    )


def where(a: Analysis, exhibits: Exhibits) -> Section:
    """Which files say so, and which stacks they are about."""
    stacks = sorted({s for s in [*a.deploys["stack"].to_list(), *a.writes["stack"].to_list()] if s})
    about = (
        f"{'Stack' if len(stacks) == 1 else 'Stacks'}: {', '.join(stacks[:20])}"
        + (f" and {len(stacks) - 20} more" if len(stacks) > 20 else "")
        + "."
    )
    rows = tuple((path, sha, str(count)) for path, sha, _, count in exhibits.files())
    return Section(
        "where",
        "WHERE it is written",
        (Text(about if stacks else "No stack is in evidence."), Table(("file", "sha256", "lines cited"), rows, frozenset({2}))),
    )


def collect(a: Analysis) -> tuple[Section, ...]:
    """Everything that is missing, each once, what it would decide, and what to type on the host for it; what decides most comes first."""
    blocks: list[Block] = []
    for row in wanted(a):
        decides = several((f"{q['name']} of {q['of']}" for q in row["decides"]), ", ", most=QUESTIONS, first=QUESTIONS)
        notes = [("decides", decides)]
        notes += [("note", row["note"])] if row["note"] else []
        blocks.append(Statement(sentence(row["what"]), missing=tuple(m for m in row["missing"] if m != row["what"]), notes=tuple(notes)))
        blocks += [Commands(tuple(row["commands"]))] if row["commands"] else []
    return (Section("next", "What to collect next", tuple(blocks)),) if blocks else ()
