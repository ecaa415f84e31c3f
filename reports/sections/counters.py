"""The section on what allocators counted, and what samples that went wrong left behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from reports.figures.charts import write_csv
from reports.statistics.counters import WORKLOAD_FAMILY, Counters, Left
from reports.statistics.units import bytes_text, short_count, time_text

KPI_CSV, LEFT_CSV = "kpi.csv", "left.csv"
KPI_HEAD = ("workload", "allocator", "name", "median", "low", "high", "n")
LEFT_HEAD = ("workload", "allocator", "block", "what", "kind", "name", "value")
PER_NS = {"ns": 1, "ps": 1000}
LEFT_MAX = 20  # in the page; the file has all
LEFT_NAMES_MAX = 8
TABLE_COLUMNS_MAX = 7  # workloads beside each other, so that the table needs no scrolling


def counters_view(found: tuple[Counters, ...], left: tuple[Left, ...],
                  folder: Path) -> dict[str, object]:
    """Variables of counters.html.j2 and of the ledger; all numbers are also left in `folder`."""
    if found:
        write_csv(folder / KPI_CSV, KPI_HEAD, kpi_rows(found))
    if left:
        write_csv(folder / LEFT_CSV, LEFT_HEAD, left_rows(left))
    own = found[0] if found else None
    size = TABLE_COLUMNS_MAX
    parts = [own.workloads[first:first + size]
             for first in range(0, len(own.workloads), size)] if own else []
    return {"counters": own, "counters_parts": parts, "counters_csv": KPI_CSV, "value": value_text,
            "counters_others": len(found) - 1, "left": [_left_view(one) for one in left[:LEFT_MAX]],
            "left_all": len(left), "left_csv": LEFT_CSV}


def value_text(name: str, value: float) -> str:
    """In the unit that the name tells."""
    words = name.replace(".", "_").split("_")
    if "bytes" in words:
        return bytes_text(value)
    if words[-1] in PER_NS:
        return time_text(value / PER_NS[words[-1]])
    return short_count(value)


def kpi_rows(found: Iterable[Counters]) -> Iterator[list[object]]:
    for counters in found:
        for counter in counters.counters:
            for workload, value in counter.values.items():
                yield [workload, counters.allocator, counter.name, f"{value.value:.0f}",
                       f"{value.low:.0f}", f"{value.high:.0f}", value.n]


def left_rows(left: Iterable[Left]) -> Iterator[list[object]]:
    for one in left:
        place = [one.workload, one.label, one.block, one.what]
        for name, value in one.kpi.items():
            yield [*place, "counter", name, value]
        for latency in one.latency:
            for name in ("count", "timed", "p50_ns", "p90_ns", "p99_ns", "p999_ns", "max_ns"):
                yield [*place, "latency", f"{latency.operation}.{name}", getattr(latency, name)]


def _left_view(left: Left) -> dict[str, object]:
    """The workload's counters and latencies in words, then the allocator's that are not zero."""
    own = {name: value for name, value in left.kpi.items()
           if not name.startswith(WORKLOAD_FAMILY + ".") and value}
    work = [f"{name} {value_text(name, value)}" for name, value in left.kpi.items()
            if name.startswith(WORKLOAD_FAMILY + ".")]
    times = [f"{one.operation}: {short_count(one.timed)} timed, p50 {time_text(one.p50_ns)}, "
             f"p99.9 {time_text(one.p999_ns)}, max {time_text(one.max_ns)}"
             for one in left.latency if one.timed]
    names = [f"{name} {value_text(name, value)}" for name, value in own.items()]
    more = len(names) - LEFT_NAMES_MAX
    shown = names[:LEFT_NAMES_MAX] + ([f"{more} more"] if more > 0 else [])
    return {"data": left, "work": ", ".join(work) or "–", "times": times,
            "counters": ", ".join(shown) or "–"}
