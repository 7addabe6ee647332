"""Drone's step log, one object a line.

`{"pos": 0, "out": "+ go build -o test-drone\\n", "time": 0}`

`time` is whole seconds since the step's log writer began, so the log alone has no instant.

References:
    https://github.com/drone/runner-go (livelog)
"""

import json

import polars as pl

from parsers.envelope import Envelope
from parsers.record import Sample

SHAPE = r'^\[?\{"pos": ?\d+, ?"out": ?".*"(?:, ?"time": ?\d+)?\}[\],]?$'


def _open(text: pl.Expr) -> pl.Expr:
    whole = pl.when(text.str.contains(SHAPE)).then(text.str.strip_prefix("[").str.replace(r"[\],]+$", ""))
    return pl.struct(
        rel_us=whole.str.json_path_match("$.time").cast(pl.Int64, strict=False) * 1_000_000,
        msg=whole.str.json_path_match("$.out").str.replace(r"\r?\n$", "").str.replace(r"(?s)^.*\r", ""),
    )


DRONE = Envelope(
    name="drone",
    version=1,
    open=_open,
    render=lambda msg: json.dumps({"pos": 3, "out": msg + "\n", "time": 6}),
    references=("https://github.com/drone/runner-go",),
    samples=(
        Sample('{"pos": 0, "out": "install: PASS\\n", "time": 6}', [{"rel_us": 6_000_000, "msg": "install: PASS"}]),
        Sample('{"pos":0,"out":"(log truncated)"}', [{"rel_us": None, "msg": "(log truncated)"}]),
        Sample('{"position": 0, "out": "x", "time": 6}', None),
    ),
    relative=True,
    resolution_us=1_000_000,
)
