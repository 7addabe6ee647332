"""The legend of a picture: only what is in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from forensics.report.ink import MARKS, OTHER_VALUE, Value, elided, text_width
from forensics.report.lanes import Layout
from forensics.report.shapes import ICON, MARGIN, Scene, Shape

KEY = 20


def legend(picture: Scene, layout: Layout, looks: dict[str, Value]) -> None:
    """Add the legend as a strip, in as many lines as it needs. `looks` is how each value is drawn."""
    row = picture.strip("legend", 6)
    x, y = float(MARGIN), 16.0
    for shapes, wide, words in _entries(layout, looks):
        words = elided(words, 10.5, picture.width - 2 * MARGIN - wide - 8)
        need = wide + 6 + text_width(words, 10.5)
        if x + need > picture.width - MARGIN and x > MARGIN:
            x, y = float(MARGIN), y + KEY
        row.shapes += [_moved(shape, x, y) for shape in shapes]
        row.shapes.append(Shape("text", "legend", x + wide + 6, y + 4, text=words))
        x += need + 20
    row.h = y + 14


def _moved(shape: Shape, x: float, y: float) -> Shape:
    return replace(shape, x=shape.x + x, y=shape.y + y)


def _entries(layout: Layout, looks: dict[str, Value]) -> Iterable[tuple[list[Shape], float, str]]:
    """The legend's entries: what is drawn, how wide, and its words. Only what is in the picture."""
    bars = [b for lane in layout.lanes for b in lane.bars]
    kinds, marks = {b.kind for b in bars}, {m.kind for lane in layout.lanes for m in lane.marks}
    box = lambda style, value=None, w=24.0: [Shape("rect", style, 0, -6, w, 12, value=value)]  # noqa: E731
    for value, look in looks.items():
        words = sorted({b.label.split(", by ")[0] for b in bars if b.value == value and b.label}, key=lambda w: (len(w), w))
        yield (
            box("core", look),
            24,
            f"{value}" if words in ([value], []) else " = ".join([value, *[w for w in words if w.removesuffix("+U") != value]][:3]),
        )
    if any(b.value and b.value not in looks for b in bars if b.kind != "lock"):
        yield box("core", OTHER_VALUE), 24, "other values"
    if "deploy" in kinds:
        yield [Shape("rect", "core", 8, -7, 8, 14, value=OTHER_VALUE), Shape("rect", "soft", 0, 0, 8, 7, value=OTHER_VALUE), Shape("rect", "soft", 16, -7, 8, 7, value=OTHER_VALUE)], 24, "deploy: full height surely at work, half height possibly"  # fmt: skip
    if "undeploy" in kinds:
        yield box("teardown"), 24, "teardown"
    if any(b.open_end and b.kind in ("deploy", "undeploy") for b in bars):
        yield box("open", OTHER_VALUE), 24, "end not in evidence"
    if "lock" in kinds:
        yield (
            [Shape("rect", "lock", 6, -1.5, 12, 3), Shape("line", "lock-soft", 0, 0, 24, 0)],
            24,
            "lock held: solid surely, dotted possibly",
        )
    if "count" in kinds:
        yield (
            [Shape("rect", "possible", 0, -7, 24, 14), Shape("rect", "sure", 0, 0, 24, 7)],
            24,
            "deploys at once: dark surely, light possibly",
        )
    if layout.focus:
        yield (
            [Shape("rect", "focus", 0, -7, 24, 14), Shape("line", "focus-edge", 0, -7, 0, 14), Shape("line", "focus-edge", 24, -7, 0, 14)],
            24,
            "when the finding happened",
        )
    for kind, (strokes, words) in MARKS.items():
        if kind in marks:
            yield [Shape("poly", style, ICON, 0, points=tuple((px * ICON, py * ICON) for px, py in points), closed=closed) for style, points, closed in strokes], 2 * ICON, words  # fmt: skip
