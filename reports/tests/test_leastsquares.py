"""Known effects are found again, intervals cover as often as they claim, and limits are told."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from reports.statistics.leastsquares import Design, Fit, adjusted_means, fit_main_effects

FACTORS = ("a", "b", "c")
EVERY = list(itertools.product((0, 1), repeat=3))
TRUTH = np.array([0.05, -0.02, 0.0])


def simulate(seed: int, levels: list[tuple[int, ...]], blocks: int = 4, noise: float = 0.01,
             peculiar: float = 0.0) -> list[dict[int, float]]:
    """Blocks drift far more than anything else differs."""
    random = np.random.default_rng(seed)
    drift = random.normal(0, 0.5, size=blocks)
    return [{block: 3 + float(np.dot(row, TRUTH[:len(row)])) + own + drift[block]
             + float(random.normal(0, noise)) for block in range(blocks)}
            for row, own in zip(levels, random.normal(0, peculiar, size=len(levels)), strict=True)]


def test_effects_without_noise_are_exact() -> None:
    fit = fit_main_effects(FACTORS, EVERY, simulate(1, EVERY, noise=0.0))
    assert [fit.effects[factor].value for factor in FACTORS] == pytest.approx(TRUTH, abs=1e-12)
    assert (fit.variants, fit.blocks, fit.freedom) == (8, 4, 4)


@pytest.mark.parametrize("peculiar", [0.0, 0.02])
def test_intervals_cover_the_truth_as_often_as_they_claim(peculiar: float) -> None:
    """Also where builds differ for reasons of their own, which all runs of a build share."""
    rounds = 400
    inside = sum(abs(fit.effects[factor].value - truth) <= (fit.effects[factor].half or 0)
                 for seed in range(rounds)
                 for fit in [fit_main_effects(FACTORS, EVERY,
                                              simulate(seed, EVERY, peculiar=peculiar))]
                 for factor, truth in zip(FACTORS, TRUTH, strict=True))
    assert 0.93 <= inside / (3 * rounds) <= 0.97


def test_missing_runs_bring_no_drift_into_the_effects() -> None:
    """All runs with a in the late, slow blocks would look like a cost of a."""
    series = simulate(2, EVERY, noise=0.0)
    for row, blocks in zip(EVERY, series, strict=True):
        del blocks[0 if row[0] else 3]
    means, weights = adjusted_means(series)
    assert list(weights) == [3] * 8
    assert means[4] - means[0] == pytest.approx(TRUTH[0])
    fit = fit_main_effects(FACTORS, EVERY, series)
    assert [fit.effects[factor].value for factor in FACTORS] == pytest.approx(TRUTH, abs=1e-9)


def test_a_saturated_design_has_no_interval() -> None:
    levels = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)]
    fit = fit_main_effects(FACTORS, levels, simulate(3, levels, noise=0.0))
    assert fit.freedom == 0
    assert [fit.effects[factor].value for factor in FACTORS] == pytest.approx(TRUTH, abs=1e-12)
    assert all(effect.half is None and not effect.is_clear for effect in fit.effects.values())


def test_what_always_varies_together_is_not_told_apart() -> None:
    levels = [(a, a, c) for a in (0, 1) for c in (0, 1)]
    design = Design(FACTORS, levels)
    assert design.varied == FACTORS
    assert design.separable == ("c",)
    assert design.together() == (("a", "b"),)
    fit: Fit[str] = fit_main_effects(FACTORS, levels, simulate(4, levels, noise=0.0))
    assert set(fit.effects) == {"c"} and fit.freedom == 1


def test_what_never_varies_has_no_effect_even_when_it_is_always_on() -> None:
    levels = [(a, 1, 0) for a in (0, 1)] * 2
    design = Design(FACTORS, levels)
    assert design.varied == ("a",) and design.together() == ()
    assert set(fit_main_effects(FACTORS, levels, simulate(5, levels)).effects) == {"a"}


def test_leaks_are_the_aliases_of_the_design() -> None:
    """A half fraction of resolution III takes an interaction for the third factor's effect; a full
    factorial takes none. An interaction of b and c, planted, shows up by just that share."""
    assert {leak.share for leak in Design(FACTORS, EVERY).leaks().values()} == {0.0}
    half = [(b ^ c, b, c) for b in (0, 1) for c in (0, 1)]
    leak = Design(FACTORS, half).leaks()["a"]
    assert leak.of == ("b", "c")
    levels = np.array(half, dtype=float)
    centred = levels - levels.mean(axis=0)
    planted = 0.04 * centred[:, 1] * centred[:, 2]
    fit = fit_main_effects(FACTORS, half, [{0: float(value)} for value in planted])
    assert abs(fit.effects["a"].value) == pytest.approx(0.04 * leak.share)
    assert leak.share == pytest.approx(0.5)
    assert Design(("a",), [(0,), (1,)]).leaks()["a"].share == 0


def test_no_factors_and_no_variants() -> None:
    assert fit_main_effects((), [(), ()], [{0: 1.0}, {0: 2.0}]).effects == {}
    assert Design((), []).varied == ()
