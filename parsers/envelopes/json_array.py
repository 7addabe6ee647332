"""A JSON array, or objects over several lines: each object at the top is a line of its own.

    [{"pos":0,"out":"+ make\\n","time":0},{"pos":1,"out":"done\\n","time":1}]

As APIs give logs (Drone, Woodpecker), `jq` prints them and `journalctl -o json-pretty` writes them. What the objects are is looked at
inside. An object that breaks off, and what stands between objects, is not read.
"""

from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from parsers import lines as text_lines
from parsers.envelope import Envelope
from parsers.record import Sample

_QUOTE, _BACKSLASH, _OPEN, _CLOSE, _NEWLINE = (ord(c) for c in '"\\{}\n')


def gather(frame: pl.DataFrame, memory: dict[str, Any], last: bool) -> pl.DataFrame:
    """One row per object at the top: its place, and its text without line breaks."""
    frame = frame.select("source", "line_no", "offset", "length", "raw")
    if "array" in memory:
        frame = pl.concat([memory.pop("array"), frame])
    sizes = frame["length"].to_numpy()
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    content = np.frombuffer(b"".join(frame["raw"].to_list()), np.uint8)
    sources = frame["source"].to_numpy()
    first_of = np.searchsorted(sources, np.unique(sources))  # of each source's lines
    begin, end, waiting = objects(content, starts[first_of])
    line, line_last = (np.searchsorted(starts, at, "right") - 1 for at in (begin, end - 1))
    if waiting is not None and not last:
        memory["array"] = frame[int(np.searchsorted(starts, waiting, "right") - 1) :]
        kept = line < len(frame) - len(memory["array"])
        begin, end, line, line_last = begin[kept], end[kept], line[kept], line_last[kept]
    numbers, offsets = frame["line_no"].to_numpy(), frame["offset"].to_numpy()
    return pl.DataFrame(
        {
            "source": pl.Series(sources[line], dtype=pl.UInt32),
            "line_no": numbers[line],
            "line_last": numbers[line_last],
            "offset": offsets[line] + begin - starts[line],
            "length": end - begin,
            "msg": _texts(content, begin, end),
        }
    )


def objects(content: np.ndarray, sources: np.ndarray) -> tuple[np.ndarray, np.ndarray, int | None]:
    """Where the outermost objects begin and end in bytes, and where one begins that does not end.

    A quote is one that no odd number of backslashes precedes. Strings hold no newline, so each line begins outside of one, whatever the line before
    held; and each source (they begin at `sources`) begins outside of every object.
    """
    at = np.arange(len(content))
    other = np.maximum.accumulate(np.where(content != _BACKSLASH, at, -1))  # the last that is no backslash
    before = np.concatenate([[-1], other[:-1]])
    quote = (content == _QUOTE) & ((at - 1 - before) % 2 == 0)
    count = np.cumsum(quote)
    newline = np.maximum.accumulate(np.where(content == _NEWLINE, at, -1))
    outside = (count - np.where(newline >= 0, count[newline], 0)) % 2 == 0
    step = ((content == _OPEN) & outside).astype(np.int32) - ((content == _CLOSE) & outside).astype(np.int32)
    depth = np.cumsum(step)
    base = np.concatenate([[0], depth])[sources]
    depth = depth - np.repeat(base, np.diff(np.concatenate([sources, [len(content)]])))
    begin = np.flatnonzero((step == 1) & (depth == 1))
    end = np.flatnonzero((step == -1) & (depth == 0)) + 1
    mate = np.searchsorted(end, begin, "right")
    closed = mate < len(end)
    source_of = np.searchsorted(sources, begin, "right")
    closed[closed] &= source_of[closed] == np.searchsorted(sources, end[mate[closed]] - 1, "right")
    waiting = int(begin[~closed][-1]) if len(begin) and not closed[-1] else None
    return begin[closed], end[mate[closed]], waiting


def _texts(content: np.ndarray, begin: np.ndarray, end: np.ndarray) -> pl.Series:
    if not len(begin):
        return pl.Series([], dtype=pl.String)
    bounds = np.empty(2 * len(begin) + 1, np.int64)
    bounds[0:-1:2], bounds[1::2], bounds[-1] = begin, end, len(content)
    raw = pa.Array.from_buffers(pa.large_binary(), 2 * len(begin), [None, pa.py_buffer(bounds), pa.py_buffer(content)])
    return text_lines.decode(pl.Series(pl.from_arrow(raw)).gather_every(2)).str.replace_all("\n", " ", literal=True)


JSON_ARRAY = Envelope(
    name="json_array",
    version=1,
    doc=__doc__,
    shape=r"\s*\[\s*\{|\s*\{\s*\n",
    open=lambda text: pl.struct(msg=pl.when(text.str.starts_with("{") & text.str.ends_with("}")).then(text)),
    render=lambda msg: "[" + msg + "]",
    references=("https://www.rfc-editor.org/rfc/rfc8259", "https://docs.drone.io/api/logs/view/"),
    samples=(
        Sample('[{"a": 1}, {"b": "}"}]', [{"msg": '{"a": 1}'}, {"msg": '{"b": "}"}'}]),
        Sample('[\n  {\n    "a": "\\\\"\n  }\n]', [{"msg": '{     "a": "\\\\"   }'}]),
        Sample('[{"a": {"b": 2}}, {"c"', [{"msg": '{"a": {"b": 2}}'}]),
        Sample("[1, 2]", None),
    ),
    plain=False,
    gather=gather,
)
