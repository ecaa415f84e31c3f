"""The command line and the JSON line of every workload program."""
from __future__ import annotations

import pathlib
import re
from typing import Any

import pytest

from workloads.tests.programs import PROGRAMS, SMALL, result, start

NUMBERS = {"schema", "threads", "seed", "ops", "elapsed_ns", "allocs", "frees", "minflt_start",
           "minflt_phase", "rss_start", "rss_end", "peak_rss", "harness_bytes", "audit_errors"}
OTHERS = {"workload": str, "audit": bool, "params": dict, "checksum": str, "result": dict,
          "identity": dict, "corruptions": (int, type(None))}
OWN_OPTIONS = {"ws8192": ["--slots", "--min", "--max", "--startup"],
               "cfrac": ["--number", "--digits"],
               "sh8bench": ["--iterations", "--slots", "--eights"]}
COMMON_OPTIONS = ["--ops", "--seconds", "--threads", "--seed", "--audit", "--help"]


def check_line(line: dict[str, Any], program: str) -> None:
    assert set(line) == NUMBERS | set(OTHERS)
    assert all(type(line[name]) is int and line[name] >= 0 for name in NUMBERS)
    assert all(isinstance(line[name], kind) for name, kind in OTHERS.items())
    assert line["schema"] == 1 and line["workload"] == program
    assert line["allocs"] == line["frees"] > 0 and line["ops"] > 0
    assert line["elapsed_ns"] > 0 and line["audit_errors"] == 0
    assert line["peak_rss"] >= max(line["rss_start"], line["rss_end"]) > 0
    assert re.fullmatch("[0-9a-f]{16}", line["checksum"])
    assert all(type(value) is int for value in line["params"].values())


@pytest.mark.parametrize("audit", [[], ["--audit"]], ids=["plain", "audit"])
@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("program", PROGRAMS)
def test_line_is_complete_and_repeatable(program: str, threads: int, audit: list[str]) -> None:
    arguments = [*SMALL[program], "--threads", str(threads), "--seed", "42", *audit]
    first, second = result(program, *arguments), result(program, *arguments)
    for line in (first, second):
        check_line(line, program)
        assert (line["threads"], line["seed"], line["audit"]) == (threads, 42, bool(audit))
    for name in ("checksum", "ops", "allocs", "params", "result"):
        assert first[name] == second[name], name


@pytest.mark.parametrize("program", PROGRAMS)
def test_audit_does_the_same_work(program: str) -> None:
    plain, audited = result(program, *SMALL[program]), result(program, *SMALL[program], "--audit")
    assert plain["checksum"] == audited["checksum"]
    # cfrac's audit multiplies its relations out, on the heap as everything
    assert audited["allocs"] == pytest.approx(plain["allocs"], rel=0.1 if program == "cfrac" else 0)


@pytest.mark.parametrize("program", ["ws8192", "sh8bench"])
def test_seed_changes_the_work(program: str) -> None:
    seen = {result(program, *SMALL[program], "--seed", str(seed))["checksum"]
            for seed in range(5)}
    assert len(seen) > 1


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("program", PROGRAMS)
def test_by_time(program: str, threads: int) -> None:
    work = [a for a in SMALL[program] if a not in ("--ops", "200000")]
    line = result(program, *work, "--seconds", "0.2", "--threads", str(threads))
    check_line(line, program)
    assert line["elapsed_ns"] >= 200_000_000


def test_ws8192_makes_the_picks_it_is_asked_for() -> None:
    for ops, threads in ((1, 1), (65536, 1), (65537, 2), (3, 5)):
        line = result("ws8192", "--ops", str(ops), "--threads", str(threads))
        assert line["ops"] == ops


def test_ws8192_keeps_half_of_the_slots_full() -> None:
    line = result("ws8192", "--ops", "1000000", "--slots", "1000", "--threads", "2")
    assert 900 < line["result"]["held_blocks_max"] < 1200
    assert line["allocs"] == pytest.approx(line["ops"] / 2, rel=0.01)


@pytest.mark.parametrize("program,minimum", [("cfrac", 2_000_000), ("sh8bench", 500_000)])
def test_ops_repeats_the_work_until_it_is_enough(program: str, minimum: int) -> None:
    once = result(program, *SMALL[program])
    line = result(program, *SMALL[program], "--ops", str(minimum))
    assert minimum <= line["ops"] < minimum + 2 * once["ops"]
    assert line["ops"] > once["ops"]


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
def test_sh8bench_counts(threads: int) -> None:
    line = result("sh8bench", "--iterations", "1200", "--eights", "12345", "--slots", "10000",
                  "--threads", str(threads))
    if threads == 1:  # 100 times through the table of 7321 blocks
        assert line["allocs"] == 100 * 7321 + 12345
    assert line["result"]["eights_freed"] == 12345
    assert line["result"]["held_blocks_max"] == 10000  # the slots do get full
    assert line["result"]["rounds"] == 1


@pytest.mark.parametrize("threads", ["1", "8"])
def test_startup_sequence(threads: str) -> None:
    line = result("ws8192", "--startup", "--threads", threads)
    check_line(line, "ws8192")
    assert line["allocs"] == 3 * 8192 * int(threads)
    assert line["audit"] is True and line["result"]["steps"] == 3


def check_help(program: str, own: list[str]) -> None:
    done = start(program, "--help")
    assert done.returncode == 0 and done.stderr == ""
    for option in COMMON_OPTIONS + own:
        assert re.search(rf"^  {option}\b.*\S", done.stdout, re.MULTILINE), option
    assert start(program, "--seed", "5", "--help").stdout == done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100


@pytest.mark.parametrize("program", PROGRAMS)
def test_help(program: str) -> None:
    check_help(program, OWN_OPTIONS[program])


BAD = [
    (["--frob"], "unknown option '--frob'; valid options: --ops --seconds"),
    (["junk"], "unknown option 'junk'; valid options:"),
    (["--ops"], "--ops needs a value"),
    (["--ops", "0"], "--ops must be a whole number from 1 to 9223372036854775807, not '0'"),
    (["--ops", "-1"], "not '-1'"),
    (["--ops", "1e6"], "not '1e6'"),
    (["--ops", ""], "not ''"),
    (["--ops", "0x10"], "not '0x10'"),
    (["--ops", "9223372036854775808"], "not '9223372036854775808'"),
    (["--ops", "18446744073709551617"], "not '18446744073709551617'"),  # 2^64 + 1 wraps to 1
    (["--threads", "0"], "--threads must be a whole number from 1 to 1024, not '0'"),
    (["--threads=1025"], "not '1025'"),
    (["--seed", "-3"], "--seed must be"),
    (["--seconds", "0"], "--seconds must be a number of seconds above 0"),
    (["--seconds", "-1"], "not '-1'"),
    (["--seconds", "1e3"], "not '1e3'"),
    (["--seconds", "inf"], "not 'inf'"),
    (["--seconds", "99999999999999999999999"], "at most"),
    (["--seconds", "0.0000000001"], "with up to 9 decimals"),
    (["--audit=yes"], "--audit takes no value, but 'yes' was given"),
    (["--ops", "5", "--seconds", "5"], "--ops and --seconds exclude each other"),
]
BAD_OWN = [
    ("ws8192", ["--slots", "0"], "--slots must be"),
    ("ws8192", ["--min", "99", "--max", "16"], "--min 99 is above --max 16"),
    ("ws8192", ["--startup", "--seconds", "1"], "--startup runs once"),
    ("ws8192", ["--startup", "--ops", "1"], "--startup runs once"),
    ("sh8bench", ["--slots", "9", "--threads", "2"], "fewer than 5 slots each"),
    ("sh8bench", ["--iterations", "0", "--eights", "0"], "leave nothing to do"),
    ("cfrac", ["--digits", "7"], "no built-in number of 7 digits; there are: 20 24"),
    *[("cfrac", ["--number", text], "--number must be a whole number above 1 of at most 70 digits")
      for text in ("0", "1", "0001", "", "-7", "abc", "12x", "1.5", " 7", "9" * 71)],
]


def check_bad_usage(program: str | pathlib.Path, arguments: list[str], message: str) -> None:
    name = pathlib.Path(program).name
    done = start(program, *arguments)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and done.stderr.startswith(f"{name}: ")
    assert message in done.stderr


@pytest.mark.parametrize("program,arguments,message",
                         [(p, *bad) for p in PROGRAMS for bad in BAD] + BAD_OWN)
def test_bad_usage_is_one_line(program: str, arguments: list[str], message: str) -> None:
    check_bad_usage(program, arguments, message)


def test_last_of_a_repeated_option_counts() -> None:
    assert result("ws8192", "--ops=9", "--ops", "70")["ops"] == 70


def test_unwritable_output_is_an_error() -> None:
    done = start("ws8192", "--ops", "5", wrapper=["sh", "-c", '"$0" "$@" >/dev/full'])
    assert done.returncode == 2
    assert done.stderr == "cannot write the result line to stdout\n"


def test_refuses_tables_larger_than_the_memory() -> None:
    limited = ["sh", "-c", 'ulimit -v 500000; exec "$0" "$@"']
    done = start("ws8192", "--slots", "200000000", wrapper=limited)
    assert done.returncode == 2 and done.stdout == ""
    assert "cannot map 1600000000 bytes" in done.stderr and done.stderr.count("\n") == 1
