"""Latencies, time lines, counters, programs and noise: what is reduced, and what files hold."""

from __future__ import annotations

import csv
import json
import math
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from reports.__main__ import main
from reports.figures import bars, faults, latency as latency_figures, overview, \
    timeline as timeline_figures
from reports.figures.programs import programs_figure
from reports.load.database import DATABASE_NAME, LoadError
from reports.load.names import Names
from reports.load.records import Results
from reports.load.results import load_results
from reports.load.tables import Moment
from reports.sections import latency as latency_section
from reports.sections.headline import sentence_of
from reports.statistics import timelines
from reports.statistics.counters import find_counters, find_left
from reports.statistics.latency import LEAST_BEYOND, WorkloadLatency, find_latency
from reports.statistics.micro import find_micro
from reports.statistics.programs import find_programs
from reports.statistics.summary import Summary, summarise
from reports.statistics.units import MIB, bare, bytes_text, short_count, time_text
from reports.tests.synthetic import CRASH, Database
from reports.tests.tables import PEERS, WHOLE, add_latency, add_latency_pass, \
    add_programs, histogram


@pytest.fixture(scope="module")
def results(full_folder: Path) -> Results:
    return load_results(full_folder)


@pytest.fixture(scope="module")
def latencies(results: Results, names: Names) -> tuple[WorkloadLatency, ...]:
    return find_latency(results, names)


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


# --- passes ---------------------------------------------------------------------------------------

def test_the_latency_pass_is_in_no_throughput(results: Results, names: Names) -> None:
    """Its samples would be the fastest by far, and slower ones as well."""
    summary = summarise(results, names)
    assert {cell.measures for cell in results.cells} == {"throughput"}
    assert {cell.measures for cell in results.latency_cells} == {"latency"}
    for workload in summary.workloads:
        assert all(row.counts.done == row.counts.planned <= 6 for row in workload.rows)


def test_crashes_of_the_latency_pass_are_in_the_ledger(results: Results, names: Names) -> None:
    summary = summarise(results, names)
    (line,) = [line for line in summary.ledger if line.label == "hakmem (default)"]
    assert (line.counts.crash, line.counts.judged) == (1, 36)
    assert ("ws8192, latency pass", "crash, SIGKILL") in [
        (incident.workload, incident.what) for incident in summary.incidents]


# --- latency --------------------------------------------------------------------------------------

def test_percentiles_of_one_sample_are_those_stored(names: Names, tmp_path: Path) -> None:
    database = Database(tmp_path)
    cell = database.add_cell("hakmem", "ws8192", measures="latency")
    sample = database.add_sample(cell, 0)
    add_latency(database, sample, "malloc", histogram(12.0, 900, 250_000))
    database.close()
    results = load_results(tmp_path)
    (stored,) = results.tables.latency[results.latency_cells[0].samples[0].id]
    found = find_latency(results, names)[0].rows[0].histograms["malloc"]
    assert (found.at(0.5), found.at(0.99), found.at(0.999)) == (
        stored.p50_ns, stored.p99_ns, stored.p999_ns)
    assert found.max_ns == stored.max_ns and found.timed == stored.timed == 250_000


def test_percentiles_of_samples_together_are_those_of_all_operations(
        latencies: tuple[WorkloadLatency, ...], results: Results) -> None:
    """Against numpy, on every single operation."""
    row = next(row for row in latencies[1].rows if row.allocator == "mimalloc")
    cell = next(cell for cell in results.latency_cells
                if (cell.allocator, cell.workload) == ("mimalloc", "cfrac"))
    every = np.sort(np.concatenate([
        np.repeat([end for end, _ in latency.buckets], [count for _, count in latency.buckets])
        for sample in cell.samples for latency in results.tables.latency[sample.id]
        if latency.operation == "free"]))
    found = row.histograms["free"]
    assert found.timed == len(every)
    for share in (0.5, 0.99, 0.999, 0.99999):
        assert found.at(share) == every[math.ceil(share * len(every) - 1e-6) - 1]
    for slower, value in found.curve():
        assert np.sum(every > value) <= slower * len(every) + 1e-6
        assert slower * len(every) >= LEAST_BEYOND


def test_a_killed_sample_is_in_no_percentile_but_left_behind(
        latencies: tuple[WorkloadLatency, ...], results: Results, names: Names) -> None:
    ws8192 = latencies[0]
    assert ws8192.default is not None
    assert ws8192.default.histograms["malloc"].samples == 5
    assert all(row.histograms["malloc"].samples == 6 for row in ws8192.rows[1:])
    (left,) = find_left(results, names)
    assert (left.what, left.workload, left.block) == ("crash, SIGKILL", "ws8192, latency pass", 5)
    assert left.kpi["work.ops"] == 10_000_000 and left.kpi["tiny.refills"] == 92_106
    assert {latency.operation for latency in left.latency} == {"malloc", "free"}


def test_ratio_of_the_tail_is_to_the_best_peer(latencies: tuple[WorkloadLatency, ...]) -> None:
    for latency in latencies:
        assert latency.best == {"malloc": "mimalloc", "free": "mimalloc"}
        rows = {row.label: row for row in latency.rows}
        assert rows["mimalloc"].ratios == {}
        assert rows["glibc"].ratios["malloc"].low > 2 and rows["glibc"].ratios["malloc"].trusted


def test_latency_sentence(latencies: tuple[WorkloadLatency, ...], names: Names,
                          tmp_path: Path) -> None:
    database = Database(tmp_path)
    add_latency_pass(database, ["cfrac"], allocators=("hakmem", "glibc"), blocks=2, timed=9_000)
    database.close()
    few = find_latency(load_results(tmp_path), names)
    assert "too few blocks" in latency_section.sentence(few)
    assert "clearly longer than the best peer’s in 0 of 4 cases." in latency_section.sentence(
        latencies[1:])
    assert latency_section.sentence(()) == ""


def test_bad_buckets_are_told(tmp_path: Path) -> None:
    database = Database(tmp_path)
    add_latency_pass(database, ["cfrac"], allocators=("hakmem", "glibc"), blocks=1, timed=9_000)
    database.connection.execute("UPDATE latency SET buckets = '[[1' WHERE rowid = 3")
    database.close()
    with pytest.raises(LoadError, match="latency.buckets"):
        load_results(tmp_path)


# --- what figures and files hold ------------------------------------------------------------------

def lines_of(axes: object) -> dict[str, tuple[list[float], list[float]]]:
    return {line.get_label(): (list(line.get_xdata()), list(line.get_ydata()))
            for line in axes.lines  # type: ignore[attr-defined]
            if not line.get_label().startswith("_")}


def short(label: str) -> str:
    return label.replace("hakmem (default)", "hakmem")


def test_latency_file_is_the_figure(latencies: tuple[WorkloadLatency, ...],
                                    full_report: Path) -> None:
    for latency in latencies:
        rows = read_csv(full_report.parent / f"latency-{latency.workload}.csv")
        figure = latency_figures.latency_figure(latency)
        points = 0
        for operation, axes in zip(latency.operations, figure.axes, strict=True):
            for label, (xs, ys) in lines_of(axes).items():
                told = [row for row in rows
                        if (row["operation"], short(row["allocator"])) == (operation, label)]
                assert [float(row["ns"]) for row in told] == pytest.approx(ys, abs=0.06)
                assert [float(row["percentile"]) for row in told] == pytest.approx(
                    [100 * (1 - 10 ** -x) for x in xs], abs=1e-4)
                points += len(told)
        assert points == len(rows) > 500


def test_timeline_file_is_the_figure(results: Results, names: Names, full_report: Path) -> None:
    for one in timelines.find_timelines(results, names):
        rows = read_csv(full_report.parent / f"timeline-{one.workload}.csv")
        memory, counted = timeline_figures.timeline_figure(one).axes
        assert memory.get_xlim()[0] == memory.get_ylim()[0] == counted.get_ylim()[0] == 0
        for axes, column, unit in ((memory, "rss_bytes", MIB), (counted, "minflt", 1)):
            found = lines_of(axes)
            assert len(found) == 5
            for label, (xs, ys) in found.items():
                told = [row for row in rows if short(row["allocator"]) == label]
                assert [float(row[column]) / unit for row in told] == pytest.approx(ys)
                assert [float(row["at_ns"]) / 1e9 for row in told] == pytest.approx(xs)


def test_bar_files_are_the_figures(results: Results, names: Names, full_report: Path) -> None:
    summary = summarise(results, names)
    folder = full_report.parent
    for workload in summary.workloads:
        rows = read_csv(folder / f"{workload.name}.csv")
        axes = bars.workload_figure(workload).axes
        for panel, title, divisor in (
                (axes[0], "Throughput", 1e6), (axes[1], "Soft page faults", 1),
                (axes[2], "Peak RSS", MIB)):
            told = [float(row["median"]) / divisor for row in rows
                    if row["measure"] == title and row["median"]]
            assert told == pytest.approx([bar.get_width() for bar in panel.patches])
    check_panels(summary, folder, overview.overview_figure(summary), "overview.csv", ["ratio"])
    check_panels(summary, folder, faults.faults_figure(summary), "faults.csv",
                 ["start_up", "measured_phase", "after"])


def check_panels(summary: Summary, folder: Path, figure: object, name: str,
                 columns: list[str]) -> None:
    """Bars do not stand in the order of the file, so each panel's are compared sorted."""
    rows = read_csv(folder / name)
    panels = figure.axes  # type: ignore[attr-defined]
    for workload, axes in zip(summary.workloads, panels, strict=True):
        told = [float(row[column]) for row in rows if row["workload"] == workload.name
                for column in columns if row[column]]
        assert sorted(told) == pytest.approx(sorted(bar.get_width() for bar in axes.patches))
        assert axes.get_xlim()[0] == 0


def test_program_file_is_the_figure(results: Results, names: Names, full_report: Path) -> None:
    found = find_programs(results, names)
    rows = read_csv(full_report.parent / "programs.csv")
    assert [program.name for program in found] == ["true", "python3", "gcc"]
    for program, axes in zip(found, programs_figure(found).axes, strict=True):
        told = [float(row["median_ns"]) for row in rows
                if row["program"] == program.name and row["median_ns"]]
        assert told == pytest.approx([bar.get_width() for bar in axes.patches], rel=1e-6)
    (failed,) = [row for row in rows if row["failures"] != "0"]
    assert (failed["allocator"], failed["runs"], failed["median_ns"]) == ("tbbmalloc", "0", "")


# --- the others -----------------------------------------------------------------------------------

def test_ratio_of_programs_is_paired_by_round(results: Results, names: Names) -> None:
    for program in find_programs(results, names):
        best = [row for row in program.rows if row.best]
        assert [row.label for row in best] == ["glibc"] and best[0].ratio is None
        assert program.default is not None and program.default.ratio is not None
        assert program.default.ratio.n == 6 and program.default.ratio.value > 1


def test_programs_alone_are_told_by_hyperfine(names: Names, tmp_path: Path) -> None:
    """The samples, which only prove the allocator, say the opposite of the speed."""
    database = Database(tmp_path, kind="exec", mode="programs")
    for name in WHOLE:
        for number, allocator in enumerate(("hakmem", *PEERS)):
            cell = database.add_cell(allocator, name)
            for block in range(6):
                database.add_sample(cell, block, ops=None, elapsed_ns=None, minflt_phase=None,
                                    minflt_start=None, minflt_total=4321,
                                    wall_ns=9_000_000 - 1_000_000 * number)
    add_programs(database)
    session = database.session
    database.close()
    results = load_results(tmp_path, session)
    summary, programs = summarise(results, names), find_programs(results, names)
    told = sentence_of(summary, None, programs)
    assert told.startswith("Against the best peer of each of 3 programs, hakmem’s release default "
                           "is faster on ")
    assert "slower" not in told and "× the speed)" in told
    assert main(["--results", str(tmp_path), "--session", str(session)]) == 0
    (page,) = tmp_path.glob("*/report.html")
    text = page.read_text(encoding="utf-8")
    assert "runs per second" not in text and "4\u202f321" in text
    assert not (page.parent / "true.png").exists() and (page.parent / "programs.png").exists()


def add_micro(database: Database, nanoseconds: dict[str, dict[str, float]]) -> None:
    """Six blocks; what an operation takes by allocator and benchmark, a little more each block."""
    for allocator, times in nanoseconds.items():
        cell = database.add_cell(allocator, "micro")
        for block in range(6):
            output = {"benchmarks": [
                {"name": name, "threads": int(name.partition("threads:")[2] or 1),
                 "real_time": (1 + block / 100) * time / int(name.partition("threads:")[2] or 1),
                 "faults_per_op": 0.25} for name, time in times.items()]}
            database.add_sample(cell, block, ops=None, elapsed_ns=None,
                                output=json.dumps(output))


def test_micro_benchmarks_are_told_by_family(names: Names, tmp_path: Path) -> None:
    database = Database(tmp_path, kind="exec", mode="micro")
    add_micro(database, {"hakmem": {"pair/16": 5, "pair/64": 20, "pair/16/threads:2": 9},
                         "glibc": {"pair/16": 20, "pair/64": 30, "pair/16/threads:2": 9},
                         "mimalloc": {"pair/16": 10, "pair/64": 40}})
    session = database.session
    database.close()
    results = load_results(tmp_path, session)
    one, two = find_micro(results, names)
    assert (one.mean.name, two.mean.name) == ("pair, 1 thread", "pair, 2 threads")
    hakmem, glibc, mimalloc = one.mean.entries
    assert hakmem.time and hakmem.time.value == pytest.approx(10 * 1.025)
    assert hakmem.faults == 0.25 and one.mean.fastest is hakmem
    assert mimalloc.best and not glibc.best, "20 is less than the square root of 600"
    assert hakmem.ratio and hakmem.ratio.value == pytest.approx(2) and hakmem.ratio.trusted
    small, large = one.benchmarks
    assert [entry.best for entry in small.entries] == [False, False, True]
    assert [entry.best for entry in large.entries] == [False, True, False]
    assert two.mean.default and two.mean.default.time, "of all threads: 4.5 ns by 2"
    assert two.mean.default.time.value == pytest.approx(9 * 1.025)
    assert two.mean.entries[2].time is None
    told = sentence_of(summarise(results, names), None, (), (one, two))
    assert told.startswith("Against the best peer of each of 3 micro-benchmarks, hakmem’s release "
                           "default is faster on 2 and not to be told apart on 1 ")
    assert main(["--results", str(tmp_path), "--session", str(session)]) == 0
    (page,) = tmp_path.glob("*/report.html")
    text = page.read_text(encoding="utf-8")
    assert 'id="micro"' in text and "runs per second" not in text
    rows = read_csv(page.parent / "micro.csv")
    assert len(rows) == 8
    assert {row["allocator"] for row in rows if row["benchmark"] == "pair/16/threads:2"} == {
        "hakmem", "glibc"}


def test_a_long_time_line_keeps_first_last_and_peak() -> None:
    moments = tuple(Moment(tick, 5_000 if tick == 777 else tick % 97, tick)
                    for tick in range(4_000))
    kept = timelines.thinned(moments)
    assert len(kept) == timelines.POINTS_MAX and kept[0] == moments[0] and kept[-1] == moments[-1]
    assert moments[777] in kept and timelines.thinned(moments[:99]) == moments[:99]


def test_counters_are_medians_of_what_went_well(results: Results, names: Names,
                                                full_report: Path) -> None:
    (hakmem,) = find_counters(results, names)
    assert hakmem.workloads == ("ws8192", "cfrac", "sh8bench")
    refills = next(one for one in hakmem.counters if one.name == "tiny.refills")
    assert refills.values["cfrac"].value == 184_215.5 and refills.values["ws8192"].n == 5
    (row,) = [row for row in read_csv(full_report.parent / "kpi.csv")
              if (row["workload"], row["name"]) == ("ws8192", "tiny.refills")]
    assert (row["median"], row["low"], row["high"]) == ("184215", "184213", "184217")


def test_session_without_these_tables_says_so_once(tmp_path: Path) -> None:
    database = Database(tmp_path)
    for allocator in ("hakmem", "glibc"):
        database.add_samples(database.add_cell(allocator, "cfrac"), [5e7] * 6)
    database.close()
    with sqlite3.connect(tmp_path / DATABASE_NAME) as connection:
        connection.executescript("""
            DROP TABLE latency; DROP TABLE timeline; DROP TABLE kpi; DROP TABLE noise;
            DROP TABLE program; PRAGMA user_version = 1;""")
    assert main(["--results", str(tmp_path)]) == 0
    (page,) = tmp_path.glob("*/report.html")
    text = page.read_text(encoding="utf-8")
    assert text.count("of schema 1, older than this report") == 1
    for section in ("latency", "timelines", "counters", "noise", "programs"):
        assert f'id="{section}"' not in text and f'href="#{section}"' not in text


def test_sides_of_a_comparison_are_told_apart(names: Names, tmp_path: Path) -> None:
    """Of an A/A comparison both have the same allocator, and every block two samples of each."""
    database = Database(tmp_path, kind="compare")
    for side, speed in (("A", 5e7), ("B", 4e7)):
        cell = database.add_cell("hakmem", "ws8192", side=side)
        for block in range(6):
            for factor in (1.1, 1 / 1.1):
                database.add_sample(cell, block, elapsed_ns=round(1e15 / speed / factor))
    broken = database.add_cell("glibc", "cfrac", side="A")
    database.add_sample(broken, 0, **CRASH, reason="SIGSEGV")
    session = database.session
    database.close()
    summary = summarise(load_results(tmp_path, session), names)
    first = summary.workloads[0]
    assert summary.paired and [row.label for row in first.rows] == [
        "A: hakmem (default)", "B: hakmem (default)"]
    assert first.default is not None and first.default.ratio is not None
    assert first.default.ratio.value == pytest.approx(1.25)
    assert (first.default.ratio.n, len(first.default.raw_speeds)) == (6, 12)
    assert main(["--results", str(tmp_path), "--session", str(session)]) == 0
    (page,) = tmp_path.glob("*/report.html")
    text = page.read_text(encoding="utf-8")
    assert "<h1>hakmem (default) against itself</h1>" in text and "Ratio to B" in text


@pytest.mark.parametrize("write, value, text", [
    (time_text, 0.0, "0.00_ns"), (time_text, 38.24, "38.2_ns"), (time_text, 999.7, "1.00_µs"),
    (time_text, 41_230, "41.2_µs"), (time_text, 1.5e9, "1.50_s"), (short_count, 999, "999"),
    (short_count, 1_620, "1.62_k"), (short_count, 184e6, "184_M"), (bytes_text, 1023, "1023_B"),
    (bytes_text, 27_262_976, "26.0_MiB")])
def test_short_numbers(write: object, value: float, text: str) -> None:
    assert write(value) == text.replace("_", "\u202f")  # type: ignore[operator]


def test_numbers_on_an_axis_have_no_idle_zeros() -> None:
    assert [bare(text) for text in ("1.00\u202fms", "0.00\u202fns", "100\u202fµs", "2.50\u202fs")] \
        == ["1\u202fms", "0", "100\u202fµs", "2.5\u202fs"]
