"""The same incident told in another form gets the same answers: other files, other layouts, other envelopes, copies, all runs in one log."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

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
}


def _overlap(files: Files) -> Files:
    return {
        path.replace(".log", "-1.log"): "".join(lines[len(lines) // 3 - 5 : len(lines) * 2 // 3]) for path, lines in logs(files).values()
    }


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("files", [RACE, DSTAMP], ids=["race", "dstamp"])
def test_the_same_story_in_other_files_gets_the_same_answers(files: Files, form: str) -> None:
    assert answers(FORMS[form](files)) == answers(files)


def test_one_log_of_several_runs_that_names_the_run_of_each_line_is_several_logs() -> None:
    lines = []
    for run, (_, told) in logs(RACE).items():
        for line in told:
            if line.startswith("{"):
                lines.append(json.loads(line))
            else:
                stamp, level, logger, msg = re.match(r"(\S+ \S+) (\w+) ([\w.]+): (.*)", line).groups()  # type: ignore[union-attr]
                time = stamp.replace(" ", "T").replace(",", ".") + "Z"
                lines.append({"time": time, "level": level.lower(), "logger": logger, "run": run, "msg": msg})
    lines.sort(key=lambda line: line["time"])

    together = without_logs(RACE) | {"harness.jsonl": "".join(json.dumps(line) + "\n" for line in lines)}

    assert answers(together) == answers(RACE)
