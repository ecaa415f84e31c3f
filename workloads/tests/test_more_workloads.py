"""The programs beyond the first three: their JSON lines, audits, options, and other mallocs."""
from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from workloads.tests.programs import ROOT, result, start
from workloads.tests.test_programs import check_bad_usage, check_help, check_line
from workloads.tests.test_sanitizers import SANITIZERS, build_sanitized, without_aslr

Build = Callable[[str], pathlib.Path]
LIBRARIES = pathlib.Path("/usr/lib/x86_64-linux-gnu")
MALLOCS = {"hakmem": ROOT / "build" / "libhakmem.so", "jemalloc": LIBRARIES / "libjemalloc.so.2",
           "mimalloc": LIBRARIES / "libmimalloc.so.2"}

# A small run of each program by work: every mechanism is used, in a fraction of a second.
SMALL: dict[str, list[str]] = {
    "larson": ["--ops", "60000", "--blocks", "200", "--rounds", "10"],
    "xthread": ["--ops", "60000", "--batch", "150", "--depth", "4"],
    "churn": ["--ops", "60000", "--steps", "5000"],
    "largeblocks": ["--ops", "400", "--slots", "16", "--huge", "3000000"],
    "ramp": ["--peak", "6", "--no-settle"],
    "rbtree": ["--nodes", "8000"],
}
OWN_OPTIONS = {"larson": ["--blocks", "--min", "--max", "--rounds"],
               "xthread": ["--batch", "--depth", "--min", "--max"],
               "churn": ["--arrays", "--length", "--steps"],
               "largeblocks": ["--slots", "--min", "--max", "--huge", "--sparse"],
               "ramp": ["--peak", "--min", "--max", "--keep", "--no-settle"],
               "rbtree": ["--nodes"]}
BY_WORK = {program for program, arguments in SMALL.items() if "--ops" in arguments}
# What depends on the clock, the scheduler or the allocator, not on the work.
MEASURED = re.compile(r".*_ns|rss_.*|queued_batches_max")
# Blocks that hold no pointers: damage there is seen, and never followed.
PLAIN_BLOCKS = {"larson": (1, 4096), "xthread": (1, 257), "churn": (130, 140),
                "largeblocks": (25600, 1 << 20), "ramp": (1, 4096)}


def threads_of(program: str, threads: int) -> int:
    return max(threads, 2) if program == "xthread" else threads


def work_of(line: dict[str, Any]) -> dict[str, Any]:
    kept = {name: line[name] for name in ("checksum", "ops", "allocs", "params")}
    return kept | {name: value for name, value in line["result"].items()
                   if not MEASURED.fullmatch(name)}


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("program", SMALL)
def test_line_is_complete_and_repeatable(program: str, threads: int) -> None:
    arguments = [*SMALL[program], "--threads", str(threads), "--seed", "42"]
    plain, again, audited = (result(program, *arguments, *more) for more in ([], [], ["--audit"]))
    for line in (plain, again, audited):
        check_line(line, program)
        assert (line["threads"], line["seed"]) == (threads_of(program, threads), 42)
    assert audited["audit"] and not plain["audit"]
    assert work_of(plain) == work_of(again) == work_of(audited)
    if program in BY_WORK:
        assert plain["ops"] == int(SMALL[program][1])


@pytest.mark.parametrize("program", SMALL)
def test_seed_changes_the_work(program: str) -> None:
    seen = {result(program, *SMALL[program], "--seed", str(seed))["checksum"] for seed in range(3)}
    assert len(seen) == 3


@pytest.mark.parametrize("threads", ["1", "3"])
@pytest.mark.parametrize("program", SMALL)
def test_by_time(program: str, threads: str) -> None:
    work = SMALL[program][2 if program in BY_WORK else 0:]
    line = result(program, *work, "--seconds", "0.15", "--threads", threads, "--audit")
    check_line(line, program)
    assert line["elapsed_ns"] >= 150_000_000


@pytest.mark.parametrize("name", MALLOCS)
@pytest.mark.parametrize("program", SMALL)
def test_audit_passes_under_other_mallocs(program: str, name: str) -> None:
    assert MALLOCS[name].exists(), f"{MALLOCS[name]} is missing: run make deps all"
    arguments = [*SMALL[program], "--threads", "4", "--audit"]
    line = result(program, *arguments, LD_PRELOAD=str(MALLOCS[name]))
    check_line(line, program)
    assert line["identity"]["malloc_object"] == os.path.realpath(MALLOCS[name])
    assert line["corruptions"] == (0 if name == "hakmem" else None)
    assert work_of(line) == work_of(result(program, *arguments))


# --- planted damage ----------------------------------------------------------------------------

def run_broken(build: Build, program: str, how: str, every: int, sizes: tuple[int, int],
               ) -> subprocess.CompletedProcess[str]:
    return start(program, *SMALL[program], "--threads", "2", "--audit",
                 LD_PRELOAD=str(build("broken")), BROKEN_HOW=how, BROKEN_EVERY=str(every),
                 BROKEN_FROM=str(sizes[0]), BROKEN_BELOW=str(sizes[1]))


def check_seen(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 4, done
    assert json.loads(done.stdout)["audit_errors"] > 0


@pytest.mark.parametrize("how", ["twice", "flip"])
@pytest.mark.parametrize("program", PLAIN_BLOCKS)
def test_audit_sees_planted_corruption(shared_object: Build, program: str, how: str) -> None:
    every = 7 if program == "largeblocks" else 53  # it makes few, and mostly of other sizes
    check_seen(run_broken(shared_object, program, how, every, PLAIN_BLOCKS[program]))


def test_rbtree_sees_a_changed_value(shared_object: Build) -> None:
    """The middle of a node is its value; one that is handed out twice would bend the tree."""
    check_seen(run_broken(shared_object, "rbtree", "flip", 1009, (48, 49)))


@pytest.mark.parametrize("program", ["churn", "largeblocks"])
def test_audit_sees_contents_that_realloc_lost(shared_object: Build, program: str) -> None:
    # churn: strings that grow are up to 640 bytes, but arrays are larger than this when they do
    sizes = (49, 90) if program == "churn" else (1, 1 << 30)
    check_seen(run_broken(shared_object, program, "lose", 7, sizes))


@pytest.mark.parametrize("program", SMALL)
def test_the_same_malloc_passes_when_nothing_is_planted(shared_object: Build,
                                                        program: str) -> None:
    done = run_broken(shared_object, program, "flip", 0, (1, 4096))
    assert done.returncode == 0, done


@pytest.mark.parametrize("threads", ["1", "3"])
@pytest.mark.parametrize("program,few,many", [
    ("xthread", ["--ops", "1000"], ["--ops", "100000"]),
    ("largeblocks", ["--ops", "100"], ["--ops", "1000"]),
    ("ramp", ["--ops", "1"], ["--ops", "100000"]),
    ("rbtree", ["--ops", "1"], ["--ops", "100000"])])
def test_harness_does_not_allocate_with_the_work(shared_object: Build, program: str, few: list[str],
                                                 many: list[str], threads: str) -> None:
    """What the program asks of malloc beyond the blocks that it reports must not grow."""
    beyond = []
    for ops in (few, many):
        work = SMALL[program][2 if program in BY_WORK else 0:]
        done = start(program, *work, *ops, "--threads", threads,
                     LD_PRELOAD=str(shared_object("broken")), BROKEN_HOW="count")
        assert done.returncode == 0, done
        line = json.loads(done.stdout)
        beyond.append(int(done.stderr) - line["allocs"] - line["result"].get("reallocs", 0))
    assert beyond[0] == beyond[1] <= 10 + 3 * int(threads)


# --- what each program does ----------------------------------------------------------------------

@pytest.mark.parametrize("threads", [1, 3])
def test_larson_hands_its_table_on(threads: int) -> None:
    line = result("larson", "--ops", str(9000 * threads), "--blocks", "100", "--rounds", "10",
                  "--threads", str(threads))
    assert line["result"]["threads_made"] == 9 * threads
    assert line["allocs"] == line["ops"] + 100 * threads


def test_xthread_counts_and_bounds_its_queue() -> None:
    line = result("xthread", "--ops", "50000", "--batch", "20", "--depth", "3", "--threads", "7")
    batches = line["result"]["batches"]
    assert line["allocs"] == 50000 + batches and 50000 / 40 < batches < 50000 / 10
    assert line["result"]["producers"] == 3 and 1 <= line["result"]["queued_batches_max"] <= 3


def test_churn_lives_in_short_threads() -> None:
    line = result("churn", "--ops", "40000", "--steps", "1000", "--threads", "2")
    assert line["result"]["threads_made"] == 40
    assert line["result"]["reallocs"] > 1000
    assert line["ops"] < line["allocs"] < 2 * line["ops"]  # a list is several blocks


def test_largeblocks_makes_large_blocks() -> None:
    line = result("largeblocks", "--ops", "2000")
    assert line["result"]["reallocs"] > 100
    assert 100_000 < line["result"]["bytes"] / line["allocs"] < 2_000_000
    touched = line["rss_start"] + line["result"]["held_bytes_max"]
    assert line["peak_rss"] > touched * 0.9
    sparse = result("largeblocks", "--ops", "2000", "--sparse")
    assert sparse["params"]["sparse"] == 1 and sparse["checksum"] == line["checksum"]
    none = result("largeblocks", "--ops", "2000", "--huge", "0", "--max", "50000")
    assert none["result"]["held_bytes_max"] <= 64 * 50000


def test_ramp_reaches_its_peak_twice_and_settles() -> None:
    line = result("ramp", "--peak", "30", LD_PRELOAD=str(MALLOCS["mimalloc"]))
    found, peak = line["result"], 30 << 20
    assert peak <= found["held_bytes_max"] < peak + 4096
    for stage in ("grown", "regrown"):
        assert found[f"rss_{stage}"] > line["rss_start"] + peak * 0.9, stage
    assert sum(found[f"{stage}_ns"] for stage in ("grow", "thin", "regrow", "free")) \
        == pytest.approx(line["elapsed_ns"], rel=0.05)
    assert 0 < found["rss_settled"] <= found["rss_freed"] * 1.1
    assert found["settle_ns"] < 3_000_000_000 and found["cycles"] == 1
    fallen = found["rss_settled"] <= 1.2 * line["rss_start"]
    assert (0 < found["fallen_ns"] <= found["settle_ns"]) == fallen
    assert "rss_settled" not in result("ramp", *SMALL["ramp"])["result"]


def test_ramp_repeats_cycles_until_it_is_enough() -> None:
    once = result("ramp", *SMALL["ramp"])
    line = result("ramp", *SMALL["ramp"], "--ops", str(once["ops"] + 1))
    assert line["result"]["cycles"] == 2 and line["ops"] == 2 * once["ops"]


def test_rbtree_counts_every_operation() -> None:
    line = result("rbtree", "--nodes", "1000", "--threads", "2")
    # built: 1000 + 500 - 500; a round: 501 lookups, 1000 steps, 126 keys replaced
    assert line["ops"] == 2 * (2000 + 501 + 1000 + 2 * 126)
    assert line["allocs"] == 2 * (1500 + 126) and line["result"]["rounds"] == 2
    more = result("rbtree", "--nodes", "1000", "--ops", "20000", "--audit")
    assert 20000 <= more["ops"] < 22000 and more["result"]["rounds"] > 8


# --- the command line ----------------------------------------------------------------------------

@pytest.mark.parametrize("program", SMALL)
def test_help(program: str) -> None:
    check_help(program, OWN_OPTIONS[program])


BAD = [(program, arguments, message) for program in SMALL for arguments, message in (
    (["--frob"], "unknown option '--frob'; valid options: --ops --seconds"),
    (["--ops", "0"], "--ops must be a whole number from 1"),
    (["--threads", "1025"], "--threads must be a whole number from 1 to 1024, not '1025'"),
    (["--ops", "5", "--seconds", "5"], "--ops and --seconds exclude each other"),
    (OWN_OPTIONS[program][:1], f"{OWN_OPTIONS[program][0]} needs a value"),
    ([OWN_OPTIONS[program][0], "-1"], f"{OWN_OPTIONS[program][0]} must be a whole number"))]
BAD += [(program, ["--min", "2000", "--max", "1999"], "--min 2000 is above --max 1999")
        for program in ("larson", "xthread", "largeblocks", "ramp")]
BAD += [("ramp", ["--peak", "900000", "--min", "16"], "more blocks of --min 16 than fit a table"),
        ("ramp", ["--keep", "100"], "--keep must be a whole number from 0 to 99"),
        ("rbtree", ["--nodes", "1"], "--nodes must be a whole number from 2"),
        ("largeblocks", ["--sparse=1"], "--sparse takes no value"),
        ("churn", ["--length", "7"], "--length must be a whole number from 8")]


@pytest.mark.parametrize("program,arguments,message", BAD)
def test_bad_usage_is_one_line(program: str, arguments: list[str], message: str) -> None:
    check_bad_usage(program, arguments, message)


@pytest.mark.parametrize("program", ["larson", "churn"])
def test_a_refused_thread_is_said(program: str) -> None:
    """The chain's own thread needs a stack that the limit leaves no room for."""
    limited = ["sh", "-c", 'ulimit -v 50000; ulimit -s 64000; exec "$0" "$@"']
    done = start(program, "--ops", "1000", "--threads", "1", wrapper=limited)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("cannot create thread 1 of") and done.stderr.count("\n") == 1


def test_rows_name_programs_and_stay_out_of_the_quick_matrix() -> None:
    rows: dict[str, dict[str, str]] = {}
    for text in (ROOT / "workloads" / "workloads.txt").read_text().splitlines():
        if text and not text.startswith("#"):
            name, key, *rest = text.split(None, 2)
            rows.setdefault(name, {})[key] = rest[0] if rest else ""
    assert {name for name in rows if "quick" in rows[name]} == {"ws8192", "cfrac", "sh8bench"}
    for name in set(rows) - {"ws8192", "cfrac", "sh8bench"}:
        program = rows[name].get("program", name)
        assert (ROOT / "workloads" / program / "main.c").exists()
        for mode in ("default", "full"):  # valid options: the last one of a kind counts
            done = start(program, *rows[name][mode].split(), "--help")
            assert done.returncode == 0 and rows[name]["about"]


# --- sanitizers ----------------------------------------------------------------------------------

SANITIZED = {
    "larson": ["--ops", "12000", "--blocks", "60", "--rounds", "10", "--threads", "3"],
    "xthread": ["--ops", "20000", "--batch", "60", "--depth", "3", "--threads", "5"],
    "churn": ["--ops", "20000", "--steps", "1500", "--length", "300", "--threads", "3"],
    "largeblocks": ["--ops", "150", "--slots", "8", "--huge", "2000000", "--threads", "2"],
    "ramp": ["--peak", "1", "--threads", "2"],
    "rbtree": ["--nodes", "1500", "--threads", "2"],
}


@pytest.fixture(scope="module", params=SANITIZERS)
def sanitized(request: pytest.FixtureRequest,
              tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A folder with the programs under one sanitizer, and in its name which."""
    return build_sanitized(tmp_path_factory.mktemp(request.param), request.param, SANITIZED)


@pytest.mark.parametrize("audit", [[], ["--audit"]], ids=["plain", "audit"])
@pytest.mark.parametrize("program", SANITIZED)
def test_clean_under_sanitizers(sanitized: pathlib.Path, program: str, audit: list[str]) -> None:
    wrapper = without_aslr() if "tsan" in sanitized.name else []
    settle = ["--no-settle"] if program == "ramp" and (audit or wrapper) else []
    done = start(sanitized / program, *SANITIZED[program], *audit, *settle, wrapper=wrapper)
    assert done.returncode == 0 and done.stderr == "", done
    line = json.loads(done.stdout)
    assert line["allocs"] == line["frees"] > 0
