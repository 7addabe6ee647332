"""One JSON object a line, with the usual key names; and docker's json-file driver.

`{"time": "2026-11-23T08:43:16.983512Z", "level": "info", "logger": "ccci.run", "run": "ab", "msg": "…"}`
`{"log":"started hello\\n","stream":"stdout","time":"2026-11-23T07:50:12.518186328Z"}`

A time without a zone, or as epoch seconds, milliseconds or nanoseconds, is read by its size.
"""

import polars as pl

from parsers.envelope import Envelope, instant
from parsers.record import Sample

TIME = ("time", "ts", "timestamp", "@timestamp", "asctime", "datetime")
MESSAGE = ("msg", "message", "event", "text")
FORMATS = ("%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%d %H:%M:%S%.f%z", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f")


def _key(text: pl.Expr, *names: str) -> pl.Expr:
    """The first of these keys that the object has; a quoted path, since `@` and `.` mean something in one."""
    return pl.coalesce([text.str.json_path_match(f"$['{n}']") for n in names])


def _open(text: pl.Expr) -> pl.Expr:
    whole = pl.when(text.str.starts_with("{") & text.str.ends_with("}")).then(text)
    time = _key(whole, *TIME)
    return pl.struct(
        ts=instant(time.str.replace(",", ".", literal=True), FORMATS),
        zone=time.str.contains(r"(?:Z|[+-]\d\d:?\d\d)$"),
        level=_key(whole, "level", "levelname", "severity", "lvl"),
        logger=_key(whole, "logger", "name", "module"),
        host=_key(whole, "host", "hostname"),
        run=_key(whole, "run", "run_id"),
        msg=_key(whole, *MESSAGE),
    )


def _open_docker(text: pl.Expr) -> pl.Expr:
    whole = pl.when(text.str.starts_with('{"log":')).then(text)
    time = _key(whole, "time")
    return pl.struct(ts=instant(time.str.replace(r"(\.\d{6})\d+", "$1"), FORMATS), msg=_key(whole, "log").str.strip_suffix("\n"))


def _escape(msg: str) -> str:
    import json

    return json.dumps(msg, ensure_ascii=False)


JSON_LINES = Envelope(
    name="json_lines",
    version=1,
    open=_open,
    render=lambda msg: f'{{"time": "2026-11-23T08:55:27.546000Z", "level": "info", "logger": "ccci.run", "msg": {_escape(msg)}}}',
    references=("https://jsonlines.org/",),
    samples=(
        Sample(
            '{"time": "2026-11-23T08:43:16.983512Z", "level": "info", "logger": "ccci.run", "run": "ab", "msg": "install: PASS"}',
            [{"ts": "2026-11-23 08:43:16.983512", "level": "info", "run": "ab", "msg": "install: PASS"}],
        ),
        Sample('{"@timestamp": "2026-11-23T08:43:16Z", "message": "upgrade\\u2192PR-head: x"}', [{"msg": "upgrade→PR-head: x"}]),
        Sample('{"time": "2026-11-23T08:43:16.983512Z", "level": "info"', None),
    ),
    stated=True,
)

DOCKER_JSON = Envelope(
    name="docker_json",
    version=1,
    open=_open_docker,
    render=lambda msg: f'{{"log":{_escape(msg + chr(10))},"stream":"stdout","time":"2026-11-23T08:55:27.546186328Z"}}',
    references=("https://docs.docker.com/engine/logging/drivers/json-file/",),
    samples=(
        Sample(
            '{"log":"started hello\\n","stream":"stdout","time":"2026-11-23T07:50:12.518186328Z"}',
            [{"ts": "2026-11-23 07:50:12.518186", "msg": "started hello"}],
        ),
        Sample('{"time": "2026-11-23T07:50:12Z", "msg": "x"}', None),
    ),
    stated=True,
)
