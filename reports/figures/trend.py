"""A workload over its commits: ops/s as a ratio to the anchor on top, the other metrics below.

The line goes through the estimates, the band is their 95 % interval. A dotted line stands at each
change point, named directly by its commit; what was accepted has a diamond and is grey. Axes start
near the values, because a drift of one per cent must be seen; the anchor's level is drawn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from reports.figures.canvas import ACCENT, BAD, DOTS_PER_INCH, GREY, INK, MUTED, SIZE_LABEL, \
    SIZE_SMALL, SIZE_TITLE, TINT, add_axes, add_note, add_text, fit_text, new_figure, styled, \
    text_width, wrap_text
from reports.load.history import FAULTS, INSTRUCTIONS, P999, RSS, TIME, Commit
from reports.statistics.trend import Shift, Trend, percent

WIDE, NARROW = 1160, 350
TITLES = {TIME: "Operations per second", FAULTS: "Soft page faults", RSS: "Peak RSS",
          P999: "p99.9 of malloc", INSTRUCTIONS: "Instructions"}
HEAD, TICKS, PLOT_HEIGHT, SMALL_HEIGHT = 22, 20, 190, 92
LEFT, GAP, LABEL_STEP, NOTE_LINE = 46, 40, 16, 15
LABEL_ROOM = 330  # pixels to the right of a dotted line for a name to stand there
SUBJECT_ROOM = 240  # pixels, below which a name goes without its subject
LABELS_MAX = 6  # the largest; the others are in the table
LEAST_RANGE = 0.03  # of an axis, in logarithms, so that noise alone does not look like a shift


@dataclass(frozen=True)
class _Frame:
    """The commits that all panels of a workload share on their x-axis."""

    first: Commit
    last: Commit
    tags: tuple[tuple[int, str], ...]  # position and name of releases

    @property
    def limits(self) -> tuple[float, float]:
        margin = max(0.5, (self.last.position - self.first.position) * 0.015)
        return self.first.position - margin, self.last.position + margin


@styled
def trend_figure(trends: list[Trend], anchor: str, tags: dict[str, str],
                 width: int = WIDE) -> Figure:
    """All metrics of one workload. The first metric that is there gets the large panel."""
    frame = _frame(trends, tags)
    columns = max(1, min(len(trends) - 1, 4 if width >= WIDE else 1))
    rows = math.ceil((len(trends) - 1) / columns)
    named = _named_shifts(trends[0].shifts)
    notes = wrap_text(_note(trends, anchor), width)
    top = HEAD + LABEL_STEP * len(named) + (6 if named else 0)
    small = HEAD + SMALL_HEIGHT + TICKS + 14
    height = top + PLOT_HEIGHT + 2 * TICKS + 10 + rows * small + NOTE_LINE * len(notes) + 8
    figure = new_figure(width, height)
    _heading(figure, trends[0], 0, 9, width, SIZE_TITLE)
    axes = add_axes(figure, LEFT, top, width - LEFT, PLOT_HEIGHT)
    _panel(axes, trends[0], frame, named=True)
    _commit_ticks(axes, frame, width - LEFT)
    for number, label in enumerate(_labels(named, frame, width)):
        _name_shift(figure, label, HEAD + LABEL_STEP * number + 8, top - 2)
    cell = (width - GAP * (columns - 1)) / columns
    for number, trend in enumerate(trends[1:]):
        x = number % columns * (cell + GAP)
        y = top + PLOT_HEIGHT + 2 * TICKS + 10 + number // columns * small
        _heading(figure, trend, x, y + 9, cell, SIZE_LABEL)
        _panel(add_axes(figure, x + LEFT, y + HEAD, cell - LEFT, SMALL_HEIGHT), trend, frame,
               named=False)
    add_note(figure, 0, height - NOTE_LINE * len(notes) + 2, notes)
    return figure


def _frame(trends: list[Trend], tags: dict[str, str]) -> _Frame:
    commits = sorted({point.commit for trend in trends for point in trend.points},
                     key=lambda commit: commit.position)
    return _Frame(commits[0], commits[-1], tuple(
        (commit.position, tags[commit.id]) for commit in commits if commit.id in tags))


def _note(trends: list[Trend], anchor: str) -> str:
    blocks = {point.n for point in trends[0].points}
    text = f"{min(blocks)}" if len(blocks) == 1 else f"{min(blocks)} to {max(blocks)}"
    return (f"Ratio to {anchor}, measured in turns with each commit; line: estimate, band: 95 % "
            f"interval over {text} blocks. Dotted: change points with p < .001; diamond: accepted. "
            "Axes do not start at zero.")


def _heading(figure: Figure, trend: Trend, x: float, y: float, width: float, size: float) -> None:
    better = "higher" if trend.metric == TIME else "lower"
    title = TITLES[trend.metric]
    add_text(figure, x, y, title, size=size, weight="bold")
    rest = f"ratio to the anchor, {better} is better"
    left = text_width(title, size, "bold") + 8
    if left + text_width(rest, SIZE_SMALL) > width:
        rest = f"{better} is better"
    add_text(figure, x + left, y, rest, size=SIZE_SMALL, color=MUTED)


def shown(metric: str, logarithm: float) -> float:
    """Times are shown as speeds."""
    return math.exp(-logarithm if metric == TIME else logarithm)


def _panel(axes: Axes, trend: Trend, frame: _Frame, named: bool) -> None:
    xs = [point.commit.position for point in trend.points]
    middle = [shown(trend.metric, point.value) for point in trend.points]
    ends = [sorted((shown(trend.metric, point.low), shown(trend.metric, point.high)))
            for point in trend.points]
    axes.set_xlim(*frame.limits)
    axes.set_ylim(*_limits(middle, ends))
    axes.grid(True, axis="y")
    axes.grid(False, axis="x")
    axes.axhline(1, color=GREY, linewidth=1)
    for position, _ in frame.tags:
        axes.axvline(position, color=GREY, linewidth=0.8)
    for shift in trend.shifts:
        axes.axvline(_place(shift), color=_color(shift), linewidth=1.4, linestyle=(0, (1, 2)))
        if shift.acceptance:
            axes.plot([_place(shift)], [shown(trend.metric, _value_at(trend, shift))], marker="D",
                      markersize=6 if named else 4.5, color=MUTED, zorder=5)
    axes.fill_between(xs, [low for low, _ in ends], [high for _, high in ends], color=TINT,
                      linewidth=0, alpha=0.6)
    axes.plot(xs, middle, color=ACCENT, linewidth=2 if named else 1.4, marker="o",
              markersize=_marker_size(len(xs), named))
    if len(xs) == 1:
        axes.errorbar(xs, middle, [[middle[0] - ends[0][0]], [ends[0][1] - middle[0]]],
                      color=TINT, linewidth=2)
    _value_ticks(axes, 5 if named else 3)
    axes.set_xticks([])


def _marker_size(points: int, named: bool) -> float:
    return 0 if points > 120 else (4 if named else 2.5) if points <= 60 else 2


def _limits(middle: list[float], ends: list[list[float]]) -> tuple[float, float]:
    """Around all estimates, the anchor and nearly all of the band: one wide interval alone must not
    flatten the rest."""
    lows, highs = sorted(low for low, _ in ends), sorted(high for _, high in ends)
    low = min(1.0, *middle, lows[len(lows) // 20])
    high = max(1.0, *middle, highs[-1 - len(highs) // 20])
    margin = max((high - low) * 0.08, LEAST_RANGE - (high - low) / 2, 0.004)
    return low - margin, high + margin


def _value_ticks(axes: Axes, count: int) -> None:
    low, high = axes.get_ylim()
    ticks = [tick for tick in MaxNLocator(count, steps=[1, 2, 5, 10]).tick_values(low, high)
             if low <= tick <= high]
    digits = 2 if len(ticks) < 2 or ticks[1] - ticks[0] > 0.0099 else 3
    axes.set_yticks(ticks, [f"{tick:.{digits}f}" for tick in ticks])
    axes.tick_params(axis="y", labelcolor=MUTED, labelsize=SIZE_SMALL)


def _commit_ticks(axes: Axes, frame: _Frame, width: float) -> None:
    """The first and the last commit with their dates, releases by name between them."""
    low, high = axes.get_xlim()
    ends = {frame.first.position: f"{frame.first.short}\n{frame.first.utc[:10]}",
            frame.last.position: f"{frame.last.short}\n{frame.last.utc[:10]}"}
    room = text_width("2025-11-22", SIZE_SMALL) + 8
    taken = [(place - low) / (high - low) * width for place in ends]
    for position, name in frame.tags:
        middle = (position - low) / (high - low) * width
        need = room / 2 + text_width(name, SIZE_SMALL) / 2
        if all(abs(middle - other) >= need for other in taken):
            ends[position] = name
            taken.append(middle)
    axes.set_xticks(list(ends), list(ends.values()))
    for label, position in zip(axes.get_xticklabels(), ends, strict=True):
        if frame.first.position < frame.last.position:
            label.set_ha({frame.first.position: "left", frame.last.position: "right"}.get(
                position, "center"))


def _named_shifts(shifts: list[Shift]) -> list[Shift]:
    largest = sorted(shifts, key=lambda shift: -abs(shift.step))[:LABELS_MAX]
    return sorted(largest, key=lambda shift: shift.commit.position)


def _place(shift: Shift) -> float:
    """Between the last commit on the old level and the first on the new one."""
    return (shift.before.position + shift.commit.position) / 2


def _value_at(trend: Trend, shift: Shift) -> float:
    values = {point.commit.position: point.value for point in trend.points}
    return (values[shift.before.position] + values[shift.commit.position]) / 2


def _color(shift: Shift) -> str:
    if shift.acceptance or shift.made_good:
        return MUTED
    return BAD if shift.is_worse else ACCENT


@dataclass(frozen=True)
class _Label:
    shift: Shift
    x: float  # of its dotted line, in pixels
    goes_left: bool
    room: float


def _labels(shifts: list[Shift], frame: _Frame, width: int) -> list[_Label]:
    """One a line, from the top. Those near the right end go left and come first, from right to
    left; the others follow from left to right and end before the first of those. So no dotted line
    runs through the name of another."""
    low, high = frame.limits
    places = [LEFT + (_place(shift) - low) / (high - low) * (width - LEFT) for shift in shifts]
    least = min(LABEL_ROOM, (width - LEFT) / 2)
    labels = [_Label(shift, x, True, x) for shift, x in zip(shifts, places, strict=True)
              if width - x < least][::-1]
    end = min([width, *(label.x - 2 for label in labels)])
    return labels + [_Label(shift, x, False, end - x)
                     for shift, x in zip(shifts, places, strict=True) if width - x >= least]


def _name(shift: Shift, room: float) -> str:
    """As much as there is room for: the whole, a shortened subject, or no subject at all."""
    mark = " · accepted" if shift.acceptance else " · made good later" if shift.made_good else ""
    short = f"{shift.commit.short} {percent(-shift.step)} ops/s"
    if room >= SUBJECT_ROOM:
        return fit_text(f"{short}{mark} · {shift.commit.subject}", room)
    return next((text for text in (short + mark, short, shift.commit.short)
                 if text_width(text) <= room), "")


def _name_shift(figure: Figure, label: _Label, y: float, bottom: float) -> None:
    """Beginning or ending at the dotted line, which goes on from there to the panel."""
    shift, x = label.shift, label.x
    color = _color(shift)
    add_text(figure, x + (-6 if label.goes_left else 6), y, _name(shift, label.room - 10),
             color=INK if color == MUTED else color, align="right" if label.goes_left else "left")
    width, height = figure.get_size_inches() * DOTS_PER_INCH
    figure.add_artist(Line2D((x / width, x / width), (1 - (y + 7) / height, 1 - bottom / height),
                             color=color, linewidth=1.4, linestyle=(0, (1, 2)),
                             transform=figure.transFigure))
