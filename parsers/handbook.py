"""The handbook of envelopes: docs/formats.md, made from the registry."""

from __future__ import annotations

import inspect

from parsers.envelope import Envelope
from parsers.registry import ENVELOPES

HEAD = """# Envelopes

How a line carries time, level and emitter around a message. Any rule works inside any of them, and they nest; lines of several may stand in one file. `forensics formats
FILE` says which a file's lines wear, and why not the others. This page is made from the registry: `python -m parsers.handbook > docs/formats.md`.

A line that wears none is read as a bare console line, without a time: escapes are taken off, and of a line that was redrawn (`\\r`) what stood there
in the end is read; rules for sections of CI look at what was replaced as well. A recording by `script` is such a console between two lines that
state its bounds. All bytes are kept, whatever is read of them.

| envelope | time | a message is |
|-|-|-|
"""


def page() -> str:
    """The whole page."""
    rows = [f"| [{e.name}](#{e.name}) | {_time(e)} | {_carried(e)} |\n" for e in ENVELOPES]
    return HEAD + "".join(rows) + "".join(_section(e) for e in ENVELOPES)


def _time(envelope: Envelope) -> str:
    told = {key for sample in envelope.samples for said in sample.expect or () for key, value in said.items() if value is not None}
    if "yearless" in told:
        return "local, without a year"
    if envelope.relative:
        return "since a start" + (", which the header states" if envelope.stated else "")
    if "ts" not in told:
        return "none"
    if "zone" in told:
        return "zone as the line states it, else assumed"
    return "UTC or an offset" if envelope.stated else "local, zone assumed"


def _carried(envelope: Envelope) -> str:
    if envelope.gather is not None:
        return "a record, whatever its lines"
    if envelope.pieces:
        return "joined from pieces, stream by stream"
    return "in one line" + ("" if envelope.plain is not False else ", encoded")


def _section(envelope: Envelope) -> str:
    doc = inspect.cleandoc(envelope.doc)
    bad = next(s.text for s in envelope.samples if s.expect is None)
    made = " Samples are synthetic." if all(s.synthetic for s in envelope.samples) else ""
    links = ", ".join(f"<{r}>" for r in envelope.references)
    return f"\n## {envelope.name}\n\n{doc}\n\nNot read:{made}\n\n{_code(bad)}\nDefined in {links}.\n"


def _code(text: str) -> str:
    shown = "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text.rstrip("\n"))
    return "".join(f"    {line}\n" for line in shown.split("\n"))


if __name__ == "__main__":
    print(page(), end="")
