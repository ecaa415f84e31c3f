"""A page's part that a command writes: the lines between two marker comments.

    <!-- NAME:begin -->
    ...
    <!-- NAME:end -->
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


class MarkerError(Exception):
    """The page has no such part; the message is complete and fits one line."""


def replace_part(path: Path, name: str, text: str) -> None:
    """Everything else stays as it is; writing the same text again changes nothing."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    lines = path.read_text(encoding="utf-8").splitlines()
    if lines.count(begin) != 1 or lines.count(end) != 1 or lines.index(end) < lines.index(begin):
        raise MarkerError(f"{path} needs one line {begin} and after it one line {end}: "
                          "put them where the text belongs")
    kept, left = lines[:lines.index(begin) + 1], lines[lines.index(end):]
    path.write_text("\n".join([*kept, "", *text.splitlines(), "", *left]) + "\n", encoding="utf-8")


def table(head: list[str], rows: Iterable[list[str]]) -> str:
    """The first column to the left, the others to the right."""
    marks = ["---"] + ["---:"] * (len(head) - 1)
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |"
                     for line in (head, marks, *rows))
