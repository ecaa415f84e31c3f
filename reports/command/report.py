"""`python3 -m reports`: writes the report of a session and prints where it is."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from reports.command.words import PASS, USAGE_ERROR, cannot_write, results_parser
from reports.load.database import LoadError, NothingMeasured
from reports.load.names import NamesError, read_names
from reports.load.results import list_sessions, load_results
from reports.pages.index import REPORT_NAME, folder_name
from reports.pages.report import write_readme_figure, write_report
from reports.statistics.summary import summarise


def main(words: list[str]) -> int:
    parser = _parser()
    options = parser.parse_args(words)
    if options.all and (options.session is not None or options.readme_figure):
        parser.error("--all takes neither --session nor --readme-figure: it is for every session")
    try:
        output = options.output or options.results
        pages = write_missing(options.results, output) if options.all else []
        if not options.all:
            summary = summarise(load_results(options.results, options.session), read_names())
            pages = [write_report(summary, output)]
            if options.readme_figure:
                write_readme_figure(summary, options.readme_figure)
    except (LoadError, NamesError) as error:
        print(f"report: {error}", file=sys.stderr)
        return USAGE_ERROR
    except OSError as error:
        return cannot_write("report", "the report", error)
    for page in pages:
        print(f"report: {page}")
    return PASS


def write_missing(results: Path, output: Path) -> list[Path]:
    """A page of each session that has none and holds something to tell; newest first."""
    names, pages = read_names(), []
    for session in list_sessions(results):
        if (output / folder_name(session) / REPORT_NAME).is_file():
            continue
        try:
            pages.append(write_report(summarise(load_results(results, session.id), names), output))
        except NothingMeasured as nothing:
            print(f"report: left out: {nothing}", file=sys.stderr)
    if not pages:
        print(f"report: every session of {results} that holds a sample has its page; write one "
              "again with --session", file=sys.stderr)
    return pages


def _parser() -> argparse.ArgumentParser:
    parser = results_parser(
        "", "Writes the report of a session as one self-contained HTML file, with its charts as "
        "SVG, PNG and CSV beside it, and the index over all sessions. `python3 -m reports trend` "
        "draws the history of commits, `python3 -m reports peers` sets hakmem beside its peers "
        "(see their --help).")
    parser.add_argument("--session", type=int, metavar="ID",
                        help="session to report (default: the newest `hakbench run`)")
    parser.add_argument("--all", action="store_true",
                        help="report every session that has no page yet")
    parser.add_argument("--output", type=Path, metavar="DIR",
                        help="folder to write under (default: the results folder)")
    parser.add_argument("--readme-figure", type=Path, metavar="FILE",
                        help="also write the figure that sums up the matrix as this PNG")
    return parser
