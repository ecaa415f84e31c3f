"""Reading the database: what is read, and one clear line for whatever cannot be."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from reports.load.database import DATABASE_NAME, SCHEMA_VERSION, LoadError
from reports.load.names import ROOT, NamesError, read_names
from reports.load.results import list_sessions, load_results
from reports.tests.synthetic import CRASH, FACTS, SCHEMA, Database


def run_reports(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "reports", *arguments], cwd=ROOT, text=True,
                          capture_output=True, check=False)


def check_refused(folder: Path, what: str, remedy: str, *arguments: str) -> None:
    """Exit code 2, nothing on stdout, and one line that names both problem and remedy."""
    done = run_reports("--results", str(folder), *arguments)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert what in lines[0] and remedy in lines[0]


def make_small(folder: Path, kind: str = "run") -> Database:
    database = Database(folder, kind=kind)
    database.add_facts(FACTS)
    for allocator, speed in (("hakmem", 9e7), ("mimalloc", 8e7)):
        database.add_samples(database.add_cell(allocator, "ws8192"), [speed] * 6)
    return database


def test_session_is_read_as_written(tmp_path: Path) -> None:
    database = make_small(tmp_path)
    cell = database.add_cell("tcmalloc", "ws8192")
    database.add_sample(cell, 0, **CRASH, reason="SIGSEGV")
    database.add_sample(cell, 1, corruptions=2)
    database.add_cell("jemalloc", "ws8192", missing="libjemalloc.so.2 is not installed")
    database.close()
    results = load_results(tmp_path)
    assert results.session.seed == 42 and results.session.kind == "run"
    assert results.facts == FACTS
    hakmem, _, tcmalloc, jemalloc = results.cells
    assert [sample.block for sample in hakmem.samples] == list(range(6))
    assert hakmem.samples[0].ops_per_s == pytest.approx(9e7)
    assert hakmem.arguments == ("--seed", "1") and hakmem.planned == 6
    assert [sample.usable for sample in tcmalloc.samples] == [False, False]
    assert tcmalloc.samples[0].ops_per_s is None
    assert jemalloc.state == "missing" and jemalloc.samples == ()


def test_newest_run_is_chosen_and_another_on_demand(tmp_path: Path) -> None:
    for kind in ("run", "run", "compare"):
        make_small(tmp_path, kind).close()
    assert load_results(tmp_path).session.id == 2
    assert load_results(tmp_path, 1).session.id == 1
    assert load_results(tmp_path, 3).session.kind == "compare"
    assert [session.id for session in list_sessions(tmp_path)] == [3, 2, 1]


def test_missing_database(tmp_path: Path) -> None:
    check_refused(tmp_path, f"no results database at {tmp_path / DATABASE_NAME}",
                  "make matrix QUICK=1")
    check_refused(tmp_path / "nowhere", "no results database", "--results")


def test_newer_database(tmp_path: Path) -> None:
    make_small(tmp_path).close()
    with sqlite3.connect(tmp_path / DATABASE_NAME) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    check_refused(tmp_path, f"schema version {SCHEMA_VERSION + 1}", "update the work tree")


def test_database_from_before_there_were_passes(tmp_path: Path) -> None:
    make_small(tmp_path).close()
    now = load_results(tmp_path)
    with sqlite3.connect(tmp_path / DATABASE_NAME) as connection:
        connection.executescript("""
            CREATE TABLE old AS SELECT id, session_id, allocator, workload, side, program,
                                       arguments, state, reason FROM cell;
            DROP VIEW micro; DROP TABLE cell; ALTER TABLE old RENAME TO cell;
            PRAGMA user_version = 1;""")
    assert load_results(tmp_path).cells == now.cells


def test_latency_cells_do_not_count_as_throughput(tmp_path: Path) -> None:
    database = make_small(tmp_path)
    cells = database.connection.execute("SELECT count(*) FROM cell").fetchone()[0]
    latency = database.insert(
        "cell", session_id=database.session, allocator="hakmem", workload="ws8192",
        program="build/latency/ws8192", arguments="[]", state="measured", **{"pass": "latency"})
    database.close()
    loaded = load_results(tmp_path).cells
    assert len(loaded) == cells and latency not in [cell.id for cell in loaded]


@pytest.mark.parametrize("content", [b"", b"PRAGMA user_version"])
def test_not_a_database_of_ours(tmp_path: Path, content: bytes) -> None:
    (tmp_path / DATABASE_NAME).write_bytes(content)
    check_refused(tmp_path, DATABASE_NAME, "--results" if not content else "restore it")


def test_corrupt_database(tmp_path: Path) -> None:
    make_small(tmp_path).close()
    path = tmp_path / DATABASE_NAME
    content = bytearray(path.read_bytes())
    content[len(content) // 3:] = bytes(byte ^ 0x5a for byte in content[len(content) // 3:])
    path.write_bytes(content)
    check_refused(tmp_path, f"cannot read {path}", "restore it from a copy")


def test_truncated_database(tmp_path: Path) -> None:
    make_small(tmp_path).close()
    path = tmp_path / DATABASE_NAME
    path.write_bytes(path.read_bytes()[:5000])
    check_refused(tmp_path, f"cannot read {path}", "restore it from a copy")


def test_lost_table(tmp_path: Path) -> None:
    make_small(tmp_path).close()
    with sqlite3.connect(tmp_path / DATABASE_NAME) as connection:
        connection.execute("DROP TABLE fact")
    check_refused(tmp_path, "no such table: fact", "restore it from a copy")


def test_no_session(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / DATABASE_NAME) as connection:
        connection.executescript(SCHEMA.read_text(encoding="utf-8"))
    check_refused(tmp_path, "holds no session", "make matrix QUICK=1")


def test_empty_session(tmp_path: Path) -> None:
    Database(tmp_path).close()
    check_refused(tmp_path, "session 1 of", "--resume")


def test_unknown_session_lists_the_known(tmp_path: Path) -> None:
    make_small(tmp_path, "compare").close()
    check_refused(tmp_path, "holds no session 7", "1 (compare)", "--session", "7")
    check_refused(tmp_path, "holds no session of `hakbench run`", "1 (compare)")


def test_bad_arguments_of_a_cell(tmp_path: Path) -> None:
    database = make_small(tmp_path)
    database.connection.execute("UPDATE cell SET arguments = '{' WHERE id = 1")
    database.close()
    check_refused(tmp_path, "cell 1: arguments", "restore it from a copy")


def test_unwritable_output(tmp_path: Path) -> None:
    make_small(tmp_path).close()
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    check_refused(tmp_path, "cannot write", "--output", "--output", str(tmp_path / "file"))


def test_reading_changes_nothing(tmp_path: Path) -> None:
    make_small(tmp_path).close()
    before = (tmp_path / DATABASE_NAME).read_bytes()
    load_results(tmp_path)
    assert (tmp_path / DATABASE_NAME).read_bytes() == before
    assert os.listdir(tmp_path) == [DATABASE_NAME]


def test_reads_while_the_runner_writes(tmp_path: Path) -> None:
    """WAL: what is committed is seen, what is not yet committed is not."""
    database = make_small(tmp_path)
    database.connection.commit()
    database.connection.execute("PRAGMA journal_mode = WAL")
    cell = database.add_cell("tcmalloc", "ws8192")
    database.add_sample(cell, 0)
    database.connection.commit()
    database.add_sample(cell, 1)
    assert len(load_results(tmp_path).cells[-1].samples) == 1
    database.close()


def test_names_come_from_the_matrix_file(tmp_path: Path) -> None:
    names = read_names()
    assert names.label("hakmem") == "hakmem (default)"
    assert names.label("hakmem:layout=headered,front=cache,prewarm=0") \
        == "headered cache prewarm=0"
    assert names.label("hakmem:layers=pin+next,geometry=c8") == "pin+next c8"
    assert names.label("hakmem:front=cache,layers=all") == "cache all layers"
    assert names.label("hakmem:layers=pin+guard+next+freelist") == "all layers but head"
    assert names.label("mimalloc") == "mimalloc"
    assert names.label("/a/" + "x" * 60 + "/lib.so").endswith("xxx/lib.so")
    assert names.is_peer("glibc") and not names.is_peer("hakmem:prewarm=0")
    assert names.install_hint("jemalloc") == "apt-get install libjemalloc2"
    assert names.install_hint("glibc") is None
    assert set(names.about) >= {"ws8192", "cfrac", "sh8bench"}
    with pytest.raises(NamesError, match="run from a complete work tree"):
        read_names(tmp_path / "none.txt")
    (tmp_path / "bad.txt").write_text("axis layout build\n", encoding="utf-8")
    with pytest.raises(NamesError, match="bad.txt:1: too few words"):
        read_names(tmp_path / "bad.txt")
    (tmp_path / "bad.txt").write_text("parts layers pin next\n", encoding="utf-8")
    with pytest.raises(NamesError, match="bad.txt:1: "):
        read_names(tmp_path / "bad.txt")


def test_a_variant_is_a_value_of_every_axis() -> None:
    names = read_names()
    assert names.variant("hakmem") == {"layout": "headerless", "front": "sll", "layers": "off",
                                       "geometry": "fine", "prewarm": "1"}
    found = names.variant("hakmem:layout=headered,layers=pin+next,prewarm=12")
    assert found is not None
    assert (found["layout"], found["layers"], found["prewarm"]) == ("headered", "pin+next", "12")
    for other in ("glibc", "/a/lib.so", "hakmem:colour=red", "hakmem:layers=pin+nose"):
        assert names.variant(other) is None
    assert names.has_some_parts("hakmem:layers=pin+next")
    assert not any(names.has_some_parts(one) for one in ("hakmem", "hakmem:layers=all", "glibc"))
    layers = next(axis for axis in names.axes if axis.name == "layers")
    assert layers.parts_in("off") == () and layers.parts_in("all") == layers.parts
    assert layers.parts_in("guard+head") == ("guard", "head")


def test_error_is_raised_in_the_library_too(tmp_path: Path) -> None:
    with pytest.raises(LoadError):
        list_sessions(tmp_path)
