"""hakbench compare: the last line, and the statistics behind it against scipy."""
from __future__ import annotations

import collections
import math
import re
from collections.abc import Callable

import numpy
import pytest
import scipy.stats

from runner.tests.bench import Bench, read_json

pytestmark = pytest.mark.xdist_group("measure")

RATIO = re.compile(r"ratio (\d+\.\d{4}) \[(\d+\.\d{4}), (\d+\.\d{4})\] n=(\d+)")


def differences(bench: Bench, workload: str) -> numpy.ndarray:
    """Mean ln t_B - mean ln t_A of every block, out of the stored samples."""
    logs: dict[tuple[int, str], list[float]] = collections.defaultdict(list)
    for sample in bench.samples():
        if sample["workload"] == workload:
            time = math.log(sample["elapsed_ns"] / sample["ops"])
            logs[sample["block"], sample["side"]].append(time)
    assert all(len(times) == 2 for times in logs.values())
    blocks = sorted({block for block, _ in logs})
    return numpy.array([numpy.mean(logs[b, "B"]) - numpy.mean(logs[b, "A"]) for b in blocks])


@pytest.mark.parametrize("blocks", [6, 7, 12, 25])
def test_the_ratio_is_that_of_scipy(bench: Bench, blocks: int) -> None:
    done = bench.call("compare", "jemalloc", "mimalloc", "--workload", "ws8192", "--blocks", blocks,
                      "--json")
    assert done.returncode == 0, done.stderr
    (answer,) = read_json(done)["workloads"]
    d = differences(bench, "ws8192")
    assert len(d) == answer["n"] == blocks
    walsh = [(d[i] + d[j]) / 2 for i in range(blocks) for j in range(i, blocks)]
    assert answer["ratio"] == pytest.approx(math.exp(numpy.median(walsh)))
    assert answer["coverage"] >= 0.95

    def p_value(shift: float) -> float:
        return scipy.stats.wilcoxon(d - shift, method="exact").pvalue

    # The interval holds exactly the shifts that the two-sided exact test does not reject.
    tiny = 1e-7
    low, high = math.log(answer["low"]), math.log(answer["high"])
    assert p_value(low - tiny) <= 0.05 < p_value(low + tiny)
    assert p_value(high + tiny) <= 0.05 < p_value(high - tiny)


def test_the_last_line_and_what_stands_above(bench: Bench) -> None:
    done = bench.call("compare", "glibc", "tcmalloc", "--workload", "ws8192", "--seed", 9)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    match = RATIO.fullmatch(lines[-1])
    assert match and match.group(4) == "12"
    ratio, low, high = (float(match.group(i)) for i in (1, 2, 3))
    assert low <= ratio <= high
    assert lines[-2] == f"{bench.database} · session 1 · seed 9"
    assert "peak MiB" in done.stdout and "soft faults" in done.stdout
    assert re.search(r"^  A  glibc +[\d.]+ +[\d.]+ +\d+$", done.stdout, re.M)
    assert re.search(r"^  B  tcmalloc +[\d.]+ +[\d.]+ +\d+$", done.stdout, re.M)


def test_the_order_is_abba_or_baab(bench: Bench) -> None:
    assert bench.call("compare", "glibc", "jemalloc", "--workload", "ws8192").returncode == 0
    sides = "".join(s["side"] for s in bench.samples())
    blocks = {sides[i:i + 4] for i in range(0, 48, 4)}
    assert blocks <= {"ABBA", "BAAB"}
    (session,) = bench.rows_of("SELECT * FROM session")
    assert (session["kind"], session["mode"]) == ("compare", None)


def test_above_one_means_that_a_is_faster(bench: Bench, preload: Callable[[str], str]) -> None:
    slow = preload("slow")
    done = bench.call("compare", "glibc", slow, "--workload", "ws8192")
    match = RATIO.fullmatch(done.stdout.splitlines()[-1])
    assert match and float(match.group(2)) > 1
    assert "A is faster" in done.stdout
    turned = bench.call("compare", slow, "glibc", "--workload", "ws8192")
    match = RATIO.fullmatch(turned.stdout.splitlines()[-1])
    assert match and float(match.group(3)) < 1
    assert "B is faster" in turned.stdout


def test_several_workloads_have_a_line_each(bench: Bench) -> None:
    done = bench.call("compare", "glibc", "glibc", "--workload", "ws8192", "--workload", "pairs",
                      "--blocks", 6)
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()[-2:]
    assert RATIO.fullmatch(first.removeprefix("ws8192: "))
    assert RATIO.fullmatch(second.removeprefix("pairs: "))
    assert len(bench.rows_of("SELECT * FROM cell WHERE allocator = 'glibc'")) == 4


def test_arguments_behind_the_dashes_win(bench: Bench) -> None:
    done = bench.call("compare", "glibc", "jemalloc", "--workload", "ws8192", "--blocks", 6, "--",
                      "--ops", 1500, "--slots", 64)
    assert done.returncode == 0, done.stderr
    (arguments,) = {c["arguments"] for c in bench.rows_of("SELECT arguments FROM cell")}
    assert arguments == '["--ops","1500","--slots","64"]'
    assert {s["ops"] for s in bench.samples()} == {1500}


def test_a_crash_ends_it_with_4(bench: Bench, preload: Callable[[str], str]) -> None:
    done = bench.call("compare", "glibc", preload("crash"), "--workload", "ws8192")
    assert done.returncode == 4
    assert "ratio" not in done.stdout
    assert f"no ratio: side B ({preload('crash')}) on ws8192: crash: SIGSEGV" in done.stderr
    assert bench.samples()[-1]["status"] == "crash"


def test_a_void_side_is_inconclusive(bench: Bench, preload: Callable[[str], str]) -> None:
    done = bench.call("compare", preload("inert"), "glibc", "--workload", "ws8192")
    assert done.returncode == 3
    assert "the preload did not take effect" in done.stderr
    assert "ratio" not in done.stdout


@pytest.mark.parametrize(("words", "said"), [
    (["glibc"], "give two allocators"),
    (["glibc", "jemalloc"], "Give --workload with one of ws8192, pairs"),
    (["glibc", "jemalloc", "--workload", "nope"], "choose from ws8192, pairs"),
    (["glibc", "nope", "--workload", "ws8192"], "unknown allocator 'nope'"),
    (["glibc", "jemalloc", "--workload", "ws8192", "--blocks", "5"], "give 6"),
    (["glibc", "jemalloc", "--workload", "ws8192", "--mode", "quick"], "unknown option --mode"),
])
def test_bad_input_is_one_clear_line(bench: Bench, words: list[str], said: str) -> None:
    done = bench.call("compare", *words)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert said in done.stderr
