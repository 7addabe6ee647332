"""What to collect next: everything that hypotheses and findings miss, merged, with the commands to type on the host.

One row is one thing to collect. It stands higher the more open questions it decides; an open question is a hypothesis that is NOT PROVEN,
or a finding that is. What is missing is matched to `THINGS` by its words; what matches none comes last, without a command. Times, services,
trees and runs are those of the questions; names from evidence are quoted for a shell.
"""

from __future__ import annotations

import json
import re
import shlex
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

import polars as pl

from forensics.analysis import Analysis
from forensics.findings.finding import SEVERITIES
from forensics.quote import quote
from forensics.times import micros

PAD_S = 60
RUNS = "/var/lib/cc-ci-runs"  # where the harness keeps its runs
GIT_FILES = ("HEAD", "logs", "packed-refs", "refs")


@dataclass
class Scene:
    """Where and when the open questions are: what the commands are filled with."""

    lo: int | None = None
    hi: int | None = None
    services: set[str] = field(default_factory=set)
    trees: set[str] = field(default_factory=set)
    runs: set[str] = field(default_factory=set)

    def span(self, lo: int | None, hi: int | None) -> None:
        """Widen to hold these instants, in microseconds; null says nothing."""
        for at in (lo, hi):
            if at is not None:
                self.lo, self.hi = min(at, self.lo if self.lo is not None else at), max(at, self.hi if self.hi is not None else at)

    def since(self) -> str:
        return _second(self.lo, -PAD_S) if self.lo is not None else "24h"

    def until(self) -> str:
        return _second(self.hi, PAD_S + 1) if self.hi is not None else "0s"

    def journal(self) -> str:
        """The same window as journalctl takes it."""
        if self.lo is None or self.hi is None:
            return "--since '24 hours ago'"
        since, until = (text.replace("T", " ").replace("Z", " UTC") for text in (self.since(), self.until()))
        return f"--since '{since}' --until '{until}'"


@dataclass(frozen=True)
class Thing:
    """Something that can be collected. `words` recognises it in what is missing; `note` is what to know before typing."""

    name: str
    what: str
    words: str
    commands: Callable[[Scene], list[str]]
    note: str | None = None


def _events(s: Scene) -> list[str]:
    return [
        f"docker events --since {s.since()} --until {s.until()} --format '{{{{json .}}}}' > docker-events.ndjson",
        f"journalctl -u docker {s.journal()} -o cat > dockerd.log",
    ]


def _inspects(s: Scene) -> list[str]:
    return [f"docker service inspect {named} > inspect-now-$(date +%s%N).json" for named in _each(s.services, "SERVICE")]


def _tasks(s: Scene) -> list[str]:
    return [f"docker service ps --no-trunc {named} > service-ps.txt" for named in _each(s.services, "SERVICE")] + _events(s)[1:]


def _logs(s: Scene) -> list[str]:
    newer = f" --newer-mtime='{s.since().replace('T', ' ').replace('Z', ' UTC')}'" if s.lo is not None else ""
    return [f"tar czf runs.tar.gz{newer} {RUNS}"]


def _output(s: Scene) -> list[str]:
    return [f"tar czf {_file(run)}.tar.gz {RUNS}/{shlex.quote(quote(run))}" for run in sorted(s.runs)] or _logs(s)


def _reflog(s: Scene) -> list[str]:
    return [
        f"tar czf tree-{n}.tar.gz {' '.join(f'{tree}/.git/{name}' for name in GIT_FILES)}"
        for n, tree in enumerate(_each(s.trees, "TREE"), 1)
    ]


def _repository(s: Scene) -> list[str]:
    return [f"git -C {tree} log --all --format='%H %cI %D %s' > log.txt" for tree in _each(s.trees, "TREE")]


def _people(s: Scene) -> list[str]:
    return [f"journalctl _COMM=sudo {s.journal()} > sudo.log", "HISTTIMEFORMAT='%FT%T%z ' bash -ic history > history.txt"]


def _clocks(s: Scene) -> list[str]:
    return ["timedatectl", "chronyc tracking"]


THINGS = (
    Thing(
        "swarm-events",
        "swarm's events, from a manager node",
        r"(?i)service events|docker events|rollback_|which write|wrote each service|events are missing|part the two calls|removal",
        _events,
        "the daemon keeps its last 256 events: what is older may still be in its log",
    ),
    Thing(
        "service-inspect",
        "an inspect of the service",
        r"(?i)inspect|version\.?\s?index|PreviousSpec|UpdateStatus|UpdateConfig|CreatedAt|stamp of each service|which write",
        _inspects,
        "it shows the present: worth it as long as nothing has written the service since",
    ),
    Thing("task-end", "how the service's tasks ended", r"(?i)end of the new task|exit (?:line|status)|why the (?:new )?task", _tasks),
    Thing(
        "run-logs",
        "the logs of all runs of that time",
        r"(?i)logs? of every run|other runs|every run's|harness's log|'s log\b|ends? of the deploys|times that (?:show|part)|end of the run"
        r"|\b(?:end|log) of (?:run|the deploy that)|what was intended|which run made",
        _logs,
    ),
    Thing(
        "tool-output",
        "what the deploy tool printed (next time, with --debug)",
        r"(?i)tool's|--debug|deploy's output|stamp line|output of the deploy|what run .* stamped",
        _output,
    ),
    Thing("reflog", "HEAD and reflogs of the work tree", r"(?i)reflog|HEAD\b", _reflog),
    Thing("repository", "the commits and tags of the repository", r"(?i)\brepository|resolve names", _repository),
    Thing("operators", "what people typed on the host", r"(?i)shell history|by hand|operator|command line", _people),
    Thing("clocks", "how far the clocks are from each other (then: case.toml, [offsets])", r"(?i)\bclocks?\b", _clocks),
)


def wanted(a: Analysis) -> list[dict[str, Any]]:
    """What to collect, the most useful first.

    One row is one thing: `collect`, `what`, `decides` (the open questions, each `kind`, `of`, `name`), `missing` (in the words of those who miss
    it), `commands`, `note` (what to know before, or null), and `since` and `until` of the window, null where no question has a time. Of
    equals, what the worse finding needs comes first. Empty where nothing is open.
    """
    paths = _paths(a)
    rows: dict[str, dict[str, Any]] = {}
    for question, missing, place in _questions(a):
        for text in missing:
            for thing in _things(text):
                row = rows.setdefault(
                    thing.name, {"thing": thing, "decides": {}, "missing": {}, "scene": Scene(), "worst": len(SEVERITIES)}
                )
                row["decides"][tuple(question.values())] = question
                row["missing"][text] = text
                row["worst"] = min(row["worst"], SEVERITIES.index(place["severity"]) if "severity" in place else len(SEVERITIES))
                _fill(row["scene"], place, paths)
    order = {t.name: n for n, t in enumerate(THINGS)}
    ranked = sorted(rows.items(), key=lambda i: (-len(i[1]["decides"]), i[1]["worst"], order.get(i[0], len(order)), i[0]))
    return [_row(name.partition(":")[0], row) for name, row in ranked]


@cache
def _things(missing: str) -> list[Thing]:
    """What would show what is missing: one thing or several, or what it says itself."""
    return [t for t in THINGS if re.search(t.words, missing)] or [Thing(f"other: {missing}", missing, "", lambda _: [], None)]


def _row(name: str, row: dict[str, Any]) -> dict[str, Any]:
    scene: Scene = row["scene"]
    timed = scene.lo is not None
    return {
        "collect": name,
        "what": row["thing"].what,
        "decides": list(row["decides"].values()),
        "missing": list(row["missing"]),
        "commands": row["thing"].commands(scene),
        "note": row["thing"].note,
        "since": scene.since() if timed else None,
        "until": scene.until() if timed else None,
    }


def _questions(a: Analysis) -> Iterable[tuple[dict[str, Any], list[str], dict[str, Any]]]:
    """Every open question, what it misses, and where and when it is."""
    deploys = a.deploys.filter((pl.col("verb") == "deploy") & pl.col("sE").is_not_null()).sort("sE")
    begun = dict(deploys.group_by("run").agg("sE").iter_rows())
    for r in a.drift:
        hi = micros(r["t_hi"]) or micros(r["t_lo"])
        mine = begun.get(r["run"], [])
        before = len(mine) if hi is None else bisect_right(mine, hi)
        lo = mine[before - 1] if before else micros(r["t_lo"])
        place = {"lo": lo, "hi": hi, "stack": r["stack"], "service": r["service"], "runs": [r["run"]]}
        for name, h in r["hypotheses"].items():
            if h["verdict"] == "NOT PROVEN" and h["missing"]:
                yield {"kind": "hypothesis", "of": f"{r['run']} #{r['ordinal']}", "name": name}, h["missing"], place
    for f in a.findings:
        if f["missing"]:
            place = {"lo": micros(f["t_lo"]), "hi": micros(f["t_hi"]), "stack": f["stack"], "service": f["service"], "runs": f["runs"]}
            yield {"kind": "finding", "of": f["id"], "name": f["class"]}, f["missing"], place | {"severity": f["severity"]}


def _fill(scene: Scene, place: dict[str, Any], paths: dict[str, Any]) -> None:
    scene.span(place["lo"], place["hi"])
    scene.services |= {place["service"]} if place["service"] else set(paths["services"].get(place["stack"], ()))
    scene.runs |= set(place["runs"])
    scene.trees |= {tree for run in place["runs"] for tree in paths["trees"].get(run, ())}


def _paths(a: Analysis) -> dict[str, Any]:
    """The services of each stack, and the work trees of each run as its tool names them on the host."""
    services: dict[str, set[str]] = {}
    for stack, service in a.writes.select("stack", "service").unique().iter_rows():
        services.setdefault(stack, set()).add(service)
    trees: dict[str, set[str]] = {}
    moved = a.history.events.filter((pl.col("kind") == "tree.checkout") & pl.col("attrs").is_not_null())
    for run, attrs in moved.select("run", "attrs").unique().iter_rows():
        if (path := json.loads(attrs).get("path")) and run:
            trees.setdefault(run, set()).add(path)
    return {"services": services, "trees": trees}


def _each(names: set[str], unknown: str) -> list[str]:
    return [shlex.quote(quote(name)) for name in sorted(names)] or [unknown]


def _file(name: str) -> str:
    """A name for a file here: never a path, never an option."""
    return shlex.quote("_".join(quote(name).lstrip("-").split("/")) or "run")


def _second(us: int, more_s: int) -> str:
    return datetime.fromtimestamp(us // 1_000_000 + more_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
