"""Change points of a series of commits: where its level shifts, for display and for slow creep.

Binary segmentation. The statistic of a split after k of n values is that of E. S. Page's cumulative
sums on ranks, |R_k| / sd(R_k), where R_k is the sum of the first k ranks less its expectation and
sd(R_k)^2 = k (n - k) / (n - 1) * variance of the ranks, ties and all; the largest over all splits
counts (compare A. N. Pettitt, Applied Statistics 28, 1979). Ranks, because a noisy machine makes
outliers. Its p is exact up to chance: the share of random orders of the same values, by a fixed
seed, whose largest statistic is as large. A segment is split while p < P_LIMIT; in the end each
split is tested once more between its neighbours, because a first split is made in sight of all.

A rank knows nothing of how far a value is from either level, so that the commit next to a step is
at times put on the wrong side of it; the place of each split is therefore put right in the end, to
where the values are nearest to the medians of their sides.

The values of a commit stand together: splits lie between commits. Up to FEW_COMMITS commits every
block is a value, because so few commits have too few orders to reach P_LIMIT; with more of them a
commit is one value, so that what differs from build to build counts as the noise that it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

P_LIMIT = 0.001
ORDERS = 1999  # the least p is 1 / (ORDERS + 1)
FEW_COMMITS = 60
STEP_LEAST = 0.01  # in logarithms: smaller steps are not worth a mark
SEED = 20_251_122
BATCH = 100


@dataclass(frozen=True)
class Change:
    """The level shifts at commit `index` of the series: `step` is new less old level."""

    index: int
    step: float
    p: float


@dataclass(frozen=True)
class _Split:
    at: int  # values before it
    statistic: float
    p: float


def find_changes(commits: Sequence[Sequence[float]], step_least: float = STEP_LEAST,
                 ) -> list[Change]:
    """`commits`: the logarithms of each commit's blocks, in the order of history."""
    few = len(commits) <= FEW_COMMITS
    groups = [np.asarray(blocks, dtype=float) for blocks in commits]
    if not few:
        groups = [np.median(group, keepdims=True) for group in groups]
    if len(groups) < 2:
        return []
    values = np.concatenate(groups)
    ends = np.cumsum([len(group) for group in groups])
    random = np.random.default_rng(SEED)
    splits: list[int] = []
    _split(values, ends, 0, len(groups), random, splits)
    return _checked(values, ends, sorted(splits), random, step_least)


def level(commits: Sequence[Sequence[float]]) -> float:
    """The level of a stretch of commits: the median of their medians."""
    return float(np.median([np.median(blocks) for blocks in commits]))


def _slice(ends: np.ndarray, first: int, last: int) -> tuple[int, int]:
    """Where the values of commits first .. last - 1 lie."""
    return (int(ends[first - 1]) if first else 0), int(ends[last - 1])


def _split(values: np.ndarray, ends: np.ndarray, first: int, last: int,
           random: np.random.Generator, splits: list[int]) -> None:
    """Stretches yet to look at wait in a list: thousands of commits would be deep recursion."""
    waiting = [(first, last)]
    while waiting:
        first, last = waiting.pop()
        split = _best_split(values, ends, first, last, random)
        if split is not None and split.p < P_LIMIT:
            splits.append(split.at)
            waiting += [(first, split.at), (split.at, last)]


def _best_split(values: np.ndarray, ends: np.ndarray, first: int, last: int,
                random: np.random.Generator) -> _Split | None:
    """`at` is a commit."""
    start, end = _slice(ends, first, last)
    places = ends[first:last - 1] - start  # candidates: values before each
    ranks = ranked(values[start:end])
    variance = float(np.var(ranks))
    if len(places) == 0 or variance == 0:
        return None
    n = end - start
    scale = np.sqrt(places * (n - places) / (n - 1) * variance)
    found = _statistics(ranks[np.newaxis, :], places, scale)[0]
    best = int(np.argmax(found))
    return _Split(first + best + 1, float(found[best]),
                  _p_value(ranks, places, scale, float(found[best]), random))


def ranked(values: np.ndarray) -> np.ndarray:
    """Ranks from 1; equal values share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[inverse]


def _statistics(ranks: np.ndarray, places: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Of each row of ranks, at each place."""
    sums = np.cumsum(ranks - ranks[0].mean(), axis=1)[:, places - 1]
    return np.abs(sums) / scale


def _p_value(ranks: np.ndarray, places: np.ndarray, scale: np.ndarray, found: float,
             random: np.random.Generator) -> float:
    """Gives up as soon as P_LIMIT is out of reach; the p is then too small, but above it."""
    as_large, drawn = 0, 0
    while drawn < ORDERS:
        batch = min(BATCH, ORDERS - drawn)
        orders = random.permuted(np.tile(ranks, (batch, 1)), axis=1)
        largest = _statistics(orders, places, scale).max(axis=1)
        as_large += int(np.count_nonzero(largest >= found * (1 - 1e-9)))
        drawn += batch
        if (as_large + 1) / (ORDERS + 1) >= P_LIMIT:
            break
    return (as_large + 1) / (drawn + 1)


def _checked(values: np.ndarray, ends: np.ndarray, splits: list[int],
             random: np.random.Generator, step_least: float) -> list[Change]:
    """Those that stand between their neighbours, too, and are a step worth a mark. What falls takes
    its neighbours' ends with it, so the others are tested again."""
    while True:
        bounds = [0, *splits, len(ends)]
        changes = []
        for before, at, after in zip(bounds, splits, bounds[2:], strict=False):
            found = _best_split(values, ends, before, after, random)
            step = _level_between(values, ends, at, after) - _level_between(
                values, ends, before, at)
            if found is not None and found.p < P_LIMIT and abs(step) >= step_least:
                changes.append(Change(at, step, found.p))
        if len(changes) == len(splits):
            return _placed(values, ends, changes)
        splits = [change.index for change in changes]


def _placed(values: np.ndarray, ends: np.ndarray, changes: list[Change]) -> list[Change]:
    """Each at the commit that makes the sum of distances to the two levels least."""
    bounds = [0, *(change.index for change in changes), len(ends)]
    placed = []
    for number, change in enumerate(changes):
        first, last = placed[-1].index if placed else 0, bounds[number + 2]
        old = _level_between(values, ends, bounds[number], change.index)
        new = _level_between(values, ends, change.index, last)
        start, end = _slice(ends, first, last)
        costs = np.cumsum(np.abs(values[start:end] - old) - np.abs(values[start:end] - new))
        best = int(np.argmin(costs[ends[first:last - 1] - start - 1])) + first + 1
        step = _level_between(values, ends, best, last) - _level_between(values, ends, first, best)
        placed.append(Change(best, step, change.p))
    return placed


def _level_between(values: np.ndarray, ends: np.ndarray, first: int, last: int) -> float:
    start, end = _slice(ends, first, last)
    return float(np.median(values[start:end]))


def find_exact_changes(commits: Sequence[Sequence[float]], step_least: float) -> list[Change]:
    """Of values without noise to speak of, one or more a commit: every step of that size."""
    values = [float(np.median(blocks)) for blocks in commits]
    return [Change(index, after - before, 0.0)
            for index, (before, after) in enumerate(zip(values, values[1:], strict=False), 1)
            if abs(after - before) >= step_least]
