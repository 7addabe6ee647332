"""`python -m bench.docker_events [--events 1000000]`: ingest a long stream of docker events in JSON.

The events are those of a captured incident, again and again with other ids and times. Beside it stands polars decoding the same
lines as JSON with the types given, which stores and hashes nothing.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench import _copies
from bench._measuring import bar, in_turns, ingesting, measured, parser, shown

MB_PER_S = 100
DECODE = """
import sys
import polars as pl
from parsers.records.docker_events_json import _SHAPE
lines = pl.scan_csv(sys.argv[1], has_header=False, separator="\\x01", quote_char=None, new_columns=["line"])
decoded = lines.select(pl.col("line").str.json_decode(_SHAPE).struct.field("timeNano").sum())
assert decoded.collect(engine="streaming").item()
"""


def main() -> int:
    """Measure, print a row each, say whether the bar is met."""
    takes = parser(__doc__)
    takes.add_argument("--events", type=int, default=1_000_000)
    options, _ = takes.parse_known_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        log, case = folder / "docker-events.ndjson", folder / "case"
        per_run = (_copies.CAPTURED / log.name).read_bytes().count(b"\n")
        events = _copies.write_events(log, -(-options.events // per_run), stacks=500)
        size = log.stat().st_size
        print(f"{events:,} events, {size / 1e6:.0f} MB")

        decode = [sys.executable, "-c", DECODE, str(log)]
        rows = in_turns({"forensics ingest": ingesting(log, case), "polars decodes the JSON": lambda: measured(decode)}, options.times)
        for label, run in rows.items():
            shown(label, run, f"{size / 1e6 / run.seconds:,.0f} MB/s")
    ingested = rows["forensics ingest"]
    met = bar("events ingested", size / 1e6 / ingested.seconds, least=MB_PER_S, unit=" MB/s")
    return 0 if met and not any(run.status for run in rows.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
