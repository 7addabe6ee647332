"""Print a document as one self-contained HTML file, with the timeline drawn inside.

No request to anywhere: it opens offline, and a policy in the page itself forbids the rest. Nothing of a text is markup: the template's
environment escapes whatever comes from the case. `forensics.report.citations` reads the citations back.

References:
    https://jinja.palletsprojects.com/en/stable/api/#autoescaping
    https://www.w3.org/TR/CSP3/
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics.report import seal
from forensics.report.document import Block, Document
from forensics.report.exhibits import SHORT_HASH, again

if TYPE_CHECKING:
    import jinja2
    from markupsafe import Markup

ASSETS = Path(__file__).parent / "assets"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def render(document: Document, picture: Markup | str = "") -> str:
    """The whole page; its last line is its seal.

    Args:
        picture: What stands where the document has a picture; a str is text, Markup is markup. With one, the page has a script, which the
            policy names by its hash, and no other runs.
    """
    from markupsafe import Markup

    policy, script = POLICY, _asset("report.js") if picture else ""
    if script:
        policy += f"; script-src 'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
    text = _environment().get_template("report.html.j2").render(
        document=document, picture=picture, script=Markup(script), policy=policy, css=Markup(_asset("report.css")), again=again, short_hash=SHORT_HASH
    )  # fmt: skip
    return seal.sealed(text.rstrip("\n") + "\n", seal.HTML)


def grouped(blocks: Iterable[Block]) -> list[tuple[str, list[Block]]]:
    """Neighbours of one type together, under the type's name: statements make one list."""
    return [(kind, list(group)) for kind, group in groupby(blocks, key=lambda block: type(block).__name__)]


def linked(cell: str) -> Markup:
    """A cell of numbers, each a link to its exhibit."""
    from markupsafe import Markup

    return Markup(" ").join(Markup('<a href="#e{0}">E{0}</a>').format(n) for n in re.findall(r"E(\d+)", cell))


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ASSETS), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals |= {"grouped": grouped, "linked": linked}
    return environment


@cache
def _asset(name: str) -> Any:
    return (ASSETS / name).read_text(encoding="utf-8")
