"""Lines that are named directly: the accent over grey, each name at the end of its line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from reports.figures.canvas import ACCENT, DOTS_PER_INCH, INK, SIZE_LABEL, STROKE, fit_text, \
    text_width

LABEL_GAP, LABEL_STEP = 16, 15
MOST_LABEL = 132  # pixels; longer names lose their middle, the table has them in full
# Peers cross: the dashes tell two grey lines apart between their names and the crossing.
DASHES = ("solid", (0, (6, 2)), (0, (2, 1.5)), (0, (6, 2, 1, 2)), (0, (1, 1)))


@dataclass(frozen=True)
class Line:
    label: str
    own: bool  # the one that the figure is about
    xs: tuple[float, ...]
    ys: tuple[float, ...]

    @property
    def name(self) -> str:
        return fit_text(self.label, MOST_LABEL, self.weight)

    @property
    def weight(self) -> str:
        return "bold" if self.own else "normal"


def names_width(lines: Sequence[Line]) -> float:
    """What the names need to the right of the axes, in pixels."""
    return max((text_width(line.name, SIZE_LABEL, line.weight) for line in lines),
               default=0.0) + LABEL_GAP


def draw_lines(axes: Axes, lines: Sequence[Line], markers: bool = False) -> None:
    """Limits and scales of the axes must be set. What is its own is drawn last, above."""
    others = [line for line in lines if not line.own]
    for number, line in enumerate(others):
        _draw(axes, line, STROKE, 1.5, DASHES[number % len(DASHES)], markers)
    for line in lines:
        if line.own:
            _draw(axes, line, ACCENT, 2.6, "solid", markers)
    _name_lines(axes, [line for line in lines if line.xs])


def _draw(axes: Axes, line: Line, color: str, width: float, dashes: object,
          markers: bool) -> None:
    axes.plot(line.xs, line.ys, color=color, linewidth=width, linestyle=dashes,
              marker="o" if markers or len(line.xs) == 1 else None, markersize=width + 1.5,
              label=line.label)


def _name_lines(axes: Axes, lines: Sequence[Line]) -> None:
    """Names at the right end, moved apart where lines end close to each other."""
    width, height = _size(axes)
    to_share = axes.transScale + axes.transLimits
    ends = sorted(((to_share.transform((line.xs[-1], line.ys[-1])), line) for line in lines),
                  key=lambda end: end[0][1])
    places = spread([place[1] * height for place, _ in ends], LABEL_STEP, height)
    for (end, line), place in zip(ends, places, strict=True):
        right = 1 + LABEL_GAP / width
        color = ACCENT if line.own else STROKE
        if end[0] < 0.99:
            axes.plot(line.xs[-1], line.ys[-1], marker="o", markersize=4, color=color,
                      label="_end")
        axes.plot((end[0], 1, right - 2 / width), (end[1], end[1], place / height), color=color,
                  linewidth=0.8, linestyle=(0, (1, 2.5)), transform=axes.transAxes,
                  clip_on=False, label="_leader")
        axes.text(right, place / height, line.name, transform=axes.transAxes,
                  fontsize=SIZE_LABEL, va="center_baseline", color=ACCENT if line.own else INK,
                  fontweight=line.weight)


def _size(axes: Axes) -> tuple[float, float]:
    """In pixels."""
    total = axes.figure.get_size_inches() * DOTS_PER_INCH
    box = axes.get_position()
    return box.width * total[0], box.height * total[1]


def spread(places: list[float], step: float, end: float = float("inf")) -> list[float]:
    """Ascending places moved to be at least `step` apart, each bunch about its own middle, and
    within 0 and `end` as far as there is room."""
    bunches: list[tuple[float, int]] = []  # middle and size
    for place in places:
        bunches.append((place, 1))
        while len(bunches) > 1:
            (below, n), (above, m) = bunches[-2:]
            if above - below >= step * (n + m) / 2:
                break
            bunches[-2:] = [((below * n + above * m) / (n + m), n + m)]
    moved = [middle + step * (number - (size - 1) / 2) for middle, size in bunches
             for number in range(size)]
    moved = [max(place, step * number) for number, place in enumerate(moved)]
    return [min(place, end - step * (len(moved) - 1 - number))
            for number, place in enumerate(moved)]
