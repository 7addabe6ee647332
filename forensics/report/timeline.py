"""Draw a layout with matplotlib: the only file that knows it.

Colour tells values apart and is never the only sign: every value is written out, kinds differ in shape and
hatching, and the palette (Okabe & Ito) keeps its order in grey and for colour-blind eyes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from forensics.report.lanes import Bar, Layout

PALETTE = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#D55E00", "#0072B2", "#BBBBBB")
MARKS = {
    "read-ok": ("$\u2713$", "#1a7f37", "read, as intended"),
    "read-drift": ("$\u2717$", "#b00020", "read, drifted"),
    "read-masked": ("$\u2713$", "#b00020", "read, passed by another's write"),
    "read-unknown": ("$?$", "#555555", "read, not comparable"),
    "rollback": ("v", "#b00020", "swarm's rollback"),
    "manual-rollback": ("v", "#555555", "rollback by hand"),
    "manual": ("D", "#555555", "changed by hand"),
    "remove": ("X", "#333333", "removed"),
    "failure": ("*", "#b00020", "task failed"),
    "gap": ("|", "#b00020", "HEAD moved without a reflog line"),
}
LIFTED = ("rollback", "manual-rollback", "manual", "gap")  # drawn above the bar, with their words


def draw(layout: Layout, paths: list[Path], *, title: str = "") -> None:
    """Write the picture to each path; the suffix decides the format (svg, png, pdf).

    Raises:
        ValueError: If a suffix names no format that matplotlib can write.
    """
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    matplotlib.rcParams["svg.hashsalt"] = "forensics"
    matplotlib.rcParams["svg.fonttype"] = "none"  # text stays text: it can be searched, and the file is small
    matplotlib.rcParams["font.size"] = 9
    rows = _rows(layout)
    height = max(2.6, 0.46 * len(rows) + 1.7)
    fig, ax = plt.subplots(figsize=(12, height))
    values = sorted({b.value for lane in layout.lanes for b in lane.bars if b.value and b.kind != "lock"})
    commits = sorted({v.removesuffix("+U") for v in values})
    colour = {v: PALETTE[commits.index(v.removesuffix("+U")) % len(PALETTE)] for v in values}
    span = (layout.hi - layout.lo) / 1e6
    used: set[str] = set()
    for y, (lane, header) in enumerate(rows):
        if lane is None:
            ax.text(0, y + 0.15, header, fontweight="bold", va="center", transform=ax.get_yaxis_transform())
            ax.axhline(y + 0.5, color="#dddddd", lw=0.8)
            continue
        for bar in lane.bars:
            _bar(ax, bar, y, layout.lo, colour, span)
        for mark in lane.marks:
            shape, ink, _ = MARKS[mark.kind]
            x = (mark.at - layout.lo) / 1e6
            up = -0.36 if lane.kind == "run" else -0.3 if mark.kind in LIFTED and mark.kind != "gap" else 0
            if mark.kind in LIFTED and mark.label:
                ax.annotate(
                    mark.label,
                    (x, y + (up or -0.36)),
                    xytext=(6, 1),
                    textcoords="offset points",
                    fontsize=7.5,
                    color=ink,
                    va="center",
                    zorder=6,
                )
            ax.plot(
                [x],
                [y + up],
                marker=shape,
                color=ink,
                ms=13 if mark.kind == "gap" else 8,
                mew=2 if mark.kind == "gap" else 0.8,
                ls="none",
                zorder=6,
                clip_on=False,
            )
            used.add(mark.kind)
    ax.set_ylim(len(rows) - 0.4, -0.8)
    ax.set_xlim(0, span)
    ax.set_yticks(
        [y for y, (lane, _) in enumerate(rows) if lane is not None],
        [f"{'run ' if lane.kind == 'run' else ''}{lane.name}" for lane, _ in rows if lane is not None],
    )
    ax.tick_params(axis="y", length=0)
    ticks = [t for t in ax.get_xticks() if 0 <= t <= span]
    ax.set_xticks(ticks, [datetime.fromtimestamp(layout.lo / 1e6 + t, UTC).strftime("%H:%M:%S") for t in ticks])
    day = datetime.fromtimestamp(layout.lo / 1e6, UTC).strftime("%Y-%m-%d")
    ax.set_xlabel(f"UTC, {day}" + (f"    ({layout.left_out})" if layout.left_out else ""))
    ax.grid(axis="x", color="#eeeeee", zorder=0)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    if title:
        ax.set_title(title, loc="left", fontweight="bold")
    _legend(
        fig, ax, used, {b.kind for lane in layout.lanes for b in lane.bars}, any(b.open_end for lane in layout.lanes for b in lane.bars)
    )
    for path in paths:
        metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(path.suffix.lstrip("."))
        fig.savefig(path, dpi=130, bbox_inches="tight", metadata=metadata)
    plt.close(fig)


def _rows(layout: Layout) -> list[tuple[object, str]]:
    rows: list[tuple[object, str]] = []
    group = None
    for lane in layout.lanes:
        if lane.group != group:
            group = lane.group
            rows.append((None, group if group == "work trees" else f"stack {group}"))
        rows.append((lane, ""))
    return rows


def _bar(ax: object, bar: Bar, y: int, origin: int, colour: dict[str, str], span: float) -> None:
    x = lambda t: (t - origin) / 1e6  # noqa: E731
    if bar.kind == "lock":
        ax.plot(
            [x(bar.core_lo), max(x(bar.core_hi), x(bar.core_lo) + span / 400)],
            [y + 0.36] * 2,
            color="#333333",
            lw=2.2,
            solid_capstyle="butt",
            zorder=4,
        )
        return
    tall = 0.22 if bar.kind in ("value", "head") else 0.26
    face = colour.get(bar.value or "", "#dddddd") if bar.kind != "undeploy" else "#ffffff"
    left, right = x(bar.lo), max(x(bar.hi), x(bar.lo) + span / 400)
    if bar.lo < bar.core_lo or bar.hi > bar.core_hi:
        ax.barh(y, right - left, left=left, height=tall * 1.5, color=face, alpha=0.28, hatch="\\\\", edgecolor="#777777", lw=0, zorder=2)
    core_left, core_right = x(bar.core_lo), max(x(bar.core_hi), x(bar.core_lo) + span / 400)
    ax.barh(
        y,
        core_right - core_left,
        left=core_left,
        height=tall * 2,
        color=face,
        edgecolor="#333333",
        lw=0.8,
        zorder=3,
        hatch="///" if bar.kind == "undeploy" else None,
        ls="--" if bar.open_end else "-",
    )
    room = (core_right - core_left) / span
    if bar.label and room > 0.012 * len(bar.label) * 0.62:
        ax.text(
            (core_left + core_right) / 2,
            y,
            bar.label,
            ha="center",
            va="center",
            fontsize=8,
            zorder=5,
            bbox={"boxstyle": "round,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.75} if bar.kind == "undeploy" else None,
        )
    elif bar.label and bar.kind in ("deploy", "undeploy"):
        ax.annotate(bar.label, (core_right, y), xytext=(3, 0), textcoords="offset points", ha="left", va="center", fontsize=7.5, zorder=5)


def _legend(fig: object, ax: object, used: set[str], kinds: set[str], open_end: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    items: list[object] = []
    if "deploy" in kinds:
        items += [
            Patch(fc="#dddddd", ec="#333333", label="deploy (surely running)"),
            Patch(fc="#f3f3f3", ec="#999999", hatch="\\\\", label="may be running"),
        ]
    if "undeploy" in kinds:
        items.append(Patch(fc="white", ec="#333333", hatch="///", label="teardown"))
    if open_end:
        items.append(Patch(fc="#dddddd", ec="#333333", ls="--", label="end not in evidence"))
    if "lock" in kinds:
        items.append(Line2D([], [], color="#333333", lw=2.2, label="lock held"))
    items += [Line2D([], [], marker=MARKS[k][0], color=MARKS[k][1], ls="none", ms=8, label=MARKS[k][2]) for k in MARKS if k in used]
    if items:
        ax.legend(
            handles=items,
            loc="upper center",
            bbox_to_anchor=(0.5, -0.16 if ax.get_ylim()[0] > 6 else -0.24),
            ncol=5,
            frameon=False,
            fontsize=8,
        )
