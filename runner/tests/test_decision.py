"""The gate's statistics in C against scipy as the oracle."""
from __future__ import annotations

import ctypes
import itertools
import pathlib

import numpy
import pytest
import scipy.stats

from runner.tests.bench import ROOT
from runner.tests.conftest import compile_preload

SOURCES = ("stats.c", "decision.c")
OPEN_UNLESS_SLOWER = -0.99  # a delta that every estimate reaches and no upper limit is below


class Interval(ctypes.Structure):
    _fields_ = [(name, ctypes.c_double) for name in ("estimate", "low", "high", "coverage")]


class Decision(ctypes.Structure):
    _fields_ = [("verdict", ctypes.c_int), ("look", ctypes.c_int), ("blocks", ctypes.c_int),
                ("statistic", ctypes.c_int), ("p", ctypes.c_double), ("shift", Interval)]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    folder = tmp_path_factory.mktemp("statistics")
    sources = [str(ROOT / "runner" / "stats" / name) for name in SOURCES]
    path = compile_preload(pathlib.Path(sources[0]), folder / "statistics.so", *sources[1:], "-lm")
    opened = ctypes.CDLL(path)
    opened.stats_signed_rank_cdf.restype = ctypes.c_double
    opened.decision_make.restype = Decision
    opened.decision_make.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_double]
    return opened


def differences(seed: int, count: int) -> numpy.ndarray:
    return numpy.random.default_rng(seed).standard_t(2, count) * 0.03 + 0.01 * (seed % 5)


def decide(library: ctypes.CDLL, values: numpy.ndarray, delta: float) -> Decision:
    array = (ctypes.c_double * len(values))(*values)
    return library.decision_make(array, len(values), 48, delta)


@pytest.mark.parametrize("n", [12, 24, 48])
def test_p_is_scipys_exact_p(library: ctypes.CDLL, n: int) -> None:
    reached = 0
    for seed in range(30):
        values = differences(seed, n)
        told = decide(library, values, OPEN_UNLESS_SLOWER)
        reached += told.blocks == n
        wanted = scipy.stats.wilcoxon(values[:told.blocks], alternative="greater", method="exact")
        assert told.statistic == wanted.statistic
        assert told.p == pytest.approx(wanted.pvalue, rel=1e-9)
    assert reached >= 10


def test_estimate_and_limits_are_those_of_all_walsh_averages(library: ctypes.CDLL) -> None:
    seen = 0
    for seed in range(20):
        values = differences(seed, 24)
        walsh = sorted((a + b) / 2 for a, b
                       in itertools.combinations_with_replacement(values, 2))
        told = decide(library, values, OPEN_UNLESS_SLOWER)
        if told.look == 1:
            continue
        seen += 1
        assert told.shift.estimate == pytest.approx(numpy.median(walsh), abs=1e-15)
        assert told.shift.low == walsh[38] and told.shift.high == walsh[-39]
    assert seen >= 10


def test_the_interval_is_the_test_turned_round(library: ctypes.CDLL) -> None:
    """A shift just outside of the lower limit is rejected by scipy's test, one inside is not."""
    seen = 0
    for seed in range(40):
        told = decide(library, differences(seed, 24), OPEN_UNLESS_SLOWER)
        if told.look != 2:
            continue
        seen += 1
        share = 0.3 * 0.00125
        for shift, rejected in ((told.shift.low - 1e-9, True), (told.shift.low + 1e-9, False)):
            p = scipy.stats.wilcoxon(differences(seed, 24) - shift, alternative="greater",
                                     method="exact").pvalue
            assert bool(p <= share) is rejected
    assert seen >= 3


def test_the_whole_null_distribution_is_scipys(library: ctypes.CDLL) -> None:
    """P(W <= w) over every w that 14 blocks can give."""
    signs = numpy.array(list(itertools.product((0, 1), repeat=14)))
    sums = signs @ numpy.arange(1, 15)
    for w in range(106):
        assert library.stats_signed_rank_cdf(14, w) == pytest.approx(numpy.mean(sums <= w),
                                                                     abs=1e-12)
