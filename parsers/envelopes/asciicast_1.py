"""asciinema's recordings, version 1: one JSON document.

    {"version": 1, "width": 80, "height": 24, "duration": 1.515658, "command": "abra app deploy …", "stdout": [
      [0.248848, "remote: Counting objects:   1% (17/1687)\\u001b[K\\rremote: …"],
      [1.001376, "INFO deploy succeeded\\r\\n"]
    ]}

What was printed, in frames: seconds since the frame before, and text. They are joined up to each newline; the seconds are added up, as uncertain as their parts
together. When the recording began it does not say, so the times stay relative. Each frame has its own bytes, in one line or in several; what stands before the
frames is a message of its own. A document that breaks off gives its whole frames.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from parsers.envelope import Envelope, in_stages
from parsers.envelopes.asciicast import SECONDS, TELLS, TEXT, read
from parsers.record import Sample

_STDOUT = re.compile(r'"stdout"\s*:\s*\[')
_FRAME = rf"[\s,]*\[\s*{SECONDS}\s*,\s*{TEXT}\s*\]"


def gather(frame: pl.DataFrame, memory: dict[str, Any], last: bool) -> pl.DataFrame:
    """One row per frame, and one for what stands before them; a document is read when all of it is there."""
    frame = frame.select("source", "line_no", "offset", "length", "raw")
    if "cast" in memory:
        frame = pl.concat([memory.pop("cast"), frame])
    if not last:
        memory["cast"], frame = frame, frame.clear()
    parts = [part for _, lines in frame.group_by("source", maintain_order=True) for part in _records(lines)]
    none = frame.clear().select("source", "line_no", "offset", "length", line_last="line_no", msg=pl.lit("", pl.String))
    return pl.concat([none, *(part.select(none.columns).cast(none.schema) for part in parts)])


def _records(lines: pl.DataFrame) -> Iterator[pl.DataFrame]:
    content = b"".join(lines["raw"].to_list())
    try:
        text = content.decode()
    except UnicodeDecodeError:  # no JSON then; and places in its text would not be places in its bytes
        return
    stdout = _STDOUT.search(text)
    if stdout is None:
        return
    head = text[: stdout.end()]
    frames = pl.Series([text[stdout.end() :]]).str.extract(f"^((?:{_FRAME})*)").str.extract_all(_FRAME).explode(empty_as_null=False)
    bare = frames.str.strip_chars_start(" \t\r\n,")
    end = frames.str.len_bytes().cum_sum().cast(pl.Int64) + len(head.encode())
    begin = end - bare.str.len_bytes().cast(pl.Int64)
    yield _placed(lines, np.array([0]), np.array([len(head.encode())]), pl.Series([head + "]}"]))
    yield _placed(lines, begin.to_numpy(), end.to_numpy(), bare)


def _placed(lines: pl.DataFrame, begin: np.ndarray, end: np.ndarray, said: pl.Series) -> pl.DataFrame:
    """Records from `begin` to `end`, in bytes of these lines together."""
    starts = np.concatenate([[0], np.cumsum(lines["length"].to_numpy())]).astype(np.int64)
    first, final = (np.searchsorted(starts, at, "right") - 1 for at in (begin, end - 1))
    numbers, offset = lines["line_no"].to_numpy(), int(lines["offset"][0])
    return pl.DataFrame(
        {
            "source": pl.repeat(lines["source"][0], len(said), dtype=pl.UInt32, eager=True),
            "line_no": numbers[first],
            "line_last": numbers[final],
            "offset": begin + offset,
            "length": end - begin,
            "msg": said.str.replace_all(r"[\r\n]", " "),
        }
    )


_HEAD = '{"version": 1, "width": 80, "height": 24, "stdout": ['

ASCIICAST_1 = Envelope(
    name="asciicast_1",
    version=1,
    doc=__doc__,
    shape=r"\s*\{",
    needs=rf'\A\s*\{{(?=[\s\S]*"stdout"\s*:\s*\[\s*(?:\[\s*{SECONDS}\s*,|\]))[\s\S]*"version"\s*:\s*1\b',
    open=lambda text: in_stages(text, (*TELLS, "step_us"), lambda frame: read("1", frame)),
    render=lambda msg: f"[0.25, {json.dumps(msg + chr(13) + chr(10))}],",
    references=("https://docs.asciinema.org/manual/asciicast/v1/",),
    samples=(
        Sample(
            _HEAD + '[0.25, "up"],\n[1.5, "grade: PASS\\r\\n$ [1, "], [0.125, "exit\\n"]], "duration": 2}\n',
            [
                {"ts": None, "line_no": 1},
                {"ts": None, "rel_us": 250_000, "resolution_us": 10_000, "line_no": 1, "line_last": 2, "msg": "upgrade: PASS"},
                {"rel_us": 1_750_000, "resolution_us": 110_000, "line_no": 2, "line_last": 2, "msg": "$ [1, exit"},
            ],
        ),
        Sample(
            '{\n "version": 1,\n "stdout": [\n  [\n   0.5,\n   "x\\r\\n"\n  ],\n  [\n   1, "bro',
            [{"ts": None}, {"rel_us": 500_000, "line_no": 4, "line_last": 7, "msg": "x"}],
        ),
        Sample('{"version": 1, "stdout": "x"}', None),
        Sample('{"version": 2, "width": 80, "height": 24}\n[0.25, "o", "x"]', None),
    ),
    relative=True,
    pieces=True,
    plain=False,
    gather=gather,
)
