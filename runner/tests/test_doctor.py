"""hakbench doctor: readings of this machine, warnings with remedies, the exit code."""
from __future__ import annotations

import json
import re
import subprocess

import pytest

from runner.tests.bench import HAKBENCH, SECONDS_MAX, Bench, read_json


def doctor(bench: Bench, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([HAKBENCH, "doctor", *words], capture_output=True, text=True,
                          timeout=SECONDS_MAX, check=False, env=bench.environment)


def test_the_exit_code_is_the_doubts(bench: Bench) -> None:
    done = doctor(bench, "--quick", "--json")
    answer = read_json(done)
    doubts = [w["name"] for w in answer["warnings"] if w["doubt"]]
    assert done.returncode == answer["exit_code"] == (3 if doubts else 0)
    assert answer["fit"] == (not doubts)
    assert all(w["remedy"] and w["text"] for w in answer["warnings"])
    readings = answer["readings"]
    assert readings["aa_samples"] == 0 and readings["aa_spread"] is None
    assert readings["window_s"] >= 0.2
    assert 0 <= readings["foreign_percent"] <= 100 >= readings["steal_percent"] >= 0


def test_a_machine_without_aslr_is_doubtful(bench: Bench) -> None:
    done = subprocess.run(["setarch", "-R", HAKBENCH, "doctor", "--quick", "--json"],
                          capture_output=True, text=True, check=False, env=bench.environment)
    if done.returncode == 1:
        pytest.skip("setarch -R is not allowed here")
    assert done.returncode == 3
    assert "aslr" in [w["name"] for w in read_json(done)["warnings"]]


def test_a_person_sees_readings_and_what_to_do(bench: Bench) -> None:
    done = doctor(bench, "--quick")
    for name in ("cores", "governor", "THP", "ASLR", "overcommit", "memory", "load", "A/A"):
        assert re.search(rf"^  {name} +\S", done.stdout, re.M), done.stdout
    assert len(re.findall(r"^(?:doubt|note): [a-z-]+\n    \S.*\n    do: \S", done.stdout, re.M)) \
        == done.stdout.count("    do: ")
    last = done.stdout.splitlines()[-1]
    assert re.fullmatch(r"(fit to measure|doubtful): \d+ doubts?, \d+ notes?", last)
    assert last.startswith("doubtful") == (done.returncode == 3)


def test_a_build_is_compared_with_itself(bench: Bench) -> None:
    answer = json.loads(doctor(bench, "--json").stdout)
    assert answer["readings"]["aa_samples"] == 24
    assert 0 < answer["readings"]["aa_spread"] < 2
    assert answer["readings"]["aa_p95"] >= answer["readings"]["aa_spread"] / 2
    noisy = [w for w in answer["warnings"] if w["name"] == "aa-noisy"]
    assert bool(noisy) == (answer["readings"]["aa_spread"] > 0.05)


def test_bad_input_is_one_clear_line(bench: Bench) -> None:
    for words, said in ((["x"], "takes no arguments"), (["--repeats", "3"], "unknown option")):
        done = doctor(bench, *words)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert said in done.stderr
