"""Choose a format for a source, by its path and how it begins; for many sources at once, since most are small."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from parsers import lines as text_lines
from parsers.context import Context
from parsers.envelope import Envelope
from parsers.registry import ENVELOPES, RECORDS

HEAD_BYTES = 65_536
SAMPLE_LINES = 200
DEEPEST = 3  # envelopes in one another

Seen = tuple[str, float, str]  # a format, how well it fits, and why


@dataclass(frozen=True)
class Choice:
    """Which format was chosen for a source. `key` groups sources into batches."""

    kind: str  # record, text, unparsed
    name: str
    scope: str = "line"
    chain: tuple[str, ...] = ()
    candidates: tuple[Seen, ...] = field(default=(), compare=False)

    @property
    def key(self) -> tuple[str, ...]:
        """Equal keys can be parsed together."""
        return (self.kind, self.name, *self.chain)


def choose(path: str, head: bytes, context: Context | None = None) -> Choice:
    """Choose the format that fits a source best, by its path and its first 64 KiB.

    A record parser that fits by more than half wins over text. Text is read by the chain of envelopes that fits
    most of its lines; a user's own envelopes are tried first. Bytes that are no text are `unparsed`: kept, counted, not understood.
    """
    return choose_all([(path, head)], context)[0]


def envelopes(context: Context | None) -> tuple[Envelope, ...]:
    """The envelopes in the order in which they are tried."""
    return (*context.envelopes, *ENVELOPES) if context else ENVELOPES


def choose_all(sources: Sequence[tuple[str, bytes]], context: Context | None = None) -> list[Choice]:
    """Choose for each source (path, head) as `choose` does; texts share the queries that try envelopes on their lines."""
    chosen: dict[int, Choice] = {}
    texts: list[tuple[int, bytes, list[Seen]]] = []
    for at, (path, head) in enumerate(sources):
        head = head[:HEAD_BYTES]
        fits = sorted(((r, r.fits(path, head)) for r in RECORDS), key=lambda f: -f[1].score)
        candidates = [(r.name, f.score, f.why) for r, f in fits]
        if fits and fits[0][1].score > 0.5:
            chosen[at] = Choice("record", fits[0][0].name, fits[0][0].scope, (), tuple(candidates))
        elif b"\0" in head[:4096]:
            chosen[at] = Choice("unparsed", "unparsed", "line", (), (*candidates, ("text", 0.0, "NUL bytes: not text")))
        else:
            texts.append((at, head, candidates))
    for (at, _, candidates), (chain, seen) in zip(texts, _chains([head for _, head, _ in texts], envelopes(context)), strict=True):
        ordered = tuple(sorted([*candidates, *seen], key=lambda c: -c[1]))
        chosen[at] = Choice("text", "+".join(chain) or "console", "line", chain, ordered)
    return [chosen[at] for at in range(len(sources))]


def _chains(heads: Sequence[bytes], known: Sequence[Envelope]) -> list[tuple[tuple[str, ...], list[Seen]]]:
    """Per head: the envelopes that most of its lines wear, outermost first, and how well each fitted."""
    frame = _sampled(heads)
    chains: list[list[Envelope]] = [[] for _ in heads]
    seen: list[list[Seen]] = [[] for _ in heads]
    for depth in range(DEEPEST):
        if frame.is_empty():
            break
        worn = frame.select("source", *(e.worn(pl.col("msg")).alias(f"{n}") for n, e in enumerate(known)))
        peeled = []
        for source, lines, *fits in worn.group_by("source").agg(pl.len(), pl.exclude("source").sum()).iter_rows():
            if depth == 0:
                seen[source] = [
                    (e.name, round(fit / lines, 3), f"{fit} of the first {lines} lines wear it")
                    for e, fit in zip(known, fits, strict=True)
                ]
            best = max(range(len(fits)), key=lambda n: (fits[n], -n))
            if 0 < fits[best] >= 0.5 * lines and known[best] not in chains[source]:
                chains[source].append(known[best])
                peeled.append((source, known[best]))
        frame = _opened(frame, peeled)
    for own, chain in zip(seen, chains, strict=True):
        own.append(("console", 0.1 if chain else 0.5, "any text is a bare console log"))
    return [(tuple(e.name for e in chain), own) for chain, own in zip(chains, seen, strict=True)]


def _sampled(heads: Sequence[bytes]) -> pl.DataFrame:
    """The first lines of each head (source, msg), cleaned, without blank ones and the last, which may be cut off."""
    raw: list[bytes] = []
    counts = []
    for head in heads:
        own = head[: head.rfind(b"\n") + 1].split(b"\n", SAMPLE_LINES)[:SAMPLE_LINES] if b"\n" in head else [head]
        raw += own
        counts.append(len(own))
    sources = np.repeat(np.arange(len(heads), dtype=np.uint32), counts)
    text = text_lines.clean(text_lines.decode(pl.Series(raw, dtype=pl.Binary)))
    return pl.DataFrame({"source": sources, "msg": text}).filter(pl.col("msg").str.strip_chars() != "")


def _opened(frame: pl.DataFrame, peeled: Sequence[tuple[int, Envelope]]) -> pl.DataFrame:
    """The lines of each source without its envelope, where they wear it."""
    of: dict[str, list[int]] = {}
    by_name = {envelope.name: envelope for _, envelope in peeled}
    for source, envelope in peeled:
        of.setdefault(envelope.name, []).append(source)
    parts = [frame.clear()]
    for name, sources in of.items():
        own = frame.filter(pl.col("source").is_in(sources))
        opened = own.select("source", by_name[name].open(pl.col("msg")).struct.field("msg"))
        parts.append(opened.filter(pl.col("msg").is_not_null()))
    return pl.concat(parts)
