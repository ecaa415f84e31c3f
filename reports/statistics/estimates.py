"""The statistics of the report: exact, distribution-free, without resampling.

Medians carry the order-statistic interval; paired comparisons carry the Hodges-Lehmann estimate
with the interval of Wilcoxon's signed-rank test (Hollander & Wolfe, Nonparametric Statistical
Methods, 3.1-3.4). With fewer than six values no interval of this kind reaches 95 %: the range
is given with the coverage that it really has, and callers must say so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

CONFIDENCE = 0.95
# The fewest values whose range covers the median (or the shift) with 95 %: 1 - 2/2^6 = .969.
SMALLEST_N = 6


@dataclass(frozen=True)
class Estimate:
    """low <= value <= high; the interval covers the truth with probability `confidence`."""

    value: float
    low: float
    high: float
    confidence: float
    n: int

    @property
    def trusted(self) -> bool:
        return self.confidence >= CONFIDENCE


def median_estimate(values: Sequence[float], confidence: float = CONFIDENCE) -> Estimate | None:
    """The median and the shortest symmetric order-statistic interval that covers enough."""
    n = len(values)
    if n == 0:
        return None
    ordered = sorted(float(value) for value in values)
    tail = 0.5 ** n  # P(Bin(n, 1/2) <= outside)
    outside = 0
    while True:
        wider_tail = tail + math.comb(n, outside + 1) * 0.5 ** n
        if 2 * wider_tail > 1 - confidence or 2 * (outside + 1) >= n:
            break
        tail, outside = wider_tail, outside + 1
    middle = float(np.median(ordered))
    return Estimate(middle, ordered[outside], ordered[n - 1 - outside], 1 - 2 * tail, n)


def shift_estimate(differences: Sequence[float],
                   confidence: float = CONFIDENCE) -> Estimate | None:
    """Hodges-Lehmann: the median of the Walsh averages, with the exact signed-rank interval."""
    n = len(differences)
    if n == 0:
        return None
    values = np.asarray(differences, dtype=float)
    first, second = np.triu_indices(n)
    walsh = np.sort((values[first] + values[second]) / 2)
    tails = np.cumsum(signed_rank_distribution(n))
    outside = max(0, int(np.searchsorted(tails, (1 - confidence) / 2, side="right")) - 1)
    return Estimate(float(np.median(walsh)), float(walsh[outside]), float(walsh[-1 - outside]),
                    float(1 - 2 * tails[outside]), n)


def signed_rank_distribution(n: int) -> np.ndarray:
    """P(W+ = w) for w = 0 .. n(n+1)/2 under the null: each rank joins with probability 1/2."""
    mass = np.zeros(n * (n + 1) // 2 + 1)
    mass[0] = 1.0
    for rank in range(1, n + 1):
        with_rank = np.zeros_like(mass)
        with_rank[rank:] = mass[:-rank]
        mass = (mass + with_rank) / 2
    return mass


def ratio_estimate(candidate: Mapping[int, float],
                   reference: Mapping[int, float]) -> Estimate | None:
    """candidate / reference from log ratios paired by block; > 1 means the candidate is higher.

    Both map a block of the plan to a positive value. Blocks that only one side has are left out:
    what differs between blocks (drift, neighbours) cancels only within a block.
    """
    blocks = sorted(candidate.keys() & reference.keys())
    logs = [math.log(candidate[block] / reference[block]) for block in blocks]
    shift = shift_estimate(logs)
    if shift is None:
        return None
    return Estimate(math.exp(shift.value), math.exp(shift.low), math.exp(shift.high),
                    shift.confidence, shift.n)


def relative_spread(values: Sequence[float]) -> float:
    """Robust coefficient of variation: 1.4826 x median absolute deviation / median."""
    middle = float(np.median(values))
    if middle == 0:
        return 0.0
    deviation = float(np.median(np.abs(np.asarray(values, dtype=float) - middle)))
    return 1.4826 * deviation / abs(middle)


def rate_upper_bound(trials: int) -> float:
    """95 % upper limit of a rate of which no event was seen in `trials`: the rule of three."""
    return min(1.0, 3.0 / trials) if trials > 0 else 1.0
