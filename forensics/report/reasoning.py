"""What follows from the facts: who wrote what was read, every explanation with its verdict, the findings, the answer in three sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from forensics.analysis import Analysis
from forensics.correlate.hypotheses.scene import Scene
from forensics.report import cold
from forensics.report.clockface import Clockface
from forensics.report.document import NOT_PROVEN, PROVEN, REFUTED, Section, Statement, Text
from forensics.report.exhibits import Exhibit, Exhibits
from forensics.report.facts import ROWS, capped
from forensics.report.headline import proof
from forensics.report.values import HYPOTHESES, count, sentence, short
from forensics.wording import duration, several, writer, written_by

FAILURES = {"task.oom": "its new container ran out of memory", "task.error": "its new task ended in error"}
ORDER = (PROVEN, NOT_PROVEN, REFUTED)
DECIDING = 4  # exhibits of a claim under EXPECTED; its own section has all
NAMED = 3  # reads or findings named in a sentence at the top

Row = Mapping[str, Any]


def answer(a: Analysis, exhibits: Exhibits, face: Clockface) -> tuple[Statement, ...]:
    """Three sentences: what happened, why, and what that leaves open or rules out."""
    judged = [r for r in a.drift if r["hypotheses"]]
    if not judged:
        return _undisturbed(a)
    drifted = sum(r["drift"] is True for r in a.drift)
    if len(judged) > NAMED:
        return _by_cause(a, judged, exhibits, face)
    at = _times(a, face)
    what = "; ".join(_happened(r, at[r["run"], r["ordinal"]]) for r in judged)
    counted = (
        f"{drifted} of {count(len(a.drift), 'identity read')} drifted: "
        if drifted
        else "No identity read drifted, but one passed by another's hand: "
    )
    causes = [_cause(r, with_run=len(judged) > 1) + _failed(a, r, face) for r in judged]
    deciding = [e for r in judged for e in _proving(r)][: DECIDING * len(judged)]
    return (
        Statement(sentence(counted + what), cites=exhibits.cite([e for r in judged for e in r["evidence"]])),
        Statement(sentence("; ".join(causes)), cites=exhibits.cite(deciding)),
        Statement(sentence(_left(judged))),
    )


def _by_cause(a: Analysis, judged: Sequence[Row], exhibits: Exhibits, face: Clockface) -> tuple[Statement, ...]:
    """The same of many reads: how many of each cause in which runs, then the first read of the most frequent causes."""
    of: dict[str, list[Row]] = {}
    for r in judged:
        of.setdefault(r["cause"], []).append(r)
    ranked = sorted(of.items(), key=lambda item: -len(item[1]))
    drifted, proven = sum(r["drift"] is True for r in judged), sum(proof(r) == PROVEN for r in judged)
    passed = f", and {len(judged) - drifted} passed by another's hand or cannot be compared" if drifted < len(judged) else ""
    listed = "; ".join(f"{len(reads)} by {cause} (run {_runs(reads)})" for cause, reads in ranked)
    firsts = [reads[0] for _, reads in ranked[:NAMED]]
    told = "; ".join(_cause(r, with_run=True) + _failed(a, r, face) for r in firsts)
    counted = f"{'all' if proven == len(judged) else proven} of these {len(judged)} causes are {PROVEN}"
    return (
        Statement(
            sentence(f"{drifted} of {count(len(a.drift), 'identity read')} drifted{passed}: {listed}"),
            cites=exhibits.cite([e for r in firsts for e in r["evidence"]]),
        ),
        Statement(sentence(f"{counted}; {told}"), cites=exhibits.cite([e for r in firsts for e in _proving(r)])),
        Statement(sentence(_left(judged))),
    )


def _runs(reads: Sequence[Row]) -> str:
    """The runs of some reads, the first of them by name."""
    return several(dict.fromkeys(r["run"] for r in reads), ", ", most=NAMED, first=NAMED)


def _undisturbed(a: Analysis) -> tuple[Statement, ...]:
    if not a.drift:
        first = "No identity read is in this case, so nothing can be said about drift."
    elif unknown := [r for r in a.drift if r["drift"] is None]:
        first = f"{len(a.drift) - len(unknown)} of {count(len(a.drift), 'identity read')} saw what was intended, and the others cannot be compared."
    else:
        first = (
            f"All {count(len(a.drift), 'identity read')} saw what was intended."
            if len(a.drift) > 1
            else "The one identity read saw what was intended."
        )
    if not a.findings:
        return Statement(first), Statement("Nothing else was found."), Statement(_looked(a))
    worst = a.findings[0]
    second = f"{count(len(a.findings), 'finding')} all the same; the worst, {worst['verdict']}: {short(worst['summary'])}"
    return Statement(first), Statement(sentence(second)), Statement(_looked(a))


def _looked(a: Analysis) -> str:
    pairs = len(a.overlaps)
    overlap = (
        f"{count(pairs, 'pair')} of deploys of different runs may have overlapped"
        if pairs
        else "no deploys of different runs can have overlapped"
    )
    return f"Looked at: {count(a.runs.height, 'run')}, {count(a.deploys.height, 'deploy')}; {overlap}."


def _happened(r: Row, at: str) -> str:
    service = r["service"] or r["stack"]
    if r["drift"]:
        meant, took = short(r["intended"]) or "a value that is not known", short(r["taken"])
        deployed = f"; its deploy took {took}, and then it read" if took else ", and read"
        return f"run {r['run']} meant {service} to carry {meant}{deployed} {short(r['observed']) or 'nothing'} at {at}"
    return f"run {r['run']} read {short(r['observed'])} from {service} at {at} as it intended, but another's write had put it there"


def _cause(r: Row, *, with_run: bool) -> str:
    where = f" of run {r['run']}'s read {r['ordinal']}" if with_run else ""
    proven = [(name, short(h["because"])) for name, h in r["hypotheses"].items() if h["verdict"] == PROVEN]
    if proven:
        also = "".join(f"; {PROVEN} too, {name}: {because}" for name, because in proven[1:])
        return f"the cause{where} is {PROVEN}: {proven[0][1]}{also}"
    open_ = [n for n, h in r["hypotheses"].items() if h["verdict"] == NOT_PROVEN]
    missing = list(dict.fromkeys(m for n in open_ for m in r["hypotheses"][n]["missing"]))
    wanted = f"; missing: {missing[0]}" + (f", and {len(missing) - 1} more" if len(missing) > 1 else "") if missing else ""
    return f"the cause{where} is {NOT_PROVEN}: it may be {' or '.join(open_) or 'something that no hypothesis names'}{wanted}"


def _failed(a: Analysis, r: Row, face: Clockface) -> str:
    """What swarm's records say of a task of the new spec before a rollback: beside the cause, since they do not say that it was one."""
    if r["cause"] != "swarm-rollback":
        return ""
    read = next(x for x in a.history.reads_of[r["run"]] if x.ordinal == r["ordinal"])
    back = max((w for w in read.writers if w.verb == "rollback"), key=lambda w: w.sE)
    failed = [e for i in Scene(a.history, read).failures(back) if (e := a.history.event(i)) is not None and e["kind"] in FAILURES]
    if not failed:
        return "; no record near it says why"
    why = next((e for e in failed if e["kind"] == "task.oom"), failed[-1])
    at = int(why["ts"].timestamp()) * 1_000_000 + why["ts"].microsecond
    return f"; {duration(back.sE - at)} before that, at {face.at(at)}, {FAILURES[why['kind']]}"


def _times(a: Analysis, face: Clockface) -> dict[tuple[str, int], str]:
    return {(r["run"], r["ordinal"]): face.span(r["rE"], r["rL"]) for r in a.reads.iter_rows(named=True)}


def _left(judged: Sequence[Row]) -> str:
    """What every judged read agrees on is said once."""
    verdicts = [{n: h["verdict"] for n, h in r["hypotheses"].items()} for r in judged]
    refuted = [n for n in verdicts[0] if all(v.get(n) == REFUTED for v in verdicts)]
    left = [n for n in verdicts[0] if any(v.get(n) == NOT_PROVEN for v in verdicts)]
    out = (
        f"{REFUTED} {'for each' if len(judged) > 1 else 'by the evidence'}: {', '.join(refuted)}"
        if refuted
        else "No explanation is refuted"
    )
    return f"{out}; " + (f"left open, {NOT_PROVEN}: {', '.join(left)}" if left else "no other explanation is left open")


def _proving(r: Row) -> list[Row]:
    """The lines that decide a read: of what is proven, else of what cannot be."""
    by_verdict = sorted(r["hypotheses"].values(), key=lambda h: ORDER.index(h["verdict"]))
    return list(by_verdict[0]["evidence"])[:DECIDING] if by_verdict else []


def claims(a: Analysis) -> tuple[Statement, ...]:
    """What is claimed, one statement each and no evidence yet: the judged reads, then the findings."""
    out = [
        Statement(
            sentence(f"{_read(r)}: {r['cause']}" + (f", written by {written_by(r)}" if r["writer_run"] else "")),
            proof(r),
            f"C{n}",
        )
        for n, r in enumerate((r for r in a.drift if r["hypotheses"]), 1)
    ]
    out += [
        Statement(sentence(short(f["summary"])), f["verdict"], f"C{n}", notes=(("finding", f"{_class(f)}, {f['severity']}, {f['id']}"),))
        for n, f in enumerate(a.findings, len(out) + 1)
    ]
    return tuple(out)


def expected(a: Analysis, exhibits: Exhibits) -> tuple[Statement, ...]:
    """For each claim, the lines that must read so if it is true."""
    out = []
    judged = [r for r in a.drift if r["hypotheses"]]
    for n, r in enumerate(judged, 1):
        out.append(Statement("these lines must read so.", None, f"C{n}", exhibits.cite([*r["evidence"][:1], *_proving(r)])))
    for n, f in enumerate(a.findings, len(out) + 1):
        steps = [step["evidence"][0] for step in f["explain"] if step["evidence"]] or f["evidence"]
        more = "" if len(f["evidence"]) <= DECIDING else f"; finding {f['id']} below cites all {len(f['evidence'])}"
        out.append(Statement(f"these lines must read so{more}.", None, f"C{n}", exhibits.cite(steps[:DECIDING])))
    return tuple(out)


def writers(a: Analysis, exhibits: Exhibits, face: Clockface) -> Section:
    """Each change of a service with the value that it left and who is held to have made it."""
    table = a.writes.filter(pl.col("sure")).sort(pl.col("sE").fill_null(-(1 << 62)), maintain_order=True)
    rows = [
        (
            w["service"],
            face.span(w["sE"], w["eL"]),
            w["verb"],
            "" if w["verb"] == "remove" else short(w["value"]) or "unknown",
            _by(w),
            " ".join(f"E{e.number}" for e in exhibits.cite(a.cite(w["evidence"]))),
        )
        for w in table.head(ROWS).iter_rows(named=True)
    ]
    if not rows:
        return Section("writers", "Who wrote what", (Text("No write is in evidence."),))
    head = ("service", "at", "change", "leaves", "by", "exhibits")
    return Section("writers", "Who wrote what", (capped(head, rows, "forensics sql 'select * from writes'", of=table.height),))


def _by(w: Row) -> str:
    who = writer(w["by"])
    return who if w["actor_sure"] else f"{who} (not proven)"


def drifts(a: Analysis, exhibits: Exhibits, face: Clockface) -> Section:
    """One section per judged read, with all its hypotheses: proven first, then open, then refuted."""
    at = _times(a, face)
    parts = []
    for r in (r for r in a.drift if r["hypotheses"]):
        ranked = sorted(r["hypotheses"].items(), key=lambda item: ORDER.index(item[1]["verdict"]))
        values = f"Intended {short(r['intended']) or 'unknown'}, taken {short(r['taken']) or 'unknown'} by its last deploy, read {short(r['observed']) or 'nothing'}"
        facts = Statement(f"{values}, at {at[r['run'], r['ordinal']]}.", cites=exhibits.cite(r["evidence"]))
        verdicts = [_hypothesis(name, h, exhibits.cite(h["evidence"])) for name, h in ranked]
        heading = f"Read {r['ordinal']} of run {r['run']}: {r['cause']}"
        parts.append(Section(f"read-{r['run']}-{r['ordinal']}", heading, (facts, *verdicts)))
    if not parts:
        return Section("drifts", "Drifts and their explanations", (Text("No identity read needs an explanation."),))
    return Section("drifts", "Drifts and their explanations", (), tuple(parts))


def _hypothesis(name: str, h: Row, cites: tuple[Exhibit, ...]) -> Statement:
    notes = (("that is", HYPOTHESES[name]),) if name in HYPOTHESES else ()
    return Statement(sentence(short(h["because"])), h["verdict"], name, cites, tuple(h["missing"]), notes, _absences(h["because"], cites))


def _absences(text: str, cites: tuple[Exhibit, ...]) -> tuple[tuple[str, str], ...]:
    """Commands that show that something is not there: no line can be cited for it."""
    if "cleared PreviousSpec" not in text:
        return ()
    inspects = dict.fromkeys((e.path, e.member) for e in cites if e.kind in ("service.status", "service.spec"))
    shows = "PreviousSpec is gone if this says 0 (an inspect of several services may hold another's)"
    return tuple((shows, f"{cold.content_command(path, member=member)} | grep -c PreviousSpec") for path, member in inspects)


def findings(a: Analysis, exhibits: Exhibits) -> Section:
    if not a.findings:
        return Section("findings", "Findings", (Text("None."),))
    seen: dict[str, int] = {}
    parts = []
    for f in a.findings:
        seen[f["id"]] = seen.get(f["id"], 0) + 1
        parts.append(_finding(f, exhibits, _anchor(f) + (f"-{seen[f['id']]}" if seen[f["id"]] > 1 else "")))
    return Section("findings", "Findings, worst first", (), tuple(parts))


def _finding(f: Row, exhibits: Exhibits, anchor: str) -> Section:
    steps = [Statement(sentence(short(step["because"])), cites=exhibits.cite(step["evidence"])) for step in f["explain"]]
    notes = [("rejected", _other(x, exhibits)) for x in f["rejected"]]
    notes += [("left open", f"{_other(x, exhibits)}; missing: {'; '.join(x['missing'])}") for x in f["open"]]
    notes += [("what to do", f["advice"])]
    if f.get("implied_by"):
        notes.insert(0, ("follows", f"from finding {f['implied_by']}: the same damage, seen from here"))
    head = Statement(sentence(short(f["summary"])), f["verdict"], f"finding {f['id']}", (), tuple(f["missing"]), tuple(notes))
    if not f["explain"]:
        head = Statement(head.text, head.verdict, head.name, exhibits.cite(f["evidence"]), head.missing, head.notes)
    return Section(anchor, f"{_class(f)}, {f['severity']}: {f['title']}", (head, *steps))


def _other(x: Row, exhibits: Exhibits) -> str:
    """Another explanation with the numbers of the exhibits that it rests on."""
    cites = exhibits.cite(x["evidence"][:DECIDING])
    more = f" and {len(x['evidence']) - DECIDING} more" if len(x["evidence"]) > DECIDING else ""
    return f"{x['what']}, because {short(x['because'])} ({', '.join(f'E{e.number}' for e in cites)}{more})"


def _anchor(f: Row) -> str:
    return f"finding-{f['id']}"


def _class(f: Row) -> str:
    return f["class"] + (f" ({f['sub']})" if f["sub"] else "")


def _read(r: Row) -> str:
    wanted = "as intended" if r["drift"] is False else f"and intended {short(r['intended']) or 'what is not known'}"
    return f"run {r['run']} read {short(r['observed']) or 'nothing'} from {r['service'] or r['stack']}, {wanted} (read {r['ordinal']})"
