"""The evidence report as Markdown, for a journal entry.

Facts first, then what follows from them; every statement cites file, line and the quoted text, and names the command
that shows the line again without this tool. The same case gives the same bytes.
"""

from __future__ import annotations

import re
from typing import Any

import polars as pl

from forensics.analysis import Analysis
from forensics.correlate.model import INF
from forensics.wording import duration, instant

ESCAPED = str.maketrans({c: f"\\{c}" for c in "\\`*_[]<>|#"})


def render(a: Analysis, sources: pl.DataFrame, *, title: str = "Evidence report", facts_only: bool = False) -> str:
    """Write the report.

    Args:
        a: The analysis of the case.
        sources: One row per source: path, content_id, parser, lines, in_events, unparsed, blank.
        title: The headline.
        facts_only: Leave out causes, hypotheses and findings: for a reviewer who must not be anchored.
    """
    out = [f"# {_md(title)}", ""]
    if not facts_only:
        out += _what(a)
    out += _runs(a) + _overlaps(a) + _reads(a)
    if not facts_only:
        out += _drifts(a) + _findings(a)
    out += _clocks(a) + _sources(sources)
    if not facts_only:
        out += _next(a)
    return "\n".join(out).rstrip() + "\n"


def _md(text: object) -> str:
    """Text for a line of Markdown: nothing in it is markup."""
    return str(text).translate(ESCAPED)


def _code(text: str) -> str:
    """A quote as inline code: the fence is one backtick longer than any run of them in the text."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if longest else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _cite(evidence: list[dict[str, Any]], indent: str = "  ") -> list[str]:
    return [f"{indent}- {_code(e['path'] + ':' + str(e['line']))} {_code(e['text'].strip())} (sha256 {e['sha256'][:12]})" for e in evidence]


def _what(a: Analysis) -> list[str]:
    drifted = [r for r in a.drift if r["drift"]]
    masked = [f for f in a.findings if f["class"] == "masked-drift"]
    out = ["## What happened", ""]
    if not a.drift:
        out += ["No identity read is in evidence: nothing can be said about drift.", ""]
    for r in drifted:
        out.append(
            f"- Run {_md(r['run'])} intended {_md(r['intended'])} on {_md(r['service'])} and read {_md(r['observed'])}. Cause: **{r['cause']}**"
            + (f", written by {_md(r['writer_run'])}." if r["writer_run"] else ".")
        )
        for name, h in r["hypotheses"].items():
            if h["verdict"] == "PROVEN":
                out.append(f"  - PROVEN, {name}: {_md(h['because'])}.")
        refuted = [n for n, h in r["hypotheses"].items() if h["verdict"] == "REFUTED"]
        if refuted:
            out.append(f"  - REFUTED: {', '.join(refuted)}.")
        unproven = [n for n, h in r["hypotheses"].items() if h["verdict"] == "NOT PROVEN"]
        if unproven:
            out.append(f"  - NOT PROVEN: {', '.join(unproven)}.")
    out += [f"- {_md(f['summary'])}. ({f['class']}, {f['verdict']})" for f in masked]
    if a.drift and not drifted and not masked:
        out.append(f"All {len(a.drift)} identity reads saw what was intended.")
    return [*out, ""]


def _runs(a: Analysis) -> list[str]:
    out = [
        "## Runs and their deploys",
        "",
        "| run | call | stack | stamp taken | start | end | outcome | locks |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for d in a.history.deploys:
        locks = a.deploys.filter((pl.col("run") == d.run) & (pl.col("n") == d.n))["locks"].to_list()
        held = ", ".join(locks[0]) if locks and locks[0] else "none"
        out.append(
            f"| {_md(d.run)} | {d.verb} {d.n} | {_md(d.stack or 'unknown')} | {_md(d.value or 'unknown') if d.verb == 'deploy' else ''} | {_span(d.sE, d.sL)} | {_span(d.eE, d.eL)} | {d.outcome} | {_md(held)} |"
        )
    return [*out, "", "Times are UTC; two times bound an instant that is not known exactly.", ""]


def _span(lo: int, hi: int) -> str:
    if hi - lo < 1_000 and abs(lo) < INF // 2:
        return instant(lo)
    return f"{instant(lo) if abs(lo) < INF // 2 else 'unknown'} .. {instant(hi) if abs(hi) < INF // 2 else 'unknown'}"


def _overlaps(a: Analysis) -> list[str]:
    out = ["## Overlapping deploys", ""]
    if not a.overlaps:
        return [*out, "No two deploys of different runs on one stack can have overlapped.", ""]
    for o in a.overlaps:
        x, y = o["a"], o["b"]
        out.append(
            f"- {_md(o['stack'])}: deploy {x['n']} of run {_md(x['run'])} (locks: {_md(', '.join(x['locks']) or 'none')}) and deploy {y['n']} of run {_md(y['run'])} (locks: {_md(', '.join(y['locks']) or 'none')}) {o['summary']}."
        )
        out += _cite([*x["evidence"], *y["evidence"]])
    return [*out, ""]


def _reads(a: Analysis) -> list[str]:
    out = ["## Identity reads", "", "| run | # | between | intended | taken | observed |", "|---|---|---|---|---|---|"]
    out.extend(
        f"| {_md(r['run'])} | {r['ordinal']} | {_time(r['t_lo'])} .. {_time(r['t_hi'])} | {_md(r['intended'] or 'unknown')} | {_md(r['taken'] or 'unknown')} | {_md(r['observed'] or 'nothing')} |"
        for r in a.drift
    )
    out.append("")
    for r in a.drift:
        out += [f"- run {_md(r['run'])}, read {r['ordinal']}", *_cite(r["evidence"])]
    return [*out, ""]


def _time(text: str | None) -> str:
    return text[11:23] if text else "unknown"


def _drifts(a: Analysis) -> list[str]:
    out: list[str] = []
    for r in a.drift:
        if not r["hypotheses"]:
            continue
        out += [f"## Why run {_md(r['run'])} read {_md(r['observed'])} (read {r['ordinal']})", ""]
        for name, h in sorted(r["hypotheses"].items(), key=lambda i: ["PROVEN", "NOT PROVEN", "REFUTED"].index(i[1]["verdict"])):
            out.append(f"- **{h['verdict']}** {name}: {_md(h['because'])}.")
            out += [f"  - missing: {_md(m)}" for m in h["missing"]]
            out += _cite(h["evidence"])
        out.append("")
    return out


def _findings(a: Analysis) -> list[str]:
    out = ["## Findings, worst first", ""]
    if not a.findings:
        return [*out, "None.", ""]
    for f in a.findings:
        out += [
            f"### {f['class']}" + (f" ({f['sub']})" if f["sub"] else "") + f", {f['severity']}, {f['verdict']} ({f['id']})",
            "",
            f"{_md(f['summary'][0].upper() + f['summary'][1:])}.",
            "",
        ]
        for step in f["explain"]:
            out += [f"- {_md(step['because'])}", *_cite(step["evidence"])]
        out += [f"- rejected: {_md(x['what'])}, because {_md(x['because'])}" for x in f["rejected"]]
        out += [f"- missing: {_md(m)}" for m in f["missing"]]
        out += [f"- what to do: {_md(f['advice'])}", ""]
    return out


def _clocks(a: Analysis) -> list[str]:
    out = ["## Clocks", "", "| log | its times | offset to docker's clock |", "|---|---|---|"]
    for run, log in sorted(a.history.logs.items()):
        del run
        c = log.clock
        if c.kind == "none":
            out.append(f"| {_md(c.path)} | none: bounded by order and by other sources | |")
        elif abs(c.lo) < INF // 2 and abs(c.hi) < INF // 2:
            out.append(
                f"| {_md(c.path)} | {c.kind} | {_offset(c.kind, c.lo, c.hi)}{', **contradicts its own times**' if c.contradicted else ''} |"
            )
        else:
            out.append(f"| {_md(c.path)} | {c.kind} | not tied to any other clock |")
    return [*out, ""]


def _offset(kind: str, lo: int, hi: int) -> str:
    if kind == "relative":
        return f"its zero lies at {instant(lo)} .. {instant(hi)}"
    sign = lambda us: ("+" if us >= 0 else "-") + duration(abs(us))  # noqa: E731
    return f"{sign(lo)} .. {sign(hi)}"


def _sources(sources: pl.DataFrame) -> list[str]:
    out = ["## Sources", "", "| path | sha256 | read as | lines | in events | unparsed | blank |", "|---|---|---|---|---|---|---|"]
    out.extend(
        f"| {_md(s['path'])} | {s['content_id'][:12]} | {_md(s['parser'])} | {s['lines']} | {s['in_events']} | {s['unparsed']} | {s['blank']} |"
        for s in sources.sort("path").to_dicts()
    )
    return [
        *out,
        "",
        "To see a cited line again without this tool: `sha256sum PATH` gives the content's hash, `sed -n LINEp PATH` the line.",
        "",
    ]


def _next(a: Analysis) -> list[str]:
    wanted: dict[str, list[str]] = {}
    for r in a.drift:
        for name, h in r["hypotheses"].items():
            for m in h["missing"]:
                wanted.setdefault(m, []).append(f"{name} of run {r['run']}")
    for f in a.findings:
        for m in f["missing"]:
            wanted.setdefault(m, []).append(f"{f['class']} {f['id']}")
    if not wanted:
        return []
    return [
        "## What to collect next",
        "",
        *[f"- {_md(m)} (decides: {_md(', '.join(dict.fromkeys(why)))})" for m, why in wanted.items()],
        "",
    ]
