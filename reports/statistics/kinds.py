"""Who an allocator is in a session: the release default, a variant of it, a peer or another."""

from __future__ import annotations

from reports.load.names import DEFAULT_ALLOCATOR, Names
from reports.load.records import Cell

DEFAULT, VARIANT, PEER, OTHER, TOTAL = "default", "variant", "peer", "other", "total"
SIDES = {"A": DEFAULT, "B": PEER}  # of a comparison of two: A is told beside B


def kind_of(allocator: str, names: Names) -> str:
    if allocator == DEFAULT_ALLOCATOR:
        return DEFAULT
    if names.is_hakmem(allocator):
        return VARIANT
    return PEER if names.is_peer(allocator) else OTHER


def told_as(cell: Cell, names: Names) -> tuple[str, str]:
    """Label and kind; in a comparison of two what counts is the side."""
    label, kind = names.label(cell.allocator), kind_of(cell.allocator, names)
    return (f"{cell.side}: {label}", SIDES.get(cell.side, OTHER)) if cell.side else (label, kind)


def place_of(cell: Cell) -> str:
    """Workload and pass."""
    return cell.workload + (", latency pass" if cell.measures == "latency" else "")
