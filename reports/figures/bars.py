"""One workload: a horizontal bar per allocator for each measure, fastest first.

The wide figure shares its rows between the measures, so that the eye walks from speed to page
faults to memory; the narrow one has a single measure with each label above its bar.
"""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.figures.canvas import ACCENT, BAD, GREY, INK, KEYS, MUTED, SIZE_LABEL, SIZE_SMALL, \
    SIZE_TITLE, TINT, add_axes, add_keys, add_note, add_text, fit_text, new_figure, set_ticks, \
    styled, text_width, wrap_text
from reports.statistics.kinds import DEFAULT, VARIANT
from reports.statistics.summary import Row, Workload
from reports.statistics.units import Measure, interval_note, measures

# Filters: printed on the figure whenever they hide something. Above so many rows, variants with
# some of the layers, which are measured for the effects, are left out first, then the slowest.
MAX_ROWS = 36

WIDE, NARROW = 1160, 350
ROW_WIDE, ROW_NARROW = 23, 36
HEAD, TICKS, NOTE_LINE = 50, 26, 15
GAP, PANEL_GAP, LABEL_OFFSET = 12, 34, 6
LEAST_LABELS, MOST_LABELS = 150, 300  # the keys need the least; the table has labels in full
LEAST_BAR = 0.3  # of a panel's width, however long the label behind the bar
BAR_SHARE_WIDE, BAR_SHARE_NARROW = 0.60, 0.36
KEYS_PAIRED = [(ACCENT, "A"), (GREY, "B")]


@dataclass(frozen=True)
class Frame:
    """Where a panel stands, in pixels, and how its rows are divided."""

    x: float
    y: float
    width: float
    height: float
    bar_share: float
    bar_shift: float  # of a bar's middle below its row's middle, in rows
    grid: bool


@styled
def workload_figure(workload: Workload) -> Figure:
    """All measures beside each other."""
    rows = shown_rows(workload)
    notes = wrap_text(_note(workload, rows), WIDE)
    height = HEAD + ROW_WIDE * len(rows) + TICKS + NOTE_LINE * len(notes) + 8
    figure = new_figure(WIDE, height)
    add_keys(figure, 0, 10, KEYS_PAIRED if workload.paired else KEYS, (0, 15))
    names = [fit_text(row.label, MOST_LABELS, _weight(row)) for row in rows]
    labels = max(LEAST_LABELS, *(text_width(name, SIZE_LABEL, _weight(row)) + GAP
                                 for name, row in zip(names, rows, strict=True)))
    panel = (WIDE - labels - 2 * PANEL_GAP) / 3
    for number, row in enumerate(rows):
        add_text(figure, labels - GAP, HEAD + ROW_WIDE * (number + 0.5), names[number],
                 weight=_weight(row), align="right")
    for number, measure in enumerate(measures(workload)):
        frame = Frame(labels + number * (panel + PANEL_GAP), HEAD, panel, ROW_WIDE * len(rows),
                      BAR_SHARE_WIDE, 0.0, grid=True)
        _panel(figure, frame, measure, rows, with_trouble=number == 0)
    add_note(figure, 0, height - NOTE_LINE * len(notes), notes)
    return figure


@styled
def measure_figure(workload: Workload, measure: Measure) -> Figure:
    """One measure for a narrow page."""
    rows = shown_rows(workload)
    notes = wrap_text(_note(workload, rows), NARROW)
    height = HEAD + ROW_NARROW * len(rows) + TICKS + NOTE_LINE * len(notes) + 30
    figure = new_figure(NARROW, height)
    for number, row in enumerate(rows):
        add_text(figure, 0, HEAD + ROW_NARROW * number + 11,
                 fit_text(row.label, NARROW, _weight(row)), weight=_weight(row))
    frame = Frame(0, HEAD, NARROW, ROW_NARROW * len(rows), BAR_SHARE_NARROW, 0.22, grid=False)
    _panel(figure, frame, measure, rows, with_trouble=measure.key == "speed")
    add_keys(figure, 0, height - NOTE_LINE * len(notes) - 22,
             KEYS_PAIRED if workload.paired else KEYS, (NARROW / 2.7, 0))
    add_note(figure, 0, height - NOTE_LINE * len(notes), notes)
    return figure


def _panel(figure: Figure, frame: Frame, measure: Measure, rows: tuple[Row, ...],
           with_trouble: bool) -> None:
    add_text(figure, frame.x, 12, measure.title, size=SIZE_TITLE, weight="bold")
    add_text(figure, frame.x, 30, measure.heading, size=SIZE_SMALL, color=MUTED)
    axes = add_axes(figure, frame.x, frame.y, frame.width, frame.height)
    labels = [_value_label(measure, row, with_trouble) for row in rows]
    axes.set_ylim(len(rows) - 0.5, -0.5)
    end = _right_end(frame.width, measure, rows, labels)
    axes.set_xlim(0, end or 1)
    set_ticks(axes, frame.width if end else 0, lambda value: _tick(value, measure))
    axes.grid(frame.grid, axis="x")
    for number, row in enumerate(rows):
        _bar(axes, frame, number + frame.bar_shift, measure, row, labels[number])
    if frame.grid:
        axes.axvline(0, color=INK, linewidth=1.2)


def _bar(axes: Axes, frame: Frame, middle: float, measure: Measure, row: Row,
         label: tuple[str, bool]) -> None:
    """The bar to the median, a line over the interval, and the number behind both."""
    estimate = measure.of(row)
    text, bad = label
    end = 0.0
    if estimate:
        value, low, high = (part / measure.divisor
                            for part in (estimate.value, estimate.low, estimate.high))
        axes.barh(middle, value, height=frame.bar_share, color=_color(row), linewidth=0)
        if high > low:
            axes.plot([low, high], [middle, middle], color=INK, linewidth=1.4,
                      solid_capstyle="butt")
        end = max(value, high)
    offset = LABEL_OFFSET * axes.get_xlim()[1] / frame.width
    axes.text(end + offset, middle, text, fontsize=SIZE_SMALL, va="center_baseline",
              color=BAD if bad else INK if estimate else MUTED,
              fontweight=_weight(row) if estimate else "normal")


def _value_label(measure: Measure, row: Row, with_trouble: bool) -> tuple[str, bool]:
    """The text behind a bar, and whether it tells of trouble."""
    estimate = measure.of(row)
    bad = with_trouble and row.counts.bad > 0
    if estimate is not None:
        text = measure.text(estimate.value)
        return (f"{text} · {row.counts.bad_words}" if bad else text), bad
    if not with_trouble:
        return "–", False
    if row.missing is not None:
        return "not installed", False
    return row.trouble or ("–" if row.counts.done else "not measured yet"), bad


def _right_end(width: float, measure: Measure, rows: tuple[Row, ...],
               labels: list[tuple[str, bool]]) -> float:
    """The axis end that leaves every bar room for the label behind it; 0 when there is none."""
    end = 0.0
    for row, (text, _) in zip(rows, labels, strict=True):
        estimate = measure.of(row)
        if estimate:
            used = text_width(text, SIZE_SMALL, _weight(row)) + LABEL_OFFSET + 2
            room = max(width - used, width * LEAST_BAR)
            end = max(end, estimate.high / measure.divisor * width / room)
    return end


def _tick(value: float, measure: Measure) -> str:
    text = measure.text(value * measure.divisor)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _weight(row: Row) -> str:
    return "bold" if row.kind == DEFAULT else "normal"


def _color(row: Row) -> str:
    return {DEFAULT: ACCENT, VARIANT: TINT}.get(row.kind, GREY)


def shown_rows(workload: Workload) -> tuple[Row, ...]:
    if len(workload.rows) <= MAX_ROWS:
        return workload.rows
    return tuple(row for row in workload.rows if not row.some_layers)[:MAX_ROWS]


def _note(workload: Workload, rows: tuple[Row, ...]) -> str:
    note = interval_note([row.speed for row in rows if row.speed])
    partial = sum(row.some_layers for row in workload.rows) - sum(row.some_layers for row in rows)
    slower = len(workload.rows) - len(rows) - partial
    hidden = [f"{number} {word}{'' if number == 1 else 's'}{rest}" for number, word, rest in
              ((partial, "variant", " with some of the layers"), (slower, "slower row", ""))
              if number]
    if hidden:
        note += f"; only in the table: {' and '.join(hidden)} (MAX_ROWS = {MAX_ROWS})"
    return note[0].upper() + note[1:] + "."
