"""Reads what `ci/pairs` counted: instructions of a malloc and a free under each allocator."""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Pair:
    """Instructions of a malloc and a free (ci/pairs); or why they could not be counted."""

    allocator: str
    build_id: str
    size_bytes: int
    instructions: float | None
    reason: str


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
