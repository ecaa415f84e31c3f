"""Change points: found where they are, and only there."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
import pytest
from scipy import stats

from reports.statistics.changes import P_LIMIT, Change, find_changes, find_exact_changes, ranked
from reports.tests.commits import stepped


def noisy(count: int, steps: Mapping[int, float], seed: int, spread: float = 0.015,
          blocks: int = 6) -> list[list[float]]:
    random = np.random.default_rng(seed)
    return [list(level + random.normal(0, spread, blocks)) for level in stepped(count, steps)]


def indices(changes: list[Change]) -> list[int]:
    return [change.index for change in changes]


def test_ranks_are_those_of_scipy() -> None:
    random = np.random.default_rng(3)
    for _ in range(50):
        values = random.integers(0, 12, 30).astype(float)
        assert ranked(values) == pytest.approx(stats.rankdata(values))


@pytest.mark.parametrize("place", range(2, 11))
def test_a_step_of_eight_per_cent_is_found_among_twelve_commits(place: int) -> None:
    for seed in range(5):
        (change,) = find_changes(noisy(12, {place: 0.08}, seed))
        assert change.index == place
        assert change.step == pytest.approx(0.08, abs=0.015)
        assert change.p < P_LIMIT


def test_steps_up_and_down_are_all_found() -> None:
    steps = {50: 0.05, 80: -0.05, 200: 0.03, 350: 0.1}
    assert indices(find_changes(noisy(500, steps, 1))) == list(steps)
    few = {4: 0.08, 8: -0.08}
    assert indices(find_changes(noisy(12, few, 1))) == list(few)


def test_noise_has_no_change_points() -> None:
    """P < .001 a series: of 200 hardly ever one."""
    found = [find_changes(noisy(count, {}, seed)) for count, seed in
             itertools.product((2, 12, 40, 100), range(50))]
    assert sum(map(bool, found)) <= 1


def test_one_wild_commit_is_no_change_point() -> None:
    commits = noisy(100, {}, 1)
    commits[40] = [0.5] * 6
    assert find_changes(commits) == []


def test_a_step_too_small_to_matter_is_none() -> None:
    commits = noisy(200, {100: 0.004}, 1, spread=0.001)
    assert find_changes(commits) == []
    assert indices(find_changes(commits, step_least=0.002)) == [100]


def test_the_same_series_has_the_same_change_points() -> None:
    commits = noisy(60, {30: 0.02}, 4)
    assert find_changes(commits) == find_changes(commits)


def test_few_values_have_none() -> None:
    assert find_changes([]) == find_changes([[0.1]]) == find_changes([[0.0], [1.0]]) == []
    assert find_changes([[0.5] * 6] * 20) == []


def test_values_without_noise_change_where_they_step() -> None:
    commits = [[value] for value in stepped(10, {3: 0.01, 5: 0.001, 7: -0.02})]
    assert indices(find_exact_changes(commits, 0.005)) == [3, 7]
