"""Choose a format for a source, by its path and how it begins, and say why not another; for many sources at once, since most are small.

Each envelope states a cheap shape that its lines have. Those whose shape is seen are really opened, and what is inside is looked at in
the same way: envelopes nest, and one file may hold lines of several.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from parsers import lines as text_lines
from parsers import opening
from parsers.context import Context
from parsers.envelope import Envelope
from parsers.registry import ENVELOPES, RECORDS

HEAD_BYTES = 65_536
SAMPLE_LINES = 200
DEEPEST = 4  # envelopes in one another
LEAST = 0.1  # of the lines that are there, for an envelope to be looked for in the rest of the source
BESIDE = 0.05  # of them, beside a better one

Seen = tuple[str, float, str]  # a format, how well it fits, and why


@dataclass(frozen=True)
class Choice:
    """Which format was chosen for a source. `key` groups sources into batches.

    `chain` names the envelopes of a text, outermost first; where lines wear one or another, all of these, with `|` between.
    """

    kind: str  # record, text, unparsed
    name: str
    scope: str = "line"
    chain: tuple[str, ...] = ()
    candidates: tuple[Seen, ...] = field(default=(), compare=False)

    @property
    def key(self) -> tuple[str, ...]:
        """Equal keys can be parsed together."""
        return (self.kind, self.name, *self.chain)

    def levels(self, context: Context | None = None) -> list[list[Envelope]]:
        """The envelopes to take off, outermost first, at each level those of which a line wears one."""
        by_name = {e.name: e for e in envelopes(context)}
        return [[by_name[name] for name in level.split("|")] for level in self.chain]


def choose(path: str, head: bytes, context: Context | None = None) -> Choice:
    """Choose the format that fits a source best, by its path and its first 64 KiB.

    A record parser that fits by more than half wins over text. Text is read by the chain of envelopes that its lines wear; of those that
    fit equally well, a user's own is taken. Bytes that are no text are `unparsed`: kept, counted, not understood.
    """
    return choose_all([(path, head)], context)[0]


def envelopes(context: Context | None) -> tuple[Envelope, ...]:
    """The envelopes in the order in which they are tried: a user's own first."""
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
        else:
            texts.append((at, head, candidates))
    for (at, head, candidates), (chain, seen) in zip(texts, _chains([head for _, head, _ in texts], envelopes(context)), strict=True):
        if not chain and _binary(head):
            chosen[at] = Choice("unparsed", "unparsed", "line", (), (*candidates, ("text", 0.0, "NUL bytes: not text")))
            continue
        seen.append(("console", 0.1 if chain else 0.5, "any text is a bare console log"))
        ordered = tuple(sorted([*candidates, *seen], key=lambda c: -c[1]))
        chosen[at] = Choice("text", "+".join(chain) or "console", "line", chain, ordered)
    return [chosen[at] for at in range(len(sources))]


def _binary(head: bytes) -> bool:
    return b"\0" in head[:4096]


class _Source:
    """What is known of one source's envelopes so far."""

    def __init__(self, head: bytes, known: Sequence[Envelope]) -> None:
        self.head, self.chain, self.seen = head, [], {}  # type: bytes, list[str], dict[str, tuple[float, str]]
        binary = _binary(head)
        self.refused = {e.name for e in known if binary and not e.binary}
        for envelope in known:
            if envelope.needs and not re.search(envelope.needs.encode(), head):
                self.refused.add(envelope.name)
                self.seen[envelope.name] = (0.0, "the source's beginning lacks what tells this one")


def _chains(heads: Sequence[bytes], known: Sequence[Envelope]) -> list[tuple[tuple[str, ...], list[Seen]]]:
    """Per head: the envelopes that its lines wear, outermost first, and how well each fitted the outermost."""
    sources = [_Source(head, known) for head in heads]
    rows = _sampled(heads)
    gathered = _gathered(sources, known)
    rows = pl.concat([rows.filter(~pl.col("source").is_in(list(gathered))), *gathered.values()]) if gathered else rows
    for depth in range(DEEPEST):
        if rows.is_empty():
            break
        rows = _peeled(rows, sources, known, outermost=depth == 0)
    return [
        (tuple(s.chain), [(e.name, round(s.seen[e.name][0], 3), s.seen[e.name][1]) for e in known if e.name in s.seen]) for s in sources
    ]


def _sampled(heads: Sequence[bytes]) -> pl.DataFrame:
    """The first lines of each head as messages, without blank ones and the last, which may be cut off."""
    raw: list[bytes] = []
    counts = []
    for head in heads:
        own = head[: head.rfind(b"\n") + 1].split(b"\n", SAMPLE_LINES)[:SAMPLE_LINES] if b"\n" in head else [head]
        raw += own
        counts.append(len(own))
    number = np.arange(len(raw)) - np.repeat(np.cumsum([0, *counts[:-1]]) if counts else [], counts)
    text = text_lines.bare(text_lines.decode(pl.Series(raw, dtype=pl.Binary)))
    frame = pl.DataFrame(
        {
            "source": np.repeat(np.arange(len(heads), dtype=np.uint32), counts),
            "line_no": number.astype(np.int64) + 1,
            "offset": np.zeros(len(raw), np.int64),
            "length": np.zeros(len(raw), np.int64),
            "msg": text,
        }
    )
    return opening.messages(frame).filter(pl.col("msg").str.strip_chars() != "")


def _gathered(sources: Sequence[_Source], known: Sequence[Envelope]) -> dict[int, pl.DataFrame]:
    """The messages of sources whose lines are not their records; such an envelope is always the outermost."""
    found: dict[int, pl.DataFrame] = {}
    for envelope in known:
        if envelope.gather is None:
            continue
        begins = re.compile(envelope.shape.encode())
        for at, source in enumerate(sources):
            if envelope.name in source.refused or not begins.match(source.head):
                source.seen[envelope.name] = (0.0, "the source does not begin like one")
                continue
            lines = text_lines.split(source.head[: source.head.rfind(b"\n") + 1] or source.head)
            lines = lines.with_columns(source=pl.lit(at, pl.UInt32), length=lines["raw"].bin.size().cast(pl.Int64))
            records = opening.messages(envelope.gather(lines, {}, False))[:SAMPLE_LINES]
            if records.is_empty():
                source.seen[envelope.name] = (0.0, "no whole record in the first 64 KiB")
                continue
            worn = records.filter(opening.opened(records, envelope)["o_msg"].is_not_null())
            covered = worn.select((pl.col("line_last") - pl.col("line_no") + 1).sum()).item()
            fit = min(1.0, covered / (int(records["line_last"].max()) - int(records["line_no"].min()) + 1))
            source.seen[envelope.name] = (fit, f"{len(worn)} of the first {len(records)} records are one")
            if fit > 0.5 and at not in found:
                source.chain.append(envelope.name)
                found[at] = opening.take_off(worn, [envelope], {}, True).filter(pl.col("msg").str.strip_chars() != "")
    return found


def _peeled(rows: pl.DataFrame, sources: Sequence[_Source], known: Sequence[Envelope], *, outermost: bool) -> pl.DataFrame:
    """Find what the messages of each source wear, and take it off; gives the messages inside."""
    rows = rows.with_row_index("id")
    lines_of = dict(rows.group_by("source").len().iter_rows())
    single = [e for e in known if e.gather is None]
    last = text_lines.last_frame(rows["msg"])
    shaped = rows.select(
        (last.str.contains(f"^(?:{e.shape})") | rows["msg"].str.contains(f"^(?:{e.shape})")).alias(str(n)) for n, e in enumerate(single)
    )
    fitting: dict[int, list[tuple[float, Envelope, pl.DataFrame]]] = {}
    for n, envelope in enumerate(single):
        refused = [at for at in lines_of if envelope.name in sources[at].refused or envelope.name in sources[at].chain]
        near = rows.filter(shaped[str(n)] & ~rows["source"].is_in(refused))
        seen: dict[int, tuple[float, str]] = {}
        for (at,), own in _vetted(near, envelope, seen).group_by("source", maintain_order=True):
            fitting.setdefault(int(at), []).append((len(own) / lines_of[int(at)], envelope, own))  # type: ignore[call-overload]
        for at in lines_of if outermost else ():
            if envelope.name in sources[at].seen:
                continue
            if sources[at].chain:
                sources[at].seen[envelope.name] = (0.0, f"its lines are parts of records: {sources[at].chain[0]}")
                continue
            fit = next((f for f, e, _ in fitting.get(at, []) if e is envelope), 0.0)
            told = f"{round(fit * lines_of[at])} of the first {lines_of[at]} lines wear it"
            sources[at].seen[envelope.name] = seen.get(at) or (fit, told if fit else f"none of the first {lines_of[at]} lines wears it")
    inside = []
    for at, own in fitting.items():
        names, taken = _level(own, lines_of[at])
        if names:
            sources[at].chain.append("|".join(names))
            inside += taken
    if not inside:
        return rows.clear().drop("id")
    by_name: dict[str, tuple[Envelope, list[pl.DataFrame]]] = {}
    for envelope, own in inside:
        by_name.setdefault(envelope.name, (envelope, []))[1].append(own)
    opened = [opening.take_off(pl.concat(parts).drop("id"), [envelope], {}, True) for envelope, parts in by_name.values()]
    return pl.concat(opened).filter(pl.col("msg").str.strip_chars() != "").sort("source", "line_no", "part")


def _vetted(near: pl.DataFrame, envelope: Envelope, seen: dict[int, tuple[float, str]]) -> pl.DataFrame:
    """Of the lines that have an envelope's shape those that open; none of a source whose lines together are not of it."""
    if near.is_empty():
        return near
    if envelope.vet is not None:
        for (at,), own in near.group_by("source", maintain_order=True):
            if why := envelope.vet(own["msg"].to_list()):
                seen[int(at)] = (0.0, why)  # type: ignore[call-overload]
        near = near.filter(~pl.col("source").is_in(list(seen)))
    return near.filter(opening.opened(near, envelope)["o_msg"].is_not_null())


def _level(fitting: list[tuple[float, Envelope, pl.DataFrame]], lines: int) -> tuple[list[str], list[tuple[Envelope, pl.DataFrame]]]:
    """The best envelope, and those that others of the lines wear, each with the lines that it is taken off.

    A general one comes first only if it fits more than twice as many lines: then that the others fit some is chance.
    """
    fitting = sorted(fitting, key=lambda f: -f[0] * (1 if f[1].general else 2))
    names: list[str] = []
    parts: list[tuple[Envelope, pl.DataFrame]] = []
    if max(f[0] for f in fitting) < LEAST:
        return names, parts
    taken: set[int] = set()
    for _, envelope, worn in fitting:
        own = worn.filter(~pl.col("id").is_in(list(taken))) if taken else worn
        if len(own) >= BESIDE * lines:
            names.append(envelope.name)
            taken |= set(own["id"].to_list())
            parts.append((envelope, own))
    return names, parts
