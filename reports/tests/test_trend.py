"""The trend: what is read of a history, what is found in it, and the page."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from reports import __main__
from reports.load import history
from reports.load.database import LoadError
from reports.load.history import FAULTS, INSTRUCTIONS, METRICS, TIME, load_history
from reports.command.trend import main
from reports.pages.trend import write_trend
from reports.statistics.trend import Trends, find_trends, percent
from reports.tests.browser import Browser
from reports.tests.commits import all_metrics, flat, make_history, make_repository, put_trouble, \
    stepped

WORKLOAD = "ws8192"


def trends_of(folder: Path, levels: dict, count: int, releases: dict | None = None) -> Trends:
    commits = make_repository(folder / "repository", count, releases or {})
    make_history(folder, commits, levels)
    return find_trends(load_history(folder, folder / "repository"))


def accept(folder: Path, commit: str, workload: str = "") -> None:
    connection = sqlite3.connect(folder / "results.sqlite")
    connection.execute("INSERT INTO accepted VALUES (?, ?, 'worth it', '2025-11-22')",
                       (commit, workload))
    connection.commit()
    connection.close()


def test_the_slow_commit_is_named_and_accepting_it_clears_it(tmp_path: Path) -> None:
    trends = trends_of(tmp_path, all_metrics(WORKLOAD, 12, {5: 0.08}), 12)
    guilty = trends.history.commits[5]
    assert {(f.metric, f.commit) for f in trends.findings} == {(TIME, guilty),
                                                               (INSTRUCTIONS, guilty)}
    assert re.search(r"\+[789]\.\d % since .* \(allocator: step 5\)", trends.findings[0].text)
    arguments = ["--results", str(tmp_path), "--repository", str(tmp_path / "repository")]
    assert main(arguments) == 1
    accept(tmp_path, guilty.id)
    assert main(arguments) == 0
    page = (tmp_path / "trend/index.html").read_text(encoding="utf-8")
    assert "accepted: worth it" in page and "Nothing got worse over 12 commits" in page


def test_an_acceptance_holds_for_its_workload_alone(tmp_path: Path) -> None:
    levels = {("a", TIME): stepped(20, {9: 0.05}), ("b", TIME): stepped(20, {9: 0.05})}
    trends = trends_of(tmp_path, levels, 20)
    assert [finding.workload for finding in trends.findings] == ["a", "b"]
    accept(tmp_path, trends.history.commits[9].id, "a")
    again = find_trends(load_history(tmp_path, tmp_path / "repository"))
    assert [finding.workload for finding in again.findings] == ["b"]


def test_twenty_small_steps_do_not_pass(tmp_path: Path) -> None:
    """Spread over 200 commits no change point need show them; the last release does."""
    steps = dict.fromkeys(range(5, 200, 10), 0.01)
    trends = trends_of(tmp_path, {(WORKLOAD, TIME): stepped(201, steps)}, 201, {2: "v1.0"})
    (trend,) = trends.all
    assert trend.since and trend.since.estimate.value == pytest.approx(0.2, abs=0.03)
    assert any("against the last release, v1.0" in finding.text for finding in trends.findings)
    small = trends_of(tmp_path / "small", {(WORKLOAD, TIME): stepped(30, {15: 0.006})}, 30,
                      {2: "v1.0"})
    assert small.findings == []


def test_the_last_release_is_the_newest_one_before_the_newest_commit(tmp_path: Path) -> None:
    levels = {(WORKLOAD, TIME): stepped(30, {10: 0.06, 20: -0.02})}
    trends = trends_of(tmp_path, levels, 30, {2: "v1.0", 15: "v1.1", 29: "v1.2"})
    (trend,) = trends.all
    assert trend.since and trend.since.release == trends.history.commits[15]
    assert trend.since.estimate.value == pytest.approx(-0.02, abs=0.02)


def test_what_was_accepted_since_the_release_is_taken_off(tmp_path: Path) -> None:
    trends = trends_of(tmp_path, all_metrics(WORKLOAD, 30, {20: 0.06}), 30, {2: "v1.0"})
    assert len(trends.findings) == 4  # two metrics, each by both tests
    accept(tmp_path, trends.history.commits[20].id)
    again = find_trends(load_history(tmp_path, tmp_path / "repository"))
    assert again.findings == []
    since = again.all[0].since
    assert since and since.accepted == pytest.approx(0.06, abs=0.015)


def test_what_was_made_good_is_no_finding(tmp_path: Path) -> None:
    trends = trends_of(tmp_path, {(WORKLOAD, TIME): stepped(40, {10: 0.06, 25: -0.06})}, 40)
    shifts = trends.all[0].shifts
    assert [shift.made_good for shift in shifts] == [True, False]
    assert trends.findings == []


def test_a_metric_that_got_better_is_no_finding(tmp_path: Path) -> None:
    levels = {(WORKLOAD, FAULTS): stepped(20, {10: -0.3}), (WORKLOAD, TIME): flat(20)}
    trends = trends_of(tmp_path, levels, 20)
    assert [len(trend.shifts) for trend in trends.all] == [0, 1]
    assert trends.findings == []


def test_three_thousand_commits_are_read_by_the_key(tmp_path: Path) -> None:
    count, workloads = 3000, [f"w{number}" for number in range(4)]
    commits = [f"{number:040x}" for number in range(count)]
    make_history(tmp_path, commits, {(workload, TIME): stepped(count, {2900: 0.05})
                                     for workload in workloads})
    connection = sqlite3.connect(tmp_path / "results.sqlite")
    put_trouble(connection, commits[0], 10, commits[10], "", "is not built")
    put_trouble(connection, commits[0], 2999, commits[2999], "", "is not built")
    connection.commit()
    values = {"ANCHOR_SQL": (), "WORKLOADS_SQL": (commits[0],), "FACT_SQL": (1,),
              "SERIES_SQL": (commits[0], "w0", TIME, 400), "TROUBLE_SQL": (commits[0], 2600)}
    for name, bound in values.items():
        plan = connection.execute(f"EXPLAIN QUERY PLAN {getattr(history, name)}", bound)
        steps = [row[3] for row in plan]
        tables = [step for step in steps if re.search(r"\b(history|fact)\b", step)]
        assert tables and all("SEARCH" in step or "INDEX history_session" in step
                              for step in tables), (name, steps)
        assert not any("TEMP B-TREE" in step for step in steps), (name, steps)
    connection.close()
    found = load_history(tmp_path, tmp_path)
    assert found.workloads == workloads
    assert {len(points) for points in found.series.values()} == {400}
    assert [trouble.commit.position for trouble in found.troubles] == [2999]
    shifts = [shift for trend in find_trends(found).all for shift in trend.shifts]
    assert {shift.commit.position for shift in shifts} == {2900} and len(shifts) == 4


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every kind of mark, on two workloads of which one has a single metric."""
    folder = tmp_path_factory.mktemp("trend")
    steps = {15: 0.06, 25: 0.04, 32: -0.1, 50: 0.05}
    commits = make_repository(folder / "repository", 60, {20: "v1.0"})
    levels = all_metrics(WORKLOAD, 60, steps) | {("single", TIME): flat(60)}
    make_history(folder, commits, levels)
    connection = sqlite3.connect(folder / "results.sqlite")
    put_trouble(connection, commits[0], 40, commits[40], "",
                "commit is not built: make: allocator/alloc.c:12:3: error: expected ';'")
    put_trouble(connection, commits[0], 41, commits[41], "cfrac", "crash: SIGSEGV")
    connection.commit()
    connection.close()
    accept(folder, commits[25])
    return write_trend(find_trends(load_history(folder, folder / "repository")),
                       folder / "trend")


def test_the_page_says_what_is_where(page: Path) -> None:
    text = re.sub(r"\s+", " ", page.read_text(encoding="utf-8"))
    for said in ("against the last release v1.0", "accepted: worth it", "worse, not accepted",
                 "made good later", "crash: SIGSEGV", "expected &#39;;&#39;",
                 "build/hakbench accept", "Axes do not start at zero"):
        assert said in text, said
    for stem in (WORKLOAD, "single"):
        assert page.with_name(f"{stem}.png").read_bytes().startswith(b"\x89PNG")
        assert "ops/s" in page.with_name(f"{WORKLOAD}.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_readable(browser: Browser, page: Path, width: int, scheme: str) -> None:
    browser.open(page, width, scheme)
    found = browser.inspect()
    assert (found["overlaps"], found["clipped"], found["faint"]) == ([], [], [])
    assert not found["scrollsSideways"]
    assert browser.requests(page) == [] and browser.console_errors() == []


def test_two_commits_are_enough_and_one_is_no_error(tmp_path: Path) -> None:
    for count in (1, 2):
        folder = tmp_path / str(count)
        trends = trends_of(folder, all_metrics(WORKLOAD, count, {}), count)
        assert len(trends.all) == len(METRICS)
        assert write_trend(trends, folder / "trend").stat().st_size > 10_000


def test_problems_are_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder, said in ((tmp_path / "none", "no results database"), (tmp_path, "backfill")):
        if folder == tmp_path:
            make_history(tmp_path, ["0" * 40], {})
        assert __main__.main(["trend", "--results", str(folder)]) == 2
        errors = capsys.readouterr().err
        assert errors.count("\n") == 1 and said in errors
    make_history(tmp_path / "some", ["0" * 40], {(WORKLOAD, TIME): [0.0]})
    with pytest.raises(LoadError, match="choose from 0000000000"):
        load_history(tmp_path / "some", tmp_path, anchor="glibc")


def test_percentages_have_signs() -> None:
    assert [percent(value) for value in (0.0, 0.0001, -0.0001, 0.0770, -0.105)] == [
        "0.0 %", "0.0 %", "0.0 %", "+8.0 %", "\N{MINUS SIGN}10.0 %"]
