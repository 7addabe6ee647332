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
from parsers.record import Record
from parsers.registry import ENVELOPES, RECORDS
from parsers.source import unpacked

HEAD_BYTES = 65_536
SAMPLE_LINES = 200
DEEPEST = 4  # envelopes in one another
STRANGE = 16  # characters of a text, for each stretch of NUL and each control character that none has
LEAST = 0.1  # of the lines that are there, for an envelope to be looked for in the rest of the source
BESIDE = 0.05  # of them, beside a better one

_STRETCHES = re.compile(rb"\0+")
_NEVER_IN_TEXT = bytes(c for c in range(32) if c not in b"\0\a\b\t\n\v\f\r\x1b")

Seen = tuple[str, float, str]  # a format, how well it fits, and why
_Worn = tuple[float, Envelope, np.ndarray]  # the share of a source's lines that wear an envelope, and the ids of these


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
    return choose_all([(path, head)], context, explained=True)[0]


def envelopes(context: Context | None) -> tuple[Envelope, ...]:
    """The envelopes in the order in which they are tried: a user's own first."""
    return (*context.envelopes, *ENVELOPES) if context else ENVELOPES


def choose_all(sources: Sequence[tuple[str, bytes]], context: Context | None = None, *, explained: bool = False) -> list[Choice]:
    """Choose for each source (path, head) as `choose` does; texts share the queries that try envelopes on their lines.

    Args:
        explained: Whether the candidates are wanted too: else nothing is asked that cannot change the choice.
    """
    chosen: dict[int, Choice] = {}
    texts: list[tuple[int, bytes, list[Seen]]] = []
    for at, (path, head) in enumerate(sources):
        head = head[:HEAD_BYTES]
        record, score, candidates = _record(unpacked(path), head, explained)
        if score > 0.5:
            chosen[at] = Choice("record", record.name, record.scope, (), tuple(sorted(candidates, key=lambda c: -c[1])))
        else:
            texts.append((at, head, candidates))
    for (at, head, candidates), (chain, seen) in zip(
        texts, _chains([head for _, head, _ in texts], envelopes(context), explained), strict=True
    ):
        if not chain and _binary(head):
            chosen[at] = Choice(
                "unparsed", "unparsed", "line", (), (*candidates, ("text", 0.0, "NUL bytes and control characters: not text"))
            )
            continue
        seen.append(("console", 0.1 if chain else 0.5, "any text is a bare console log"))
        ordered = tuple(sorted([*candidates, *seen], key=lambda c: -c[1]))
        chosen[at] = Choice("text", "+".join(chain) or "console", "line", chain, ordered)
    return [chosen[at] for at in range(len(sources))]


def _record(path: str, head: bytes, explained: bool) -> tuple[Record, float, list[Seen]]:
    """The record parser that fits best, of equals the first; how well; and how all of them fit, where that is to be explained."""
    best, most, candidates = RECORDS[0], -1.0, []
    for record in RECORDS:
        fit = record.fits(path, head)
        if fit.score > most:
            best, most = record, fit.score
        if explained:
            candidates.append((record.name, fit.score, fit.why))
        elif most >= 1.0:
            break
    return best, most, candidates


def _binary(head: bytes) -> bool:
    """Whether bytes are no text: they hold NUL, and not only in a few stretches, as a crash or a truncation leaves them in a log."""
    begin = head.lstrip(b"\0")[:4096]
    if b"\0" not in head[:4096] + begin:
        return False
    rest = begin.translate(None, b"\0")
    strange = len(_STRETCHES.findall(begin)) + len(rest) - len(rest.translate(None, _NEVER_IN_TEXT))
    return strange * STRANGE >= len(rest)


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


def _chains(heads: Sequence[bytes], known: Sequence[Envelope], explained: bool) -> list[tuple[tuple[str, ...], list[Seen]]]:
    """Per head: the envelopes that its lines wear, outermost first, and how well each fitted the outermost, where that is to be explained."""
    sources = [_Source(head, known) for head in heads]
    rows = _sampled(heads)
    gathered = _gathered(sources, known)
    rows = pl.concat([rows.filter(~pl.col("source").is_in(list(gathered))), *gathered.values()]) if gathered else rows
    for depth in range(DEEPEST):
        if rows.is_empty():
            break
        rows = _peeled(rows, sources, known, explained=explained and depth == 0)
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
            records = opening.messages(envelope.gather(lines, {}, True))[:SAMPLE_LINES]
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


def _peeled(rows: pl.DataFrame, sources: Sequence[_Source], known: Sequence[Envelope], *, explained: bool) -> pl.DataFrame:
    """Find what the messages of each source wear, and take it off; gives the messages inside."""
    rows = rows.with_row_index("id")
    lines_of = dict(zip(*(part.tolist() for part in np.unique(rows["source"], return_counts=True)), strict=True))
    fitting: dict[int, list[_Worn]] = {at: [] for at in lines_of}
    opened: dict[str, pl.DataFrame] = {}
    for envelope in (e for e in known if e.gather is None):
        near = rows.filter(_shaped(rows["msg"], envelope))
        refused = [at for at in lines_of if envelope.name in sources[at].refused or envelope.name in sources[at].chain]
        near = near.filter(~pl.col("source").is_in(refused)) if refused and len(near) else near
        seen: dict[int, tuple[float, str]] = {}
        opened[envelope.name] = _vetted(near, envelope, seen)
        for at, ids in _by_source(opened[envelope.name]):
            fitting[at].append((len(ids) / lines_of[at], envelope, ids))
        if explained:
            _explain(envelope, sources, lines_of, fitting, seen)
    taken = np.zeros(len(rows), bool)
    inside: dict[str, tuple[Envelope, list[np.ndarray]]] = {}
    for at, worn in fitting.items():
        level = _level(worn, lines_of[at], taken)
        if level:
            sources[at].chain.append("|".join(envelope.name for envelope, _ in level))
        for envelope, ids in level:
            inside.setdefault(envelope.name, (envelope, []))[1].append(ids)
    if not inside:
        return rows.clear().drop("id")
    peeled = []
    for envelope, ids in inside.values():
        own = np.zeros(len(rows), bool)
        own[np.concatenate(ids)] = True
        worn = opened[envelope.name].filter(own[opened[envelope.name]["id"].to_numpy()])
        peeled.append(opening.taken_off(worn.drop("id"), envelope, {}, True))
    return pl.concat(peeled).filter(pl.col("msg").str.strip_chars() != "").sort("source", "line_no", "part")


def _shaped(text: pl.Series, envelope: Envelope) -> pl.Series:
    """Which messages have an envelope's shape, as they are or after their last redraw."""
    last = text_lines.last_frame(text)
    shaped = last.str.contains(f"^(?:{envelope.shape})")
    return shaped if last is text else shaped | text.str.contains(f"^(?:{envelope.shape})")


def _by_source(rows: pl.DataFrame) -> list[tuple[int, np.ndarray]]:
    """Each source of these rows, and their ids; rows of one source are neighbours."""
    source, ids = rows["source"].to_numpy(), rows["id"].to_numpy()
    begins = np.flatnonzero(np.diff(source, prepend=-1))
    return list(zip(source[begins].tolist(), np.split(ids, begins[1:]), strict=True)) if len(ids) else []


def _explain(
    envelope: Envelope,
    sources: Sequence[_Source],
    lines_of: dict[int, int],
    fitting: dict[int, list[_Worn]],
    vetoed: dict[int, tuple[float, str]],
) -> None:
    """Note how well an envelope fits each source as its outermost."""
    for at, lines in lines_of.items():
        source = sources[at]
        if envelope.name in source.seen:
            continue
        if source.chain:
            source.seen[envelope.name] = (0.0, f"its lines are parts of records: {source.chain[0]}")
            continue
        count = next((len(ids) for _, e, ids in fitting[at] if e is envelope), 0)
        told = f"{count or 'none'} of the first {lines} lines {'wear' if count else 'wears'} it"
        source.seen[envelope.name] = vetoed.get(at) or (count / lines, told)


def _vetted(near: pl.DataFrame, envelope: Envelope, seen: dict[int, tuple[float, str]]) -> pl.DataFrame:
    """Of the lines that have an envelope's shape those that open, as they did; none of a source whose lines together are not of it."""
    if near.is_empty():
        return near
    if envelope.vet is not None:
        for (at,), own in near.group_by("source", maintain_order=True):
            if why := envelope.vet(own["msg"].to_list()):
                seen[int(at)] = (0.0, why)  # type: ignore[call-overload]
        near = near.filter(~pl.col("source").is_in(list(seen)))
    wide = opening.opened(near, envelope)
    return wide.filter(wide["o_msg"].is_not_null())


def _level(worn: list[_Worn], lines: int, taken: np.ndarray) -> list[tuple[Envelope, np.ndarray]]:
    """The best envelope of one source, and those that others of its lines wear, each with the lines that it is taken off.

    A general one comes first only if it fits more than twice as many lines: then that the others fit some is chance.

    Args:
        taken: Which lines an envelope has been taken off; noted here.
    """
    level: list[tuple[Envelope, np.ndarray]] = []
    if max((fit for fit, _, _ in worn), default=0.0) < LEAST:
        return level
    for _, envelope, ids in sorted(worn, key=lambda w: -w[0] * (1 if w[1].general else 2)):
        own = ids[~taken[ids]]
        if len(own) >= BESIDE * lines:
            taken[own] = True
            level.append((envelope, own))
    return level
