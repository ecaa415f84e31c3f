"""Small panels of horizontal bars beside each other, every panel with a scale of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.figures.canvas import ACCENT, BAD, GREY, INK, MUTED, SIZE_LABEL, SIZE_SMALL, \
    SIZE_TITLE, TINT, add_axes, add_keys, add_note, add_text, fit_text, new_figure, set_ticks, \
    text_width, wrap_text
from reports.statistics.estimates import Estimate
from reports.statistics.kinds import DEFAULT, VARIANT
from reports.statistics.units import NARROW_SPACE

WIDE, NARROW = 1160, 350
ROW, HEAD, TICKS, NOTE_LINE, KEYS_LINE = 23, 32, 30, 15, 26
GAP, PANEL_GAP, LABEL_OFFSET = 10, 44, 6
COLUMNS_WIDE = 3
MOST_LABEL = 150
KEY_GAP = 24


@dataclass(frozen=True)
class Bar:
    """Segments (length, colour) from zero on, a line over the interval, and a text behind."""

    label: str
    bold: bool
    segments: tuple[tuple[float, str], ...]
    interval: tuple[float, float] | None
    text: str
    bad: bool = False

    @property
    def end(self) -> float:
        total = sum(length for length, _ in self.segments)
        return max(total, self.interval[1]) if self.interval else total

    @property
    def weight(self) -> str:
        return "bold" if self.bold else "normal"


@dataclass(frozen=True)
class Panel:
    title: str
    bars: tuple[Bar, ...]
    tick: Callable[[float], str]


def estimate_bar(label: str, kind: str, time: Estimate, text: str, bad: bool = False) -> Bar:
    """In the colour of a kind of allocator, with the line over the interval."""
    color = {DEFAULT: ACCENT, VARIANT: TINT}.get(kind, GREY)
    return Bar(label, kind == DEFAULT, ((time.value, color),), (time.low, time.high), text, bad)


def line_words(estimates: Sequence[Estimate]) -> str:
    """What the line over a bar is."""
    trusted = all(estimate.trusted for estimate in estimates)
    return f"its 95{NARROW_SPACE}% interval" if trusted else "their range"


def panels_figure(title: str, panels: Sequence[Panel], keys: list[tuple[str, str]], note: str,
                  width: float = WIDE) -> Figure:
    """To be called by a figure function that is styled."""
    columns = 1 if width <= NARROW else min(COLUMNS_WIDE, max(len(panels), 1))
    height = HEAD + ROW * max((len(panel.bars) for panel in panels), default=0) + TICKS
    titles, notes = wrap_text(title, width, SIZE_TITLE, "bold"), wrap_text(note, width)
    top = 20 * len(titles) + 12
    key_lines = _key_lines(keys, width)
    body = top + KEYS_LINE * len(key_lines)
    total = body + height * ceil(len(panels) / columns) + NOTE_LINE * len(notes) + 14
    figure = new_figure(width, total)
    for number, line in enumerate(titles):
        add_text(figure, 0, 10 + 20 * number, line, size=SIZE_TITLE, weight="bold")
    for number, line in enumerate(key_lines):
        x = 0.0
        for color, text in line:
            add_keys(figure, x, top + 6 + KEYS_LINE * number, [(color, text)], (0, 0))
            x += _key_width(text)
    panel_width = (width - PANEL_GAP * (columns - 1)) / columns
    for number, panel in enumerate(panels):
        _panel(figure, panel, (number % columns) * (panel_width + PANEL_GAP),
               body + (number // columns) * height, panel_width)
    add_note(figure, 0, total - NOTE_LINE * len(notes), notes)
    return figure


def _key_width(text: str) -> float:
    return text_width(text, SIZE_SMALL) + 15 + KEY_GAP


def _key_lines(keys: list[tuple[str, str]], width: float) -> list[list[tuple[str, str]]]:
    lines: list[list[tuple[str, str]]] = []
    for key in keys:
        if lines and sum(_key_width(text) for _, text in [*lines[-1], key]) <= width + KEY_GAP:
            lines[-1].append(key)
        else:
            lines.append([key])
    return lines


def _panel(figure: Figure, panel: Panel, x: float, y: float, width: float) -> None:
    names = [fit_text(bar.label, MOST_LABEL, bar.weight) for bar in panel.bars]
    labels = max(text_width(name, SIZE_LABEL, "bold") for name in names) + GAP
    plot = width - labels
    add_text(figure, x, y + 12, fit_text(panel.title, width * 0.86, "bold"), size=SIZE_TITLE,
             weight="bold")
    axes = add_axes(figure, x + labels, y + HEAD, plot, ROW * len(panel.bars))
    axes.set_ylim(len(panel.bars) - 0.5, -0.5)
    end = max(bar.end * plot / max(plot - _text_room(bar), plot * 0.3) for bar in panel.bars)
    axes.set_xlim(0, end or 1)
    set_ticks(axes, plot if end else 0, panel.tick)
    axes.axvline(0, color=INK, linewidth=1.2)
    for number, bar in enumerate(panel.bars):
        add_text(figure, x + labels - GAP, y + HEAD + ROW * (number + 0.5), names[number],
                 weight=bar.weight, align="right")
        _bar(axes, number, bar, axes.get_xlim()[1] / plot)


def _text_room(bar: Bar) -> float:
    return text_width(bar.text, SIZE_SMALL, bar.weight) + LABEL_OFFSET + 2


def _bar(axes: Axes, number: int, bar: Bar, pixel: float) -> None:
    start = 0.0
    for length, color in bar.segments:
        axes.barh(number, length, left=start, height=0.6, color=color, linewidth=0)
        start += length
    if bar.interval and bar.interval[1] > bar.interval[0]:
        axes.plot(bar.interval, [number, number], color=INK, linewidth=1.4, solid_capstyle="butt")
    axes.text(bar.end + LABEL_OFFSET * pixel, number, bar.text, fontsize=SIZE_SMALL,
              va="center_baseline", fontweight=bar.weight if bar.segments else "normal",
              color=BAD if bar.bad else INK if bar.segments else MUTED)
