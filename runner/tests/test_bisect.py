"""Backfill, trend, bisect and accept on twelve commits of a tiny allocator, of which one made it
five times slower, so that a busy machine changes nothing. A stored A/A gate says that the machine
is noisy, so that a gate is content with a wide interval. That 8 % are found, too, is shown by hand,
on a quiet machine: make trend-proof."""
from __future__ import annotations

import pathlib
import re
import subprocess

import pytest

from runner.tests.bench import ROOT, SECONDS_MAX, read_json
from runner.tests.repository import BROKEN, Repository

pytestmark = pytest.mark.xdist_group("measure")

QUICK, SLOW = 2000, 10000
COMMITS, GUILTY, BROKEN_ONE = 12, 7, 5
ROWS = "".join(f"{row} program ws8192\n{row} quick --ops 2000\n{row} default --ops 2000\n"
               for row in ("ws8192", "other"))


def make(folder: pathlib.Path, work: list[int]) -> Repository:
    repository = Repository(folder, work)
    repository.rows = repository.write("rows.txt", ROWS)
    repository.call("run", "--mode", "quick", "--allocators", "glibc", "--repeats", 1, "--pass",
                    "throughput", "--workloads", "ws8192")
    return repository


def store(repository: Repository, session: int, base: str, head: str, verdict: str,
          estimate: float) -> None:
    """A gate that ended, on this machine."""
    repository.execute(
        "INSERT INTO session (id, kind, mode, started_utc, seed, command)"
        f" VALUES ({session}, 'compare', 'gate', 't', 1, 'c')")
    repository.execute(f"INSERT INTO fact SELECT {session}, key, value FROM fact"
                       " WHERE key = 'cpu.model' LIMIT 1")
    repository.execute(f"INSERT INTO gate VALUES ({session}, '{base}', '{head}', 'a', 'a', NULL,"
                       " 'default', 'timed', 12, 0, 0, NULL)")
    repository.execute(f"INSERT INTO gate_cell VALUES ({session}, 'ws8192', 0.03, '{verdict}', 1,"
                       f" 12, {estimate}, {estimate - 0.1}, {estimate + 0.1}, 0.5, NULL)")


def search(repository: Repository, *words: object) -> list[object]:
    return ["bisect", "--good", repository.commits[0], "--bad", "main", "--workload", "ws8192",
            *words]


def test_the_guilty_commit_is_named_and_stored_verdicts_are_not_measured_again(
        tmp_path: pathlib.Path) -> None:
    work = [SLOW if number >= GUILTY else QUICK for number in range(COMMITS)]
    work[BROKEN_ONE] = BROKEN
    repository = make(tmp_path, work)
    store(repository, 99, "a", "a", "proven", 1.0)  # A/A: this machine is noisy
    done = repository.call(*search(repository))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"guilty: {repository.commits[GUILTY][:12]} allocator: step 7\n")
    assert "skipped: commit" in done.stderr and "error: expected expression" in done.stderr
    answer = read_json(repository.call(*search(repository, "--json")))
    assert answer["guilty"] == repository.commits[GUILTY]
    assert answer["left"] == [{"commit": answer["guilty"], "subject": "allocator: step 7"}]
    assert (answer["gates"], answer["exit_code"]) == (0, 0) and answer["recalled"] >= 3
    assert answer["slowdown"] > 1
    # As if it had been interrupted before the last verdict.
    repository.execute("DELETE FROM gate_cell WHERE session_id = (SELECT max(session_id) FROM"
                       " gate)")
    again = read_json(repository.call(*search(repository, "--json")))
    assert again["guilty"] == answer["guilty"]
    assert (again["gates"], again["recalled"]) == (1, answer["recalled"] - 1)
    check_trend(repository)


def check_trend(repository: Repository) -> None:
    """The trend of the same commits marks the guilty one, until it is accepted."""
    guilty = repository.commits[GUILTY]
    done = repository.call("backfill", "--commits", "..main", "--workloads", "ws8192", "--pass",
                           "throughput", "--mode", "quick")
    assert done.returncode == 0, done.stderr
    before = trend(repository)
    assert before.returncode == 1
    assert re.search(rf"worse: ws8192: time per operation .* since {guilty[:7]} "
                     r"\(allocator: step 7\)", before.stdout)
    repository.call("accept", guilty, "--why", "a check of the test's")
    after = trend(repository)
    assert "time per operation" not in after.stdout, after.stdout
    page = (repository.results / "trend/index.html").read_text()
    assert "accepted: a check of the test" in page and "is not built: make: allocator.c:" in page


def trend(repository: Repository) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["/usr/bin/python3", "-m", "reports", "trend", "--results",
                           repository.results, "--repository", repository.top], cwd=ROOT,
                          capture_output=True, text=True, check=False, timeout=SECONDS_MAX)


def test_what_does_not_build_leaves_a_range_and_exit_3(tmp_path: pathlib.Path) -> None:
    repository = make(tmp_path, [QUICK, BROKEN, SLOW])
    first, broken, last = repository.commits
    store(repository, 99, first, last, "regressed", 0.5)
    done = repository.call(*search(repository))
    assert done.returncode == 3, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("inconclusive: the guilty commit is one of these 2")
    assert [line.split()[0] for line in lines[1:3]] == [broken[:12], last[:12]]
    assert lines[1].endswith("(does not build)") and not lines[2].endswith("(does not build)")
    answer = read_json(repository.call(*search(repository, "--json")))
    assert answer["guilty"] is None and answer["exit_code"] == 3
    assert [one["commit"] for one in answer["left"]] == [broken, last]


def test_a_verdict_of_another_size_or_workload_or_with_a_plant_is_none_of_ours(
        tmp_path: pathlib.Path) -> None:
    """With such a verdict alone it would begin to measure, and is stopped there."""
    repository = make(tmp_path, [QUICK, SLOW])
    store(repository, 99, *repository.commits, "regressed", 0.5)
    assert repository.call(*search(repository)).returncode == 0
    for change in ("gate SET size = 'quick'", "gate SET plant = 'stall', size = 'default'",
                   "gate SET trouble = 'crash', plant = NULL",
                   "gate_cell SET workload = 'other'"):
        repository.execute(f"UPDATE {change}")
        process = repository.start(*search(repository))
        for line in process.stderr:
            if line.startswith("building"):
                break
        process.terminate()
        _, errors = process.communicate(timeout=SECONDS_MAX)
        assert process.returncode == 130 and "the same command goes on" in errors


def test_a_gate_does_not_complain_of_what_was_accepted(tmp_path: pathlib.Path) -> None:
    repository = make(tmp_path, [QUICK, SLOW])
    store(repository, 99, "a", "a", "proven", 1.0)  # A/A: this machine is noisy
    words = ("gate", "--base", "main~1", "--timed", "--workloads", "ws8192", "--blocks", 12,
             "--json")
    before = read_json(repository.call(*words))
    assert (before["exit_code"], before["accepted"]) == (1, [])
    repository.call("accept", "main", "--why", "not here", "--workload", "other")
    repository.call("accept", "main~1", "--why", "too early")
    assert repository.call(*words).returncode == 1
    repository.call("accept", "main", "--why", "worth it", "--workload", "ws8192")
    after = read_json(repository.call(*words))
    assert after["exit_code"] == 0
    assert [cell["verdict"] for cell in after["cells"]] == ["regressed"]
    assert after["accepted"][0] == {"commit": repository.commits[1], "workload": "ws8192",
                                    "why": "worth it"}


def test_nothing_to_find_is_told(tmp_path: pathlib.Path) -> None:
    repository = make(tmp_path, [QUICK, QUICK])
    store(repository, 99, *repository.commits, "proven", 0.0)
    done = repository.call(*search(repository))
    assert done.returncode == 2
    assert "is not slower than" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(("words", "said"), [
    ([], "between which commits?"),
    (["--good", "main~2", "--bad", "main"], "on which workload?"),
    (["--good", "main~2", "--bad", "main", "--workload", "nope"], "unknown workload 'nope'"),
    (["--good", "main", "--bad", "main~2", "--workload", "ws8192"], "must be an ancestor"),
    (["--good", "main", "--bad", "main", "--workload", "ws8192"], "must be an ancestor"),
    (["--good", "nope", "--bad", "main", "--workload", "ws8192"], "no commit is called"),
    (["--good", "main~2", "--bad", "main", "--workload", "ws8192", "--blocks", 5], "the looks are"),
])
def test_bad_input_is_one_clear_line(tmp_path: pathlib.Path, words: list[object],
                                     said: str) -> None:
    repository = Repository(tmp_path, [QUICK] * 3)
    done = repository.call("bisect", *words)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and said in done.stderr
