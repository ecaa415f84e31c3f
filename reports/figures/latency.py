"""Latency percentile curves of a workload: a panel per operation, the rare to the right."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from reports.figures.canvas import MUTED, SIZE_SMALL, SIZE_TITLE, add_axes, add_note, add_text, \
    new_figure, styled, wrap_text
from reports.figures.lines import Line, draw_lines, names_width
from reports.load.names import short_label
from reports.statistics.kinds import DEFAULT
from reports.statistics.latency import LEAST_BEYOND, WorkloadLatency, shown_rows
from reports.statistics.units import bare, time_text

WIDE, NARROW = 1160, 350
COLUMNS = 2
HEAD, TICKS, NOTE_LINE = 48, 26, 15
PLOT_WIDE, PLOT_NARROW = 230, 210
LEFT, PANEL_GAP, ROW_GAP = 52, 40, 18
HEADING = "time by percentile · lower is better · both axes logarithmic"
HEADING_NARROW = "time by percentile · lower is better · log axes"
PERCENTILES = (50, 90, 99, 99.9, 99.99, 99.999)


@styled
def latency_figure(latency: WorkloadLatency, operations: tuple[str, ...] = (),
                   width: float = WIDE) -> Figure:
    """The given operations, or all; side by side where the figure is wide."""
    operations = operations or latency.operations
    columns = COLUMNS if width > NARROW else 1
    plot = PLOT_WIDE if width > NARROW else PLOT_NARROW
    rows = math.ceil(len(operations) / columns)
    notes = wrap_text(_note(latency), width)
    panel_height = HEAD + plot + TICKS + ROW_GAP
    height = panel_height * rows + NOTE_LINE * len(notes) + 6
    figure = new_figure(width, height)
    limits = _limits(latency, operations)
    panel_width = (width - PANEL_GAP * (columns - 1)) / columns
    for number, operation in enumerate(operations):
        left = (number % columns) * (panel_width + PANEL_GAP)
        top = (number // columns) * panel_height
        add_text(figure, left, top + 10, f"{operation} on {latency.workload}", size=SIZE_TITLE,
                 weight="bold")
        add_text(figure, left, top + 28, HEADING if columns > 1 else HEADING_NARROW,
                 size=SIZE_SMALL, color=MUTED)
        lines = lines_of(latency, operation)
        axes = add_axes(figure, left + LEFT, top + HEAD,
                        panel_width - LEFT - names_width(lines), plot)
        _scale(axes, limits, wide=columns > 1)
        draw_lines(axes, lines)
    add_note(figure, 0, height - NOTE_LINE * len(notes), notes)
    return figure


def lines_of(latency: WorkloadLatency, operation: str) -> list[Line]:
    """x is how many times rarer than all slower operations are, as a power of ten: 3 is 99.9 %."""
    lines = []
    for row in shown_rows(latency):
        points = row.histograms[operation].curve() if operation in row.histograms else []
        lines.append(Line(short_label(row.label), row.kind == DEFAULT,
                          tuple(-math.log10(slower) for slower, _ in points),
                          tuple(value for _, value in points)))
    return lines


def _limits(latency: WorkloadLatency, operations: tuple[str, ...]) -> tuple[float, float]:
    """The same in all panels, so that heights compare. Times of zero stand at the lower end."""
    values = [value for operation in operations for line in lines_of(latency, operation)
              for value in line.ys]
    low = max(1.0, min((value for value in values if value > 0), default=1.0))
    return low / 1.3, max([low * 10, *values]) * 1.3


def _scale(axes: Axes, limits: tuple[float, float], wide: bool) -> None:
    axes.set_yscale("log", nonpositive="clip")
    axes.set_ylim(*limits)
    axes.set_xlim(-math.log10(0.5), 5)
    axes.set_xticks([-math.log10(1 - percent / 100) for percent in PERCENTILES],
                    [f"{percent:g}" + ("\N{NARROW NO-BREAK SPACE}%" if wide else "")
                     for percent in PERCENTILES])
    ticks = [10.0 ** power for power in range(12) if limits[0] <= 10.0 ** power <= limits[1]]
    axes.set_yticks(ticks, [bare(time_text(tick)) for tick in ticks])
    axes.tick_params(axis="y", labelcolor=MUTED, labelsize=SIZE_SMALL)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_minor_locator(NullLocator())
    axes.grid(True, axis="both")


def _note(latency: WorkloadLatency) -> str:
    found = [histogram for row in shown_rows(latency) for histogram in row.histograms.values()]
    samples = {histogram.samples for histogram in found}
    runs = f"{min(samples)}" if len(samples) == 1 else f"{min(samples)}–{max(samples)}"
    return (f"Timed operations of {runs} fresh process{'' if samples == {1} else 'es'} a line, "
            "added up; a line ends where fewer than "
            f"{LEAST_BEYOND} were slower.")
