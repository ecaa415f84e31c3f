"""Memory and soft page faults of a workload's processes over time, both axes from zero."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from reports.figures.canvas import INK, MUTED, SIZE_SMALL, SIZE_TITLE, add_axes, add_note, \
    add_text, new_figure, set_ticks, styled, wrap_text
from reports.figures.lines import Line, draw_lines, names_width
from reports.load.names import short_label
from reports.statistics.kinds import DEFAULT
from reports.statistics.timelines import POINTS_MAX, WorkloadTimelines
from reports.statistics.units import MIB, bare, short_count

WIDE, NARROW = 1160, 350
HEAD, TICKS, NOTE_LINE = 48, 26, 15
PLOT = 190
LEFT, PANEL_GAP = 52, 40
MEMORY, FAULTS = "RSS", "Soft page faults"
QUANTITIES = (MEMORY, FAULTS)
HEADINGS = {MEMORY: "MiB over s since the process started · lower is better",
            FAULTS: "count so far over s since the process started · lower is better"}
SHORT = {MEMORY: "MiB over seconds · lower is better",
         FAULTS: "count so far over seconds · lower is better"}
NOTE = ("The run of median length of each allocator, in the latency pass, seen every 10 ms"
        f"; of longer ones {POINTS_MAX} moments, those of most memory.")


@styled
def timeline_figure(timelines: WorkloadTimelines, quantities: tuple[str, ...] = QUANTITIES,
                    width: float = WIDE) -> Figure:
    """The given quantities side by side."""
    notes = wrap_text(NOTE, width)
    height = HEAD + PLOT + TICKS + NOTE_LINE * len(notes) + 14
    figure = new_figure(width, height)
    panel = (width - PANEL_GAP * (len(quantities) - 1)) / len(quantities)
    for number, quantity in enumerate(quantities):
        left = number * (panel + PANEL_GAP)
        lines = lines_of(timelines, quantity)
        add_text(figure, left, 10, f"{quantity} on {timelines.workload}", size=SIZE_TITLE,
                 weight="bold")
        add_text(figure, left, 28, (HEADINGS if width > NARROW else SHORT)[quantity],
                 size=SIZE_SMALL, color=MUTED)
        plot = panel - LEFT - names_width(lines)
        axes = add_axes(figure, left + LEFT, HEAD, plot, PLOT)
        axes.set_xlim(0, max((x for line in lines for x in line.xs), default=0) or 1)
        top = max((y for line in lines for y in line.ys), default=0) or 1
        axes.set_ylim(0, top * 1.08)
        set_ticks(axes, plot, lambda value: f"{value:g}")
        ticks = [tick for tick in MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]).tick_values(0, top)
                 if tick <= top * 1.08]
        axes.set_yticks(ticks, [bare(short_count(tick)) for tick in ticks])
        axes.tick_params(axis="y", labelcolor=MUTED, labelsize=SIZE_SMALL)
        axes.grid(True, axis="y")
        axes.axhline(0, color=INK, linewidth=1.2)
        draw_lines(axes, lines)
    add_note(figure, 0, height - NOTE_LINE * len(notes), notes)
    return figure


def lines_of(timelines: WorkloadTimelines, quantity: str) -> list[Line]:
    return [Line(short_label(line.label), line.kind == DEFAULT,
                 tuple(moment.at_ns / 1e9 for moment in line.moments),
                 tuple(moment.rss / MIB if quantity == MEMORY else float(moment.minflt)
                       for moment in line.moments)) for line in timelines.lines]
