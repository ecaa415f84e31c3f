"""`python3 -m reports trend`: the history of commits as a page, with each figure as PNG and SVG."""

from __future__ import annotations

import argparse
import html
import re
import sys
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports import changes
from reports.figures import canvas
from reports.figures.trend import NARROW, trend_figure
from reports.history import TIME, load_history
from reports.load import DATABASE_NAME, LoadError
from reports.names import ROOT
from reports.page import write_index
from reports.trend import STEP_LEAST, WORSE_LEAST, Trends, find_trends, percent

PASS, REGRESSION, USAGE_ERROR = 0, 1, 2
PAGES = Path(__file__).resolve().parent / "pages"
FOLDER_NAME, PAGE_NAME = "trend", "index.html"


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        trends = find_trends(load_history(options.results, options.repository, options.anchor,
                                          options.last))
        output = options.output or options.results
        page = write_trend(trends, output / FOLDER_NAME)
        write_index(output, options.results / DATABASE_NAME)
    except LoadError as error:
        print(f"trend: {error}", file=sys.stderr)
        return USAGE_ERROR
    except OSError as error:
        print(f"trend: cannot write {error.filename or 'the page'}: {error.strerror}: choose "
              "another folder with --output", file=sys.stderr)
        return USAGE_ERROR
    for finding in trends.findings:
        print(f"worse: {finding.text}")
    print(sentence(trends))
    print(f"trend: {page}")
    return REGRESSION if trends.findings else PASS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m reports trend",
        description="Draws the history of commits (hakbench backfill): a page, with a figure a "
                    "workload as PNG and SVG beside it. Exit code 1: something got worse that "
                    "nobody accepted (hakbench accept).")
    parser.add_argument("--results", type=Path, default=Path("reports/out"), metavar="DIR",
                        help="folder of results.sqlite (default: %(default)s)")
    parser.add_argument("--output", type=Path, metavar="DIR",
                        help="folder to write trend/ under (default: the results folder)")
    parser.add_argument("--anchor", metavar="WHICH",
                        help="history against this anchor (default: the newest)")
    parser.add_argument("--last", type=_positive, default=400, metavar="N",
                        help="commits to show of each series (default: %(default)s)")
    parser.add_argument("--repository", type=Path, default=ROOT, metavar="DIR",
                        help="where release tags are looked up (default: this one)")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("give a number from 1")
    return number


def write_trend(trends: Trends, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / PAGE_NAME
    environment = Environment(loader=FileSystemLoader(PAGES), autoescape=True, trim_blocks=True,
                              lstrip_blocks=True, undefined=StrictUndefined)
    environment.filters["code"] = lambda text: Markup(
        re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text)))
    page.write_text(environment.get_template("trend.html.j2").render(
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


if __name__ == "__main__":
    sys.exit(main())
