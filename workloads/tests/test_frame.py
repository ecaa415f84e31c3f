"""The frame, seen from a workload whose every number is known: frame/counter.c."""
from __future__ import annotations

import json
import pathlib
import subprocess

import pytest

from workloads.tests.programs import ROOT, result, start
from workloads.tests.test_programs import check_bad_usage, check_line
from workloads.tests.test_sanitizers import compile_object

MASK = (1 << 64) - 1


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("frame")
    source = ROOT / "workloads" / "tests" / "frame" / "counter.c"
    common = [ROOT / "build" / "obj" / "workloads" / f"{path.stem}.o"
              for path in sorted((ROOT / "workloads").glob("*.c"))]
    subprocess.run(["gcc", "-pthread", "-o", folder / "counter",
                    compile_object(source, folder, []), *common], check=True)
    return folder / "counter"


def mix(x: int) -> int:
    """rng_mix() of rng.h."""
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9 & MASK
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb & MASK
    return x ^ (x >> 31)


def shares(ops: int, threads: int) -> list[int]:
    return [ops // threads + (i < ops % threads) for i in range(threads)]


@pytest.mark.parametrize("ops,threads", [(100, 1), (101, 3), (2, 5)])
def test_sums_over_the_lanes(counter: pathlib.Path, ops: int, threads: int) -> None:
    line = result(counter, "--ops", str(ops), "--threads", str(threads))
    check_line(line, "counter")
    assert (line["ops"], line["allocs"], line["frees"]) == (ops, ops, ops)
    assert line["result"] == {"squares": sum((i + 2) ** 2 for i in range(threads)), "first": 4,
                              "prepared": 70, "word": "none", "list": [3] if threads == 3 else []}
    mixed = sum(mix(share + i) for i, share in enumerate(shares(ops, threads)))
    assert int(line["checksum"], 16) == mixed & MASK


def test_chance_is_not_mixed_with_the_lane(counter: pathlib.Path) -> None:
    assert int(result(counter, "--threads", "3", "--any")["checksum"], 16) == 100


def test_defaults(counter: pathlib.Path) -> None:
    line = result(counter)
    assert (line["threads"], line["seed"], line["ops"], line["audit"]) == (1, 1, 100, False)


@pytest.mark.parametrize("arguments,params", [
    ([], {"chunk": 7, "wide": 0, "rest": 1}),
    (["--wide", "--no-rest", "--chunk=9"], {"chunk": 9, "wide": 1, "rest": 0}),
    (["--word", "rest", "--any"], {"chunk": 7, "wide": 0, "rest": 1})])
def test_params_are_the_options_that_are_parameters(counter: pathlib.Path, arguments: list[str],
                                                    params: dict[str, int]) -> None:
    assert result(counter, *arguments)["params"] == params


def test_values_are_read_after_the_run(counter: pathlib.Path) -> None:
    found = result(counter, "--word", "x", "--chunk", "3", "--threads", "3")["result"]
    assert (found["word"], found["prepared"], found["list"]) == ("x", 30, [3])


def test_by_time_has_no_share(counter: pathlib.Path) -> None:
    line = result(counter, "--seconds", "0.05", "--threads", "2")
    assert line["ops"] > 100 and line["elapsed_ns"] >= 50_000_000


@pytest.mark.parametrize("arguments,errors", [
    (["--lose"], 1), (["--lose", "--cross"], 1),
    (["--pass-on"], 2), (["--pass-on", "--cross"], 0)])
def test_lost_blocks(counter: pathlib.Path, arguments: list[str], errors: int) -> None:
    """A lane has to be even, or where blocks cross lanes all of them together."""
    done = start(counter, *arguments, "--threads", "2")
    assert done.returncode == (4 if errors else 0), done
    assert json.loads(done.stdout)["audit_errors"] == errors


@pytest.mark.parametrize("arguments,message", [
    (["--frob"], "unknown option '--frob'; valid options: --ops --seconds"),
    (["--chunk", "10"], "--chunk must be a whole number from 1 to 9, not '10'"),
    (["--chunk"], "--chunk needs a value"),
    (["--wide=1"], "--wide takes no value, but '1' was given"),
    (["--lose=1"], "--lose takes no value, but '1' was given"),
    (["--ops", "5", "--seconds", "5"], "--ops and --seconds exclude each other")])
def test_bad_options(counter: pathlib.Path, arguments: list[str], message: str) -> None:
    check_bad_usage(counter, arguments, message)
