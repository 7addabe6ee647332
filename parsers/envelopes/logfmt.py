"""logfmt: pairs of key and value.

    time=2026-11-23T08:43:16.983Z level=info msg="upgrade: PASS" run=ab

Written by logrus, go-kit, slog's text handler and charmbracelet/log's logfmt form. A value with white space or quotes stands in quotes, with JSON's
escapes. The time is read as in JSON lines: ISO 8601 in any spelling, slashes, or an epoch number; without a zone it is local. Looked for inside every other
envelope, since dockerd's lines come in journald's and syslog's.
"""

import polars as pl

from parsers.envelope import Envelope, in_stages, instant, match, resolution
from parsers.envelopes.json_lines import TELLS, prefixed, times
from parsers.record import Sample

_QUOTED = r'"(?:[^"\\]|\\.)*"'
_KEY = r'[^\s="]+'
_BEFORE = rf"^(?:{_KEY}(?:=(?:{_QUOTED}|[^\s\"]*))? +)*?"


def _value(keys: str) -> pl.Expr:
    """A key's value, as it was before it was quoted."""
    return pl.col("text").str.extract(rf"{_BEFORE}(?:{keys})=({_QUOTED}|[^\s\"]*)").map_batches(_unquoted, return_dtype=pl.String)


def _unquoted(values: pl.Series) -> pl.Series:
    quoted = values.str.starts_with('"').fill_null(False)
    if not quoted.any():
        return values
    at = quoted.arg_true()
    inside = values.gather(at).str.slice(1).str.head(-1)
    if (escaped := inside.str.contains("\\", literal=True)).any():
        # As JSON writes it where it can be read so; else the few escapes that everybody writes.
        valid = inside.str.contains(r'^(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*$') & escaped
        decoded = ('"' + inside.filter(valid) + '"').str.json_decode(pl.String)
        plain = (
            inside.str.replace_all('\\"', '"', literal=True)
            .str.replace_all("\\n", "\n", literal=True)
            .str.replace_all("\\t", "\t", literal=True)
        )
        inside = plain.scatter(valid.arg_true(), decoded) if len(decoded) else plain
    return values.scatter(at, inside)


def _read(frame: pl.DataFrame) -> pl.DataFrame:
    frame = frame.with_columns(text=pl.when(pl.col("text").str.contains(rf"^{_KEY}=")).then("text"))
    frame = frame.with_columns(
        time=_value("time|ts|t|timestamp|at"),
        level=_value("level|lvl|severity"),
        logger=_value("logger|caller|component|source"),
        host=_value("host|hostname"),
        run=_value("run|run_id"),
        prefix=_value("prefix"),
        msg=_value("msg|message|event"),
    )
    return prefixed(times(frame))


def _quote(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False)


LOGFMT = Envelope(
    name="logfmt",
    version=3,
    doc=__doc__,
    shape=rf"(?:{_KEY}=(?:{_QUOTED}|[^\s\"]*) +)*?(?:msg|message|event)=",
    open=lambda text: in_stages(text, TELLS, _read),
    render=lambda msg: f"time=2026-11-23T08:55:27.546Z level=info msg={_quote(msg)}",
    references=("https://brandur.org/logfmt", "https://pkg.go.dev/github.com/go-logfmt/logfmt"),
    samples=(
        Sample(
            'time=2026-11-23T08:43:16.983Z level=info msg="upgrade: PASS" run=ab',
            [{"ts": "2026-11-23 08:43:16.983000", "zone": True, "level": "info", "run": "ab", "msg": "upgrade: PASS"}],
        ),
        Sample(
            'time="2026/11/23 08:43:16" level=info prefix=version msg="taking x"',
            [{"ts": "2026-11-23 08:43:16", "msg": "version: taking x"}],
        ),
        Sample('level=info err="no msg=here" msg="a \\"b\\" \\u2192 c"', [{"ts": None, "level": "info", "msg": 'a "b" → c'}]),
        Sample('level=info msg="info\\nfoo"', [{"msg": "info"}, {"msg": "foo"}]),
        Sample("ts=1795423396.9 msg=done", [{"ts": "2026-11-23 08:43:16.900000", "zone": True, "msg": "done"}]),
        Sample("level=info nothing is said", None),
        Sample("recipe-ci: RECIPE=discourse msg=x", None),
    ),
    stated=True,
)

_LEVELS = {"DEBU": "debug", "INFO": "info", "WARN": "warning", "ERRO": "error", "FATA": "fatal", "PANI": "panic"}
_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)"
_TTY = (
    rf"^(?P<level>{'|'.join(_LEVELS)})\[(?:(?P<since>\d{{4,10}})|(?P<ts>{_TIME}))\] (?P<msg>(?P<all>.*?) *(?: {_KEY}=(?:{_QUOTED}|\S*))*)$"
)


def _read_tty(frame: pl.DataFrame) -> pl.DataFrame:
    found = match(frame, [_TTY], ["level", "since", "ts", "all", "msg"])
    return found.with_columns(
        ts=instant(pl.col("ts"), ("%Y-%m-%dT%H:%M:%S%.f%z",)),
        resolution_us=resolution(pl.col("ts")),
        zone=pl.col("ts").is_not_null(),
        level=pl.col("level").replace_strict(_LEVELS, default=None, return_dtype=pl.String),
        rel_us=pl.col("since").cast(pl.Int64, strict=False) * 1_000_000,
        otherwise=pl.when(pl.col("all") != pl.col("msg")).then("all"),
    )


LOGRUS_TTY = Envelope(
    name="logrus_tty",
    version=2,
    doc="""logrus on a terminal.

        ERRO[0456] fatal task error    error="task: non-zero exit (137)" task.id=t
        ERRO[2022-01-03T15:52:13.166717560+08:00] fatal task error    error="task: non-zero exit (137)" task.id=t

    As dockerd and other programs print it where a person looks: seconds since the program began, which the line does not state, or the whole time. Pairs
    follow the message: both readings are tried. Looked for inside every other envelope.
    """,
    shape=rf"(?:{'|'.join(_LEVELS)})\[(?:\d{{4,10}}|{_TIME})\] ",
    open=lambda text: in_stages(text, ("ts", "resolution_us", "zone", "level", "rel_us", "msg", "otherwise"), _read_tty),
    render=lambda msg: f"INFO[0456] {msg}",
    references=("https://github.com/sirupsen/logrus", "https://github.com/moby/moby/issues/30938"),
    samples=(
        Sample(
            'ERRO[0456] fatal task error    error="task: non-zero exit (137)" task.id=t',
            [
                {
                    "level": "error",
                    "rel_us": 456_000_000,
                    "msg": 'fatal task error    error="task: non-zero exit (137)" task.id=t',
                    "otherwise": "fatal task error",
                }
            ],
        ),
        Sample("INFO[0000] API listen on /var/run/docker.sock", [{"rel_us": 0, "msg": "API listen on /var/run/docker.sock"}]),
        Sample(
            "INFO[2022-01-03T15:52:13.166717560+08:00] API listen on /var/run/docker.sock",
            [
                {
                    "ts": "2022-01-03 07:52:13.166717",
                    "zone": True,
                    "rel_us": None,
                    "level": "info",
                    "msg": "API listen on /var/run/docker.sock",
                }
            ],
        ),
        Sample("ERRO[456] three digits", None),
    ),
    relative=True,
    resolution_us=1_000_000,
)
