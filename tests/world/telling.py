"""What the world leaves behind, as files: logs in one envelope or another, tool output, inspects, reflogs, events."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING

from tests.world.runs import Line, Run
from tests.world.swarm import instant
from tests.world.trees import LOG

if TYPE_CHECKING:
    from tests.world.play import World

ENVELOPES = ("console", "python", "iso", "json", "drone")


def _stamp(at: float, form: str) -> str:
    return datetime.fromtimestamp(int(at * 1000) / 1000, UTC).strftime(form)


def _told(envelope: str, lines: list[Line], run: str, skew: float) -> tuple[str, str]:
    first = lines[0].at if lines else 0.0
    out = []
    for n, line in enumerate(lines):
        at = line.at + skew
        ms = int(at * 1000) % 1000
        if envelope == "console":
            out.append(line.message)
        elif envelope == "python":
            out.append(f"{_stamp(at, '%Y-%m-%d %H:%M:%S')},{ms:03d} {line.level} {line.logger}: {line.message}")
        elif envelope == "iso":
            out.append(f"{_stamp(at, '%Y-%m-%dT%H:%M:%S')}.{ms:03d}+0000 [{line.level}] {line.logger} {line.message}")
        elif envelope == "json":
            t = _stamp(at, "%Y-%m-%dT%H:%M:%S") + f".{int(at * 1e6) % 1_000_000:06d}Z"
            out.append(
                json.dumps(
                    {"time": t, "level": line.level.lower(), "logger": line.logger, "run": run, "msg": line.message}, ensure_ascii=False
                )
            )
        else:
            out.append(json.dumps({"pos": n, "out": line.message + "\n", "time": int(line.at - first)}, ensure_ascii=False))
    name = {"console": "console.log", "drone": "drone.ndjson"}.get(envelope, "harness.log")
    return name, "".join(line + "\n" for line in out)


def evidence(
    world: World,
    *,
    envelopes: dict[str, str],
    skews: dict[str, float] | None = None,
    without: frozenset[str] = frozenset(),
) -> dict[str, str]:
    """All files by path; `without` leaves kinds out: events, text, inspects, results, outputs, logs, git, daemon."""
    files: dict[str, str] = {}
    for run in world.runs:
        files |= _of_run(run, envelopes[run.plan.id], (skews or {}).get(run.plan.id, 0.0), without)
    if "git" not in without:
        for tree in world.trees.values():
            root = f"recipes/{tree.owner}/discourse"
            files[f"{root}/git/logs/HEAD"] = "".join(line + "\n" for line in tree.reflog)
            files[f"{root}/git/HEAD"] = ("ref: refs/heads/main" if tree.symbolic else tree.head) + "\n"
            files[f"{root}/log.txt"] = LOG
    ordered = sorted(world.swarm.events, key=lambda e: e["timeNano"])
    if "events" not in without:
        files["docker-events.ndjson"] = "".join(json.dumps(e, separators=(",", ":")) + "\n" for e in ordered)
    if "text" not in without:
        files["docker-events.txt"] = "".join(_text(e) for e in ordered if e["Type"] == "service")
    if "daemon" not in without:
        files["dockerd.log"] = "".join(line + "\n" for line in world.swarm.daemon)
    return {path: text for path, text in files.items() if text}


def _text(event: dict) -> str:
    attributes = ", ".join(f"{k}={v}" for k, v in sorted(event["Actor"]["Attributes"].items()))
    ns = event["timeNano"]
    t = datetime.fromtimestamp(ns // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{ns % 10**9:09d}Z"
    return f"{t} service {event['Action']} {event['Actor']['ID']} ({attributes})\n"


def _of_run(run: Run, envelope: str, skew: float, without: frozenset[str]) -> dict[str, str]:
    root, files = f"runs/{run.plan.id}", {}
    if "logs" not in without:
        name, text = _told(envelope, run.lines, run.plan.id, skew)
        files[f"{root}/{name}"] = text
    if "outputs" not in without:
        for n, (name, lines) in enumerate(run.outputs, 1):
            files[f"{root}/abra-out/{n:02d}-{name}.log"] = "".join(line + "\n" for line in lines)
    if "inspects" not in without:
        files |= {f"{root}/inspect-identity-{ns + round(skew * 10**9)}.json": text for ns, text in run.kept}
    if "results" not in without and run.finished is not None:
        stages = [{"name": k, "status": v, "tests": []} for k, v in run.stages.items()]
        files[f"{root}/results.json"] = json.dumps(
            {
                "schema": 2,
                "recipe": "discourse",
                "version": None,
                "pr": "2",
                "ref": (run.plan.named or run.plan.ref)[:12],
                "run_id": run.plan.id,
                "finished": run.finished + skew,
                "stages": stages,
                "results": dict(run.stages),
                "level": 1,
                "flags": {"clean_teardown": True, "no_secret_leak": True},
            },
            indent=1,
        )
    return files


def any_envelopes(runs: list[str], random: Random) -> dict[str, str]:
    """An envelope for each run."""
    return {run: random.choice(ENVELOPES) for run in runs}


__all__ = ["ENVELOPES", "any_envelopes", "evidence", "instant"]
