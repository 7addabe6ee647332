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
from pathlib import Path

COPY = """
import sys, polars as pl
pl.scan_csv(sys.argv[1], has_header=False, separator='\\x01', quote_char=None, new_columns=['line']).sink_parquet(sys.argv[2], compression='lz4')
"""


def generate(path: Path, megabytes: int) -> int:
    """Write a harness log of whole lines, a few percent of them events; gives its size in bytes."""
    noise = [
        f"2026-11-23 08:{m:02d}:{s:02d},{s * 13 % 1000:03d} DEBUG ccci.app: request {m * 60 + s} handled by worker-{s % 7} in {s * 37 % 900} ms, status 200, body of {s * 91} bytes"
        for m in range(60)
        for s in range(60)
    ]
    events = [
        "2026-11-23 08:55:33,600 INFO ccci.lifecycle: deploy_app: disc-69811c.ci.example.org",
        "2026-11-23 08:55:33,760 INFO ccci.abra: $ abra app deploy disc-69811c.ci.example.org -C -f -o -n -D -c --debug",
        "2026-11-23 08:55:33,832 DEBUG ccci.abra: DEBU <app/deploy.go:372> version: taking chaos version: a7be5bae+U",
        "2026-11-23 08:55:33,887 INFO ccci.lifecycle: deploy_app: done disc-69811c.ci.example.org",
        "2026-11-23 08:55:36,913 INFO ccci.lifecycle: deployed_identity: stack=disc-69811c_ci_example_org version=0.7.0+3.3.1 chaos=true chaos-version=92a304dd+U",
    ]
    block = []
    for i, line in enumerate(noise):
        block.append(line)
        if i % 30 == 0:
            block.append(events[i // 30 % len(events)])
    data = ("\n".join(block) + "\n").encode()
    with path.open("wb") as out:
        for _ in range(max(1, megabytes * 1_000_000 // len(data))):
            out.write(data)
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
        rows = {"forensics ingest": measured(forensics), "polars copies the lines": measured([sys.executable, "-c", COPY, str(log), str(folder / "copy.parquet")])}
        if shutil.which("lnav"):
            rows["lnav indexes"] = measured(["lnav", "-n", "-q", "-c", ":switch-to-view log", str(log)], env={**os.environ, "HOME": name})
        print(f"{size / 1e6:.0f} MB harness log")
        for label, (seconds, peak, status) in rows.items():
            print(f"{label:28} {seconds:7.2f} s {size / 1e6 / seconds:8.0f} MB/s {peak / 2**30:6.2f} GiB" + (f"   exit status {status}" if status else ""))
        if "lnav indexes" not in rows:
            print("lnav is not installed: left out (Debian package lnav)")
        ours, copy = rows["forensics ingest"][0], rows["polars copies the lines"][0]
        met = ours <= 3 * copy and rows["forensics ingest"][2] == 0 and ours <= rows.get("lnav indexes", (float("inf"),))[0]
        print(f"bar (within 3x of the copy, at least lnav's speed): {'met' if met else 'NOT met'}, {ours / copy:.1f}x the copy")
        return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
