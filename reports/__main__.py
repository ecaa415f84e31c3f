"""`python3 -m reports [COMMAND]`: which command, the report of a session when none is named.

Only the modules of that command are loaded: the page of a night needs neither numpy nor matplotlib,
and comes about where they are missing.
"""

from __future__ import annotations

import sys
from importlib import import_module

COMMANDS = ("trend", "peers", "night")


def main(arguments: list[str] | None = None) -> int:
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] and words[0] in COMMANDS:
        return import_module(f"reports.command.{words[0]}").main(words[1:])
    return import_module("reports.command.report").main(words)


if __name__ == "__main__":
    sys.exit(main())
