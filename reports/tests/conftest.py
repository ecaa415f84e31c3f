"""Fixtures: a synthetic session with every kind of outcome, its summary and its report."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from reports.__main__ import main
from reports.load.names import Names, read_names
from reports.load.results import load_results
from reports.pages.report import write_report
from reports.statistics.summary import Summary, summarise
from reports.tests.browser import Browser
from reports.tests.synthetic import make_matrix
from reports.tests.tables import make_full


@pytest.fixture(scope="session")
def names() -> Names:
    return read_names()


@pytest.fixture(scope="session")
def matrix_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("matrix")
    make_matrix(folder)
    return folder


@pytest.fixture(scope="session")
def summary(matrix_folder: Path, names: Names) -> Summary:
    return summarise(load_results(matrix_folder), names)


@dataclass(frozen=True)
class Written:
    """What `python3 -m reports` wrote of the matrix, and what it said."""

    output: Path
    page: Path
    said: str


@pytest.fixture(scope="session")
def written(matrix_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Written:
    output = tmp_path_factory.mktemp("output")
    with contextlib.redirect_stdout(io.StringIO()) as said:
        assert main(["--results", str(matrix_folder), "--output", str(output),
                     "--readme-figure", str(output / "docs" / "matrix.png")]) == 0
    (page,) = output.glob("*/report.html")
    return Written(output, page, said.getvalue())


@pytest.fixture(scope="session")
def report(written: Written) -> Path:
    return written.page


@pytest.fixture(scope="session")
def full_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that a session can hold: both passes, noise, whole programs, misuse."""
    folder = tmp_path_factory.mktemp("full")
    make_full(folder)
    return folder


@pytest.fixture(scope="session")
def full_report(full_folder: Path, names: Names) -> Path:
    return write_report(summarise(load_results(full_folder), names), full_folder)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    opened = Browser(tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()
