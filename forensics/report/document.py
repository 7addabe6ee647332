"""A report as data: sections of statements, tables and commands. Markdown and HTML are two ways to print one document.

Every text in it is plain: nothing is markup until a renderer has escaped it.
"""

from __future__ import annotations

from dataclasses import dataclass

from forensics.report.exhibits import Exhibit

PROVEN, REFUTED, NOT_PROVEN = "PROVEN", "REFUTED", "NOT PROVEN"


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Statement:
    """One statement with what it rests on.

    `verdict` stands in front of it, null for a plain fact; `name` says which hypothesis or claim it is about; `missing` is what would
    decide it; `notes` are what else belongs to it: explanations that were rejected, what to do.
    """

    text: str
    verdict: str | None = None
    name: str = ""
    cites: tuple[Exhibit, ...] = ()
    missing: tuple[str, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()  # (label, text)
    checks: tuple[tuple[str, str], ...] = ()  # (what it shows, command), for what no line can be cited for


@dataclass(frozen=True)
class Table:
    """Rows of plain cells under a head. `note` says what the rows leave out or how to read them."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()  # columns of numbers
    note: str = ""


@dataclass(frozen=True)
class Commands:
    """Lines to type into a shell."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Picture:
    """Where the timeline is drawn, in a form that can draw; `alt` says in words what there is to see.

    `file` is the name of a picture beside the report, with the hash of its bytes; empty where there is none.
    """

    alt: str
    file: str = ""
    sha256: str = ""


Block = Text | Statement | Table | Commands | Picture


@dataclass(frozen=True)
class Section:
    """One section: `id` names it in links and stays the same whatever the heading says."""

    id: str
    heading: str
    blocks: tuple[Block, ...] = ()
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True)
class Document:
    """A report. `answer` are the sentences at its top; `facts_only` says that nothing in it is reasoning."""

    title: str
    answer: tuple[Statement, ...]
    sections: tuple[Section, ...]
    exhibits: tuple[Exhibit, ...] = ()
    facts_only: bool = False
