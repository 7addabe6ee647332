"""asciinema's recordings, versions 2 and 3.

    {"version": 2, "width": 80, "height": 24, "timestamp": 1795424127, "command": "abra app deploy …"}
    [0.248848, "o", "remote: Counting objects:   1% (17/1687)\\u001b[K\\rremote: …"]

    {"version": 3, "term": {"cols": 80, "rows": 24}, "timestamp": 1795424127}
    [0.248, "o", "remote: Counting objects: …"]
    [1.541, "x", "0"]

A header with the instant at which the recording began, then events: seconds, what happened, and text. The seconds count from the start in version 2, from
the event before in version 3, whose sums are as uncertain as their parts together. Output (`o`) is read, joined up to each newline, and the exit status (`x`);
input, markers, resizes and comments are not, but their seconds count. The start is a whole second, and so is every instant known; without a `timestamp` in the
header the times stay relative. The header is a message of its own, and so is the exit, as `(asciicast: exit status 0)`. Version 1 is one document (`asciicast_1`).
"""

import json

import polars as pl

from parsers.envelope import Envelope, epoch_us, in_stages, match
from parsers.envelopes.json_lines import keys
from parsers.record import Sample

SECONDS = r"\d+(?:\.\d+)?(?:[eE]-?\d+)?"
TEXT = r'"(?:[^"\\]|\\.)*"'
_EVENT = rf'^\[\s*(?P<at>{SECONDS})\s*,\s*"(?P<what>[a-z])"\s*,\s*(?P<msg>{TEXT})\s*\]$'
_FRAME = rf"^\[\s*(?P<at>{SECONDS})\s*,\s*(?P<msg>{TEXT})\s*\]$"  # of version 1: all is output
_SIZE = {"2": '"(?:width|height)"', "3": r'"term"\s*:\s*\{'}
TELLS = ("ts", "starts", "resolution_us", "stream", "msg")
EXIT = "(asciicast: exit status "


def read(version: str, frame: pl.DataFrame) -> pl.DataFrame:
    """What a recording's header and its events tell."""
    events = match(frame, [_FRAME if version == "1" else _EVENT], ["at", "what", "msg"])
    worn = pl.col("text").str.contains(rf'^\{{.*"version"\s*:\s*{version}\b.*\}}$')
    header = keys(frame.select(text=pl.when(worn).then("text")), time=("timestamp",))
    said = pl.concat_str(pl.lit('{"o":'), "msg", pl.lit("}")).str.json_path_match("$.o")
    told = events.with_columns(
        said=events.select(said).to_series(), header=header["text"], starts=header.select(epoch_us(pl.col("time"))).to_series()
    )
    at, digits = pl.col("at").cast(pl.Float64, strict=False), pl.col("at").str.extract(r"^\d+\.(\d+)$").str.len_bytes().cast(pl.Int64)
    seconds = (at * 1_000_000).round().cast(pl.Int64, strict=False)
    from_last = version != "2"
    step = pl.lit(10, pl.Int64).pow(6 - digits.fill_null(0).clip(0, 6)) if from_last else 1
    return told.with_columns(
        ts="starts",
        **{"step_us" if from_last else "rel_us": seconds},
        resolution_us=pl.when(pl.col("header").is_not_null()).then(1_000_000).otherwise(step).cast(pl.Int64),
        stream=pl.when(pl.col("what") == "x").then(pl.lit("exit")).otherwise(pl.lit("out")),
        msg=pl.when(pl.col("header").is_not_null())
        .then(pl.concat_str("header", pl.lit("\n")))
        .when(pl.col("what") == "x")
        .then(pl.concat_str(pl.lit(EXIT), "said", pl.lit(")\n")))
        .when(pl.col("what").fill_null("o") == "o")
        .then("said"),
    )


def _render(msg: str) -> str:
    return f'[12.546028, "o", {json.dumps(msg + chr(13) + chr(10))}]'


def _needs(version: str) -> str:
    """The header's version, beside its size, in either order."""
    return rf"\A\s*\{{(?=[^\n]*{_SIZE[version]})[^\n]*\"version\"\s*:\s*{version}\b"


def _shape(version: str) -> str:
    return rf'\[\s*{SECONDS}\s*,\s*"[a-z]"\s*,|\{{.*"version"\s*:\s*{version}\b'


_START = {
    "2": '{"version": 2, "width": 80, "height": 24, "timestamp": 1795424127}\n',
    "3": '{"version": 3, "term": {"cols": 80, "rows": 24}, "timestamp": 1795424127}\n',
}

ASCIICAST = Envelope(
    name="asciicast",
    version=2,
    doc=__doc__,
    shape=_shape("2"),
    needs=_needs("2"),
    open=lambda text: in_stages(text, (*TELLS, "rel_us"), lambda frame: read("2", frame)),
    render=_render,
    references=("https://docs.asciinema.org/manual/asciicast/v2/",),
    samples=(
        Sample(
            _START["2"] + '[0.25, "o", "up"]\n[1.5, "o", "grade: PASS\\r\\n$ "]\n[1.6, "i", "x"]',
            [
                {"ts": "2026-11-23 08:55:27"},
                {"ts": "2026-11-23 08:55:27.250000", "resolution_us": 1_000_000, "msg": "upgrade: PASS"},
                {"ts": "2026-11-23 08:55:28.500000", "msg": "$ "},
            ],
        ),
        Sample(
            '{"version": 2, "width": 80, "height": 24}\n[0.5, "o", "x\\r\\n"]',
            [{"ts": None}, {"ts": None, "rel_us": 500_000, "resolution_us": 1, "msg": "x"}],
        ),
        Sample('[1.6, "i", "typed"]', None),
        Sample('{"version": 3, "term": {"cols": 80, "rows": 24}}', None),
    ),
    stated=True,
    relative=True,
    pieces=True,
    plain=False,
)

ASCIICAST_3 = Envelope(
    name="asciicast_3",
    version=1,
    doc="""asciinema's recordings, version 3.

        {"version": 3, "term": {"cols": 80, "rows": 24}, "timestamp": 1795424127}
        [0.248, "o", "remote: Counting objects: …"]
        [1.541, "x", "0"]

    As version 2, but each event counts from the one before, and `x` is the exit status.
    """,
    shape=_shape("3"),
    needs=_needs("3"),
    open=lambda text: in_stages(text, (*TELLS, "step_us"), lambda frame: read("3", frame)),
    render=_render,
    references=("https://docs.asciinema.org/manual/asciicast/v3/",),
    samples=(
        Sample(
            _START["3"]
            + '# a comment\n[0.25, "o", "up"]\n[1.5, "i", "x"]\n[0.125, "o", "grade: PASS\\r\\n$ "]\n[2, "r", "90x30"]\n[0.5, "x", "1"]',
            [
                {"ts": "2026-11-23 08:55:27"},
                {"ts": "2026-11-23 08:55:27.250000", "rel_us": None, "msg": "upgrade: PASS"},
                {"ts": "2026-11-23 08:55:28.875000", "msg": "$ "},
                {"ts": "2026-11-23 08:55:31.375000", "msg": "(asciicast: exit status 1)"},
            ],
        ),
        Sample(
            '{"version": 3, "term": {"cols": 80, "rows": 24}}\n[0.5, "o", "x\\r\\n"]\n[0.25, "o", "y\\n"]',
            [{"ts": None}, {"rel_us": 500_000, "resolution_us": 100_000}, {"rel_us": 750_000, "resolution_us": 110_000, "msg": "y"}],
        ),
        Sample('[1.6, "m", "a marker"]', None),
        Sample('{"version": 2, "width": 80, "height": 24}', None),
    ),
    stated=True,
    relative=True,
    pieces=True,
    plain=False,
)
