"""Micro-benchmarks: a panel a family, the time of an operation under every allocator."""

from __future__ import annotations

from matplotlib.figure import Figure

from reports.figures.canvas import KEYS, styled
from reports.figures.panels import WIDE, Bar, Panel, estimate_bar, line_words, panels_figure
from reports.load.names import short_label
from reports.statistics.kinds import DEFAULT
from reports.statistics.micro import Entry, Family
from reports.statistics.units import bare, span_text, time_text

TITLE = "Time of an operation, geometric mean over sizes (lower is better)"


@styled
def micro_figure(families: tuple[Family, ...], width: float = WIDE) -> Figure:
    panels = [Panel(family.mean.name, tuple(_bar(entry) for entry in family.mean.entries),
                    lambda value: bare(time_text(value)))
              for family in families]
    return panels_figure(TITLE, panels, KEYS, _note(families), width)


def _bar(entry: Entry) -> Bar:
    label = short_label(entry.label)
    if entry.time is None:
        return Bar(label, entry.kind == DEFAULT, (), None, "not measured")
    return estimate_bar(label, entry.kind, entry.time, time_text(entry.time.value))


def _note(families: tuple[Family, ...]) -> str:
    times = [entry.time for family in families for entry in family.mean.entries if entry.time]
    if not times:
        return "No process measured a whole family."
    return (f"Bar: median of {span_text([time.n for time in times])} processes; "
            f"line: {line_words(times)}. What an operation takes the thread that does it.")
