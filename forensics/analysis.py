"""One case analysed: the history, the reads with their causes, the findings, as plain rows.

`Analysis` is what commands, reports and notebooks read; its rows are those of the JSON contract, with every
citation resolved to path, line, content hash and quote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from forensics import findings as finders
from forensics.correlate.attribute import attribute
from forensics.correlate.hypotheses import judge
from forensics.correlate.model import INF, Read
from forensics.correlate.pairs import deploy_pairs, locks_of
from forensics.correlate.reconstruct import History, reconstruct
from forensics.findings.finding import Finding
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
        cited = {e for f in self.found for e in f.cited()}
        for r in self.history.reads:
            cited |= {*r.evidence, *(e for v in r.hypotheses.values() for e in v["evidence"])}
        for d in self.history.deploys:
            cited |= {d.row["start_id"], d.row["end_id"], d.row["taken_id"]}
        at = {(e["content_id"], e["line_no"]) for i in cited if i and (e := self.history.event(i)) is not None}
        return self.quote(sorted(at))

    def cite(self, ids: Iterable[str | None]) -> list[dict[str, Any]]:
        """Citations of events: one row per line cited, in the order given, each line once."""
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
                        "text": self._quotes.get((e["content_id"], e["line_no"]), ""),
                    },
                )
        return list(rows.values())

    @cached_property
    def findings(self) -> list[dict[str, Any]]:
        """Findings in the terms of the JSON contract, worst first."""
        about = finders.classes()
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
                "summary": f.summary,
                "missing": list(f.missing),
                "rejected": [{"what": w, "because": b} for w, b in f.rejected],
                "evidence": self.cite(f.cited()),
                "title": about[f.cls][0],
                "explain": [{"because": text, "evidence": self.cite(ids)} for text, ids in f.because],
                "advice": about[f.cls][1],
            }
            for f in self.found
        ]

    @cached_property
    def drift(self) -> list[dict[str, Any]]:
        """Identity reads in the terms of the JSON contract: by run, then ordinal."""
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
            "hypotheses": {n: v | {"evidence": self.cite(v["evidence"])} for n, v in r.hypotheses.items()},
            "service": r.register,
            "recipe": self.history.runs[r.run].recipe if r.run in self.history.runs else None,
            "evidence": self.cite(r.evidence),
        }

    @cached_property
    def overlaps(self) -> list[dict[str, Any]]:
        """Overlapping deploys of different runs on one stack, definite ones first."""
        rows = []
        for p in deploy_pairs(self.history):
            rows.append(
                {
                    "stack": p.a.stack,
                    "runs": sorted((p.a.run, p.b.run)),
                    "verdict": "must" if p.definite else "may",
                    "at_least_us": p.at_least,
                    "at_most_us": p.at_most,
                    "a": self._side(p.a),
                    "b": self._side(p.b),
                    "summary": at_least_at_most(p.at_least, p.at_most, p.definite),
                }
            )
        return sorted(rows, key=lambda r: (r["verdict"] != "must", r["stack"], r["a"]["start_lo"] or "", r["runs"]))

    def _side(self, d: Any) -> dict[str, Any]:
        return {
            "run": d.run,
            "n": d.n,
            "verb": d.verb,
            "stamp": d.value,
            "outcome": d.outcome,
            "start_lo": _instant(d.sE),
            "start_hi": _instant(d.sL),
            "end_lo": _instant(d.eE),
            "end_hi": _instant(d.eL),
            "locks": sorted(locks_of(self.history, d)),
            "evidence": self.cite([d.row["start_id"], d.row["taken_id"], d.row["end_id"]]),
        }

    @cached_property
    def runs(self) -> pl.DataFrame:
        """One row per run: when, what, how it ended."""
        return pl.DataFrame(
            [
                {"run": r.id, "recipe": r.recipe, "ref": r.ref, "outcome": r.outcome, "lo_us": _bound(r.lo), "hi_us": _bound(r.hi)}
                for r in self.history.runs.values()
            ],
            schema={"run": pl.String, "recipe": pl.String, "ref": pl.String, "outcome": pl.String, "lo_us": pl.Int64, "hi_us": pl.Int64},
        ).sort("run")

    @cached_property
    def deploys(self) -> pl.DataFrame:
        """One row per deploy attempt, with the bounds of its start and end."""
        return pl.DataFrame(
            [
                {
                    "run": d.run,
                    "n": d.n,
                    "verb": d.verb,
                    "stack": d.stack,
                    "stamp": d.value,
                    "outcome": d.outcome,
                    "upgrade": d.upgrade,
                    "sE": _bound(d.sE),
                    "sL": _bound(d.sL),
                    "eE": _bound(d.eE),
                    "eL": _bound(d.eL),
                    "locks": sorted(locks_of(self.history, d)),
                }
                for d in self.history.deploys
            ],
            schema={
                "run": pl.String,
                "n": pl.Int64,
                "verb": pl.String,
                "stack": pl.String,
                "stamp": pl.String,
                "outcome": pl.String,
                "upgrade": pl.Boolean,
                "sE": pl.Int64,
                "sL": pl.Int64,
                "eE": pl.Int64,
                "eL": pl.Int64,
                "locks": pl.List(pl.String),
            },
        )

    @cached_property
    def writes(self) -> pl.DataFrame:
        """One row per write of a service: who, what, when."""
        return pl.DataFrame(
            [
                {
                    "stack": w.stack,
                    "service": w.register,
                    "verb": w.verb,
                    "kind": w.kind,
                    "by": w.by,
                    "value": w.value,
                    "outcome": w.outcome,
                    "sE": _bound(w.sE),
                    "sL": _bound(w.sL),
                    "eE": _bound(w.eE),
                    "eL": _bound(w.eL),
                }
                for w in self.history.writes
            ],
            schema={
                "stack": pl.String,
                "service": pl.String,
                "verb": pl.String,
                "kind": pl.String,
                "by": pl.String,
                "value": pl.String,
                "outcome": pl.String,
                "sE": pl.Int64,
                "sL": pl.Int64,
                "eE": pl.Int64,
                "eL": pl.Int64,
            },
        )

    @cached_property
    def reads(self) -> pl.DataFrame:
        """One row per identity read."""
        return pl.DataFrame(
            [
                {
                    "run": r.run,
                    "ordinal": r.ordinal,
                    "stack": r.stack,
                    "service": r.register,
                    "observed": r.observed,
                    "intended": r.intended,
                    "drift": r.drift,
                    "cause": r.cause,
                    "rE": _bound(r.rE),
                    "rL": _bound(r.rL),
                }
                for r in self.history.reads
            ],
            schema={
                "run": pl.String,
                "ordinal": pl.Int64,
                "stack": pl.String,
                "service": pl.String,
                "observed": pl.String,
                "intended": pl.String,
                "drift": pl.Boolean,
                "cause": pl.String,
                "rE": pl.Int64,
                "rL": pl.Int64,
            },
        )

    @cached_property
    def locks(self) -> pl.DataFrame:
        """One row per hold of a lock."""
        return pl.DataFrame(
            [
                {"run": x.run, "lock": x.lock, "aE": _bound(x.aE), "aL": _bound(x.aL), "zE": _bound(x.zE), "zL": _bound(x.zL)}
                for x in self.history.holds
            ],
            schema={"run": pl.String, "lock": pl.String, "aE": pl.Int64, "aL": pl.Int64, "zE": pl.Int64, "zL": pl.Int64},
        )

    @cached_property
    def head_moves(self) -> pl.DataFrame:
        """One row per reflog line of HEAD: when, from where, to where."""
        return pl.DataFrame(
            [
                {"tree": m["key"], "at_us": m["at_us"], "old": m["a"].get("old"), "new": m["commit"], "to": m["a"].get("to")}
                for m in self.history.moves
            ],
            schema={"tree": pl.String, "at_us": pl.Int64, "old": pl.String, "new": pl.String, "to": pl.String},
        )


def _bound(us: int) -> int | None:
    return None if abs(us) >= INF // 2 else us


def _instant(us: int | None) -> str | None:
    from datetime import UTC, datetime

    if us is None or abs(us) >= INF // 2:
        return None
    return datetime.fromtimestamp(us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{us % 1_000_000:06d}Z"


def analyse(events: pl.LazyFrame, quote: Quoter) -> Analysis:
    """Analyse a case from its events alone.

    Args:
        events: The event table, rows in any order.
        quote: Gives the text of lines, redacted and escaped, for (content id, line number).
    """
    h = reconstruct(events)
    attribute(h)
    for read in h.reads:
        judge(h, read)
    return Analysis(h, quote)
