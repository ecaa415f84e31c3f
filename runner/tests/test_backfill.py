"""hakbench backfill and accept, on commits of a tiny allocator in a repository of the test's."""
from __future__ import annotations

import datetime
import json
import math
import pathlib
import statistics

import pytest

from runner.tests.bench import SECONDS_MAX, read_json
from runner.tests.repository import BROKEN, Repository

pytestmark = pytest.mark.xdist_group("measure")

QUICK, SLOW = 300, 1500
FAST = ("--pass", "throughput")


@pytest.fixture
def four(tmp_path: pathlib.Path) -> Repository:
    return Repository(tmp_path, [QUICK, QUICK, BROKEN, SLOW])


def history(repository: Repository, metric: str = "time", workload: str = "ws8192") -> list:
    return repository.rows_of("SELECT * FROM history WHERE metric = ? AND workload = ?"
                              " ORDER BY position", metric, workload)


def test_commits_are_measured_against_the_oldest(four: Repository) -> None:
    done = four.call("backfill", "--commits", "..main", "--workloads", "ws8192")
    assert done.returncode == 0, done.stderr
    rows = history(four)
    assert [row["commit_id"] for row in rows] == [four.commits[i] for i in (0, 1, 3)]
    assert [row["position"] for row in rows] == [0, 1, 3]
    assert {row["anchor"] for row in rows} == {four.commits[0]}
    assert rows[2]["value"] > max(0, rows[1]["value"])
    for row in rows:
        assert row["low"] <= row["value"] <= row["high"]
        assert row["n"] == 6 == len(json.loads(row["blocks"]))
        for side, name in (("A", "reference"), ("B", "candidate")):
            times = [sample["elapsed_ns"] / sample["ops"] for sample in four.samples()
                     if sample["session_id"] == row["session_id"] and sample["side"] == side
                     and sample["pass"] == "throughput"]
            assert len(times) == 12
            assert row[name] == pytest.approx(statistics.median(times))
    assert rows[2]["subject"] == "allocator: step 3"
    seconds = datetime.datetime.fromisoformat(rows[2]["committed_utc"]).timestamp()
    assert seconds == int(four.git("log", "-1", "--format=%ct"))
    (broken,) = history(four, "build", "")
    assert broken["commit_id"] == four.commits[2]
    assert "error: expected expression" in broken["reason"]
    for metric in ("faults", "rss", "p999", "instructions"):
        assert len(history(four, metric)) == 3
    counts = [row["value"] for row in history(four, "instructions")]
    assert counts[0] == pytest.approx(0, abs=0.01) == counts[1] and counts[2] > math.log(1.5)
    for row in history(four, "p999"):
        timed = four.rows_of(
            "SELECT c.side, l.p999_ns FROM latency l JOIN sample s ON s.id = l.sample_id"
            " JOIN cell c ON c.id = s.cell_id WHERE s.session_id = ? AND l.operation = 'malloc'"
            " ORDER BY s.position", row["session_id"])
        sides = [[one["p999_ns"] for one in timed if one["side"] == side] for side in "AB"]
        assert json.loads(row["blocks"]) == pytest.approx(
            [math.log(b / a) for a, b in zip(*sides, strict=True)], abs=1e-4)
    # Newest first, then the oldest, then what lies between.
    assert [f"commit {n}" in line and s in line for (n, s), line in zip(
        enumerate(("step 3", "step 0", "step 1", "step 2"), 1),
        [line for line in done.stderr.splitlines() if line.startswith("commit ")],
        strict=True)] == [True] * 4
    sessions = four.rows_of("SELECT * FROM session WHERE mode = 'backfill'")
    assert len(sessions) == 3 and all(session["ended_utc"] for session in sessions)


def test_it_goes_on_with_what_is_missing(four: Repository) -> None:
    words = ("backfill", "--workloads", "ws8192", *FAST, "--json", "--commits")
    first = read_json(four.call(*words, four.commits[1]))
    assert (first["measured"], first["anchor"]) == (1, four.commits[1])
    second = read_json(four.call(*words, "..main"))
    assert (second["measured"], second["known"], second["unbuilt"]) == (2, 1, 1)
    assert second["anchor"] == four.commits[1]  # frozen
    third = read_json(four.call(*words, "..main"))
    assert (third["measured"], third["known"]) == (0, 4)
    other = read_json(four.call("backfill", "--workloads", "other", "--json", "--commits",
                                "HEAD~3..HEAD~2"))
    assert (other["commits"], other["measured"]) == (1, 1)


def test_the_release_or_a_peer_is_the_anchor(four: Repository) -> None:
    four.git("tag", "v1.0", four.commits[1])
    four.git("tag", "odd", four.commits[3])
    words = ("backfill", "--workloads", "ws8192", *FAST, "--json", "--commits", four.commits[0])
    assert read_json(four.call(*words))["anchor"] == four.commits[1]
    assert read_json(four.call(*words, "--anchor", "glibc"))["anchor"] == "glibc"


def test_a_crash_is_a_row_and_exit_4(tmp_path: pathlib.Path) -> None:
    repository = Repository(tmp_path, [QUICK])
    (repository.top / "allocator.c").write_text(
        '#include <stdlib.h>\n#define BUMP_STEP(size) (abort(), 0)\n'
        '#include "runner/tests/preload/bump.h"\n')
    repository.git("commit", "-qam", "allocator: crash")
    done = repository.call("backfill", "--commits", "..main", "--workloads", "ws8192", *FAST)
    assert done.returncode == 4, done.stderr
    crashed = history(repository)[1]
    assert crashed["value"] is None and crashed["reason"].startswith("crash: SIGABRT")


def test_an_interrupt_loses_no_commit(four: Repository) -> None:
    """The newest commit holds its third process until it is killed."""
    source = pathlib.Path(__file__).parent / "preload" / "hold.c"
    (four.top / "allocator.c").write_text(source.read_text())
    four.git("commit", "-qam", "allocator: hold")
    hold = four.folder / "hold"
    hold.write_text("2\n")
    process = four.start("backfill", "--commits", "HEAD~2..HEAD", "--workloads", "ws8192", *FAST,
                         "--anchor", four.commits[0], HAKMEM_HOLD=str(hold))
    held = pathlib.Path(f"{hold}.pid")
    while not held.exists():
        assert process.poll() is None, process.communicate()
    process.terminate()
    _, errors = process.communicate(timeout=SECONDS_MAX)
    assert process.returncode == 130
    assert "the same command goes on" in errors
    assert history(four) == []
    done = four.call("backfill", "--commits", "HEAD~2..HEAD", "--workloads", "ws8192", *FAST,
                     "--anchor", four.commits[0])
    assert done.returncode == 0, done.stderr
    assert len(history(four)) == 2


@pytest.mark.parametrize(("words", "said"), [
    ([], "which commits?"),
    (["--commits", "nope"], "no commit is called 'nope'"),
    (["--commits", "main..main"], "no commit lies in the range"),
    (["--commits", "main", "--blocks", 3], "fewer have no interval"),
    (["--commits", "main", "--mode", "slow"], "unknown mode"),
    (["--commits", "main", "--pass", "latency"], "leaves out the latency pass"),
    (["--commits", "main", "--workloads", "nope"], "unknown workload 'nope'"),
    (["--commits", "main", "--anchor", "v9"], "no commit is called 'v9'"),
    (["--commits", "HEAD~2", "--anchor", "HEAD~1"], "is not built: make: allocator.c:"),
])
def test_bad_input_is_one_clear_line(four: Repository, words: list[str], said: str) -> None:
    done = four.call("backfill", *words)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and said in done.stderr


def test_accepted_shifts_are_kept_with_their_reason(four: Repository) -> None:
    done = four.call("accept", "HEAD", "--why", "worth it")
    assert done.returncode == 0, done.stderr
    four.call("accept", "HEAD", "--why", "worth it, measured twice")
    answer = read_json(four.call("accept", "main~1", "--why", "x", "--workload", "ws8192",
                                 "--json"))
    assert answer["commit"] == four.commits[2]
    rows = four.rows_of("SELECT commit_id, workload, why FROM accepted ORDER BY workload")
    assert [tuple(row) for row in rows] == [
        (four.commits[3], "", "worth it, measured twice"), (four.commits[2], "ws8192", "x")]
    for words, said in ((["HEAD"], "why?"), ([], "which commit?"),
                        (["nope", "--why", "x"], "no commit"),
                        (["HEAD", "--why", "x", "--workload", "nope"], "unknown workload")):
        done = four.call("accept", *words)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1) and said in done.stderr
