"""The ledger: a hash-chained commit log, one JSON object a line.

An entry's `hash` is the sha256 of its own line without that key, and its line holds the `prev` hash: no entry can be
altered, dropped or moved without breaking the chain after it. What a chain alone cannot show is a tail cut off, so
`ledger.head` repeats the number and hash of an entry that was committed: the chain must reach it and agree.

The entries of one commit count together or not at all: each says how many are `left`. A crash in an append leaves a
commit without its end. Readers pass over it, and the next append cuts it off. A crash before `ledger.head` is written leaves it behind the ledger, never ahead of it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forensics.errors import StoreError
from forensics.store import disk, locks

NAME, HEAD = "ledger.jsonl", "ledger.head"
GENESIS = "0" * 64
TAIL = len(',"hash":""}') + 64
Entry = dict[str, Any]


@dataclass(frozen=True)
class Broken:
    """The first entry that does not stand, and why. `line` is 1-based in ledger.jsonl."""

    line: int
    why: str


def sealed(entry: Entry, seq: int, prev: str, left: int = 0) -> tuple[bytes, str]:
    """One entry as its line, and its hash. `left` entries of the same commit follow it."""
    body = json.dumps({"seq": seq, "prev": prev, "left": left, **entry}, ensure_ascii=False, separators=(",", ":")).encode()
    digest = hashlib.sha256(body).hexdigest()
    return body[:-1] + b',"hash":"' + digest.encode() + b'"}\n', digest


def follow(data: bytes, seq: int = 0, prev: str = GENESIS) -> tuple[list[Entry], int, Broken | None]:
    """Read entries that continue a chain at `seq` after `prev`.

    Returns:
        The entries of whole commits up to the first entry that does not stand, the bytes that they take, and that first one.
    """
    entries: list[Entry] = []
    good = whole = at = 0
    while (end := data.find(b"\n", at)) >= 0:
        line = data[at:end]
        digest = line[-66:-2].decode("ascii", "replace")
        why, entry = _read(line, digest, seq, prev)
        if why:
            return entries[:whole], good, Broken(seq + 1, why)
        entries.append(entry)
        prev, seq, at = digest, seq + 1, end + 1
        if not entry["left"]:
            good, whole = at, len(entries)
    return entries[:whole], good, None


def _read(line: bytes, digest: str, seq: int, prev: str) -> tuple[str, Entry]:
    """One entry, and why it does not stand, if it does not."""
    if line[-TAIL:] != b',"hash":"' + line[-66:-2] + b'"}' or hashlib.sha256(line[:-TAIL] + b"}").hexdigest() != digest:
        return "the entry is not what its own hash says: it was altered", {}
    try:
        entry = json.loads(line)
    except ValueError:
        return "the entry is no JSON object", {}
    if entry.get("prev") != prev:
        return "it does not follow the entry before it: entries were removed, added or moved", {}
    if entry.get("seq") != seq:
        return f"it calls itself entry {entry.get('seq')}, but it is entry {seq}", {}
    return "", entry


class Ledger:
    """The ledger of one case, as far as it has been read. `entries` is in the order of their `seq`."""

    def __init__(self, case: Path) -> None:
        self.case = case
        self.path = case / NAME
        self.entries: list[Entry] = []
        self._good = 0

    @property
    def last(self) -> str:
        """The hash of the last entry."""
        return self.entries[-1]["hash"] if self.entries else GENESIS

    def read(self) -> Broken | None:
        """Read what was added since; the first entry that does not stand, if there is one."""
        # The head first: an append that comes between the two reads must not look like a cut tail.
        head = self._head()
        with open(self.path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size < self._good:
                return Broken(len(self.entries), "the ledger became shorter while it was read")
            file.seek(self._good)
            data = file.read()
        found, good, broken = follow(data, len(self.entries), self.last)
        self.entries += found
        self._good += good
        return broken or self._against(head, torn=self._good < size)

    def _head(self) -> tuple[int, str] | str:
        """Number and hash of an entry that was committed, or why they are not known."""
        try:
            head = json.loads((self.case / HEAD).read_bytes())
            return int(head["seq"]), str(head["hash"])
        except FileNotFoundError:
            return f"{HEAD}, which names the last entry, is missing"
        except (ValueError, KeyError, TypeError):
            return f"{HEAD}, which names the last entry, cannot be read"

    def _against(self, head: tuple[int, str] | str, *, torn: bool) -> Broken | None:
        if isinstance(head, str):
            return Broken(len(self.entries), head)
        seq, digest = head
        if seq >= len(self.entries):
            cut = "what follows here has no end" if torn else "the ledger ends there"
            return Broken(len(self.entries) + 1, f"{HEAD} names entry {seq} as committed, but {cut}: its tail was cut off")
        if self.entries[seq]["hash"] != digest:
            return Broken(seq + 1, f"{HEAD} names another entry {seq} than the ledger holds: the ledger was rewritten")
        return None

    def require(self) -> None:
        """Read what was added since, and insist that all of it stands.

        Raises:
            StoreError: If the chain is broken.
        """
        if broken := self.read():
            raise StoreError(
                f"the ledger of case `{self.case}` is damaged",
                f"{self.path}:{broken.line}",
                broken.why,
                f"forensics verify --case {self.case}",
            )

    def append(self, decide: Callable[[], Iterable[Entry]]) -> list[Entry]:
        """Commit entries; they last when this returns.

        Args:
            decide: Gives the entries, called when nobody else can append and everything committed has been read.
        """
        with locks.exclusive(self.path, os.O_RDWR) as fd:
            self.require()
            lines, added, prev = [], [], self.last
            given = list(decide())
            for seq, entry in enumerate(given, len(self.entries)):
                left = len(given) - len(added) - 1
                line, digest = sealed(entry, seq, prev, left)
                added.append({"seq": seq, "prev": prev, "left": left, **entry, "hash": digest})
                lines.append(line)
                prev = digest
            if not added:
                return []
            data = b"".join(lines)
            if os.fstat(fd).st_size > self._good:
                disk.truncate(fd, self._good)
            os.lseek(fd, self._good, os.SEEK_SET)
            try:
                disk.write(fd, data)
                disk.fsync(fd)
            except Exception:
                disk.truncate(fd, self._good)
                raise
            self.entries += added
            self._good += len(data)
            self._write_head()
        return added

    def _write_head(self) -> None:
        disk.write_whole(self.case / HEAD, head_of(len(self.entries) - 1, self.last))


def head_of(seq: int, digest: str) -> bytes:
    return json.dumps({"seq": seq, "hash": digest}).encode() + b"\n"


def found(case: Path, first: Entry) -> None:
    """Write a new ledger with its first entry, all at once."""
    line, digest = sealed(first, 0, GENESIS)
    disk.write_whole(case / HEAD, head_of(0, digest))
    disk.write_whole(case / NAME, line)
