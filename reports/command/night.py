"""`python3 -m reports night STATE.json`: the summary page of a night, for ci/nightly."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from reports.command.words import PASS, USAGE_ERROR
from reports.pages.night import write_night


def main(words: list[str]) -> int:
    if len(words) != 1 or words[0] in ("-h", "--help"):
        print("usage: python3 -m reports night STATE.json    (ci/nightly writes it)",
              file=sys.stderr)
        return PASS if words and words[0] in ("-h", "--help") else USAGE_ERROR
    path = Path(words[0])
    try:
        page = write_night(json.loads(path.read_text(encoding="utf-8")), path.parent)
    except (OSError, ValueError, KeyError) as error:
        print(f"night: cannot make a page of {path}: {error}", file=sys.stderr)
        return USAGE_ERROR
    print(f"night: {page}")
    return PASS
