"""How numbers are written: one scale per workload and measure, the same in plots and tables."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from reports.statistics.estimates import Estimate
from reports.statistics.leastsquares import Effect
from reports.statistics.summary import Row, Workload

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


def time_text(ns: float) -> str:
    """Three significant digits with the unit that suits: 38.2 ns, 1.20 µs."""
    for size, unit in ((1, "ns"), (1e3, "µs"), (1e6, "ms")):
        if ns / size < 999.5:
            return f"{_three_digits(ns / size)}{NARROW_SPACE}{unit}"
    return f"{_three_digits(ns / 1e9)}{NARROW_SPACE}s"


def short_count(value: float) -> str:
    """Three significant digits: 184 M, 1.62 k; below a thousand in full."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size * 0.9995:
            return f"{_three_digits(value / size)}{NARROW_SPACE}{unit}"
    return f"{value:.0f}" if abs(value) >= 20 else f"{value:g}"


def bytes_text(value: float) -> str:
    """Bytes in the unit of 1024s that suits, three significant digits."""
    for size, unit in ((1024 ** 3, "GiB"), (MIB, "MiB"), (1024, "KiB")):
        if abs(value) >= size:
            return f"{_three_digits(value / size)}{NARROW_SPACE}{unit}"
    return f"{value:.0f}{NARROW_SPACE}B"


def bare(text: str) -> str:
    """A number as on an axis, without zeros that say nothing: 1.00 ms as 1 ms, 0.00 ns as 0."""
    number, space, unit = text.partition(NARROW_SPACE)
    if "." in number:
        number = number.rstrip("0").rstrip(".")
    return "0" if number == "0" else number + space + unit


def _three_digits(value: float) -> str:
    digits = 0 if abs(value) >= 99.95 else 1 if abs(value) >= 9.995 else 2
    return f"{value:.{digits}f}"


def percent_text(fraction: float) -> str:
    """A rate in percent, two significant digits."""
    percent = fraction * 100
    return f"{percent:.0f}{NARROW_SPACE}%" if percent >= 9.95 else f"{percent:#.2g}{NARROW_SPACE}%"


def change_text(ratio: float) -> str:
    """A ratio as a change: +1.3 %."""
    return f"{_signed((ratio - 1) * 100, 1)}{NARROW_SPACE}%"


def change_interval(estimate: Estimate | None) -> str:
    """What a ratio's interval is as changes: +0.8 to +1.9; a dagger where it is only a range."""
    if estimate is None or estimate.n < 2:
        return "no interval"
    ends = [_signed((end - 1) * 100, 1) for end in (estimate.low, estimate.high)]
    return f"{ends[0]} to {ends[1]}{'' if estimate.trusted else '†'}"


def effect_text(effect: Effect) -> str:
    """An effect on logs as a change: +1.3 %."""
    return change_text(math.exp(effect.value))


def effect_half_text(effect: Effect) -> str:
    """Half the width of its interval, in percent: ± 0.6."""
    if effect.half is None:
        return "no interval"
    low, high = math.expm1(effect.value - effect.half), math.expm1(effect.value + effect.half)
    return f"±{NARROW_SPACE}{(high - low) * 50:.1f}"


def bytes_effect_text(effect: Effect) -> str:
    """An effect on bytes with half of its interval: +120 ± 30 KiB."""
    top = max(abs(effect.value), effect.half or 0.0)
    size, unit, digits = (MIB, "MiB", 1) if top >= 10 * MIB else (1024, "KiB", 0)
    half = "" if effect.half is None else f" ±{NARROW_SPACE}{effect.half / size:.{digits}f}"
    return f"{_signed(effect.value / size, digits)}{half}{NARROW_SPACE}{unit}"


def _signed(value: float, digits: int) -> str:
    """With a sign, but for a zero; the minus as wide as the plus."""
    text = f"{abs(value):.{digits}f}"
    if not text.strip("0."):
        return text
    return ("+" if value > 0 else "\N{MINUS SIGN}") + text


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
