"""Every explanation of a drift, each with its verdict: PROVEN, REFUTED, or NOT PROVEN and what is missing."""

from __future__ import annotations

from typing import Any

import polars as pl

from forensics.correlate import trees
from forensics.correlate.history import History
from forensics.correlate.model import Deploy, Read, Write

NAMES = ("concurrency", "swarm-rollback", "wrong-head", "stale-read", "aborted-write", "manual-update", "clock-error", "vacuous")
EVENTS_MISSING = "docker service events from the deploy to the read (docker events --since … --until … --format '{{json .}}')"
FAILURE_US = 30_000_000


def judge(h: History, read: Read) -> None:
    """Evaluate all hypotheses for one read that drifted, or that passed by another's hand."""
    if not (
        read.drift or (read.drift is False and read.cause in ("overwritten-by-peer", "manual-update", "swarm-rollback", "manual-rollback"))
    ):
        return
    scene = Scene(h, read)
    read.hypotheses = {name: getattr(scene, name.replace("-", "_"))() for name in NAMES}


def _answer(verdict: str, because: str, evidence: list[Any] = (), missing: tuple[str, ...] = ()) -> dict[str, Any]:  # type: ignore[assignment]
    return {"verdict": verdict, "because": because, "missing": list(missing), "evidence": [e for e in evidence if e]}


class Scene:
    """What stands around one read: the writes from the own deploy on, and how complete the evidence is."""

    def __init__(self, h: History, read: Read) -> None:
        self.h, self.read = h, read
        self.own: Deploy | None = read.last
        self.register = [w for w in h.writes if w.register == read.register]
        self.own_writes = [w for w in self.register if w.deploy is self.own and self.own is not None]
        self.since = self.own_writes[0].sE if self.own_writes else (self.own.sE if self.own else -(1 << 62))
        self.window = [w for w in self.register if w.eL >= self.since and w.sE <= read.rL]
        created = any(w.verb == "create" for w in self.register)
        self.complete = h.has_events and (created or h.events_from <= self.since) and h.events_to >= min(read.rE, read.rL)
        self.rollbacks = [w for w in self.window if w.verb == "rollback"]
        self.evidence = [*read.evidence, *([read.inspect["event_id"]] if read.inspect else [])]

    def ids(self, writes: list[Write]) -> list[str]:
        """The events that say so."""
        return [e for w in writes for e in w.evidence]

    def own_said(self) -> list[str]:
        """The lines of the run's own deploy: its stamp, its start."""
        return [x for x in (self.own.row["taken_id"], self.own.row["start_id"])] if self.own else []

    def peers(self) -> list[Deploy]:
        """Other runs' calls on this stack that may meet the time from the own deploy to the read."""
        lo = self.own.sE if self.own else self.since
        return [d for d in self.h.deploys if d.run != self.read.run and d.stack == self.read.stack and d.eL >= lo and d.sE <= self.read.rL]

    def concurrency(self) -> dict[str, Any]:
        """H1: another run's write."""
        read = self.read
        if read.cause in ("overwritten-by-peer", "removed-by-peer") and read.certain:
            last = max(read.writers, key=lambda w: w.sE)
            return _answer(
                "PROVEN",
                f"run {read.writer_run} wrote {self.h.stamps.named(last.value)} to {read.register} after this run's own deploy and before the read",
                [*self.ids(read.writers), *self.evidence],
            )
        foreign = [w for w in self.window if w.run not in (None, read.run)]
        unsaid = [w for w in self.window if w.maybe and any(d.run != read.run for d in w.maybe) and w.deploy is None]
        if read.certain and read.cause not in ("overwritten-by-peer", "removed-by-peer"):
            also = "" if foreign or self.peers() else f"; no other run touched {read.stack} between the deploy and the read"
            return _answer(
                "REFUTED",
                f"the value read was written by {'this run' if read.writer_run == read.run else read.writer_run}{also}",
                [*self.ids(read.writers), *self.evidence],
            )
        if not foreign and not unsaid and not self.peers() and self.complete:
            return _answer(
                "REFUTED",
                f"every change of {read.register} between the deploy and the read is accounted for, none by another run",
                self.ids(self.window) or self.evidence,
            )
        if read.cause == "wrong-head" and not self.peers():
            return _answer(
                "REFUTED",
                f"the value read is what this run itself stamped, and no other run in evidence touched {read.stack} meanwhile",
                [*self.own_said(), *self.evidence],
            )
        missing = [] if self.complete else [EVENTS_MISSING]
        return _answer(
            "NOT PROVEN",
            "several writers can have left this value"
            if foreign
            else "no other run is in evidence, but the evidence would not show every one",
            self.evidence,
            (*missing, "the logs of every run on the host in that time"),
        )

    def swarm_rollback(self) -> dict[str, Any]:
        """H2: swarm restored the previous spec."""
        read = self.read
        system = [w for w in self.rollbacks if w.kind == "system"]
        if read.cause == "swarm-rollback":
            write = max((w for w in read.writers if w.verb == "rollback"), key=lambda w: w.sE)
            failed = self.failures(write)
            commands = [e for e in self.h.by_id.values() if e["kind"] == "command" and (e["command"] or "").find("service rollback") >= 0]
            chain = [
                *write.evidence[:1],
                *write.evidence[-1:],
                *failed,
                *self.own_said()[:1],
                *self.ids([write.reverts] if write.reverts else []),
                *write.evidence,
                *self.evidence,
            ]
            if write.actor_sure or (failed and self.complete and not commands):
                why = (
                    "PreviousSpec is gone, which only an automatic rollback does"
                    if write.actor_sure
                    else "a task of the new spec failed just before, and nothing in evidence asked for it"
                )
                return _answer("PROVEN", f"swarm rolled {read.register} back to {self.h.stamps.named(write.value)}: {why}", chain)
            return _answer(
                "NOT PROVEN",
                f"{read.register} was put back to {self.h.stamps.named(write.value)}; whether swarm or a person asked for it is not shown",
                chain,
                (
                    "UpdateStatus, or PreviousSpec, in an inspect after the rollback",
                    "the failure of the new task (docker events, dockerd's log)",
                ),
            )
        if self.rollbacks and not system:
            return _answer(
                "REFUTED",
                "the rollback was asked for by a client: "
                + ("PreviousSpec was kept" if any(w.evidence[1:] for w in self.rollbacks) else "it did not start from `updating`"),
                self.ids(self.rollbacks),
            )
        if self.complete and not self.rollbacks:
            return _answer(
                "REFUTED",
                f"swarm's events are complete and show no rollback of {read.register} between the deploy and the read",
                self.ids(self.window) or self.evidence,
            )
        seen = read.inspect
        if seen is not None and seen["has_previous"] == "true" and not (seen["state"] or "").startswith("rollback"):
            return _answer("REFUTED", "PreviousSpec is kept and the update state is no rollback", [seen["event_id"]])
        if read.certain or (read.cause == "wrong-head" and self.h.stamps.same(read.taken, read.observed)):
            return _answer(
                "REFUTED", "the value read is the one that was last stamped: nothing was put back", [*self.own_said(), *self.evidence]
            )
        actions = {s["failure_action"] for s in self.inspects() if s["failure_action"]}
        if actions and not actions & {"rollback"}:
            return _answer(
                "REFUTED", f"the service's failure action is {' and '.join(sorted(actions))}", [s["event_id"] for s in self.inspects()]
            )
        return _answer(
            "NOT PROVEN",
            "consistent with a rollback, which nothing in evidence shows or excludes",
            self.evidence,
            (EVENTS_MISSING, "docker service inspect after the deploy, and after the read"),
        )

    def failures(self, write: Write) -> list[str]:
        """Failures of the service's tasks within the seconds before a rollback."""
        found = []
        for e in self.h.by_id.values():
            if (
                e["kind"] in ("task.die", "task.oom", "task.error")
                and e["ts"] is not None
                and (e["service"] == write.register or e["service_id"] == write.service_id)
            ):
                at = int(e["ts"].timestamp() * 1_000_000)
                if write.sE - FAILURE_US <= at <= write.sE and (write.reverts is None or at >= write.reverts.sE) and e["outcome"] != "0":
                    found.append(e["event_id"])
        return sorted(found, key=lambda i: self.h.by_id[i]["ts"])

    def inspects(self) -> list[dict[str, Any]]:
        """All inspects of the read's register."""
        return [s for service in self.h.services.values() if service.name == self.read.register for s in service.inspects]

    def wrong_head(self) -> dict[str, Any]:
        """H3: the own deploy was stamped from another commit than intended."""
        read, same = self.read, self.h.stamps.same(self.read.taken, self.read.intended)
        if read.cause == "wrong-head":
            how, ids = self.who_moved_head()
            return _answer(
                "PROVEN",
                f"the deploy itself took {self.h.stamps.named(read.taken)}, not {read.intended}: {how}",
                [*self.own_said()[:1], *reversed(ids), *self.own_said(), *self.evidence],
            )
        if same is True:
            return _answer("REFUTED", f"the deploy took {self.h.stamps.named(read.taken)}, the commit intended", self.own_said())
        shown = next(
            (
                s
                for s in self.inspects()
                if s["at_us"] is not None and s["at_us"] >= self.since and self.h.stamps.same(s["stamp"], read.intended)
            ),
            None,
        )
        if shown is not None:
            return _answer("REFUTED", "the service's Spec held the intended stamp after the deploy", [shown["event_id"]])
        if same is False:
            return _answer(
                "REFUTED",
                f"the deploy did take {self.h.stamps.named(read.taken)}, but that is not what was read: another write came after it",
                [*self.own_said(), *self.evidence],
            )
        return _answer(
            "NOT PROVEN",
            "which commit the deploy took is not in evidence",
            self.evidence,
            ("the tool's `taking … version` line (--debug)", "HEAD at the deploy (reflog of the run's tree)"),
        )

    def who_moved_head(self) -> tuple[str, list[str]]:
        """Who put the work tree where the own deploy found it, as far as a tool's own line or a reflog tells."""
        own, h = self.own, self.h
        log = h.logs.get(self.read.run)
        tree = trees.key(own.row["tree"]) if own else None
        if own is None or log is None or tree is None or own.row["source_id"] is None:
            return "HEAD was elsewhere when it ran", []
        mine = log.rows.filter((pl.col("kind") == "checkout") & (pl.col("at") < own.row["start_at"])).tail(1).to_dicts()
        if not mine or not h.stamps.same(mine[0]["commit"], self.read.intended):
            return "the run had not checked it out", [m["event_id"] for m in mine]
        since = log.window(mine[0]["at"])[0]
        until = own.eL
        for e in h.by_id.values():
            if (
                e["kind"] != "tree.checkout"
                or trees.key(e["tree"]) != tree
                or e["run"] == self.read.run
                or not h.stamps.same(e["ref"], self.read.taken)
            ):
                continue
            other = h.logs.get(e["run"] or "")
            row = other.rows.filter(pl.col("event_id") == e["event_id"]) if other is not None else None
            if other is None or row is None or row.is_empty():
                continue
            lo, hi = other.window(int(row["at"][0]))
            if hi >= since and lo <= until:
                return f"run {e['run']} moved HEAD of the shared tree {tree} there, between this run's checkout and its deploy", [
                    mine[0]["event_id"],
                    e["event_id"],
                ]
        moved = [
            m
            for m in h.moves
            if m["key"] == tree
            and m["at_us"] is not None
            and since - 1_000_000 <= m["at_us"] <= until
            and h.stamps.same(m["commit"], self.read.taken)
        ]
        if moved:
            return f"the reflog of {tree} has HEAD there, after this run's checkout", [mine[0]["event_id"], *[m["event_id"] for m in moved]]
        return "HEAD was elsewhere when it ran; who moved it is not in evidence", [mine[0]["event_id"]]

    def stale_read(self) -> dict[str, Any]:
        """H4: the read saw a value that had been overwritten."""
        read = self.read
        if read.cause == "stale-read":
            return _answer(
                "PROVEN",
                f"{self.h.stamps.named(read.observed)} had been overwritten before the read began",
                [*self.ids(self.window), *self.evidence],
            )
        if read.inspect is not None:
            return _answer(
                "REFUTED", "the inspect kept from this read carries its version: it is what the swarm held", [read.inspect["event_id"]]
            )
        if read.certain and self.complete:
            return _answer("REFUTED", "the last write before the read has the value read", [*self.ids(read.writers), *self.evidence])
        if read.cause == "wrong-head":
            return _answer("REFUTED", "the value read is the one last stamped", [*self.own_said(), *self.evidence])
        return _answer(
            "NOT PROVEN", "the age of what was read is not shown", self.evidence, ("Version.Index of the read (docker service inspect)",)
        )

    def aborted_write(self) -> dict[str, Any]:
        """H5: a deploy that failed, or never got to write."""
        read = self.read
        if read.cause == "aborted-write":
            return _answer(
                "PROVEN",
                "the run's own deploy failed: " + ((self.own.row["error"] if self.own else None) or "it left no write on this service"),
                [self.own.row["error_id"] if self.own else None, *self.own_said(), *self.ids(read.writers), *self.evidence],
            )
        if any(w.outcome == "ok" and w.sure for w in self.own_writes) and self.h.has_events:
            return _answer("REFUTED", f"the own deploy's write of {read.register} is in swarm's events", self.ids(self.own_writes))
        shown = next(
            (
                s
                for s in self.inspects()
                if self.own
                and self.own.value
                and s["at_us"] is not None
                and s["at_us"] >= self.since
                and self.h.stamps.same(s["stamp"], self.own.value)
            ),
            None,
        )
        if shown is not None:
            return _answer("REFUTED", "the service's Spec held the own stamp after the deploy", [shown["event_id"]])
        if self.own is not None and self.own.outcome == "ok" and read.cause == "wrong-head":
            return _answer(
                "REFUTED", "the own deploy succeeded and its stamp is what was read", [self.own.row["done_id"], *self.own_said()]
            )
        return _answer(
            "NOT PROVEN",
            "whether the own deploy wrote this service is not shown",
            [*self.own_said(), *self.evidence],
            ("the end of the deploy's output", EVENTS_MISSING),
        )

    def manual_update(self) -> dict[str, Any]:
        """H6: a person at the keyboard."""
        read = self.read
        if read.cause in ("manual-update", "manual-rollback"):
            what = "rolled back" if read.cause == "manual-rollback" else "updated"
            return _answer(
                "PROVEN",
                f"{read.register} was {what} by a client that is no run in evidence",
                [*self.ids([w for w in read.writers if w.kind == "manual"]), *self.evidence],
            )
        manual = [w for w in self.window if w.kind == "manual"]
        unsure = [w for w in self.rollbacks if w.kind == "system"] and self.swarm_rollback()["verdict"] != "PROVEN"
        if self.complete and not manual and not unsure and all(w.accounted for w in self.window):
            return _answer(
                "REFUTED",
                f"every change of {read.register} since the deploy is a run's own or swarm's",
                self.ids(self.window) or self.evidence,
            )
        if read.cause == "swarm-rollback" and not unsure and not manual:
            return _answer("REFUTED", "what was read was put there by swarm", self.ids(self.rollbacks))
        if manual and read.certain:
            return _answer("REFUTED", "a manual change is in evidence, but it is not what was read", self.ids(read.writers))
        if (
            read.cause == "wrong-head"
            and self.h.stamps.same(read.taken, read.observed)
            and self.own is not None
            and self.own.outcome == "ok"
        ):
            return _answer("REFUTED", "the value read is the run's own stamp", [*self.own_said(), *self.evidence])
        return _answer(
            "NOT PROVEN",
            "nothing in evidence would show a change by hand",
            self.evidence,
            (EVENTS_MISSING, "the shell history of the host"),
        )

    def clock_error(self) -> dict[str, Any]:
        """H7: a clock that misleads."""
        log = self.h.logs.get(self.read.run)
        if log is not None and log.clock.contradicted:
            peers = [w for w in self.read.writers if w.run not in (None, self.read.run)]
            local = log.local(self.read.at)
            face = any(w.sE > local[1] for w in peers)
            ids = [e for a in log.clock.anchors[:2] for e in a[3]]
            if face:
                return _answer(
                    "PROVEN",
                    "at face value this read came before the write that it saw: the log's clock is wrong, and the order changes with it",
                    [*ids, *self.evidence],
                )
            return _answer("REFUTED", "the log's clock is wrong, but the explanation is the same with and without the correction", ids)
        if self.read.inspect is not None or (log is not None and self.read.certain):
            return _answer("REFUTED", "the order rests on the swarm's own records and on one log, not on comparing clocks", self.evidence)
        if self.read.cause == "wrong-head":
            return _answer("REFUTED", "one log gives the order: stamp, then read", [*self.own_said(), *self.evidence])
        return _answer("NOT PROVEN", "the clocks of the logs are not tied to each other", self.evidence, ("a fact seen by two clocks",))

    def vacuous(self) -> dict[str, Any]:
        """H8: no drift at all, once the values are compared as what they are."""
        read = self.read
        a, b = self.h.stamps.commit_of(read.intended), self.h.stamps.commit_of(read.observed)
        if read.drift and read.intended and read.observed:
            return _answer(
                "REFUTED",
                f"{self.h.stamps.named(read.intended)} and {self.h.stamps.named(read.observed)} are two commits"
                if a and b
                else "the two values are different releases",
                self.evidence,
            )
        if read.drift is False:
            return _answer("REFUTED", "the value read is the intended one, and it was written meanwhile", self.evidence)
        return _answer("NOT PROVEN", "the two values cannot be compared", self.evidence, ("the repository, to resolve names",))
