"""How rows look in a notebook: tables and findings as HTML, every text in them redacted and escaped.

Plain lists and dicts otherwise: `rows[0]["class"]`, `[r for r in rows if r["drift"]]` and `json.dumps` work as on any list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from forensics.quote import brief, quote
from forensics.wording import written_by

INK = {"PROVEN": "#b00020", "NOT PROVEN": "#8a6d00", "REFUTED": "#1a7f37", "critical": "#b00020", "high": "#c2410c", "medium": "#8a6d00"}
CELL = "text-align:left;vertical-align:top;padding:2px 10px 2px 0;white-space:normal"
CODE = "font-size:85%;overflow-wrap:anywhere"
HEADERS = {"t_lo": "time", "ordinal": "#", "writer_run": "writer", "moved_by": "moved by", "one_row_is": "one row is"}
FULL_HASH = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{32}\b")
INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d\.\d{3})\d*Z")
SHORT = 24  # characters: what is kept on one line
STEPS = 6  # of an argument, before the rest is folded away
PLACES = 3  # that reject an explanation, named one by one


class Rows(list[dict[str, Any]]):
    """A list of rows that shows itself as a table. `columns` are the keys shown, `empty` what is said where there are no rows."""

    def __init__(self, rows: Iterable[dict[str, Any]], columns: tuple[str, ...], empty: str) -> None:
        super().__init__(rows)
        self.columns, self.empty = columns, empty

    def _repr_html_(self) -> str:
        if not self:
            return f"<p>{text(self.empty)}</p>"
        head = "".join(f'<th style="{CELL}">{text(HEADERS.get(name, name))}</th>' for name in self.columns)
        body = "".join(f"<tr>{''.join(cell(row.get(name)) for name in self.columns)}</tr>" for row in self)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """The same where there is no HTML: a line a row, what is null left out."""
        lines = ["  ".join(_plain(row[name]) for name in self.columns if row.get(name) is not None) for row in self]
        printer.text("\n".join(lines) if lines else self.empty)


class Finding(dict[str, Any]):
    """One finding, in the terms of the JSON contract; shows itself in full."""

    def _repr_html_(self) -> str:
        named = self["class"] + (f" ({self['sub']})" if self.get("sub") else "")
        head = f"{inked(self['verdict'])} <b>{text(named)}</b>, {inked(self['severity'])}, {text(self['id'])}"
        parts = [f"<p>{head}<br>{text(self['summary'])}</p>"]
        steps = [f"<li>{text(s['because'])}{cited(s['evidence'])}</li>" for s in self.get("explain", ())]
        parts += [f"<ol>{''.join(steps[:STEPS])}</ol>"] if steps else [cited(self["evidence"])]
        if more := steps[STEPS:]:
            parts.append(f'<details><summary>{len(more)} more steps</summary><ol start="{STEPS + 1}">{"".join(more)}</ol></details>')
        parts += [f"<p>rejected: {text(r['what'])}, because {text(r['because'])}{places(r['evidence'])}</p>" for r in self["rejected"]]
        parts += [
            f"<p>left open: {text(r['what'])}, because {text(r['because'])}{places(r['evidence'])}; missing: {text('; '.join(r['missing']))}</p>"
            for r in self["open"]
        ]
        parts += [f"<p>missing: {text('; '.join(self['missing']))}</p>"] if self["missing"] else []
        parts += [f"<p>what to do: {text(self['advice'])}</p>"] if self.get("advice") else []
        return f"<div>{''.join(parts)}</div>"


class Read(dict[str, Any]):
    """One identity read, in the terms of the JSON contract; shows its values and every hypothesis with its verdict."""

    def _repr_html_(self) -> str:
        word = {True: "drifted", False: "passed", None: "cannot be compared"}[self["drift"]]
        head = f"<p><b>{text(self['run'])} #{self['ordinal']}</b> on {text(self['stack'])} {word}: <b>{text(self['cause'])}</b><br>"
        values = ", ".join(f"{name} {text(shortened(self[name] or 'not known'))}" for name in ("intended", "taken", "observed"))
        rows = "".join(
            f"<tr>{cell(h['verdict'])}{cell(name)}"
            f'<td style="{CELL}">{text(h["because"])}{cited(h["evidence"][:3]) if h["verdict"] == "PROVEN" else ""}</td></tr>'
            for name, h in sorted(self["hypotheses"].items(), key=lambda i: ("PROVEN", "NOT PROVEN", "REFUTED").index(i[1]["verdict"]))
        )
        return f"<div>{head}{values}<br>written by {text(written_by(self))}</p>{f'<table>{rows}</table>' if rows else ''}</div>"


def _plain(value: object) -> str:
    return quote(", ".join(map(str, value)) if isinstance(value, list) else str(value), None)


def text(value: object) -> str:
    """Any value as HTML text: redacted, without control characters, escaped."""
    return escape(quote(str(value), None))


def inked(word: str) -> str:
    """A word of ours in its colour; the word says it, the colour helps the eye."""
    return f'<b style="color:{INK.get(word, "inherit")}">{text(word)}</b>'


def cell(value: object) -> str:
    if value is None:
        return f'<td style="{CELL}"></td>'
    if isinstance(value, list) and len(value) > 1 and any(len(str(item)) > 30 for item in value):
        return f'<td style="{CELL}">{"<br>".join(map(text, value))}</td>'
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    if isinstance(value, bool):
        value = "yes" if value else "no"
    shown = INSTANT.sub(r"\1 \2", shortened(str(value)))
    style = CELL.replace("normal", "nowrap") if len(shown) <= SHORT else CELL
    return f'<td style="{style}">{inked(shown) if shown in INK else text(shown)}</td>'


def shortened(value: str) -> str:
    """A value with full commit hashes shortened to eight digits, as stamps have them."""
    return FULL_HASH.sub(r"\1", value)


def places(evidence: Sequence[Mapping[str, Any]]) -> str:
    """Where the lines stand that something rests on, the first of them by name."""
    named = ", ".join(f"<code>{text(e['path'])}:{e['line']}</code>" for e in evidence[:PLACES])
    more = f" and {len(evidence) - PLACES} more" if len(evidence) > PLACES else ""
    return f" [{named}{more}]" if named else ""


def cited(evidence: Iterable[Mapping[str, Any]]) -> str:
    items = "".join(
        f'<li style="{CODE}"><code>{text(e["path"])}:{e["line"]}</code> <code style="{CODE}">{text(brief(e["text"]))}</code></li>'
        for e in evidence
    )
    return f"<ul>{items}</ul>" if items else ""
