"""What each factor costs: a panel a factor, a row a workload, a dot with its interval about zero.

The wide figure shares its rows between panels, layers above all other factors, each of the two with
a scale of its own; the narrow one is a panel alone.
"""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.figures.canvas import ACCENT, INK, MUTED, SIZE_LABEL, SIZE_SMALL, SIZE_TITLE, STROKE, \
    add_axes, add_note, add_text, new_figure, set_ticks, styled, text_width, wrap_text
from reports.statistics.effects import Effects, Factor, WorkloadEffects
from reports.statistics.leastsquares import Effect

WIDE, NARROW = 1160, 350
ROW, HEAD, TICKS, NOTE_LINE = 19, 42, 24, 15
GAP, PANEL_GAP, BLOCK_GAP = 12, 26, 18
PANELS_MAX = 5  # beside each other
MEAN = "all workloads"
TITLE = "Cost in time per operation, % (left of zero is faster; line: 95 % interval)"
NOTE = ("Dots in colour are clear of zero. Of all intervals one in twenty misses by chance. "
        "Layers have a scale of their own.")


@styled
def effects_figure(effects: Effects) -> Figure:
    """Every factor that can be told apart."""
    rows = shown_rows(effects)
    blocks = [panels[n:n + PANELS_MAX] for panels in _groups(effects)
              for n in range(0, len(panels), PANELS_MAX)]
    notes = wrap_text(NOTE, WIDE)
    block_height = HEAD + ROW * len(rows) + TICKS + BLOCK_GAP
    height = 26 + block_height * len(blocks) + NOTE_LINE * len(notes) + 6
    figure = new_figure(WIDE, height)
    add_text(figure, 0, 10, TITLE, size=SIZE_TITLE, weight="bold")
    labels = max(text_width(_label(row), SIZE_LABEL, _weight(row)) for row in rows) + GAP
    width = (WIDE - labels - PANEL_GAP * (PANELS_MAX - 1)) / PANELS_MAX
    for number, panels in enumerate(blocks):
        top = 26 + block_height * number
        limits = _limits(rows, panels)
        for place, row in enumerate(rows):
            add_text(figure, labels - GAP, top + HEAD + ROW * (place + 0.5), _label(row),
                     weight=_weight(row), align="right")
        for place, factor in enumerate(panels):
            left = labels + place * (width + PANEL_GAP)
            _head(figure, factor, left, top, factor.contrast)
            _panel(figure, rows, factor, left, top, width, limits)
    add_note(figure, 0, height - NOTE_LINE * len(notes), notes)
    return figure


@styled
def factor_figure(effects: Effects, factor: Factor) -> Figure:
    """One factor for a narrow page."""
    rows = shown_rows(effects)
    labels = max(text_width(_label(row), SIZE_LABEL, _weight(row)) for row in rows) + GAP
    figure = new_figure(NARROW, HEAD + ROW * len(rows) + TICKS + 22)
    mates = next(group for group in _groups(effects) if factor in group)
    for place, row in enumerate(rows):
        add_text(figure, labels - GAP, HEAD + ROW * (place + 0.5), _label(row),
                 weight=_weight(row), align="right")
    _head(figure, factor, 0, 0,
          f"{factor.contrast} · cost in time per operation, %, lower is better")
    _panel(figure, rows, factor, labels, 0, NARROW - labels, _limits(rows, mates))
    add_note(figure, 0, HEAD + ROW * len(rows) + TICKS + 12,
             ["line: 95 % interval; in colour: clear of zero"])
    return figure


def shown_rows(effects: Effects) -> list[WorkloadEffects]:
    """Workloads with numbers, and below them their geometric mean when there are several."""
    rows = [row for row in effects.workloads if row.time]
    return rows + ([effects.mean] if len(rows) > 1 and effects.mean.time else [])


def _groups(effects: Effects) -> list[list[Factor]]:
    """Layers, then the others; each group with a scale of its own."""
    groups = ([factor for factor in effects.separable if factor.is_part],
              [factor for factor in effects.separable if not factor.is_part])
    return [group for group in groups if group]


def _label(row: WorkloadEffects) -> str:
    return row.workload or MEAN


def _weight(row: WorkloadEffects) -> str:
    return "normal" if row.workload else "bold"


def _effect(row: WorkloadEffects, factor: Factor) -> Effect | None:
    return row.time.effects.get(factor) if row.time else None


def _percent(value: float) -> float:
    return 100 * math.expm1(value)


def _limits(rows: list[WorkloadEffects], factors: list[Factor]) -> tuple[float, float]:
    """The same for all panels of a group, and zero always inside."""
    ends = [0.0]
    for row in rows:
        for factor in factors:
            effect = _effect(row, factor)
            if effect:
                ends += [_percent(effect.value - (effect.half or 0)),
                         _percent(effect.value + (effect.half or 0))]
    low, high = min(ends), max(ends)
    margin = 0.04 * (high - low) or 1.0
    return low - margin, high + margin


def _head(figure: Figure, factor: Factor, x: float, top: float, text: str) -> None:
    add_text(figure, x, top + 14, factor.title, size=SIZE_TITLE, weight="bold")
    add_text(figure, x, top + 31, text, size=SIZE_SMALL, color=MUTED)


def _panel(figure: Figure, rows: list[WorkloadEffects], factor: Factor, x: float, top: float,
           width: float, limits: tuple[float, float]) -> None:
    axes = add_axes(figure, x, top + HEAD, width, ROW * len(rows))
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(*limits)
    set_ticks(axes, width, lambda value: f"{value:g}".replace("-", "−"))
    axes.axvline(0, color=INK, linewidth=1.2)
    for place, row in enumerate(rows):
        effect = _effect(row, factor)
        if effect:
            _dot(axes, place, effect, ACCENT if effect.is_clear else STROKE)


def _dot(axes: Axes, place: int, effect: Effect, color: str) -> None:
    if effect.half is not None:
        axes.plot([_percent(effect.value - effect.half), _percent(effect.value + effect.half)],
                  [place, place], color=color, linewidth=2, solid_capstyle="butt")
    axes.plot([_percent(effect.value)], [place], marker="o", markersize=6, color=color)
