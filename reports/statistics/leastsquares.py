"""Least squares with main effects only, in blocks, and what such a design can tell apart.

First the effects of blocks are taken off. Then each variant counts once, by its mean, because two
runs of one build share what is peculiar to it: an interval is that of the scatter between variants
about the model, with as many degrees of freedom as there are variants beyond parameters
(Montgomery, Design and Analysis of Experiments: blocking, fractions, alias structure). Pure.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from scipy import stats as scipy_stats

from reports.statistics.estimates import CONFIDENCE

TOLERANCE = 1e-9  # of the algebra: what is smaller is zero

Blocks = Mapping[int, float]  # by block, the mean over its samples
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Effect:
    """On the scale of what was fitted. The interval is value ± half."""

    value: float
    half: float | None  # None: no degree of freedom is left to tell

    @property
    def is_clear(self) -> bool:
        return self.half is not None and abs(self.value) > self.half


@dataclass(frozen=True)
class Fit(Generic[Key]):
    """Effects by factor; those that cannot be told apart have none."""

    effects: dict[Key, Effect]
    variants: int
    blocks: int
    freedom: int


@dataclass(frozen=True)
class Leak(Generic[Key]):
    """The largest share of an interaction of two factors that an effect takes for its own. An
    interaction is a difference of differences, about the mean of the variants."""

    share: float
    of: tuple[Key, Key] | None


class Design(Generic[Key]):
    """Factors and a row of their levels, 0 or 1, for each variant; weights as numbers of runs."""

    def __init__(self, factors: Sequence[Key], levels: Sequence[Sequence[int]],
                 weights: np.ndarray | None = None) -> None:
        self.factors = tuple(factors)
        self.levels = np.array(levels, dtype=float).reshape(len(levels), len(factors))
        self.root = np.sqrt(np.ones(len(levels)) if weights is None else weights)
        self.columns = np.column_stack([np.ones(len(levels)), self.levels])
        weighted = self.columns * self.root[:, None]
        self.inverse = np.linalg.pinv(weighted, rcond=TOLERANCE)
        # The identity where every factor can be told apart.
        self.resolution = self.inverse @ weighted

    @property
    def rank(self) -> int:
        return round(float(np.trace(self.resolution)))

    @property
    def varied(self) -> tuple[Key, ...]:
        return tuple(factor for n, factor in enumerate(self.factors)
                     if len(self.levels) and np.ptp(self.levels[:, n]) > 0)

    @property
    def separable(self) -> tuple[Key, ...]:
        return tuple(factor for n, factor in enumerate(self.factors) if self._separates(n))

    def _separates(self, n: int) -> bool:
        unit = np.eye(len(self.factors) + 1)[n + 1]
        return bool(np.abs(self.resolution[n + 1] - unit).max() < 1e-6)

    def solve(self, values: np.ndarray) -> np.ndarray:
        """The constant, then the effects."""
        return self.inverse @ (values * self.root)

    def together(self) -> tuple[tuple[Key, ...], ...]:
        """Groups of factors of which only sums can be told."""
        lost = np.abs(np.eye(len(self.factors)) - self.resolution[1:, 1:]) > 1e-6
        places = [n for n, factor in enumerate(self.factors)
                  if factor in self.varied and not self._separates(n)]
        groups: list[set[int]] = []
        for n in places:
            mates = {n} | {m for m in places if lost[n, m]}
            groups = [group for group in groups if not group & mates] + [
                mates.union(*(group for group in groups if group & mates))]
        return tuple(tuple(self.factors[n] for n in sorted(group)) for group in groups)

    def leaks(self) -> dict[Key, Leak[Key]]:
        """Of the factors that can be told apart."""
        separable = [factor for factor in self.varied if factor in self.separable]
        pairs = list(itertools.combinations(self.varied, 2))
        if not pairs:
            return {factor: Leak(0.0, None) for factor in separable}
        place = {factor: n for n, factor in enumerate(self.factors)}
        centred = self.levels - self.levels.mean(axis=0)
        shares = np.abs([self.solve(centred[:, place[a]] * centred[:, place[b]])[1:]
                         for a, b in pairs])
        found = {}
        for factor in separable:
            mine = shares[:, place[factor]]
            top = int(mine.argmax())
            found[factor] = Leak(float(mine[top]), pairs[top]) if mine[top] > TOLERANCE else \
                Leak(0.0, None)
        return found


def fit_main_effects(factors: Sequence[Key], levels: Sequence[Sequence[int]],
                     series: Sequence[Blocks]) -> Fit[Key]:
    """`levels` and `series` hold a row a variant; values are on the scale on which effects add."""
    means, weights = adjusted_means(series)
    design = Design(factors, levels, weights)
    solution = design.solve(means)
    freedom = len(series) - design.rank
    halves: list[float | None] = [None] * len(solution)
    if freedom > 0:
        residuals = (means - design.columns @ solution) * design.root
        spread = np.sqrt((design.inverse ** 2).sum(axis=1) * (residuals @ residuals) / freedom)
        halves = [float(half) for half in
                  spread * scipy_stats.t.ppf((1 + CONFIDENCE) / 2, freedom)]
    separable = set(design.separable) & set(design.varied)
    return Fit(
        effects={factor: Effect(float(solution[n]), halves[n])
                 for n, factor in enumerate(factors, 1) if factor in separable},
        variants=len(series), freedom=freedom,
        blocks=len({block for blocks in series for block in blocks}))


def adjusted_means(series: Sequence[Blocks]) -> tuple[np.ndarray, np.ndarray]:
    """The mean of each variant as if it had run in every block, and in how many it did."""
    blocks = sorted({block for found in series for block in found})
    weights = np.array([len(found) for found in series], dtype=float)
    if all(len(found) == len(blocks) for found in series):
        return np.array([np.mean(list(found.values())) for found in series]), weights
    rows = [(variant, blocks.index(block), value) for variant, found in enumerate(series)
            for block, value in found.items()]
    columns = np.zeros((len(rows), len(series) + len(blocks)))
    for n, (variant, block, _) in enumerate(rows):
        columns[n, variant] = columns[n, len(series) + block] = 1
    solution = np.linalg.lstsq(columns, np.array([row[2] for row in rows]), rcond=None)[0]
    return solution[:len(series)] + solution[len(series):].mean(), weights
