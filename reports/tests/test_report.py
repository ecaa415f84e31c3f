"""From the database to the files: what the report states, and what it must never show."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

from reports.__main__ import main
from reports.figures import bars, overview
from reports.load.names import Names
from reports.load.results import load_results
from reports.sections import advice
from reports.sections.headline import sentence_of, verdict_of
from reports.statistics.detection import find_detection
from reports.statistics.estimates import Estimate
from reports.statistics.summary import Row, Summary, Workload, summarise
from reports.statistics.units import measures
from reports.tests.conftest import Written
from reports.tests.factorial import add_misuse
from reports.tests.synthetic import CRASH, Database

VOID_TAGS = {"meta", "link", "br", "img"}


def workload(summary: Summary, name: str) -> Workload:
    return next(found for found in summary.workloads if found.name == name)


def row(found: Workload, allocator: str) -> Row:
    return next(one for one in found.rows if one.allocator == allocator)


def summarised(folder: Path, names: Names) -> Summary:
    return summarise(load_results(folder), names)


def bars_of(figure: object, panel: int = 0) -> list[float]:
    axes = figure.axes[panel]  # type: ignore[attr-defined]
    return [patch.get_width() for patch in axes.patches]


def texts_of(figure: object) -> list[str]:
    texts = list(figure.texts)  # type: ignore[attr-defined]
    for axes in figure.axes:  # type: ignore[attr-defined]
        texts += axes.texts
    return [text.get_text() for text in texts]


def test_main_writes_page_figures_and_index(written: Written) -> None:
    page = written.output / "2025-11-22T19-33-12-068Z_session-1" / "report.html"
    assert written.said == f"report: {page}\n" and written.page == page
    names = {path.name for path in page.parent.iterdir()}
    assert names == {"report.html"} | {
        f"{stem}.{kind}" for kind in ("png", "svg", "csv")
        for stem in ("overview", "effects", "faults", "ws8192", "cfrac", "sh8bench")}
    assert f'href="{page.parent.name}/report.html"' in (written.output / "index.html").read_text()
    assert (written.output / "docs" / "matrix.png").stat().st_size > 10_000


def test_page_is_well_formed_and_self_contained(report: Path) -> None:
    class Checker(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []
            self.ids: list[str] = []
            self.links: list[str] = []
            self.tags: set[str] = set()

        def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.note(tag, attrs)

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.note(tag, attrs)
            if tag not in VOID_TAGS:
                self.open.append(tag)

        def note(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            values = dict(attrs)
            self.tags.add(tag)
            self.ids += [values["id"] or ""] if "id" in values else []
            self.links += [values[key] or "" for key in ("href", "src", "xlink:href")
                           if key in values]

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

    checker = Checker()
    text = report.read_text(encoding="utf-8")
    checker.feed(text)
    assert checker.open == []
    assert len(checker.ids) == len(set(checker.ids))
    assert "script" not in checker.tags
    for link in checker.links:
        assert link == "data:," or link.startswith("#") and link[1:] in checker.ids \
            or (report.parent / link).is_file(), link
    assert not re.search(r"url\((?!#)|@import", text)


def test_figures_are_not_blank(report: Path) -> None:
    for path in report.parent.glob("*.png"):
        pixels = matplotlib.image.imread(path)[:, :, :3]
        inked = np.mean(np.any(pixels < 0.97, axis=2))
        assert 0.02 < inked < 0.6, path
        accent = np.all(np.abs(pixels - np.array([0x00, 0x73, 0x8c]) / 255) < 0.02, axis=2)
        assert accent.mean() > 0.001, path
        edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
        assert np.all(edge > 0.97), f"something touches the edge of {path}"


def test_every_plot_names_unit_and_direction_and_starts_at_zero(summary: Summary) -> None:
    for found in summary.workloads:
        figure = bars.workload_figure(found)
        headings = [text for text in texts_of(figure) if "is better" in text]
        assert len(headings) == 3
        assert "operations per second · higher is better" in headings[0]
        assert all(axes.get_xlim()[0] == 0 for axes in figure.axes)
        assert any("fresh processes" in text for text in texts_of(figure))
    figure = overview.overview_figure(summary)
    assert any("higher is better" in text for text in texts_of(figure))
    assert all(axes.get_xlim()[0] == 0 for axes in figure.axes)


def test_rows_are_sorted_by_speed(summary: Summary) -> None:
    for found in summary.workloads:
        speeds = [one.speed.value for one in found.rows if one.speed]
        assert speeds == sorted(speeds, reverse=True)
        assert all(one.speed is None for one in found.rows[len(speeds):])


def test_a_crashed_sample_is_never_a_number(names: Names, tmp_path: Path) -> None:
    """The crashed, corrupt and void samples would be by far the fastest."""
    database = Database(tmp_path)
    database.add_samples(database.add_cell("hakmem", "ws8192"), [5e7] * 6)
    cell = database.add_cell("mimalloc", "ws8192")
    database.add_samples(cell, [4e7] * 6)
    fast = {"ops": 10 ** 9, "elapsed_ns": 10 ** 6, "peak_rss": 1, "minflt_phase": 10 ** 9}
    database.add_sample(cell, 6, **fast, status="crash", signal=11, reason="SIGSEGV")
    database.add_sample(cell, 7, **fast, status="void", reason="preload had no effect")
    database.add_sample(cell, 8, **fast, audit_errors=1)
    database.add_sample(cell, 9, **fast, corruptions=1)
    never = database.add_cell("tcmalloc", "ws8192")
    for block in range(3):
        database.add_sample(never, block, **fast, status="crash", signal=6, reason="SIGABRT")
    database.close()
    summary = summarised(tmp_path, names)
    found = workload(summary, "ws8192")
    assert found.best_peer is not None and found.best_peer.allocator == "mimalloc"
    mimalloc, tcmalloc = row(found, "mimalloc"), row(found, "tcmalloc")
    assert mimalloc.speed is not None and mimalloc.speed.high == pytest.approx(4e7, rel=1e-3)
    assert mimalloc.speed.n == 6
    assert tcmalloc.speed is tcmalloc.peak_rss is tcmalloc.phase_faults is tcmalloc.ratio is None
    figure = bars.workload_figure(found)
    for panel, bar_count in enumerate((2, 2, 2)):
        assert len(bars_of(figure, panel)) == bar_count
    assert max(bars_of(figure)) == pytest.approx(50, rel=1e-3)
    assert max(bars_of(figure, 1)) == 1500
    assert "3 of 3 crashed (SIGABRT)" in texts_of(figure)
    assert "40.0 · 1 crashed, 2 corrupt" in texts_of(figure)
    assert len(bars_of(overview.overview_figure(summary))) == 2


def test_ledger_counts_and_bounds(summary: Summary) -> None:
    lines = {line.label: line for line in summary.ledger}
    assert lines["hakmem (default)"].counts.bad == 0
    assert lines["hakmem (default)"].bound == pytest.approx(3 / 30)
    assert lines["headered prewarm=0"].counts.crash == 2
    assert lines["tcmalloc"].counts.crash == 10
    assert lines["c8"].counts.corrupt == 1 and lines["c8"].counts.failed == 0
    assert (lines["mimalloc"].counts.void, lines["mimalloc"].counts.judged) == (1, 29)
    assert lines["jemalloc"].counts.done == 0
    assert lines["all of hakmem"].counts.bad == 3
    for line in summary.ledger:
        counts = line.counts
        assert counts.done == counts.ok + counts.bad + counts.void


def test_ledger_counts_operations_and_which_were_audited(names: Names, tmp_path: Path) -> None:
    database = Database(tmp_path)
    cell = database.add_cell("hakmem:layers=all", "ws8192")
    database.add_sample(cell, 0, ops=5_000_000_000, output='{"audit":true}')
    database.add_sample(cell, 1, ops=3_000_000_000, output='{"audit":false}')
    database.add_sample(cell, 2, ops=7, audit_errors=1, status="failed", output='{"audit":true}')
    database.add_sample(cell, 3, ops=900, status="void", output='{"audit":true}')
    database.add_sample(cell, 4, ops=80, output="not a line of JSON")
    database.close()
    (line, *_) = summarised(tmp_path, names).ledger
    assert (line.operations, line.audited) == (8_000_000_087, 5_000_000_007)
    assert main(["--results", str(tmp_path)]) == 0
    page = next(tmp_path.glob("*/report.html")).read_text(encoding="utf-8")
    assert "8\u202f000\u202f000\u202f087" in page and "5\u202f000\u202f000\u202f007" in page


def test_page_tells_of_crashes_voids_and_missing(report: Path) -> None:
    text = re.sub(r"[ \n]+", " ", re.sub(r"<[^>]+>", " ", report.read_text(encoding="utf-8")))
    for needed in ("0 in 30 (≤ 10\u202f%)", "10 in 30", "crash, SIGSEGV", "0–9", "crash, SIGABRT",
                   "corruption, 3 events", "timed out", "the preload had no effect",
                   "libjemalloc.so.2 is not installed: apt-get install libjemalloc2",
                   "higher is better", "seed 42", "AMD EPYC 7B13", "MAX_ROWS = 36"):
        assert needed in text, needed


def test_every_warning_has_a_remedy(names: Names, tmp_path: Path) -> None:
    database = Database(tmp_path)
    database.add_facts({"cpu.governor": "powersave", "cpu.cores": "2", "load.start": "1.9",
                        "steal.percent": "3.5", "foreign.percent": "41",
                        "thp.enabled": "always", "aslr": "0"})
    database.connection.execute("UPDATE session SET dirty = 1, ended_utc = NULL")
    cell = database.add_cell("hakmem", "ws8192")
    database.add_samples(cell, [5e7, 2e7, 9e7, 6e7])
    database.add_sample(cell, 4, **CRASH, reason="SIGSEGV")
    database.add_sample(cell, 5, status="void", reason="no effect")
    database.insert("plan", session_id=database.session, position=99, block=6, cell_id=cell)
    database.add_cell("jemalloc", "ws8192", missing="not installed")
    add_misuse(database, ["hakmem"], wrong=("10a", "hakmem"))
    database.close()
    summary = summarised(tmp_path, names)
    notices = advice.warnings_of(summary, find_detection(summary.results, names))
    assert {notice.kind for notice in notices} == set(advice.Kind)
    assert all(notice.kind.remedy and notice.text.endswith(".") for notice in notices)


def test_fit_machine_raises_no_warning(names: Names, tmp_path: Path) -> None:
    database = Database(tmp_path)
    database.add_facts({"cpu.governor": "performance", "cpu.cores": "2", "load.start": "0.1",
                        "steal.percent": "0.0", "thp.enabled": "madvise", "aslr": "2"})
    for allocator in ("hakmem", "glibc"):
        database.add_samples(database.add_cell(allocator, "ws8192"), [5e7 + n for n in range(8)])
    database.close()
    assert advice.warnings_of(summarised(tmp_path, names)) == []


def test_unknown_facts_raise_no_warning(names: Names, tmp_path: Path) -> None:
    database = Database(tmp_path)
    database.add_facts({key: "unknown" for key in ("cpu.governor", "steal.percent", "aslr",
                                                   "thp.enabled", "load.start", "cpu.cores")})
    database.add_samples(database.add_cell("hakmem", "ws8192"), [5e7] * 6)
    database.close()
    assert advice.warnings_of(summarised(tmp_path, names)) == []


@pytest.mark.parametrize("low, high, confidence, word", [
    (1.01, 1.05, 0.96, "faster"), (0.9, 0.99, 0.96, "slower"),
    (0.98, 1.02, 0.96, "no difference seen"), (1.01, 1.05, 0.75, "too few repeats to tell")])
def test_verdict(low: float, high: float, confidence: float, word: str) -> None:
    assert verdict_of(Estimate((low + high) / 2, low, high, confidence, 8)).word == word


def test_sentence(summary: Summary) -> None:
    assert sentence_of(summary) == (
        "Against the best peer of each of 3 workloads, hakmem’s release default is faster on 2 "
        "and slower on 1 (0.90 to 1.06 × the throughput); 14 of 599 samples went wrong (12 "
        "crashed, 1 corrupt, 1 timed out).")


def test_one_sample_each(names: Names, tmp_path: Path) -> None:
    database = Database(tmp_path)
    for allocator in ("hakmem", "glibc"):
        database.add_samples(database.add_cell(allocator, "cfrac"), [5e7])
    database.close()
    assert main(["--results", str(tmp_path)]) == 0
    found = workload(summarised(tmp_path, names), "cfrac")
    assert found.default is not None and found.default.ratio is not None
    assert found.default.ratio.n == 1 and not found.default.ratio.trusted


def test_session_without_peers_or_default(tmp_path: Path) -> None:
    database = Database(tmp_path, kind="compare")
    for allocator in ("/tmp/a/libhakmem.so", "/tmp/b/libhakmem.so"):
        database.add_samples(database.add_cell(allocator, "ws8192"), [5e7] * 6)
    session = database.session
    database.close()
    assert main(["--results", str(tmp_path), "--session", str(session)]) == 0


def test_session_in_which_everything_crashed(tmp_path: Path) -> None:
    database = Database(tmp_path)
    for allocator in ("hakmem", "glibc"):
        database.add_sample(database.add_cell(allocator, "ws8192"), 0, **CRASH, reason="SIGSEGV")
    database.close()
    assert main(["--results", str(tmp_path), "--readme-figure", str(tmp_path / "x.png")]) == 0


def test_exec_session_is_compared_by_whole_process_time(names: Names, tmp_path: Path) -> None:
    database = Database(tmp_path, kind="exec")
    for allocator, wall in (("hakmem", 2_000_000), ("glibc", 4_000_000)):
        cell = database.add_cell(allocator, "exec")
        for block in range(6):
            database.add_sample(cell, block, ops=None, elapsed_ns=None, minflt_phase=None,
                                minflt_start=None, wall_ns=wall, output="a < b & c")
    session = database.session
    database.close()
    found = workload(summarise(load_results(tmp_path, session), names), "exec")
    assert found.default is not None and found.default.ratio is not None
    assert found.default.ratio.value == pytest.approx(2)
    assert measures(found)[0].heading == "runs per second · higher is better"
    assert main(["--results", str(tmp_path), "--session", str(session)]) == 0


def test_many_rows_are_cut_and_said_so(names: Names, tmp_path: Path) -> None:
    database = Database(tmp_path)
    for number in range(bars.MAX_ROWS + 5):
        cell = database.add_cell(f"hakmem:prewarm={number}", "ws8192")
        database.add_samples(cell, [5e7 - number])
    database.close()
    figure = bars.workload_figure(workload(summarised(tmp_path, names), "ws8192"))
    assert len(bars_of(figure)) == bars.MAX_ROWS
    assert "only in the table: 5 slower rows (MAX_ROWS = 36)" in " ".join(texts_of(figure))


def test_variants_with_some_layers_are_left_to_the_table_first(names: Names,
                                                                tmp_path: Path) -> None:
    database = Database(tmp_path)
    for number in range(bars.MAX_ROWS):
        cell = database.add_cell(f"hakmem:prewarm={number}", "ws8192")
        database.add_samples(cell, [5e7 - number])
    for layers in ("pin", "pin+next", "all"):
        database.add_samples(database.add_cell(f"hakmem:layers={layers}", "ws8192"), [9e7])
    database.close()
    found = workload(summarised(tmp_path, names), "ws8192")
    texts = texts_of(bars.workload_figure(found))
    assert "all layers" in texts and not {"pin", "pin+next"} & set(texts)
    assert ("only in the table: 2 variants with some of the layers and 1 slower row "
            "(MAX_ROWS = 36)" in " ".join(texts))


def test_text_from_the_database_cannot_become_markup(names: Names, tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    database = Database(tmp_path)
    database.add_facts({"cpu.model": evil})
    for allocator in ("hakmem", f"/tmp/{evil}.so"):
        database.add_samples(database.add_cell(allocator, evil), [5e7] * 6)
    cell = database.add_cell("glibc", evil)
    database.add_sample(cell, 0, **CRASH, reason=evil)
    database.close()
    assert main(["--results", str(tmp_path)]) == 0
    page = next(tmp_path.glob("*/report.html")).read_text(encoding="utf-8")
    assert "<script" not in page


def test_what_befell_many_alike_is_told_once(names: Names, tmp_path: Path) -> None:
    database = Database(tmp_path)
    for allocator in ("hakmem", "glibc", "tcmalloc"):
        cell = database.add_cell(allocator, "cfrac")
        for block in range(3):
            database.add_sample(cell, block, status="failed", exit_code=2, reason="bad option")
    database.close()
    summary = summarised(tmp_path, names)
    incident, = summary.incidents
    assert incident.labels == ("hakmem (default)", "glibc", "tcmalloc")
    assert incident.blocks == "0–2" and incident.what == "failed, exit code 2"
    assert bars.workload_figure(summary.workloads[0]).axes[0].get_xticks().size == 0
    assert "No peer has a number on cfrac." in texts_of(overview.overview_figure(summary))
