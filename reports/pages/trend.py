"""The history of commits as a page, with each figure as PNG and SVG beside it."""

from __future__ import annotations

import re
from pathlib import Path

from markupsafe import Markup

from reports.figures import canvas
from reports.figures.trend import NARROW, trend_figure
from reports.load.history import TIME
from reports.pages.environment import open_templates
from reports.statistics import changes
from reports.statistics.trend import STEP_LEAST, WORSE_LEAST, Trends, percent

FOLDER_NAME, PAGE_NAME = "trend", "index.html"


def write_trend(trends: Trends, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / PAGE_NAME
    page.write_text(open_templates().get_template("trend.html.j2").render(
        history=trends.history, findings=trends.findings, sentence=sentence(trends),
        views=[_view(trends, workload, folder) for workload in trends.history.workloads],
        warnings=_warnings(trends), step=percent, orders=changes.ORDERS,
        few=changes.FEW_COMMITS, least=percent(STEP_LEAST[TIME]).lstrip("+"),
        worse=percent(WORSE_LEAST[TIME]).lstrip("+")), encoding="utf-8")
    return page


def _view(trends: Trends, workload: str, folder: Path) -> dict[str, object]:
    history, own = trends.history, trends.of(workload)
    stem = re.sub(r"[^0-9A-Za-z-]", "-", workload)
    about = f"{workload} over {len(own[0].points)} commits; change points are in the table below"
    wide = trend_figure(own, history.anchor_text, history.tags)
    canvas.save_png(wide, folder / f"{stem}.png")
    canvas.save_svg(wide, folder / f"{stem}.svg")
    narrow = trend_figure(own, history.anchor_text, history.tags, NARROW)
    shifts = [(trend, shift) for trend in own for shift in trend.shifts]
    return {"name": workload, "id": stem,
            "wide": Markup(canvas.inline_svg(wide, stem, about)),
            "narrow": Markup(canvas.inline_svg(narrow, f"{stem}-narrow", about)),
            "shifts": sorted(shifts, key=lambda pair: pair[1].commit.position),
            "since": [(trend, trend.since) for trend in own if trend.since]}


def sentence(trends: Trends) -> str:
    """The whole page in one sentence."""
    found = trends.findings
    commits = len(trends.history.commits)
    over = f"over {commits} commit{'s' if commits != 1 else ''}"
    accepted = sum(1 for trend in trends.all for shift in trend.shifts if shift.acceptance)
    tail = f" {accepted} accepted shift{'s' if accepted != 1 else ''} aside." if accepted else ""
    if not found:
        return f"Nothing got worse {over}.{tail}"
    worst = max(found, key=lambda finding: finding.worse)
    count = "One thing" if len(found) == 1 else f"{len(found)} things"
    return f"{count} got worse {over}; most of all {worst.text}.{tail}"


def _warnings(trends: Trends) -> list[tuple[str, str]]:
    history = trends.history
    warnings = []
    if not history.tags:
        warnings.append(("There is no release tag, so slow creep is not tested.",
                         "tag a release `v1.0` and measure it with `build/hakbench backfill "
                         "--commits v1.0`"))
    elif history.release is None:
        warnings.append(("No release was measured before the newest commit, so slow creep is not "
                         "tested.", "measure one with `build/hakbench backfill --commits TAG`"))
    if len(history.processors) > 1:
        names = ", ".join(history.processors)
        warnings.append((f"Several processors measured this history ({names}): a ratio to the "
                         "anchor is not the same on each.",
                         "measure on one machine, into a results folder of its own"))
    return warnings
