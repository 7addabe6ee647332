"""The chapter of envelopes: how a line carries time, level and emitter around a message."""

from __future__ import annotations

from parsers.envelope import Envelope
from parsers.handbook.markdown import block, defined, prose, table
from parsers.registry import ENVELOPES

HEAD = """
## Envelopes

How a line carries time, level and emitter around a message. Any rule works inside any of them, and they nest; lines of several may stand in one file.

A line that wears none is read as a bare console line, without a time: escapes are taken off, and of a line that was redrawn (`\\r`) what stood there
in the end is read; rules for sections of CI look at what was replaced as well. A recording by `script` is such a console between two lines that
state its bounds. All bytes are kept, whatever is read of them.

"""


def chapter() -> str:
    rows = ((f"[{e.name}](#{e.name})", _time(e), _carried(e)) for e in ENVELOPES)
    return HEAD + table(("envelope", "time", "a message is"), rows) + "".join(_section(e) for e in ENVELOPES)


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
    bad = next(s.text for s in envelope.samples if s.expect is None)
    made = " Samples are synthetic." if all(s.synthetic for s in envelope.samples) else ""
    return f"\n### {envelope.name}\n\n{prose(envelope.doc)}\n\nNot read:{made}\n\n{block(bad)}{defined(envelope.references)}"
