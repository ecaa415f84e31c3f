"""Time per operation against load: one panel per program, both axes logarithmic, so that a factor
is the same height everywhere. hakmem in the accent colour over its peers in grey, named directly.
"""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from reports.curves import Curve, Line
from reports.figures.canvas import ACCENT, GREY, INK, MUTED, SIZE_LABEL, SIZE_TITLE, \
    add_axes, add_note, add_text, new_figure, styled, text_width, wrap_text

WIDTH, PLOT_HEIGHT = 880, 300
HEAD, TICKS, AXIS_TITLE, NOTE_LINE = 34, 24, 22, 15
LEFT, PANEL_GAP, LABEL_GAP, LABEL_STEP = 34, 36, 16, 15
X_TICKS_MAX = 8
# Peers cross: the dashes tell two grey lines apart between their names and the crossing.
DASHES = ("solid", (0, (6, 2)), (0, (2, 1.5)), (0, (6, 2, 1, 2)), (0, (1, 1)))
Y_STEPS = (1, 2, 5)
UNITS = {"slots": "live slots", "threads": "threads"}


@styled
def curves_figure(curves: list[Curve], caption: str = "") -> Figure:
    """Curves of one option, a panel each."""
    option = UNITS.get(curves[0].option, curves[0].option)
    title = wrap_text(f"Time per operation against {option} "
                      "(ns, lower is better; both axes logarithmic)", WIDTH, SIZE_TITLE + 1)
    notes = wrap_text(f"Median of {_samples_text(curves)} fresh processes a point; elapsed time "
                      f"over the operations of all threads together. {caption}".strip(), WIDTH)
    top = 20 * len(title) + 10
    height = top + HEAD + PLOT_HEIGHT + TICKS + AXIS_TITLE + NOTE_LINE * len(notes) + 14
    figure = new_figure(WIDTH, height)
    for number, line in enumerate(title):
        add_text(figure, 0, 10 + 20 * number, line, size=SIZE_TITLE, weight="bold")
    width = (WIDTH - PANEL_GAP * (len(curves) - 1)) / len(curves)
    limits = _limits(curves)
    for number, curve in enumerate(curves):
        _panel(figure, curve, number * (width + PANEL_GAP), top, width, limits)
    add_note(figure, 0, height - NOTE_LINE * len(notes), notes)
    return figure


def _samples_text(curves: list[Curve]) -> str:
    counts = {point.samples for curve in curves for line in curve.lines for point in line.points}
    return f"{min(counts)}" if len(counts) == 1 else f"{min(counts)}–{max(counts)}"


def _limits(curves: list[Curve]) -> tuple[float, float]:
    """The same in all panels, so that heights compare."""
    values = [point.ns for curve in curves for line in curve.lines for point in line.points]
    return min(values) / 1.15, max(values) * 1.15


def _panel(figure: Figure, curve: Curve, x: float, y: float, width: float,
           limits: tuple[float, float]) -> None:
    labels = max(text_width(line.allocator, SIZE_LABEL, "bold") for line in curve.lines)
    plot_width = width - LEFT - labels - LABEL_GAP
    option = UNITS.get(curve.option, curve.option)
    add_text(figure, x, y + 12, curve.program, size=SIZE_TITLE, weight="bold")
    add_text(figure, x + LEFT + plot_width / 2, y + HEAD + PLOT_HEIGHT + TICKS + 10, option,
             color=MUTED, align="center")
    axes = add_axes(figure, x + LEFT, y + HEAD, plot_width, PLOT_HEIGHT)
    _scale(axes, curve.xs, limits)
    for number, line in enumerate(curve.peers):
        _draw(axes, line, GREY, 1.5, DASHES[number % len(DASHES)])
    _draw(axes, curve.candidate, ACCENT, 2.6, "solid")
    _name_lines(axes, curve, plot_width)


def _draw(axes: Axes, line: Line, color: str, width: float, dashes: object) -> None:
    axes.plot([point.x for point in line.points], [point.ns for point in line.points], color=color,
              linewidth=width, linestyle=dashes, marker="o", markersize=width + 1.5)


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


def _name_lines(axes: Axes, curve: Curve, plot_width: float) -> None:
    """Names at the right end, moved apart where lines end close to each other."""
    ends = sorted(((line.points[-1], line) for line in curve.lines if line.points),
                  key=lambda end: end[0].ns)
    places = spread([_pixels(axes, point.ns) for point, _ in ends], LABEL_STEP)
    for (point, line), place in zip(ends, places, strict=True):
        own = line is curve.candidate
        right = 1 + LABEL_GAP / plot_width
        axes.plot([point.x, axes.get_xlim()[1]], [point.ns, point.ns], color=GREY, linewidth=0.8)
        axes.annotate("", xy=(1, _pixels(axes, point.ns) / PLOT_HEIGHT),
                      xytext=(right - 2 / plot_width, place / PLOT_HEIGHT),
                      xycoords="axes fraction", textcoords="axes fraction", annotation_clip=False,
                      arrowprops={"arrowstyle": "-", "color": ACCENT if own else GREY,
                                  "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0})
        axes.text(right, place / PLOT_HEIGHT, line.allocator, transform=axes.transAxes,
                  fontsize=SIZE_LABEL, va="center_baseline", color=ACCENT if own else INK,
                  fontweight="bold" if own else "normal")


def _pixels(axes: Axes, value: float) -> float:
    """Above the lower end of the axes."""
    low, high = (math.log(limit) for limit in axes.get_ylim())
    return (math.log(value) - low) / (high - low) * PLOT_HEIGHT


def spread(places: list[float], step: float) -> list[float]:
    """Ascending places moved to be at least `step` apart, each bunch about its own middle."""
    bunches: list[tuple[float, int]] = []  # middle and size
    for place in places:
        bunches.append((place, 1))
        while len(bunches) > 1:
            (below, n), (above, m) = bunches[-2:]
            if above - below >= step * (n + m) / 2:
                break
            bunches[-2:] = [((below * n + above * m) / (n + m), n + m)]
    return [middle + step * (number - (size - 1) / 2) for middle, size in bunches
            for number in range(size)]
