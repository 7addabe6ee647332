"""`python -m bench.small_files [--files 10000]`: ingest many small files, and open the case afterwards.

The files are run folders, inspects, reflogs and refs: copies of a captured incident. Beside it stands Python that does
no more than find, read and hash them.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench import _copies
from bench._measuring import bar, in_turns, ingesting, measured, parser, shown

FILES_PER_S, OPEN_S = 2000, 1.0
READ = """
import hashlib, os, sys
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        with open(os.path.join(folder, name), "rb") as file:
            hashlib.sha256(file.read()).hexdigest()
"""
OPEN = """
import sys
from forensics.case import Case
case = Case.open(sys.argv[1])
assert case.events().collect().height
"""


def main() -> int:
    """Measure, print a row each, say whether the bars are met."""
    takes = parser(__doc__)
    takes.add_argument("--files", type=int, default=10_000)
    options, _ = takes.parse_known_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        evidence, case = folder / "evidence", folder / "case"
        files = _copies.write_runs(evidence, -(-options.files // len(_copies.captured())))
        size = sum(p.stat().st_size for p in evidence.rglob("*") if p.is_file())
        print(f"{files:,} files, {size / 1e6:.0f} MB")

        rows = in_turns(
            {
                "forensics ingest": ingesting(evidence, case),
                "Python reads and hashes": lambda: measured([sys.executable, "-c", READ, str(evidence)]),
                "opens the case, reads all events": lambda: measured([sys.executable, "-c", OPEN, str(case)]),
            },
            options.times,
        )
        for label, run in rows.items():
            shown(label, run, *([f"{files / run.seconds:,.0f} files/s"] if "open" not in label else []))
    ingested, opened = rows["forensics ingest"], rows["opens the case, reads all events"]
    met = [
        bar("files ingested in a second", files / ingested.seconds, least=FILES_PER_S),
        bar("opening the case, Python's start included", opened.seconds, most=OPEN_S, unit=" s"),
        not (ingested.status or opened.status),
    ]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
