"""The timeline inside a page, with what each shape rests on in its text; and beside a report that cannot hold a drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forensics.analysis import Analysis
from forensics.errors import printable
from forensics.quote import brief
from forensics.report import svg
from forensics.report.lanes import layout
from forensics.report.scene import scene

if TYPE_CHECKING:
    from markupsafe import Markup

BESIDE = ".timeline.svg"  # behind the name of the report
CITED = 3  # lines in one text


def drawing(a: Analysis) -> str:
    """The timeline of a case as an SVG file; nothing where there is nothing to draw. The same case gives the same bytes."""
    picture = layout(a)
    return svg.render(scene(picture)) if any(lane.bars or lane.marks for lane in picture.lanes) else ""


def figure(a: Analysis) -> Markup:
    """The timeline of a case as a figure; nothing where there is nothing to draw."""
    from markupsafe import Markup

    picture = layout(a)
    if not any(lane.bars or lane.marks for lane in picture.lanes):
        return Markup("")
    a.gather(e for lane in picture.lanes for item in (*lane.bars, *lane.marks) for e in item.evidence)

    def cited(ids: tuple[str, ...]) -> str:
        rows = a.cite(ids)
        shown = [f"{printable(row['path'])}:{row['line']}  {brief(row['text'])}" for row in rows[:CITED]]
        return "\n".join([*shown, *([f"and {len(rows) - CITED} more lines"] if len(rows) > CITED else [])])

    return Markup('<figure class="timeline">{}</figure>').format(svg.render(scene(picture), inline=True, cited=cited))
