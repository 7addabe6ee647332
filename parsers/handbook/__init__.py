"""The handbook of formats: docs/formats.md, made from the registries. `python -m parsers.handbook > docs/formats.md`."""

from __future__ import annotations

from parsers.handbook import envelopes, kinds, records, rules

__all__ = ["page"]

HEAD = """# Formats

What `forensics ingest` reads, and what it makes of it. This page is made from the registries: `python -m parsers.handbook > docs/formats.md`. `forensics formats FILE` says which
format fits a file, and why not the others.

- [Record parsers](#record-parsers) read a source with a grammar of its own: a reflog, docker's events, a JSON document.
- [Envelopes](#envelopes) take time, level and emitter off the lines of a log; [rules](#rules) read the messages inside. Any rule works inside any envelope.
- Each event is of [one kind](#kinds-of-events), which says what its columns mean.

What none of them reads is kept, line by line, and counted as unparsed.
"""


def page() -> str:
    """The whole page."""
    return "".join((HEAD, records.chapter(), envelopes.chapter(), rules.chapter(), kinds.chapter()))
