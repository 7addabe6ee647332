"""docker's json-file log driver.

    {"log":"started hello\\n","stream":"stdout","time":"2026-11-23T07:50:12.518186328Z"}

Written by the docker daemon into `/var/lib/docker/containers/<id>/<id>-json.log`: UTC, nanoseconds, when the line (or its first piece) arrived.
A line over 16 KiB comes in pieces without the newline: they are joined, each stream for itself.
"""

import json

import polars as pl

from parsers.envelope import Envelope, in_stages, instant
from parsers.envelopes.json_lines import keys
from parsers.record import Sample


def _read(frame: pl.DataFrame) -> pl.DataFrame:
    frame = frame.with_columns(text=pl.when(pl.col("text").str.starts_with('{"log":') & pl.col("text").str.ends_with("}")).then("text"))
    frame = keys(frame, time=("time",), stream=("stream",), msg=("log",))
    frame = frame.with_columns(ts=instant(pl.col("time"), ("%Y-%m-%dT%H:%M:%S%.f%z",)))
    below = pl.col("time").str.extract(r"\.\d{6}(\d{1,3})").str.pad_end(3, "0").cast(pl.Int64).fill_null(0)
    return frame.with_columns(ts_ns=pl.col("ts").dt.epoch("us") * 1000 + below)


def _record(log: str, stream: str = "stdout") -> str:
    return f'{{"log":{json.dumps(log, ensure_ascii=False)},"stream":"{stream}","time":"2026-11-23T08:55:27.546186328Z"}}'


DOCKER_JSON = Envelope(
    name="docker_json",
    version=3,
    doc=__doc__,
    shape=r'\{"log":',
    open=lambda text: in_stages(text, ("ts", "ts_ns", "stream", "msg"), _read),
    render=lambda msg: _record(msg + "\n"),
    references=("https://docs.docker.com/engine/logging/drivers/json-file/", "https://github.com/moby/moby/issues/36777"),
    samples=(
        Sample(
            '{"log":"started hello\\n","stream":"stdout","time":"2026-11-23T07:50:12.518186328Z"}',
            [{"ts": "2026-11-23 07:50:12.518186", "ts_ns": 1795420212518186328, "msg": "started hello"}],
        ),
        Sample(
            "\n".join([_record("up"), _record("bad\n", "stderr"), _record("grade: PASS\r\n")]), [{"msg": "upgrade: PASS"}, {"msg": "bad"}]
        ),
        Sample(_record("no newline at the end"), [{"msg": "no newline at the end"}]),
        Sample('{"time": "2026-11-23T07:50:12Z", "msg": "x"}', None),
    ),
    stated=True,
    pieces=True,
    plain=lambda text: text.str.contains(r'\\n","', literal=False),
)
