"""asciinema's recordings, version 2.

    {"version": 2, "width": 80, "height": 24, "timestamp": 1795424127, "command": "abra app deploy …"}
    [0.248848, "o", "remote: Counting objects:   1% (17/1687)\\u001b[K\\rremote: …"]

A header with the instant at which the recording began, then events: seconds since then, what happened, and text. Output (`o`) is read, joined up to each newline;
input, markers and resizes are not. Without a `timestamp` in the header the times stay relative. The header is a message of its own. Version 3 counts
from the last event and is not read.
"""

import json

import polars as pl

from parsers.envelope import Envelope, epoch_us, in_stages, match
from parsers.envelopes.json_lines import keys
from parsers.record import Sample

_EVENT = r'^\[\s*(?P<at>\d+(?:\.\d+)?(?:[eE]-?\d+)?)\s*,\s*"o"\s*,\s*(?P<msg>"(?:[^"\\]|\\.)*")\s*\]$'
_HEADER = r'^\{.*"version"\s*:\s*2\b.*\}$'


def _read(frame: pl.DataFrame) -> pl.DataFrame:
    events = match(frame, [_EVENT], ["at", "msg"])
    header = keys(frame.select(text=pl.when(pl.col("text").str.contains(_HEADER)).then("text")), time=("timestamp",))
    said = pl.concat_str(pl.lit('{"o":'), "msg", pl.lit("}")).str.json_path_match("$.o")
    told = events.with_columns(header=header["text"], starts=header.select(epoch_us(pl.col("time"))).to_series())
    return told.with_columns(
        ts="starts",
        rel_us=(pl.col("at").cast(pl.Float64, strict=False) * 1_000_000).round().cast(pl.Int64, strict=False),
        resolution_us=pl.when(pl.col("header").is_not_null()).then(1_000_000).otherwise(1),
        msg=pl.coalesce(pl.concat_str("header", pl.lit("\n")), said),
    )


ASCIICAST = Envelope(
    name="asciicast",
    version=1,
    doc=__doc__,
    shape=r'\[\s*\d+(?:\.\d+)?\s*,\s*"[a-z]"\s*,|\{.*"version"\s*:\s*2\b',
    needs=r'\A\s*\{[^\n]*"version"\s*:\s*2\b[^\n]*"(?:width|height)"|\A\s*\{[^\n]*"(?:width|height)"[^\n]*"version"\s*:\s*2\b',
    open=lambda text: in_stages(text, ("ts", "starts", "rel_us", "resolution_us", "msg"), _read),
    render=lambda msg: f'[12.546028, "o", {json.dumps(msg + chr(13) + chr(10))}]',
    references=("https://docs.asciinema.org/manual/asciicast/v2/",),
    samples=(
        Sample(
            '{"version": 2, "width": 80, "height": 24, "timestamp": 1795424127}\n[0.25, "o", "up"]\n[1.5, "o", "grade: PASS\\r\\n$ "]\n[1.6, "i", "x"]',
            [
                {"ts": "2026-11-23 08:55:27"},
                {"ts": "2026-11-23 08:55:27.250000", "msg": "upgrade: PASS"},
                {"ts": "2026-11-23 08:55:28.500000", "msg": "$ "},
            ],
        ),
        Sample(
            '{"version": 2, "width": 80, "height": 24}\n[0.5, "o", "x\\r\\n"]', [{"ts": None}, {"ts": None, "rel_us": 500_000, "msg": "x"}]
        ),
        Sample('[1.6, "i", "typed"]', None),
        Sample('{"version": 3, "term": {"cols": 80, "rows": 24}}', None),
    ),
    stated=True,
    relative=True,
    pieces=True,
    plain=False,
)
