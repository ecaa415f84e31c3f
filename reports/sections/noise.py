"""How far a session's numbers can be trusted: its own scatter, and what the host took."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from reports.figures.charts import write_csv
from reports.load.names import Names
from reports.load.records import Results
from reports.load.tables import Noise
from reports.sections.advice import Notice
from reports.statistics.units import percent_text

NOISE_CSV = "noise.csv"
HEAD = ("workload", "allocator", "side", "samples", "pairs", "spread", "p95")


def noise_view(results: Results, names: Names, warnings: Sequence[Notice],
               folder: Path) -> dict[str, object]:
    """Variables of noise.html.j2 and of the line in the header; all rows are left in `folder`."""
    rows = results.tables.noise
    if rows:
        write_csv(folder / NOISE_CSV, HEAD, (
            [one.workload, one.allocator, one.side, one.samples, one.pairs, f"{one.spread:.6f}",
             f"{one.p95:.6f}"] for one in rows))
    workloads = [one for one in rows if one.workload and not one.allocator]
    return {"noise": [(one, _worst(rows, one.workload, names)) for one in workloads],
            "noise_csv": NOISE_CSV, "noise_line": noise_line(results, warnings)}


def noise_line(results: Results, warnings: Sequence[Notice]) -> list[str]:
    """Clauses: the A/A spread, the stolen time, the load, how many warnings there are."""
    clauses = []
    total = next((one for one in results.tables.noise
                  if not one.workload and not one.allocator), None)
    if total:
        clauses.append(f"A/A spread {percent_text(total.spread)} a sample; of pairs of the same "
                       f"thing 95 % are within {percent_text(total.p95)}")
    for key, words in (("steal.percent", "taken by the hypervisor (steal)"),
                       ("foreign.percent", "by other processes")):
        try:
            clauses.append(f"{percent_text(float(results.facts[key]) / 100)} {words}")
        except (KeyError, ValueError):
            continue
    load = results.facts.get("load.start", "unknown")
    if load != "unknown":
        clauses.append(f"load {load} at the start")
    number = len(warnings)
    clauses.append(f"{number or 'no'} warning{'' if number == 1 else 's'}")
    return clauses


def _worst(rows: Sequence[Noise], workload: str, names: Names) -> tuple[str, float] | None:
    """The allocator whose samples scatter most."""
    found = [(one.spread, names.label(one.allocator) + (f" ({one.side})" if one.side else ""))
             for one in rows if one.workload == workload and one.allocator]
    if not found:
        return None
    spread, label = max(found)
    return label, spread
