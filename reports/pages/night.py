"""The summary page of a night, beside its state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reports.pages.environment import open_templates

PAGE_NAME, LOG_NAME, JUNIT_NAME = "index.html", "night.log", "junit.xml"
MARKS = {"passed": "good", "skipped": "even", "inconclusive": "even", "out of time": "even"}


def write_night(state: dict[str, Any], folder: Path) -> Path:
    page = folder / PAGE_NAME
    page.write_text(open_templates().get_template("night.html.j2").render(
        state=state, stages=state["stages"], sentence=sentence(state), duration=duration,
        mark=lambda stage: MARKS.get(stage["verdict"], "bad"), links=_links(folder),
        total=sum(stage["seconds"] for stage in state["stages"])), encoding="utf-8")
    return page


def sentence(state: dict[str, Any]) -> str:
    """The whole night in one sentence."""
    by_verdict: dict[str, list[str]] = {}
    for stage in state["stages"]:
        by_verdict.setdefault(stage["verdict"], []).append(stage["name"])
    passed = len(by_verdict.pop("passed", []))
    skipped = len(by_verdict.pop("skipped", []))
    ran = len(state["stages"]) - skipped
    told = "; ".join(f"{verdict}: {', '.join(names)}" for verdict, names in by_verdict.items())
    end = f" {skipped} skipped." if skipped else ""
    if not told:
        return f"All {ran} stages passed.{end}"
    return f"{passed} of {ran} stages passed; {told}.{end}"


def duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def _links(folder: Path) -> list[tuple[str, str]]:
    """What else there is, of the night and in the results folder above it."""
    found = [("The whole log", LOG_NAME), ("JUnit", JUNIT_NAME),
             ("Trends over commits", "../trend/index.html"), ("All reports", "../index.html")]
    return [(name, link) for name, link in found if (folder / link).is_file()]
