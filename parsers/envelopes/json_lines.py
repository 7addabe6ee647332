"""One JSON object a line, with the usual key names.

    {"time": "2026-11-23T08:43:16.983512Z", "level": "info", "logger": "ccci.run", "run": "ab", "msg": "upgrade: PASS"}
    {"@timestamp": "2026-11-23T08:43:16.983Z", "log.level": "info", "message": "upgrade: PASS"}
    {"time":"2026/11/23 08:43:16","level":"info","caller":"app/deploy.go:372","prefix":"version","msg":"taking chaos version: 7ae7b0f7"}

Written by structlog, python-json-logger, zap, zerolog, pino, slog, Elastic's ECS and charmbracelet/log (whose prefix belongs to the message, as
in its text form). The time is ISO 8601 in any spelling, HTTP's or Go's, or epoch seconds, milliseconds, microseconds or nanoseconds by its size; one without
a zone is local. Objects behind `data: ` (server-sent events) or 0x1E (json-seq) are read too.
"""

import json

import polars as pl

from parsers.envelope import Envelope, epoch_us, in_stages
from parsers.envelopes.iso import times as iso_times
from parsers.record import Sample

TIME = ("time", "ts", "timestamp", "@timestamp", "asctime", "datetime", "t", "@t", "date")
MESSAGE = ("msg", "message", "event", "text", "@m")
LEVEL = ("level", "levelname", "log.level", "severity", "lvl", "@l")
LOGGER = ("logger", "name", "log.logger", "module", "caller", "component")


NUMBER = r"^\d{9,19}(?:\.\d+)?$"


def keys(frame: pl.DataFrame, **wanted: tuple[str, ...]) -> pl.DataFrame:
    """Per name the first of its keys that the JSON object in `text` has, as text; keys that no text holds are not looked for.

    By a quoted path, since `@` and `.` mean something in one.
    """
    held = {k for names in wanted.values() for k in names if frame["text"].str.contains(f'"{k}"', literal=True).any()}
    text = pl.col("text")
    return frame.with_columns(
        pl.coalesce([*(text.str.json_path_match(f"$['{k}']") for k in names if k in held), pl.lit(None, pl.String)]).alias(name)
        for name, names in wanted.items()
    )


def times(frame: pl.DataFrame) -> pl.DataFrame:
    """What the column `time` tells, in whatever spelling: ts, zone, resolution_us."""
    time = pl.col("time")
    frame = frame.with_columns(
        number=time.str.contains(NUMBER), digits=time.str.extract(r"^\d{9,11}\.(\d+)$").str.len_bytes().cast(pl.Int64)
    )
    if frame["number"].any():
        step = (
            pl.when(time.str.len_bytes() == 10)
            .then(1_000_000)
            .when(pl.col("digits").is_not_null())
            .then(pl.lit(10, pl.Int64).pow(6 - pl.col("digits").clip(0, 6)))
            .when(time.str.len_bytes() <= 13)
            .then(1000)
            .otherwise(1)
        )
        told = {"ts": epoch_us(time), "zone": pl.lit(True), "resolution_us": step.cast(pl.Int64)}
        texts = iso_times(pl.when(~pl.col("number")).then(time))
        frame = frame.with_columns(**{n: pl.when("number").then(told[n]).otherwise(texts[n]) for n in told})
    else:
        frame = frame.with_columns(**iso_times(time))
    return frame


def _read(frame: pl.DataFrame) -> pl.DataFrame:
    frame = frame.with_columns(text=pl.col("text").str.replace(r"^(?:data: |\x1e)", "").str.strip_chars())
    frame = frame.with_columns(text=pl.when(pl.col("text").str.starts_with("{") & pl.col("text").str.ends_with("}")).then("text"))
    told = keys(
        frame,
        time=TIME,
        msg=MESSAGE,
        level=LEVEL,
        logger=LOGGER,
        host=("host", "hostname", "host.name"),
        run=("run", "run_id"),
        prefix=("prefix",),
    )
    return prefixed(times(told))


def prefixed(frame: pl.DataFrame) -> pl.DataFrame:
    """charmbracelet/log's prefix belongs to the message, as in its text form. The other reading is the whole record: an error stands beside its message."""
    both = pl.col("prefix").is_not_null() & pl.col("msg").is_not_null()
    frame = frame.with_columns(msg=pl.when(both).then(pl.concat_str("prefix", pl.lit(": "), "msg")).otherwise("msg"))
    return frame.with_columns(otherwise=pl.when(~pl.col("msg").str.contains("\n", literal=True)).then("text"))


TELLS = ("ts", "zone", "resolution_us", "level", "logger", "host", "run", "msg", "otherwise")


JSON_LINES = Envelope(
    name="json_lines",
    version=4,
    doc=__doc__,
    shape=rf'\s*(?:data: |\x1e)?\{{.*"(?:{"|".join(MESSAGE)})"\s*:.*\}}\s*$',
    open=lambda text: in_stages(text, TELLS, _read),
    render=lambda msg: json.dumps(
        {"time": "2026-11-23T08:55:27.546000Z", "level": "info", "logger": "ccci.run", "msg": msg}, ensure_ascii=False
    ),
    references=(
        "https://jsonlines.org/",
        "https://www.structlog.org/en/stable/standard-library.html",
        "https://pkg.go.dev/go.uber.org/zap",
    ),
    samples=(
        Sample(
            '{"time": "2026-11-23T08:43:16.983512Z", "level": "info", "logger": "ccci.run", "run": "ab", "msg": "install: PASS"}',
            [{"ts": "2026-11-23 08:43:16.983512", "zone": True, "level": "info", "run": "ab", "msg": "install: PASS"}],
        ),
        Sample('{"@timestamp": "2026-11-23T08:43:16Z", "message": "upgrade\\u2192PR-head: x"}', [{"msg": "upgrade→PR-head: x"}]),
        Sample(
            '{"ts":1795423396.9835,"caller":"x/y.go:1","msg":"x"}',
            [{"ts": "2026-11-23 08:43:16.983500", "zone": True, "resolution_us": 100}],
        ),
        Sample('{"time":1795423396983,"level":30,"msg":"x"}', [{"ts": "2026-11-23 08:43:16.983000", "level": "30", "resolution_us": 1000}]),
        Sample(
            '{"asctime": "2026-11-23 08:43:16,983", "levelname": "INFO", "name": "r", "message": "x"}', [{"zone": False, "logger": "r"}]
        ),
        Sample(
            '{"time":"2026/11/23 08:43:16","level":"info","prefix":"version","msg":"taking x"}',
            [{"ts": "2026-11-23 08:43:16", "zone": False, "resolution_us": 1_000_000, "msg": "version: taking x"}],
        ),
        Sample('{"time":"Mon, 23 Nov 2026 08:43:16 GMT","msg":"x"}', [{"ts": "2026-11-23 08:43:16", "zone": True}]),
        Sample('{"time":"2026/11/23 08:43:16.5 UTC","msg":"x"}', [{"ts": "2026-11-23 08:43:16.500000", "zone": True}]),
        Sample('{"time":"2026-11-23 08:43:16.1 +0100 CET m=+0.012","msg":"x"}', [{"ts": "2026-11-23 07:43:16.100000", "zone": True}]),
        Sample('{"time":"2026-11-23 08:43:16 CET","msg":"what CET is, differs"}', [{"ts": None}]),
        Sample('data: {"time":"2026-11-23T08:43:16Z","message":"one\\ntwo"}', [{"msg": "one"}, {"msg": "two"}]),
        Sample('{"time": "2026-11-23T08:43:16.983512Z", "level": "info"', None),
        Sample('{"time": "2026-11-23T08:43:16.983512Z", "level": "info"}', None),
    ),
    stated=True,
)
