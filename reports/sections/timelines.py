"""The section on memory and page faults over time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from reports.figures.charts import Chart, file_stem, publish
from reports.figures.timeline import NARROW, QUANTITIES, timeline_figure
from reports.statistics.timelines import WorkloadTimelines
from reports.statistics.units import bytes_text

HEAD = ("allocator", "block", "at_ns", "rss_bytes", "minflt")


def timelines_view(found: tuple[WorkloadTimelines, ...], folder: Path) -> dict[str, object]:
    """Variables of timelines.html.j2; each chart is also left in `folder`."""
    return {"timelines": tuple((one.workload, _chart(one, folder)) for one in found)}


def csv_rows(timelines: WorkloadTimelines) -> Iterator[tuple[object, ...]]:
    for line in timelines.lines:
        for moment in line.moments:
            yield line.label, line.block, moment.at_ns, moment.rss, moment.minflt


def _chart(timelines: WorkloadTimelines, folder: Path) -> Chart:
    ends = "; ".join(f"{line.label}: at most {bytes_text(line.peak_rss)}, {line.end.minflt} faults "
                     f"in {line.end.at_ns / 1e9:.2g} s" for line in timelines.lines[:8])
    return publish(folder, file_stem("timeline", timelines.workload),
                   f"Memory and soft page faults over time on {timelines.workload}",
                   f"{ends}.", timeline_figure(timelines),
                   {quantity: timeline_figure(timelines, (quantity,), NARROW)
                    for quantity in QUANTITIES},
                   (HEAD, csv_rows(timelines)))
