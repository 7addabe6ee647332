"""One case analysed: the history, the reads with their causes, the findings, as plain rows.

`Analysis` is what commands, reports and notebooks read; its rows are those of the JSON contract, with every
citation resolved to path, line, content hash and quote. Here prose is redacted, for all that show it: what is in it of evidence
may be a secret, and what is ours looks like none (a test holds that).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from forensics import findings as finders
from forensics.correlate import reconstructed
from forensics.correlate.attribute import attribute
from forensics.correlate.history import History
from forensics.correlate.hypotheses import judge
from forensics.correlate.model import INF, Read, bounded
from forensics.correlate.reconstruct import reconstruct
from forensics.correlate.resources import KINDS as RESOURCES
from forensics.correlate.resources import Use, shared
from forensics.correlate.traits import traits
from forensics.findings.finding import Finding, Other
from forensics.redact import redact
from forensics.wording import at_least_at_most

Quoter = Callable[[list[tuple[str, int]]], dict[tuple[str, int], str]]


@dataclass
class Analysis:
    """The answers for one case. `quote` gives the redacted, escaped text of lines, by content id and line."""

    history: History
    quote: Quoter

    @cached_property
    def found(self) -> list[Finding]:
        """All findings, worst first."""
        return finders.find_all(self.history)

    @cached_property
    def _quotes(self) -> dict[tuple[str, int], str]:
        return {}

    def gather(self, ids: Iterable[str | None]) -> None:
        """Read the quotes of these events, all at once, where they have not been read before: `cite` would read them one by one."""
        at = {(e["content_id"], e["line_no"]) for i in ids if (e := self.history.event(i)) is not None}
        if more := sorted(place for place in at if place not in self._quotes):
            self._quotes.update({place: "" for place in more} | self.quote(more))

    def moments(self, places: Iterable[tuple[str, int]]) -> dict[tuple[str, int], tuple[int | None, str]]:
        """When the events at (path, line) say that they happened, in microseconds as stated, and their kind; of several on a line, the first."""
        wanted = pl.DataFrame(list(dict.fromkeys(places)), schema={"path": pl.String, "line_no": pl.Int64}, orient="row")
        rows = self.history.events.join(wanted, on=["path", "line_no"], how="semi").sort("path", "line_no", "offset", "event_id")
        us = pl.coalesce(pl.col("ts"), pl.col("ts_lo")).dt.epoch("us").alias("us")
        found = rows.group_by("path", "line_no", maintain_order=True).agg(us.drop_nulls().first(), pl.col("kind").first())
        return {(path, line): (us, kind) for path, line, us, kind in found.iter_rows()}

    def cite(self, ids: Iterable[str | None]) -> list[dict[str, Any]]:
        """Citations of events: one row per line cited, in the order given, each line once."""
        ids = list(ids)
        self.gather(ids)
        rows: dict[tuple[str, int], dict[str, Any]] = {}
        for i in ids:
            e = self.history.event(i)
            if e is not None:
                rows.setdefault(
                    (e["path"], e["line_no"]),
                    {
                        "path": e["path"],
                        "line": e["line_no"],
                        "sha256": e["content_id"],
                        "text": self._quotes[e["content_id"], e["line_no"]],
                    },
                )
        return list(rows.values())

    @cached_property
    def findings(self) -> list[dict[str, Any]]:
        """Findings in the terms of the JSON contract, worst first."""
        about = finders.classes()
        self.gather(e for f in self.found for ids in (f.cited(), *(o.evidence for o in f.others)) for e in ids)
        return [
            {
                "id": f.id,
                "class": f.cls,
                "sub": f.sub,
                "verdict": "PROVEN" if f.proven else "NOT PROVEN",
                "strength": "definite" if f.proven else "possible",
                "severity": f.severity,
                "stack": f.stack,
                "service": f.service,
                "runs": sorted(f.runs),
                "t_lo": _instant(f.t_lo),
                "t_hi": _instant(f.t_hi),
                "summary": redact(f.summary),
                "missing": _redacted(f.missing),
                "rejected": [self._other(o) for o in f.others if not o.missing],
                "open": [self._other(o) | {"missing": _redacted(o.missing)} for o in f.others if o.missing],
                "evidence": self.cite(f.cited()),
                "title": about[f.cls][0],
                "explain": [{"because": redact(text), "evidence": self.cite(ids)} for text, ids in f.because],
                "advice": about[f.cls][1],
                "implied_by": f.implied_by,
                "facts": _redacted(f.facts),
            }
            for f in self.found
        ]

    def _other(self, o: Other) -> dict[str, Any]:
        return {"what": redact(o.what), "because": redact(o.because), "evidence": self.cite(o.evidence)}

    @cached_property
    def drift(self) -> list[dict[str, Any]]:
        """Identity reads in the terms of the JSON contract: by run, then ordinal."""
        self.gather(e for r in self.history.reads for ids in (r.evidence, *(v["evidence"] for v in r.hypotheses.values())) for e in ids)
        return [
            self._read(r)
            for r in sorted(
                self.history.reads, key=lambda r: (self.history.runs[r.run].lo if r.run in self.history.runs else 0, r.run, r.ordinal)
            )
        ]

    def _read(self, r: Read) -> dict[str, Any]:
        return {
            "run": r.run,
            "stack": r.stack,
            "ordinal": r.ordinal,
            "t_lo": _instant(r.rE),
            "t_hi": _instant(r.rL),
            "intended": r.intended,
            "taken": r.taken,
            "observed": r.observed,
            "drift": r.drift,
            "cause": r.cause,
            "writer_run": r.writer_run,
            "hypotheses": {n: _redacted(v) | {"evidence": self.cite(v["evidence"])} for n, v in r.hypotheses.items()},
            "service": r.register,
            "recipe": self.history.runs[r.run].recipe if r.run in self.history.runs else None,
            "evidence": self.cite(r.evidence),
        }

    @cached_property
    def overlaps(self) -> list[dict[str, Any]]:
        """Overlapping deploys of different runs on one stack, definite ones first."""
        return [row for row in self.shared if row["resource"] == "stack"]

    @cached_property
    def shared(self) -> list[dict[str, Any]]:
        """Overlapping uses by two runs of one stack, work tree, lock or shared file: in this order, definite ones first."""
        pairs, _ = shared(self.history)
        self.gather(e for p in pairs for use in (p.a, p.b) for e in use.evidence)
        rows = [
            {
                "resource": p.a.resource,
                "name": p.a.name,
                "stack": p.a.name if p.a.resource == "stack" else None,
                "runs": sorted((p.a.run, p.b.run)),
                "verdict": "must" if p.definite else "may",
                "at_least_us": p.at_least,
                "at_most_us": p.at_most,
                "a": self._side(p.a),
                "b": self._side(p.b),
                "summary": at_least_at_most(p.at_least, p.at_most, p.definite),
            }
            for p in pairs
        ]
        order = {kind: n for n, kind in enumerate(RESOURCES)}
        return sorted(rows, key=lambda r: (order[r["resource"]], r["verdict"] != "must", r["name"], r["a"]["start_lo"] or "", r["runs"]))

    @property
    def overlaps_left_out(self) -> int:
        """How many overlapping uses there are beyond those listed."""
        return shared(self.history)[1]

    def _side(self, u: Use) -> dict[str, Any]:
        d = u.deploy
        return {
            "run": u.run,
            "n": d.n if d is not None else None,
            "verb": u.did,
            "stamp": d.value if d is not None else None,
            "outcome": d.outcome if d is not None else None,
            "start_lo": _instant(u.span[0]),
            "start_hi": _instant(u.span[1]),
            "end_lo": _instant(u.span[2]),
            "end_hi": _instant(u.span[3]),
            "locks": sorted(u.locks),
            "evidence": self.cite(u.evidence),
        }

    @cached_property
    def traits(self) -> list[tuple[str, str, str]]:
        """What can be said of each run: (run, name, value), sorted."""
        return traits(self.history)

    @cached_property
    def runs(self) -> pl.DataFrame:
        """One row per run: when, what, how it ended."""
        return reconstructed.runs(self.history)

    @cached_property
    def deploys(self) -> pl.DataFrame:
        """One row per deploy attempt, with the bounds of its start and end."""
        return reconstructed.deploys(self.history)

    @cached_property
    def writes(self) -> pl.DataFrame:
        """One row per write of a service: who, what, when."""
        return reconstructed.writes(self.history)

    @cached_property
    def reads(self) -> pl.DataFrame:
        """One row per identity read."""
        return reconstructed.reads(self.history)

    @cached_property
    def locks(self) -> pl.DataFrame:
        """One row per hold of a lock."""
        return reconstructed.locks(self.history)

    @cached_property
    def head_moves(self) -> pl.DataFrame:
        """One row per move of a work tree's HEAD: when, from where, to where."""
        return reconstructed.head_moves(self.history)

    @cached_property
    def failures(self) -> pl.DataFrame:
        """One row per task that swarm's own records say was killed for memory or ended in error."""
        return reconstructed.failures(self.history)

    @cached_property
    def episodes(self) -> pl.DataFrame:
        """One row per maximal group of deploys that may overlap on one stack, teardowns left out: bounds, how many deploys, which runs."""
        return reconstructed.episodes(self.deploys)

    @cached_property
    def clocks(self) -> list[dict[str, Any]]:
        """One row per run's log: `kind` of its times, and the offset, in microseconds, that leads to docker's clock; null if unbounded.

        Of a log with relative times, the offset is the instant of its zero. `anchors` says how many facts both clocks saw.
        """
        return [
            {
                "run": run,
                "path": log.clock.path,
                "kind": log.clock.kind,
                "lo_us": bounded(log.clock.lo),
                "hi_us": bounded(log.clock.hi),
                "anchors": len(log.clock.anchors),
                "contradicted": log.clock.contradicted,
            }
            for run, log in sorted(self.history.logs.items())
        ]

    @cached_property
    def swarm_coverage(self) -> tuple[int | None, int | None] | None:
        """First and last instant of swarm's own events; null if the case holds none."""
        windows = self.history.windows
        return (bounded(windows.first), bounded(windows.last)) if windows else None

    def commit(self, value: str | None) -> str | None:
        """The commit that a value names, eight digits, so that a release and its hash are one; the value itself where that is not known."""
        return self.history.stamps.short(value)


def _redacted(value: Any) -> Any:
    """The same with its texts redacted: prose holds values from evidence, which may hold secrets."""
    match value:
        case str():
            return redact(value)
        case dict():
            return {name: _redacted(item) for name, item in value.items()}
        case list() | tuple():
            return [_redacted(item) for item in value]
    return value


def _instant(us: int | None) -> str | None:
    from datetime import UTC, datetime

    if us is None or abs(us) >= INF // 2:
        return None
    return datetime.fromtimestamp(us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{us % 1_000_000:06d}Z"


def analyse(events: pl.LazyFrame, quote: Quoter, coverage: pl.LazyFrame | None = None) -> Analysis:
    """Analyse a case from its events alone.

    Args:
        events: The event table, rows in any order.
        quote: Gives the text of lines, redacted and escaped, for (content id, line number).
        coverage: What sources could have shown, with the windows that people vouch for.
    """
    h = reconstruct(events, coverage)
    attribute(h)
    for read in h.reads:
        judge(h, read)
    return Analysis(h, quote)
