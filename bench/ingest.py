"""`python -m bench.ingest [--mb 1024]`: read a big harness log, beside polars copying its lines and lnav indexing it.

Each contender is a process of its own; the peak of memory is the operating system's figure for it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

COPY = """
import sys, polars as pl
pl.scan_csv(sys.argv[1], has_header=False, separator='\\x01', quote_char=None, new_columns=['line']).sink_parquet(sys.argv[2], compression='lz4')
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


def measured(command: list[str], **options: object) -> tuple[float, int, int]:
    """Seconds, peak memory in bytes and exit status of one process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    _, status, usage = os.wait4(process.pid, 0)
    return time.perf_counter() - start, usage.ru_maxrss * 1024, os.waitstatus_to_exitcode(status)


def main() -> int:
    """Measure all contenders on one file and print a row each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mb", type=int, default=1024, help="size of the log in MB")
    parser.add_argument("--folder", type=Path, help="where to work (default: a temporary folder)")
    options, _ = parser.parse_known_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        log = folder / "harness.log"
        size = generate(log, options.mb)
        forensics = [str(Path(sys.executable).parent / "forensics"), "ingest", str(log), "--case", str(folder / "case"), "--quiet"]
        rows = {
            "forensics ingest": measured(forensics),
            "polars copies the lines": measured([sys.executable, "-c", COPY, str(log), str(folder / "copy.parquet")]),
        }
        if shutil.which("lnav"):
            rows["lnav indexes"] = measured(["lnav", "-n", "-q", "-c", ":switch-to-view log", str(log)], env={**os.environ, "HOME": name})
        print(f"{size / 1e6:.0f} MB harness log")
        for label, (seconds, peak, status) in rows.items():
            print(
                f"{label:28} {seconds:7.2f} s {size / 1e6 / seconds:8.0f} MB/s {peak / 2**30:6.2f} GiB"
                + (f"   exit status {status}" if status else "")
            )
        if "lnav indexes" not in rows:
            print("lnav is not installed: left out (Debian package lnav)")
        ours, copy = rows["forensics ingest"][0], rows["polars copies the lines"][0]
        met = ours <= 3 * copy and rows["forensics ingest"][2] == 0 and ours <= rows.get("lnav indexes", (float("inf"),))[0]
        print(f"bar (within 3x of the copy, at least lnav's speed): {'met' if met else 'NOT met'}, {ours / copy:.1f}x the copy")
        return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
