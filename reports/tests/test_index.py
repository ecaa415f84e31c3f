"""The index: all sessions, newest first, and how to make the pages that are not there yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.__main__ import main
from reports.load.database import DATABASE_NAME
from reports.pages.index import index_view
from reports.tests.browser import Browser
from reports.tests.synthetic import Database
from reports.tests.test_page_in_browser import NARROW, WIDE, check


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four sessions, the first and third with pages, the last without a sample."""
    folder = tmp_path_factory.mktemp("index")
    for kind, began in (("run", "2025-11-22T10:00:00Z"), ("compare", "2025-11-22T11:00:00Z"),
                        ("run", "2025-11-23T09:00:00Z"), ("exec", "2025-11-24T09:00:00Z")):
        database = Database(folder, kind=kind)
        database.connection.execute("UPDATE session SET started_utc = ?, dirty = ? WHERE id = ?",
                                    (began, int(kind == "compare"), database.session))
        for allocator, side in (("hakmem", "A"), ("glibc", "B")):
            if kind != "exec":
                cell = database.add_cell(allocator, "ws8192", side=side * (kind == "compare"))
                database.add_samples(cell, [5e7 if side == "A" else 4e7] * 6)
        database.close()
    for session in ("1", "3"):
        assert main(["--results", str(folder), "--session", session]) == 0
    return folder


def test_sessions_stand_newest_first(folder: Path) -> None:
    view = index_view(folder)
    assert [entry.number for entry in view["reports"]] == [3, 1]  # type: ignore[attr-defined]
    assert [entry.number for entry in view["missing"]] == [4, 2]  # type: ignore[attr-defined]
    newest = view["reports"][0]  # type: ignore[index]
    assert (newest.task, newest.commit, newest.title) == ("run, default", "2a1eca1f00",
                                                               "hakmem against 1 peer")
    assert newest.about == ("hakmem’s release default is faster: 1.25 × the throughput of the best "
                            "peer on ws8192 (1.25–1.25); no crash or corruption in 12 samples "
                            "(at most 25\u202f% of runs).")
    assert (folder / newest.page).is_file() and view["trend"] is None
    assert view["missing"][1].commit == "2a1eca1f00+"  # type: ignore[index]


def test_trend_and_nights_are_linked_when_they_are_there(folder: Path) -> None:
    for path in ("trend", "nightly/2025-11-22", "nightly/2025-11-23"):
        (folder / path).mkdir(parents=True)
        (folder / path / "index.html").write_text("<title>another page</title>", encoding="utf-8")
    assert main(["--results", str(folder), "--session", "1"]) == 0
    text = (folder / "index.html").read_text(encoding="utf-8")
    assert 'href="trend/index.html"' in text
    assert text.index("nightly/2025-11-23/index.html") < text.index("nightly/2025-11-22/index.html")


def test_all_writes_what_is_missing_and_can_be_told(folder: Path,
                                                    capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--results", str(folder), "--all"]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        f"report: {folder / '2025-11-22T11-00-00Z_session-2' / 'report.html'}"]
    assert "left out: session 4 of" in said.err
    view = index_view(folder)
    assert [entry.number for entry in view["reports"]] == [3, 2, 1]  # type: ignore[attr-defined]
    assert main(["--results", str(folder), "--all"]) == 0
    assert "has its page" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["--results", str(folder), "--all", "--session", "1"])


def test_an_index_needs_no_database(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "2025-11-22T10-00-00Z_session-1").symlink_to(
        folder / "2025-11-22T10-00-00Z_session-1")
    (tmp_path / "somebody-elses").mkdir()
    (tmp_path / "somebody-elses" / "report.html").write_text("<p>no report of ours</p>")
    view = index_view(tmp_path, tmp_path / DATABASE_NAME)
    assert [entry.number for entry in view["reports"]] == [1]  # type: ignore[attr-defined]
    assert view["missing"] == []


@pytest.mark.parametrize("width, scheme", [(WIDE, "light"), (NARROW, "dark")])
def test_the_index_is_readable(browser: Browser, folder: Path, width: int, scheme: str) -> None:
    browser.open(folder / "index.html", width, scheme)
    check(browser, folder / "index.html", width)
    broken = [link for link in browser.driver.execute_script(
        "return [...document.querySelectorAll('a')].map(one => one.getAttribute('href'))")
        if not link.startswith("#") and not (folder / link).is_file()]
    assert broken == []
