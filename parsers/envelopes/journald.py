"""journald's entries with all their fields: as JSON, and in its export format."""

import json
import re
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from parsers import lines as text_lines
from parsers.envelope import Envelope, epoch_us, in_stages
from parsers.envelopes.json_lines import keys
from parsers.record import Sample

PRIORITIES = dict(zip("01234567", ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"), strict=True))
RECEIPT, EMISSION = "__REALTIME_TIMESTAMP", "_SOURCE_REALTIME_TIMESTAMP"
NAMES = ("SYSLOG_IDENTIFIER", "_COMM")
UNIT, PID = "_SYSTEMD_UNIT", "_PID"
REFERENCES = (
    "https://www.freedesktop.org/software/systemd/man/latest/journalctl.html#-o",
    "https://systemd.io/JOURNAL_EXPORT_FORMATS/",
)

TELLS = ("ts", "level", "logger", "emitter", "host", "msg")


def _told(frame: pl.DataFrame) -> pl.DataFrame:
    level = pl.col("level").replace_strict(PRIORITIES, default=None, return_dtype=pl.String)
    writer = pl.concat_str("logger", pl.concat_str(pl.lit("["), "pid", pl.lit("]")).fill_null("")).fill_null("")
    emitter = pl.concat_str(pl.col("unit").fill_null(""), pl.lit(" "), writer).str.strip_chars()
    return frame.with_columns(ts=epoch_us(pl.col("time")), level=level, emitter=pl.when(emitter != "").then(emitter))


def _read_json(frame: pl.DataFrame) -> pl.DataFrame:
    frame = frame.with_columns(text=pl.col("text").str.replace(r"^(?:data: |\x1e)", "").str.strip_chars())
    frame = frame.with_columns(text=pl.when(pl.col("text").str.contains(rf'^\{{.*"{RECEIPT}"')).then("text"))
    told = keys(
        frame, time=(EMISSION, RECEIPT), level=("PRIORITY",), logger=NAMES, host=("_HOSTNAME",), unit=(UNIT,), pid=(PID,), msg=("MESSAGE",)
    )
    return _told(told.with_columns(msg=_spelled(told["msg"])))


def _spelled(values: pl.Series) -> pl.Series:
    """A MESSAGE as text: what is no UTF-8 comes as an array of bytes, a field that is there twice as an array of texts."""
    at = values.str.contains(r"^\[\s*\d").fill_null(False).arg_true()
    if len(at):
        values = values.scatter(at, _from_bytes(values.gather(at)))
    at = values.str.contains(r'^\["').fill_null(False).arg_true()
    if len(at):
        texts = values.gather(at)
        valid = texts.str.contains(r'^\[(?:"(?:[^"\\]|\\.)*"(?:,\s*)?)*\]$')
        lists = pl.select(pl.when(valid).then(texts).otherwise(pl.lit("[]"))).to_series().str.json_decode(pl.List(pl.String))
        values = values.scatter(at, pl.select(pl.when(valid).then(lists.list.join("\n")).otherwise(texts)).to_series())
    return values


def _from_bytes(arrays: pl.Series) -> pl.Series:
    """Texts like `[104,105]` to what these bytes say; what is no such array stays as it is."""
    valid = arrays.str.contains(r"^\[\s*(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\s*,\s*(?:25[0-5]|2[0-4]\d|1?\d?\d))*\s*\]$")
    numbers = arrays.filter(valid).str.json_decode(pl.List(pl.Int64))
    flat = numbers.explode().to_numpy().astype(np.uint8)
    bounds = np.concatenate([[0], np.cumsum(numbers.list.len().to_numpy())]).astype(np.int64)
    raw = pa.Array.from_buffers(pa.large_binary(), len(numbers), [None, pa.py_buffer(bounds), pa.py_buffer(flat.tobytes())])
    return arrays.scatter(valid.arg_true(), text_lines.decode(pl.Series(pl.from_arrow(raw))))


JOURNALD_JSON = Envelope(
    name="journald_json",
    version=3,
    doc="""journald's JSON.

        {"__REALTIME_TIMESTAMP":"1795423365996981","_HOSTNAME":"ci","SYSLOG_IDENTIFIER":"recipe-ci","PRIORITY":"6","MESSAGE":"upgrade: PASS"}

    `journalctl -o json`; `-o json-pretty`, `-o json-sse` and `-o json-seq` as well. Microseconds since 1970: of the emission where the entry
    has it, else of the receipt. A message that is not UTF-8 is an array of bytes, a field given twice an array, a field too large null; a
    message may hold several lines.
    """,
    shape=rf'\s*(?:data: |\x1e)?\{{.*"{RECEIPT}"',
    open=lambda text: in_stages(text, TELLS, _read_json),
    render=lambda msg: json.dumps(
        {
            "__REALTIME_TIMESTAMP": "1795424127546028",
            "_HOSTNAME": "ci-host",
            "SYSLOG_IDENTIFIER": "recipe-ci",
            "MESSAGE": list(msg.encode()),
        }
    ),
    references=REFERENCES,
    samples=(
        Sample(
            '{"__REALTIME_TIMESTAMP":"1795424127546028","_SOURCE_REALTIME_TIMESTAMP":"1795424127546001","_HOSTNAME":"ci","_COMM":"python","PRIORITY":"3","MESSAGE":"boom"}',
            [{"ts": "2026-11-23 08:55:27.546001", "host": "ci", "logger": "python", "level": "err", "msg": "boom"}],
        ),
        Sample('{"__REALTIME_TIMESTAMP":"1795424127546028","MESSAGE":[27,91,49,109,104,105]}', [{"msg": "hi"}]),
        Sample('{"__REALTIME_TIMESTAMP":"1795424127546028","MESSAGE":[104,255,105]}', [{"msg": "h\ufffdi"}]),
        Sample(
            '{"__REALTIME_TIMESTAMP":"1795424127546028","_SYSTEMD_UNIT":"ci@281.service","_COMM":"python","_PID":"7","MESSAGE":"x"}',
            [{"emitter": "ci@281.service python[7]", "msg": "x"}],
        ),
        Sample('{"__REALTIME_TIMESTAMP":"1795424127546028","MESSAGE":"one\\ntwo"}', [{"msg": "one"}, {"msg": "two"}]),
        Sample('{"__REALTIME_TIMESTAMP":"1795424127546028","MESSAGE":["one","two"]}', [{"msg": "one"}, {"msg": "two"}]),
        Sample('{"__REALTIME_TIMESTAMP":"1795424127546028","MESSAGE":null}', None),
        Sample('{"time":"2026-11-23T08:55:27Z","MESSAGE":"x"}', None),
    ),
    stated=True,
    plain=lambda text: ~text.str.contains(r'"MESSAGE"\s*:\s*\['),
)


# --- export ------------------------------------------------------------------------------------------

_FIELD = r"^(?P<name>[A-Z_][A-Z0-9_]{0,63})"
_NAME = re.compile(rb"[A-Z_][A-Z0-9_]*")
_WANTED = (EMISSION, RECEIPT, "PRIORITY", *NAMES, "_HOSTNAME", UNIT, PID)


def _read_export(frame: pl.DataFrame) -> pl.DataFrame:
    # `gather` puts MESSAGE last: it alone may hold newlines.
    text = pl.col("text")

    def value(*names: str) -> pl.Expr:
        return pl.coalesce([text.str.extract(rf"(?:^|\n){n}=([^\n]*)") for n in names])

    worn = text.str.contains(rf"^(?:[A-Z0-9_]+=[^\n]*\n)*?{RECEIPT}=")
    msg = pl.when(worn).then(text.str.extract(r"(?s)(?:^|\n)MESSAGE=(.*)$"))
    return _told(
        frame.with_columns(
            time=value(EMISSION, RECEIPT),
            level=value("PRIORITY"),
            logger=value(*NAMES),
            host=value("_HOSTNAME"),
            unit=value(UNIT),
            pid=value(PID),
            msg=msg,
        )
    )


def gather(frame: pl.DataFrame, memory: dict[str, Any], last: bool) -> pl.DataFrame:
    """Entries of an export: one row per entry, its text the fields that `open` reads, MESSAGE behind them.

    An entry ends with an empty line. A field is `NAME=value`, or `NAME` alone on a line, then the length of its value in eight bytes, little
    endian, the value, and a newline: such a value may hold anything, newlines and empty lines too.
    """
    frame = frame.select("source", "line_no", "offset", "length", "raw")
    if "export" in memory:
        frame = pl.concat([memory.pop("export"), frame])
    if frame.is_empty():
        return frame.head(0).select("source", "line_no", "offset", "length", line_last="line_no", msg=pl.lit("", pl.String))
    rows = frame.with_columns(inside=pl.Series(_inside_values(frame)))
    blank = (rows["raw"].bin.size() == 1) & rows["raw"].bin.starts_with(b"\n") & ~rows["inside"]
    entry = blank.shift(1, fill_value=False).cum_sum()
    rows = rows.with_columns(blank=blank, entry=entry + rows["source"].cast(pl.Int64) * (1 << 40))
    if not last:
        open_entry = rows["entry"][-1] if not blank[-1] else None
        if open_entry is not None:
            memory["export"] = rows.filter(pl.col("entry") == open_entry).select(frame.columns)
            rows = rows.filter(pl.col("entry") != open_entry)
    return _entries(rows.filter(~pl.col("blank")))


def _inside_values(frame: pl.DataFrame) -> np.ndarray:
    """Which lines are the inside of a binary value: not those that name a field."""
    raw = frame["raw"]
    named = raw.bin.size().is_between(2, 65) & ~raw.bin.contains(b"=")
    sizes = raw.bin.size().to_numpy().astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    inside = np.zeros(len(frame), bool)
    candidates = named.arg_true().to_numpy()
    if not len(candidates):
        return inside
    content = b"".join(raw.to_list())
    sources = frame["source"].to_numpy()
    ends = starts[np.searchsorted(sources, sources[candidates], "right")]
    free = 0  # the first byte behind the last binary value
    for line, end in zip(
        candidates.tolist(), ends.tolist(), strict=True
    ):  # one step per binary field: where a value ends decides what is a field behind it
        at = int(starts[line + 1])
        if starts[line] < free or at + 8 > end or not _NAME.fullmatch(content, int(starts[line]), at - 1):
            continue
        free = min(at + 8 + int.from_bytes(content[at : at + 8], "little") + 1, end)
        inside[line + 1 : int(np.searchsorted(starts, free, "left"))] = True
    return inside


def _entries(rows: pl.DataFrame) -> pl.DataFrame:
    """Lines of whole entries to one row each."""
    text = text_lines.decode(rows["raw"])
    rows = rows.with_columns(text=text)
    begins = ~pl.col("inside")
    rows = rows.with_columns(field=begins.cum_sum())
    # The first eight bytes of a binary value are its length; they may hold a newline themselves, so they are cut from the whole value.
    fields = rows.group_by("field", maintain_order=True).agg(
        pl.col("source", "entry", "line_no", "offset").first(),
        pl.col("line_no").last().alias("line_last"),
        (pl.col("offset").last() + pl.col("length").last()).alias("end"),
        pl.col("text").first(),
        pl.col("raw").slice(1).alias("value"),
    )
    binary = fields["value"].list.len() > 0
    if binary.any():
        at = binary.arg_true()
        whole = pl.Series([b"".join(parts)[8:].removesuffix(b"\n") for parts in fields["value"].gather(at).to_list()], dtype=pl.Binary)
        name = fields["text"].gather(at).str.strip_suffix("\n")
        fields = fields.with_columns(fields["text"].scatter(at, name + "=" + text_lines.decode(whole) + "\n"))
    fields = fields.with_columns(name=pl.col("text").str.extract(_FIELD + "="), text=pl.col("text").str.strip_suffix("\n"))
    wanted = pl.col("name").is_in(_WANTED)
    return fields.group_by("entry", maintain_order=True).agg(
        pl.col("source", "line_no", "offset").first(),
        pl.col("line_last").last(),
        (pl.col("end").last() - pl.col("offset").first()).alias("length"),
        pl.col("text").filter(wanted).str.join("\n").alias("told"),
        pl.col("text").filter(pl.col("name") == "MESSAGE").str.strip_prefix("MESSAGE=").alias("said"),
    ).select(
        "source", "line_no", "line_last", "offset", "length",
        msg=pl.when(pl.col("said").list.len() > 0).then(pl.concat_str("told", pl.lit("\nMESSAGE="), pl.col("said").list.join("\n"))).otherwise("told"),
    )  # fmt: skip


JOURNALD_EXPORT = Envelope(
    name="journald_export",
    version=2,
    doc="""journald's export format.

        __REALTIME_TIMESTAMP=1795424127546028
        _HOSTNAME=ci
        MESSAGE=upgrade: PASS

    `journalctl -o export`: an entry is a field per line and ends with an empty line. A value with a newline or other control characters is
    binary: its name alone, its length in eight bytes, its bytes. Times as in the JSON form. An entry is one record: an event from it names
    all its lines.
    """,
    shape=r"__CURSOR=[^\n]*\n|__REALTIME_TIMESTAMP=\d+\n",
    open=lambda text: in_stages(text, TELLS, _read_export),
    render=lambda msg: f"__REALTIME_TIMESTAMP=1795424127546028\n_HOSTNAME=ci-host\nSYSLOG_IDENTIFIER=recipe-ci\nMESSAGE={msg}\n",
    references=REFERENCES,
    samples=(
        Sample(
            "__CURSOR=s=0\n__REALTIME_TIMESTAMP=1795424127546028\n_HOSTNAME=ci\nMESSAGE=upgrade: PASS\nPRIORITY=6\nSYSLOG_IDENTIFIER=x\n\n",
            [{"ts": "2026-11-23 08:55:27.546028", "host": "ci", "logger": "x", "level": "info", "msg": "upgrade: PASS"}],
        ),
        Sample(
            "__REALTIME_TIMESTAMP=1795424127546028\nMESSAGE\n\x0a\0\0\0\0\0\0\0one\ntwo=\n2\n_HOSTNAME=ci\n\n",
            [{"msg": "one", "host": "ci"}, {"msg": "two="}, {"msg": "2"}],
        ),
        Sample("__REALTIME_TIMESTAMP=1795424127546028\n_HOSTNAME=ci\n\n", None),
        Sample("PATH=/usr/bin\nMESSAGE=x\n\n", None),
    ),
    stated=True,
    plain=False,
    gather=gather,
    binary=True,
)
