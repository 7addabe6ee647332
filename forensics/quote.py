r"""A quote: how a line of evidence is shown, everywhere.

The same bytes always give the same quote, in tables, Markdown, HTML and JSON; `verify` renders a citation's line again to
compare. Secrets are `[redacted]`. What could steer a terminal, reorder text or hide in it becomes `…`; white space becomes
a space. What stands between is the line, character for character: a quote cut at every `…` and `[redacted]` gives pieces
of its line. Markdown and HTML escape it once more, for their own grammar.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from forensics.redact import REDACTED, secrets

if TYPE_CHECKING:
    from forensics.case import Case

LEFT_OUT = "…"
LONGEST = 1000  # characters
NEAR = 1 << 16  # bytes at either end of a longer line that are looked at

# `…` itself is among them, so that a quote of a quote is the same. Spelled out, so that a newer Unicode in the interpreter changes no quote.
ESCAPE = r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~]|)"
SPACE = r"[\t-\r\x1c-\x1f\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
HIDDEN = (
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\u2800\u3164\ud800-\udfff\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    r"\u2026\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
SHORT = 160  # characters of a quote that is shown as it is
BRIEF = 280  # characters of a quote beside a statement; the list of exhibits has all
# What a reader passes over: identifiers, and of a docker event also its epoch and what names the stack once more.
OPAQUE = re.compile(
    r'(?:"[^"\\]{1,80}":"(?:[0-9a-f]{32,}|[0-9a-z]{25})",?|"com\.docker\.[a-z.]{1,60}":"[^"\\]*",?|,?"(?:time|timeNano)":\d+,?|,?"scope":"[a-z]+",?'
    r"|\b[0-9a-f]{48,}\b|\b[0-9a-z]{25}\b)+"
)
CONTROL = re.compile(rf"(?P<space>(?! ){SPACE})|(?:{ESCAPE}|{HIDDEN})+")


def quote(line: bytes | str, longest: int | None = LONGEST) -> str:
    """Show a line, or any text: redacted, escaped, at most `longest` characters. Quoting a quote changes nothing.

    Args:
        longest: Of what is longer, the middle is left out. None keeps all.
    """
    text = line if isinstance(line, str) else _decoded(line, longest)
    text = text.removeprefix("\ufeff").rstrip("\r\n")
    plain, breaks = _plain(text)
    shown = _assembled(plain, breaks, secrets(plain))
    if longest is None or len(shown) <= longest:
        return shown
    head = (longest - 1) * 2 // 3
    return f"{_whole(shown[:head], shown, head)}{LEFT_OUT}{shown[len(shown) - (longest - 1 - head) :]}"


def brief(text: str) -> str:
    """A quote short enough to stand beside a statement: the same line always gives the same, and it is pieces of the line between `…`.

    What is short stays as it is. Of a long one, first identifiers that nobody reads are left out, then the middle.
    """
    text = text.strip()
    if len(text) <= SHORT:
        return text
    text = re.sub(f"{LEFT_OUT}{{2,}}", LEFT_OUT, OPAQUE.sub(LEFT_OUT, text))
    if len(text) <= BRIEF:
        return text
    half = BRIEF // 2
    return f"{text[:half]}{LEFT_OUT}{text[len(text) - half + 1 :]}".replace(LEFT_OUT * 2, LEFT_OUT)


def quoter(case: Case) -> Callable[[Iterable[tuple[str, int]]], dict[tuple[str, int], str]]:
    """Give the function that quotes lines of a case, by content_id and line number; one that it does not hold is left out."""

    def quotes(places: Iterable[tuple[str, int]]) -> dict[tuple[str, int], str]:
        rows = case.lines_at(places).select("content_id", "line_no", "raw").iter_rows()
        return {(content_id, line_no): quote(raw) for content_id, line_no, raw in rows}

    return quotes


def _decoded(line: bytes, longest: int | None) -> str:
    if longest is not None and len(line) > 2 * NEAR:
        # A line of megabytes: only its ends can be shown. What is cut in two at the seam is left out anyway.
        return f"{line[:NEAR].decode('utf-8', 'replace')}\0{line[-NEAR:].decode('utf-8', 'replace')}"
    return line.decode("utf-8", "replace")


def _plain(text: str) -> tuple[str, list[int]]:
    """The text without what is hidden, white space made spaces; and where in it something was left out.

    Secrets are looked for in this: an escape in the middle of a key must not save its value from being found.
    """
    found = list(CONTROL.finditer(text))
    if not found:
        return text, []
    parts, breaks, at, length = [], [], 0, 0
    for match in found:
        parts.append(text[at : match.start()])
        length += match.start() - at
        if match["space"]:
            parts.append(" ")
            length += 1
        elif not breaks or breaks[-1] != length:
            breaks.append(length)
        at = match.end()
    return "".join([*parts, text[at:]]), breaks


def _assembled(plain: str, breaks: list[int], hidden: list[tuple[int, int]]) -> str:
    """Put `…` where something was left out and `[redacted]` where a secret was; nothing is said of the inside of a secret."""
    if not breaks and not hidden:
        return plain
    marks = [(at, at, LEFT_OUT) for at in breaks if not any(a < at < b for a, b in hidden)] + [(a, b, REDACTED) for a, b in hidden]
    parts, at = [], 0
    for start, end, mark in sorted(marks):
        parts += [plain[at:start], mark]
        at = end
    return "".join([*parts, plain[at:]])


def _whole(head: str, shown: str, at: int) -> str:
    """Not half of a `[redacted]` where a long text is cut."""
    start = shown.rfind(REDACTED, 0, at + len(REDACTED))
    return head[:start] if 0 <= start < at < start + len(REDACTED) else head
