"""hakmem beside its peers: ratios against the stored samples, targets, curves, the docs' part."""

from __future__ import annotations

import csv
import math
import re
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
import scipy.stats

from reports.command.peers import main
from reports.figures.curves import count_text
from reports.figures.lines import spread
from reports.load.results import load_results
from reports.sections.peers import ratio_text
from reports.statistics import beside
from reports.statistics.beside import Beside
from reports.statistics.curves import read_curves
from reports.statistics.estimates import Estimate
from reports.tests.synthetic import CRASH, FACTS, Database
from runner.tests.bench import Bench

BLOCKS = 8
HAKMEM_BUILD = FACTS["build_id.hakmem"]
PAGE = """# A page

Before.

<!-- peers:begin -->
stale
<!-- peers:end -->

After <!-- peers:begin --> in a line.
"""


def peers_session(folder: Path, times: dict[str, dict[str, float]], blocks: int = BLOCKS,
                  memory: dict[str, int] | None = None) -> Database:
    """Nanoseconds per operation by workload and allocator, with some noise; there and back."""
    database = Database(folder, kind="compare", mode="peers", blocks=blocks)
    database.add_facts(FACTS)
    for workload, allocators in times.items():
        for allocator, ns in allocators.items():
            cell = database.add_cell(allocator, workload)
            for sample in range(2 * blocks):
                noise = database.random.lognormvariate(0, 0.002)
                database.add_sample(cell, sample // 2, ops=1_000_000,
                                    elapsed_ns=round(ns * noise * 1e6),
                                    peak_rss=(memory or {}).get(allocator, 9 << 20))
    return database


def compared(folder: Path) -> Beside:
    return beside.compare(load_results(folder, 1))


def curves_session(folder: Path, slow_at: int = 0) -> None:
    database = Database(folder, kind="compare", mode="curves", blocks=2)
    database.add_facts(FACTS)
    points = [("ws8192", "slots", 1024 << k) for k in range(6)] + [
        (program, "threads", 1 << k) for program in ("ws8192", "larson") for k in range(5)]
    for number, (program, option, x) in enumerate(points):
        for allocator, ns in (("hakmem", 8.0), ("glibc", 19.0), ("jemalloc", 8.1),
                              ("mimalloc", 8.2)):
            cell = database.add_cell(allocator, f"{program}-{option}-{count_text(x)}",
                                     arguments=(f"--{option}", str(x), "--ops", "5"))
            factor = 1.2 if (allocator, x) == ("hakmem", slow_at) else 1.0
            for sample in range(4):
                database.add_sample(cell, sample // 2, ops=1_000_000,
                                    elapsed_ns=round(ns * factor * (1 + number / 10) * 1e6))
    database.close()


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "docs" / "PAGE.md"
    path.parent.mkdir()
    path.write_text(PAGE)
    return path


# --- ratios ---------------------------------------------------------------------------------------

def test_ratios_are_those_of_scipy(tmp_path: Path) -> None:
    """A real session of tiny samples, recomputed from what is stored."""
    bench = Bench(tmp_path)
    done = bench.call("peers", "--allocators", "glibc,jemalloc,mimalloc", "--blocks", BLOCKS,
                      "--workloads", "ws8192", "--seed", 3)
    assert done.returncode == 0, done.stderr
    logs: dict[tuple[str, int], list[float]] = {}
    for sample in bench.samples():
        time = math.log(sample["elapsed_ns"] / sample["ops"])
        logs.setdefault((sample["allocator"], sample["block"]), []).append(time)
    assert {len(times) for times in logs.values()} == {2}
    (row,) = beside.compare(load_results(bench.results, 1)).rows
    assert [comparison.peer for comparison in row.comparisons] == ["glibc", "jemalloc", "mimalloc"]
    for comparison in row.comparisons:
        assert comparison.ratio is not None
        d = np.array([np.mean(logs[comparison.peer, b]) - np.mean(logs["hakmem", b])
                      for b in range(BLOCKS)])
        walsh = [(d[i] + d[j]) / 2 for i in range(BLOCKS) for j in range(i, BLOCKS)]
        assert comparison.ratio.value == pytest.approx(math.exp(np.median(walsh)))
        for limit in (comparison.ratio.low, comparison.ratio.high):
            inwards = math.copysign(1e-7, math.log(comparison.ratio.value / limit))
            p_in, p_out = (scipy.stats.wilcoxon(d - math.log(limit) - shift, method="exact").pvalue
                           for shift in (inwards, -inwards))
            assert p_out <= 0.05 < p_in
    assert row.best is min(row.comparisons, key=lambda c: c.ratio.value)  # type: ignore[union-attr]


def test_above_one_means_that_hakmem_is_faster(tmp_path: Path) -> None:
    peers_session(tmp_path, {"w": {"hakmem": 10, "glibc": 20, "mimalloc": 9}}).close()
    (row,) = compared(tmp_path).rows
    glibc, mimalloc = (comparison.ratio for comparison in row.comparisons)
    assert glibc and glibc.value == pytest.approx(2, rel=0.01)
    assert mimalloc and mimalloc.value == pytest.approx(0.9, rel=0.01)
    assert row.best and row.best.peer == "mimalloc"
    assert [comparison.peer for comparison in row.misses] == ["mimalloc"]


def test_the_mean_is_geometric_over_the_best_peers(tmp_path: Path) -> None:
    peers_session(tmp_path, {"v": {"hakmem": 10, "glibc": 12, "mimalloc": 30},
                             "w": {"hakmem": 10, "glibc": 90, "mimalloc": 11}}).close()
    mean = compared(tmp_path).mean
    assert mean and mean.value == pytest.approx(math.sqrt(1.2 * 1.1), rel=0.005)
    assert mean.n == BLOCKS and mean.trusted and mean.low < mean.value < mean.high


def test_a_block_with_a_crash_does_not_count(tmp_path: Path) -> None:
    database = peers_session(tmp_path, {"w": {"hakmem": 10, "glibc": 20}})
    database.connection.execute(
        "UPDATE sample SET status = 'crash', signal = 11, ops = NULL, elapsed_ns = NULL "
        "WHERE position = (SELECT min(position) FROM plan WHERE block = 3)")
    database.close()
    assert CRASH["signal"] == 11
    (row,) = compared(tmp_path).rows
    assert row.trouble == 1
    assert row.comparisons[0].ratio and row.comparisons[0].ratio.n == BLOCKS - 1


def test_cfrac_has_a_limit_of_its_own_and_few_blocks_prove_nothing(tmp_path: Path) -> None:
    times = {"hakmem": 10.0, "glibc": 9.95}
    peers_session(tmp_path / "many", {"cfrac": times, "w": times}).close()
    cfrac, other = compared(tmp_path / "many").rows
    assert not cfrac.misses and other.misses
    peers_session(tmp_path / "few", {"w": {"hakmem": 10, "glibc": 20}}, blocks=5).close()
    (row,) = compared(tmp_path / "few").rows
    assert row.misses


def test_memory_is_held_against_the_median_peer(tmp_path: Path) -> None:
    mib = {"hakmem": 20, "glibc": 10, "jemalloc": 30, "mimalloc": 21}
    for own, missed in ((21, False), (22, True)):
        folder = tmp_path / str(own)
        peers_session(folder, {"w": dict.fromkeys(mib, 10.0)},
                      memory={name: size << 20 for name, size in {**mib, "hakmem": own}.items()}
                      ).close()
        (row,) = compared(folder).rows
        assert (row.peak_rss, row.peers_rss) == (own << 20, 21 << 20)
        assert row.misses_rss is missed


def test_limits_are_rounded_outwards() -> None:
    assert ratio_text(Estimate(1.0004, 0.9999, 1.0001, 0.96, 12)) == "1.000 [0.999, 1.001]"
    assert ratio_text(Estimate(1.0, 0.999, 1.5, 0.9, 3), 2) == "1.00 [0.99, 1.50]†"


# --- curves ---------------------------------------------------------------------------------------

def test_a_knee_is_named_and_only_that(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    curves_session(tmp_path / "even")
    assert main(["--results", str(tmp_path / "even")]) == 0
    assert "no knee" in capsys.readouterr().out
    curves_session(tmp_path / "knee", slow_at=8192)
    assert main(["--results", str(tmp_path / "knee")]) == 0
    knees = [line for line in capsys.readouterr().out.splitlines() if "knee" in line and
             not line.startswith("written")]
    assert knees == ["knee: ws8192 at 8 Ki slots: 12.5 ns, jemalloc 10.5 ns (+19%)"]


def test_csv_and_figures_stand_beside_the_session(tmp_path: Path) -> None:
    curves_session(tmp_path)
    assert main(["--results", str(tmp_path)]) == 0
    (folder,) = (path for path in tmp_path.iterdir() if path.is_dir())
    assert {path.name for path in folder.iterdir()} == {
        "curves.csv", "curve-slots.png", "curve-threads.png"}
    with (folder / "curves.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 16 * 4
    first = lines[0]
    assert (first["program"], first["option"], first["value"], first["allocator"]) == (
        "ws8192", "slots", "1024", "hakmem")
    assert float(first["ns_per_op"]) == pytest.approx(8) and first["samples"] == "4"
    for path in folder.glob("*.png"):
        pixels = matplotlib.image.imread(path)[:, :, :3]
        inked = np.mean(np.any(pixels < 0.97, axis=2))
        accent = np.all(np.abs(pixels - np.array([0x00, 0x73, 0x8c]) / 255) < 0.02, axis=2)
        assert 0.02 < inked < 0.6 and accent.mean() > 0.001, path
        edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
        assert np.all(edge > 0.97), f"something touches the edge of {path}"


def test_rows_of_the_real_list_are_curves(tmp_path: Path) -> None:
    """Each row's name tells the option that its arguments give; every curve covers its range."""
    database = Database(tmp_path, kind="compare", mode="curves")
    root = Path(__file__).resolve().parents[2]
    for line in (root / "workloads" / "curves.txt").read_text().splitlines():
        words = line.split()
        if words[1:2] == ["default"]:
            cell = database.add_cell("hakmem", words[0], arguments=tuple(words[2:]))
            database.add_sample(cell, 0)
    database.close()
    found = {(c.program, c.option): c.xs for c in read_curves(load_results(tmp_path, 1))}
    threads = [1 << k for k in range(7)]
    assert found == {("ws8192", "slots"): [1024 << k for k in range(13)],
                     ("ws8192", "threads"): threads, ("larson", "threads"): threads}


def test_names_are_kept_apart() -> None:
    assert spread([0, 100], 15) == [0, 100]
    assert spread([50, 50, 50], 15) == [35, 50, 65]
    moved = spread([0, 4, 20, 21, 100], 15)
    assert all(b - a >= 15 - 1e-9 for a, b in zip(moved, moved[1:], strict=False))


# --- the page -------------------------------------------------------------------------------------

def test_only_the_part_between_the_markers_is_written(tmp_path: Path, page: Path) -> None:
    database = peers_session(tmp_path, {"w": {"hakmem": 10, "glibc": 20, "mimalloc": 9}})
    cell = database.add_cell("jemalloc", "w", "libjemalloc.so.2 is not installed")
    assert cell > 0
    database.close()
    curves_session(tmp_path)
    (tmp_path / "pairs.csv").write_text(
        "allocator,build_id,size_bytes,instructions,reason\n"
        f"hakmem,{HAKMEM_BUILD},64,38.00,\nglibc,aa,64,129.00,\ntcmalloc,bb,64,,failed: no\n")
    words = ["--results", str(tmp_path), "--write-docs", str(page)]
    assert main(words) == 0
    text = page.read_text()
    assert main(words) == 0
    assert page.read_text() == text
    head, tail = PAGE.split("stale\n")
    assert text.startswith(head) and text.endswith(tail)
    part = text[len(head):-len(tail)]
    assert "stale" not in part
    assert re.search(r"^\| w \| [\d.]+ \[[\d., ]+\] \| \*\*0\.\d{3} \[[\d., ]+\]\*\* \| missing "
                     r"\| 9\.0 / 9\.0 \|$", part, re.M)
    assert "jemalloc is missing: libjemalloc.so.2 is not installed" in part
    assert "  - w against mimalloc: 0.89" in part
    assert "| `hakmem` | 38.0 |" in part and "not counted: failed: no" in part
    assert "commit 2a1eca1f00, seed 42, AMD EPYC 7B13" in part
    assert "2025" not in part
    for figure in re.findall(r"\]\((curve-\w+\.png)\)", part):
        assert (page.parent / figure).stat().st_size > 10_000
    assert part.count("![") == 2


def test_counts_of_another_build_are_left_out(tmp_path: Path,
                                              capsys: pytest.CaptureFixture[str]) -> None:
    peers_session(tmp_path, {"w": {"hakmem": 10, "glibc": 20}}).close()
    (tmp_path / "pairs.csv").write_text("allocator,build_id,size_bytes,instructions,reason\n"
                                        "hakmem,other,64,38.00,\n")
    assert main(["--results", str(tmp_path)]) == 0
    said = capsys.readouterr()
    assert "another build" in said.err and "instructions" not in said.out


@pytest.mark.parametrize("text", ["no markers\n", "<!-- peers:begin -->\n",
                                  "<!-- peers:end -->\n<!-- peers:begin -->\n"])
def test_a_page_without_the_part_stays_as_it_is(tmp_path: Path, page: Path, text: str,
                                                capsys: pytest.CaptureFixture[str]) -> None:
    peers_session(tmp_path, {"w": {"hakmem": 10, "glibc": 20}}).close()
    page.write_text(text)
    assert main(["--results", str(tmp_path), "--write-docs", str(page)]) == 2
    assert "<!-- peers:begin -->" in capsys.readouterr().err
    assert page.read_text() == text


def test_without_a_session_the_line_says_what_to_do(tmp_path: Path,
                                                    capsys: pytest.CaptureFixture[str]) -> None:
    Database(tmp_path).close()
    assert main(["--results", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "make peers" in said


def test_the_newest_session_is_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    peers_session(tmp_path, {"w": {"hakmem": 10, "glibc": 20}}).close()
    peers_session(tmp_path, {"w": {"hakmem": 10, "glibc": 30}}).close()
    assert main(["--results", str(tmp_path)]) == 0
    assert re.search(r"^w +(2\.99|3\.00|3\.01) ", capsys.readouterr().out, re.M)


def test_the_docs_of_this_tree_have_the_part() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "ALLOCATOR.md").read_text()
    lines = text.splitlines()
    assert lines.index("<!-- peers:begin -->") < lines.index("<!-- peers:end -->")
