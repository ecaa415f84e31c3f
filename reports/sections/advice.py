"""Warnings about a session: each kind has a remedy, and each warning tells what was seen.

The limits are named here and printed in the report. A fact that the fingerprint does not hold
raises no warning: absence of proof is not told as fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from reports.load.records import Results
from reports.statistics.detection import Detection
from reports.statistics.estimates import SMALLEST_N
from reports.statistics.summary import Summary
from reports.statistics.units import percent_text

SPREAD_LIMIT = 0.05  # robust coefficient of variation of a cell's throughput
STEAL_LIMIT = 0.01  # share of processor time that the hypervisor took
FOREIGN_LIMIT = 0.10  # share of processor time that other processes took
LOAD_LIMIT = 0.5  # runnable processes per core before the first sample


class Kind(Enum):
    """The value is the remedy, said to the reader."""

    TROUBLE = "Look at the ledger below, then repeat one by `build/hakbench exec` under a debugger."
    UNFINISHED = "Go on with it by `build/hakbench run --resume`, then `make report`."
    PREDICTION = "Read which below the detection matrix: each is a bug, or a wrong prediction."
    VOID = "Read why in the ledger; a void sample enters no number."
    FEW_REPEATS = "Run the default mode (`make matrix`) for 95 % intervals."
    SPREAD = "Close what else runs on this machine and measure again; trust intervals, not medians."
    MISSING = "Install it, then measure again: `make deps` installs every peer."
    DIRTY = "Commit before measuring, so that the numbers belong to a commit."
    STEAL = "Use a machine of your own, or one whose processors are not shared."
    FOREIGN = "Stop them (`build/hakbench doctor` says what disturbs), then measure again."
    LOAD = "Wait until the machine is idle, then measure again."
    THP = "`echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled`"
    GOVERNOR = "`sudo cpupower frequency-set -g performance`"
    ASLR = "`sudo sysctl kernel.randomize_va_space=2`"

    @property
    def remedy(self) -> str:
        return self.value


@dataclass(frozen=True)
class Notice:
    kind: Kind
    text: str


def warnings_of(summary: Summary, detection: Detection | None = None) -> list[Notice]:
    """The gravest first: what went wrong, what is incomplete, what is noisy, what is unfit."""
    return [*_outcome_warnings(summary, detection), *_noise_warnings(summary),
            *_host_warnings(summary.results)]


def _outcome_warnings(summary: Summary, detection: Detection | None) -> Iterator[Notice]:
    counts = summary.counts
    if counts.bad:
        yield Notice(Kind.TROUBLE, f"{counts.bad} of {counts.done} samples went wrong "
                                    f"({counts.bad_words}); none is in any number or plot.")
    if detection and detection.held < detection.predicted:
        missed = detection.predicted - detection.held
        yield Notice(Kind.PREDICTION, f"{missed} of {detection.predicted} cases of misuse ended "
                                       "otherwise than predicted, or did not run.")
    if counts.done < counts.planned:
        yield Notice(Kind.UNFINISHED, f"{counts.planned - counts.done} of {counts.planned} "
                                       "planned samples are not measured yet.")
    if counts.void:
        yield Notice(Kind.VOID, f"{counts.void} of {counts.done} samples did not count "
                                "(void).")
    missing = dict.fromkeys(row.label for workload in summary.workloads for row in workload.rows
                            if row.missing is not None)
    if missing:
        yield Notice(Kind.MISSING, f"Not measured because missing: {', '.join(missing)}.")


def _noise_warnings(summary: Summary) -> Iterator[Notice]:
    rows = [(workload, row) for workload in summary.workloads for row in workload.rows if row.speed]
    fewest = min((row.speed.n for _, row in rows if row.speed), default=0)
    if rows and fewest < SMALLEST_N:
        yield Notice(Kind.FEW_REPEATS, f"Some cells have {fewest} usable "
                      f"sample{'s' if fewest != 1 else ''}; a 95 % interval needs "
                      f"{SMALLEST_N}, so ranges are shown with the coverage they have.")
    noisy = [(row.spread, workload.name, row.label) for workload, row in rows
             if row.spread is not None and row.spread > SPREAD_LIMIT]
    if noisy:
        spread, name, label = max(noisy)
        yield Notice(Kind.SPREAD, f"{len(noisy)} of {len(rows)} cells spread by more than "
                      f"{percent_text(SPREAD_LIMIT)}, most of all {label} on {name} with "
                      f"{percent_text(spread)}.")


def _host_warnings(results: Results) -> Iterator[Notice]:
    if results.session.dirty == 1:
        yield Notice(Kind.DIRTY, "The work tree had changes that no commit holds.")
    steal = _number(results, "steal.percent")
    if steal is not None and steal > STEAL_LIMIT * 100:
        yield Notice(Kind.STEAL, f"The hypervisor took {percent_text(steal / 100)} of processor "
                                 "time.")
    foreign = _number(results, "foreign.percent")
    if foreign is not None and foreign > FOREIGN_LIMIT * 100:
        yield Notice(Kind.FOREIGN, f"Other processes took {percent_text(foreign / 100)} of "
                                   "processor time.")
    load, cores = _number(results, "load.start"), _number(results, "cpu.cores")
    if load is not None and cores and load / cores > LOAD_LIMIT:
        yield Notice(Kind.LOAD, f"The load was {load:g} on {cores:g} cores at the start.")
    if _fact(results, "thp.enabled") == "always":
        yield Notice(Kind.THP, "Transparent huge pages are `always` on: the kernel, not the "
                               "allocator, decides part of the page faults and memory.")
    governor = _fact(results, "cpu.governor")
    if governor not in (None, "performance"):
        yield Notice(Kind.GOVERNOR, f"The frequency governor is `{governor}`: clocks change "
                                    "while measuring.")
    if _fact(results, "aslr") == "0":
        yield Notice(Kind.ASLR, "Address randomisation is off: one lucky or unlucky layout "
                                "biases every sample alike.")


def _fact(results: Results, key: str) -> str | None:
    """None also for what the runner could not find out."""
    value = results.facts.get(key)
    return None if value == "unknown" else value


def _number(results: Results, key: str) -> float | None:
    try:
        return float(_fact(results, key) or "")
    except ValueError:
        return None
