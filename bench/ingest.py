"""`python -m bench.ingest [--mb 1024]`: read a big harness log, beside polars copying its lines and lnav indexing it.

Each contender is a process of its own; time and memory are the operating system's figures for it. The copy with the file hashed beside it is
what keeping lines and knowing them by their hash costs, before any of them is searched. lnav runs headless; that it
has indexed the whole file is asked of it once, outside the measurement: it must count every line of it as one of a log.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

from bench._measuring import Run, bar, in_turns, ingesting, measured, parser, shown

OF_COPY, OF_LNAV, PEAK_GIB = 3.0, 1.0, 1.5
COPY = """
import sys, polars as pl
pl.scan_csv(sys.argv[1], has_header=False, separator='\\x01', quote_char=None, new_columns=['line']).sink_parquet(sys.argv[2], compression='lz4')
"""
BESIDE = """
import hashlib, sys, threading
def digest():
    with open(sys.argv[1], 'rb', buffering=0) as file:
        hashlib.file_digest(file, 'sha256')
threading.Thread(target=digest).start()
"""

EVENTS = (
    "INFO ccci.lifecycle: deploy_app: disc-69811c.ci.example.org",
    "INFO ccci.abra: $ abra app deploy disc-69811c.ci.example.org -C -f -o -n -D -c --debug",
    "DEBUG ccci.abra: DEBU <app/deploy.go:372> version: taking chaos version: a7be5bae+U",
    "INFO ccci.lifecycle: deploy_app: done disc-69811c.ci.example.org",
    "INFO ccci.lifecycle: deployed_identity: stack=disc-69811c_ci_example_org version=0.7.0+3.3.1 chaos=true chaos-version=92a304dd+U",
)


def generate(path: Path, megabytes: int) -> int:
    """Write a harness log in which no two lines are equal, three in a hundred of them events; gives its size in bytes."""
    import polars as pl

    start = datetime(2026, 11, 23, 8, tzinfo=UTC)
    with path.open("wb") as out:
        n = 0
        while out.tell() < megabytes * 1_000_000:
            at = pl.int_range(n, n + 500_000, dtype=pl.Int64, eager=False).alias("i")
            rows = pl.select(at).with_columns(
                h=pl.col("i").hash(seed=7),
                ts=(pl.lit(start) + pl.duration(milliseconds=pl.col("i") * 7)).dt.strftime("%Y-%m-%d %H:%M:%S,%3f"),
            )
            noise = pl.format(
                "{} DEBUG ccci.app: request {} handled by worker-{} in {} ms, status 200, body of {} bytes, trace {}",
                "ts",
                "i",
                pl.col("h") % 7,
                pl.col("h") % 907,
                pl.col("h") % 99_991,
                "h",
            )
            event = pl.format("{} {}", "ts", pl.lit(pl.Series(EVENTS)).gather(pl.col("i") // 33 % len(EVENTS)))
            lines = rows.select(pl.when(pl.col("i") % 33 == 0).then(event).otherwise(noise).alias("line"))
            out.write(("\n".join(lines["line"].to_list()) + "\n").encode())
            n += 500_000
    return path.stat().st_size


def lnav_counts(log: Path, env: dict[str, str]) -> int:
    """How many lines of a log lnav finds in a file: all of ours, if it reads them as we do."""
    said = subprocess.run(
        ["lnav", "-n", "-c", ";select count(*) from all_logs", str(log)], capture_output=True, text=True, env=env, stdin=subprocess.DEVNULL
    )
    numbers = [word for word in said.stdout.split() if word.isdigit()]
    return int(numbers[-1]) if numbers else 0


def main() -> int:
    """Measure all contenders on one file, print a row each, say whether the bars are met."""
    takes = parser(__doc__)
    takes.add_argument("--mb", type=int, default=1024, help="size of the log in MB")
    takes.add_argument("--alone", action="store_true", help="without the others, as for the memory of a very large log")
    options, _ = takes.parse_known_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        log, case = folder / "harness.log", folder / "case"
        # In another process: what this one holds would count for the processes that it starts.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            size = pool.submit(generate, log, options.mb).result()
        print(f"{size / 1e6:.0f} MB harness log")

        contenders = {"forensics ingest": ingesting(log, case)}
        env = {**os.environ, "HOME": name}
        if not options.alone:
            copy = str(folder / "copy.parquet")
            contenders["polars copies the lines"] = lambda: measured([sys.executable, "-c", COPY, str(log), copy])
            contenders["the same, and the file is hashed"] = lambda: measured([sys.executable, "-c", BESIDE + COPY, str(log), copy])
        if not options.alone and shutil.which("lnav"):
            contenders["lnav indexes"] = lambda: measured(["lnav", "-n", "-q", "-c", ":switch-to-view log", str(log)], env=env)
        rows = in_turns(contenders, options.times)
        for label, run in rows.items():
            shown(label, run, f"{size / 1e6 / run.seconds:6.0f} MB/s")
        if "lnav indexes" in rows:
            with log.open("rb") as file:
                lines = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 24), b""))
            if (counted := lnav_counts(log, env)) != lines:
                print(f"lnav counts {counted} lines of a log, the file has {lines}: it did other work")
                return 1
    return verdict(rows)


def verdict(rows: dict[str, Run]) -> int:
    """Say of each bar whether it is met."""
    own = rows["forensics ingest"]
    met = [bar("peak of memory", own.peak / 2**30, most=PEAK_GIB, unit=" GiB"), not any(run.status for run in rows.values())]
    if copy := rows.get("polars copies the lines"):
        met.append(bar("time, in times that of the copy", own.seconds / copy.seconds, most=OF_COPY))
        if lnav := rows.get("lnav indexes"):
            met.append(bar("speed, in times that of lnav", lnav.seconds / own.seconds, least=OF_LNAV))
        else:
            print("lnav is not installed: left out (Debian package lnav)")
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
