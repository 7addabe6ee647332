"""The same incident told in another form gets the same answers: other files, other layouts, other envelopes, copies, all runs in one log."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from parsers.choosing import choose
from tests.evidence import analysis, folder

DATA = Path(__file__).parent.parent / "data"
RACE = folder(DATA / "shared-tree-race" / "evidence")
DSTAMP = folder(DATA / "dstamp" / "evidence")
LOGS = re.compile(r"^runs/([^/]+)/(?:harness|console)\.log$")
Files = dict[str, str]


def answers(files: Files) -> tuple[list[dict], list[tuple]]:
    """What is said of each read, and what of the rest is proven; without citations."""
    a = analysis(files)
    reads = [
        {k: r[k] for k in ("run", "ordinal", "observed", "drift", "cause", "writer_run")}
        | {"hypotheses": {name: h["verdict"] for name, h in r["hypotheses"].items()}}
        for r in a.drift
    ]
    return reads, sorted((f["class"], f["sub"] or "", f["runs"]) for f in a.findings if f["verdict"] == "PROVEN")


@cache
def as_captured(name: str) -> tuple[list[dict], list[tuple]]:
    """The answers to an incident as it was captured."""
    return answers({"race": RACE, "dstamp": DSTAMP}[name])


def logs(files: Files) -> dict[str, tuple[str, list[str]]]:
    """By run the path of its log, and its lines."""
    return {m[1]: (p, t.splitlines(keepends=True)) for p, t in files.items() if (m := LOGS.match(p))}


def without_logs(files: Files) -> Files:
    return {p: t for p, t in files.items() if not LOGS.match(p)}


def pieces(files: Files, names: Callable[[str, int], str], count: int = 3) -> Files:
    """Each log cut into several files, wherever that is."""
    new = without_logs(files)
    for path, lines in logs(files).values():
        for n in range(count):
            new[names(path, n)] = "".join(lines[len(lines) * n // count : len(lines) * (n + 1) // count])
    return new


def staged(files: Files) -> Files:
    """Each log in one file per stage."""
    new = without_logs(files)
    for path, lines in logs(files).values():
        stage = "prepare"
        for line in lines:
            stage = next((s for mark, s in STAGES.items() if mark in line), stage)
            name = path.replace("harness", stage).replace("console", stage)
            new[name] = new.get(name, "") + line
    return new


STAGES = {"deploy_app: disc": "install", "prepull_images": "upgrade", "===== teardown": "teardown"}


def copied(files: Files) -> Files:
    return files | {f"backup/monday/{path}": text for path, text in files.items()}


def older_copy(files: Files) -> Files:
    return files | {f"{path}.old": "".join(lines[: len(lines) // 2]) for path, lines in logs(files).values()}


FORMS: dict[str, Callable[[Files], Files]] = {
    "rotated": lambda files: pieces(files, lambda path, n: path if n == 2 else f"{path}.{2 - n}"),
    "numbered": lambda files: pieces(files, lambda path, n: path.replace(".log", f"-{n:02}.log"), 7),
    "overlapping": lambda files: pieces(files, lambda path, n: path.replace(".log", f"-{n}.log")) | _overlap(files),
    "staged": staged,
    "copied": copied,
    "older copy": older_copy,
    "compressed": lambda files: {f"{path}.gz!/{path.rsplit('/', 1)[-1]}": text for path, text in files.items()},
}


def _overlap(files: Files) -> Files:
    return {
        path.replace(".log", "-1.log"): "".join(lines[len(lines) // 3 - 5 : len(lines) * 2 // 3]) for path, lines in logs(files).values()
    }


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("name", "files"), [("race", RACE), ("dstamp", DSTAMP)], ids=["race", "dstamp"])
def test_the_same_story_in_other_files_gets_the_same_answers(name: str, files: Files, form: str) -> None:
    assert answers(FORMS[form](files)) == as_captured(name)


LAYOUTS: dict[str, tuple[str, str]] = {
    "builds": (r"^runs/", "builds/"),
    "at the top": (r"^runs/", ""),
    "flat": (r"^runs/([^/]+)/(?:abra-out/)?", r"\1-"),
    "by kind": (r"^runs/([^/]+)/(abra-out|inspect|results|harness|console)", r"\2/\1/\2"),
    "named otherwise": (r"^runs/", "runs/build-"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_same_story_laid_out_otherwise_gets_the_same_answers(layout: str) -> None:
    where, to = LAYOUTS[layout]

    assert answers({re.sub(where, to, path): text for path, text in RACE.items()}) == as_captured("race")


def test_a_log_that_names_no_run_is_named_as_its_neighbours_are() -> None:
    files = {re.sub(r"^runs/", "ci/", path): text for path, text in RACE.items() if "ab/results" not in path}
    files["ci/ab/harness.log"] = "".join(line for line in files["ci/ab/harness.log"].splitlines(keepends=True) if "RUN SUMMARY" not in line)
    files["ci/ab/harness.log"] = files["ci/ab/harness.log"].replace('"run": "ab", ', "")

    assert {r["run"] for r in analysis(files).drift} == {"ab", "m2p"}


def test_runs_one_after_the_other_in_one_log_are_told_apart_and_interleaved_ones_are_left_alone() -> None:
    plain = {run: [re.sub(r"^\S+ \S+ \w+ [\w.]+: ", "", line) for line in told] for run, (_, told) in logs(_plain(RACE)).items()}
    rest = {path: text for path, text in without_logs(RACE).items() if not path.startswith("runs/")}
    one, other = plain.values()

    after = analysis(rest | {"all.log": "".join(one + other)})
    mixed = analysis(rest | {"all.log": "".join(line for pair in zip(one, other, strict=False) for line in pair)})

    assert sorted((r["run"], r["ordinal"], r["observed"]) for r in after.drift) == sorted(
        (r["run"], r["ordinal"], r["observed"]) for r in as_captured("race")[0]
    )
    assert mixed.drift == []


def _plain(files: Files) -> Files:
    """The logs without what tells their run."""
    messages = {p: "".join(json.loads(x)["msg"] + "\n" if x.startswith("{") else x for x in told) for p, told in logs(files).values()}
    return files | messages


def _lines(files: Files) -> list[tuple[str, str, str, str]]:
    """The lines of all logs by time: (time in ISO 8601, logger, run, message)."""
    found = []
    for run, (_, told) in logs(files).items():
        for line in told:
            if line.startswith("{"):
                said = json.loads(line)
                found.append((said["time"], said["logger"], run, said["msg"]))
            else:
                stamp, logger, msg = re.match(r"(\S+ \S+) \w+ ([\w.]+): (.*)", line).groups()  # type: ignore[union-attr]
                found.append((stamp.replace(" ", "T").replace(",", ".") + "Z", logger, run, msg))
    return sorted(found, key=lambda line: line[0])


def _journal(time: str, run: str, msg: str, **more: str) -> str:
    us = int(datetime.fromisoformat(time).timestamp() * 1_000_000 + 0.5)
    return json.dumps({"__REALTIME_TIMESTAMP": str(us), "SYSLOG_IDENTIFIER": "recipe-ci", "MESSAGE": msg, **more})


PID = {"m2p": "2091", "ab": "2107"}
TOGETHER: dict[str, Callable[[str, str, str, str], str]] = {
    "JSON": lambda time, logger, run, msg: json.dumps({"time": time, "level": "info", "logger": logger, "run": run, "msg": msg}),
    "a unit per run": lambda time, _, run, msg: _journal(time, run, msg, _SYSTEMD_UNIT=f"cc-ci@{run}.service", _PID="1"),
    "a process per run": lambda time, _, run, msg: f"{time} vm recipe-ci[{PID[run]}]: {msg}",
    "syslog's data": lambda time, _, run, msg: f'<13>1 {time} vm recipe-ci - - [ccci@32473 run="{run}"] {msg}',
    "a service's tasks": lambda time, _, run, msg: f"{time} ci_{run}.1.t9cb8f9yv4hb@vm    | {msg}",
    "jobs": lambda time, _, run, msg: f"{run}\tdeploy\t{time[:23].rstrip('Z'):0<27}Z {msg}",
}


@pytest.mark.parametrize("how", TOGETHER)
def test_one_log_of_several_runs_that_tells_who_wrote_each_line_is_several_logs(how: str) -> None:
    text = "".join(TOGETHER[how](*line) + "\n" for line in _lines(RACE))

    assert answers(without_logs(RACE) | {"all.log": text}) == as_captured("race")


def test_the_run_that_was_killed_in_a_log_of_several_is_the_one_that_has_files_and_no_log() -> None:
    lines = [line for line in _lines(RACE) if not (line[2] == "ab" and "RUN SUMMARY" in line[3])]
    text = "".join(TOGETHER["a process per run"](*line) + "\n" for line in lines)
    files = without_logs(RACE) | {"all.log": text}

    assert {r["run"] for r in analysis({path: text for path, text in files.items() if "ab/results" not in path}).drift} == {"ab", "m2p"}


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
def test_a_level_behind_a_time_is_no_host(level: str) -> None:
    text = "".join(f"{time} {level} {msg}\n" for time, _, run, msg in _lines(RACE) if run == "m2p")

    assert choose("runs/m2p/harness.log", text.encode()).chain[0] == "iso"


def test_a_reflog_as_git_prints_it_newest_first_is_no_clock_that_goes_back() -> None:
    files = {}
    for path, text in DSTAMP.items():
        if path.endswith("/git/logs/HEAD"):
            lines = [re.match(r"\S+ (\w+) .*> (\d+) \+0000\t(.*)", line) for line in reversed(text.splitlines())]
            printed = [f"{m[1][:7]} HEAD@{{{datetime.fromtimestamp(int(m[2]), UTC):%Y-%m-%d %H:%M:%S %z}}}: {m[3]}" for m in lines if m]
            files[path.replace("git/logs/HEAD", "reflog.txt")] = "\n".join(printed) + "\n"
        elif "/git/" not in path:
            files[path] = text

    a = analysis(files)

    assert len({m["at_us"] for m in a.history.moves}) > 1
    assert [m["at_us"] for m in a.history.moves] == sorted(m["at_us"] for m in a.history.moves)
    assert {m["key"] for m in a.history.moves} == {"dstamp-repro4/discourse"}
    assert "order-contradiction" not in {f["class"] for f in a.findings}
