"""Rows to stdout: a table for people, one JSON object a line for machines; remarks to stderr.

Every text goes through `forensics.quote`: secrets are redacted in both forms, and nothing reaches a terminal unescaped.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import click

from forensics.errors import printable

if TYPE_CHECKING:
    from rich.console import Console

    from forensics.cli.view import View

Row = Mapping[str, Any]
WIDTH_OF_A_PIPE = 80
GAP = 2
INDENT = 6
NARROW = 10  # characters: what a column of texts may be squeezed to

# Names that the tool itself gives: a locator must come out as it is, whatever it looks like.
LOCATORS = frozenset({"path", "where", "tree", "archive", "sha256", "content_id", "source_id", "event_id"})
PAIR = re.compile(r'("key":"([^"\\]*)","value":")((?:[^"\\]|\\.)*)')
SHORT = 256  # characters
FULL_HASH = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{32}\b")

# What words mean is said in words; colour only helps the eye.
STYLES = {
    "PROVEN": "bold red", "REFUTED": "green", "NOT PROVEN": "yellow",
    "critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "info": "dim",
    "drift": "bold red", "definite": "bold", "damaged": "bold red",
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column of a table: the row's `key`, what stands above it, and how a value is shown.

    Null is shown as nothing at all. A column that is null in every row is left out, unless it is `always` there. Where space is short,
    `below` columns move to a line of their own under the row, behind their header if they are several, then `wide` columns are folded; the
    others never are.
    """

    key: str
    header: str
    right: bool = False
    wide: bool = False
    below: bool = False
    always: bool = False
    show: Callable[[Any], str | None] = field(default=str)


def machine(rows: Iterable[Row], zone: tzinfo = UTC) -> None:
    """Print one JSON object a line: instants as ISO 8601 with their offset, keys in the order of the row, null kept."""
    out = sys.stdout
    for row in rows:
        out.write(as_json(row, zone) + "\n")


def as_json(row: Row, zone: tzinfo = UTC) -> str:
    text = json.dumps(plain(row, zone), ensure_ascii=False)
    return text if text.isprintable() else json.dumps(json.loads(text))  # what could steer a terminal becomes \u…


def plain(value: Any, zone: tzinfo = UTC, key: str = "") -> Any:
    """Turn a value into what JSON knows, its texts redacted: a duration becomes seconds. `key` is what it stands under."""
    if type(value) is str:  # most values are
        return safe(value, key)
    match value:
        case None | int() | float():
            return value
        case str():
            return safe(value, key)
        case datetime():
            from forensics.times import iso

            return iso(value, zone)
        case date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case bytes():
            return safe(value.decode("utf-8", "backslashreplace"), key)
        case Mapping():
            pair = str(value.get("key", "")) if "value" in value else ""  # {"key": "DB_PASSWORD", "value": …}
            return {str(name): plain(item, zone, pair if name == "value" else str(name)) for name, item in value.items()}
        case list() | tuple() | set():
            return [plain(item, zone, key) for item in value]
    return value


def safe(text: str, key: str = "") -> str:
    """Redact a text, by its own looks and by the name that it stands under; also values in JSON whose key is a value itself."""
    if key in LOCATORS:
        return text
    return _safe(text, key) if len(text) <= SHORT else _safe.__wrapped__(text, key)


# A column says the same again and again, and each text is looked at once. Long ones are rarely the same, and would fill the memory.
@lru_cache(maxsize=1 << 15)
def _safe(text: str, key: str) -> str:
    from forensics.redact import REDACTED, redact

    if key and tells_secrets(key):
        return REDACTED
    return PAIR.sub(lambda pair: pair[1] + (REDACTED if tells_secrets(pair[2]) else pair[3]), redact(text))


@lru_cache(maxsize=4096)
def tells_secrets(key: str) -> bool:
    """True if what stands under this name is redacted whatever it looks like."""
    from forensics.redact import REDACTED, redact

    return redact(f"{key}=value") == f"{key}={REDACTED}"


def console() -> Console:
    """A console on stdout, as wide as the terminal; 80 columns, or $COLUMNS, where there is none. Colour as NO_COLOR and terminal want."""
    from rich.console import Console

    asked = os.environ.get("COLUMNS", "")
    width = int(asked) if asked.isdigit() and int(asked) > 0 else None if sys.stdout.isatty() else WIDTH_OF_A_PIPE
    return Console(file=sys.stdout, width=width, markup=False, highlight=False, emoji=False, soft_wrap=False)


def table(rows: Sequence[Row], columns: Sequence[Column]) -> None:
    """Print a table that fits: a long text is folded into lines, never cut; where too many columns are asked for, each row is a list of its own."""
    from rich.cells import cell_len

    screen = console()
    shown = [column for column in columns if column.always or any(row.get(column.key) is not None for row in rows)]
    cells = [[cell(column, row) for column in shown] for row in rows]
    sizes = [[cell_len(text) for text in (column.header, *texts)] for column, *texts in zip(shown, *cells, strict=True)]
    beside = list(range(len(shown)))
    if sum(map(max, sizes)) + GAP * (len(shown) - 1) > screen.width:
        beside = [i for i in beside if not shown[i].below] or beside
    narrow = sum(max(sizes[i]) for i in beside) + GAP * (len(beside) - 1) > screen.width
    gap = 1 if narrow else GAP
    room = screen.width - gap * (len(beside) - 1)
    widths = fitted([sizes[i] for i in beside], [least(shown[i], sizes[i]) for i in beside], room)
    if widths is None:
        records(shown, cells)
        return
    columns = [(width, shown[i].right) for width, i in zip(widths, beside, strict=True)]
    _row(screen, [shown[i].header for i in beside], columns, gap, "bold")
    for texts in cells:
        _row(screen, [texts[i] for i in beside], columns, gap)
        moved = [(shown[i].header, text) for i, text in enumerate(texts) if i not in beside]
        for header, text in moved:
            if text:
                say(text, indent=INDENT, label=f"{header}: " if len(moved) > 1 else "")


def records(columns: Sequence[Column], cells: Sequence[Sequence[str]]) -> None:
    """Print each row as lines of a name and a value, with an empty line between rows; a column that is empty in a row is left out there."""
    width = max(len(column.header) for column in columns)
    for n, texts in enumerate(cells):
        if n:
            say()
        for column, text in zip(columns, texts, strict=True):
            if text:
                say(text, STYLES.get(text, ""), label=f"{column.header:<{width}}  ")


def _row(screen: Console, texts: Sequence[str], columns: Sequence[tuple[int, bool]], gap: int, style: str = "") -> None:
    """Print one row; a cell that is wider than its column goes on in the lines below."""
    from itertools import zip_longest

    from rich.text import Text

    folded = [
        [line.plain for line in Text(text).wrap(screen, width, overflow="fold", justify="left")] if text else [""]
        for text, (width, _) in zip(texts, columns, strict=True)
    ]
    for parts in zip_longest(*folded, fillvalue=""):
        line = Text()
        for n, (part, text, (width, right)) in enumerate(zip(parts, texts, columns, strict=True)):
            cell = Text(part.rstrip(), style=style or STYLES.get(text, ""))
            cell.align("right" if right else "left", width)
            line += Text(" " * gap if n else "") + cell
        line.rstrip()
        screen.print(line, no_wrap=True, overflow="ignore", crop=False)


def least(column: Column, sizes: Sequence[int]) -> int:
    """How narrow a column may become: a `wide` one folds its texts, any other only its header, which stands first in `sizes`."""
    words = max(map(len, column.header.split()), default=0)
    return min(max(sizes), max(NARROW, words)) if column.wide else max(words, *sizes[1:])


def fitted(sizes: Sequence[Sequence[int]], least: Sequence[int], room: int) -> list[int] | None:
    """Widths that fit into `room`, folding as few lines as can be: what gives way, a character at a time, is what costs least, then what is widest.

    Args:
        sizes: Of each column, how wide its texts are.
        least: Of each column, how narrow it may become.

    Returns:
        None if they do not fit.
    """
    if sum(least) > room:
        return None
    widths = [min(max(column), max(room, narrowest)) for column, narrowest in zip(sizes, least, strict=True)]
    texts = [Counter(column) for column in sizes]

    def lines(i: int, width: int) -> int:
        return sum(-(-size // width) * count for size, count in texts[i].items())

    cost = [lines(i, width - 1) - lines(i, width) if width > 1 else 0 for i, width in enumerate(widths)]
    while sum(widths) > room:
        giving = min((i for i, width in enumerate(widths) if width > least[i]), key=lambda i: (cost[i], -widths[i]))
        widths[giving] -= 1
        cost[giving] = lines(giving, widths[giving] - 1) - lines(giving, widths[giving]) if widths[giving] > 1 else 0
    return widths


def cell(column: Column, row: Row) -> str:
    value = row.get(column.key)
    if isinstance(value, Mapping | list | bytes):
        value = plain(value) if isinstance(value, bytes) else json.dumps(plain(value), ensure_ascii=False)
    text = None if value is None else column.show(value)
    if text is None:
        return ""
    return printable(text) if column.key in LOCATORS else quoted(safe(text, column.key))


def listing(view: View, rows: Sequence[Row], columns: Sequence[Column], nothing: str) -> None:
    """Print rows the way that was asked for; for people an empty table is a sentence on stderr."""
    if view.as_json:
        machine(rows, view.zone)
    elif rows:
        table(rows, columns)
    else:
        note(nothing)


def say(text: str = "", style: str = "", indent: int = 0, label: str = "") -> None:
    """Print a paragraph to stdout, wrapped to the width, all of it behind `label`; what is from logs, the caller has quoted."""
    from rich.text import Text

    screen = console()
    lines = Text(text, style=style).wrap(screen, max(20, screen.width - indent - len(label)), overflow="fold")
    for n, line in enumerate(lines or [Text()]):
        line.rstrip()
        screen.print(
            Text(" " * indent + (" " * len(label) if n else label)) + line if line else Text(), no_wrap=True, overflow="ignore", crop=False
        )


def stamp(value: str | None) -> str | None:
    """A value with full commit hashes shortened to eight digits, as stamps have them."""
    return None if value is None else FULL_HASH.sub(r"\1", value)


def quoted(text: object) -> str:
    from forensics.quote import quote

    return quote(str(text), None)


def counted(number: int, noun: str) -> str:
    """`1 source`, `1 234 sources`."""
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def place(cited: Row) -> str:
    """Where a citation points, as it is: a locator is never redacted, even where a file is called `secret.log`."""
    return printable(f"{cited['path']}:{cited['line']}")


def note(text: str) -> None:
    """Say something beside the data, on stderr."""
    click.echo("\n".join(quoted(line) for line in text.split("\n")), err=True)


def note_of(path: str, text: str) -> None:
    """Say on stderr what is to be known of a source."""
    click.echo(f"attention: {printable(path)}: {quoted(text)}", err=True)


def attention(text: str) -> None:
    """Say on stderr what needs attention, and leave with status 1."""
    note(text)
    click.get_current_context().exit(1)


def duration(us: int | None) -> str | None:
    from forensics.wording import duration

    return None if us is None else duration(us)


def size(octets: int | None) -> str | None:
    """A number of bytes for people: `812 B`, `98.6 kB`, `1.2 GB`; powers of ten."""
    if octets is None:
        return None
    value, unit = float(octets), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 999.5:
            break
        value, unit = value / 1000, larger
    return f"{value:.0f} {unit}" if unit == "B" or value >= 99.95 else f"{value:.1f} {unit}"


def count(number: int | None) -> str | None:
    """A count with its thousands set apart: `1 234 567`."""
    return None if number is None else f"{number:,}".replace(",", " ")


def timed_table(view: View, rows: Sequence[Row], columns: Sequence[Column], time: str) -> None:
    """Print a table whose column `time` shows the instant in `time`; zone and, where all share it, day stand above."""
    from forensics.times import show

    days = {text[:10] for row in rows if (text := show(row.get(time), view.zone))}
    say(f"times in {view.zone_name}" + (f", {min(days)}" if len(days) == 1 else ""))
    table([{**row, "time": show(row.get(time), view.zone, day=len(days) > 1)} for row in rows], columns)
