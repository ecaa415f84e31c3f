"""The exact statistics against scipy and against counting everything."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from reports.statistics.estimates import CONFIDENCE, SMALLEST_N, median_estimate, \
    rate_upper_bound, ratio_estimate, relative_spread, shift_estimate, signed_rank_distribution


@pytest.mark.parametrize("n", [1, 2, 5, 6, 9, 10, 17, 40, 101])
def test_median_interval_is_the_narrowest_that_covers(n: int) -> None:
    values = np.random.default_rng(n).normal(size=n)
    estimate = median_estimate(list(values))
    assert estimate is not None and estimate.value == pytest.approx(np.median(values))
    ordered = sorted(values)
    outside = ordered.index(estimate.low)
    assert estimate.high == ordered[n - 1 - outside]
    coverage = 1 - 2 * scipy_stats.binom.cdf(outside, n, 0.5)
    assert estimate.confidence == pytest.approx(coverage)
    assert (estimate.confidence >= CONFIDENCE) == (n >= SMALLEST_N)
    narrower = 1 - 2 * scipy_stats.binom.cdf(outside + 1, n, 0.5)
    assert narrower < CONFIDENCE


@pytest.mark.parametrize("n", [1, 4, 8, 12])
def test_signed_rank_distribution_counts_every_sign(n: int) -> None:
    counted = np.zeros(n * (n + 1) // 2 + 1)
    for signs in itertools.product((0, 1), repeat=n):
        counted[sum(rank for rank, sign in enumerate(signs, 1) if sign)] += 1
    assert signed_rank_distribution(n) == pytest.approx(counted / 2 ** n)


@pytest.mark.parametrize("n", [6, 10, 15])
def test_shift_interval_holds_what_wilcoxon_accepts(n: int) -> None:
    """A shift lies inside exactly if the two-sided test of it does not reject."""
    values = np.random.default_rng(n + 100).normal(0.3, 1, size=n)
    estimate = shift_estimate(list(values))
    assert estimate is not None and estimate.trusted
    span = estimate.high - estimate.low
    for shift, inside in ((estimate.low - 1e-6, False), (estimate.low + 1e-6, True),
                          (estimate.value + 1e-7, True), (estimate.high - 1e-6, True),
                          (estimate.high + 1e-6, False), (estimate.high + span, False)):
        p_value = scipy_stats.wilcoxon(values - shift, mode="exact").pvalue
        assert (p_value > 1 - CONFIDENCE) == inside


def test_shift_is_the_median_of_walsh_averages() -> None:
    values = [0.1, 0.9, 0.4, -0.2, 2.5, 0.3, 0.7]
    walsh = [(a + b) / 2 for a, b in itertools.combinations_with_replacement(values, 2)]
    estimate = shift_estimate(values)
    assert estimate is not None and estimate.value == pytest.approx(np.median(walsh))


@pytest.mark.parametrize("n, coverage", [(1, 0.0), (2, 0.5), (3, 0.75), (5, 0.9375)])
def test_few_values_give_their_range_and_its_coverage(n: int, coverage: float) -> None:
    values = [float(value) for value in range(n)]
    for estimate in (median_estimate(values), shift_estimate(values)):
        assert estimate is not None and not estimate.trusted
        assert (estimate.low, estimate.high) == (0, n - 1)
        assert estimate.confidence == pytest.approx(coverage)


def test_nothing_estimates_nothing() -> None:
    assert median_estimate([]) is None
    assert shift_estimate([]) is None
    assert ratio_estimate({0: 1.0}, {1: 1.0}) is None


def test_ratio_is_paired_by_block() -> None:
    """Drift that triples the speed from block to block cancels; an unpaired block is left out."""
    drift = {block: 3.0 ** block for block in range(8)}
    candidate = {block: 1.25 * speed for block, speed in drift.items()} | {99: 1e9}
    estimate = ratio_estimate(candidate, drift)
    assert estimate is not None and estimate.n == 8 and estimate.trusted
    assert (estimate.low, estimate.value, estimate.high) == pytest.approx((1.25, 1.25, 1.25))


def test_ratio_of_swapped_sides_is_the_inverse() -> None:
    random = np.random.default_rng(7)
    one = {block: float(random.lognormal(1, 0.1)) for block in range(11)}
    other = {block: float(random.lognormal(1, 0.1)) for block in range(11)}
    forward, backward = ratio_estimate(one, other), ratio_estimate(other, one)
    assert forward is not None and backward is not None
    assert forward.value * backward.value == pytest.approx(1)
    assert forward.low * backward.high == pytest.approx(1)


def test_spread_estimates_sigma_and_ignores_one_outlier() -> None:
    values = list(np.random.default_rng(3).normal(100, 4, size=4000))
    assert relative_spread(values) == pytest.approx(0.04, rel=0.1)
    assert relative_spread([10, 10, 10, 10, 9000]) == 0
    assert relative_spread([0, 0, 0]) == 0


def test_rule_of_three_bounds_the_exact_limit() -> None:
    for trials in (10, 100, 1000):
        exact = 1 - 0.05 ** (1 / trials)
        assert exact <= rate_upper_bound(trials) <= exact * 1.2
    assert rate_upper_bound(0) == rate_upper_bound(2) == 1
    assert math.isclose(rate_upper_bound(300), 0.01)
