"""Print a document as Markdown, for a journal entry.

Nothing of a text is markup: what could be is escaped, and quotes and commands are code. A citation is one item of a list,

    - E4 `runs/ab/harness.log:12` `took a7be5bae+U` (sha256 0123456789ab)

with all 64 digits and the whole quote among the exhibits. `forensics.report.citations` reads both back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from forensics.report import cold, seal
from forensics.report.document import Block, Commands, Document, Picture, Section, Statement, Table, Text
from forensics.report.exhibits import SHORT_HASH, Exhibit, again

# What is markup inside a line; an underscore between letters is none, and names are easier to read without a backslash in them. A bare
# address would become a link.
INLINE = re.compile(r"[\\`*\[\]<|~&]|(?<![^\W_])_|_(?![^\W_])|(?<=https):(?=/)|(?<=http):(?=/)|(?<=ftp):(?=/)|(?<=www)\.", re.IGNORECASE)
# What begins a line as a list, a heading, a quote, a rule or an underline.
BLOCK = re.compile(r"^(\s*)(#{1,6}|[-+=>]|\d{1,9}[.)])(?=\s|$|[-+=>])")


def render(document: Document) -> str:
    """The whole report; its last line is its seal."""
    lines = [f"# {md(document.title)}", ""]
    for i, sentence in enumerate(document.answer, 1):
        lines += [f"**{i}.** {md(sentence.text)}{_numbers(sentence)}", ""]
    for section in document.sections:
        lines += _section(section, 2)
    lines += _exhibits(document.exhibits)
    return seal.sealed("\n".join(lines).rstrip("\n") + "\n\n", seal.MARKDOWN)


def md(text: object) -> str:
    """Text for a line of Markdown: nothing in it is markup."""
    return BLOCK.sub(lambda m: f"{m[1]}{m[2][:-1]}\\{m[2][-1]}", INLINE.sub(r"\\\g<0>", str(text)))


def code(text: str) -> str:
    """A quote as inline code: the fence is one backtick longer than any run of them in the text."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if longest or text != text.strip() or not text else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _section(section: Section, level: int) -> Iterator[str]:
    yield f"{'#' * level} {md(section.heading)}"
    yield ""
    before: Block | None = None
    for block in section.blocks:
        if isinstance(before, Statement) and not isinstance(block, Statement):
            yield ""
        yield from _block(block)
        before = block
    if isinstance(before, Statement):
        yield ""
    for inner in section.sections:
        yield from _section(inner, level + 1)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Text():
            yield from (md(block.text), "")
        case Statement():
            yield from _statement(block)
        case Table():
            yield from _table(block)
        case Commands():
            fence = "`" * max(3, max((len(run) for line in block.lines for run in re.findall("`+", line)), default=0) + 1)
            yield from (f"{fence}sh", *block.lines, fence, "")
        case Picture() if block.file:
            yield from (f"![Timeline: {md(block.alt)}]({quote(block.file)})", "", f"Picture: {code(block.file)}, sha256 `{block.sha256}`", "")
        case Picture():
            yield from (f"{md(block.alt)} To draw it: `forensics timeline --case CASE`", "")


def _statement(statement: Statement) -> Iterator[str]:
    verdict = f"**{statement.verdict}** " if statement.verdict else ""
    name = f"{md(statement.name)}: " if statement.name else ""
    yield f"- {verdict}{name}{md(statement.text)}"
    yield from (f"  - {label}: {md(text)}" for label, text in statement.notes)
    yield from (f"  - {md(shows)}: {code(command)}" for shows, command in statement.checks)
    yield from (f"  - missing: {md(text)}" for text in statement.missing)
    yield from _cited(statement.cites)


def _cited(cites: Iterable[Exhibit]) -> Iterator[str]:
    """Citations, then the command that shows them again."""
    cites = tuple(cites)
    for e in cites:
        yield f"  - E{e.number} {code(e.place)} {code(e.brief)} (sha256 {e.sha256[:SHORT_HASH]})"
    if cites:
        yield f"  - again: {code(again(cites))}"


def _table(table: Table) -> Iterator[str]:
    yield f"| {' | '.join(md(head) for head in table.head)} |"
    yield f"|{'|'.join('---:' if i in table.right else '---' for i in range(len(table.head)))}|"
    yield from (f"| {' | '.join(md(cell) for cell in row)} |" for row in table.rows)
    yield ""
    if table.note:
        yield from (md(table.note), "")


def _exhibits(exhibits: tuple[Exhibit, ...]) -> Iterator[str]:
    if not exhibits:
        return
    yield from ("## Exhibits", "", "Every line that is cited, whole, with the hash of its file and the command that shows it.", "")
    for e in exhibits:
        kind = f" {md(e.kind)}" if e.kind else ""
        yield f"- E{e.number} {code(e.place)} {code(e.text)} (sha256 {e.sha256}){kind}"
        yield f"  - again: {code(cold.lines_command(e.path, [e.line], member=e.member))}"
    yield ""


def _numbers(statement: Statement) -> str:
    return f" ({', '.join(f'E{e.number}' for e in statement.cites)})" if statement.cites else ""
