"""The case: the workspace of one investigation, a directory.

    CASE/
      case.toml               what people declare: zones, years, clock offsets, run-id patterns, formats of their own; optional
      formats/*.toml          formats of their own (docs/formats-of-your-own.md); optional
      ledger.jsonl            the commit log, hash-chained (`forensics.store.ledger`)
      ledger.head             number and hash of an entry that was committed: shows a ledger whose tail was cut off
      lines/<segment>.parquet content_id, line_no, offset, raw: once per content
      events/<segment>.parquet the event table: per source
      .lock                   held by who adds to the case

Reading takes no lock and writes nothing: a case on a read-only disk can be read. What counts is what the ledger names.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from forensics import __version__
from forensics.errors import StoreError, UsageError
from forensics.store import disk, ledger, locks
from forensics.store.state import COUNTS, State

if TYPE_CHECKING:
    import polars as pl

    from forensics.config import Config

LAYOUT = 1  # of the directory; a later one brings its upcast
TOOL = f"forensics/{__version__}"
FOLDERS = ("lines", "events")
CLAIMED = "claims/"  # where what was typed with `forensics claim` stands among the sources


class Case:
    """An open case: the ledger as read, and lazy tables over the segments that count."""

    def __init__(self, path: Path) -> None:
        """Use `Case.open` or `Case.create`."""
        self.path = path
        self.ledger = ledger.Ledger(path)
        self.state = State()
        self._folded = 0

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Case:
        """Open a case that is there.

        Raises:
            UsageError: If there is none.
            StoreError: If its ledger is damaged, or written by a later version.
        """
        place = Path(path)
        if not (place / ledger.NAME).is_file():
            _explain_absence(place)
        case = cls(place)
        case.refresh()
        first = case.ledger.entries[0] if case.ledger.entries else {}
        if first.get("kind") != "case" or first.get("layout") != LAYOUT:
            raise StoreError(
                f"the layout of case `{place}` is not known",
                f"{place / ledger.NAME}:1",
                f"it is {first.get('layout')}, written by {first.get('tool')}; this is {TOOL}, which knows layout {LAYOUT}",
                "use the version that wrote it",
            )
        return case

    @classmethod
    def create(cls, path: str | os.PathLike[str]) -> Case:
        """Open a case, making it where there is none. A folder that holds other things is refused.

        Raises:
            UsageError: If the folder is not empty and no case, or cannot be written.
        """
        place = Path(path)
        if not (place / ledger.NAME).is_file():
            with disk.plainly(place, "making the case"):
                _make(place)
        return cls.open(place)

    def refresh(self) -> None:
        """Read what was committed since.

        Raises:
            StoreError: If the ledger is damaged.
        """
        self.ledger.require()
        self.fold()

    def fold(self) -> None:
        """Bring `state` up to the entries that have been read."""
        self.state.add(self.ledger.entries[self._folded :])
        self._folded = len(self.ledger.entries)

    def with_sources(self, wanted: Collection[str]) -> Case:
        """The case as it would be with these source_ids alone, for reading; what it says of them is what it says now."""
        part = Case(self.path)
        part.ledger.entries, part._folded = self.ledger.entries, len(self.ledger.entries)
        part.state.add(e for e in self.ledger.entries[: self._folded] if e["kind"] != "source" or e["source_id"] in wanted)
        # What else is in a segment must be known, to leave it out.
        part.state.contents_in, part.state.sources_in = self.state.contents_in, self.state.sources_in
        return part

    @property
    def position(self) -> tuple[int, str]:
        """Number and hash of the last entry that has been read."""
        return len(self.ledger.entries) - 1, self.ledger.last

    def commit(self, decide: Callable[[], Iterable[ledger.Entry]]) -> list[ledger.Entry]:
        """Add entries to the ledger; they last when this returns.

        Args:
            decide: Gives the entries; called when `state` holds all that was ever committed and nobody else can commit.

        Raises:
            ForensicsError: If the ledger cannot be written, or is damaged.
        """

        def current() -> Iterable[ledger.Entry]:
            self.fold()
            return decide()

        with disk.plainly(self.path, "writing the ledger"):
            added = self.ledger.append(current)
        self.fold()
        return added

    @property
    def config(self) -> Config:
        """What is declared: in case.toml, where there is one, and by options, which the ledger keeps."""
        from forensics.config import with_declared

        return with_declared(self._file, self.state.declared)

    @cached_property
    def _file(self) -> Config:
        from forensics.config import read_config

        return read_config(self.path / "case.toml")

    def declare(self, said: Mapping[str, Iterable[str]]) -> None:
        """Keep what options declare, by section of case.toml: `[WHICH=]VALUE`, or files of formats; the same again adds nothing.

        Raises:
            UsageError: If a value is none, or a file cannot be read.
            FormatError: If a format is wrong.
        """
        from forensics.config import DECLARED, option

        self._adopt([Path(file) for file in said.get("formats", ())])
        told = {section: [list(option(section, text)) for text in said.get(section, ())] for section in DECLARED}
        told = {section: pairs for section, pairs in told.items() if pairs}
        if not told:
            return

        def decide() -> list[ledger.Entry]:
            known = [{section: entry.get(section) for section in told} for entry in self.state.declared[-1:]]
            return [] if told in known else [{"kind": "declared", "at": now(), "tool": TOOL, **told}]

        self.commit(decide)

    def _adopt(self, files: list[Path]) -> None:
        """Copy files of formats into the case, once all of them stand beside those that are there."""
        from forensics.config import FOLDER, format_files, read_all

        if not files:
            return
        folder = self.path / FOLDER
        new = {folder / file.name: file for file in files}
        read_all([new.get(file, file) for file in dict.fromkeys([*format_files(self.path / "case.toml"), *new])])
        disk.make_folder(folder)
        for place, file in new.items():
            disk.write_whole(place, file.read_bytes())
        self.__dict__.pop("_file", None)  # to be read again

    def stale(self) -> list[str]:
        """Paths of the sources that other formats or declarations than today's were read with: `forensics replay` reads them again."""
        from forensics.store import parsing

        current = parsing.versions(parsing.context_of(self.config))[0]
        return [source.path for source in self.state.sources.values() if source.live and source.parsers != current]

    def events(self) -> pl.LazyFrame:
        """The event table (`parsers.schema.EVENTS`): one row per fact, of sources that are not superseded, in no promised order."""
        from parsers.schema import EVENTS

        return self._scan("events", self.state.live_events(), "source_id", EVENTS)

    def lines(self, *, superseded: bool = False) -> pl.LazyFrame:
        """The lines (`parsers.schema.LINES`): one row per line of a content, once however many paths it was found at.

        Args:
            superseded: Also of contents that are only an earlier state of a grown file.
        """
        from parsers.schema import LINES

        return self._scan("lines", self.state.segments_of_lines() if superseded else self.state.live_lines(), "content_id", LINES)

    def lines_of(self, content_id: str) -> pl.LazyFrame:
        """The lines of one content, superseded or not, in order; empty where the case does not hold it."""
        import polars as pl

        from parsers.schema import LINES

        segments = dict.fromkeys(self.state.line_segments.get(content_id, ()))
        return self._scan("lines", segments, "content_id", LINES).filter(pl.col("content_id") == content_id)

    def lines_at(self, places: Iterable[tuple[str, int]]) -> pl.DataFrame:
        """The lines with these content_ids and line numbers, superseded or not; one that the case does not hold is left out."""
        import polars as pl

        from parsers.schema import LINES

        schema = {"content_id": pl.String, "line_no": pl.Int64}
        wanted = pl.DataFrame(list(dict.fromkeys(places)), schema=schema, orient="row")
        contents = wanted["content_id"].unique().to_list()
        segments = dict.fromkeys(name for content in contents for name in self.state.line_segments.get(content, ()))
        near = self._scan("lines", segments, "content_id", LINES).filter(
            pl.col("content_id").is_in(contents), pl.col("line_no").is_in(wanted["line_no"].unique().to_list())
        )
        return near.join(wanted.lazy(), on=["content_id", "line_no"], how="semi").collect()

    def sources(self) -> pl.DataFrame:
        """What was read, one row per source, in the order of the ledger (`SOURCES`).

        `extends` is the source_id of the earlier state of the same file that this one continues, `superseded` is true for a
        source that a longer state of its file replaces; `note` is what was odd when it was read, null if nothing.
        """
        import polars as pl

        rows = [
            {
                "path": s.path,
                "source_id": s.source_id,
                "content_id": s.content_id,
                "size": s.size,
                "mtime_ns": s.entry["mtime_ns"],
                "parser": s.parser,
                **s.counts,
                "events": s.events,
                "extends": s.entry.get("extends"),
                "superseded": not s.live,
                "note": s.entry.get("note"),
                "archive": (s.entry.get("archive") or {}).get("path"),
                "read_at": s.entry["read_at"],
                "seq": s.seq,
            }
            for s in self.state.sources.values()
        ]
        text, number = pl.String, pl.Int64
        schema = {"path": text, "source_id": text, "content_id": text, "size": number, "mtime_ns": number, "parser": text}
        schema |= dict.fromkeys(COUNTS, number) | {"events": number, "extends": text, "superseded": pl.Boolean, "note": text}
        return pl.DataFrame(rows, schema=schema | {"archive": text, "read_at": text, "seq": number})

    def segment(self, folder: str, name: str) -> Path:
        return self.path / folder / name

    def _scan(self, folder: str, segments: Mapping[str, set[str] | None], key: str, schema: pl.Schema) -> pl.LazyFrame:
        """Scan segments; of one that is not wholly wanted, only the rows with these keys."""
        import polars as pl

        if missing := [name for name in segments if not self.segment(folder, name).is_file()]:
            raise StoreError(
                f"{len(missing)} of {len(segments)} {folder} segments of case `{self.path}` are missing",
                f"{self.path}/{folder}/{missing[0]}",
                "the ledger names them, but the files are not there",
                f"forensics replay --case {self.path}" if folder == "events" else f"forensics verify --case {self.path}",
            )
        whole = [self.segment(folder, name) for name, keys in segments.items() if keys is None]
        parts = [pl.scan_parquet(whole, schema=schema)] if whole else []
        for name, keys in segments.items():
            if keys is not None:
                parts.append(pl.scan_parquet(self.segment(folder, name), schema=schema).filter(pl.col(key).is_in(sorted(keys))))
        if not parts:
            return pl.LazyFrame(schema=schema)
        return parts[0] if len(parts) == 1 else pl.concat(parts)


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _make(place: Path) -> None:
    disk.make_folder(place)
    foreign = [
        n
        for n in sorted(os.listdir(place))
        if n not in (*FOLDERS, locks.LOCK, ledger.HEAD, "case.toml", "formats") and not n.startswith(disk.ASIDE)
    ]
    if foreign and ledger.NAME not in foreign:
        raise UsageError(
            f"`{place}` is no case",
            str(place),
            f"it holds other things, such as `{foreign[0]}`",
            "choose an empty or new folder: --case DIR",
        )
    with locks.exclusive(place / locks.LOCK):
        if (place / ledger.NAME).is_file():  # somebody else was faster
            return
        for folder in FOLDERS:
            disk.make_folder(place / folder)
            if held := [n for n in os.listdir(place / folder) if n.endswith(".parquet")]:
                _explain_loss(place, f"{folder}/{held[0]}")
        ledger.found(place, {"kind": "case", "layout": LAYOUT, "tool": TOOL, "at": now()})


def _explain_absence(place: Path) -> None:
    if any((place / name).exists() for name in (*FOLDERS, ledger.HEAD)):
        held = [f"{f}/{n}" for f in FOLDERS if (place / f).is_dir() for n in sorted(os.listdir(place / f)) if n.endswith(".parquet")]
        if held:
            _explain_loss(place, held[0])
    if place.exists() and not place.is_dir():
        raise UsageError(f"`{place}` is no case", str(place), "it is a file, and a case is a folder", "--case DIR, with the folder of a case")
    why = "the folder holds no ledger.jsonl" if place.is_dir() else "nothing is there"
    raise UsageError(f"there is no case at `{place}`", str(place), why, f"forensics ingest PATH --case {shlex.quote(str(place))}")


def _explain_loss(place: Path, held: str) -> None:
    raise StoreError(
        f"the ledger of case `{place}` is missing",
        str(place / ledger.NAME),
        f"there are segments, such as {held}, but nothing names them",
        "restore ledger.jsonl and ledger.head from a copy",
    )
