"""`python -m bench.big_case [--runs 2000] [--stacks 200]`: ask a case of many runs what happened, end to end.

The runs are copies of a captured incident, spread over the stacks so that those of one stack overlap, and one stream of docker events tells
of all. The commands are timed as a person types them, and `drift` is profiled where --profile says so.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import _copies
from bench._measuring import FORENSICS, measured, shown

PROFILED = """
import cProfile, pstats, sys
from forensics.cli import main
profile = cProfile.Profile()
profile.enable()
try:
    main(sys.argv[1:])
except SystemExit:
    pass
profile.disable()
pstats.Stats(profile, stream=sys.stderr).sort_stats("cumulative").print_stats(60)
"""


def main() -> int:
    """Measure each command, print a row each; 1 if one fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--stacks", type=int, default=200)
    parser.add_argument("--profile", action="store_true", help="also say where the time of `drift` goes")
    parser.add_argument("--folder", type=Path, help="where to work (default: a temporary folder)")
    options, _ = parser.parse_known_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        evidence, case = folder / "evidence", str(folder / "case")
        evidence.mkdir()
        files = _copies.write_runs(evidence, options.runs, stacks=options.stacks, spacing_s=15)
        events = _copies.write_events(evidence / "docker-events.ndjson", options.runs, stacks=options.stacks, spacing_s=15)
        print(f"{options.runs:,} runs on {options.stacks:,} stacks: {files:,} files, {events:,} docker events")
        statuses = []
        for command in ("ingest", "sources", "events", "overlaps", "drift", "findings"):
            arguments = [str(evidence), "--quiet"] if command == "ingest" else ["--json"]
            run = measured([FORENSICS, command, *arguments, "--case", case])
            shown(f"forensics {command}", run)
            statuses.append(run.status)
        if options.profile:
            subprocess.run([sys.executable, "-c", PROFILED, "drift", "--json", "--case", case], stdout=subprocess.DEVNULL, check=False)
    return 0 if all(status in (0, 1) for status in statuses) else 1


if __name__ == "__main__":
    sys.exit(main())
