"""`python3 -m reports trend`: draws the history of commits, and says what got worse."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from reports.command.words import PASS, REGRESSION, USAGE_ERROR, cannot_write, \
    results_parser
from reports.load.database import DATABASE_NAME, LoadError
from reports.load.history import load_history
from reports.load.names import ROOT
from reports.pages.report import write_index
from reports.pages.trend import FOLDER_NAME, sentence, write_trend
from reports.statistics.trend import find_trends


def main(words: list[str]) -> int:
    options = _parser().parse_args(words)
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
        return cannot_write("trend", "the page", error)
    for finding in trends.findings:
        print(f"worse: {finding.text}")
    print(sentence(trends))
    print(f"trend: {page}")
    return REGRESSION if trends.findings else PASS


def _parser() -> argparse.ArgumentParser:
    parser = results_parser(
        "trend", "Draws the history of commits (hakbench backfill): a page, with a figure a "
        "workload as PNG and SVG beside it. Exit code 1: something got worse that nobody accepted "
        "(hakbench accept).")
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
