"""The section on micro-benchmarks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from reports.figures.charts import Chart, publish
from reports.figures.micro import micro_figure
from reports.figures.panels import NARROW
from reports.statistics.micro import Family
from reports.statistics.units import time_text

STEM = "micro"
HEAD = ("benchmark", "allocator", "median_ns", "low_ns", "high_ns", "n", "faults_per_op",
        "ratio_to_best_peer", "ratio_low", "ratio_high")


def micro_view(found: tuple[Family, ...], folder: Path) -> dict[str, object]:
    """Variables of micro.html.j2; chart and numbers are also left in `folder`."""
    return {"micro": found, "micro_chart": _chart(found, folder) if found else None}


def csv_rows(found: Iterable[Family]) -> Iterator[list[object]]:
    for benchmark in (one for family in found for one in family.benchmarks):
        for entry in benchmark.entries:
            if entry.time:
                yield [benchmark.name, entry.allocator, f"{entry.time.value:.3f}",
                       f"{entry.time.low:.3f}", f"{entry.time.high:.3f}", entry.time.n,
                       entry.faults,
                       *((f"{end:.5f}" for end in (entry.ratio.value, entry.ratio.low,
                                                   entry.ratio.high))
                         if entry.ratio else ("", "", ""))]


def _chart(found: tuple[Family, ...], folder: Path) -> Chart:
    about = "; ".join(
        f"{family.mean.name}: " + ", ".join(f"{entry.label} {time_text(entry.time.value)}"
                                            for entry in family.mean.entries[:7] if entry.time)
        for family in found)
    return publish(folder, STEM, "Time of operations", f"{about}.", micro_figure(found),
                   {"micro": micro_figure(found, NARROW)}, (HEAD, csv_rows(found)))
