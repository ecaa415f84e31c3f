"""hakbench misuse: cases in processes of their own, proved, judged, stored, compared."""
from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable

import pytest

from runner.tests.bench import ROOT, Bench, read_json

LISTED = subprocess.run([ROOT / "build/misuse", "--list"], capture_output=True, text=True,
                        check=True).stdout
CASES = [json.loads(line) for line in LISTED.splitlines()]
DOUBLE_FREE, FOREIGN, HEADER = "10a", "11a", "6"


def test_an_outcome_is_a_row(bench: Bench) -> None:
    done = bench.call("misuse", "--allocators", "hakmem", "--case", f"{DOUBLE_FREE},{FOREIGN}")
    assert done.returncode == 0, done.stdout + done.stderr
    silent, told = bench.rows_of("SELECT * FROM misuse ORDER BY case_id")
    assert (silent["case_id"], silent["case_group"], silent["allocator"]) == ("10a", 10, "hakmem")
    assert silent["title"] == next(c["title"] for c in CASES if c["id"] == DOUBLE_FREE)
    assert (silent["verdict"], silent["layer"], silent["tag"]) == ("silent-corrupt", None, None)
    assert silent["predicted_verdict"] == "silent-corrupt" and silent["held"] == 1
    assert silent["exit_code"] == 4 and silent["signal"] is None
    assert silent["reason"].startswith("oracle: ")
    assert (told["verdict"], told["layer"], told["tag"]) == ("diagnosed", "registry",
                                                            "FREE_UNKNOWN")
    assert told["reports"] == "registry:FREE_UNKNOWN" and told["report_count"] == 1
    (session,) = bench.rows_of("SELECT * FROM session")
    assert (session["kind"], session["mode"]) == ("exec", "misuse")
    assert session["ended_utc"] is not None
    assert bench.facts()["build_id.hakmem"] not in ("none", "missing")


def test_a_crash_is_stored_with_its_signal(bench: Bench) -> None:
    done = bench.call("misuse", "--allocators", "hakmem", "--case", "1a")
    assert done.returncode == 0, done.stdout + done.stderr
    (row,) = bench.rows_of("SELECT * FROM misuse")
    assert (row["verdict"], row["signal"], row["exit_code"]) == ("crashed", 11, None)


def test_json_tells_the_same_as_the_table(bench: Bench) -> None:
    words = ["--allocators", "hakmem", "--case", "6,10"]
    answer = read_json(bench.call("misuse", *words, "--json"))
    assert answer["command"] == "misuse" and answer["exit_code"] == 0
    wanted = [case for case in CASES if case["group"] in (6, 10)]
    assert [o["case"] for o in answer["outcomes"]] == [case["id"] for case in wanted]
    assert answer["held"] == answer["predicted"] == len(wanted)
    assert answer["outcomes"][0]["verdict"] == "not-applicable"
    table = bench.call("misuse", *words).stdout
    assert table.splitlines()[-1] == f"{len(wanted)} of {len(wanted)} predictions held"
    assert re.search(r"^6 .* -$", table, re.M) and re.search(r"^10a .* !!$", table, re.M)


def test_the_table_fits_120_columns(bench: Bench) -> None:
    done = bench.call("misuse", "--case", "1a,17b")
    assert done.stdout.count("layout=") == 4
    assert max(len(line) for line in done.stdout.splitlines()) <= 120


def test_the_user_does_not_choose_the_policy(bench: Bench) -> None:
    done = bench.call("misuse", "--allocators", "hakmem", "--case", FOREIGN,
                      environment={"HAKMEM_ON_CORRUPTION": "count"})
    assert done.returncode == 0, done.stdout
    assert bench.rows_of("SELECT verdict FROM misuse")[0]["verdict"] == "diagnosed"


def test_a_preload_without_effect_is_a_missed_run(bench: Bench, preload: Callable[[str], str],
                                                  ) -> None:
    done = bench.call("misuse", "--allocators", preload("inert"), "--case", DOUBLE_FREE)
    assert done.returncode == 4
    (row,) = bench.rows_of("SELECT * FROM misuse")
    assert row["verdict"] == "missed-run" and "the preload did not take effect" in row["reason"]
    assert row["held"] is None
    assert done.stdout.splitlines()[-1] == "0 of 1 predictions held"


def test_a_library_by_its_path_is_predicted_by_what_it_says_it_is(bench: Bench) -> None:
    library = (ROOT / "build/libhakmem.so").resolve()
    done = bench.call("misuse", "--allocators", library, "--case", DOUBLE_FREE)
    assert done.returncode == 0, done.stdout
    (row,) = bench.rows_of("SELECT * FROM misuse")
    assert row["allocator"] == str(library) and row["held"] == 1


@pytest.mark.parametrize(("words", "said"), [
    (["--case", "10z"], "unknown case '10z': choose from 1a 1b"),
    (["--case", "18"], "unknown case '18'"),
    (["--allocators", "glibc"], "glibc is no hakmem"),
    (["--allocators", "nope"], "unknown allocator 'nope'"),
    (["--allocators", "hakmem:layers=nope"], "layers cannot be 'nope'"),
    (["10a"], "takes no arguments but options"),
    (["--timeout", "0"], "--timeout 0: give a whole number"),
])
def test_bad_input_is_one_clear_line(bench: Bench, words: list[str], said: str) -> None:
    done = bench.call("misuse", *words)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and done.stderr.startswith("hakbench misuse: ")
    assert said in done.stderr


def test_a_build_that_is_missing_is_told(bench: Bench) -> None:
    matrix = bench.write("matrix.txt", (ROOT / "allocator/variants/matrix.txt").read_text()
                         .replace("axis front    build sll", "axis front    build sll none"))
    done = bench.call("misuse", "--matrix", matrix, "--case", DOUBLE_FREE, "--allocators",
                      "hakmem,hakmem:front=none")
    assert done.returncode == 0
    assert "hakmem:front=none: missing (not built: run make)" in done.stdout
    done = bench.call("misuse", "--matrix", matrix, "--case", DOUBLE_FREE, "--allocators",
                      "hakmem:front=none")
    assert done.returncode == 2 and "nothing to run" in done.stderr


SMALL_MATRIX = """\
axis layout   build headerless
axis front    build sll
axis layers   build off
axis geometry build fine
axis prewarm  start 1
peer glibc - -
take quick layout=*
take default layout=*
"""


@pytest.mark.parametrize(("mode", "expected"), [("default", len(CASES)), ("quick", 0)])
def test_a_whole_run_ends_with_it(bench: Bench, mode: str, expected: int) -> None:
    matrix = bench.write("matrix.txt", SMALL_MATRIX)
    done = bench.call("run", "--mode", mode, "--matrix", matrix, "--repeats", 1, "--pass", "all")
    assert done.returncode == 0, done.stdout + done.stderr
    rows = bench.rows_of("SELECT * FROM misuse")
    assert len(rows) == expected and {row["session_id"] for row in rows} <= {1}
    assert (f"{expected} of {expected} predictions held\n" in done.stderr) == (expected > 0)


def test_a_run_of_some_allocators_does_not(bench: Bench) -> None:
    matrix = bench.write("matrix.txt", SMALL_MATRIX)
    for words in (["--allocators", "hakmem,glibc"], ["--workloads", "ws8192"]):
        done = bench.call("run", "--mode", "default", "--matrix", matrix, "--repeats", 1, *words)
        assert done.returncode == 0, done.stderr
    assert bench.rows_of("SELECT * FROM misuse") == []


def test_an_older_database_gets_the_table(bench: Bench) -> None:
    assert bench.quick("glibc", repeats=1).returncode == 0
    bench.execute("DROP TABLE misuse")
    assert bench.call("misuse", "--allocators", "hakmem", "--case", FOREIGN).returncode == 0
    assert len(bench.rows_of("SELECT * FROM misuse")) == 1


def test_the_program_itself_tells_bad_input() -> None:
    program = ROOT / "build/misuse"
    for words, said in ((["10z"], "there is no case '10z'"), ([], "usage"), (["6", "7"], "usage")):
        done = subprocess.run([program, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 2 and said in done.stderr and done.stderr.count("\n") == 1
    done = subprocess.run([program, DOUBLE_FREE], capture_output=True, text=True, check=False)
    assert done.returncode == 77 and "no hakmem is preloaded" in done.stderr
