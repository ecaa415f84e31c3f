"""What all tests share, in every folder: their surroundings, groups, and how a failure is told."""
from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator

import pytest

from ci import surroundings

SCREEN_LINES = 45
MEASURE = "measure"  # the group of tests whose subject is a time

surroundings.enter()


def group_of(item: pytest.Item) -> str | None:
    """The marker's; programs that a fixture compiles are compiled once for all that run them."""
    marker = item.get_closest_marker("xdist_group")
    if marker is not None:
        return marker.args[0] if marker.args else marker.kwargs["name"]
    sanitizer = getattr(getattr(item, "callspec", None), "params", {}).get("sanitized")
    return f"{item.path.stem}-{sanitizer}" if sanitizer else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Groups come first: what must stay together is begun while there is other work to fill in."""
    names = {item: group_of(item) for item in items}
    for item, name in names.items():
        if name and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(name))
    items.sort(key=lambda item: (names[item] is None, names[item] != MEASURE))


@pytest.fixture(autouse=True)
def turn(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tests that measure wait for each other, in however many copies of the suite they are."""
    if group_of(request.node) != MEASURE:
        yield
        return
    path = os.path.join(tempfile.gettempdir(), f"hakbench-tests-{os.getuid()}.lock")
    with open(path, "a", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def shorten(text: str) -> str:
    """One screen: how it began, and how it ended."""
    lines = text.splitlines()
    if len(lines) <= SCREEN_LINES:
        return text
    first = SCREEN_LINES // 3
    left_out = len(lines) - SCREEN_LINES
    return "\n".join([*lines[:first], f"... {left_out} lines left out ...",
                      *lines[first - SCREEN_LINES:]])


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = (yield).get_result()
    if not report.failed:
        return
    report.longrepr = shorten(str(report.longrepr))
    report.sections = [(name, shorten(text)) for name, text in report.sections]
    name = item.nodeid.rsplit("@", 1)[0] if item.nodeid.endswith(f"@{group_of(item)}") \
        else item.nodeid
    report.sections.append(("run it alone", f"/usr/bin/python3 -m pytest '{name}'"))
