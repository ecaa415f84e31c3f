"""hakmem beside its peers, as text for the terminal, a part of the docs, curves and their CSV."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from reports.figures.canvas import save_png
from reports.figures.curves import curves_figure
from reports.pages import markdown
from reports.pages.index import folder_name
from reports.sections.peers import Findings, knee_lines, machine_text, pair_text, ratio_text, \
    rss_text, source_text, target_lines
from reports.statistics import curves
from reports.statistics.beside import Beside, Comparison, Row

PART = "peers"


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
                               machine_text(findings.curves_results))
        save_png(figure, paths[-1])
    return paths


def write_docs(findings: Findings, page: Path) -> None:
    markdown.replace_part(page, PART, markdown_report(findings))
    _draw(findings, page.parent)


def text_report(findings: Findings) -> str:
    lines: list[str] = []
    if findings.beside:
        lines += _table_lines(findings.beside) + ["", *target_lines(findings.beside)]
    if findings.pairs:
        lines += ["", f"instructions of malloc({findings.pairs[0].size_bytes}) and free"]
        width = max(len(pair.allocator) for pair in findings.pairs)
        lines += [f"  {pair.allocator:<{width}}  {pair_text(pair)}" for pair in findings.pairs]
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
                      [f"`{pair.allocator}`", pair_text(pair)] for pair in findings.pairs])]
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
