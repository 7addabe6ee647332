"""What a picture is drawn with: the width of text, colours and textures of values, shapes of marks, styles by name.

Colour is never the only sign: values differ in texture too and are written out, kinds differ in shape. The palette is a light one of Okabe and
Ito's, so that black text stands on every colour, also in grey.

References:
    https://jfly.uni-koeln.de/color/
"""

from __future__ import annotations

from dataclasses import dataclass

# Advance widths of DejaVu Sans for the characters from space to tilde, in hundredths of the size: one of the widest text fonts, so that what fits
# here fits in a browser with another.
WIDTHS = (
    *(32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84, 84, 84, 53),
    *(100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 29, 66, 56, 86, 75, 79, 60, 79, 69, 63, 61, 73, 68, 99, 69, 61, 69, 39, 34, 39, 84, 50),
    *(50, 61, 63, 55, 63, 62, 35, 63, 63, 28, 28, 58, 28, 97, 63, 61, 63, 63, 41, 52, 39, 63, 59, 82, 59, 59, 52, 64, 34, 64, 84),
)
OTHER, BOLD = 100, 1.12


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """How wide a text is at most, in the unit of its size."""
    hundredths = sum(WIDTHS[ord(c) - 32] if " " <= c <= "~" else OTHER for c in text)
    return hundredths / 100 * size * (BOLD if bold else 1)


def elided(text: str, size: float, room: float, *, bold: bool = False) -> str:
    """A text that fits into `room`: of a longer one, the middle is left out."""
    if text_width(text, size, bold=bold) <= room:
        return text
    for keep in range(len(text) - 1, 1, -1):
        head = (keep + 1) // 2
        short = f"{text[:head]}…{text[len(text) - (keep - head) :]}"
        if text_width(short, size, bold=bold) <= room:
            return short
    return "…"


@dataclass(frozen=True)
class Value:
    """How bars of one value look."""

    fill: str
    texture: str  # none, rising, falling, dots, level, upright, cross


VALUES = (
    Value("#9fd3f3", "none"),
    Value("#f5bd5b", "rising"),
    Value("#86d0b0", "dots"),
    Value("#e7b7d2", "falling"),
    Value("#f4ec96", "level"),
    Value("#eda27a", "upright"),
    Value("#a9bfdf", "cross"),
)
OTHER_VALUE = Value("#d9d9d9", "none")


@dataclass(frozen=True)
class Style:
    """How a shape of this name is drawn. Lengths are pixels."""

    fill: str | None = None
    stroke: str | None = None
    width: float = 1
    dash: tuple[float, ...] = ()
    opacity: float = 1
    size: float = 11  # of text
    bold: bool = False
    halo: bool = False  # a white edge around text, so that it can be read on anything


INK, SOFT, ALARM, GOOD = "#1b1f24", "#57606a", "#b00020", "#1a6b30"
STYLES = {
    "core": Style(stroke="#333333", width=0.9),
    "soft": Style(stroke="#777777", width=0.8, dash=(2, 2), opacity=0.55),
    "open": Style(stroke="#333333", width=0.9, dash=(4, 2)),
    "teardown": Style(fill="#ffffff", stroke="#333333", width=0.9),
    "teardown-soft": Style(fill="#ffffff", stroke="#777777", width=0.8, dash=(2, 2), opacity=0.7),
    "lock": Style(fill="#333333"),
    "lock-soft": Style(stroke="#333333", width=1, dash=(1.5, 1.5)),
    "possible": Style(fill="#c9ced6", stroke="#8a919a", width=0.6),
    "sure": Style(fill="#4a5058"),
    "grid": Style(stroke="#e3e6ea", width=1),
    "axis": Style(stroke="#57606a", width=1),
    "rule": Style(stroke="#c9ced6", width=1),
    "band": Style(fill="#fff6d6", stroke="#c69a00", width=1),
    "focus": Style(fill="#fff0b3", opacity=0.6),
    "focus-edge": Style(stroke="#8a6a00", width=1, dash=(5, 3)),
    "leader": Style(stroke="#57606a", width=0.8),
    "title": Style(fill=INK, size=14, bold=True),
    "note": Style(fill=SOFT, size=11),
    "group": Style(fill=INK, size=12, bold=True),
    "name": Style(fill=INK, size=11),
    "name-side": Style(fill=INK, size=11, bold=True),
    "tick": Style(fill=SOFT, size=10),
    "label": Style(fill=INK, size=10.5, halo=True),
    "small": Style(fill=INK, size=9.5, halo=True),
    "mark-alarm": Style(fill=ALARM, size=10, halo=True),
    "mark-plain": Style(fill=SOFT, size=10, halo=True),
    "legend": Style(fill=INK, size=10.5),
    "bad": Style(stroke=ALARM, width=2.2),
    "bad-solid": Style(fill=ALARM, stroke=ALARM, width=0.8),
    "good": Style(stroke=GOOD, width=2.2),
    "plain": Style(stroke=SOFT, width=1.6),
    "plain-solid": Style(fill=SOFT, stroke=SOFT, width=0.8),
    "disc": Style(fill="#ffffff", stroke="#333333", width=0.8),
}

# Shapes of marks in a box from -1 to 1: strokes of points and the style that draws them.
Stroke = tuple[str, tuple[tuple[float, float], ...], bool]  # style, points, closed


def _regular(points: int, outer: float, inner: float | None = None) -> tuple[tuple[float, float], ...]:
    from math import cos, pi, sin

    steps = points * (2 if inner else 1)
    radius = [outer if i % 2 == 0 or inner is None else inner for i in range(steps)]
    return tuple((round(r * sin(2 * pi * i / steps), 4), round(-r * cos(2 * pi * i / steps), 4)) for i, r in enumerate(radius))


RING = _regular(20, 1)
TICK: tuple[tuple[float, float], ...] = ((-0.75, 0.05), (-0.2, 0.6), (0.8, -0.7))
CROSS = (((-0.6, -0.6), (0.6, 0.6)), ((-0.6, 0.6), (0.6, -0.6)))
MARKS: dict[str, tuple[tuple[Stroke, ...], str]] = {
    "read-ok": ((("good", TICK, False),), "read: as intended"),
    "read-drift": ((("disc", RING, True), ("bad", CROSS[0], False), ("bad", CROSS[1], False)), "read: drifted"),
    "read-masked": ((("disc", ((-1, -1), (1, -1), (1, 1), (-1, 1)), True), ("bad", TICK, False)), "read: passed by another's write"),
    "read-unknown": ((("plain", ((-0.5, -0.5), (0, -0.9), (0.5, -0.5), (0, 0.1), (0, 0.3)), False), ("plain", ((0, 0.75), (0, 0.9)), False)), "read: cannot be compared"),
    "rollback": ((("bad-solid", ((-0.9, -0.7), (0.9, -0.7), (0, 0.9)), True),), "swarm's own rollback"),
    "manual-rollback": ((("plain-solid", ((-0.9, -0.7), (0.9, -0.7), (0, 0.9)), True),), "rollback by hand"),
    "manual": ((("plain-solid", ((0, -1), (0.9, 0), (0, 1), (-0.9, 0)), True),), "changed by hand"),
    "remove": ((("plain-solid", ((-0.7, -0.7), (0.7, -0.7), (0.7, 0.7), (-0.7, 0.7)), True),), "service removed"),
    "failure": ((("bad-solid", _regular(5, 1.1, 0.45), True),), "task failed"),
    "gap": ((("bad", ((-0.4, -1), (0.4, -0.3), (-0.4, 0.3), (0.4, 1)), False),), "HEAD moved without a reflog line"),
}  # fmt: skip
