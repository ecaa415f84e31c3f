"""Soft page faults of every workload, split by when they came."""

from __future__ import annotations

from matplotlib.figure import Figure

from reports.figures.canvas import ACCENT, GREY, TINT, styled
from reports.figures.panels import WIDE, Bar, Panel, panels_figure
from reports.load.names import short_label
from reports.statistics.kinds import DEFAULT, PEER
from reports.statistics.summary import Row, Summary, Workload
from reports.statistics.units import bare, short_count

TITLE = "Soft page faults of a process: start-up + measured phase + after (lower is better)"
ROWS_MAX = 8  # above which variants are left to the tables
KEYS = [(TINT, "start-up"), (ACCENT, "measured phase"), (GREY, "after")]


@styled
def faults_figure(summary: Summary, width: float = WIDE) -> Figure:
    """Every allocator that has numbers; of many only the release default and the peers."""
    panels = [Panel(workload.name, tuple(_bar(row) for row in shown_rows(workload)),
                    lambda value: bare(short_count(value)))
              for workload in summary.workloads if shown_rows(workload)]
    return panels_figure(TITLE, panels, KEYS, "Medians of fresh processes; the whole process is "
                         "counted, the kernel's work for exec and exit with it.", width)


def shown_rows(workload: Workload) -> list[Row]:
    rows = [row for row in workload.rows if parts_of(row)]
    chosen = rows
    if len(rows) > ROWS_MAX:
        chosen = [row for row in rows if row.kind in (DEFAULT, PEER)] or rows[:ROWS_MAX]
    return sorted(chosen, key=lambda row: sum(parts_of(row)))


def parts_of(row: Row) -> tuple[float, ...]:
    """Start-up, measured phase, after; empty when one of them is not known."""
    parts = (row.start_faults, row.phase_faults, row.after_faults)
    return tuple(part.value for part in parts if part) if all(parts) else ()


def _bar(row: Row) -> Bar:
    parts = parts_of(row)
    colors = [color for color, _ in KEYS]
    text = " + ".join(short_count(part) for part in parts)
    return Bar(short_label(row.label), row.kind == DEFAULT,
               tuple(zip(parts, colors, strict=True)), None, text)
