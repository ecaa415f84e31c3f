"""The section on whole programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from reports.figures.charts import Chart, publish
from reports.figures.panels import NARROW
from reports.figures.programs import programs_figure
from reports.statistics.programs import ProgramRows
from reports.statistics.summary import Summary
from reports.statistics.units import time_text

STEM = "programs"
HEAD = ("program", "allocator", "runs", "rounds", "failures", "median_ns", "low_ns", "high_ns",
        "mean_ns", "stddev_ns", "user_ns", "system_ns", "ratio_to_best_peer", "ratio_low",
        "ratio_high")


def programs_view(found: tuple[ProgramRows, ...], summary: Summary,
                  folder: Path) -> dict[str, object]:
    """Variables of programs.html.j2; chart and numbers are also left in `folder`. Memory and faults
    are those of the samples that proved the allocator."""
    proofs = {(workload.name, row.allocator): row
              for workload in summary.workloads for row in workload.rows}
    return {"programs": [(program, [(row, proofs.get((program.name, row.allocator)))
                                    for row in program.rows]) for program in found],
            "programs_chart": _chart(found, folder) if found else None}


def csv_rows(found: Iterable[ProgramRows]) -> Iterator[list[object]]:
    for program in found:
        for row in program.rows:
            own = row.program
            yield [program.name, row.allocator, own.runs, own.rounds, own.failures,
                   *((f"{end:.0f}" for end in (row.time.value, row.time.low, row.time.high))
                     if row.time else ("", "", "")),
                   *("" if value is None else f"{value:.0f}"
                     for value in (own.mean_ns, own.stddev_ns, own.user_ns, own.system_ns)),
                   *((f"{end:.5f}" for end in (row.ratio.value, row.ratio.low, row.ratio.high))
                     if row.ratio else ("", "", ""))]


def _chart(found: tuple[ProgramRows, ...], folder: Path) -> Chart:
    about = "; ".join(
        f"{program.name}: " + ", ".join(f"{row.label} {time_text(row.time.value)}"
                                        for row in program.rows[:7] if row.time)
        for program in found)
    return publish(folder, STEM, "Time of whole programs", f"{about}.", programs_figure(found),
                   {"programs": programs_figure(found, NARROW)}, (HEAD, csv_rows(found)))
