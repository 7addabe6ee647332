"""Errors for people, split by whose turn it is.

    ForensicsError          exit 1
    ├── UsageError          exit 2   the person at the keyboard: an option, a name, a path that is not there
    ├── SourceError         exit 1   a file given as evidence: cannot be read, is not what it was
    ├── StoreError          exit 3   what was written: the case is damaged, or is no case
    └── SchemaError         exit 3   a table lacks what its schema promises

A bad *line* is never an exception: it is unparsed, kept and counted. The author of a parser gets
`parsers.errors.FormatError`, which has the same four parts.

Exit statuses: 0 done; 1 done, but something needs attention; 2 wrong usage; 3 the case is damaged.
"""

from __future__ import annotations

__all__ = ["ForensicsError", "SchemaError", "SourceError", "StoreError", "UsageError", "four_parts", "printable"]


class ForensicsError(Exception):
    """What went wrong, where, why, and what to type next.

    `what` is one line without a full stop; the others may be left empty, and are then not printed. All four
    may quote names from evidence: whatever could steer a terminal is escaped when the error is rendered.
    """

    exit_status = 1

    def __init__(self, what: str, where: str = "", why: str = "", next: str = "") -> None:  # noqa: A002 - the word people read
        super().__init__(what)
        self.what, self.where, self.why, self.next = what, where, why, next

    def __str__(self) -> str:
        return four_parts(self.what, self.where, self.why, self.next)

    def __reduce__(self) -> tuple[type, tuple[str, str, str, str]]:  # survives the way back from a worker process
        return type(self), (self.what, self.where, self.why, self.next)


class UsageError(ForensicsError):
    """The person at the keyboard can mend it by typing something else."""

    exit_status = 2


class SourceError(ForensicsError):
    """A file given as evidence cannot be used, or only in part."""

    exit_status = 1


class StoreError(ForensicsError):
    """What was written into the case is missing, altered or unreadable."""

    exit_status = 3


class SchemaError(ForensicsError):
    """A table does not have the columns or types that its schema promises."""

    exit_status = 3


def four_parts(what: str, where: str = "", why: str = "", next: str = "") -> str:  # noqa: A002
    """Render an error as people read it, with the parts that there are.

    ```
    error: no run is called `m2`
      where: case `out/demo/dstamp`
      why:   the runs are ab, m2p
      next:  forensics drift --run m2p
    ```
    """
    parts = [f"error: {printable(what)}"]
    for label, text in (("where:", where), ("why:", why), ("next:", next)):
        lines = [printable(line) for line in text.split("\n")] if text else []
        parts += [f"  {label if first else '':<6} {line}" for first, line in zip([True] + [False] * len(lines), lines, strict=False)]
    return "\n".join(parts)


def printable(text: str) -> str:
    r"""Escape what could steer a terminal: control characters, escapes, undecodable bytes become `\x1b` and the like."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode("ascii") for c in text)
