"""Many copies of a captured incident (data/dstamp), each with a run, a stack and a time of its own.

What a copy says is what was captured; only names, ids and times differ. So parsers and correlator meet the real thing, as often as wanted.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from pathlib import Path

CAPTURED = Path(__file__).parents[1] / "data" / "dstamp" / "evidence"
RUN, STACK = b"dstamp-repro4", b"69811c"
SERVICES = (b"gbmnq099w24s0ws5c08n97tjl", b"z75h75yeut374shpxdxnxbz74", b"f6hb995aml8spxd2oba9rh855")
TOGETHER = ("docker-events.ndjson", "docker-events.txt", "dockerd.log")  # of the host, not of a run
_EPOCH = re.compile(rb"\b(1795\d{6})(?=\b|\d{9}\b)")
_STAMP = re.compile(rb"\b2026-11-23[T ]\d\d:\d\d:\d\d")


def captured() -> dict[str, bytes]:
    """The files of one run."""
    paths = sorted(p for p in CAPTURED.rglob("*") if p.is_file() and p.name not in TOGETHER)
    return {str(p.relative_to(CAPTURED)): p.read_bytes() for p in paths}


def copied(data: bytes, run: int, stack: int, later_s: int) -> bytes:
    """One text of the captured run as that of another run, on another stack, so many seconds later."""

    def epoch(found: re.Match[bytes]) -> bytes:
        return b"%d" % (int(found[1]) + later_s)

    def stamp(found: re.Match[bytes]) -> bytes:
        text = found[0].decode()
        return str(datetime.fromisoformat(text) + timedelta(seconds=later_s)).replace(" ", text[10]).encode()

    data = data.replace(RUN, b"run-%05d" % run).replace(STACK, b"%06x" % (stack + 0x100000))
    for n, service in enumerate(SERVICES):
        data = data.replace(service, hashlib.sha256(b"%d.%d.%d" % (run, stack, n)).hexdigest()[:25].encode())
    return _STAMP.sub(stamp, _EPOCH.sub(epoch, data)) if later_s else data


def write_runs(folder: Path, runs: int, *, stacks: int | None = None, spacing_s: int = 60) -> int:
    """Write the folders of so many runs; run n is on stack n modulo `stacks`, and begins when all stacks have had one. Gives the number of files."""
    files, written = captured(), 0
    stacks = stacks or runs
    for n in range(runs):
        for path, data in files.items():
            place = folder / copied(path.encode(), n, n % stacks, n // stacks * spacing_s).decode()
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(copied(data, n, n % stacks, n // stacks * spacing_s))
            written += 1
    return written


def write_events(path: Path, runs: int, *, stacks: int | None = None, spacing_s: int = 60) -> int:
    """Write what docker said of all these runs as one stream of JSON, in the order of time. Gives the number of events."""
    lines = (CAPTURED / TOGETHER[0]).read_bytes().splitlines(keepends=True)
    stacks, count = stacks or runs, 0
    with path.open("wb") as file:
        for round_ in range(-(-runs // stacks)):
            for line in lines:
                for n in range(round_ * stacks, min(runs, (round_ + 1) * stacks)):
                    file.write(copied(line, n, n % stacks, round_ * spacing_s))
                    count += 1
    return count
