"""Where everything in a picture stands: no text on another, none cut off, whatever the case and however wide the picture."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest

from forensics.analysis import Analysis
from forensics.report import svg
from forensics.report.axis import STEPS, ticks
from forensics.report.ink import MARKS, OTHER_VALUE, STYLES, VALUES, elided, text_width
from forensics.report.lanes import Bar, Lane, Layout, Mark, layout
from forensics.report.scene import scene
from forensics.report.shapes import Scene, Shape, Strip
from forensics.report.timeline import TEXTURES, draw
from tests.evidence import analysis, folder
from tests.report.crowds import T0, S, crowd

DATA = Path(__file__).parents[2] / "data"
INCIDENTS = ("dstamp", "shared-tree-race")
CASES = {name: analysis(folder(DATA / name / "evidence")) for name in INCIDENTS}
CROWDS = {"20 runs": (20, 4), "500 runs": (500, 6), "500 runs on 60 stacks": (500, 60)}


def pictures(a: Analysis) -> list[Layout]:
    services = sorted({*a.writes["service"]})
    return [
        layout(a),
        *(layout(a, finding=f) for f in a.findings),
        *(layout(a, service=s) for s in services),
        *(layout(a, run=r) for r in a.runs["run"]),
    ]


def texts(picture: Scene) -> list[tuple[float, float, float, float, str]]:
    """Boxes of all texts that are shown: left, right, top, bottom."""
    found = []
    for row in picture.rows:
        for s in row.shapes:
            if s.form == "text" and s.anchor != "none":
                style = STYLES[s.style]
                w = text_width(s.text, style.size, bold=style.bold)
                left = s.x - {"start": 0, "middle": w / 2, "end": w}[s.anchor]
                found.append((left, left + w, row.y + s.y - style.size * 0.75, row.y + s.y + style.size * 0.2, s.text))
    return found


def overlap(one: tuple, two: tuple) -> bool:
    return one[0] < two[1] - 0.5 and two[0] < one[1] - 0.5 and one[2] < two[3] - 0.5 and two[2] < one[3] - 0.5


def hold(picture: Scene) -> None:
    boxes = texts(picture)
    assert [(a[4], b[4]) for a, b in combinations(boxes, 2) if overlap(a, b)] == []
    assert [b[4] for b in boxes if b[0] < 0 or b[1] > picture.width or b[2] < 0 or b[3] > picture.height] == []
    assert all(row.y + row.h <= picture.height for row in picture.rows)


@pytest.mark.parametrize("width", [480, 800, 1200, 3000])
@pytest.mark.parametrize("name", INCIDENTS)
def test_no_text_of_an_incident_lies_on_another_or_is_cut_off(name: str, width: int) -> None:
    for picture in pictures(CASES[name]):
        hold(scene(picture, width=width))


@pytest.mark.parametrize("width", [480, 1200])
@pytest.mark.parametrize("name", CROWDS)
def test_no_text_of_a_large_case_lies_on_another_or_is_cut_off(name: str, width: int) -> None:
    picture = scene(layout(crowd(*CROWDS[name])), width=width)

    hold(picture)
    assert picture.height < 6000


@pytest.mark.parametrize("name", CROWDS)
def test_no_icon_lies_on_another(name: str) -> None:
    for row in scene(layout(crowd(*CROWDS[name], drifting=200))).rows:
        at = sorted({s.x for s in row.shapes if s.form == "poly" and row.kind == "lane"})
        assert all(b - a >= 10 for a, b in zip(at[:-1], at[1:], strict=True))


def test_long_names_are_shortened_and_kept_in_the_hover_text() -> None:
    name = "a-very-long-name-" * 12
    bars = [Bar("deploy", 0, 1, 8, 9, label="x" * 300, tip="t")]

    picture = scene(
        Layout([Lane(name, "stack-" * 60, "run", bars, [Mark("rollback", 5, "y" * 400, "z")])], 0, 10, "left out " * 60), title="T" * 500
    )

    hold(picture)
    shown = [s for row in picture.rows for s in row.shapes if s.style == "name"]
    assert "…" in shown[0].text and shown[0].tip == f"run {name}"


def test_marks_of_one_kind_that_coincide_are_one_with_their_number() -> None:
    marks = [Mark("failure", 500 + i, "task failed", f"tip {i}") for i in range(6)]

    picture = scene(Layout([Lane("app", "s", "service", [], marks)], 0, 1000))

    icons = [s for row in picture.rows if row.kind == "lane" for s in row.shapes if s.form == "poly"]
    assert len(icons) == 1
    assert "6× task failed" in [t[4] for t in texts(picture)]
    assert "tip 0" in icons[0].tip and "and 2 more" in icons[0].tip


def test_bars_too_narrow_to_tell_apart_become_one_that_says_so() -> None:
    bars = [Bar("value", i, i, i + 1, i + 1, f"v{i}", f"v{i}") for i in range(5000)]

    picture = scene(Layout([Lane("app", "s", "service", bars)], 0, 5000))

    rects = [s for row in picture.rows if row.kind == "lane" for s in row.shapes if s.form == "rect"]
    assert len(rects) == 1
    assert rects[0].tip == "5000 changes, too near to be told apart here"


def test_the_legend_names_what_is_drawn_and_nothing_else() -> None:
    words = [s.text for s in scene(layout(CASES["dstamp"])).rows[-1].shapes if s.form == "text"]

    assert words[:2] == ["92a304dd", "a7be5bae"]
    assert "swarm's own rollback" in words and "read: drifted" in words
    assert "read: passed by another's write" not in words
    assert not any(w.startswith("deploys at once") for w in words)


def test_more_values_than_looks_are_told_as_others() -> None:
    bars = [Bar("value", i * 100, i * 100, i * 100 + 100, i * 100 + 100, f"v{i}", f"value{i}") for i in range(12)]

    picture = scene(Layout([Lane("app", "s", "service", bars)], 0, 1200))

    looks = [s.value for row in picture.rows if row.kind == "lane" for s in row.shapes if s.form == "rect"]
    assert looks.count(OTHER_VALUE) == 12 - len(VALUES)
    assert "other values" in [t[4] for t in texts(picture)]


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def test_black_text_can_be_read_on_every_value_and_no_two_look_alike_in_grey() -> None:
    ink = luminance(STYLES["label"].fill)

    assert all((luminance(v.fill) + 0.05) / (ink + 0.05) > 7 for v in (*VALUES, OTHER_VALUE))
    assert len({v.texture for v in VALUES}) == len(VALUES)
    assert {v.texture for v in VALUES} <= set(TEXTURES)
    assert {v.texture for v in VALUES} - {"none"} == set(svg.TEXTURES)


def test_marks_differ_in_shape_and_not_in_colour_alone() -> None:
    shapes = [tuple((points, closed) for _, points, closed in strokes) for kind, (strokes, _) in MARKS.items() if kind != "manual-rollback"]

    assert len(set(shapes)) == len(shapes)  # swarm's rollback and one by hand share a shape, and are told apart by their words


@pytest.mark.parametrize("span", [1, 999, 5_000, 1_000_000, 30 * S, 3600 * S, 86_400 * S, 400 * 86_400 * S])
@pytest.mark.parametrize("most", [3, 12])
def test_ticks_are_few_round_and_inside(span: int, most: int) -> None:
    found = ticks(T0, T0 + span, most)

    assert len(found) <= most + 1
    assert all(T0 <= us <= T0 + span for us, _ in found)
    assert len({said for _, said in found}) == len(found)
    assert span < STEPS[0] * 1000 * 3 or found


@pytest.mark.parametrize("suffix", ["svg", "png", "pdf"])
def test_a_picture_is_drawn_and_twice_the_same(tmp_path: Path, suffix: str) -> None:
    picture = layout(CASES["dstamp"])
    one, two = tmp_path / f"one.{suffix}", tmp_path / f"two.{suffix}"

    draw(picture, [one])
    draw(picture, [two])

    assert one.read_bytes() == two.read_bytes()
    assert one.stat().st_size < 500_000


def test_widths_of_text_are_those_of_the_font_that_draws_it() -> None:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    for text in ("a7be5bae+U", "swarm rolled back", "0.7.0+3.3.1", "WWW iii ~|{}"):
        drawn = TextPath((0, 0), text, size=100, prop=FontProperties("DejaVu Sans")).get_extents()
        assert drawn.width <= text_width(text, 100) + 1
        assert drawn.width >= text_width(text, 100) * 0.9


@pytest.mark.parametrize("room", [0, 5, 20, 60, 500])
def test_a_shortened_text_fits(room: float) -> None:
    shown = elided("runs/dstamp-repro4/console.log", 11, room)

    assert shown == "…" or text_width(shown, 11) <= room


@pytest.mark.parametrize("inline", [False, True])
def test_an_svg_is_well_formed_and_markup_in_names_stays_text(inline: bool) -> None:
    name = "<script>alert(1)</script>\"&'</svg>"
    bars = [Bar("deploy", 0, 1, 900, 901, name, name, tip=name, evidence=("x",))]
    picture = scene(Layout([Lane(name, name, "run", bars, [Mark("rollback", 5, name, name)], runs=(name,))], 0, 1000), title=name)

    text = svg.render(picture, inline=inline, cited=lambda ids: name)

    root = ElementTree.fromstring(text)
    assert not [e for e in root.iter() if e.tag.endswith("script")]
    assert name in "".join(root.itertext())


def test_only_an_inline_svg_carries_instants() -> None:
    picture = scene(layout(CASES["dstamp"]))

    assert "data-a" not in svg.render(picture)
    inline = svg.render(picture, inline=True)
    assert inline.startswith("<svg")
    assert 'data-runs="dstamp-repro4"' in inline


def test_a_finding_is_shaded_in_every_lane() -> None:
    a = CASES["shared-tree-race"]
    picture = scene(layout(a, finding=next(f for f in a.findings if len(f["runs"]) == 2)))

    lanes = [row for row in picture.rows if row.kind == "lane"]
    assert all(any(s.style == "focus" for s in row.shapes) for row in lanes)
    assert sum(any(s.style == "band" for s in row.shapes) for row in lanes) == 2


def test_soft_ends_of_calls_one_after_another_do_not_cover_each_other() -> None:
    run = next(row for row in scene(layout(CASES["dstamp"])).rows if row.kind == "lane")
    soft = [s for s in run.shapes if s.style == "soft"]

    assert len(soft) >= 3
    assert not any(overlap((a.x, a.x + a.w, a.y, a.y + a.h), (b.x, b.x + b.w, b.y, b.y + b.h)) for a, b in combinations(soft, 2))


def test_a_scene_is_made_of_known_styles() -> None:
    used = {s.style for name in INCIDENTS for p in pictures(CASES[name]) for row in scene(p).rows for s in row.shapes}

    assert used <= set(STYLES)
    assert isinstance(scene(Layout([], 0, 0)).rows[0], Strip)
    assert Shape("text", "label", 0, 0).style in STYLES
