"""`python3 -m reports peers`: hakmem beside its peers, as a table, curves and a part of the docs.

Takes the newest sessions of `hakbench peers` and `hakbench curves` and the counts of `ci/pairs`,
as far as they are there.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from reports.command.words import PASS, USAGE_ERROR, results_parser
from reports.load.database import LoadError
from reports.load.names import ROOT
from reports.load.pairs import read_pairs
from reports.load.results import list_sessions, load_results
from reports.pages.markdown import MarkerError
from reports.pages.peers import PART, text_report, write_curves, write_docs
from reports.sections.peers import Findings
from reports.statistics import beside, curves

DOCS_FILE = ROOT / "docs" / "ALLOCATOR.md"
PAIRS_NAME = "pairs.csv"


def main(words: list[str]) -> int:
    options = _parser().parse_args(words)
    try:
        findings = read_findings(options.results)
        print(text_report(findings))
        for path in write_curves(findings, options.results):
            print(f"written: {path}")
        if options.write_docs:
            write_docs(findings, options.write_docs)
            print(f"written: {options.write_docs}")
    except (LoadError, MarkerError) as error:
        print(f"peers: {error}", file=sys.stderr)
        return USAGE_ERROR
    except OSError as error:
        print(f"peers: {error.filename}: {error.strerror}: check the path and its permissions",
              file=sys.stderr)
        return USAGE_ERROR
    return PASS


def _parser() -> argparse.ArgumentParser:
    parser = results_parser(
        "peers", "The newest `hakbench peers` as a table of ratios, the newest `hakbench curves` "
        "as figures and CSV in the session's folder.")
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
