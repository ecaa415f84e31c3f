"""`python3 -m reports.peers`: hakmem beside its peers, as a table, curves and a part of the docs.

Takes the newest sessions of `hakbench peers` and `hakbench curves` and the counts of `ci/pairs`,
as far as they are there. Nothing written into the docs holds a date, so that the same measurement
always writes the same text.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reports import beside, curves, markdown
from reports.beside import Beside, Comparison, Row
from reports.curves import Curve, Knee
from reports.figures.canvas import save_png
from reports.figures.curves import count_text, curves_figure
from reports.load import LoadError, Results, list_sessions, load_results
from reports.names import ROOT
from reports.index import folder_name
from reports.stats import Estimate
from reports.units import MIB

PASS, USAGE_ERROR = 0, 2
PART = "peers"
DOCS_FILE = ROOT / "docs" / "ALLOCATOR.md"
PAIRS_NAME = "pairs.csv"
UNTRUSTED = "†"


@dataclass(frozen=True)
class Pair:
    """Instructions of a malloc and a free (ci/pairs); or why they could not be counted."""

    allocator: str
    build_id: str
    size_bytes: int
    instructions: float | None
    reason: str


@dataclass(frozen=True)
class Findings:
    beside: Beside | None
    curves: list[Curve]
    curves_results: Results | None
    pairs: list[Pair]

    @property
    def knees(self) -> list[Knee]:
        return curves.find_knees(self.curves)

    @property
    def options(self) -> list[str]:
        return list(dict.fromkeys(curve.option for curve in self.curves))


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        findings = read_findings(options.results)
        print(text_report(findings))
        for path in write_curves(findings, options.results):
            print(f"written: {path}")
        if options.write_docs:
            write_docs(findings, options.write_docs)
            print(f"written: {options.write_docs}")
    except (LoadError, markdown.MarkerError) as error:
        print(f"peers: {error}", file=sys.stderr)
        return USAGE_ERROR
    except OSError as error:
        print(f"peers: {error.filename}: {error.strerror}: check the path and its permissions",
              file=sys.stderr)
        return USAGE_ERROR
    return PASS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m reports.peers",
        description="The newest `hakbench peers` as a table of ratios, the newest `hakbench "
                    "curves` as figures and CSV in the session's folder.")
    parser.add_argument("--results", type=Path, default=Path("reports/out"), metavar="DIR",
                        help="folder of results.sqlite (default: %(default)s)")
    parser.add_argument("--write-docs", type=Path, nargs="?", const=DOCS_FILE, metavar="FILE",
                        help="also write tables and figures into the part of this page between "
                             f"its {PART} markers (default: docs/{DOCS_FILE.name})")
    return parser


def read_findings(folder: Path) -> Findings:
    newest = {session.task: session.id for session in reversed(list_sessions(folder))}
    if not newest.keys() & {"peers", "curves"}:
        raise LoadError(f"{folder} holds no session of `hakbench peers`: measure first with "
                        "`make peers`")
    table = beside.compare(load_results(folder, newest["peers"])) if "peers" in newest else None
    drawn = load_results(folder, newest["curves"]) if "curves" in newest else None
    builds = {results.facts.get("build_id.hakmem")
              for results in (table.results if table else None, drawn) if results}
    return Findings(table, curves.read_curves(drawn) if drawn else [], drawn,
                    read_pairs(folder / PAIRS_NAME, builds))


def read_pairs(path: Path, builds: set[str | None]) -> list[Pair]:
    """Nothing when they were not counted, or of another build of hakmem than was measured."""
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        pairs = [Pair(line["allocator"], line["build_id"], int(line["size_bytes"]),
                      float(line["instructions"]) if line["instructions"] else None,
                      line["reason"]) for line in csv.DictReader(file)]
    if any(pair.allocator == "hakmem" and pair.build_id not in builds for pair in pairs):
        print(f"peers: {path} is of another build of hakmem, so it is left out: run "
              f"ci/pairs --csv {path}", file=sys.stderr)
        return []
    return pairs


def write_curves(findings: Findings, folder: Path) -> list[Path]:
    """The CSV and a PNG per option into the session's folder."""
    if not findings.curves or findings.curves_results is None:
        return []
    folder = folder / folder_name(findings.curves_results.session)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "curves.csv").write_text(curves.csv_text(findings.curves), encoding="utf-8")
    return [folder / "curves.csv", *_draw(findings, folder)]


def _draw(findings: Findings, folder: Path) -> list[Path]:
    paths = []
    for option in findings.options:
        paths.append(folder / f"curve-{option}.png")
        figure = curves_figure([curve for curve in findings.curves if curve.option == option],
                               _machine(findings.curves_results))
        save_png(figure, paths[-1])
    return paths


def _machine(results: Results | None) -> str:
    facts = results.facts if results else {}
    return f"{facts.get('cpu.model', 'an unnamed processor')}, {facts.get('cpu.cores', '?')} cores."


def write_docs(findings: Findings, page: Path) -> None:
    markdown.replace_part(page, PART, markdown_report(findings))
    _draw(findings, page.parent)


# --- words for both -----------------------------------------------------------------------------

def ratio_text(ratio: Estimate, digits: int = 3) -> str:
    """The limits are rounded outwards: an interval must not look narrower than it is."""
    size = 10 ** digits
    low, high = (int(ratio.low * size) / size, -int(-ratio.high * size // 1) / size)
    return f"{ratio.value:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]" \
        + ("" if ratio.trusted else UNTRUSTED)


def target_lines(table: Beside) -> list[str]:
    """Whether the targets are met, and each row that misses one, plainly."""
    measured = [c for row in table.rows for c in row.comparisons if c.ratio]
    missed = [(row, c) for row in table.rows for c in row.misses]
    exceptions = ", ".join(f"{name} {limit:.2f}" for name, limit in beside.LOWER_LIMITS.items())
    lines = []
    if table.mean:
        verdict = "met" if table.mean.value >= beside.MEAN_RATIO else "missed"
        lines.append(f"geometric mean against the best peer of each row: {ratio_text(table.mean)} "
                     f"(target {beside.MEAN_RATIO:.2f}: {verdict})")
    lines.append(f"lower limit of at least {beside.LOWER_LIMIT:.2f} ({exceptions}): "
                 + (f"missed in {len(missed)} of {len(measured)} comparisons" if missed
                    else f"met in all {len(measured)} comparisons"))
    lines += [f"- {row.workload} against {c.peer}: {ratio_text(c.ratio)}"
              for row, c in missed if c.ratio]
    large = [row for row in table.rows if row.misses_rss]
    known = [row for row in table.rows if None not in (row.peak_rss, row.peers_rss)]
    lines.append("peak RSS of at most the median peer: "
                 + (f"missed on {len(large)} of {len(known)} rows" if large
                    else f"met on all {len(known)} rows"))
    lines += [f"- {row.workload}: {rss_text(row)} MiB" for row in large]
    missing = {c.peer: c.missing for row in table.rows for c in row.comparisons if c.missing}
    lines += [f"{peer} is missing: {why}" for peer, why in missing.items()]
    trouble = sum(row.trouble for row in table.rows)
    if trouble:
        lines.append(f"{trouble} of {len(table.results.samples)} samples crashed, failed or were "
                     "void; their blocks do not count")
    return lines


def rss_text(row: Row) -> str:
    own, peers = (f"{value / MIB:.1f}" if value is not None else "–"
                  for value in (row.peak_rss, row.peers_rss))
    return f"{own} / {peers}"


def knee_lines(findings: Findings) -> list[str]:
    if not findings.curves:
        return []
    knees = findings.knees
    if not knees:
        return [f"no knee: hakmem is nowhere more than {curves.KNEE:.0%} slower than the best peer"]
    return [f"knee: {knee.curve.program} at {count_text(knee.point.x)} {knee.curve.option}: "
            f"{knee.point.ns:.1f} ns, {knee.peer} {knee.best.ns:.1f} ns (+{knee.share:.0%})"
            for knee in knees]


def source_text(results: Results) -> str:
    session = results.session
    commit = session.commit_id[:10] if session.commit_id else "unknown"
    changed = " with local changes" if session.dirty else ""
    return f"commit {commit}{changed}, seed {session.seed}, {_machine(results)}"


# --- the terminal -------------------------------------------------------------------------------

def text_report(findings: Findings) -> str:
    lines: list[str] = []
    if findings.beside:
        lines += _table_lines(findings.beside) + ["", *target_lines(findings.beside)]
    if findings.pairs:
        lines += ["", f"instructions of malloc({findings.pairs[0].size_bytes}) and free"]
        width = max(len(pair.allocator) for pair in findings.pairs)
        lines += [f"  {pair.allocator:<{width}}  {_count_text(pair)}" for pair in findings.pairs]
    if findings.curves:
        lines += ["", *knee_lines(findings)]
    return "\n".join([*lines, ""])


def _table_lines(table: Beside) -> list[str]:
    head = ["workload", *(f"{peer} " for peer in table.peers)]
    body = [[row.workload, *(_short_text(c, row) for c in row.comparisons)] for row in table.rows]
    memory = [["workload", "peak RSS in MiB: hakmem / median peer"],
              *([row.workload, rss_text(row)] for row in table.rows)]
    return [f"{table.candidate} beside its peers: the peer's time / hakmem's, above 1 hakmem is "
            "faster",
            f"95 % intervals of {table.blocks} blocks; *: the row's best peer", "",
            *_columns([head, *body]), "", *_columns(memory, align=str.ljust)]


def _columns(lines: list[list[str]], align: Callable[[str, int], str] = str.rjust) -> list[str]:
    """The first column to the left."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [" ".join([line[0].ljust(widths[0]), *map(align, line[1:], widths[1:])]).rstrip()
            for line in lines]


def _short_text(comparison: Comparison, row: Row) -> str:
    if comparison.ratio is None:
        return "missing "
    digits = 2 if comparison.ratio.high < 9.995 else 1
    text = ratio_text(comparison.ratio, digits)
    text = text.replace("[", "").replace("]", "").replace(", ", "–")
    return text + ("*" if comparison is row.best else " ")


def _count_text(pair: Pair) -> str:
    return f"{pair.instructions:.1f}" if pair.instructions is not None else \
        f"not counted: {pair.reason}"


# --- the docs -----------------------------------------------------------------------------------

def markdown_report(findings: Findings) -> str:
    parts = []
    table = findings.beside
    if table:
        parts += [
            "The peer's time per operation over hakmem's: above 1 hakmem is faster. Exact 95 % "
            f"intervals of {table.blocks} blocks; bold: the row's best peer. Peak RSS in MiB: "
            f"hakmem / median peer. Measured at {source_text(table.results)}",
            markdown.table(["workload", *table.peers, "peak RSS"], [
                [row.workload, *(_cell_text(c, row) for c in row.comparisons), rss_text(row)]
                for row in table.rows]),
            _listed(target_lines(table))]
    if findings.pairs:
        parts += [f"Instructions of `malloc({findings.pairs[0].size_bytes})` and `free` in the "
                  "steady state, both returns included, counted by callgrind:",
                  markdown.table(["allocator", "instructions"], [
                      [f"`{pair.allocator}`", _count_text(pair)] for pair in findings.pairs])]
    if findings.curves:
        parts += ["Cost curves, " + source_text(findings.curves_results)  # type: ignore[arg-type]
                  + " A knee is a point at which hakmem is more than "
                  f"{curves.KNEE:.0%} slower than the best peer there.",
                  *(f"![Time per operation against {option}](curve-{option}.png)"
                    for option in findings.options),
                  _listed(knee_lines(findings))]
    return "\n\n".join(parts)


def _cell_text(comparison: Comparison, row: Row) -> str:
    if comparison.ratio is None:
        return "missing"
    text = ratio_text(comparison.ratio)
    return f"**{text}**" if comparison is row.best else text


def _listed(lines: list[str]) -> str:
    """A list, in which what belongs to a line stands below it."""
    return "\n".join(f"  {line}" if line.startswith("- ") else f"- {line}" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
