"""How numbers are written: one scale per workload and measure, the same in plots and tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reports.stats import Estimate
from reports.summary import Row, Workload

NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"
MIB = 1024 * 1024


@dataclass(frozen=True)
class Measure:
    """A column of numbers; `title`, `unit` and `better` together head every plot of it."""

    key: str
    title: str
    unit: str
    short: str  # the unit in a table
    better: str
    divisor: float
    digits: int
    of: Callable[[Row], Estimate | None]

    def text(self, value: float) -> str:
        return f"{value / self.divisor:,.{self.digits}f}".replace(",", NARROW_SPACE)

    @property
    def heading(self) -> str:
        return f"{self.unit} · {self.better} is better"


def measures(workload: Workload) -> tuple[Measure, Measure, Measure]:
    """Throughput, soft page faults and peak memory, scaled to this workload's numbers."""
    return speed_measure(workload), FAULTS, memory_measure(workload)


def speed_measure(workload: Workload) -> Measure:
    top = max((row.speed.value for row in workload.rows if row.speed), default=0.0)
    divisor, prefix = next(((size, word) for size, word in ((1e6, "million "), (1e3, "thousand "))
                            if top >= size), (1.0, ""))
    title, noun, short = ("Throughput", "operations per second", "ops/s") if workload.counts_ops \
        else ("Speed", "runs per second", "runs/s")
    return Measure("speed", title, prefix + noun, prefix + short, "higher", divisor,
                   _digits(top / divisor), lambda row: row.speed)


def memory_measure(workload: Workload) -> Measure:
    top = max((row.peak_rss.value for row in workload.rows if row.peak_rss), default=0.0)
    return Measure("rss", "Peak RSS", "MiB", "MiB", "lower", MIB, _digits(top / MIB),
                   lambda row: row.peak_rss)


FAULTS = Measure("faults", "Soft page faults", "count in the measured phase", "count", "lower",
                 1.0, 0, lambda row: row.phase_faults)


def _digits(top: float) -> int:
    """Decimals that leave the largest value three or four significant digits."""
    return 0 if top >= 1000 else 1 if top >= 20 else 2


def ratio_text(value: float) -> str:
    return f"{value:.2f}" if value >= 0.095 else f"{value:.3f}"


def percent_text(fraction: float) -> str:
    """A rate in percent, two significant digits."""
    percent = fraction * 100
    return f"{percent:.0f}{NARROW_SPACE}%" if percent >= 9.95 else f"{percent:.2g}{NARROW_SPACE}%"


def interval_note(estimates: list[Estimate]) -> str:
    """What the whiskers of these medians are, and how much they really cover."""
    if not estimates:
        return "no usable sample"
    if max(e.n for e in estimates) == 1:
        return "one sample each, no interval"
    head = f"median of n = {span_text([e.n for e in estimates])} fresh processes; line: "
    if all(e.trusted for e in estimates):
        return head + "95 % interval of the median"
    return f"{head}range of the samples, which covers the median with {coverage_text(estimates)}"


def coverage_text(estimates: list[Estimate]) -> str:
    return f"{span_text([round(e.confidence * 100) for e in estimates])}{NARROW_SPACE}%"


def span_text(numbers: list[int]) -> str:
    """The smallest and the largest, or the one number that all are."""
    low, high = min(numbers), max(numbers)
    return f"{low}" if low == high else f"{low}–{high}"
