"""`python -m bench.start_up`: how long `forensics --help` takes, and an incident from evidence to report."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from bench._copies import CAPTURED
from bench._measuring import FORENSICS, Run, bar, in_turns, measured, shown

HELP_S, DEMO_S = 0.25, 5.0


def demo(folder: Path) -> Run:
    """Ingest a captured incident and write its report, as `make demo` does; both together."""
    case = folder / "case"
    shutil.rmtree(case, ignore_errors=True)
    steps = (
        ["ingest", str(CAPTURED), "--case", str(case), "--quiet"],
        ["report", "--case", str(case), "--output", str(folder / "report.md")],
    )
    runs = [measured([FORENSICS, *step]) for step in steps]
    status = max((r.status for r in runs), key=abs)
    return Run(sum(r.seconds for r in runs), sum(r.processor for r in runs), max(r.peak for r in runs), status)


def main() -> int:
    """Measure, print a row each, say whether the bars are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5, help="how often each runs; the median counts")
    options, _ = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as name:
        rows = in_turns(
            {
                "forensics --help": lambda: measured([FORENSICS, "--help"]),
                "python -c pass": lambda: measured([sys.executable, "-c", "pass"]),
                "incident to report": lambda: demo(Path(name)),
            },
            options.times,
        )
    for label, run in rows.items():
        shown(label, run)
    met = [
        bar("forensics --help", rows["forensics --help"].seconds, most=HELP_S, unit=" s"),
        bar("an incident from evidence to report", rows["incident to report"].seconds, most=DEMO_S, unit=" s"),
    ]
    return 0 if all(met) and not any(run.status for run in rows.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
