"""hakbench soak: audited runs by time, what they found, and what the database keeps of it."""
from __future__ import annotations

import json
from collections.abc import Callable

from runner.tests.bench import Bench, read_json

LAYERS = "hakmem:layers=all"


def test_every_workload_runs_audited_with_all_layers_and_none(bench: Bench) -> None:
    done = bench.call("soak", "--mode", "quick", "--seconds", "0.05")
    assert done.returncode == 0, done.stderr
    samples = bench.samples()
    assert {(s["allocator"], s["workload"]) for s in samples} == {
        (a, w) for a in ("hakmem", LAYERS) for w in ("ws8192", "pairs")}
    answers = [json.loads(sample["output"]) for sample in samples]
    assert all(answer["audit"] is True for answer in answers)
    assert all(sample["elapsed_ns"] >= 0.05e9 for sample in samples)
    assert {answer["threads"] for answer in answers} == {1, 2}
    (session,) = bench.rows_of("SELECT * FROM session")
    assert (session["kind"], session["mode"]) == ("exec", "soak")
    total = sum(sample["ops"] for sample in samples)
    assert f"no crash and no corruption in {total / 1e6:.1f} M audited operations" in done.stdout


def test_a_corruption_and_a_crash_are_counted(bench: Bench, preload: Callable[[str], str]) -> None:
    words = ("--mode", "quick", "--seconds", "0.05", "--workloads", "ws8192")
    done = bench.call("soak", *words, "--allocators", preload("overlap"), "--json")
    assert done.returncode == 4
    (cell,) = read_json(done)["cells"]
    assert cell["audit_errors"] > 0 and cell["failed"] == 1
    done = bench.call("soak", *words, "--allocators", f"{preload('crash')},glibc")
    assert done.returncode == 4
    assert "crashes, corruptions and audit errors: 1 in" in done.stdout
    assert "SIGSEGV" in done.stdout


def test_it_goes_on_with_the_same_length(bench: Bench) -> None:
    bench.call("soak", "--mode", "quick", "--seconds", "0.05", "--workloads", "ws8192")
    bench.execute("DELETE FROM sample WHERE position = 1")
    bench.execute("UPDATE session SET ended_utc = NULL")
    done = bench.call("soak", "--resume")
    assert done.returncode == 0, done.stderr
    assert "1 of 2 samples are there" in done.stderr
    assert bench.facts()["plan.seconds"] == "0.05"
    assert [s["status"] for s in bench.samples()] == ["ok", "ok"]


def test_a_bad_length_is_one_clear_line(bench: Bench) -> None:
    for seconds in ("0", "-1", "soon", "1e9"):
        done = bench.call("soak", "--seconds", seconds)
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1 and "give a number above 0" in done.stderr
