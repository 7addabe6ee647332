"""The citations of a report, read back from Markdown or HTML and held against evidence: a case, or the original files.

A citation stands if the evidence has a source with that path and hash, and that line of it, rendered again, is the quote, whole or brief. Its
number must mean the same line wherever it stands, and the command beside it must be the one that shows it. What only half looks like a
citation is a flaw too: an edit must not make one disappear.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Protocol

from forensics.case import CLAIMED
from forensics.quote import LEFT_OUT, brief, quote
from forensics.redact import REDACTED
from forensics.report.exhibits import SHORT_HASH, Exhibit, again
from forensics.verify import Problem

CODE = r"(?P<{0}_fence>`+)(?P<{0}>.+?)(?P={0}_fence)(?!`)"
CITATION = re.compile(
    rf"^\s*- E(?P<number>\d+) {CODE.format('place')} {CODE.format('text')} \(sha256 (?P<sha256>[0-9a-f]+)\)(?: [a-z0-9.\\_]+)?$"
)
AGAIN = re.compile(rf"^\s*- again: {CODE.format('text')}$")
LIKE = re.compile(r"\(sha256 |^\s*- again:|^\s*- E\d+ ")
TYPED = re.compile(rf"{re.escape(CLAIMED)}([0-9a-f]{{12}})\.claims")
PICTURE = re.compile(rf"^Picture: {CODE.format('file')}, sha256 `(?P<sha256>[0-9a-f]{{64}})`$")
PLACE = re.compile(r"(.+):([1-9]\d*)", re.DOTALL)
WHOLE_HASH = 64


@dataclass(frozen=True)
class Citation:
    """One citation: `row` is its 1-based line in the report, `line` the one that it quotes; `sha256` may be only the beginning."""

    row: int
    number: int
    path: str
    line: int
    text: str
    sha256: str

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True)
class Flaw:
    """One thing in a report that does not stand: its line in the report, what it is about, and why."""

    row: int
    about: str
    why: str


@dataclass
class Told:
    """What a report says of evidence: its citations, and the flaws that show without any evidence."""

    citations: list[Citation] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)
    _open: list[Citation] = field(default_factory=list)  # cited since the last command

    def cite(self, row: int, number: str, place: str, text: str, sha256: str) -> None:
        found = PLACE.fullmatch(place)
        if not found or len(sha256) not in (SHORT_HASH, WHOLE_HASH):
            why = "it names no line" if not found else f"its hash has {len(sha256)} digits, not {SHORT_HASH} or {WHOLE_HASH}"
            self.flaws.append(Flaw(row, f"E{number} {place}", why))
            return
        self.citations.append(Citation(row, int(number), found[1], int(found[2]), text, sha256))
        self._open.append(self.citations[-1])

    def command(self, row: int, text: str) -> None:
        """A command, after the citations that it shows again."""
        about = ", ".join(f"E{c.number}" for c in self._open) or text
        for member in (False, True):
            if text == again(Exhibit(c.number, c.path, c.line, c.sha256, c.text, member and "!/" in c.path) for c in self._open):
                break
        else:
            self.flaws.append(Flaw(row, about, f"the command beside it does not show it: {text}"))
        self._open.clear()

    def unreadable(self, row: int, text: str) -> None:
        self.flaws.append(Flaw(row, text.strip()[:80], "it looks like a citation, and cannot be read as one"))

    def agree(self) -> Told:
        """Add the flaws of numbers that mean two lines."""
        first: dict[int, Citation] = {}
        for c in self.citations:
            known = first.setdefault(c.number, c)
            if c.place != known.place or not (c.sha256.startswith(known.sha256) or known.sha256.startswith(c.sha256)):
                self.flaws.append(
                    Flaw(c.row, f"E{c.number} {c.place}", f"line {known.row} of the report says that E{c.number} is {known.place}")
                )
        return self


def told_in(report: str) -> Told:
    """Read what a report says of evidence, Markdown or HTML, in its order."""
    if re.match(r"\s*<!doctype html", report, re.IGNORECASE) or 'class="cite"' in report:
        page = _Page()
        page.feed(report)
        page.close()
        return page.told.agree()
    told = Told()
    for row, line in enumerate(report.split("\n"), 1):
        if found := CITATION.match(line):
            told.cite(row, found["number"], _uncoded(found["place"]), _uncoded(found["text"]), found["sha256"])
        elif found := AGAIN.match(line):
            told.command(row, _uncoded(found["text"]))
        elif LIKE.search(line):
            told.unreadable(row, line)
    return told.agree()


def _uncoded(text: str) -> str:
    """What stands in inline code, without the blanks that keep a backtick off its fence."""
    return text[1:-1] if text.startswith(" ") and text.endswith(" ") and text.strip() else text


class _Page(HTMLParser):
    """The citations of a page: list items of class `cite` or `exhibit`, and code of class `again`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.told = Told()
        self._row = 0
        self._parts: dict[str, str] | None = None
        self._into = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        name = dict(attrs).get("class") or ""
        if tag == "li" and name in ("cite", "exhibit"):
            self._finish()
            self._parts, self._row = {}, self.getpos()[0]
        elif self._parts is not None and tag in ("a", "b") and "number" not in self._parts:
            self._into = "number"
        elif self._parts is not None and tag in ("code", "span") and name in ("place", "quote", "sha"):
            self._into = name
        elif tag == "code" and name == "again":
            self._finish()
            self._parts, self._row, self._into = {}, self.getpos()[0], "again"

    def handle_endtag(self, tag: str) -> None:
        if tag in ("a", "b", "code", "span"):
            if self._into == "again":
                self._into = ""
                self._finish()
            self._into = ""
        elif tag in ("li", "p", "ul", "section", "html"):
            self._finish()

    def handle_data(self, data: str) -> None:
        if self._parts is not None and self._into:
            self._parts[self._into] = self._parts.get(self._into, "") + data

    def close(self) -> None:
        super().close()
        self._finish()

    def _finish(self) -> None:
        parts, self._parts, self._into = self._parts, None, ""
        if parts is None:
            return
        number, sha = (
            re.fullmatch(r"E(\d+)", parts.get("number", "")),
            re.fullmatch(r"\(sha256 ([0-9a-f]+)\)", parts.get("sha", "")),
        )
        if "again" in parts:
            self.told.command(self._row, parts["again"])
        elif number and sha and "place" in parts and "quote" in parts:
            self.told.cite(self._row, number[1], parts["place"], parts["quote"], sha[1])
        else:
            self.told.unreadable(self._row, " ".join(parts.values()))


@dataclass(frozen=True)
class Content:
    """What evidence has at a path: the hash of all of it, and the lines asked for that it has, each with its terminator."""

    sha256: str
    lines: Mapping[int, bytes]


class Evidence(Protocol):
    """What citations are held against."""

    name: str
    typed: bool  # whether it has what was typed with `forensics claim`, which no file holds

    def look(self, wanted: Mapping[str, set[int]]) -> dict[str, list[Content]]:
        """Give, for each path, what is there; a path that is not there is left out."""


def check(told: Told, evidence: Evidence, report: str, mend: str) -> list[Problem]:
    """Hold what a report says against evidence.

    Args:
        report: The report's name, for the problems.
        mend: What to type next.

    Returns:
        One problem per citation or command that does not stand, in the order of the report. What is `typed_in` is held against its own hash.
    """
    wanted: dict[str, set[int]] = {}
    for c in told.citations:
        wanted.setdefault(c.path, set()).add(c.line)
    found = evidence.look(wanted)
    alone = set(typed_in(told, evidence))
    whys = ((c, _typed_flaw(c) if c in alone else _flaw(c, found.get(c.path), evidence.name)) for c in told.citations)
    flaws = told.flaws + [Flaw(c.row, f"E{c.number} {c.place}", why) for c, why in whys if why]
    return [
        Problem("a citation does not stand", f"{report}:{flaw.row}: {flaw.about}", flaw.why, mend)
        for flaw in sorted(flaws, key=lambda flaw: flaw.row)
    ]


def typed_in(told: Told, evidence: Evidence) -> list[Citation]:
    """The citations of what was typed with `forensics claim`, where the evidence is files, which cannot hold it: they are checked by none."""
    if evidence.typed:
        return []
    typed = [c for c in told.citations if TYPED.fullmatch(c.path) and c.sha256.startswith(TYPED.fullmatch(c.path)[1])]  # type: ignore[index]
    there = evidence.look({c.path: set() for c in typed})
    return [c for c in typed if c.path not in there]


def not_checked(told: Told, evidence: Evidence, report: str) -> list[Problem]:
    """One problem per exhibit that nothing could be held against, with why; no citation of it counts as one that stands."""
    first: dict[int, Citation] = {}
    for c in typed_in(told, evidence):
        known = first.setdefault(c.number, c)
        first[c.number] = max(known, c, key=lambda c: len(c.sha256))
    return [
        Problem("a citation was not checked", f"{report}:{c.row}: E{c.number} {c.place}", _unchecked(c), "forensics verify REPORT --case CASE")
        for c in first.values()
    ]


def _unchecked(c: Citation) -> str:
    told = "it was typed with `forensics claim`, and is in the case alone"
    if len(c.sha256) < WHOLE_HASH:
        return f"{told}; the list of exhibits, with its whole hash, is not here"
    if _hash(c) != c.sha256:
        return f"{told}; a secret in it, or a character, is left out here, so that its words cannot be held against its hash either"
    return f"{told}: its words have the hash that the report gives, but no file shows that anybody typed them"


def _typed_flaw(c: Citation) -> str | None:
    """Why what was typed is not what was cited: a claim is one line, and the quote is all of it unless something is left out."""
    if len(c.sha256) < WHOLE_HASH or REDACTED in c.text or LEFT_OUT in c.text or _hash(c) == c.sha256:
        return None
    return f"its words have sha256 {_hash(c)}"


def _hash(c: Citation) -> str:
    return hashlib.sha256(f"{c.text}\n".encode()).hexdigest()


def _flaw(citation: Citation, contents: list[Content] | None, where: str) -> str | None:
    """Why a citation does not stand; null if it does."""
    if not contents:
        return _absent(where, citation.path)
    content = next((content for content in contents if content.sha256.startswith(citation.sha256)), None)
    if content is None:
        return f"the source has another hash: {contents[-1].sha256[: len(citation.sha256)]}, not {citation.sha256}"
    if citation.line not in content.lines:
        return "the source has no such line"
    line = quote(content.lines[citation.line]).strip()
    shown = line if len(citation.sha256) == WHOLE_HASH else brief(line)
    return None if shown == citation.text else f"the line reads: {shown}"


def files_in(report: str) -> Iterator[tuple[int, str, str]]:
    """The list of files for `sha256sum -c`: each one's line in the report, path, hash."""
    from html import unescape

    plain = unescape if "<html" in report[:2000] else str
    for row, line in enumerate(report.split("\n"), 1):
        if found := re.fullmatch(r"([0-9a-f]{64})  (.+)", plain(re.sub(r"^<pre[^>]*><code>", "", line))):
            yield row, found[2], found[1]


def check_files(report: str, evidence: Evidence, name: str, mend: str) -> list[Problem]:
    """Hold the list of files against evidence; one problem per file that has another hash, or is not there."""
    listed = list(files_in(report))
    found = evidence.look({path: set() for _, path, _ in listed})
    return [
        Problem("a file is not the one that was cited", f"{name}:{row}: {path}", _other(found.get(path), path, sha, evidence.name), mend)
        for row, path, sha in listed
        if not any(content.sha256 == sha for content in found.get(path, ()))
    ]


def pictures_in(report: str) -> Iterator[tuple[int, str, str]]:
    """The pictures that a report has beside it: each one's line in the report, file name, hash."""
    for row, line in enumerate(report.split("\n"), 1):
        if found := PICTURE.match(line):
            yield row, _uncoded(found["file"]), found["sha256"]


def check_pictures(report: str, place: Path, mend: str) -> tuple[list[Problem], list[Problem]]:
    """Hold the pictures beside a report against the hashes in it: problems, and what was not checked because it is not there."""
    changed, absent = [], []
    for row, name, sha in pictures_in(report):
        where = f"{place}:{row}: {name}"
        file = place.parent / name
        if name != file.name or not file.is_file():
            why = "no such file is beside the report" if name == file.name else "it is not beside the report"
            absent.append(Problem("a picture was not checked", where, why, f"put `{name}` beside the report, or {mend}"))
        elif (found := hashlib.sha256(file.read_bytes()).hexdigest()) != sha:
            changed.append(Problem("a picture is not the one of the report", where, f"it has sha256 {found}, not {sha}", mend))
    return changed, absent


def _absent(where: str, path: str) -> str:
    return f"{where} holds no source with this path"


def _other(contents: Iterable[Content] | None, path: str, sha: str, where: str) -> str:
    there = [content.sha256 for content in contents or ()]
    return f"it has sha256 {there[-1]}, not {sha}" if there else _absent(where, path)
