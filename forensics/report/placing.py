"""One lane of a picture: where its bars, locks, marks and labels stand in its strip.

A text never lies on another one and never reaches out of the picture; one that has no room is left to the hover text and the legend.
"""

from __future__ import annotations

from forensics.report.ink import MARKS, OTHER_VALUE, STYLES, Value, elided, text_width
from forensics.report.lanes import Bar, Lane, Mark
from forensics.report.shapes import ICON, MARGIN, MIN_CORE, Scene, Shape, Strip

BAR = {"run": 24, "service": 18, "tree": 18, "count": 30}
STRIP, LOCKS, PAD = 17, 8, 9  # above a lane's bars its marks, below them its locks
COUNTED = 8  # pixels: marks of a kind that are nearer than that are one, with their number


def name(lane: Lane) -> str:
    """What stands beside a lane: of a finding's two sides which, then the run, service or tree."""
    side = f"{lane.side}: " if lane.side else ""
    return f"{side}run {lane.name}" if lane.kind == "run" else f"{side}{lane.name}"


def focus(picture: Scene, h: float) -> list[Shape]:
    """The span that a finding is about, in one row, behind what happens there."""
    if picture.focus is None:
        return []
    a, b = picture.focus
    x, to = picture.x(a), picture.x(b)
    edges = [Shape("line", "focus-edge", picture.x(t), 0, 0, h, at=(t, t)) for t in (a, b)]
    return [Shape("rect", "focus", x, 0, max(to - x, 2), h, at=(a, b)), *edges]


class _Taken:
    """Stretches of one line that texts or icons occupy."""

    def __init__(self, lo: float, hi: float) -> None:
        self.lo, self.hi, self.spans = lo, hi, []  # type: ignore[var-annotated]

    def free(self, a: float, b: float) -> bool:
        return a >= self.lo and b <= self.hi and all(b <= x or a >= y for x, y in self.spans)

    def take(self, a: float, b: float) -> None:
        self.spans.append((a, b))


class Placing:
    """One lane being placed: `place` adds its strip below those that the picture has. `looks` is how each value is drawn."""

    def __init__(self, picture: Scene, lane: Lane, looks: dict[str, Value]) -> None:
        self.picture, self.lane, self.looks = picture, lane, looks
        self.bars = sorted((b for b in lane.bars if b.kind != "lock"), key=lambda b: (b.lo, b.hi))
        self.locks = sorted((b for b in lane.bars if b.kind == "lock"), key=lambda b: (b.lo, b.hi))
        self.tall = BAR[lane.kind]
        self.top = (STRIP if lane.marks else 3) + 1
        self.bottom = self.top + self.tall

    def place(self) -> None:
        lane, picture = self.lane, self.picture
        row = picture.strip("lane", self.bottom + (LOCKS if self.locks else 0) + PAD, lane.runs)
        middle = self.top + self.tall / 2
        style = "name-side" if lane.marked else "name"
        shown = elided(name(lane), 11, picture.left - MARGIN - 8, bold=lane.marked)
        if lane.marked:
            row.shapes.append(Shape("rect", "band", MARGIN - 6, 1, picture.right - MARGIN + 10, row.h - 2))
        row.shapes += focus(picture, row.h)
        row.shapes.append(Shape("text", style, picture.left - 8, middle + 4, text=shown, anchor="end", tip=name(lane)))
        if lane.kind == "count":
            self._counts(row)
        else:
            for bar in self.bars:
                self._soft(row, bar)
            for bar in self._merged():
                self._core(row, bar)
            self._labels(row, middle)
        for lock in self.locks:
            self._lock(row, lock)
        self._marks(row)

    def _ends(self, a: int, b: int, least: float = 0) -> tuple[float, float]:
        x, y = self.picture.x(a), self.picture.x(b)
        return (x, y) if y - x >= least else (min(x, self.picture.right - least), min(x, self.picture.right - least) + least)

    def _soft(self, row: Strip, bar: Bar) -> None:
        """Uncertain ends: before the sure part in the lower half, after it in the upper, so that calls one after another never cover each other."""
        style = "teardown-soft" if bar.kind == "undeploy" else "soft"
        half = self.tall / 2
        for a, b, y in ((bar.lo, bar.core_lo, self.top + half), (bar.core_hi, bar.hi, self.top)):
            if b > a and self.picture.x(b) - self.picture.x(a) >= 1:
                x, to = self._ends(a, b)
                row.shapes.append(
                    Shape("rect", style, x, y, to - x, half, value=self._look(bar), at=(a, b), tip=bar.tip, evidence=bar.evidence)
                )

    def _merged(self) -> list[Bar]:
        """Neighbours in a lane of values that are too narrow to tell apart become one, and say how many they are."""
        if self.lane.kind == "run":
            return self.bars
        out: list[Bar] = []
        run: list[Bar] = []
        for bar in [*self.bars, None]:
            narrow = bar is not None and self.picture.x(bar.hi) - self.picture.x(bar.lo) < 2.5
            if narrow and (not run or self.picture.x(bar.lo) - self.picture.x(run[-1].hi) < 2.5):  # type: ignore[union-attr]
                run.append(bar)  # type: ignore[arg-type]
                continue
            if len(run) > 2:
                label = f"{len(run)} changes"
                out.append(
                    Bar(run[0].kind, run[0].lo, run[0].lo, run[-1].hi, run[-1].hi, label, tip=f"{label}, too near to be told apart here")
                )
            else:
                out += run
            run = [bar] if narrow else []  # type: ignore[list-item]
            if bar is not None and not narrow:
                out.append(bar)
        return out

    def _look(self, bar: Bar) -> Value | None:
        return None if bar.kind == "undeploy" else self.looks.get(bar.value or "", OTHER_VALUE)

    def _core(self, row: Strip, bar: Bar) -> None:
        x, to = self._ends(bar.core_lo, bar.core_hi, MIN_CORE)
        style = "teardown" if bar.kind == "undeploy" else "open" if bar.open_end and self.lane.kind == "run" else "core"
        at = (bar.core_lo, bar.core_hi)
        row.shapes.append(
            Shape("rect", style, x, self.top, to - x, self.tall, value=self._look(bar), at=at, tip=bar.tip, evidence=bar.evidence)
        )

    def _labels(self, row: Strip, middle: float) -> None:
        """Each bar's label: inside, else along its uncertain end, else right of it where nothing is."""
        taken = _Taken(self.picture.left, self.picture.right)
        bars = self._merged()
        cores = [self._ends(b.core_lo, b.core_hi, MIN_CORE) for b in bars]
        hulls = [(min(self.picture.x(b.lo), c[0]), max(self.picture.x(b.hi), c[1])) for b, c in zip(bars, cores, strict=True)]
        for i, bar in enumerate(bars):
            others = [h for j, h in enumerate(hulls if bar.kind in ("deploy", "undeploy") else cores) if j != i]
            x, to = cores[i]
            clear = lambda a, b, o=others: all(b <= p or a >= q for p, q in o)  # noqa: E731
            for text in dict.fromkeys((bar.label, bar.label.split(", by ")[0])):
                need = text_width(text, STYLES["label"].size) + 6
                if to - x >= need and taken.free((x + to - need) / 2, (x + to + need) / 2):
                    taken.take((x + to - need) / 2, (x + to + need) / 2)
                    row.shapes.append(_label(bar, text, (x + to) / 2, middle, "middle"))
                    break
                spots = [to + 2, x - need - 2, hulls[i][1] + 2] if self.lane.kind == "run" else []
                start = next((s for s in spots if taken.free(s, s + need) and clear(s, s + need)), None)
                if start is not None:
                    taken.take(start, start + need)
                    row.shapes.append(_label(bar, text, start + 3, middle, "start"))
                    break
            else:
                row.shapes.append(_label(bar, bar.label, (x + to) / 2, middle, "none"))

    def _counts(self, row: Strip) -> None:
        """A step for each slice: as high as there were deploys at once, dark as far as they are sure."""
        most = max((bar.level[1] for bar in self.bars), default=1)
        for bar in self.bars:
            x, to = self._ends(bar.lo, bar.hi)
            for style, level in (("possible", bar.level[1]), ("sure", bar.level[0])):
                if level:
                    h = self.tall * level / most
                    row.shapes.append(Shape("rect", style, x, self.bottom - h, to - x, h, at=(bar.lo, bar.hi), tip=bar.tip))
        if self.bars:
            row.shapes.append(Shape("line", "leader", self.picture.left - 4, self.top, 4, 0))
            row.shapes.append(Shape("text", "small", self.picture.left - 6, self.top + 4, text=str(most), anchor="end"))

    def _lock(self, row: Strip, lock: Bar) -> None:
        y = self.bottom + 4
        x, to = self._ends(lock.lo, lock.hi, MIN_CORE)
        row.shapes.append(Shape("line", "lock-soft", x, y + 1.5, to - x, 0, at=(lock.lo, lock.hi), tip=lock.tip, evidence=lock.evidence))
        x, to = self._ends(lock.core_lo, lock.core_hi, MIN_CORE)
        row.shapes.append(Shape("rect", "lock", x, y, to - x, 3, at=(lock.core_lo, lock.core_hi), tip=lock.tip, evidence=lock.evidence))

    def _marks(self, row: Strip) -> None:
        """Icons above the bars; those of one kind that nearly coincide are one with their number, others move aside and keep a line to their instant."""
        groups: list[list[Mark]] = []
        for mark in sorted(self.lane.marks, key=lambda m: (m.at, m.kind)):
            near = next((g for g in reversed(groups) if g[0].kind == mark.kind), None)
            if near is not None and self.picture.x(mark.at) - self.picture.x(near[-1].at) < COUNTED:
                near.append(mark)
            else:
                groups.append([mark])
        y = self.top - 2 - ICON
        icons, taken = [], _Taken(0, self.picture.width - 2)
        last = -1e9
        for group in groups:
            true = self.picture.x(group[0].at)
            x = max(true, last + 2 * ICON + 2)
            last = x
            icons.append((group, true, x))
            taken.take(x - ICON - 1, x + ICON + 1)
        for group, true, x in icons:
            self._icon(row, group, true, x, y)
            many = f"{len(group)}× " if len(group) > 1 else ""
            labels = [many + ", ".join(dict.fromkeys(m.label for m in group if m.label)), many]
            size = STYLES["mark-alarm"].size
            spots = [
                (label.strip(), start)
                for label in labels
                if label.strip()
                for need in (text_width(label.strip(), size) + 3,)
                for start in (x + ICON + 3, x - ICON - 3 - need)
                if taken.free(start, start + need)
            ]
            if spots:
                label, spot = spots[0]
                taken.take(spot, spot + text_width(label, size) + 3)
                alarm = any(style.startswith("bad") for style, _, _ in MARKS[group[0].kind][0])
                style = "mark-alarm" if alarm else "mark-plain"
                row.shapes.append(Shape("text", style, spot, y + 3.5, text=label, at=(group[0].at, group[0].at), tip=_tips(group)))

    def _icon(self, row: Strip, group: list[Mark], true: float, x: float, y: float) -> None:
        tip, evidence, at = _tips(group), tuple(e for m in group for e in m.evidence), (group[0].at, group[0].at)
        row.shapes.append(Shape("line", "leader", x, y + ICON, true - x, self.top - y - ICON + 3, at=at))
        for style, points, closed in MARKS[group[0].kind][0]:
            scaled = tuple((round(px * ICON, 2), round(py * ICON, 2)) for px, py in points)
            row.shapes.append(Shape("poly", style, x, y, points=scaled, closed=closed, at=at, tip=tip, evidence=evidence))


def _tips(group: list[Mark]) -> str:
    shown = [m.tip for m in group[:4]]
    return "\n\n".join(shown) + (f"\n\nand {len(group) - 4} more" if len(group) > 4 else "")


def _label(bar: Bar, text: str, x: float, middle: float, anchor: str) -> Shape:
    """A bar's label; anchor `none` is one that has no room now, and may get some when the picture is zoomed."""
    return Shape("text", "label", x, middle + 3.8, text=text, anchor=anchor, at=(bar.core_lo, bar.core_hi), fits=True, tip=bar.tip)
