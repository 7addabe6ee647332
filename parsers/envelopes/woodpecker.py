"""Woodpecker's step log.

    {"id":7,"step_id":3,"time":6,"line":3,"data":"dXBncmFkZTogUEFTUw==","type":0}

JSON lines as its log store keeps them (`<step id>.json`), or an array as its API gives them. `data` is base64; `time` is whole seconds since the
step's log writer began, so the log alone has no instant. Types: 0 stdout, 1 stderr; an exit code (2) is no text of the step, and worded `(woodpecker: exit
status 1)`; metadata and progress (3, 4) are not read. No real row was at hand: samples follow the source.
"""

import base64
import json

import polars as pl

from parsers import lines as text_lines
from parsers.envelope import Envelope, in_stages
from parsers.envelopes.json_lines import keys
from parsers.record import Sample

EXIT = "2"


def _read(frame: pl.DataFrame) -> pl.DataFrame:
    frame = frame.with_columns(text=pl.col("text").str.strip_chars("[], "))
    shaped = (
        pl.col("text").str.starts_with("{") & pl.col("text").str.contains('"step_id"', literal=True) & pl.col("text").str.ends_with("}")
    )
    frame = keys(frame.with_columns(text=pl.when(shaped).then("text")), type=("type",), data=("data",), time=("time",))
    kind = pl.col("type").fill_null("0")
    data = pl.when(kind.is_in(["0", "1", EXIT])).then("data").str.decode("base64", strict=False)
    said = data.map_batches(text_lines.decode, return_dtype=pl.String).str.strip_suffix("\n")
    code = said.str.extract(r"^\s*(-?\d{1,10})\s*$")
    return frame.with_columns(
        rel_us=pl.col("time").cast(pl.Int64, strict=False) * 1_000_000,
        msg=pl.when(kind == EXIT).then(pl.concat_str(pl.lit("(woodpecker: exit status "), code, pl.lit(")"))).otherwise(said),
    )


def _record(msg: str, type_: int = 0) -> str:
    data = base64.b64encode(msg.encode()).decode()
    return json.dumps({"id": 7, "step_id": 3, "time": 6, "line": 3, "data": data, "type": type_}, separators=(",", ":"))


WOODPECKER = Envelope(
    name="woodpecker",
    version=2,
    doc=__doc__,
    shape=r'\[?\s*\{[^{}]*"step_id"\s*:',
    open=lambda text: in_stages(text, ("rel_us", "msg"), _read),
    render=_record,
    references=("https://github.com/woodpecker-ci/woodpecker/blob/main/server/model/log.go",),
    samples=(
        Sample(_record("upgrade: PASS"), [{"rel_us": 6_000_000, "msg": "upgrade: PASS"}], synthetic=True),
        Sample(_record("upgrade→PR-head\r\n", 1), [{"msg": "upgrade→PR-head"}], synthetic=True),
        Sample('{"id":1,"step_id":3,"time":0,"line":0,"data":"aP9p","type":0}', [{"msg": "h\ufffdi"}], synthetic=True),
        Sample('{"id":1,"step_id":3,"time":0,"line":0,"data":"","type":0}', [{"msg": ""}], synthetic=True),
        Sample(_record("1", 2), [{"rel_us": 6_000_000, "msg": "(woodpecker: exit status 1)"}], synthetic=True),
        Sample(_record("one", 2), None, synthetic=True),
        Sample(_record("{}", 3), None, synthetic=True),
        Sample('{"id":1,"step_id":3,"time":0,"line":0,"data":"no base64!","type":0}', None, synthetic=True),
        Sample('{"id":1,"time":0,"data":"aGk="}', None, synthetic=True),
    ),
    relative=True,
    resolution_us=1_000_000,
    plain=False,
)
