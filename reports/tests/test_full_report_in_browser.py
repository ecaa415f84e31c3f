"""The whole report with everything in it, as it is read: by eye, by keyboard, on paper."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from reports.load.names import Names
from reports.load.results import load_results
from reports.pages.report import write_report
from reports.statistics.summary import summarise
from reports.tests.browser import Browser
from reports.tests.synthetic import CRASH, Database
from reports.tests.tables import add_latency_pass, add_noise
from reports.tests.test_page_in_browser import NARROW, WIDE, check

pytestmark = pytest.mark.xdist_group("browser")

SECTIONS = ("headline", "warnings", "ws8192", "cfrac", "sh8bench", "faults", "latency", "timelines",
            "programs", "effects", "detection", "ledger", "counters", "noise", "host", "method",
            "glossary")
LEAST_INK = 0.01  # of a chart's pixels
PAGES_MAX = 40
STEPS_MAX = 400


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_full_report_is_readable(browser: Browser, full_report: Path, width: int,
                                 scheme: str) -> None:
    browser.open(full_report, width, scheme)
    check(browser, full_report, width)
    heights = browser.driver.execute_script(
        "return [...document.querySelectorAll('main > section')]"
        ".map(one => [one.id, one.getBoundingClientRect().height])")
    assert tuple(section for section, _ in heights) == SECTIONS
    assert all(height > 100 for _, height in heights), heights


@pytest.mark.parametrize("width, scheme, charts", [(WIDE, "dark", 13), (NARROW, "light", 26)])
def test_no_chart_is_blank(browser: Browser, full_report: Path, width: int, scheme: str,
                           charts: int) -> None:
    browser.open(full_report, width, scheme)
    boxes = browser.driver.execute_script(
        "return [...document.querySelectorAll('svg.figure')].filter(one => one.checkVisibility())"
        ".map(one => {const box = one.getBoundingClientRect(); return [one.ariaLabel,"
        " box.left, box.top + scrollY, box.right, box.bottom + scrollY]})")
    pixels = screenshot(browser)
    paper = pixels[2, 2]
    assert len(boxes) == charts
    for name, left, top, right, bottom in boxes:
        part = pixels[int(top):int(bottom), int(max(left, 0)):int(right)]
        assert part.shape[0] > 100 and part.shape[1] > 300, name
        inked = np.any(np.abs(part - paper) > 0.1, axis=2)
        assert inked.mean() > LEAST_INK, name
        # Ink in the plots, not only in words: both halves of each direction have some.
        assert all(half.any() for axis in (0, 1) for half in np.array_split(inked, 2, axis=axis))


def screenshot(browser: Browser) -> np.ndarray:
    """The whole page, a pixel a CSS pixel."""
    size = browser.driver.execute_script(
        "return [document.documentElement.clientWidth, document.documentElement.scrollHeight]")
    taken = browser.driver.execute_cdp_cmd("Page.captureScreenshot", {
        "format": "png", "captureBeyondViewport": True,
        "clip": {"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1}})
    return matplotlib.image.imread(io.BytesIO(base64.b64decode(taken["data"])))[:, :, :3]


def test_every_chart_and_table_is_described(browser: Browser, full_report: Path) -> None:
    browser.open(full_report, WIDE, "light")
    lacking = browser.driver.execute_script("""
        const found = [];
        for (const one of document.querySelectorAll('svg.figure'))
          if (one.getAttribute('role') !== 'img' || one.ariaLabel.length < 60)
            found.push('chart ' + one.ariaLabel);
        for (const one of document.querySelectorAll('figure'))
          for (const kind of ['svg', 'png', 'csv'])
            if (!one.querySelector(`figcaption a[href$=".${kind}"]`)) found.push('no ' + kind);
        for (const one of document.querySelectorAll('table'))
          if (!one.caption || one.caption.textContent.trim().length < 10)
            found.push('table ' + one.textContent.trim().slice(0, 40));
        for (const one of document.querySelectorAll('th'))
          if (!one.scope) found.push('th ' + one.textContent);
        for (const one of document.querySelectorAll('section'))
          if (!document.getElementById(one.getAttribute('aria-labelledby')))
            found.push('section ' + one.id);
        for (const one of document.querySelectorAll('[title]')) found.push('hover ' + one.title);
        return found""")
    assert lacking == []
    count = browser.driver.execute_script(
        "return ['header', 'main', 'footer', 'h1', 'nav[aria-label]', 'html[lang]']"
        ".map(one => document.querySelectorAll(one).length)")
    assert count == [1] * 6
    levels = browser.driver.execute_script(
        "return [...document.querySelectorAll('h1, h2, h3, h4')].map(one => +one.localName[1])")
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))


def test_every_link_leads_somewhere(browser: Browser, full_report: Path) -> None:
    browser.open(full_report, WIDE, "light")
    links = browser.driver.execute_script(
        "return [...document.querySelectorAll('a')].map(one => one.getAttribute('href'))")
    ids = browser.driver.execute_script(
        "return [...document.querySelectorAll('[id]')].map(one => one.id)")
    assert {f"#{section}" for section in SECTIONS} <= set(links)
    for link in links:
        assert link[1:] in ids if link.startswith("#") else (full_report.parent / link).is_file()


def test_the_keyboard_reaches_everything(browser: Browser, full_report: Path) -> None:
    """From the top by the tab key alone: skip link first, all visible while focused, no trap."""
    browser.open(full_report, NARROW, "light")
    wanted = browser.driver.execute_script(
        "return [...document.querySelectorAll('a, .scroll')]"
        ".filter(one => one.checkVisibility()).length")
    assert wanted < STEPS_MAX
    reached: list[str] = []
    for step in range(wanted):
        ActionChains(browser.driver).send_keys(Keys.TAB).perform()
        name, seen = browser.driver.execute_script("""
            const one = document.activeElement, style = getComputedStyle(one);
            const box = one.getBoundingClientRect();
            one.dataset.reached = 'yes';
            return [one.localName + ' ' + (one.getAttribute('href') || one.ariaLabel),
                    style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 &&
                    box.width > 0 && box.bottom > 0 && box.top < innerHeight]""")
        assert seen, f"{name} is reached, but its focus is not seen"
        reached.append(name)
    assert reached[0] == "a #content"
    assert browser.driver.execute_script(
        "return [...document.querySelectorAll('a, .scroll')].filter(one => one.checkVisibility()"
        " && !one.dataset.reached).map(one => one.outerHTML.slice(0, 80))") == []


def test_the_skip_link_skips(browser: Browser, full_report: Path) -> None:
    browser.open(full_report, WIDE, "light")
    ActionChains(browser.driver).send_keys(Keys.TAB).send_keys(Keys.ENTER).perform()
    assert browser.driver.execute_script("return document.activeElement.id") == "content"
    ActionChains(browser.driver).send_keys(Keys.TAB).perform()
    assert browser.driver.execute_script(
        "return document.activeElement.closest('main') !== null")


def test_on_paper(browser: Browser, full_report: Path) -> None:
    """Light whatever the scheme, and nothing of use on a screen alone."""
    browser.open(full_report, 1040, "dark")
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
        "media": "print", "features": [{"name": "prefers-color-scheme", "value": "dark"}]})
    colour, links, wide = browser.driver.execute_script(
        "return [getComputedStyle(document.body).backgroundColor,"
        " [...document.querySelectorAll('nav, .files')].filter(one => one.checkVisibility())"
        ".length,"
        " document.documentElement.scrollWidth]")
    assert (colour, links) == ("rgb(255, 255, 255)", 0) and wide <= 1040
    printed = base64.b64decode(browser.driver.execute_cdp_cmd(
        "Page.printToPDF", {"preferCSSPageSize": True})["data"])
    assert printed.startswith(b"%PDF") and 5 < printed.count(b"/Type /Page\n") < PAGES_MAX
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def make_awkward(folder: Path) -> None:
    """Names of 320 characters, no peer with a number, cells that always crashed, single samples."""
    database = Database(folder)
    longest = "/" + "a-folder-of-builds/" * 16 + "libhakmem.so"
    layers = "hakmem:layout=headered,front=cache,layers=pin+guard+next,geometry=c8,prewarm=0"
    assert len(longest) > 315
    database.add_facts({"env.LONG": "x" * 320})
    for workload in ("ws8192", "cfrac"):
        for allocator in ("hakmem", longest, layers):
            cell = database.add_cell(allocator, workload)
            database.add_samples(cell, [7e7])
        database.add_cell("mimalloc", workload, "libmimalloc.so.2.0 is not installed")
        crashed = database.add_cell("tcmalloc", workload)
        for block in range(3):
            database.add_sample(crashed, block, **CRASH, reason="SIGSEGV " + "after a while " * 30)
    add_latency_pass(database, ["ws8192"], allocators=("hakmem", longest, "glibc"), blocks=1,
                     timed=500)
    add_noise(database, ["ws8192"], ["hakmem", longest])
    database.close()


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_awkward_sessions_do_not_break_the_page(browser: Browser, names: Names, tmp_path: Path,
                                                width: int) -> None:
    make_awkward(tmp_path)
    page = write_report(summarise(load_results(tmp_path), names), tmp_path)
    browser.open(page, width, "light")
    check(browser, page, NARROW)  # a name of 320 characters may make a table scroll
    text = page.read_text(encoding="utf-8")
    assert "3 of 3 crashed (SIGSEGV)" in text and "One sample each, no interval" in text
