"""Ingest: files and archives into lines, events and ledger entries.

Every file below the given paths is read, archives are opened, each content is stored once, and each source becomes one
ledger entry. What cannot be read is reported with its reason, and the rest is ingested. Reading the same bytes at the
same path again adds nothing.
"""

from __future__ import annotations

import codecs
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

from forensics.case import now
from forensics.store import archives, big, disk, locks, parsing, segments
from forensics.store.archives import Budget, LimitReached, Limits, Member
from forensics.store.chunks import Changed, Chunks
from forensics.store.item import Item, known
from forensics.store.reading import CHUNK, Measured, Rest, Unreadable, Watched, blocks, measure, open_file, read_up_to, what_can_be_read
from forensics.store.receipt import Receipt
from forensics.store.small import Batch
from forensics.store.walk import Found, Passed, walk

if TYPE_CHECKING:
    from collections.abc import Callable

    from forensics.case import Case

    Progress = Callable[[int, int | None, str], None]

BIG = 8 << 20
HEAD = 1 << 16
CLOSED = "it is a {} archive, which is not opened: unpack it, and ingest what is in it"
UNOPENED = "it begins like {}, but no file can be taken out of it: kept as it is"
WIDE = "it is {0}, of which no line can be read: kept as it is. Ingest what `iconv -f {0} -t UTF-8` makes of it, under the same name"
TOO_DEEP = "an archive this deep in others is kept unopened"
WRITTEN_TO = "it is being written: its bytes changed while it was read; ingest it again"


def ingest(
    case: Case,
    paths: Sequence[str | os.PathLike[str]],
    progress: Progress | None = None,
    *,
    declared: Mapping[str, Iterable[str]] | None = None,
    limits: Limits | None = None,
    big_bytes: int = BIG,
) -> Receipt:
    """Read everything below `paths` into the case.

    Args:
        paths: Folders, files, archives. A source's path is relative to the folder named here.
        progress: Called with bytes read, bytes to read, and the path at hand.
        declared: What the lines do not state, by section of case.toml: zones, years and offsets as `[WHICH=]VALUE`, formats as paths of
            files. The case keeps it.
        big_bytes: Sources larger than this are read in chunks.

    Returns:
        One row per source, what was passed over, and totals that add up.

    Raises:
        UsageError: If a path does not exist or the case cannot be written.
        ForensicsError: If the disk is full. What was committed by then counts; the same call again adds the rest.
    """
    found = list(walk(paths, case.path))
    receipt = Receipt()
    with disk.plainly(case.path, "storing what was read"), locks.Writing(case.path) as writing:
        if writing.alone():
            case.refresh()
            receipt.swept = segments.sweep(case.path, case.state.named())
        writing.share()
        case.refresh()
        case.declare(declared or {})
        name_parsers(case)
        _Ingest(case, receipt, progress, limits or Limits(), big_bytes).run(found)
    receipt.check()
    return receipt


def name_parsers(case: Case) -> None:
    """Say once in the ledger which parsers and declarations an id stands for; formats of a user's own with their text."""
    name, known = parsing.versions(parsing.context_of(case.config))

    def decide() -> list[dict[str, Any]]:
        said = any(e["kind"] == "parsers" and e["id"] == name for e in case.ledger.entries)
        own = {"formats": dict(case.config.texts)} if case.config.texts else {}
        return [] if said else [{"kind": "parsers", "id": name, "versions": list(known), **own}]

    case.commit(decide)


class _Ingest:
    """One ingest: what it works with, and how far it is."""

    def __init__(self, case: Case, receipt: Receipt, progress: Progress | None, limits: Limits, big_bytes: int) -> None:
        self._case, self._receipt, self._limits, self._big = case, receipt, limits, big_bytes
        self._context = parsing.context_of(case.config)
        self._batch = Batch(case, receipt, self._context, now)
        self._progress = progress or (lambda *_: None)
        self._total = self._done = 0

    def run(self, found: Sequence[Found | Passed]) -> None:
        self._total = sum(f.size for f in found if isinstance(f, Found))
        with self._batch:
            self._each(found)
        self._progress(self._done, self._total, "")

    def _each(self, found: Sequence[Found | Passed]) -> None:
        for what in found:
            if isinstance(what, Passed):
                self._receipt.passed(what)
                continue
            self._progress(self._done, self._total, what.path)
            try:
                with open_file(what.place) as file:
                    self._file(what, file)
            except Unreadable as error:
                self._refuse(what.path, str(error))
            self._done += what.size
        self._batch.flush()

    def _refuse(self, path: str, why: str) -> None:
        self._receipt.passed(Passed(path, why, True))

    def _file(self, found: Found, file: BinaryIO) -> None:
        """One file on disk: its members where it is an archive, else itself."""
        mtime_ns = os.fstat(file.fileno()).st_mtime_ns
        head = read_up_to(file, HEAD)
        kind = archives.kind_of(head)
        if kind and self._archive(found.path, file, kind):
            return
        note = None
        if kind:
            note = UNOPENED.format(kind)
            file.seek(0)
            head = read_up_to(file, HEAD)
        self._take(found.path, head, file, mtime_ns, note, again=file)

    def _archive(self, path: str, file: BinaryIO, kind: str) -> bool:
        """Read an archive's members. False where nothing came of it: it cannot be opened, or holds no file, and is kept as it is."""
        file.seek(0)
        whole = measure(blocks(file))
        file.seek(0)
        budget = Budget(self._limits, whole.size)
        said = {"path": path, "content_id": whole.content_id, "size": whole.size}
        try:
            return self._members(path, archives.members(path, file, kind, budget), said, budget, 1)
        except LimitReached as error:
            self._refuse(path, f"the rest of the archive is not read: {error}")
            return True

    def _members(self, path: str, members: Iterable[Member | Passed], archive: dict[str, Any], budget: Budget, depth: int) -> bool:
        opened = False
        for member in members:
            if isinstance(member, Passed):
                if member.path == path and not opened:
                    return False
                self._receipt.passed(member)
            else:
                self._progress(self._done, self._total, member.path)
                try:
                    self._member(member, archive, budget, depth)
                except Unreadable as error:
                    self._refuse(member.path, str(error))
            opened = True
        return opened

    def _member(self, member: Member, archive: dict[str, Any], budget: Budget, depth: int) -> None:
        head = read_up_to(member.stream, 512)
        kind = archives.kind_of(head)
        if kind is None or depth >= archives.DEEPEST:
            self._take(member.path, head, member.stream, member.mtime_ns, TOO_DEEP if kind else None, archive)
            return
        with archives.seekable(Rest(head, member.stream)) as copy:
            if not self._members(member.path, archives.members(member.path, copy, kind, budget), archive, budget, depth + 1):
                copy.seek(0)
                self._take(member.path, b"", copy, member.mtime_ns, UNOPENED.format(kind), archive, again=copy)

    def _take(
        self, path: str, head: bytes, stream: BinaryIO, mtime_ns: int | None, note: str | None = None,
        archive: dict[str, Any] | None = None, *, again: BinaryIO | None = None,
    ) -> None:  # fmt: skip
        """Store one source.

        Args:
            head: The bytes that were read from the stream already.
            again: The stream itself where it can be sought; else a big source is copied beside the case, to be read twice.
        """
        more, damage = what_can_be_read(stream, self._big + 1 - len(head), begun=bool(head))
        data = head + more if more else head
        if damage and not data:
            raise Unreadable(damage)
        if not note and (kind := archives.closed(data)):
            note = CLOSED.format(kind)
        elif not note and (encoding := wide(data)):
            note = WIDE.format(encoding)
        note = both(note, damage)
        if damage or len(data) <= self._big:
            self._batch.add(path, data, mtime_ns, note, archive)
            return
        self._batch.flush()
        sizes = [s.size for s in self._case.state.at_path.get(path, ())]
        large = partial(self._large, path, mtime_ns, archive, data[:HEAD], now(), sizes)
        if again is not None:
            large(again, note, watched=None if archive else Watched(again))
            return
        with tempfile.TemporaryFile(dir=self._case.path, buffering=0) as copy:  # it has no name: a crash leaves nothing
            measured, damage = _copied(data, stream, copy, sizes)
            large(copy, both(note, damage), measured)

    def _large(
        self, path: str, mtime_ns: int | None, archive: dict[str, Any] | None, head: bytes, read_at: str, prefix_sizes: Sequence[int],
        stream: BinaryIO, note: str | None, measured: Measured | None = None, *, watched: Watched | None = None,
    ) -> None:  # fmt: skip
        """Store one big source that can be sought. Where it may be a content that the case holds, which is as long, it is hashed first."""

        def item_of(measured: Measured) -> Item:
            return Item(path, measured.content_id, measured.size, mtime_ns, measured.prefixes.get, note, archive)

        def progress(read: int) -> None:  # in bytes of the file on disk, as far as it has them
            self._progress(self._done + (0 if archive else min(read, self._total - self._done)), self._total, path)

        if measured is None and (watched is None or watched.size in self._case.state.sizes):
            stream.seek(0)
            measured, watched = measure(blocks(stream), prefix_sizes), None
        if measured is not None and item_of(measured).source_id in self._case.state.sources:
            self._receipt.rows.append(known(self._case, item_of(measured)))
            return
        stream.seek(0)
        chunks = Chunks(stream, prefix_sizes, known=measured, watched=watched)
        try:
            big.store(self._case, self._receipt, self._context, path, item_of, chunks, head, read_at, progress)
        except Changed:
            self._refuse(path, WRITTEN_TO)


def wide(data: bytes) -> str | None:
    """The encoding whose mark a text begins with, where its characters take two bytes or four; None for any other."""
    if b"\0" not in data[:HEAD]:
        return None
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "UTF-32"
    return "UTF-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else None


def both(*notes: str | None) -> str | None:
    return "; ".join(n for n in notes if n) or None


def _copied(data: bytes, stream: BinaryIO, copy: BinaryIO, sizes: Sequence[int]) -> tuple[Measured, str | None]:
    """Copy what can be read only once; gives its hash, and what broke off."""
    damage: list[str] = []

    def parts() -> Iterator[bytes]:
        copy.write(data)
        yield data
        while True:
            more, broken = what_can_be_read(stream, CHUNK)
            damage.extend([broken] if broken else [])
            if more:
                copy.write(more)
                yield more
            if broken or not more:
                return

    measured = measure(parts(), sizes)
    return measured, both(*damage)
