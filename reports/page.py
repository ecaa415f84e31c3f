"""Makes the pages: report.html of a session, self-contained, and index.html over all of them.

A report's folder holds the page and each figure as PNG and SVG for use elsewhere.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports import advice, sections, units
from reports.detection import find_detection
from reports.effects import find_effects
from reports.figures import bars, canvas, overview
from reports.load import Session
from reports.stats import CONFIDENCE, SMALLEST_N, Estimate
from reports.summary import DEFAULT, TOTAL, VARIANT, LedgerLine, Row, Summary, Workload

PAGES = Path(__file__).resolve().parent / "pages"
FACT_GROUPS = {"plan": "Settings", "env": "Settings", "timeout_s": "Settings",
               "compiler": "Builds", "build_id": "Builds"}
REPORT_NAME, INDEX_NAME = "report.html", "index.html"
CONSTANTS = (
    ("SMALLEST_N", SMALLEST_N, "usable samples for a 95 % interval"),
    ("MAX_ROWS", bars.MAX_ROWS, "rows of a figure, above which variants with some layers are left "
     "to the tables, which have all"),
    ("SPREAD_LIMIT", advice.SPREAD_LIMIT, "robust coefficient of variation that is warned of"),
    ("STEAL_LIMIT", advice.STEAL_LIMIT, "stolen share of processor time that is warned of"),
    ("LOAD_LIMIT", advice.LOAD_LIMIT, "load per processor that is warned of"),
)


@dataclass(frozen=True)
class Verdict:
    word: str
    mark: str  # a CSS class: good, bad or even


def write_report(summary: Summary, output: Path) -> Path:
    """Writes the session's folder under `output` and brings the index up to date."""
    folder = output / folder_name(summary.results.session)
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / REPORT_NAME
    page.write_text(render_report(summary, folder), encoding="utf-8")
    (output / INDEX_NAME).write_text(render_index(output), encoding="utf-8")
    return page


def folder_name(session: Session) -> str:
    """Sorts by time and says which session it is: 2025-11-22T19-33-12Z_session-3."""
    return f"{re.sub(r'[^0-9A-Za-z-]', '-', session.started_utc)}_session-{session.id}"


def render_report(summary: Summary, folder: Path) -> str:
    """The page; its figures are also left in `folder`."""
    results, names = summary.results, summary.names
    detection = find_detection(results, names)
    return _environment().get_template("report.html.j2").render(
        **sections.effects_view(find_effects(results, names), folder),
        **sections.detection_view(detection, results.misuse, folder),
        summary=summary, session=results.session,
        ids={workload.name: _id_of(workload) for workload in summary.workloads},
        facts=_grouped_facts(results.facts),
        workloads=[_workload_view(workload, folder) for workload in summary.workloads],
        overview=_overview_figures(summary, folder), sentence=sentence(summary),
        warnings=advice.warnings_of(summary, detection), constants=CONSTANTS,
        untrusted=any(row.speed and not row.speed.trusted for workload in summary.workloads
                      for row in workload.rows),
        missing=list(dict.fromkeys((row.label, row.missing) for workload in summary.workloads
                                   for row in workload.rows if row.missing is not None)),
        peers=len([line for line in summary.ledger if line.kind == "peer" and line.counts.done]),
        variants=len([line for line in summary.ledger if line.kind in (DEFAULT, VARIANT)]))


def render_index(output: Path) -> str:
    reports = []
    for page in sorted(output.glob(f"*/{REPORT_NAME}"), reverse=True):
        head = page.read_text(encoding="utf-8", errors="replace")[:4096]
        title = re.search(r"<title>(.*?)</title>", head)
        about = re.search(r'<meta name="description" content="(.*?)">', head)
        if title and about:
            reports.append((f"{page.parent.name}/{REPORT_NAME}", html.unescape(title.group(1)),
                            html.unescape(about.group(1))))
    return _environment().get_template("index.html.j2").render(reports=reports)


def write_readme_figure(summary: Summary, path: Path) -> None:
    """One PNG that sums up the matrix and says where its numbers are from."""
    session = summary.results.session
    where = summary.results.facts.get("cpu.model", "an unnamed processor")
    commit = f", commit {session.commit_id[:10]}" if session.commit_id else ""
    caption = f"{where}, {session.started_utc[:10]}{commit}."
    path.parent.mkdir(parents=True, exist_ok=True)
    canvas.save_png(overview.overview_figure(summary, overview.README, caption), path)


def sentence(summary: Summary) -> str:
    """The whole report in one sentence."""
    ratios = [workload.default.ratio for workload in summary.workloads
              if workload.default and workload.default.ratio]
    return f"{_speed_clause(ratios, len(summary.workloads))}; {_safety_clause(summary)}."


def _speed_clause(ratios: list[Estimate], workloads: int) -> str:
    if not ratios:
        return "No workload has numbers of both the release default and a peer"
    total = f"{workloads} workload{'s' if workloads != 1 else ''}"
    if len(ratios) < workloads:
        total = f"{len(ratios)} of {total}"
    if not all(ratio.trusted for ratio in ratios):
        values = sorted(ratio.value for ratio in ratios)
        span = units.ratio_text(values[0])
        if units.ratio_text(values[-1]) != span:
            span += f" to {units.ratio_text(values[-1])}"
        return (f"hakmem’s release default reaches {span} × the throughput of the best peer on "
                f"{total}, from too few repeats for 95\u00a0% intervals")
    words = [verdict_of(ratio).word for ratio in ratios]
    told = [f"{phrase} {number}" for phrase, number in (
        ("faster on", words.count("faster")), ("slower on", words.count("slower")),
        ("not to be told apart on", words.count("no difference seen"))) if number]
    return (f"Against the best peer of each of {total}, hakmem’s release default is "
            f"{_listed(told)}")


def _listed(parts: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


def _safety_clause(summary: Summary) -> str:
    counts = summary.counts
    if counts.bad:
        return f"{counts.bad} of {counts.judged} samples went wrong ({counts.bad_words})"
    bound = units.percent_text(min(1.0, 3 / max(counts.judged, 1)))
    return f"no crash or corruption in {counts.judged} samples (at most {bound} of runs)"


def verdict_of(ratio: Estimate | None) -> Verdict:
    if ratio is None:
        return Verdict("no comparison", "even")
    if not ratio.trusted:
        return Verdict("too few repeats to tell", "even")
    if ratio.low > 1:
        return Verdict("faster", "good")
    if ratio.high < 1:
        return Verdict("slower", "bad")
    return Verdict("no difference seen", "even")


def _id_of(workload: Workload) -> str:
    return re.sub(r"[^0-9A-Za-z-]", "-", workload.name)


def _workload_view(workload: Workload, folder: Path) -> dict[str, object]:
    parts = units.measures(workload)
    stem = _id_of(workload)
    wide = bars.workload_figure(workload)
    canvas.save_png(wide, folder / f"{stem}.png")
    canvas.save_svg(wide, folder / f"{stem}.svg")
    about = f"{workload.name}: throughput, soft page faults and peak RSS of each allocator; " \
            "the numbers are in the table below"
    narrow = [canvas.inline_svg(bars.measure_figure(workload, measure), f"{stem}-{measure.key}",
                                about) for measure in parts]
    return {"data": workload, "id": stem, "speed": parts[0], "faults": parts[1],
            "memory": parts[2], "wide": Markup(canvas.inline_svg(wide, stem, about)),
            "narrow": [Markup(text) for text in narrow],
            "ratio": workload.default.ratio if workload.default else None,
            "verdict": verdict_of(workload.default.ratio if workload.default else None)}


def _overview_figures(summary: Summary, folder: Path) -> dict[str, Markup] | None:
    if not any(workload.best_peer for workload in summary.workloads):
        return None
    about = overview.TITLE + "; the numbers are in the tables below"
    wide = overview.overview_figure(summary)
    canvas.save_png(wide, folder / "overview.png")
    canvas.save_svg(wide, folder / "overview.svg")
    narrow = overview.overview_figure(summary, overview.NARROW)
    return {"wide": Markup(canvas.inline_svg(wide, "overview", about)),
            "narrow": Markup(canvas.inline_svg(narrow, "overview-narrow", about))}


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


def _code_marked(text: str) -> Markup:
    """Text in which `backticks` become code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text)))


def _breakable(text: str) -> Markup:
    """A list of layers may go on in the next line."""
    return Markup(html.escape(text).replace("+", "+<wbr>"))


def _row_class(row: Row | LedgerLine) -> str:
    return {DEFAULT: "default", VARIANT: "variant", TOTAL: "total"}.get(row.kind, "peer")


def _environment() -> Environment:
    environment = Environment(loader=FileSystemLoader(PAGES), autoescape=True, trim_blocks=True,
                              lstrip_blocks=True, undefined=StrictUndefined)
    environment.filters |= {"code": _code_marked, "breakable": _breakable}
    environment.globals.update(
        interval=_interval_text, median=_median_text, ledger=_ledger_text, row_class=_row_class,
        change=units.change_text, change_interval=units.change_interval,
        effect_text=units.effect_text, effect_half=units.effect_half_text,
        bytes_effect=units.bytes_effect_text, ratio_text=units.ratio_text,
        percent=units.percent_text, confidence=CONFIDENCE,
        count_text=units.FAULTS.text)
    return environment
