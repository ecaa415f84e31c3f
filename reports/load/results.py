"""Reads one session of the results database into records."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import fields
from pathlib import Path
from typing import Any

from reports.load.database import LoadError, NothingMeasured, open_results, schema_version, \
    unreadable
from reports.load.records import Cell, Misuse, Results, Sample, Session
from reports.load.tables import read_tables


def load_results(folder: Path, session_id: int | None = None) -> Results:
    """The given session, or the newest one of `hakbench run`."""
    connection, path = open_results(folder)
    try:
        session = _session(connection, path, session_id)
        facts = dict(connection.execute(
            "SELECT key, value FROM fact WHERE session_id = ? ORDER BY key", (session.id,)))
        version = schema_version(connection)
        cells = _cells(connection, path, session.id)
        tables = read_tables(connection, session.id)
        misuse = _misuse(connection, session.id)
    except sqlite3.Error as error:
        raise unreadable(path, error) from error
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
    connection, path = open_results(folder)
    try:
        return _sessions(connection)
    except sqlite3.Error as error:
        raise unreadable(path, error) from error
    finally:
        connection.close()


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
        raise unreadable(path, ValueError(f"cell {cell_id}: arguments: {error}")) from error
    return tuple(str(word) for word in words)
