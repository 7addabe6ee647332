"""Any bytes, at any path, read as any format: no exception, every line counted once, every event inside its bytes."""

from __future__ import annotations

from collections.abc import Iterator

from fuzz.target import instrumented, start

with instrumented:
    import polars as pl

    from parsers import engine, identity, lines
    from parsers.registry import ENVELOPES, RECORDS, RULES
    from parsers.schema import EVENTS

# What the first byte of an input chooses: a record parser, an envelope, or what fits.
FORMATS = (
    None,
    *(engine.Choice("record", record.name, record.scope) for record in RECORDS),
    *(engine.Choice("text", envelope.name, "line", (envelope.name,)) for envelope in ENVELOPES),
)
PATHS = sorted({sample.path for record in RECORDS for sample in record.samples} | {"runs/r1/harness.log", "x"})


def seeds() -> Iterator[bytes]:
    for index, choice in enumerate(FORMATS):
        of = {format_.name: format_ for format_ in (*RECORDS, *ENVELOPES)}.get(choice.name) if choice else None
        for sample in of.samples if of else ():
            yield bytes([index, PATHS.index(sample.path) if sample.path in PATHS else 0]) + sample.text.encode()
            yield bytes([0, PATHS.index(sample.path) if sample.path in PATHS else 0]) + sample.text.encode()
    messages = [sample.text for rule in RULES for sample in rule.samples]
    messages += ["FATA deploy failed", "  stderr=", "  │ one", "  │ two", " took=3s"]
    yield b"\0\0" + "\n".join(messages).encode()
    for index, envelope in enumerate(ENVELOPES, 1 + len(RECORDS)):
        yield bytes([index, 0]) + "\n".join(map(envelope.render, messages)).encode()


def one(data: bytes) -> None:
    if len(data) < 3:
        return
    path, content = PATHS[data[1] % len(PATHS)], data[2:]
    choice = FORMATS[data[0] % len(FORMATS)] or engine.choose(path, content)
    content_id = identity.content_id(content)
    source = {"source": [0], "source_id": [identity.source_id(content_id, path)], "content_id": [content_id], "path": [path]}
    rows = lines.split(content).with_columns(source=pl.lit(0, pl.UInt32))

    events, counts = engine.parse(choice, rows, pl.DataFrame(source, schema_overrides={"source": pl.UInt32}))

    assert b"".join(rows["raw"].to_list()) == content
    of = counts.to_dicts()[0]
    assert of["lines"] == len(rows) == of["in_events"] + of["unparsed"] + of["blank"], of
    assert min(of["in_events"], of["unparsed"], of["blank"]) >= 0, of
    assert dict(events.schema) == dict(EVENTS)
    assert events["event_id"].n_unique() == len(events)
    place = events.select(
        inside=(pl.col("offset") >= 0) & (pl.col("offset") + pl.col("length") <= len(content)),
        lines=(pl.col("line_no") >= 1) & (pl.col("line_no") <= pl.col("line_last")) & (pl.col("line_last") <= len(rows)),
        times=((pl.col("ts_lo") <= pl.col("ts")) & (pl.col("ts") <= pl.col("ts_hi"))).fill_null(True),
    )
    assert place.to_numpy().all(), events
    streamed(choice, source, content, 1 + data[0] % 7, events, of)


def streamed(choice: engine.Choice, source: dict, content: bytes, size: int, whole: pl.DataFrame, counts: dict) -> None:
    """In chunks of so many lines, each parsed as it comes, it is the same."""
    stream = engine.open_stream(choice, pl.DataFrame(source, schema_overrides={"source": pl.UInt32}))
    cut, parts, offset = content.split(b"\n"), [], 0
    rows = [line + b"\n" for line in cut[:-1]] + ([cut[-1]] if cut[-1] else [])
    size = max(size, len(rows) // 4)
    for n in range(0, len(rows), size):
        chunk = b"".join(rows[n : n + size])
        parts.append(stream.feed(lines.cut(chunk, offset=offset, line_no=n + 1)))
        offset += len(chunk)
    rest, totals = stream.finish()
    assert {name: counts[name] for name in totals} == totals, (counts, totals)
    assert set(pl.concat([*parts, rest])["event_id"]) == set(whole["event_id"])


if __name__ == "__main__":
    engine.AT_ONCE = 0  # each chunk is parsed as it comes
    start(one, seeds())
