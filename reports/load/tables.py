"""What a session tells besides its samples: latencies, time lines, counters, noise, programs.

Each stands in a table of its own that an older database may lack and that a session may have no
row of: then there is nothing, which is no error. Units are those of runner/store/schema.sql.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, field, fields
from typing import TypeVar

Record = TypeVar("Record")


@dataclass(frozen=True)
class Latency:
    """How long the timed operations of one kind took in one sample, harness overhead subtracted.

    Buckets are (upper end in ns, count), rising; every timed operation is in one.
    """

    operation: str
    count: int  # operations, timed or not
    timed: int
    overhead_ns: float
    p50_ns: float
    p90_ns: float
    p99_ns: float
    p999_ns: float
    max_ns: float
    buckets: tuple[tuple[float, int], ...]


@dataclass(frozen=True)
class Moment:
    """A process at one time since its start; minflt counts from there."""

    at_ns: int
    rss: int
    minflt: int


@dataclass(frozen=True)
class Noise:
    """How far apart samples of one cell were; '' in workload or allocator: all together."""

    workload: str
    allocator: str
    side: str
    samples: int
    pairs: int
    spread: float  # relative standard deviation of a sample
    p95: float  # 95th percentile of the distance of two, on logs


@dataclass(frozen=True)
class Program:
    """A whole program under an allocator, timed by hyperfine; None where no run was timed."""

    allocator: str
    name: str
    command: str
    rounds: int
    failures: int
    reason: str | None
    runs: int
    mean_ns: float | None
    stddev_ns: float | None
    median_ns: float | None
    min_ns: float | None
    max_ns: float | None
    user_ns: float | None
    system_ns: float | None
    hyperfine: str | None

    @property
    def times_ns(self) -> tuple[float, ...]:
        """Of all rounds in their order; empty where hyperfine's JSON does not tell them."""
        try:
            found = json.loads(self.hyperfine or "{}")
            return tuple(float(time) * 1e9 for time in found.get("times") or ())
        except (AttributeError, TypeError, ValueError):
            return ()


@dataclass(frozen=True)
class Tables:
    """latency, timeline and kpi are by sample id."""

    latency: dict[int, tuple[Latency, ...]] = field(default_factory=dict)
    timeline: dict[int, tuple[Moment, ...]] = field(default_factory=dict)
    kpi: dict[int, dict[str, int]] = field(default_factory=dict)
    noise: tuple[Noise, ...] = ()
    programs: tuple[Program, ...] = ()


def read_tables(connection: sqlite3.Connection, session_id: int) -> Tables:
    present = {name for name, in connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table'")}
    latency: dict[int, list[Latency]] = {}
    timeline: dict[int, list[Moment]] = {}
    kpi: dict[int, dict[str, int]] = {}
    if "latency" in present:
        for sample, *values, buckets in connection.execute(
                _of_samples("latency", "operation, count, timed, overhead_ns, p50_ns, p90_ns, "
                            "p99_ns, p999_ns, max_ns, buckets", "rowid"), (session_id,)):
            latency.setdefault(sample, []).append(Latency(*values, _buckets(buckets)))
    if "timeline" in present:
        for sample, *values in connection.execute(
                _of_samples("timeline", "at_ns, rss, minflt", "at_ns"), (session_id,)):
            timeline.setdefault(sample, []).append(Moment(*values))
    if "kpi" in present:
        for sample, name, value in connection.execute(
                _of_samples("kpi", "name, value", "rowid"), (session_id,)):
            kpi.setdefault(sample, {})[name] = value
    return Tables({sample: tuple(rows) for sample, rows in latency.items()},
                  {sample: tuple(rows) for sample, rows in timeline.items()}, kpi,
                  tuple(_rows(connection, present, Noise, "noise", session_id)),
                  tuple(_rows(connection, present, Program, "program", session_id)))


def _rows(connection: sqlite3.Connection, present: set[str], record: type[Record],
                  table: str, session_id: int) -> list[Record]:
    if table not in present:
        return []
    names = ", ".join(field.name for field in fields(record))
    return [record(*row) for row in connection.execute(
        f"SELECT {names} FROM {table} WHERE session_id = ? ORDER BY rowid", (session_id,))]


def _of_samples(table: str, columns: str, order: str) -> str:
    return (f"SELECT sample_id, {columns} FROM {table} WHERE sample_id IN "
            f"(SELECT id FROM sample WHERE session_id = ?) ORDER BY sample_id, {table}.{order}")


def _buckets(text: str) -> tuple[tuple[float, int], ...]:
    """sqlite3.Error on anything else, so that it is told as every unreadable database is."""
    try:
        return tuple((float(upper), int(count)) for upper, count in json.loads(text))
    except (TypeError, ValueError) as error:
        raise sqlite3.DataError(f"latency.buckets: {error}") from error
