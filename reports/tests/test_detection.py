"""The detection matrix: what is shown of the misuse suite, and that no miss is hidden."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from reports.__main__ import main
from reports.load.names import Names
from reports.load.results import load_results
from reports.sections import advice
from reports.statistics.detection import VERDICTS, Case, Detection, Miss, find_detection
from reports.statistics.summary import summarise
from reports.tests.factorial import CASES, add_misuse, matrix_variants
from reports.tests.synthetic import SCHEMA, Database

WRONG = ("10a", "hakmem:front=cache,layers=head")


def make(folder: Path, wrong: tuple[str, str] = ("", "")) -> Path:
    database = Database(folder)
    database.add_samples(database.add_cell("hakmem", "ws8192"), [5e7] * 6)
    add_misuse(database, matrix_variants("misuse"), wrong)
    database.close()
    return folder


def detect(folder: Path, names: Names) -> Detection:
    found = find_detection(load_results(folder), names)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def detection(names: Names, tmp_path_factory: pytest.TempPathFactory) -> Detection:
    return detect(make(tmp_path_factory.mktemp("misuse")), names)


def case(detection: Detection, id: str) -> Case:
    return next(one for one in detection.cases if one.id == id)


def shown(detection: Detection, id: str, layers: str) -> list[tuple[str, str, str]]:
    """Symbol, word and where of a cell's outcomes."""
    place = [chosen.title for chosen in detection.layer_sets].index(layers)
    return [(outcome.verdict.symbol, outcome.word, outcome.where)
            for outcome in case(detection, id).cells[place]]


def test_columns_go_from_no_layer_to_all(detection: Detection) -> None:
    assert [chosen.title for chosen in detection.layer_sets] == [
        "no layer", "pin", "guard", "next", "freelist", "head", "no pin", "no guard", "no next",
        "no freelist", "no head", "all"]
    assert detection.groups == [("", 1), ("one layer alone", 5), ("one left out", 5), ("", 1)]
    assert detection.builds == ("headerless sll", "headerless cache", "headered sll",
                                "headered cache")


def test_rows_stand_by_group(detection: Detection) -> None:
    assert [one.id for one in detection.cases] == [id for id, *_ in CASES]
    assert [one.id for one in detection.cases if one.starts_group] == [
        "5a", "6", "10a", "11c", "13a", "17b"]


def test_a_cell_tells_who_saw_it(detection: Detection) -> None:
    assert shown(detection, "1a", "no layer") == [("✕", "crash", "")]
    assert shown(detection, "1a", "all") == [("●", "next", "")]
    assert shown(detection, "1a", "no next") == [("●", "head", "")]
    assert shown(detection, "13a", "all") == [("◐", "guard", "")]
    assert shown(detection, "13a", "guard") == [("▲", "corrupt", "")]
    assert shown(detection, "11c", "no layer") == [("●", "registry", "")]


def test_builds_that_differ_are_named(detection: Detection) -> None:
    assert shown(detection, "10c", "no layer") == [("▲", "corrupt", "sll"), ("✕", "crash", "cache")]
    assert shown(detection, "6", "head") == [("●", "head", "headered")]


def test_every_verdict_of_the_schema_has_a_symbol_of_its_own() -> None:
    stated = re.search(r"verdict IN \((.*?)\)", SCHEMA.read_text(encoding="utf-8"), re.S)
    assert stated
    assert set(re.findall(r"'([a-z-]+)'", stated.group(1))) == set(VERDICTS)
    symbols = [verdict.symbol for verdict in VERDICTS.values()]
    assert len(set(symbols)) == len(symbols)


def test_totals_count_what_could_be_done(detection: Detection) -> None:
    bare, full = detection.layer_sets[0], detection.layer_sets[-1]
    assert bare.done == full.done == len(CASES) * 4 - 2
    assert (bare.seen, full.seen) == (4, 4 * 7 + 2)
    assert (full.crashed, full.corrupt, full.benign) == (0, 0, 4)


def test_what_held_is_counted_and_a_miss_is_told(names: Names, tmp_path: Path) -> None:
    found = detect(make(tmp_path, WRONG), names)
    assert (found.held, found.predicted) == (len(CASES) * 48 - 1, len(CASES) * 48)
    (miss,) = found.misses
    assert (miss.case_id, miss.was, miss.labels) == ("10a", "crashed", ("cache head",))
    assert miss.predicted == "diagnosed by head, DOUBLE_FREE"
    assert shown(found, "10a", "head") == [("●", "head", "not headerless cache"),
                                           ("✕", "crash", "headerless cache")]
    place = [chosen.title for chosen in found.layer_sets].index("head")
    assert [(one.held, one.predicted) for one in case(found, "10a").cells[place]] == [
        (True, ""), (False, "head")]
    kinds = [notice.kind for notice in advice.warnings_of(
        summarise(load_results(tmp_path), names), found)]
    assert advice.Kind.PREDICTION in kinds


def test_a_tag_that_is_not_as_predicted_is_a_miss(names: Names, tmp_path: Path) -> None:
    make(tmp_path)
    database = Database(tmp_path)
    database.connection.execute("UPDATE misuse SET held = 0, tag = 'OTHER' WHERE case_id = '1b' "
                                "AND allocator = 'hakmem:layers=next'")
    database.connection.execute("DELETE FROM session WHERE id = ?", (database.session,))
    database.close()
    found = detect(tmp_path, names)
    place = [chosen.title for chosen in found.layer_sets].index("next")
    outcomes = case(found, "1b").cells[place]
    assert [one.predicted for one in outcomes if not one.held] == ["tag"]
    assert found.misses[0].was == "diagnosed by next, OTHER"


def test_a_run_that_was_missed_held_nothing(names: Names, tmp_path: Path) -> None:
    make(tmp_path)
    database = Database(tmp_path)
    database.connection.execute("UPDATE misuse SET held = NULL, verdict = 'missed-run', layer = "
                                "NULL, reason = 'no preload' WHERE allocator = 'hakmem'")
    database.connection.execute("DELETE FROM session WHERE id = ?", (database.session,))
    database.close()
    found = detect(tmp_path, names)
    assert found.predicted - found.held == len(CASES)
    assert {miss.reason for miss in found.misses} == {"no preload"}


def test_a_miss_of_many_builds_names_some() -> None:
    miss = Miss("1a", "", "crashed", "hung", "", tuple("abcdefg"))
    assert miss.where == "a; b; c; d; e and 2 more"
    assert Miss("1a", "", "crashed", "hung", "", ("a", "b")).where == "a; b"


def test_the_page_shows_the_matrix(tmp_path: Path) -> None:
    make(tmp_path, WRONG)
    assert main(["--results", str(tmp_path)]) == 0
    page = next(tmp_path.glob("*/report.html"))
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.read_text(encoding="utf-8")))
    for needed in ("431 of 432 predictions held.", "one layer alone", "Not as predicted",
                   "≠ head", "reported or prevented",
                   "1 of 432 cases of misuse ended otherwise than predicted"):
        assert needed in text, needed
    assert 'href="misuse.csv"' in page.read_text(encoding="utf-8")
    with (page.parent / "misuse.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 432 and sum(row["held"] == "0" for row in rows) == 1
    assert sum(row["tag"] == "DOUBLE_FREE" for row in rows if row["case_id"] == "10a") > 10


def test_a_session_without_misuse_says_how_to_get_it(names: Names, tmp_path: Path) -> None:
    database = Database(tmp_path)
    database.add_samples(database.add_cell("hakmem", "ws8192"), [5e7] * 6)
    database.connection.execute("DROP TABLE misuse")
    database.close()
    assert find_detection(load_results(tmp_path), names) is None
    assert main(["--results", str(tmp_path)]) == 0
    page = next(tmp_path.glob("*/report.html")).read_text(encoding="utf-8")
    assert "ran no case of misuse" in page and "make misuse" in page


def test_a_session_of_misuse_alone_is_reported(tmp_path: Path) -> None:
    database = Database(tmp_path, kind="exec", mode="misuse")
    for allocator in matrix_variants("misuse"):
        database.add_cell(allocator, "misuse")
    add_misuse(database, matrix_variants("misuse"))
    session = database.session
    database.close()
    assert main(["--results", str(tmp_path), "--session", str(session)]) == 0
    page = next(tmp_path.glob("*/report.html")).read_text(encoding="utf-8")
    assert "432 of 432 predictions held." in page
    assert 'id="detection"' in page and 'id="misuse"' not in page
