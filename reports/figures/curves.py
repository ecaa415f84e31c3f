"""Time per operation against load: one panel per program, both axes logarithmic, so that a factor
is the same height everywhere. hakmem in the accent colour over its peers in grey, named directly.
"""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from reports.figures.canvas import MUTED, SIZE_TITLE, add_axes, add_note, add_text, new_figure, \
    styled, wrap_text
from reports.figures.lines import Line, draw_lines, names_width
from reports.statistics import curves
from reports.statistics.curves import Curve

WIDTH, PLOT_HEIGHT = 880, 300
HEAD, TICKS, AXIS_TITLE, NOTE_LINE = 34, 24, 22, 15
LEFT, PANEL_GAP = 34, 36
X_TICKS_MAX = 8
Y_STEPS = (1, 2, 5)
UNITS = {"slots": "live slots", "threads": "threads"}


@styled
def curves_figure(found: list[Curve], caption: str = "") -> Figure:
    """Curves of one option, a panel each."""
    option = UNITS.get(found[0].option, found[0].option)
    title = wrap_text(f"Time per operation against {option} "
                      "(ns, lower is better; both axes logarithmic)", WIDTH, SIZE_TITLE, "bold")
    notes = wrap_text(f"Median of {_samples_text(found)} fresh processes a point; elapsed time "
                      f"over the operations of all threads together. {caption}".strip(), WIDTH)
    top = 20 * len(title) + 10
    height = top + HEAD + PLOT_HEIGHT + TICKS + AXIS_TITLE + NOTE_LINE * len(notes) + 14
    figure = new_figure(WIDTH, height)
    for number, line in enumerate(title):
        add_text(figure, 0, 10 + 20 * number, line, size=SIZE_TITLE, weight="bold")
    width = (WIDTH - PANEL_GAP * (len(found) - 1)) / len(found)
    limits = _limits(found)
    for number, curve in enumerate(found):
        _panel(figure, curve, number * (width + PANEL_GAP), top, width, limits)
    add_note(figure, 0, height - NOTE_LINE * len(notes), notes)
    return figure


def _samples_text(found: list[Curve]) -> str:
    counts = {point.samples for curve in found for line in curve.lines for point in line.points}
    return f"{min(counts)}" if len(counts) == 1 else f"{min(counts)}–{max(counts)}"


def _limits(found: list[Curve]) -> tuple[float, float]:
    """The same in all panels, so that heights compare."""
    values = [point.ns for curve in found for line in curve.lines for point in line.points]
    return min(values) / 1.15, max(values) * 1.15


def _panel(figure: Figure, curve: Curve, x: float, y: float, width: float,
           limits: tuple[float, float]) -> None:
    lines = [_line(line, line is curve.candidate) for line in curve.lines]
    plot_width = width - LEFT - names_width(lines)
    option = UNITS.get(curve.option, curve.option)
    add_text(figure, x, y + 12, curve.program, size=SIZE_TITLE, weight="bold")
    add_text(figure, x + LEFT + plot_width / 2, y + HEAD + PLOT_HEIGHT + TICKS + 10, option,
             color=MUTED, align="center")
    axes = add_axes(figure, x + LEFT, y + HEAD, plot_width, PLOT_HEIGHT)
    _scale(axes, curve.xs, limits)
    draw_lines(axes, lines, markers=True)


def _line(line: curves.Line, own: bool) -> Line:
    return Line(line.allocator, own, tuple(float(point.x) for point in line.points),
                tuple(point.ns for point in line.points))


def _scale(axes: Axes, xs: list[int], limits: tuple[float, float]) -> None:
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_ylim(*limits)
    axes.set_xlim(xs[0] / 1.1, xs[-1] * 1.1)
    step = math.ceil(len(xs) / X_TICKS_MAX)
    shown = xs[::-1][::step][::-1]
    axes.set_xticks(shown, [count_text(x) for x in shown])
    ticks = [step * 10.0 ** power for power in range(-1, 7) for step in Y_STEPS
             if limits[0] <= step * 10.0 ** power <= limits[1]]
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.tick_params(axis="y", labelcolor=MUTED, labelsize=10.5)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_minor_locator(NullLocator())
    axes.grid(True, axis="y")


def count_text(value: int) -> str:
    """1024 as 1 Ki, 4194304 as 4 Mi; others in full."""
    for size, unit in ((1 << 20, "Mi"), (1 << 10, "Ki")):
        if value % size == 0:
            return f"{value // size} {unit}"
    return str(value)

