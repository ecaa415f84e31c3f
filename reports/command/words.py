"""What the commands have in common: exit codes, and where the results are."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

PASS, REGRESSION, USAGE_ERROR = 0, 1, 2


def results_parser(command: str, description: str) -> argparse.ArgumentParser:
    """`command` is empty for the report, which needs no name."""
    parser = argparse.ArgumentParser(prog=f"python3 -m reports {command}".rstrip(),
                                     description=description)
    parser.add_argument("--results", type=Path, default=Path("reports/out"), metavar="DIR",
                        help="folder of results.sqlite (default: %(default)s)")
    return parser


def cannot_write(command: str, what: str, error: OSError) -> int:
    """Says so in the command's name; `what` is written where the error names no file."""
    print(f"{command}: cannot write {error.filename or what}: {error.strerror}: choose another "
          "folder with --output", file=sys.stderr)
    return USAGE_ERROR
