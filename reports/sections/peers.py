"""hakmem beside its peers, in lines that both the terminal and the docs show.

Nothing here holds a date, so that the same measurement always says the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from reports.figures.curves import count_text
from reports.load.pairs import Pair
from reports.load.records import Results
from reports.statistics import beside, curves
from reports.statistics.beside import Beside, Row
from reports.statistics.curves import Curve, Knee
from reports.statistics.estimates import Estimate
from reports.statistics.units import MIB

UNTRUSTED = "†"


@dataclass(frozen=True)
class Findings:
    beside: Beside | None
    curves: list[Curve]
    curves_results: Results | None
    pairs: list[Pair]

    @property
    def knees(self) -> list[Knee]:
        return curves.find_knees(self.curves)

    @property
    def options(self) -> list[str]:
        return list(dict.fromkeys(curve.option for curve in self.curves))


def ratio_text(ratio: Estimate, digits: int = 3) -> str:
    """The limits are rounded outwards: an interval must not look narrower than it is."""
    size = 10 ** digits
    low, high = (int(ratio.low * size) / size, -int(-ratio.high * size // 1) / size)
    return f"{ratio.value:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]" \
        + ("" if ratio.trusted else UNTRUSTED)


def target_lines(table: Beside) -> list[str]:
    """Whether the targets are met, and each row that misses one, plainly."""
    measured = [c for row in table.rows for c in row.comparisons if c.ratio]
    missed = [(row, c) for row in table.rows for c in row.misses]
    exceptions = ", ".join(f"{name} {limit:.2f}" for name, limit in beside.LOWER_LIMITS.items())
    lines = []
    if table.mean:
        verdict = "met" if table.mean.value >= beside.MEAN_RATIO else "missed"
        lines.append(f"geometric mean against the best peer of each row: {ratio_text(table.mean)} "
                     f"(target {beside.MEAN_RATIO:.2f}: {verdict})")
    lines.append(f"lower limit of at least {beside.LOWER_LIMIT:.2f} ({exceptions}): "
                 + (f"missed in {len(missed)} of {len(measured)} comparisons" if missed
                    else f"met in all {len(measured)} comparisons"))
    lines += [f"- {row.workload} against {c.peer}: {ratio_text(c.ratio)}"
              for row, c in missed if c.ratio]
    large = [row for row in table.rows if row.misses_rss]
    known = [row for row in table.rows if None not in (row.peak_rss, row.peers_rss)]
    lines.append("peak RSS of at most the median peer: "
                 + (f"missed on {len(large)} of {len(known)} rows" if large
                    else f"met on all {len(known)} rows"))
    lines += [f"- {row.workload}: {rss_text(row)} MiB" for row in large]
    missing = {c.peer: c.missing for row in table.rows for c in row.comparisons if c.missing}
    lines += [f"{peer} is missing: {why}" for peer, why in missing.items()]
    trouble = sum(row.trouble for row in table.rows)
    if trouble:
        lines.append(f"{trouble} of {len(table.results.samples)} samples crashed, failed or were "
                     "void; their blocks do not count")
    return lines


def rss_text(row: Row) -> str:
    own, peers = (f"{value / MIB:.1f}" if value is not None else "–"
                  for value in (row.peak_rss, row.peers_rss))
    return f"{own} / {peers}"


def knee_lines(findings: Findings) -> list[str]:
    if not findings.curves:
        return []
    knees = findings.knees
    if not knees:
        return [f"no knee: hakmem is nowhere more than {curves.KNEE:.0%} slower than the best peer"]
    return [f"knee: {knee.curve.program} at {count_text(knee.point.x)} {knee.curve.option}: "
            f"{knee.point.ns:.1f} ns, {knee.peer} {knee.best.ns:.1f} ns (+{knee.share:.0%})"
            for knee in knees]


def source_text(results: Results) -> str:
    session = results.session
    commit = session.commit_id[:10] if session.commit_id else "unknown"
    changed = " with local changes" if session.dirty else ""
    return f"commit {commit}{changed}, seed {session.seed}, {machine_text(results)}"


def machine_text(results: Results | None) -> str:
    facts = results.facts if results else {}
    return f"{facts.get('cpu.model', 'an unnamed processor')}, {facts.get('cpu.cores', '?')} cores."


def pair_text(pair: Pair) -> str:
    return f"{pair.instructions:.1f}" if pair.instructions is not None else \
        f"not counted: {pair.reason}"
