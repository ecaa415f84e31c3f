"""`python3 -m reports`: writes the report of a session and prints where it is."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from reports.load import LoadError, load_results
from reports.names import NamesError, read_names
from reports.page import write_readme_figure, write_report
from reports.summary import summarise

PASS, USAGE_ERROR = 0, 2


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        results = load_results(options.results, options.session)
        summary = summarise(results, read_names())
        page = write_report(summary, options.output or options.results)
        if options.readme_figure:
            write_readme_figure(summary, options.readme_figure)
    except (LoadError, NamesError) as error:
        print(f"report: {error}", file=sys.stderr)
        return USAGE_ERROR
    except OSError as error:
        print(f"report: cannot write {error.filename or 'the report'}: {error.strerror}: "
              "choose another folder with --output", file=sys.stderr)
        return USAGE_ERROR
    print(f"report: {page}")
    return PASS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m reports",
        description="Writes the report of a session as one self-contained HTML file, with its "
                    "figures as PNG and SVG beside it.")
    parser.add_argument("--results", type=Path, default=Path("reports/out"), metavar="DIR",
                        help="folder of results.sqlite (default: %(default)s)")
    parser.add_argument("--session", type=int, metavar="ID",
                        help="session to report (default: the newest `hakbench run`)")
    parser.add_argument("--output", type=Path, metavar="DIR",
                        help="folder to write under (default: the results folder)")
    parser.add_argument("--readme-figure", type=Path, metavar="FILE",
                        help="also write the figure that sums up the matrix as this PNG")
    return parser


if __name__ == "__main__":
    sys.exit(main())
