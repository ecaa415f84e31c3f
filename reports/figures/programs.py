"""Whole programs: a panel each, the time of a process under every allocator."""

from __future__ import annotations

from matplotlib.figure import Figure

from reports.figures.canvas import KEYS, styled
from reports.figures.panels import WIDE, Bar, Panel, estimate_bar, line_words, panels_figure
from reports.load.names import short_label
from reports.statistics.kinds import DEFAULT
from reports.statistics.programs import ProgramRows, Row
from reports.statistics.units import bare, span_text, time_text

TITLE = "Time of a whole process from start to end (lower is better)"


@styled
def programs_figure(programs: tuple[ProgramRows, ...], width: float = WIDE) -> Figure:
    panels = [Panel(program.name, tuple(_bar(row) for row in program.rows),
                    lambda value: bare(time_text(value)))
              for program in programs]
    return panels_figure(TITLE, panels, KEYS, _note(programs), width)


def _bar(row: Row) -> Bar:
    label, bad = short_label(row.label), row.program.failures > 0
    if row.time is None:
        return Bar(label, row.kind == DEFAULT, (), None, "failed" if bad else "not measured", bad)
    text = time_text(row.time.value) + (f" · {row.program.failures} failed" if bad else "")
    return estimate_bar(label, row.kind, row.time, text, bad)


def _note(programs: tuple[ProgramRows, ...]) -> str:
    times = [row.time for program in programs for row in program.rows if row.time]
    if not times:
        return "No run was timed."
    return (f"Bar: median of the medians of {span_text([time.n for time in times])} rounds of runs "
            f"timed by hyperfine; line: {line_words(times)}.")
