"""What a history says: levels, change points, and what somebody should look at.

Two tests. A change point (changes.py) that makes a metric worse, is not accepted, and was not made
good again by what came after it, is a finding. So is the newest commit when it is worse than the
last release by WORSE_LEAST and its interval says worse, too: many small steps that no change point
shows add up there. Shifts that were accepted since that release are taken off first.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from reports.load.history import FAULTS, INSTRUCTIONS, P999, RSS, TIME, Acceptance, Commit, \
    History, Point
from reports.statistics.changes import Change, find_changes, find_exact_changes, level
from reports.statistics.estimates import Estimate

# How much worse is worth a finding, in logarithms. A latency percentile is the noisiest of all; of
# instructions there is nearly no noise.
WORSE_LEAST = {TIME: 0.03, FAULTS: 0.03, RSS: 0.03, P999: 0.10, INSTRUCTIONS: 0.005}
STEP_LEAST = {TIME: 0.01, FAULTS: 0.01, RSS: 0.01, P999: 0.05, INSTRUCTIONS: 0.005}
NAMES = {TIME: "time per operation", FAULTS: "soft page faults", RSS: "peak RSS",
         P999: "p99.9 of malloc", INSTRUCTIONS: "instructions"}


@dataclass(frozen=True)
class Shift:
    """A change point of a series. `made_good`: a later one took half of it back, or more."""

    commit: Commit
    before: Commit  # the last measured one on the old level
    step: float  # logarithm; above 0 is worse
    p: float
    acceptance: Acceptance | None
    made_good: bool

    @property
    def is_worse(self) -> bool:
        return self.step > 0

    @property
    def is_exact(self) -> bool:
        """No commit between the two levels was left unmeasured."""
        return self.commit.position == self.before.position + 1


@dataclass(frozen=True)
class Since:
    """The newest commit against the last release, less what was accepted since."""

    release: Commit
    newest: Commit
    estimate: Estimate  # of logarithms
    accepted: float

    @property
    def is_worse(self) -> bool:
        return self.estimate.low > 0


@dataclass(frozen=True)
class Trend:
    """One series and what it says."""

    workload: str
    metric: str
    points: list[Point]
    shifts: list[Shift]
    since: Since | None

    @property
    def name(self) -> str:
        return NAMES[self.metric]

    @property
    def title(self) -> str:
        return self.name[0].upper() + self.name[1:]


@dataclass(frozen=True)
class Finding:
    """Something that got worse and that nobody accepted."""

    workload: str
    metric: str
    commit: Commit
    worse: float  # logarithm
    text: str


@dataclass(frozen=True)
class Trends:
    history: History
    all: list[Trend]

    def of(self, workload: str) -> list[Trend]:
        return [trend for trend in self.all if trend.workload == workload]

    @cached_property
    def findings(self) -> list[Finding]:
        return [finding for trend in self.all for finding in _findings(trend, self.history)]


def find_trends(history: History) -> Trends:
    return Trends(history, [_trend(history, workload, metric, points)
                            for (workload, metric), points in history.series.items()])


def _trend(history: History, workload: str, metric: str, points: list[Point]) -> Trend:
    blocks = [point.blocks for point in points]
    least = STEP_LEAST[metric]
    changes = find_exact_changes(blocks, least) if metric == INSTRUCTIONS \
        else find_changes(blocks, least)
    shifts = [_shift(history, workload, points, change, changes) for change in changes]
    return Trend(workload, metric, points, shifts,
                 _since(history, workload, metric, points, shifts))


def _shift(history: History, workload: str, points: list[Point], change: Change,
           changes: list[Change]) -> Shift:
    number = changes.index(change)
    bounds = [0, *(one.index for one in changes), len(points)]
    levels = [level([point.blocks for point in points[start:end]])
              for start, end in zip(bounds, bounds[1:], strict=False)]
    later = min(levels[number + 2:], default=math.inf)
    commit = points[change.index].commit
    return Shift(commit, points[change.index - 1].commit, change.step, change.p,
                 history.acceptance(commit, workload),
                 made_good=change.step > 0 and later - levels[number] < change.step / 2)


def _since(history: History, workload: str, metric: str, points: list[Point],
           shifts: list[Shift]) -> Since | None:
    """None when no release was measured before the newest commit."""
    newest = points[-1]
    released = [point for point in points[:-1] if point.commit.id in history.tags]
    if not released:
        return None
    base = released[-1]
    accepted = sum(_accepted_steps(history, workload, metric, points, shifts,
                                   base.commit.position))
    value = newest.value - base.value - accepted
    # Two independent measurements, each against the anchor: half widths add by their squares.
    below = math.hypot(newest.value - newest.low, base.high - base.value)
    above = math.hypot(newest.high - newest.value, base.value - base.low)
    return Since(base.commit, newest.commit,
                 Estimate(value, value - below, value + above, 0.95, min(newest.n, base.n)),
                 accepted)


def _accepted_steps(history: History, workload: str, metric: str, points: list[Point],
                    shifts: list[Shift], after: int) -> Iterator[float]:
    """Of commits after that position: the change point's step; without one, the step to the commit
    before, when it is so large that it would be a finding."""
    steps = {shift.commit.id: shift.step for shift in shifts}
    for before, point in zip(points, points[1:], strict=False):
        if point.commit.position > after and history.acceptance(point.commit, workload):
            step = point.value - before.value
            yield steps.get(point.commit.id, step if step >= WORSE_LEAST[metric] else 0.0)


def _findings(trend: Trend, history: History) -> Iterator[Finding]:
    for shift in trend.shifts:
        if shift.is_worse and not shift.acceptance and not shift.made_good:
            commit = shift.commit
            yield Finding(
                trend.workload, trend.metric, commit, shift.step,
                f"{trend.workload}: {trend.name} {percent(shift.step)} since {commit.short} "
                f"({commit.subject})")
    since = trend.since
    least = WORSE_LEAST[trend.metric]
    if since and since.is_worse and since.estimate.value >= least:
        tag = history.tags[since.release.id]
        yield Finding(
            trend.workload, trend.metric, since.newest, since.estimate.value,
            f"{trend.workload}: {trend.name} {percent(since.estimate.value)} at "
            f"{since.newest.short} against the last release, {tag}")


def percent(logarithm: float) -> str:
    value = round(math.expm1(logarithm) * 100, 1)
    sign = "+" if value > 0 else "\N{MINUS SIGN}" if value < 0 else ""
    return f"{sign}{abs(value):.1f} %"
