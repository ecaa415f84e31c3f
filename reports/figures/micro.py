"""Micro-benchmarks: a panel a family, the time of an operation under every allocator."""

from __future__ import annotations

from matplotlib.figure import Figure

from reports.figures.canvas import ACCENT, GREY, TINT, styled
from reports.figures.panels import NARROW, WIDE, Bar, Panel, panels_figure
from reports.micro import Entry, Family
from reports.names import short_label
from reports.summary import DEFAULT, VARIANT
from reports.units import NARROW_SPACE, bare, span_text, time_text

__all__ = ["NARROW", "WIDE", "micro_figure"]

TITLE = "Time of an operation, geometric mean over sizes (lower is better)"
COLORS = {DEFAULT: ACCENT, VARIANT: TINT}


@styled
def micro_figure(families: tuple[Family, ...], width: float = WIDE) -> Figure:
    panels = [Panel(family.mean.name, tuple(_bar(entry) for entry in family.mean.entries),
                    lambda value: bare(time_text(value)))
              for family in families]
    keys = [(ACCENT, "hakmem, default"), (TINT, "hakmem, variant"), (GREY, "peer")]
    return panels_figure(TITLE, panels, keys, _note(families), width)


def _bar(entry: Entry) -> Bar:
    label, bold = short_label(entry.label), entry.kind == DEFAULT
    if entry.time is None:
        return Bar(label, bold, (), None, "not measured", False)
    return Bar(label, bold, ((entry.time.value, COLORS.get(entry.kind, GREY)),),
               (entry.time.low, entry.time.high), time_text(entry.time.value), False)


def _note(families: tuple[Family, ...]) -> str:
    times = [entry.time for family in families for entry in family.mean.entries if entry.time]
    if not times:
        return "No process measured a whole family."
    covered = f"its 95{NARROW_SPACE}% interval" if all(time.trusted for time in times) else \
        "their range"
    return (f"Bar: median of {span_text([time.n for time in times])} processes; line: {covered}. "
            "What an operation takes the thread that does it.")
