"""Where everything in a picture stands, in pixels, before anything is drawn: `svg` and `timeline` draw the same scene.

From top to bottom: the title, for each group its heading and its lanes (`placing`), the axis, the legend. A test holds that no text lies on another
one or reaches out of the picture, for every incident and for large made-up cases.
"""

from __future__ import annotations

from forensics.report.axis import axis
from forensics.report.ink import VALUES, Value, elided, text_width
from forensics.report.lanes import Layout
from forensics.report.legend import legend
from forensics.report.placing import BAR, PAD, Placing, name
from forensics.report.shapes import MARGIN, RIGHT, Scene, Shape

WIDTH = 1200
NARROWEST = 480
NAMES = 230  # of the column of names, at most
HEAD = 30


def scene(layout: Layout, *, title: str = "", width: int = WIDTH) -> Scene:
    """Place a layout.

    Args:
        title: Above the picture; what the layout is about, if it is left empty.
        width: Of the picture in pixels.
    """
    width = max(width, NARROWEST)
    names = [name(lane) for lane in layout.lanes]
    wanted = max((text_width(n, 11, bold=True) for n in names), default=0)
    left = round(MARGIN + min(wanted, NAMES, width * 0.3) + 10, 1)
    picture = Scene(width, 0, left, width - RIGHT, layout.lo, max(layout.hi, layout.lo + 1), [], focus=layout.focus)
    picture.runs = tuple(dict.fromkeys(lane.name for lane in layout.lanes if lane.kind == "run"))
    looks = _looks(layout)
    _title(picture, title or layout.subject, layout)
    tall = sum(BAR[lane.kind] + PAD for lane in layout.lanes) > 600
    if tall:
        axis(picture, top=True)
    group = None
    for lane in layout.lanes:
        if lane.group != group:
            group = lane.group
            _heading(picture, lane.group)
        Placing(picture, lane, looks).place()
    axis(picture)
    legend(picture, layout, looks)
    picture.height = round(picture.rows[-1].y + picture.rows[-1].h + 6, 1)
    return picture


def _title(picture: Scene, title: str, layout: Layout) -> None:
    row = picture.strip("title", 8)
    room = picture.width - 2 * MARGIN
    if title:
        row.shapes.append(Shape("text", "title", MARGIN, row.h + 12, text=elided(title, 14, room, bold=True), tip=title))
        row.h += 24
    for line in _wrapped(layout.left_out, 11, room):
        row.shapes.append(Shape("text", "note", MARGIN, row.h + 8, text=line))
        row.h += 16


def _wrapped(text: str, size: float, room: float) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and text_width(f"{lines[-1]} {word}", size) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(elided(word, size, room))
    return lines


def _heading(picture: Scene, group: str) -> None:
    row = picture.strip("group", HEAD)
    text = group if group.startswith(("work", "other")) else f"stack {group}"
    shown = elided(text, 12, picture.width - 2 * MARGIN, bold=True)
    row.shapes += [
        Shape("text", "group", MARGIN, HEAD - 9, text=shown, tip=text),
        Shape("line", "rule", MARGIN, HEAD - 3, picture.right - MARGIN, 0),
    ]


def _looks(layout: Layout) -> dict[str, Value]:
    """How each value looks: what was read and drifted comes first, then what is there longest; beyond the palette all are alike."""
    weight: dict[str, float] = {}
    for lane in layout.lanes:
        for bar in lane.bars:
            if bar.value and bar.kind != "lock":
                weight[bar.value] = weight.get(bar.value, 0) + (bar.hi - bar.lo) * (1 if lane.kind == "service" else 0.01)
    first = [v for lane in layout.lanes for m in lane.marks if m.kind == "read-drift" for v in weight if m.label.startswith(v[:7])]
    ranked = list(dict.fromkeys([*first, *sorted(weight, key=lambda v: (-weight[v], v))]))
    chosen = ranked[: len(VALUES)]
    # In order of first appearance: the base comes before what it is upgraded to.
    seen = list(dict.fromkeys(b.value for lane in layout.lanes for b in sorted(lane.bars, key=lambda b: b.lo) if b.value in chosen))
    return {value: VALUES[i] for i, value in enumerate(seen) if value is not None}
