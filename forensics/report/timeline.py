"""Draw a layout into files: SVG by `svg`, PNG and PDF with matplotlib, which no other file knows."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics.report import svg
from forensics.report.ink import STYLES, Style, Value
from forensics.report.lanes import Layout
from forensics.report.scene import WIDTH, scene
from forensics.report.shapes import Scene, Shape

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DPI = 100  # one pixel of a scene is one hundredth of an inch
SHARPER = 1.6  # a PNG has that many pixels for one of the scene
TEXTURES = {"none": None, "rising": "////", "falling": "\\\\\\\\", "dots": "..", "level": "---", "upright": "|||", "cross": "++"}


def draw(layout: Layout, paths: Iterable[Path], *, title: str = "", width: int = WIDTH) -> None:
    """Write the picture to each path; the suffix decides the format (svg, png, pdf).

    Raises:
        ValueError: If a suffix names no format that can be written.
    """
    picture = scene(layout, title=title, width=width)
    others = []
    for path in paths:
        if path.suffix.lower() == ".svg":
            path.write_text(svg.render(picture), encoding="utf-8")
        else:
            others.append(path)
    if others:
        _plot(picture, others)


def _plot(picture: Scene, paths: list[Path]) -> None:
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    with matplotlib.rc_context({"pdf.fonttype": 42, "font.family": "DejaVu Sans", "hatch.linewidth": 0.6, "path.simplify": False}):
        fig = plt.figure(figsize=(picture.width / DPI, picture.height / DPI), dpi=DPI)
        ax = fig.add_axes((0, 0, 1, 1))
        ax.set_xlim(0, picture.width)
        ax.set_ylim(picture.height, 0)
        ax.axis("off")
        top, bottom = svg.lanes_span(picture)
        for x, _ in svg.grid(picture):
            _one(ax, Shape("line", "grid", x, top, 0, bottom - top), 0, 0)
        for row in picture.rows:
            for n, shape in enumerate(row.shapes):
                _one(ax, shape, row.y, 1 + n / 1000)
        for path in paths:
            metadata: dict[str, Any] = {"CreationDate": None} if path.suffix.lower() == ".pdf" else {}
            fig.savefig(path, dpi=DPI * SHARPER, metadata=metadata)
        plt.close(fig)


def _one(ax: Axes, shape: Shape, y: float, order: float) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Polygon, Rectangle

    style = STYLES[shape.style]
    if shape.form == "text":
        _text(ax, shape, style, y, order)
    elif shape.form == "line":
        ends = ([shape.x, shape.x + shape.w], [y + shape.y, y + shape.y + shape.h])
        ax.add_line(Line2D(*ends, **_stroke(style), solid_capstyle="butt", zorder=order))
    elif shape.form == "rect":
        box = ((shape.x, y + shape.y), shape.w, shape.h)
        ax.add_patch(Rectangle(*box, **_fill(style, shape.value), zorder=order))
        if texture := TEXTURES[shape.value.texture] if shape.value else None:
            ax.add_patch(Rectangle(*box, fill=False, lw=0, hatch=texture, edgecolor=(0, 0, 0, 0.38 * style.opacity), zorder=order + 0.0001))
    else:
        points = [(shape.x + px, y + shape.y + py) for px, py in shape.points]
        if shape.closed:
            ax.add_patch(Polygon(points, closed=True, **_fill(style, None), zorder=order))
        else:
            ax.add_line(Line2D(*zip(*points, strict=True), **_stroke(style), solid_capstyle="round", solid_joinstyle="round", zorder=order))


def _points(pixels: float) -> float:
    return pixels * 72 / DPI


def _stroke(style: Style) -> dict[str, Any]:
    dash = {"linestyle": (0, tuple(d / style.width for d in style.dash))} if style.dash else {}
    return {"color": style.stroke or style.fill, "linewidth": _points(style.width), "alpha": style.opacity, **dash}


def _fill(style: Style, value: Value | None) -> dict[str, Any]:
    dash = {"linestyle": (0, tuple(d / style.width for d in style.dash))} if style.dash else {}
    face = value.fill if value else style.fill
    edge = {"edgecolor": style.stroke, "linewidth": _points(style.width)} if style.stroke else {"linewidth": 0}
    return {"facecolor": face or "none", "alpha": style.opacity, **edge, **dash}


def _text(ax: Axes, shape: Shape, style: Style, y: float, order: float) -> None:
    from matplotlib.patheffects import Normal, Stroke

    if shape.anchor == "none" or not shape.text:
        return
    text = ax.text(
        shape.x, y + shape.y, shape.text, fontsize=_points(style.size), color=style.fill, fontweight="bold" if style.bold else "normal",
        ha={"start": "left", "middle": "center", "end": "right"}[shape.anchor], va="baseline", zorder=order + 10, parse_math=False,
    )  # fmt: skip
    if style.halo:
        text.set_path_effects([Stroke(linewidth=_points(2.6), foreground=(1, 1, 1, 0.85)), Normal()])
