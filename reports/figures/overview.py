"""The matrix in one figure: a panel per workload, throughput relative to its best peer."""

from __future__ import annotations

from math import ceil

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.figures.canvas import ACCENT, BAD, GREY, INK, MUTED, SIZE_LABEL, SIZE_SMALL, \
    SIZE_TITLE, add_axes, add_note, add_text, fit_text, new_figure, set_ticks, styled, text_width, \
    wrap_text
from reports.load.names import short_label
from reports.statistics.estimates import Estimate
from reports.statistics.kinds import DEFAULT, PEER
from reports.statistics.summary import Row, Summary, Workload
from reports.statistics.units import coverage_text, ratio_text, span_text

WIDE, README, NARROW = 1160, 880, 350
ROW, HEAD, TICKS, NOTE_LINE = 23, 32, 30, 15
GAP, PANEL_GAP, LABEL_OFFSET = 10, 44, 6
MOST_LABEL = 170  # pixels; the table has labels in full
COLUMNS_WIDE = 3
TITLE = "Throughput relative to the best peer of each workload (best peer = 1, higher is better)"
TITLE_PAIRED = "Throughput of A relative to B (B = 1, higher is better)"


@styled
def overview_figure(summary: Summary, width: float = WIDE, caption: str = "") -> Figure:
    """hakmem's release default and every peer; other variants are left to the workload figures."""
    workloads = [workload for workload in summary.workloads if workload.best_peer]
    columns = 1 if width <= NARROW else min(COLUMNS_WIDE, max(len(workloads), 1))
    tallest = max((len(shown_rows(workload)) for workload in workloads), default=0)
    panel_height = HEAD + ROW * tallest + TICKS
    title = wrap_text(title_of(summary), width, SIZE_TITLE, "bold")
    notes = wrap_text(" ".join(part for part in (
        _note(workloads), _left_out(summary), caption) if part), width)
    top = 20 * len(title) + 12
    height = top + panel_height * ceil(len(workloads) / columns) + NOTE_LINE * len(notes) + 14
    figure = new_figure(width, height)
    for number, line in enumerate(title):
        add_text(figure, 0, 10 + 20 * number, line, size=SIZE_TITLE, weight="bold")
    panel_width = (width - PANEL_GAP * (columns - 1)) / columns
    end = max((estimate.high for workload in workloads for row in shown_rows(workload)
               if (estimate := ratio_of(workload, row))), default=1.0)
    for number, workload in enumerate(workloads):
        x = (number % columns) * (panel_width + PANEL_GAP)
        y = top + (number // columns) * panel_height
        _panel(figure, workload, x, y, panel_width, end)
    add_note(figure, 0, height - NOTE_LINE * len(notes), notes)
    return figure


def title_of(summary: Summary) -> str:
    return TITLE_PAIRED if summary.paired else TITLE


def shown_rows(workload: Workload) -> list[Row]:
    return [row for row in workload.rows if row.kind in (DEFAULT, PEER)]


def ratio_of(workload: Workload, row: Row) -> Estimate | None:
    if row is workload.best_peer:
        return Estimate(1.0, 1.0, 1.0, 1.0, row.counts.ok)
    return row.ratio


def _panel(figure: Figure, workload: Workload, x: float, y: float, width: float,
           end: float) -> None:
    rows = shown_rows(workload)
    rows.sort(key=lambda row: -(ratio.value if (ratio := ratio_of(workload, row)) else 0))
    labels = max(text_width(_name(row), SIZE_LABEL, "bold") for row in rows) + GAP
    values = text_width("0.00", SIZE_SMALL, "bold") + 10
    add_text(figure, x, y + 12, workload.name, size=SIZE_TITLE, weight="bold")
    axes = add_axes(figure, x + labels, y + HEAD, width - labels, ROW * len(rows))
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(0, end * (width - labels) / (width - labels - values))
    set_ticks(axes, width - labels, lambda value: f"{value:g}")
    axes.axvline(0, color=INK, linewidth=1.2)
    for number, row in enumerate(rows):
        add_text(figure, x + labels - GAP, y + HEAD + ROW * (number + 0.5), _name(row),
                 weight=_weight(row), align="right")
        _bar(axes, number, workload, row, axes.get_xlim()[1] / (width - labels))


def _bar(axes: Axes, number: int, workload: Workload, row: Row, pixel: float) -> None:
    """A row with its number; the line of the best peer stops where the number stands."""
    ratio = ratio_of(workload, row)
    end = 0.0
    text, color = _no_number(row), BAD if row.counts.bad else MUTED
    if ratio:
        axes.barh(number, ratio.value, height=0.6, linewidth=0,
                  color=ACCENT if row.kind == DEFAULT else GREY)
        if ratio.high > ratio.low:
            axes.plot([ratio.low, ratio.high], [number, number], color=INK, linewidth=1.4,
                      solid_capstyle="butt")
        end, text, color = ratio.high, ratio_text(ratio.value), INK
    start = end + LABEL_OFFSET * pixel
    stop = start + (text_width(text, SIZE_SMALL, _weight(row)) + LABEL_OFFSET) * pixel
    axes.text(start, number, text, fontsize=SIZE_SMALL, color=color, va="center_baseline",
              fontweight=_weight(row) if ratio else "normal")
    if not end < 1 < stop:
        axes.plot([1, 1], [number - 0.5, number + 0.5], color=MUTED, linewidth=1, zorder=0.9,
                  linestyle=(0, (3, 3)), solid_capstyle="butt")


def _no_number(row: Row) -> str:
    if row.missing:
        return "not installed"
    return "crashed or failed" if row.counts.bad else "not measured"


def _weight(row: Row) -> str:
    return "bold" if row.kind == DEFAULT else "normal"


def _name(row: Row) -> str:
    return fit_text(short_label(row.label), MOST_LABEL, _weight(row))


def _left_out(summary: Summary) -> str:
    names = [workload.name for workload in summary.workloads if not workload.best_peer]
    return f"No peer has a number on {', '.join(names)}." if names else ""


def _note(workloads: list[Workload]) -> str:
    ratios = [row.ratio for workload in workloads for row in shown_rows(workload) if row.ratio]
    if not ratios:
        return ""
    kind = "95 % interval" if all(ratio.trusted for ratio in ratios) else \
        f"range, which covers the ratio with {coverage_text(ratios)}"
    blocks = span_text([ratio.n for ratio in ratios])
    return f"Bar: ratio paired by block, {blocks} blocks; line: its {kind}."
