"""Where everything in a picture stands, in pixels, before anything is drawn: `svg` and `timeline` draw the same scene.

Labels are placed here too: a text never lies on another one and never reaches out of the picture; one that has no room is left to the hover
text and the legend. A test holds that for every incident and for large made-up cases.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from forensics.report.ink import MARKS, OTHER_VALUE, STYLES, VALUES, Value, elided, text_width
from forensics.report.lanes import Bar, Lane, Layout, Mark

WIDTH = 1200
NARROWEST = 480
MARGIN, RIGHT = 12, 36
NAMES = 230  # of the column of names, at most
BAR = {"run": 24, "service": 18, "tree": 18, "count": 30}
STRIP, LOCKS, PAD = 17, 8, 9  # above a lane's bars its marks, below them its locks
HEAD, TICKS, KEY = 30, 20, 20
ICON = 5.5
MIN_CORE = 3.0
COUNTED = 8  # pixels: marks of a kind that are nearer than that are one, with their number
DASH = " – "


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


def scene(layout: Layout, *, title: str = "", width: int = WIDTH) -> Scene:
    """Place a layout.

    Args:
        title: Above the picture; what the layout is about, if it is left empty.
        width: Of the picture in pixels.
    """
    width = max(width, NARROWEST)
    names = [_name(lane) for lane in layout.lanes]
    wanted = max((text_width(n, 11, bold=True) for n in names), default=0)
    left = round(MARGIN + min(wanted, NAMES, width * 0.3) + 10, 1)
    picture = Scene(width, 0, left, width - RIGHT, layout.lo, max(layout.hi, layout.lo + 1), [], focus=layout.focus)
    picture.runs = tuple(dict.fromkeys(lane.name for lane in layout.lanes if lane.kind == "run"))
    looks = _looks(layout)
    _title(picture, title or layout.subject, layout)
    tall = sum(BAR[lane.kind] + PAD for lane in layout.lanes) > 600
    if tall:
        _axis(picture, top=True)
    group = None
    for lane in layout.lanes:
        if lane.group != group:
            group = lane.group
            _heading(picture, lane.group)
        _Lane(picture, lane, looks).place()
    _axis(picture)
    _legend(picture, layout, looks)
    picture.height = round(picture.rows[-1].y + picture.rows[-1].h + 6, 1)
    return picture


def _name(lane: Lane) -> str:
    side = f"{lane.side}: " if lane.side else ""
    return f"{side}run {lane.name}" if lane.kind == "run" else f"{side}{lane.name}"


def _add(picture: Scene, kind: str, h: float, runs: tuple[str, ...] = ()) -> Strip:
    y = picture.rows[-1].y + picture.rows[-1].h if picture.rows else 0
    picture.rows.append(Strip(kind, round(y, 1), round(h, 1), runs=runs))
    return picture.rows[-1]


def _title(picture: Scene, title: str, layout: Layout) -> None:
    row = _add(picture, "title", 8)
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
    row = _add(picture, "group", HEAD)
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


def _focus(picture: Scene, h: float) -> list[Shape]:
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


class _Lane:
    """One lane being placed."""

    def __init__(self, picture: Scene, lane: Lane, looks: dict[str, Value]) -> None:
        self.picture, self.lane, self.looks = picture, lane, looks
        self.bars = sorted((b for b in lane.bars if b.kind != "lock"), key=lambda b: (b.lo, b.hi))
        self.locks = sorted((b for b in lane.bars if b.kind == "lock"), key=lambda b: (b.lo, b.hi))
        self.tall = BAR[lane.kind]
        self.top = (STRIP if lane.marks else 3) + 1
        self.bottom = self.top + self.tall

    def place(self) -> None:
        lane, picture = self.lane, self.picture
        row = _add(picture, "lane", self.bottom + (LOCKS if self.locks else 0) + PAD, lane.runs)
        middle = self.top + self.tall / 2
        style = "name-side" if lane.marked else "name"
        shown = elided(_name(lane), 11, picture.left - MARGIN - 8, bold=lane.marked)
        if lane.marked:
            row.shapes.append(Shape("rect", "band", MARGIN - 6, 1, picture.right - MARGIN + 10, row.h - 2))
        row.shapes += _focus(picture, row.h)
        row.shapes.append(Shape("text", style, picture.left - 8, middle + 4, text=shown, anchor="end", tip=_name(lane)))
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


def _axis(picture: Scene, *, top: bool = False) -> None:
    row = _add(picture, "axis", TICKS + (0 if top else 18))
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


def _legend(picture: Scene, layout: Layout, looks: dict[str, Value]) -> None:
    row = _add(picture, "legend", 6)
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
    from dataclasses import replace

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
