"""What the benchmarks share: a process measured, medians, and bars; what they are told, and an ingest."""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

FORENSICS = str(Path(sys.executable).parent / "forensics")


@dataclass(frozen=True)
class Run:
    """One process that ended: seconds by the clock, seconds of processor time, peak of resident memory in bytes, exit status."""

    seconds: float
    processor: float
    peak: int
    status: int


def measured(command: Sequence[str], env: Mapping[str, str] | None = None) -> Run:
    """Run a process, its output thrown away; time, processor and memory are the operating system's figures for it."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, process.returncode)


def parser(doc: str) -> argparse.ArgumentParser:
    """A parser of what most benchmarks are told: how often, and where."""
    made = argparse.ArgumentParser(description=doc.splitlines()[0])
    made.add_argument("--times", type=int, default=3, help="how often each runs; the median counts")
    made.add_argument("--folder", type=Path, help="where to work (default: a temporary folder)")
    return made


def ingesting(evidence: Path, case: Path) -> Callable[[], Run]:
    """Ingest evidence into a case that is made anew each time."""

    def ingest() -> Run:
        shutil.rmtree(case, ignore_errors=True)
        return measured([FORENSICS, "ingest", str(evidence), "--case", str(case), "--quiet"])

    return ingest


def median(runs: Sequence[Run]) -> Run:
    """The run of median time; the peak is the highest, the status the worst."""
    middle = sorted(runs, key=lambda r: r.seconds)[(len(runs) - 1) // 2]
    processor = statistics.median(r.processor for r in runs)
    return Run(middle.seconds, processor, max(r.peak for r in runs), max((r.status for r in runs), key=abs))


def in_turns(contenders: Mapping[str, Callable[[], Run]], times: int) -> dict[str, Run]:
    """Let all run one after the other, so many times over: whatever else the machine does hits all of them alike. Gives medians."""
    runs: dict[str, list[Run]] = {name: [] for name in contenders}
    for _ in range(times):
        for name, run in contenders.items():
            runs[name].append(run())
    return {name: median(of) for name, of in runs.items()}


def shown(name: str, run: Run, *more: str) -> None:
    """Print one row."""
    told = [f"exit status {run.status}"] if run.status else []
    cells = (f"{name:34}", f"{run.seconds:8.2f} s", f"{run.processor:8.2f} s of processor", f"{run.peak / 2**30:6.2f} GiB", *more, *told)
    print("  ".join(cells), flush=True)


def bar(what: str, reached: float, least: float | None = None, most: float | None = None, unit: str = "") -> bool:
    """Print whether a bar is met."""
    met = (least is None or reached >= least) and (most is None or reached <= most)
    wanted = f"at least {least:g}" if least is not None else f"at most {most:g}"
    print(f"bar: {what}: {reached:.2f}{unit}, {wanted}{unit}: {'met' if met else 'MISSED'}")
    return met
