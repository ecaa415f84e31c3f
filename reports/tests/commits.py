"""A repository with real commits and a history of them with known levels."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from reports.load.history import FAULTS, INSTRUCTIONS, METRICS, P999, RSS, TIME
from reports.statistics.estimates import shift_estimate
from reports.tests.synthetic import SCHEMA

SPREAD = {TIME: 0.012, FAULTS: 0.002, RSS: 0.002, P999: 0.05, INSTRUCTIONS: 0.0}
LEVEL = {TIME: 21.0, FAULTS: 1200.0, RSS: 3e7, P999: 180.0, INSTRUCTIONS: 9e8}
START = 1_760_000_000
BLOCKS = 6


def make_repository(folder: Path, count: int, releases: Mapping[int, str]) -> list[str]:
    """Commits by hash, oldest first; `releases`: tags by index."""
    folder.mkdir(parents=True, exist_ok=True)
    stream = []
    for number in range(count):
        message = f"allocator: step {number}"
        stream.append(f"commit refs/heads/main\nmark :{number + 1}\n"
                      f"committer a <a@b> {START + 3600 * number} +0000\n"
                      f"data {len(message)}\n{message}\n")
    subprocess.run(["git", "init", "-q", "-b", "main", folder], check=True)
    subprocess.run(["git", "-C", folder, "fast-import", "--quiet"], input="".join(stream),
                   text=True, check=True)
    done = subprocess.run(["git", "-C", folder, "rev-list", "--reverse", "main"], check=True,
                          capture_output=True, text=True)
    commits = done.stdout.split()
    for index, tag in releases.items():
        subprocess.run(["git", "-C", folder, "tag", tag, commits[index]], check=True)
    return commits


def make_history(folder: Path, commits: list[str],
                 levels: Mapping[tuple[str, str], Iterable[float]], anchor: str | None = None,
                 seed: int = 7) -> Path:
    """`levels`: of every commit, as logarithms to the anchor, by workload and metric."""
    folder.mkdir(parents=True, exist_ok=True)
    noise = random.Random(seed)
    path = folder / "results.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(SCHEMA.read_text(encoding="utf-8"))
    connection.execute("INSERT INTO session (id, kind, mode, started_utc, seed, command) VALUES "
                       "(1, 'compare', 'backfill', '2025-11-22T00:00:00Z', 1, 'c')")
    connection.execute("INSERT INTO fact VALUES (1, 'cpu.model', 'Model 1')")
    for (workload, metric), values in levels.items():
        for position, value in enumerate(values):
            blocks = [value + noise.gauss(0, SPREAD[metric]) for _ in range(BLOCKS)]
            put_row(connection, anchor or commits[0], workload, metric, position,
                    commits[position], blocks)
    connection.commit()
    connection.close()
    return folder


def put_row(connection: sqlite3.Connection, anchor: str, workload: str, metric: str, position: int,
            commit: str, blocks: list[float]) -> None:
    shift = shift_estimate(blocks)
    assert shift is not None
    utc = f"2025-10-{1 + position % 28:02d}T00:00:00Z"
    connection.execute(
        "INSERT INTO history VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (anchor, workload, metric, position, commit, utc, f"allocator: step {position}",
         shift.value, shift.low, shift.high, len(blocks), LEVEL[metric] * (1 + shift.value),
         LEVEL[metric], json.dumps(blocks), None, 1))


def put_trouble(connection: sqlite3.Connection, anchor: str, position: int, commit: str,
                workload: str, reason: str) -> None:
    connection.execute(
        "INSERT INTO history (anchor, workload, metric, position, commit_id, committed_utc, "
        "subject, n, reason) VALUES (?,?,?,?,?,'2025-10-01T00:00:00Z',?,0,?)",
        (anchor, workload, "time" if workload else "build", position, commit,
         f"allocator: step {position}", reason))


def flat(count: int) -> list[float]:
    return [0.0] * count


def stepped(count: int, steps: Mapping[int, float]) -> list[float]:
    """A level that changes at each index by that much."""
    level, levels = 0.0, []
    for index in range(count):
        level += steps.get(index, 0.0)
        levels.append(level)
    return levels


def all_metrics(workload: str, count: int, steps: Mapping[int, float]) -> dict:
    """Times are stepped, and half of that the instructions; nothing else moves."""
    levels = {(workload, metric): flat(count) for metric in METRICS}
    levels[workload, TIME] = stepped(count, steps)
    levels[workload, INSTRUCTIONS] = [value / 2 for value in levels[workload, TIME]]
    return levels
