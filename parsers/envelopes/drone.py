"""Drone's step log.

    {"pos": 0, "out": "+ go build -o test-drone\\n", "time": 0}

As streamed, one object a line, or as the API gives it, one array. `time` is whole seconds since the step's log writer began, so the log alone has
no instant. `out` may be a part of a line, or empty: the pieces are joined up to the newline. `pos` need not begin at 0 (of a log over 5 MB the
oldest lines go); `(log truncated)` is an operator's.
"""

import json

import polars as pl

from parsers.envelope import Envelope, in_stages
from parsers.envelopes.json_lines import keys
from parsers.record import Sample

SHAPE = r'^\[?\s*\{\s*"pos":\s*\d+,\s*"out":\s*".*"(?:,\s*"time":\s*\d+)?\s*\}[\],]*$'
CUT = "(log truncated)"


def _read(frame: pl.DataFrame) -> pl.DataFrame:
    frame = frame.with_columns(text=pl.when(pl.col("text").str.contains(SHAPE)).then(pl.col("text").str.strip_chars("[],")))
    frame = keys(frame, out=("out",), time=("time",))
    return frame.with_columns(
        rel_us=pl.col("time").cast(pl.Int64, strict=False) * 1_000_000,
        msg=pl.when(pl.col("out") == CUT).then(pl.lit(CUT + "\n")).otherwise("out"),
    )


def _record(out: str, time: int = 6) -> str:
    return json.dumps({"pos": 3, "out": out, "time": time})


DRONE = Envelope(
    name="drone",
    version=3,
    doc=__doc__,
    shape=r'\[?\s*\{\s*"pos":\s*\d+,\s*"out":\s*"',
    open=lambda text: in_stages(text, ("rel_us", "msg"), _read),
    render=lambda msg: _record(msg + "\n"),
    references=("https://github.com/drone/runner-go/tree/master/livelog", "https://docs.drone.io/api/logs/view/"),
    samples=(
        Sample('{"pos": 0, "out": "install: PASS\\n", "time": 6}', [{"rel_us": 6_000_000, "msg": "install: PASS"}]),
        Sample(
            "\n".join([_record("ins", 1), _record("", 2), _record("tall: PASS\nup", 3), _record("grade: PASS\r\n", 4)]),
            [{"rel_us": 1_000_000, "msg": "install: PASS"}, {"rel_us": 3_000_000, "msg": "upgrade: PASS"}],
        ),
        Sample('{"pos":0,"out":"(log truncated)"}\n{"pos":9,"out":"x\\n","time":8}', [{"rel_us": None, "msg": CUT}, {"msg": "x"}]),
        Sample('{"pos":0,"out":"10%\\r20%\\rdone\\n","time":1}', [{"msg": "10%\r20%\rdone"}]),
        Sample('{"position": 0, "out": "x", "time": 6}', None),
    ),
    relative=True,
    resolution_us=1_000_000,
    pieces=True,
    plain=lambda text: text.str.contains(r'\\n"\s*[,}]'),
)
