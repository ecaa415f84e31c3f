"""The sections on speed: the overview, every workload's bars and numbers, soft page faults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from reports.figures import bars, faults, overview, panels
from reports.figures.charts import Chart, Table, file_stem, publish
from reports.sections.headline import Verdict, verdict_of
from reports.statistics import units
from reports.statistics.estimates import Estimate
from reports.statistics.summary import Row, Summary, Workload

WORKLOAD_HEAD = ("measure", "unit", "allocator", "median", "low", "high", "confidence", "n")
OVERVIEW_HEAD = ("workload", "allocator", "ratio", "low", "high", "confidence", "n")
FAULTS_HEAD = ("workload", "allocator", "start_up", "measured_phase", "after")


@dataclass(frozen=True)
class View:
    """A workload's section."""

    data: Workload
    id: str
    speed: units.Measure
    memory: units.Measure
    chart: Chart
    verdict: Verdict

    @property
    def ratio(self) -> Estimate | None:
        return self.data.default.ratio if self.data.default else None


def workloads_view(summary: Summary, elsewhere: Mapping[str, str],
                   folder: Path) -> dict[str, object]:
    """Variables of headline.html.j2, workload.html.j2 and faults.html.j2; charts are left too.
    What is told `elsewhere`, which names its section, has none of its own here."""
    told = replace(summary, workloads=tuple(
        workload for workload in summary.workloads if workload.name not in elsewhere))
    views = [_view(workload, folder) for workload in told.workloads]
    return {"workloads": views, "ids": {**elsewhere, **{view.data.name: view.id for view in views}},
            "overview": _overview(told, folder), "faults_chart": _faults(summary, folder),
            "untrusted": any(row.speed and not row.speed.trusted
                             for workload in told.workloads for row in workload.rows)}


def _view(workload: Workload, folder: Path) -> View:
    speed, _, memory = parts = units.measures(workload)
    stem = file_stem(workload.name)
    chart = publish(
        folder, stem, f"Throughput, soft page faults and peak RSS on {workload.name}",
        _about(workload, speed), bars.workload_figure(workload),
        {measure.key: bars.measure_figure(workload, measure) for measure in parts},
        (WORKLOAD_HEAD, workload_rows(workload)))
    ratio = workload.default.ratio if workload.default else None
    return View(workload, stem, speed, memory, chart, verdict_of(ratio))


def _about(workload: Workload, speed: units.Measure) -> str:
    told = [f"{row.label} {speed.text(row.speed.value)}" for row in workload.rows if row.speed]
    return (f"Throughput in {speed.unit}, highest first: {', '.join(told[:8])}"
            f"{' and slower ones' if len(told) > 8 else ''}. All numbers are in the table below.")


def workload_rows(workload: Workload) -> Iterator[list[object]]:
    """What the figure shows, in base units: operations per second, faults, bytes."""
    for measure in units.measures(workload):
        unit = {"rss": "bytes", "faults": "count"}.get(
            measure.key, "ops/s" if workload.counts_ops else "runs/s")
        for row in bars.shown_rows(workload):
            yield [measure.title, unit, row.allocator, *estimate_cells(measure.of(row))]


def estimate_cells(estimate: Estimate | None) -> list[object]:
    if estimate is None:
        return ["", "", "", "", 0]
    return [*(f"{value:.10g}" for value in (estimate.value, estimate.low, estimate.high)),
            f"{estimate.confidence:.4f}", estimate.n]


def _overview(summary: Summary, folder: Path) -> Chart | None:
    compared = [workload for workload in summary.workloads if workload.best_peer]
    if not compared:
        return None
    told = "; ".join(f"{workload.name} {units.ratio_text(workload.default.ratio.value)}"
                     for workload in compared if workload.default and workload.default.ratio)
    return publish(
        folder, "overview", overview.title_of(summary),
        f"{'A' if summary.paired else 'The release default'}: {told or 'no number'}.",
        overview.overview_figure(summary),
        {"overview": overview.overview_figure(summary, overview.NARROW)},
        (OVERVIEW_HEAD, overview_rows(summary)))


def overview_rows(summary: Summary) -> Iterator[list[object]]:
    for workload in summary.workloads:
        if workload.best_peer:
            for row in overview.shown_rows(workload):
                yield [workload.name, row.label,
                       *estimate_cells(overview.ratio_of(workload, row))]


def _faults(summary: Summary, folder: Path) -> Chart | None:
    if not any(faults.shown_rows(workload) for workload in summary.workloads):
        return None
    told = "; ".join(_faults_text(workload, row) for workload in summary.workloads
                     if (row := workload.default) and faults.parts_of(row))
    return publish(folder, "faults", faults.TITLE, f"hakmem: {told or 'no number'}.",
                   faults.faults_figure(summary),
                   {"faults": faults.faults_figure(summary, panels.NARROW)}, faults_table(summary))


def _faults_text(workload: Workload, row: Row) -> str:
    return f"{workload.name} " + " + ".join(units.short_count(part)
                                            for part in faults.parts_of(row))


def faults_table(summary: Summary) -> Table:
    return FAULTS_HEAD, ([workload.name, row.label, *(f"{part:.10g}" for part in
                                                     faults.parts_of(row))]
                         for workload in summary.workloads for row in faults.shown_rows(workload))
