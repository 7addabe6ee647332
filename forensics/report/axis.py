"""The axis of a picture: round instants, and what they are called."""

from __future__ import annotations

from datetime import UTC, datetime

from forensics.report.ink import STYLES, text_width
from forensics.report.shapes import Scene, Shape

TICKS = 20
DASH = " – "
STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000)  # milliseconds
LONGER = (60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000, 31_536_000)  # seconds


def ticks(lo: int, hi: int, most: int) -> list[tuple[int, str]]:
    """At most `most` round instants between two, and how they are written: no finer than they need to be."""
    steps = [ms * 1000 for ms in STEPS] + [s * 1_000_000 for s in LONGER]
    step = next((s for s in steps if (hi - lo) / s <= most), steps[-1])
    first = -(-lo // step) * step
    form = "%Y-%m-%d" if step >= 86_400_000_000 else "%H:%M" if step >= 60_000_000 else "%H:%M:%S"
    found = []
    for us in range(first, hi + 1, step):
        text = datetime.fromtimestamp(us // 1_000_000, UTC).strftime(form)
        found.append((us, text + (f".{us % 1_000_000 // 1000:03d}" if step < 1_000_000 else "")))
    return found


def axis(picture: Scene, *, top: bool = False) -> None:
    """Add the axis as a strip; the one below the lanes says the zone and the day, one at the `top` of a tall picture does not."""
    row = picture.strip("axis", TICKS + (0 if top else 18))
    line, text = (TICKS - 2, TICKS - 7) if top else (2, 16)
    row.shapes.append(Shape("line", "axis", picture.left, line, picture.right - picture.left, 0))
    room = picture.right - picture.left
    for us, said in ticks(picture.lo, picture.hi, max(3, int(room / 85))):
        half = text_width(said, STYLES["tick"].size) / 2
        x = picture.x(us)
        if x + half <= picture.width - 2:
            row.shapes.append(Shape("text", "tick", x, text, text=said, anchor="middle", at=(us, us)))
        row.shapes.append(Shape("line", "axis", x, line, 0, -4 if top else 4, at=(us, us)))
    if not top:
        days = [datetime.fromtimestamp(t // 1_000_000, UTC).strftime("%Y-%m-%d") for t in (picture.lo, picture.hi)]
        said = f"UTC, {days[0]}" if days[0] == days[1] else f"UTC, {days[0]}{DASH}{days[1]}"
        row.shapes.append(Shape("text", "tick", (picture.left + picture.right) / 2, 32, text=said, anchor="middle"))
