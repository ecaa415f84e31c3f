"""Opens the results database, which is never written to.

What cannot be read raises LoadError, whose text is the one line a person sees: what, where, what to
do now.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

SCHEMA_VERSION = 2
OLDEST_VERSION = 1  # has no passes; hakbench brings it up to date when it next measures
DATABASE_NAME = "results.sqlite"


class LoadError(Exception):
    """The results cannot be read; the message is complete and fits one line."""


class NothingMeasured(LoadError):
    """The session is there, but holds nothing to report."""


def open_results(folder: Path) -> tuple[sqlite3.Connection, Path]:
    """Read-only, for the caller to close; and where it is."""
    path = folder / DATABASE_NAME
    if not path.is_file():
        raise LoadError(f"no results database at {path}: measure first with `make matrix QUICK=1`, "
                        "or name the folder that holds it with --results")
    try:
        connection = _connect(path)
    except sqlite3.Error as error:
        raise unreadable(path, error) from error
    version = schema_version(connection)
    if OLDEST_VERSION <= version <= SCHEMA_VERSION:
        return connection, path
    connection.close()
    if version > SCHEMA_VERSION:
        raise LoadError(f"{path} has schema version {version}, this report knows "
                        f"{SCHEMA_VERSION}: update the work tree to the commit that wrote it")
    raise LoadError(f"{path} has schema version {version}, not {SCHEMA_VERSION}, so hakbench did "
                    "not write it: name the right folder with --results")


def schema_version(connection: sqlite3.Connection) -> int:
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


def unreadable(path: Path, error: Exception) -> LoadError:
    return LoadError(f"cannot read {path}: {error}; restore it from a copy, or move it away and "
                     "measure again with `make matrix QUICK=1`")
