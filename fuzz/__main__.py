"""Run every target, each for its share of the time: `python -m fuzz SECONDS [JOBS]`.

What breaks is left in out/fuzz/, and the line that reads it again is printed.
"""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TARGETS = ("parsing", "archives", "ledger", "quotes")
OUT = Path("out/fuzz")


def run(target: str, seconds: int) -> bool:
    """Fuzz one target; false where something was found."""
    corpus = OUT / target
    corpus.mkdir(parents=True, exist_ok=True)
    limits = [f"-max_total_time={seconds}", "-max_len=65536", "-rss_limit_mb=4096", "-timeout=60", "-verbosity=0"]
    command = [sys.executable, "-m", f"fuzz.{target}", str(corpus), f"-artifact_prefix={OUT}/{target}-", *limits]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if done.returncode:
        print(done.stdout[-4000:] + done.stderr[-4000:], file=sys.stderr)
        found = sorted(OUT.glob(f"{target}-*"), key=lambda path: path.stat().st_mtime)
        print(f"fuzz: {target}: again with: {sys.executable} -m fuzz.{target} {found[-1] if found else ''}", file=sys.stderr)
    else:
        print(f"fuzz: {target}: {seconds} s, {len(list(corpus.iterdir()))} inputs that went new ways, nothing found")
    return not done.returncode


def main(seconds: int, jobs: int) -> int:
    share = max(1, seconds * min(jobs, len(TARGETS)) // len(TARGETS))
    with ThreadPoolExecutor(jobs) as pool:
        sound = list(pool.map(lambda target: run(target, share), TARGETS))
    return 0 if all(sound) else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1))
