"""The HTML report in a real browser: what it shows, what it asks for, and that nothing from a log comes alive.

Needs Debian's chromium and chromium-driver, which `make test` installs where it may. Without them it is skipped, but never in CI.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from forensics.report import html
from forensics.report.build import build
from forensics.report.document import Document, Picture, Section
from forensics.report.picture import figure
from tests.evidence import Log, Swarm, analysis, folder, sources_of
from tests.report.crowds import crowd

DATA = Path(__file__).parents[2] / "data"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ALIVE = "<script>window.alive=1</script><img src=x onerror=window.alive=2><svg onload=window.alive=3>\"'><a href=javascript:window.alive=4>x</a>"
OVERLAPS = """
const boxes = [...document.querySelectorAll('figure svg text')].filter(e => e.textContent && getComputedStyle(e).visibility === 'visible' && e.getClientRects().length)
  .map(e => [e.getBoundingClientRect(), e.textContent]);
const found = [];
boxes.forEach(([a, s], i) => boxes.slice(i + 1).forEach(([b, t]) => {
  if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3) found.push(s + ' / ' + t);
}));
return found;
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver):
        why = "no chromium or no chromedriver; next: tools/system_packages chromium chromium-driver"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)  # whose machine lets nothing be installed can still test the rest; nothing lands without these, since CI fails
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (
        *FLAGS,
        f"--user-data-dir={tmp_path_factory.mktemp('profile')}",
        "--window-size=1250,1000",
        "--host-resolver-rules=MAP * ~NOTFOUND",
    ):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    with webdriver.Chrome(options=options, service=Service(driver)) as opened:
        yield opened


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Any:
    """Open a page from a file; afterwards nothing else was asked for, and no script has failed."""

    def opened(page: str) -> Any:
        (tmp_path / "report.html").write_text(page, encoding="utf-8")
        browser.get_log("performance")
        browser.get_log("browser")
        browser.get((tmp_path / "report.html").as_uri())
        return browser

    yield opened
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    assert set(asked) == {(tmp_path / "report.html").as_uri()}
    assert browser.get_log("browser") == []


def page(files: dict[str, str]) -> str:
    a = analysis(files)
    return html.render(build(a, sources_of(files)), figure(a))


@pytest.fixture(scope="module")
def dstamp() -> str:
    return page(folder(DATA / "dstamp" / "evidence"))


@pytest.fixture(scope="module")
def race() -> str:
    return page(folder(DATA / "shared-tree-race" / "evidence"))


def all_of(browser: Any, selector: str) -> list[Any]:
    return browser.find_elements("css selector", selector)


def the(browser: Any, selector: str) -> Any:
    return browser.find_element("css selector", selector)


def appears(browser: Any, selector: str) -> bool:
    """Whether an element is shown, if not at once then soon: a busy browser hands out events late."""
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(browser, 10).until(lambda page: the(page, selector).is_displayed())


def press(browser: Any, label: str) -> None:
    the(browser, f".tools button[aria-label='{label}']").click()


def test_the_answer_and_every_part_can_be_read(show: Any, dstamp: str) -> None:
    opened = show(dstamp)

    assert opened.title == "Evidence report"
    answer = [item.text for item in all_of(opened, ".answer li")]
    assert len(answer) == 3
    assert "1 of 3 identity reads drifted" in answer[0] and "PROVEN" in answer[1] and "REFUTED" in answer[2]
    assert all(
        all_of(opened, f"section#{name} > h2, section#{name} > h3")
        for name in ("what", "how", "expected", "where", "facts", "reasoning", "sources")
    )
    assert all(section.is_displayed() for section in all_of(opened, "section"))


def test_a_number_leads_to_its_exhibit(show: Any, dstamp: str) -> None:
    opened = show(dstamp)

    the(opened, ".answer a").click()

    target = the(opened, "li.exhibit:target")
    assert "deployed_identity" in target.text and "sed -n 50p runs/dstamp-repro4/console.log" in target.text


def test_text_of_a_log_stays_text(show: Any) -> None:
    log = (
        Log("r1")
        .start(0)
        .say(1, f"lock: acquired {ALIVE}")
        .deploy(1, 5, "92a304dd+U")
        .read(6, "<script>window.alive=5</script>")
        .say(7, f"lock: released {ALIVE}")
    )
    files = {path.replace("r1", ALIVE.replace("/", "")): text for path, text in log.file.items()}

    opened = show(page(files | Swarm().create(1.05).file))

    assert opened.execute_script("return window.alive") is None
    assert opened.execute_script("return document.scripts.length") == 1
    assert all_of(opened, "img, a[href^='javascript'], svg[onload]") == []
    assert "<img src=x onerror=window.alive=2>" in the(opened, "main").text
    tips = " ".join(element.get_attribute("data-tip") for element in all_of(opened, "figure [data-tip]"))
    assert "<script>window.alive=1" in tips


def test_pointing_at_a_mark_tells_the_event_and_where_it_is_written(show: Any, dstamp: str) -> None:
    from selenium.webdriver import ActionChains

    opened = show(dstamp)
    tip, rollback = the(opened, ".tip"), the(opened, "figure [data-tip*='swarm rolled back']")
    assert not tip.is_displayed()

    ActionChains(opened).scroll_to_element(rollback).move_to_element(rollback).perform()

    assert appears(opened, ".tip")
    assert tip.text.startswith("swarm rolled back at 08:42:46.638")
    assert "docker-events.ndjson:44" in tip.text and "rollback_started" in tip.text


def test_the_keyboard_reaches_what_the_pointer_reaches(show: Any, dstamp: str) -> None:
    opened = show(dstamp)

    opened.execute_script("document.querySelector('figure rect[tabindex]').focus()")

    assert appears(opened, ".tip")
    assert the(opened, "figure rect[tabindex]").get_attribute("aria-label")


def test_one_run_alone_can_be_shown_and_all_again(show: Any, race: str) -> None:
    from selenium.webdriver.support.ui import Select

    opened = show(race)
    rows = lambda: [row.text.split("\n")[0] for row in all_of(opened, "g.row.group, g.row.lane") if row.is_displayed() and row.text]  # noqa: E731
    height = lambda: the(opened, "figure svg").size["height"]  # noqa: E731
    before, tall = rows(), height()

    Select(the(opened, ".tools select")).select_by_value("m2p")
    alone, short = rows(), height()
    Select(the(opened, ".tools select")).select_by_value("")

    assert "run m2p" in " ".join(alone) and "run ab" not in " ".join(alone)
    assert "stack disc-4bffa5_ci_example_org" not in alone
    assert short < tall
    assert (rows(), height()) == (before, tall)


def test_zooming_in_and_back_leaves_the_picture_as_it_was(show: Any, dstamp: str) -> None:
    opened = show(dstamp)
    read = "return [...document.querySelectorAll('figure g.lane rect')].map(e => ['x', 'width', 'visibility'].map(n => e.getAttribute(n)))"
    widths = lambda: opened.execute_script(read)  # noqa: E731
    window = lambda: [int(n) for n in the(opened, "figure").get_attribute("data-window").split()]  # noqa: E731
    before, whole = widths(), window()

    for label in ("zoom in", "zoom in", "later"):
        press(opened, label)
    near, zoomed = window(), widths()
    press(opened, "the whole time")

    assert 3.9 < (whole[1] - whole[0]) / (near[1] - near[0]) < 4.1
    assert whole[0] < near[0] and near[1] <= whole[1]
    assert zoomed != before
    assert (widths(), window()) == (before, whole)


def test_zooming_stops_at_the_whole_and_at_what_can_be_told_apart(show: Any, dstamp: str) -> None:
    opened = show(dstamp)
    window = lambda: [int(n) for n in the(opened, "figure").get_attribute("data-window").split()]  # noqa: E731
    whole = window()

    press(opened, "zoom out")
    out = window()
    for _ in range(24):
        press(opened, "zoom in")

    assert out == whole
    assert window()[1] - window()[0] >= 2000


@pytest.mark.parametrize("presses", [(), ("zoom in",), ("zoom in", "zoom in", "earlier"), ("zoom in",) * 4])
def test_no_text_lies_on_another_however_it_is_zoomed(show: Any, race: str, dstamp: str, presses: tuple[str, ...]) -> None:
    for text in (race, dstamp):
        opened = show(text)
        for label in presses:
            press(opened, label)

        assert opened.execute_script(OVERLAPS) == []


def test_without_scripts_the_same_picture_is_there(show: Any, dstamp: str) -> None:
    from selenium.webdriver.common.by import By

    try:
        show(dstamp).execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        opened = show(dstamp)
        svg = opened.find_element(By.CSS_SELECTOR, "figure svg")
        assert svg.is_displayed()
        assert "swarm rolled back" in svg.text
        assert len(all_of(opened, "figure svg title")) > 20
        assert all_of(opened, ".tools") == []
        assert len(all_of(opened, ".answer li")) == 3
    finally:
        opened.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


@pytest.mark.parametrize("width", [420, 900, 2400])
def test_a_page_is_never_wider_than_its_window(show: Any, race: str, width: int) -> None:
    opened = show(race)
    opened.set_window_size(width, 900)
    try:
        assert opened.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
    finally:
        opened.set_window_size(1250, 1000)


def test_on_paper_nothing_is_cut_off_and_statements_stand_out(show: Any, race: str) -> None:
    opened = show(race)
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": 700, "height": 1000, "deviceScaleFactor": 1, "mobile": False})

    try:
        wider = opened.execute_script(
            "return [...document.querySelectorAll('pre, table, .wide, figure, svg')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).length"
        )
        size = "return parseFloat(getComputedStyle(document.querySelector(arguments[0])).fontSize)"
        statement, note = (opened.execute_script(size, selector) for selector in ("li.statement", "ul.notes"))
        assert wider == 0
        assert note < statement < 14
    finally:
        opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
        opened.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_case_of_five_hundred_runs_stays_legible(show: Any) -> None:
    a = crowd(500, 6)
    document = Document("Crowd", (), (Section("timeline", "Timeline", (Picture("500 runs"),)),))

    opened = show(html.render(document, figure(a)))

    assert "runs without a lane of their own are counted together" in the(opened, "figure svg").text
    assert opened.execute_script(OVERLAPS) == []
