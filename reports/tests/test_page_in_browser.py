"""The pages as a reader sees them: wide and narrow, light and dark, with no network."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.load.names import Names
from reports.load.results import load_results
from reports.pages.report import write_report
from reports.statistics.summary import Summary, summarise
from reports.tests.browser import Browser
from reports.tests.factorial import add_factorial, add_misuse, matrix_variants
from reports.tests.synthetic import Database, make_matrix

pytestmark = pytest.mark.xdist_group("browser")

WIDE, NARROW = 1280, 390


@pytest.fixture(scope="module")
def quick_report(names: Names, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three blocks: ranges with daggers in place of intervals."""
    folder = tmp_path_factory.mktemp("quick")
    make_matrix(folder, blocks=3, workloads=["sh8bench"])
    return write_report(summarise(load_results(folder), names), folder)


@pytest.fixture(scope="module")
def layers_report(names: Names, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default matrix and the misuse suite, with a prediction that did not hold."""
    folder = tmp_path_factory.mktemp("layers")
    database = Database(folder, blocks=6)
    add_factorial(database, matrix_variants(), workloads=["ws8192", "larson"])
    add_misuse(database, matrix_variants("misuse"), ("10a", "hakmem:front=cache,layers=head"))
    database.close()
    return write_report(summarise(load_results(folder), names), folder)


def check(browser: Browser, page: Path, width: int) -> None:
    found = browser.inspect()
    assert found["overlaps"] == []
    assert found["clipped"] == []
    assert found["faint"] == []
    assert not found["scrollsSideways"]
    assert browser.requests(page) == []
    assert browser.console_errors() == []
    if width == WIDE:
        assert found["hiddenTables"] == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_report_is_readable(browser: Browser, report: Path, width: int, scheme: str) -> None:
    browser.open(report, width, scheme)
    check(browser, report, width)
    assert browser.inspect()["figureTexts"] > 100


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_what_layers_cost_and_see_is_readable(browser: Browser, layers_report: Path, width: int,
                                              scheme: str) -> None:
    browser.open(layers_report, width, scheme)
    check(browser, layers_report, width)
    shown = browser.driver.execute_script(
        "return ['effects', 'detection', 'ledger'].map(id => {"
        " const box = document.getElementById(id).getBoundingClientRect();"
        " return box.width > 300 && box.height > 300})")
    assert shown == [True] * 3
    panels = browser.driver.execute_script(
        "return [...document.querySelectorAll('#effects svg')]"
        ".filter(element => element.checkVisibility()).length")
    assert panels == (1 if width == WIDE else 9)
    hover_only = browser.driver.execute_script(
        "return [...document.querySelectorAll('[title]')].map(one => one.outerHTML)")
    assert hover_only == []


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_report_of_few_repeats_is_readable(browser: Browser, quick_report: Path,
                                           width: int) -> None:
    browser.open(quick_report, width, "light")
    check(browser, quick_report, width)


def test_index_is_readable(browser: Browser, report: Path) -> None:
    index = report.parent.parent / "index.html"
    browser.open(index, NARROW, "dark")
    check(browser, index, NARROW)
    browser.driver.find_element("partial link text", "hakmem against 4 peers").click()
    assert browser.driver.current_url == report.as_uri()


def test_dark_scheme_repaints_page_and_figures(browser: Browser, report: Path) -> None:
    colors = []
    for scheme in ("light", "dark"):
        browser.open(report, WIDE, scheme)
        colors.append(browser.driver.execute_script(
            "return [getComputedStyle(document.body).backgroundColor,"
            " getComputedStyle(document.querySelector('svg.figure text')).fill]"))
    light, dark = colors
    assert light[0] != dark[0] and light[1] != dark[1]


@pytest.mark.parametrize("width, seen", [(WIDE, ".wide"), (NARROW, ".narrow")])
def test_one_set_of_figures_is_shown(browser: Browser, report: Path, width: int,
                                     seen: str) -> None:
    browser.open(report, width, "light")
    shown = browser.driver.execute_script(
        "return [...new Set([...document.querySelectorAll('.wide, .narrow')]"
        ".filter(element => element.checkVisibility()).map(element => '.' + element.className))]")
    assert shown == [seen]


BROKEN = """<!doctype html><title>broken</title><body style="background: #fff">
<p style="position: absolute; top: 20px; left: 20px; margin: 0">one text</p>
<p style="position: absolute; top: 24px; left: 30px; margin: 0">another text</p>
<p style="width: 40px; overflow: hidden; white-space: nowrap">cut off at forty pixels</p>
<p style="color: #ddd">faint</p>
<p style="position: absolute; left: 1900px">far away</p>
<svg width="50" height="20" overflow="visible"><text x="20" y="15">leaves its figure</text></svg>
<img src="http://127.0.0.1:9/picture.png"><script>undefinedFunction()</script></body>"""


def test_inspection_sees_what_is_wrong(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "broken.html"
    page.write_text(BROKEN, encoding="utf-8")
    browser.open(page, WIDE, "light")
    found = browser.inspect()
    assert any("one text" in text and "another text" in text for text in found["overlaps"])
    assert any("cut off" in text for text in found["clipped"])
    assert any("far away" in text and "leaves the page" in text for text in found["clipped"])
    assert any("leaves its figure" in text for text in found["clipped"])
    assert any("faint" in text for text in found["faint"])
    assert found["scrollsSideways"]
    assert "http://127.0.0.1:9/picture.png" in browser.requests(page)
    assert any("undefinedFunction" in text for text in browser.console_errors())


def test_long_names_stay_on_the_page(browser: Browser, names: Names, tmp_path: Path) -> None:
    database = Database(tmp_path, kind="compare")
    path = "/home/somebody/with/a/long/path/to/builds/libhakmem-experimental-front-end.so"
    for allocator in ("hakmem", path, "hakmem:layout=headered,front=cache,layers=pin+guard+next+"
                                      "freelist+head,geometry=c8,prewarm=0"):
        database.add_samples(database.add_cell(allocator, "ws8192"), [70e6, 71e6, 69e6])
    session = database.session
    database.add_facts({"env.LONG": "x" * 300})
    database.close()
    summary: Summary = summarise(load_results(tmp_path, session), names)
    page = write_report(summary, tmp_path)
    for width in (WIDE, NARROW):
        browser.open(page, width, "light")
        found = browser.inspect()
        assert found["overlaps"] == [] and found["clipped"] == []
        assert not found["scrollsSideways"]
