"""What goes wrong on the side of a parser's author."""

from __future__ import annotations


class FormatError(Exception):
    """A declared format is wrong: its author has to mend it.

    A bad *line* is never an exception: it stays unparsed, kept and counted.
    """

    def __init__(self, what: str, where: str, why: str, next: str) -> None:
        super().__init__(f"{what}\n  where: {where}\n  why:   {why}\n  next:  {next}")
        self.what, self.where, self.why, self.next = what, where, why, next
