"""From events to a history: deploys, writes and reads on one clock, each write with its writer.

The order of work: logs and calls as told; swarm's writes; the offset of each log's clock from what both sides
saw; windows for untimed lines; which call made which write; values; reads with their candidates.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from forensics.correlate import matching, trees
from forensics.correlate.logs import Log, logs
from forensics.correlate.model import INF, Deploy, Hold, Read, Write
from forensics.correlate.stamps import Stamps, of
from forensics.correlate.swarm import Service, services
from forensics.projections.deploys import deploys as deploys_of
from forensics.projections.streams import stream


@dataclass
class Run:
    """What one run said of itself."""

    id: str
    ref: str | None = None
    recipe: str | None = None
    start_id: str | None = None
    end_id: str | None = None
    result_id: str | None = None
    outcome: str | None = None
    finished_us: int | None = None
    tree: str | None = None
    lo: int = -INF
    hi: int = INF


@dataclass
class History:
    """Everything that the correlator reconstructed from one case."""

    events: pl.DataFrame
    by_id: dict[str, dict[str, Any]] = field(default_factory=dict)
    stamps: Stamps = field(default_factory=Stamps)
    runs: dict[str, Run] = field(default_factory=dict)
    logs: dict[str, Log] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    deploys: list[Deploy] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    checkouts: list[dict[str, Any]] = field(default_factory=list)
    moves: list[dict[str, Any]] = field(default_factory=list)
    heads: dict[str, dict[str, Any]] = field(default_factory=dict)
    has_events: bool = False
    events_from: int = INF
    events_to: int = -INF
    kept: dict[str, Any] = field(default_factory=dict)  # what analyses computed from it, so that each does so once

    def event(self, event_id: str | None) -> dict[str, Any] | None:
        """One event by id; None for none."""
        return self.by_id.get(event_id) if event_id else None

    def stack_writes(self, stack: str) -> list[Write]:
        """The writes on one stack, oldest first."""
        return [w for w in self.writes if w.stack == stack]


DESCRIBED = re.compile(r"^(?P<tag>.+)-(?P<n>\d+)-g[0-9a-f]+$")  # git describe: n commits past the tag
SKIP = ("object.event", "container.event", "health", "task.health", "env.value", "banner", "document")


def reconstruct(events: pl.LazyFrame) -> History:
    """Rebuild the history of a case from its events alone."""
    frame = events.filter(~pl.col("kind").is_in(SKIP)).collect()
    frame = frame.sort("path", "line_no", "offset", "kind", "event_id")
    told = stream(frame.lazy()).collect()
    h = History(frame)
    h.by_id = {row["event_id"]: row for row in frame.to_dicts()}
    h.stamps = _stamps(frame)
    h.services = services(frame)
    h.logs = logs(told)
    h.runs = _runs(frame)
    h.deploys = [_deploy(row) for row in deploys_of(frame.lazy()).collect().to_dicts()]
    h.moves = _moves(frame)
    h.heads = {trees.key(r["tree"]) or "": r for r in frame.filter(pl.col("kind") == "head.value").to_dicts()}
    swarm = frame.filter(pl.col("kind").is_in(["service.create", "service.update", "service.state", "service.remove"]))
    h.has_events = len(swarm) > 0
    if h.has_events:
        daemon = frame.filter(pl.col("clock") == "docker").filter(
            pl.col("kind").str.starts_with("task.") | pl.col("kind").is_in(swarm["kind"].unique().to_list())
        )
        span = daemon.select(lo=pl.col("ts").dt.epoch("us").min(), hi=pl.col("ts").dt.epoch("us").max()).row(0)
        h.events_from, h.events_to = span
    h.writes = [w for s in h.services.values() for w in s.writes]
    _place_on_stacks(h)
    h.reads = _reads(h)
    _clocks(h)
    _assign(h)
    _values(h)
    _reads_settle(h)
    h.holds = _holds(h)
    for run in h.runs.values():
        if run.id in h.logs and len(h.logs[run.id].rows):
            log = h.logs[run.id]
            run.lo, run.hi = log.window(0)[0], log.window(len(log.rows) - 1)[1]
    h.writes.sort(key=lambda w: (w.sE, w.register))
    return h


def _stamps(frame: pl.DataFrame) -> Stamps:
    refs = frame.filter((pl.col("kind") == "ref.value") & pl.col("ref").str.starts_with("refs/tags/") & pl.col("commit").is_not_null())
    pairs = [(r.removeprefix("refs/tags/"), c) for r, c in refs.select("ref", "commit").unique().iter_rows()]
    tagged = frame.filter(pl.col("kind") == "git.commit").select("commit", "attrs").unique()
    for commit, attrs in tagged.iter_rows():
        pairs += [(t.strip(), commit) for t in str(_attrs(attrs).get("tags") or "").split(",") if t.strip()]
    asked = (
        frame.filter((pl.col("kind") == "checkout") & ~pl.col("ref").str.contains(r"^[0-9a-f]{7,64}$") & pl.col("ref").str.contains(r"\d"))
        .select("ref", "commit")
        .unique()
    )
    known = {r for r, _ in pairs}
    pairs += [(r, c) for r, c in asked.iter_rows() if r not in known]  # what a checkout of a tag found
    apart = set()
    for commit, attrs in frame.filter(pl.col("kind") == "recipe.snapshot").select("commit", "attrs").unique().iter_rows():
        if (m := DESCRIBED.match(str(_attrs(attrs).get("describe") or ""))) and int(m["n"]):
            apart.add((m["tag"], commit))
    commits = (
        frame.filter(pl.col("kind").is_in(["git.commit", "head.move", "ref.value"]) & (pl.col("commit").str.len_chars() >= 40))["commit"]
        .unique()
        .to_list()
    )
    return of(pairs, commits, apart)


def _attrs(text: str | None) -> dict[str, Any]:
    import json

    return json.loads(text) if text else {}


def _runs(frame: pl.DataFrame) -> dict[str, Run]:
    runs: dict[str, Run] = {}
    rows = frame.filter(
        pl.col("run").is_not_null() & pl.col("kind").is_in(["run.start", "run.end", "run.result", "command", "deploy.start", "stamp.taken"])
    )
    for row in rows.to_dicts():
        run = runs.setdefault(row["run"], Run(row["run"]))
        if row["kind"] == "run.start":
            run.start_id, run.ref, run.recipe = row["event_id"], row["ref"] or run.ref, row["recipe"]
        elif row["kind"] == "run.end":
            run.end_id, run.outcome = row["event_id"], row["outcome"]
        elif row["kind"] == "run.result":
            run.result_id, run.outcome = row["event_id"], row["outcome"] or run.outcome
            run.ref = run.ref or row["ref"]
            run.finished_us = _us(row["ts"])
    return runs


def _us(ts: Any) -> int | None:
    return None if ts is None else int(ts.timestamp() * 1_000_000 + 0.5)


def _deploy(row: dict[str, Any]) -> Deploy:
    value = row["taken"]
    if value is None and row["verb"] == "deploy" and row["asked"] and not row["chaos"]:
        value = row["asked"]
    d = Deploy(f"{row['run']}/{row['n']}", row["run"], row["n"], row["verb"], row["stack"], row, value)
    d.outcome = row["outcome"] or "info"
    d.ended = row["end_at"] is not None
    if d.verb == "undeploy":
        d.value = "absent"
    return d


def _moves(frame: pl.DataFrame) -> list[dict[str, Any]]:
    moves = frame.filter((pl.col("kind") == "head.move") & (pl.col("ref") == "HEAD")).sort("path", "line_no").to_dicts()
    for move in moves:
        move["key"] = trees.key(move["tree"])
        move["a"] = _attrs(move["attrs"])
        move["at_us"] = _us(move["ts"])
    return moves


def _place_on_stacks(h: History) -> None:
    """A service belongs to the stack that is the longest known prefix of its name, else to its namespace label."""
    stacks = sorted({d.stack for d in h.deploys if d.stack} | {r["stack"] for r in h.by_id.values() if r["stack"]}, key=len, reverse=True)
    for w in h.writes:
        w.stack = next((s for s in stacks if w.register.startswith(s + "_")), w.register.rpartition("_")[0] or w.register)


def _reads(h: History) -> list[Read]:
    reads = []
    kept = _kept_inspects(h)
    for run, log in h.logs.items():
        rows = log.rows.filter(pl.col("kind") == "stamp.read").to_dicts()
        if not rows:
            rows = (
                log.rows.filter((pl.col("kind") == "stamp.recap") | ((pl.col("kind") == "check.fail") & pl.col("stamp").is_not_null()))
                .head(1)
                .to_dicts()
            )
        files = kept.get(run, [])
        if len(files) != len(rows):
            files = [
                next(
                    (
                        f
                        for f in files
                        if log.local(r["at"])
                        and f["captured_us"] is not None
                        and 0 <= log.local(r["at"])[1] - f["captured_us"] <= 1_000_000 + 999
                    ),
                    None,
                )
                for r in rows
            ]
        for n, row in enumerate(rows):
            stack = row["stack"] or next((d.stack for d in h.deploys if d.run == run and d.stack), None) or ""
            found = files[n] if n < len(files) else None
            if found is not None and h.stamps.same(found["stamp"], row["stamp"]) is False:
                found = None
            register = found["service"] if found else _bearer(h, stack)
            read = Read(
                run,
                n,
                stack,
                register,
                row["stamp"],
                -INF,
                INF,
                found["version_index"] if found else None,
                [row["event_id"]],
                found,
                row["at"],
            )
            reads.append(read)
    for run, files in kept.items():
        if run not in h.logs:
            for n, found in enumerate(files):
                reads.append(
                    Read(
                        run,
                        n,
                        found["stack"],
                        found["service"],
                        found["stamp"],
                        -INF,
                        INF,
                        found["version_index"],
                        [found["event_id"]],
                        found,
                        -1,
                    )
                )
    return reads


def _kept_inspects(h: History) -> dict[str, list[dict[str, Any]]]:
    """Inspects that a harness kept from its own identity reads, by run, in the order of capture."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for service in h.services.values():
        for row in service.inspects:
            if row["run"] and "inspect-identity" in row["path"].rsplit("/", 1)[-1]:
                found[row["run"]].append(row)
    return {run: sorted(rows, key=lambda r: (r["captured_us"] or 0, r["path"], r["line_no"])) for run, rows in found.items()}


def _bearer(h: History, stack: str) -> str:
    """The service whose label an identity read looks at: `app`, where the stack has one."""
    names = [w.register for w in h.writes if w.stack == stack]
    return f"{stack}_app" if not names or f"{stack}_app" in names else sorted(names)[0]


def _clocks(h: History) -> None:
    """Solve the clocks of timed logs, surest first, then settle every log's windows."""
    claimed: set[str] = set()
    order = sorted(
        h.logs.values(),
        key=lambda g: (
            ["stated", "zone-declared", "zone-assumed", "relative", "none"].index(g.clock.kind),
            -sum(d.run == g.run for d in h.deploys),
            g.run,
        ),
    )
    for log in order:
        deploys = [d for d in h.deploys if d.run == log.run and d.row["source_id"] == log.clock.source_id]
        reads = [r for r in h.reads if r.run == log.run]
        if log.timed:
            run = h.runs.get(log.run)
            prior = matching.prior_of(log, run.finished_us if run else None, _reflog_spans(h, log))
            matching.solve_clock(log, deploys, reads, h.writes, prior, claimed)
        log.settle(_anchors(h, log, reads))
        for d in deploys:
            _extent(log, d)
        if log.timed:
            for w in h.writes:
                mine = [d for d in deploys if matching.fits(d, w) and d.sE <= w.sE <= d.eL]
                only = [d for d in h.deploys if d.run != log.run and matching.fits(d, w)]
                if len(mine) == 1 and mine[0].eL - mine[0].sE < 5_000_000 and (not only or mine[0].sL <= w.sE <= mine[0].eE):
                    claimed.add(w.id)


def _reflog_spans(h: History, log: Log) -> list[tuple[int, int]]:
    """Offsets under which the first checkout of a run falls on the first entry of its own tree's reflog."""
    mine = [m for m in h.moves if m["key"] and m["key"].startswith(f"{log.run}/") and m["at_us"] is not None]
    first = log.rows.filter(pl.col("kind") == "checkout").head(1)
    if not mine or first.is_empty() or (local := log.local(int(first["at"][0]))) is None:
        return []
    at = next((m["at_us"] for m in mine if first["commit"][0] and m["commit"].startswith(first["commit"][0])), None)
    return [] if at is None else [(at - local[1] - matching.DELTA_US, at + 999_999 - local[0] + matching.DELTA_US)]


def _anchors(h: History, log: Log, reads: list[Read]) -> list[tuple[int, int, int]]:
    """What other sources fix about single lines of a log: (at, lo, hi)."""
    anchors = []
    for read in reads:
        if read.inspect and read.inspect["at_us"] is not None and read.at >= 0:
            after = [w.sE for w in h.writes if w.register == read.register and w.sE > read.inspect["at_us"]]
            lo, hi = read.inspect["at_us"], min(after) - 1 if after else INF
            captured = read.inspect["captured_us"]
            if not log.timed and captured is not None and lo - matching.DELTA_US <= captured <= hi + matching.DELTA_US:
                lo, hi = max(lo, captured - matching.DELTA_US), min(hi, captured + matching.DELTA_US)
            anchors.append((read.at, lo, max(lo, hi)))
    if not log.timed and len(log.rows):
        run = h.runs.get(log.run)
        if run and run.finished_us is not None:
            anchors.append((len(log.rows) - 1, -INF, run.finished_us + matching.DELTA_US))
        mine = [m for m in h.moves if m["key"] and m["key"].startswith(f"{log.run}/") and m["at_us"] is not None and m["a"].get("from")]
        entries = iter(mine)
        for row in log.rows.filter(pl.col("kind") == "checkout").iter_rows(named=True):
            hit = next((m for m in entries if row["commit"] and m["commit"].startswith(row["commit"])), None)
            if hit is None:
                break
            anchors.append((row["at"], hit["at_us"] - matching.DELTA_US, hit["at_us"] + 999_999 + matching.DELTA_US))
    return anchors


def _extent(log: Log, d: Deploy) -> None:
    d.sE, d.sL = log.window(d.row["start_at"])
    if d.row["end_at"] is not None:
        d.eE, d.eL = log.window(d.row["end_at"])
    else:
        d.eE, d.eL = log.window(d.row["last_at"])[0], INF
    d.sL, d.eE = min(d.sL, d.eL), max(d.eE, d.sE)


def _assign(h: History) -> None:
    intents: dict[str, list[tuple[str, int, int]]] = {}
    for d in h.deploys:
        log = h.logs.get(d.run)
        if log is not None and d.row["intent_at"] and d.row["source_id"]:
            intents[d.id] = [(s, *log.window(at)) for s, at in zip(d.row["services"], d.row["intent_at"], strict=False)]
    matching.assign(h.deploys, h.writes, intents)
    timed = h.has_events
    for w in h.writes:
        if w.deploy is not None:
            w.deploy.writes.append(w)
        elif w.kind == "client" and not w.maybe and w.outcome != "allocation" and w.verb in ("update", "remove") and timed:
            w.kind = "manual"
    h.writes = [w for w in h.writes if not (w.outcome == "allocation" and w.deploy is None)]
    for w in h.writes:
        if w.outcome == "allocation":
            w.outcome = "ok"
    for d in h.deploys:
        if d.writes:
            first, last = min(w.sE for w in d.writes), max(w.sE for w in d.writes)
            log = h.logs.get(d.run)
            if log is not None and not log.timed:  # an untimed call is bounded by what it wrote
                d.sL, d.eE = min(d.sL, first), max(d.eE, last)
                d.sE, d.eL = min(d.sE, first), max(d.eL, last)
    if not h.has_events:
        told = [w for d in h.deploys for w in _told_writes(h, d)]
        h.writes = [w for w in h.writes if w.verb != "create" or not any(t.register == w.register for t in told)] + told
    _tighten_untimed(h)


def _told_writes(h: History, d: Deploy) -> list[Write]:
    """Without swarm's events, a call's writes are where its own lines put them."""
    if d.stack is None or (d.outcome == "fail" and not d.row["services"]):
        return []
    names = [s for s, o in zip(d.row["services"], d.row["objects"], strict=False) if o != "network"] or [f"{d.stack}_app"]
    outcome = d.outcome if d.outcome in ("ok", "fail") else "info"
    if d.row["error_kind"] == "timeout":
        outcome = "ok"  # a deploy that timed out has written its spec
    made = []
    for name in dict.fromkeys(names):
        w = Write(
            f"{d.id}:{name}",
            name,
            d.stack,
            "remove" if d.verb == "undeploy" else "update",
            "client",
            d.value,
            d.sE,
            d.sL,
            d.eE,
            d.eL,
            outcome,
            outcome == "ok",
            d,
            [d],
            evidence=[x for x in (d.row["taken_id"], d.row["start_id"]) if x],
        )
        _bound_by_inspects(h, w)
        d.writes.append(w)
        made.append(w)
    return made


def _bound_by_inspects(h: History, w: Write) -> None:
    """A value that an inspect shows was written by its UpdatedAt, and after the last version that showed another."""
    seen = [i for s in h.services.values() if s.name == w.register for i in s.inspects if i["at_us"] is not None and i["stamp"]]
    for i, row in enumerate(seen):
        if h.stamps.same(row["stamp"], w.value) and w.sE <= row["at_us"]:
            before = [o["at_us"] for o in seen[:i] if h.stamps.same(o["stamp"], w.value) is False]
            lo, hi = max([w.sE, *(t + 1 for t in before)]), min(w.eL, row["at_us"])
            if lo <= hi:
                w.sE, w.sL, w.eE, w.eL = lo, max(lo, min(w.sL, hi)), max(lo, min(w.eE, hi)), hi
                w.evidence.append(row["event_id"])
                return


def _tighten_untimed(h: History) -> None:
    """Once calls know their writes, the untimed lines around them know more."""
    for log in h.logs.values():
        if log.timed or not len(log.rows):
            continue
        anchors = _anchors(h, log, [r for r in h.reads if r.run == log.run])
        deploys = [d for d in h.deploys if d.run == log.run and d.row["source_id"] == log.clock.source_id]
        for d in deploys:
            if d.writes and h.has_events:
                anchors.append((d.row["start_at"], -INF, min(w.sE for w in d.writes)))
                if d.row["end_at"] is not None:
                    anchors.append((d.row["end_at"], max(w.sE for w in d.writes), INF))
        log.settle(anchors)
        for d in deploys:
            _extent(log, d)
            if d.writes and h.has_events:
                d.sL, d.eE = min(d.sL, *(w.sE for w in d.writes)), max(d.eE, *(w.eE for w in d.writes))


def _values(h: History) -> None:
    """Give each write its value: its deploy's stamp, or what stood before the write that a rollback reverts."""
    for w in sorted(h.writes, key=lambda w: w.sE):
        if w.deploy is not None and w.verb in ("create", "update"):
            w.value = w.deploy.value
            w.evidence += [x for x in (w.deploy.row["taken_id"],) if x and x not in w.evidence]
            if (
                w.outcome == "ok"
                and w.deploy.outcome == "fail"
                and w.deploy.row["error_kind"] not in ("timeout", None)
                and not h.has_events
            ):
                w.outcome = "fail"
        elif w.verb in ("create", "update") and w.maybe:
            values = {d.value for d in w.maybe}
            w.value = values.pop() if len(values) == 1 else None
    for w in sorted(h.writes, key=lambda w: w.sE):
        if w.verb == "rollback" and w.value is None:
            origin = w.origin
            while origin is not None and origin.verb == "rollback" and origin.origin is not None:
                origin = origin.origin
            w.value = origin.value if origin else None
        if w.value is None and w.verb != "remove":
            for seen in h.services.get(w.service_id or w.register, Service("", None)).inspects:
                later = [x.sE for x in h.writes if x.register == w.register and x.sE > w.sE]
                if seen["at_us"] is not None and w.eL <= seen["at_us"] < min([INF, *later]):
                    w.value = seen["stamp"]
                    w.evidence.append(seen["event_id"])
                    break


def _reads_settle(h: History) -> None:
    for read in h.reads:
        log = h.logs.get(read.run)
        if log is not None and read.at >= 0:
            read.rE, read.rL = log.window(read.at)
        if read.inspect and read.inspect["at_us"] is not None:
            after = [w.sE for w in h.writes if w.register == read.register and w.sE > read.inspect["at_us"] and w.sE == w.eL]
            lo, hi = read.inspect["at_us"], (min(after) - 1 if after else INF)
            if max(lo, read.rE) <= min(hi, read.rL):
                read.rE, read.rL = max(lo, read.rE), min(hi, read.rL)
            else:
                read.rE, read.rL = lo, hi
        mine = [
            d
            for d in h.deploys
            if d.run == read.run and d.verb == "deploy" and (d.row["source_id"] is None or read.at < 0 or d.row["start_at"] < read.at)
        ]
        if read.at < 0:
            mine = [d for d in mine if d.sL <= read.rL]
        read.deploys_before = len(mine)
        read.last = mine[-1] if mine else None


def _holds(h: History) -> list[Hold]:
    holds: list[Hold] = []
    for run, log in h.logs.items():
        open_holds: dict[str, Hold] = {}
        for row in log.rows.filter(pl.col("kind").is_in(["lock.acquire", "lock.release"])).iter_rows(named=True):
            lo, hi = log.window(row["at"])
            if row["kind"] == "lock.acquire":
                hold = Hold(run, row["lock"], lo, hi, lo, INF, row["event_id"], None, (row["at"], None))
                open_holds[row["lock"]] = hold
                holds.append(hold)
            elif row["lock"] in open_holds:
                hold = open_holds.pop(row["lock"])
                hold.zE, hold.zL, hold.release_id, hold.at = lo, hi, row["event_id"], (hold.at[0], row["at"])
        for hold in open_holds.values():  # a lock binds a process: it holds no longer than its log
            hold.zE, hold.zL = log.window(len(log.rows) - 1)
    return holds
