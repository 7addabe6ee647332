"""What a picture is made of: shapes in strips, in pixels."""

from __future__ import annotations

from dataclasses import dataclass, field

from forensics.report.ink import Value

MARGIN, RIGHT = 12, 36
ICON = 5.5
MIN_CORE = 3.0


@dataclass(frozen=True)
class Shape:
    """One thing to draw, in pixels from the top left of its row.

    `form` is rect, line, poly or text. `style` names an entry of `ink.STYLES`, which `value` overrides in fill and texture. `at` are the instants
    that its left and right stand for, so that a zoom can move it; `fits` says that a text is only shown where it fits between them.
    """

    form: str
    style: str
    x: float
    y: float
    w: float = 0
    h: float = 0
    text: str = ""
    points: tuple[tuple[float, float], ...] = ()
    closed: bool = False
    anchor: str = "start"
    value: Value | None = None
    at: tuple[int, int] | None = None
    fits: bool = False
    tip: str = ""
    evidence: tuple[str, ...] = ()


@dataclass
class Strip:
    """One row of the picture: a heading, a lane, the axis or the legend."""

    kind: str  # title, group, lane, axis, legend
    y: float
    h: float
    shapes: list[Shape] = field(default_factory=list)
    runs: tuple[str, ...] = ()


@dataclass
class Scene:
    """The whole picture. Time runs from `lo` at `left` to `hi` at `right`."""

    width: float
    height: float
    left: float
    right: float
    lo: int
    hi: int
    rows: list[Strip]
    runs: tuple[str, ...] = ()
    focus: tuple[int, int] | None = None

    def x(self, us: float) -> float:
        return self.left + (us - self.lo) / (self.hi - self.lo) * (self.right - self.left)

    def strip(self, kind: str, h: float, runs: tuple[str, ...] = ()) -> Strip:
        """A new strip below the others."""
        y = self.rows[-1].y + self.rows[-1].h if self.rows else 0
        self.rows.append(Strip(kind, round(y, 1), round(h, 1), runs=runs))
        return self.rows[-1]
