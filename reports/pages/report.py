"""Makes the pages: report.html of a session, self-contained, and index.html over all of them.

A report's folder holds the page and every chart as SVG, PNG and CSV, which the page links.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup

from reports.figures import bars, canvas, overview
from reports.load.database import SCHEMA_VERSION
from reports.pages.environment import open_templates
from reports.pages.index import INDEX_NAME, REPORT_NAME, folder_name, index_view
from reports.sections import advice, counters, layers, micro, noise, programs, timelines, workloads
from reports.sections.headline import sentence_of, title_of
from reports.sections.latency import latency_view
from reports.statistics import latency, units
from reports.statistics.counters import find_counters, find_left
from reports.statistics.detection import find_detection
from reports.statistics.effects import find_effects
from reports.statistics.estimates import CONFIDENCE, SMALLEST_N, Estimate
from reports.statistics.kinds import DEFAULT, TOTAL, VARIANT
from reports.statistics.latency import find_latency
from reports.statistics.ledger import LedgerLine
from reports.statistics.micro import WORKLOAD, find_micro
from reports.statistics.programs import find_programs
from reports.statistics.summary import Row, Summary
from reports.statistics.timelines import POINTS_MAX, find_timelines

FACT_GROUPS = {"plan": "Settings", "env": "Settings", "timeout_s": "Settings",
               "compiler": "Builds", "build_id": "Builds"}
CONSTANTS = (
    ("SMALLEST_N", SMALLEST_N, "usable samples for a 95 % interval"),
    ("MAX_ROWS", bars.MAX_ROWS, "rows of a figure, above which variants with some layers are left "
     "to the tables, which have all"),
    ("SPREAD_LIMIT", advice.SPREAD_LIMIT, "robust coefficient of variation that is warned of"),
    ("STEAL_LIMIT", advice.STEAL_LIMIT, "stolen share of processor time that is warned of"),
    ("FOREIGN_LIMIT", advice.FOREIGN_LIMIT, "share of processor time of other processes that is "
     "warned of"),
    ("LOAD_LIMIT", advice.LOAD_LIMIT, "load per processor that is warned of"),
    ("LEAST_BEYOND", latency.LEAST_BEYOND, "slower operations that a latency curve needs"),
    ("POINTS_MAX", POINTS_MAX, "moments of a time line that are drawn"),
)


def write_report(summary: Summary, output: Path) -> Path:
    """Writes the session's folder under `output` and brings the index up to date."""
    folder = output / folder_name(summary.results.session)
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / REPORT_NAME
    page.write_text(render_report(summary, folder), encoding="utf-8")
    write_index(output, summary.results.database)
    return page


def write_index(output: Path, database: Path) -> None:
    view = index_view(output, database)
    (output / INDEX_NAME).write_text(
        _environment().get_template("index.html.j2").render(view), encoding="utf-8")


def render_report(summary: Summary, folder: Path) -> str:
    """The page; its charts are also left in `folder`."""
    results, names = summary.results, summary.names
    detection = find_detection(results, names)
    warnings = advice.warnings_of(summary, detection)
    whole, families = find_programs(results, names), find_micro(results, names)
    sections = {program.name: programs.STEM for program in whole}
    if families:
        sections[WORKLOAD] = micro.STEM
    return _environment().get_template("report.html.j2").render(
        **workloads.workloads_view(summary, sections, folder),
        **latency_view(find_latency(results, names), results, folder),
        **timelines.timelines_view(find_timelines(results, names), folder),
        **programs.programs_view(whole, summary, folder),
        **micro.micro_view(families, folder),
        **layers.effects_view(find_effects(results, names), folder),
        **layers.detection_view(detection, results.misuse, folder),
        **counters.counters_view(find_counters(results, names), find_left(results, names), folder),
        **noise.noise_view(results, names, warnings, folder),
        summary=summary, session=results.session, paired=summary.paired,
        older=results.version < SCHEMA_VERSION, version=results.version,
        title=title_of(summary, detection),
        sentence=sentence_of(summary, detection, whole, families),
        facts=_grouped_facts(results.facts), warnings=warnings, constants=CONSTANTS,
        missing=list(dict.fromkeys((row.label, row.missing) for workload in summary.workloads
                                   for row in workload.rows if row.missing is not None)),
        variants=len([line for line in summary.ledger if line.kind in (DEFAULT, VARIANT)]))


def write_readme_figure(summary: Summary, path: Path) -> None:
    """One PNG that sums up the matrix and says where its numbers are from."""
    session = summary.results.session
    where = summary.results.facts.get("cpu.model", "an unnamed processor")
    commit = f", commit {session.commit_id[:10]}" if session.commit_id else ""
    caption = f"{where}, {session.started_utc[:10]}{commit}."
    path.parent.mkdir(parents=True, exist_ok=True)
    canvas.save_png(overview.overview_figure(summary, overview.README, caption), path)


def _grouped_facts(facts: dict[str, str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The machine's facts first, then what was asked for, then what was built."""
    groups: dict[str, list[tuple[str, str]]] = {"": [], "Settings": [], "Builds": []}
    for key, value in facts.items():
        family = key.split(".")[0]
        group = FACT_GROUPS.get(family, "")
        groups[group].append((key, value))
    return [(title, rows) for title, rows in groups.items() if rows]


def _interval_text(estimate: Estimate | None, write: Callable[[float], str]) -> str:
    if estimate is None or estimate.n < 2:
        return "–"
    return f"{write(estimate.low)}–{write(estimate.high)}{'' if estimate.trusted else '†'}"


def _median_text(estimate: Estimate | None, write: Callable[[float], str]) -> str:
    return "–" if estimate is None else write(estimate.value)


def _ledger_text(line: LedgerLine) -> str:
    """What went wrong; none seen is told with the rate that it leaves possible."""
    if not line.counts.judged:
        return "–"
    if line.counts.bad:
        return f"{line.counts.bad} in {line.counts.judged}"
    return f"0 in {line.counts.judged} (≤ {units.percent_text(line.bound)})"


def _breakable(text: str) -> Markup:
    """A list of layers may go on in the next line."""
    return Markup(html.escape(text).replace("+", "+<wbr>"))


def _row_class(row: Row | LedgerLine) -> str:
    return {DEFAULT: "default", VARIANT: "variant", TOTAL: "total"}.get(row.kind, "peer")


def _environment() -> Environment:
    environment = open_templates()
    environment.filters["breakable"] = _breakable
    environment.globals.update(
        interval=_interval_text, median=_median_text, ledger=_ledger_text, row_class=_row_class,
        change=units.change_text, change_interval=units.change_interval,
        effect_text=units.effect_text, effect_half=units.effect_half_text,
        bytes_effect=units.bytes_effect_text, ratio_text=units.ratio_text,
        percent=units.percent_text, time=units.time_text,
        bytes_text=units.bytes_text, confidence=CONFIDENCE,
        count_text=units.FAULTS.text)
    return environment
