"""Reads the history of commits out of the results database: a series a workload and metric.

A series is a range of the table's key, newest first, and no more of it than is shown: thousands of
commits cost no more than hundreds.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from reports.load.database import LoadError, open_results

TIME, FAULTS, RSS, P999, INSTRUCTIONS = METRICS = ("time", "faults", "rss", "p999", "instructions")
GIT_SECONDS = 20
# None of these reads more of the table than it returns; the test of that asks SQLite for its plans.
ANCHOR_SQL = "SELECT anchor FROM history ORDER BY session_id DESC LIMIT 1"
# From one workload to the next: as many steps as there are workloads.
WORKLOADS_SQL = (
    "WITH RECURSIVE step(name) AS ("
    "SELECT (SELECT min(workload) FROM history WHERE anchor = ?1 AND workload > '') UNION ALL "
    "SELECT (SELECT min(workload) FROM history WHERE anchor = ?1 AND workload > step.name) "
    "FROM step WHERE step.name IS NOT NULL) SELECT name FROM step WHERE name IS NOT NULL")
SERIES_SQL = (
    "SELECT position, commit_id, committed_utc, subject, value, low, high, n, candidate, "
    "reference, blocks, session_id FROM history WHERE anchor = ? AND workload = ? AND metric = ? "
    "ORDER BY position DESC LIMIT ?")
TROUBLE_SQL = (
    "SELECT position, commit_id, committed_utc, subject, workload, reason FROM history "
    "WHERE anchor = ? AND value IS NULL AND position >= ? ORDER BY position")
FACT_SQL = "SELECT value FROM fact WHERE session_id = ? AND key = 'cpu.model'"


@dataclass(frozen=True)
class Commit:
    position: int  # first-parent commits before it
    id: str
    utc: str
    subject: str

    @property
    def short(self) -> str:
        return self.id[:7]


@dataclass(frozen=True)
class Point:
    """ln(candidate / anchor) with its interval; `blocks` holds that of each block."""

    commit: Commit
    value: float
    low: float
    high: float
    n: int
    candidate: float
    reference: float
    blocks: tuple[float, ...]
    session_id: int | None


@dataclass(frozen=True)
class Trouble:
    """A commit that has no value: it crashed, or it does not build ('' for the workload)."""

    commit: Commit
    workload: str
    reason: str


@dataclass(frozen=True)
class Acceptance:
    commit_id: str
    workload: str  # '': every one
    why: str
    utc: str


@dataclass(frozen=True)
class History:
    """Points of a series stand oldest first."""

    database: Path
    anchor: str
    series: dict[tuple[str, str], list[Point]]  # by workload and metric
    troubles: list[Trouble]
    accepted: list[Acceptance]
    processors: list[str]  # of the sessions that measured
    tags: dict[str, str]  # release tags by commit

    @cached_property
    def workloads(self) -> list[str]:
        return list(dict.fromkeys(workload for workload, _ in self.series))

    @cached_property
    def commits(self) -> list[Commit]:
        found = {trouble.commit.id: trouble.commit for trouble in self.troubles}
        found |= {point.commit.id: point.commit for points in self.series.values()
                  for point in points}
        return sorted(found.values(), key=lambda commit: (commit.position, commit.id))

    @cached_property
    def release(self) -> Commit | None:
        """The newest measured commit that has a release tag; not the newest commit itself."""
        measured = {point.commit for points in self.series.values() for point in points}
        tagged = [commit for commit in self.commits[:-1]
                  if commit.id in self.tags and commit in measured]
        return tagged[-1] if tagged else None

    @property
    def anchor_text(self) -> str:
        """glibc; v1.0 (1a2b3c4); commit 1a2b3c4"""
        if len(self.anchor) != 40:
            return self.anchor
        tag = self.tags.get(self.anchor)
        return f"{tag} ({self.anchor[:7]})" if tag else f"commit {self.anchor[:7]}"

    def acceptance(self, commit: Commit, workload: str) -> Acceptance | None:
        found = [one for one in self.accepted
                 if one.commit_id == commit.id and one.workload in (workload, "")]
        return max(found, key=lambda one: one.workload) if found else None


def load_history(folder: Path, repository: Path, anchor: str | None = None,
                 last: int = 400) -> History:
    """Of the newest anchor, unless another is named; the last `last` commits of each series."""
    connection, path = open_results(folder)
    try:
        chosen = _anchor(connection, path, anchor)
        series = _series(connection, chosen, last)
        points = [point for one in series.values() for point in one]
        first = min((point.commit.position for point in points), default=0)
        return History(
            path, chosen, series,
            [Trouble(Commit(*row[:4]), *row[4:])
             for row in connection.execute(TROUBLE_SQL, (chosen, first))],
            [Acceptance(*row) for row in connection.execute(
                "SELECT commit_id, workload, why, accepted_utc FROM accepted")],
            _processors(connection, {point.session_id for point in points}),
            release_tags(repository))
    except sqlite3.Error as error:
        raise LoadError(f"cannot read {path}: {error}; restore it from a copy") from error
    finally:
        connection.close()


def _anchor(connection: sqlite3.Connection, path: Path, wanted: str | None) -> str:
    is_there = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'history'").fetchone()
    newest = connection.execute(ANCHOR_SQL).fetchone() if is_there else None
    if newest is None:
        raise LoadError(f"{path} holds no history: measure some commits with `build/hakbench "
                        "backfill --commits HEAD~10..HEAD`")
    if wanted is None:
        return newest[0]
    anchors = [row[0] for row in connection.execute("SELECT DISTINCT anchor FROM history")]
    found = [anchor for anchor in anchors if anchor.startswith(wanted)]
    if len(found) != 1:
        names = ", ".join(anchor[:10] for anchor in anchors)
        raise LoadError(f"no history, or more than one, against the anchor {wanted}: choose from "
                        f"{names}")
    return found[0]


def _series(connection: sqlite3.Connection, anchor: str,
            last: int) -> dict[tuple[str, str], list[Point]]:
    series = {}
    for (workload,) in connection.execute(WORKLOADS_SQL, (anchor,)).fetchall():
        for metric in METRICS:
            rows = connection.execute(SERIES_SQL, (anchor, workload, metric, last)).fetchall()
            points = [_point(row) for row in reversed(rows) if row[4] is not None]
            if points:
                series[workload, metric] = points
    return series


def _point(row: tuple) -> Point:
    blocks = tuple(json.loads(row[10])) if row[10] else (row[4],)
    return Point(Commit(*row[:4]), *row[4:10], blocks, row[11])


def _processors(connection: sqlite3.Connection, sessions: set[int | None]) -> list[str]:
    found = (connection.execute(FACT_SQL, (session,)).fetchone() for session in sessions)
    return sorted({row[0] for row in found if row})


def release_tags(repository: Path) -> dict[str, str]:
    """Commits by hash that a tag v1... names; none where there is no repository."""
    try:
        done = subprocess.run(
            ["git", "-C", repository, "for-each-ref", "--sort=creatordate",
             "--format=%(if)%(*objectname)%(then)%(*objectname)%(else)%(objectname)%(end) "
             "%(refname:short)", "refs/tags/v[0-9]*"],
            capture_output=True, text=True, check=True, timeout=GIT_SECONDS)
    except (OSError, subprocess.SubprocessError):
        return {}
    return dict(line.split(" ", 1) for line in done.stdout.splitlines())
