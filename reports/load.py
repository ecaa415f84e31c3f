"""Reads one session of the results database into plain typed data; never writes to it.

Units are those of runner/store/schema.sql: nanoseconds, bytes, UTC ISO-8601 text. What cannot be
read raises LoadError, whose text is the one line a person sees: what, where, what to do now.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from reports.tables import Tables, read_tables

SCHEMA_VERSION = 2
OLDEST_VERSION = 1  # has no passes; hakbench brings it up to date when it next measures
DATABASE_NAME = "results.sqlite"


class LoadError(Exception):
    """The results cannot be read; the message is complete and fits one line."""


class NothingMeasured(LoadError):
    """The session is there, but holds nothing to report."""


@dataclass(frozen=True)
class Session:
    id: int
    kind: str
    mode: str | None
    started_utc: str
    ended_utc: str | None
    seed: int
    command: str
    commit_id: str | None
    dirty: int | None

    @property
    def task(self) -> str:
        """The sub-command that made it: run, compare, peers, curves, exec, ..."""
        return self.kind if self.kind == "run" or not self.mode else self.mode

    @property
    def task_and_mode(self) -> str:
        return f"run, {self.mode}" if self.kind == "run" and self.mode else self.task


@dataclass(frozen=True)
class Sample:
    """One fresh process. Only a usable sample may become a number on a plot or in a median."""

    id: int
    cell_id: int
    block: int
    position: int
    status: str
    reason: str | None
    exit_code: int | None
    signal: int | None
    ops: int | None
    elapsed_ns: int | None
    wall_ns: int
    user_ns: int
    system_ns: int
    minflt_start: int | None
    minflt_phase: int | None
    minflt_total: int
    nivcsw: int
    peak_rss: int
    rss_end: int | None
    corruptions: int | None
    audit_errors: int | None
    variant: str | None
    output: str | None

    @property
    def corrupt(self) -> bool:
        return bool(self.corruptions) or bool(self.audit_errors)

    @property
    def usable(self) -> bool:
        return self.status == "ok" and not self.corrupt

    @property
    def minflt_after(self) -> int | None:
        """Soft faults after the measured phase: freeing, checks, the end of the process."""
        if self.minflt_start is None or self.minflt_phase is None:
            return None
        return max(0, self.minflt_total - self.minflt_start - self.minflt_phase)

    @property
    def ops_per_s(self) -> float | None:
        if not self.ops or not self.elapsed_ns:
            return None
        return self.ops * 1e9 / self.elapsed_ns


@dataclass(frozen=True)
class Cell:
    """An allocator on a workload row, with its samples in the order they were taken."""

    id: int
    allocator: str
    workload: str
    side: str
    measures: str  # 'throughput' or 'latency': the pass
    program: str
    arguments: tuple[str, ...]
    state: str
    reason: str | None
    planned: int
    samples: tuple[Sample, ...]


@dataclass(frozen=True)
class Misuse:
    """One case of misuse under one allocator. held: 1 when it is as predicted, 0 when not."""

    allocator: str
    case_id: str
    case_group: int
    title: str
    verdict: str
    layer: str | None
    tag: str | None
    signal: int | None
    predicted_verdict: str | None
    predicted_layer: str | None
    predicted_tag: str | None
    held: int | None
    reason: str | None


@dataclass(frozen=True)
class Results:
    """One session: cells and misuse stand in the order in which the runner made them.

    `cells` are those of the throughput pass, the only ones that ops/s may be told of; a cell of
    the latency pass is the same allocator on the same workload, and its crashes count as well.
    """

    database: Path
    version: int  # of the schema
    session: Session
    facts: dict[str, str]
    cells: tuple[Cell, ...]
    latency_cells: tuple[Cell, ...]
    tables: Tables
    misuse: tuple[Misuse, ...] = ()

    @property
    def all_cells(self) -> tuple[Cell, ...]:
        return self.cells + self.latency_cells

    @property
    def samples(self) -> list[Sample]:
        """Of the throughput pass."""
        return [sample for cell in self.cells for sample in cell.samples]


def load_results(folder: Path, session_id: int | None = None) -> Results:
    """The given session, or the newest one of `hakbench run`."""
    path = folder / DATABASE_NAME
    connection = _open(path)
    try:
        session = _session(connection, path, session_id)
        facts = dict(connection.execute(
            "SELECT key, value FROM fact WHERE session_id = ? ORDER BY key", (session.id,)))
        version = _version(connection)
        cells = _cells(connection, path, session.id)
        tables = read_tables(connection, session.id)
        misuse = _misuse(connection, session.id)
    except sqlite3.Error as error:
        raise _unreadable(path, error) from error
    finally:
        connection.close()
    if not misuse and not tables.programs and not any(cell.samples for cell in cells):
        raise NothingMeasured(
            f"session {session.id} of {path} holds no sample yet: go on with it by "
            "`build/hakbench run --resume`, or choose another with --session")
    if session.task == "misuse":
        cells = ()  # they only say which builds were there
    passes = [tuple(cell for cell in cells if (cell.measures == "latency") == timed)
              for timed in (False, True)]
    return Results(path, version, session, facts, *passes, tables, misuse)


def list_sessions(folder: Path) -> list[Session]:
    """Every session of the database, newest first."""
    path = folder / DATABASE_NAME
    connection = _open(path)
    try:
        return _sessions(connection)
    except sqlite3.Error as error:
        raise _unreadable(path, error) from error
    finally:
        connection.close()


def open_results(folder: Path) -> tuple[sqlite3.Connection, Path]:
    """Read-only, for the caller to close; and where it is."""
    path = folder / DATABASE_NAME
    return _open(path), path


def _open(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise LoadError(f"no results database at {path}: measure first with `make matrix QUICK=1`, "
                        "or name the folder that holds it with --results")
    try:
        connection = _connect(path)
    except sqlite3.Error as error:
        raise _unreadable(path, error) from error
    version = _version(connection)
    if OLDEST_VERSION <= version <= SCHEMA_VERSION:
        return connection
    connection.close()
    if version > SCHEMA_VERSION:
        raise LoadError(f"{path} has schema version {version}, this report knows "
                        f"{SCHEMA_VERSION}: update the work tree to the commit that wrote it")
    raise LoadError(f"{path} has schema version {version}, not {SCHEMA_VERSION}, so hakbench did "
                    "not write it: name the right folder with --results")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _connect(path: Path) -> sqlite3.Connection:
    """Read-only. A WAL database in a folder that we may not write to opens only as immutable,
    which would overlook a log that is not yet merged, so this is tried only without one."""
    log = path.with_name(path.name + "-wal")
    first_error: sqlite3.Error | None = None
    for options in ("mode=ro", "mode=ro&immutable=1"):
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?{options}", uri=True)
        try:
            answer = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if answer != "ok":
                raise sqlite3.DatabaseError(str(answer).splitlines()[-1])
            return connection
        except sqlite3.Error as error:
            connection.close()
            first_error = first_error or error
            if not isinstance(error, sqlite3.OperationalError) or log.exists():
                break
    assert first_error is not None
    raise first_error


def _unreadable(path: Path, error: Exception) -> LoadError:
    return LoadError(f"cannot read {path}: {error}; restore it from a copy, or move it away and "
                     "measure again with `make matrix QUICK=1`")


def _columns(record: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(record))


def _sessions(connection: sqlite3.Connection) -> list[Session]:
    names = ", ".join(_columns(Session))
    rows = connection.execute(f"SELECT {names} FROM session ORDER BY id DESC")
    return [Session(*row) for row in rows]


def _session(connection: sqlite3.Connection, path: Path, wanted: int | None) -> Session:
    sessions = _sessions(connection)
    if wanted is None:
        found = [session for session in sessions if session.kind == "run"]
        problem = "holds no session of `hakbench run`"
    else:
        found = [session for session in sessions if session.id == wanted]
        problem = f"holds no session {wanted}"
    if found:
        return found[0]
    if sessions:
        known = ", ".join(f"{session.id} ({session.kind})" for session in sessions[:8])
        remedy = f"choose one with --session, newest first: {known}"
    else:
        remedy = "measure first with `make matrix QUICK=1`"
    raise LoadError(f"{path} {problem}: {remedy}")


def _cells(connection: sqlite3.Connection, path: Path, session_id: int) -> tuple[Cell, ...]:
    planned = dict(connection.execute(
        "SELECT cell_id, count(*) FROM plan WHERE session_id = ? GROUP BY cell_id", (session_id,)))
    samples: dict[int, list[Sample]] = {}
    for sample in _samples(connection, session_id):
        samples.setdefault(sample.cell_id, []).append(sample)
    has_passes = any(row[1] == "pass" for row in connection.execute("PRAGMA table_info(cell)"))
    rows = connection.execute(
        "SELECT id, allocator, workload, side, program, arguments, state, reason, "
        f"{'pass' if has_passes else repr('throughput')} FROM cell "
        "WHERE session_id = ? ORDER BY id", (session_id,))
    return tuple(
        Cell(key, allocator, workload, side, measures, program, _arguments(path, key, arguments),
             state, reason, planned.get(key, 0), tuple(samples.get(key, ())))
        for key, allocator, workload, side, program, arguments, state, reason, measures in rows)


def _misuse(connection: sqlite3.Connection, session_id: int) -> tuple[Misuse, ...]:
    """Empty, too, where the database is from before there was such a table."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' "
                              "AND name = 'misuse'").fetchone():
        return ()
    rows = connection.execute(f"SELECT {', '.join(_columns(Misuse))} FROM misuse "
                              "WHERE session_id = ? ORDER BY rowid", (session_id,))
    return tuple(Misuse(*row) for row in rows)


def _samples(connection: sqlite3.Connection, session_id: int) -> list[Sample]:
    names = ", ".join("plan.block" if name == "block" else f"sample.{name}"
                      for name in _columns(Sample))
    rows = connection.execute(
        f"SELECT {names} FROM sample JOIN plan ON plan.session_id = sample.session_id "
        "AND plan.position = sample.position WHERE sample.session_id = ? "
        "ORDER BY sample.position", (session_id,))
    return [Sample(*row) for row in rows]


def _arguments(path: Path, cell_id: int, text: str) -> tuple[str, ...]:
    try:
        words: Any = json.loads(text)
        if not isinstance(words, list):
            raise ValueError("not a list")
    except ValueError as error:
        raise _unreadable(path, ValueError(f"cell {cell_id}: arguments: {error}")) from error
    return tuple(str(word) for word in words)
