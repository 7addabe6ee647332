"""Draw a scene as SVG: a file of its own, or inline in a page, where each shape carries its instants for the page's script.

Without the script it is a plain picture, and a browser shows each shape's text when the pointer rests on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from forensics.report.ink import STYLES, VALUES, Style, Value
from forensics.report.shapes import MIN_CORE, Scene, Shape, Strip

if TYPE_CHECKING:
    from markupsafe import Markup

FONT = "DejaVu Sans, Verdana, Geneva, sans-serif"
TEXTURES = {
    "rising": '<path d="M-1 7L7 -1M-1 1L1 -1M5 7L7 5"/>',
    "falling": '<path d="M-1 -1L7 7M5 -1L7 1M-1 5L1 7"/>',
    "dots": '<circle cx="1.5" cy="1.5" r=".8"/><circle cx="4.5" cy="4.5" r=".8"/>',
    "level": '<path d="M0 3H6"/>',
    "upright": '<path d="M3 0V6"/>',
    "cross": '<path d="M0 3H6M3 0V6"/>',
}
Cited = Callable[[tuple[str, ...]], str]


def render(scene: Scene, *, inline: bool = False, cited: Cited | None = None) -> Markup:
    """Draw a scene.

    Args:
        inline: For a page: with the instants of each shape, for its script, and without the prologue of a file.
        cited: Gives the lines to add to a shape's text, for its evidence: where it is written.
    """
    from markupsafe import Markup

    lines = Markup("\n").join(_lines(scene, inline=inline, cited=cited or (lambda ids: "")))
    prologue = Markup("") if inline else Markup('<?xml version="1.0" encoding="utf-8"?>\n')
    return prologue + lines + Markup("\n")


def _lines(scene: Scene, *, inline: bool, cited: Cited) -> Iterator[Markup]:
    from markupsafe import Markup

    window = Markup(' data-lo="{}" data-hi="{}" data-left="{}" data-right="{}"').format(scene.lo, scene.hi, scene.left, scene.right)
    size = Markup('viewBox="0 0 {0} {1}" width="{0}" height="{1}"').format(_n(scene.width), _n(scene.height))
    yield Markup('<svg xmlns="http://www.w3.org/2000/svg" {} font-family="{}" role="img" aria-label="Timeline"{}>').format(
        size, FONT, window if inline else ""
    )
    yield _defs(scene)
    yield Markup('<rect width="{}" height="{}" fill="#ffffff"/>').format(_n(scene.width), _n(scene.height))
    yield from _behind(scene, inline=inline)
    for row in scene.rows:
        about = Markup(' data-runs="{}" data-h="{}"').format("\n".join(row.runs), _n(row.h)) if inline else ""
        yield Markup('<g class="row {}" transform="translate(0 {})"{}>').format(row.kind, _n(row.y), about)
        yield from (_shape(shape, inline=inline, cited=cited) for shape in row.shapes)
        yield Markup("</g>")
    yield Markup("</svg>")


def _defs(scene: Scene) -> Markup:
    """The textures, and the edge beyond which a zoomed bar is cut off."""
    from markupsafe import Markup

    patterns = Markup("").join(
        Markup(
            '<pattern id="t{}" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="{}"/>'
            '<g fill="none" stroke="#000" stroke-opacity=".38" stroke-width=".9">{}</g></pattern>'
        ).format(i, value.fill, Markup(TEXTURES[value.texture]))
        for i, value in enumerate(VALUES)
        if value.texture != "none"
    )
    clip = Markup('<clipPath id="plot"><rect x="{}" y="-10" width="{}" height="100000"/></clipPath>').format(
        _n(scene.left), _n(scene.right - scene.left)
    )
    return Markup("<defs>{}{}</defs>").format(patterns, clip)


def _behind(scene: Scene, *, inline: bool) -> Iterator[Markup]:
    """The grid, behind all lanes."""
    from markupsafe import Markup

    top, bottom = lanes_span(scene)
    yield Markup('<g class="grid" data-top="{}" data-bottom="{}">').format(_n(top), _n(bottom))
    for x, at in grid(scene):
        yield Markup('<line x1="{0}" x2="{0}" y1="{1}" y2="{2}"{3}{4}/>').format(
            _n(x), _n(top), _n(bottom), _look(STYLES["grid"], None), _at((at, at), inline=inline)
        )
    yield Markup("</g>")


def lanes_span(scene: Scene) -> tuple[float, float]:
    """From the first lane's top to the last one's bottom."""
    lanes = [row for row in scene.rows if row.kind == "lane"] or [Strip("lane", 0, 0)]
    return lanes[0].y, lanes[-1].y + lanes[-1].h


def grid(scene: Scene) -> list[tuple[float, int]]:
    """Where the axis has its ticks."""
    axis = next(row for row in reversed(scene.rows) if row.kind == "axis")
    return [(shape.x, shape.at[0]) for shape in axis.shapes if shape.form == "line" and shape.at]


def _shape(shape: Shape, *, inline: bool, cited: Cited) -> Markup:
    from markupsafe import Markup

    style = STYLES[shape.style]
    if shape.fits and shape.anchor == "none" and not inline:
        return Markup("")
    place = cited(shape.evidence) if shape.evidence else ""
    tip = "\n".join(part for part in (shape.tip, place) if part)
    title = Markup("<title>{}</title>").format(tip) if tip else Markup("")
    more = _at(shape.at, inline=inline) + (Markup(' tabindex="0"') if inline and tip and shape.form != "text" else Markup(""))
    if shape.form == "rect":
        least = Markup(' data-least="{}"').format(MIN_CORE) if inline and shape.style in ("core", "open", "teardown", "lock") else ""
        clip = Markup(' clip-path="url(#plot)"') if shape.at else ""
        return Markup('<rect x="{}" y="{}" width="{}" height="{}"{}{}{}{}>{}</rect>').format(
            _n(shape.x), _n(shape.y), _n(shape.w), _n(shape.h), _look(style, shape.value), clip, more, least, title
        )
    if shape.form == "line":
        return Markup('<line x1="{}" y1="{}" x2="{}" y2="{}"{}{}>{}</line>').format(
            _n(shape.x), _n(shape.y), _n(shape.x + shape.w), _n(shape.y + shape.h), _look(style, None), more, title
        )
    if shape.form == "poly":
        points = " ".join(f"{_n(px)},{_n(py)}" for px, py in shape.points)
        form = "polygon" if shape.closed else "polyline"
        return Markup('<{0} class="icon" transform="translate({1} {2})" points="{3}"{4}{5}>{6}</{0}>').format(
            form, _n(shape.x), _n(shape.y), points, _look(style, None), more, title
        )
    fits = Markup(' data-fits="1"') if inline and shape.fits else ""
    hidden = Markup(' visibility="hidden"') if shape.anchor == "none" else ""
    return Markup('<text x="{}" y="{}" text-anchor="{}"{}{}{}{}>{}{}</text>').format(
        _n(shape.x), _n(shape.y), "middle" if shape.anchor == "none" else shape.anchor, _ink(style), more, fits, hidden, title, shape.text
    )


def _at(at: tuple[int, int] | None, *, inline: bool) -> Markup:
    from markupsafe import Markup

    return Markup(' data-a="{}" data-b="{}"').format(*at) if inline and at else Markup("")


def _look(style: Style, value: Value | None) -> Markup:
    """Fill and stroke as attributes: a page's policy allows them, and a file needs no style sheet."""
    from markupsafe import Markup

    fill = f"url(#t{VALUES.index(value)})" if value and value.texture != "none" else value.fill if value else style.fill or "none"
    look = Markup(' fill="{}"').format(fill)
    if style.stroke:
        look += Markup(' stroke="{}" stroke-width="{}"').format(style.stroke, style.width)
    if style.dash:
        look += Markup(' stroke-dasharray="{}"').format(" ".join(map(str, style.dash)))
    return look + (Markup(' opacity="{}"').format(style.opacity) if style.opacity != 1 else Markup(""))


def _ink(style: Style) -> Markup:
    from markupsafe import Markup

    weight = Markup(' font-weight="bold"') if style.bold else Markup("")
    halo = (
        Markup(' stroke="#ffffff" stroke-width="2.6" stroke-opacity=".85" stroke-linejoin="round" paint-order="stroke"')
        if style.halo
        else ""
    )
    return Markup(' font-size="{}" fill="{}"{}{}').format(style.size, style.fill, weight, halo)


def _n(number: float) -> str:
    """A coordinate, to a hundredth of a pixel: the same on every machine."""
    return f"{number:.2f}".rstrip("0").rstrip(".")
