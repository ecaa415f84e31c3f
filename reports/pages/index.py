"""The index over all sessions, newest first: those with a page, and how to make the others'.

What a session says stands in the head of its page, so that an index needs no statistics.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from pathlib import Path

from reports.load.database import DATABASE_NAME, LoadError
from reports.load.records import Session
from reports.load.results import list_sessions

REPORT_NAME, INDEX_NAME, TREND = "report.html", "index.html", "trend/index.html"
FOLDER = re.compile(r"_session-(\d+)$")


@dataclass(frozen=True)
class Entry:
    """page is empty where there is none yet; number orders sessions that began at once."""

    began: str
    number: int
    task: str
    commit: str
    title: str
    about: str
    command: str
    page: str


def folder_name(session: Session) -> str:
    """Sorts by time and says which session it is: 2025-11-22T19-33-12Z_session-3."""
    return f"{re.sub(r'[^0-9A-Za-z-]', '-', session.started_utc)}_session-{session.id}"


def index_view(output: Path, database: Path | None = None) -> dict[str, object]:
    """Variables of index.html.j2. The sessions are those of the database, by default the one in
    the folder, and of every page in the folder; without a database of pages only."""
    pages = [entry for path in output.glob(f"*/{REPORT_NAME}") if (entry := _of_page(path))]
    known = {entry.page for entry in pages}
    missing = [_of_session(session) for session in _sessions(database or output / DATABASE_NAME)
               if f"{folder_name(session)}/{REPORT_NAME}" not in known]
    order = {"key": lambda entry: (entry.began, entry.number), "reverse": True}
    nights = sorted(output.glob("nightly/*/index.html"), reverse=True)
    return {"reports": sorted(pages, **order), "missing": sorted(missing, **order),
            "trend": TREND if (output / TREND).is_file() else None,
            "nights": [(path.relative_to(output).as_posix(), path.parent.name) for path in nights]}


def _sessions(database: Path) -> list[Session]:
    try:
        return list_sessions(database.parent)
    except LoadError:
        return []


def _of_session(session: Session) -> Entry:
    commit = (session.commit_id or "")[:10] + ("+" if session.dirty == 1 else "")
    return Entry(session.started_utc, session.id, session.task_and_mode, commit,
                 f"session {session.id}", "", session.command, "")


def _of_page(path: Path) -> Entry | None:
    """Also of a page from before there were such descriptions, as far as it tells."""
    number = FOLDER.search(path.parent.name)
    head = path.read_text(encoding="utf-8", errors="replace")[:8192]
    found = {name: html.unescape(content) for name, content in re.findall(
        r'<meta name="([\w:]+)" content="(.*?)">', head, re.DOTALL)}
    if not number or "description" not in found:
        return None
    title = re.search(r"<title>(.*?)</title>", head)
    return Entry(found.get("hakbench:began", path.parent.name[:10]), int(number[1]),
                 found.get("hakbench:task", ""), found.get("hakbench:commit", ""),
                 found.get("hakbench:title") or (html.unescape(title[1]) if title else ""),
                 found["description"], found.get("hakbench:command", ""),
                 f"{path.parent.name}/{REPORT_NAME}")
