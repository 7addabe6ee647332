"""The evidence report as one self-contained HTML file: the Markdown's text, and the timeline drawn inside.

No script, no request to anywhere: it opens offline, and a policy in the page itself forbids the rest. Log text is
escaped twice over, since raw HTML is switched off in the conversion and every quote is code.

References:
    https://spec.commonmark.org/ (as converted by markdown-it-py)
"""

from __future__ import annotations

import re
import tempfile
from html import escape
from pathlib import Path

import polars as pl

from forensics.analysis import Analysis
from forensics.report import markdown
from forensics.report.lanes import layout
from forensics.report.timeline import draw

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2, h3 { line-height: 1.25; margin-top: 2rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; font-size: .9rem; }
th, td { border-bottom: 1px solid #8886; padding: .3rem .7rem; text-align: left; vertical-align: top; }
code { font: .85em/1.4 ui-monospace, monospace; background: #8882; padding: .1em .3em; border-radius: .2em; overflow-wrap: anywhere; }
li > ul { color: #8a8a8a; font-size: .92rem; }
figure { margin: 1rem 0; background: white; padding: .5rem; border-radius: .3rem; overflow-x: auto; }
figure svg { max-width: 100%; height: auto; }
@media print { body { max-width: none; } figure { break-inside: avoid; } }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def render(a: Analysis, sources: pl.DataFrame, *, title: str = "Evidence report", facts_only: bool = False) -> str:
    """Write the report; takes what `markdown.render` takes."""
    from markdown_it import MarkdownIt

    text = markdown.render(a, sources, title=title, facts_only=facts_only)
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    picture = f"<figure>{_svg(a)}</figure>\n" if a.history.deploys or a.history.writes else ""
    head, end, rest = body.partition("</h1>")
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n'
        f"{head}{end}\n{picture}{rest}</body>\n</html>\n"
    )


def _svg(a: Analysis) -> str:
    """The timeline as inline SVG, without the XML prologue and its reference to a document type."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "timeline.svg"
        draw(layout(a), [path])
        text = path.read_text(encoding="utf-8")
    text = text[text.index("<svg") :]
    return re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
