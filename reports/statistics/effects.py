"""What each factor of the variants costs: layers, layout, front, geometry, prewarm.

Main effects by least squares (leastsquares.py) on the logs of time and memory, as if the costs of
factors multiplied. What all layers cost together is also told directly, by pairs of the same build
without and with them. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reports.load.names import Names
from reports.load.records import Cell, Results, Sample
from reports.statistics.estimates import Estimate, ratio_estimate, shift_estimate
from reports.statistics.leastsquares import Blocks, Design, Fit, Leak, fit_main_effects


@dataclass(frozen=True)
class Factor:
    """A part of an axis that is on instead of off, or a value of it instead of the default."""

    axis: str
    name: str
    instead_of: str
    is_part: bool

    @property
    def title(self) -> str:
        return f"{self.axis} {self.name}" if self.name.isdecimal() else self.name

    @property
    def contrast(self) -> str:
        return "on" if self.is_part else f"not {self.instead_of}"


@dataclass(frozen=True)
class WorkloadEffects:
    """time and rss are logs of ratios, rss_bytes are bytes. None: nothing was measured."""

    workload: str  # empty: all of them, by the geometric mean
    time: Fit[Factor] | None
    rss: Fit[Factor] | None
    rss_bytes: Fit[Factor] | None


@dataclass(frozen=True)
class Pair:
    """A build with all layers over the same without, paired by block; workloads in their order."""

    title: str
    without: str
    with_all: str
    time: dict[str, Estimate]
    rss: dict[str, Estimate]
    mean_time: Estimate | None  # geometric, over the workloads
    mean_rss: Estimate | None

    @staticmethod
    def worst(ratios: Mapping[str, Estimate]) -> tuple[str, Estimate] | None:
        return max(ratios.items(), key=lambda item: item[1].value, default=None)


@dataclass(frozen=True)
class Effects:
    """factors: those that vary; together: groups that always vary together; constant: the rest."""

    factors: tuple[Factor, ...]
    together: tuple[tuple[Factor, ...], ...]
    constant: tuple[Factor, ...]
    leaks: dict[Factor, Leak[Factor]]
    workloads: tuple[WorkloadEffects, ...]
    mean: WorkloadEffects
    pairs: tuple[Pair, ...]
    variants: int

    @property
    def separable(self) -> tuple[Factor, ...]:
        return tuple(factor for factor in self.factors if factor in self.leaks)

    @property
    def intervals(self) -> int:
        """How many are told, so that a reader knows how many of them miss by chance."""
        return sum(effect.half is not None for workload in self.workloads if workload.time
                   for effect in workload.time.effects.values())


def find_effects(results: Results, names: Names) -> Effects:
    variants = {cell.allocator: values for cell in results.cells
                if (values := names.variant(cell.allocator)) is not None
                and any(sample.usable for sample in cell.samples)}
    factors = _factors(names, list(variants.values()))
    levels = {allocator: tuple(_level(names, values, factor) for factor in factors)
              for allocator, values in variants.items()}
    cells = {allocator: [cell for cell in results.cells if cell.allocator == allocator]
             for allocator in variants}
    order = list(dict.fromkeys(cell.workload for cell in results.cells))
    rows = [_workload(name, _series(cells, name), factors, levels) for name in order]
    design = Design(factors, list(levels.values()))
    return Effects(
        factors=design.varied, together=design.together(), constant=tuple(
            factor for factor in factors if factor not in design.varied),
        leaks=design.leaks(), workloads=tuple(rows),
        mean=_workload("", _mean_series(cells, order), factors, levels),
        pairs=_pairs(names, variants, cells, order), variants=len(variants))


# --- factors -------------------------------------------------------------------------------------

def _factors(names: Names, variants: Sequence[Mapping[str, str]]) -> list[Factor]:
    """Parts first; of other axes every value of the matrix or the session, but the default."""
    parts = [Factor(axis.name, part, "off", True) for axis in names.axes for part in axis.parts]
    values = [Factor(axis.name, value, axis.values[0], False)
              for axis in names.axes if not axis.parts
              for value in dict.fromkeys([*axis.values[1:],
                                          *(variant[axis.name] for variant in variants)])
              if value != axis.values[0]]
    return parts + values


def _level(names: Names, values: Mapping[str, str], factor: Factor) -> int:
    if not factor.is_part:
        return int(values[factor.axis] == factor.name)
    axis = next(axis for axis in names.axes if axis.name == factor.axis)
    return int(factor.name in axis.parts_in(values[factor.axis]))


# --- what was measured ---------------------------------------------------------------------------

Measure = Callable[[Sample], float | None]
Series = dict[str, dict[str, Blocks]]  # quantity -> allocator -> block


def _time(sample: Sample) -> float | None:
    return sample.elapsed_ns / sample.ops if sample.elapsed_ns and sample.ops else None


def _wall(sample: Sample) -> float | None:
    return float(sample.wall_ns)


def _rss(sample: Sample) -> float | None:
    return float(sample.peak_rss) or None


def _series(cells: Mapping[str, Sequence[Cell]], workload: str) -> Series:
    """Positive values: ns per operation, or of whole runs where none counts operations; bytes."""
    here = {allocator: [cell for cell in mine if cell.workload == workload]
            for allocator, mine in cells.items()}
    samples = [sample for mine in here.values() for cell in mine for sample in cell.samples]
    time = _time if any(_time(sample) for sample in samples) else _wall
    return {key: {allocator: blocks for allocator, mine in here.items()
                  if (blocks := _blocks(mine, measure))}
            for key, measure in (("time", time), ("rss", _rss))}


def _blocks(cells: Sequence[Cell], measure: Measure) -> Blocks:
    values: dict[int, list[float]] = {}
    for sample in (sample for cell in cells for sample in cell.samples):
        value = measure(sample) if sample.usable else None
        if value:
            values.setdefault(sample.block, []).append(value)
    return {block: math.exp(float(np.mean(np.log(found)))) for block, found in values.items()}


def _mean_series(cells: Mapping[str, Sequence[Cell]], order: Sequence[str]) -> Series:
    """Geometric means over the workloads, in blocks that have them all."""
    parts = [_series(cells, workload) for workload in order]
    series: Series = {}
    for key in ("time", "rss"):
        shown = [part[key] for part in parts if part[key]]
        for allocator in cells:
            found = [blocks.get(allocator, {}) for blocks in shown]
            both = set.intersection(*(set(blocks) for blocks in found)) if found else set()
            mean = {block: math.exp(float(np.mean([math.log(blocks[block]) for blocks in found])))
                    for block in sorted(both)}
            if mean:
                series.setdefault(key, {})[allocator] = mean
    return series


def _workload(name: str, series: Series, factors: Sequence[Factor],
              levels: Mapping[str, Sequence[int]]) -> WorkloadEffects:
    def fit(key: str, scale: Callable[[float], float]) -> Fit[Factor] | None:
        found = series.get(key, {})
        if not found:
            return None
        scaled = [{block: scale(value) for block, value in blocks.items()}
                  for blocks in found.values()]
        return fit_main_effects(factors, [levels[allocator] for allocator in found], scaled)
    return WorkloadEffects(name, fit("time", math.log), fit("rss", math.log), fit("rss", float))


# --- all layers, directly ------------------------------------------------------------------------

def _pairs(names: Names, variants: Mapping[str, Mapping[str, str]],
           cells: Mapping[str, Sequence[Cell]], order: Sequence[str]) -> tuple[Pair, ...]:
    pairs = []
    for axis in (axis for axis in names.axes if axis.parts):
        none, every = axis.values[:2]
        for without, values in variants.items():
            wanted = {**values, axis.name: every}
            mate = next((name for name, other in variants.items() if other == wanted), None)
            if values[axis.name] == none and mate is not None:
                pairs.append(_pair(_pair_title(names, values, axis.name), without, mate, cells,
                                   order))
    return tuple(pairs)


def _pair_title(names: Names, values: Mapping[str, str], parted: str) -> str:
    """Layout and front always; of the other axes only what differs from the default."""
    words = []
    for axis in names.axes:
        value = values[axis.name]
        if axis.name in ("layout", "front"):
            words.append(value)
        elif axis.name != parted and value != axis.values[0]:
            words.append(f"{axis.name}={value}" if value.isdecimal() else value)
    return " ".join(words)


def _pair(title: str, without: str, with_all: str, cells: Mapping[str, Sequence[Cell]],
          order: Sequence[str]) -> Pair:
    both = {without: cells[without], with_all: cells[with_all]}
    ratios: dict[str, dict[str, Estimate]] = {"time": {}, "rss": {}}
    logs: dict[str, list[Blocks]] = {"time": [], "rss": []}
    for workload in order:
        for key, found in _series(both, workload).items():
            above, below = found.get(with_all, {}), found.get(without, {})
            ratio = ratio_estimate(above, below)
            if ratio:
                ratios[key][workload] = ratio
                logs[key].append({block: math.log(above[block] / below[block])
                                  for block in above.keys() & below.keys()})
    return Pair(title, without, with_all, ratios["time"], ratios["rss"],
                _mean_ratio(logs["time"]), _mean_ratio(logs["rss"]))


def _mean_ratio(logs: Sequence[Blocks]) -> Estimate | None:
    """A block's value is its mean over the workloads, so that drift cancels within it."""
    if not logs:
        return None
    blocks = sorted(set.intersection(*(set(found) for found in logs)))
    shift = shift_estimate([sum(found[block] for found in logs) / len(logs) for block in blocks])
    return shift and Estimate(math.exp(shift.value), math.exp(shift.low), math.exp(shift.high),
                              shift.confidence, shift.n)
