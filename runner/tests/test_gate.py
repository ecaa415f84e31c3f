"""hakbench gate, on commits of a tiny allocator in a repository of the test's own. What is slow
there is so slow that no noise hides it; how small a change the gate finds is not for tests."""
from __future__ import annotations

import fcntl
import json
import math
import pathlib
import re
import shutil
import signal
import time
from statistics import mean

import pytest

from runner.tests.bench import ROOT, SECONDS_MAX, read_json
from runner.tests.repository import Repository

pytestmark = pytest.mark.xdist_group("measure")

# The object is called as the allocator's face is, because a plant is put in front of that.
MAKEFILE = """\
.PHONY: workloads
build/libhakmem.so: allocator.c
\tmkdir -p build/tiny
\tgcc -std=gnu11 -O1 -g -fPIC -fno-builtin -iquote {root} -c -o build/tiny/preload.o allocator.c
\tgcc -shared -Wl,--build-id=sha1 -o build/tiny/libhakmem.so build/tiny/preload.o
\tln -sfr build/tiny/libhakmem.so $@
workloads:
\tmkdir -p build && ln -sfn {root}/build/workloads build/workloads
"""
ROWS = """\
ws8192    about    Random mixed sizes.
ws8192    quick    --ops 4000
ws8192    default  --ops 4000
"""
SOURCE = """\
/* commit {number} */
#define BUMP_OWN_MALLOC 1
#include "runner/tests/preload/bump.h"
{extra}
void *malloc(size_t size)
{{
    {body}
    return bump(size, 16);
}}
"""
SLOW = "for (volatile int i = 0; i < 4000; i++) continue;"
HAS_SEEN = ('const char hakmem_variant[] = "made=up";\n'
            "unsigned long hakmem_corruptions(void) { return 3; }\n")
ROUNDS = 8
PLAIN, SLOWER, CRASHES, CORRUPT, BROKEN = range(5)
BODIES = {PLAIN: "", SLOWER: SLOW, CRASHES: "if (size == 777) __builtin_trap();", CORRUPT: "",
          BROKEN: "return ;;= 1;"}


class GateRepository(Repository):
    """Commits PLAIN, SLOWER, ... in that order; the last is checked out."""

    def __init__(self, folder: pathlib.Path) -> None:
        super().__init__(folder, range(len(BODIES)))
        self.rows = self.write("rows.txt", ROWS)
        # The real counts: a plant of 1 % or of a page in a thousand calls needs so many.
        shutil.copy2(ROOT / "workloads/counted.txt", self.top / "workloads/counted.txt")
        shutil.copy2(ROOT / "build/planted.o", self.top / "build/planted.o")

    def commit(self, number: int, turns: int) -> None:
        extra = HAS_SEEN if turns == CORRUPT else ""
        (self.top / "Makefile").write_text(MAKEFILE.format(root=ROOT))
        (self.top / "allocator.c").write_text(
            SOURCE.format(number=number, extra=extra, body=BODIES[turns]))
        self.git("add", "-A")
        self.git("commit", "-q", "-m", f"allocator: step {number}")
        self.commits.append(self.git("rev-parse", "HEAD"))

    def gate(self, base: int, head: int, *words: object):
        return self.call("gate", "--base", self.commits[base], "--head", self.commits[head], *words)

    def blocks(self) -> list:
        return self.rows_of("SELECT * FROM gate_block WHERE session_id = (SELECT max(session_id)"
                            " FROM gate) ORDER BY block")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> GateRepository:
    return GateRepository(tmp_path_factory.mktemp("gate"))


def test_a_slower_head_is_red_and_every_block_is_stored(repository: GateRepository) -> None:
    done = repository.gate(PLAIN, SLOWER, "--timed", "--seed", 7, "--json")
    assert done.returncode == 1, done.stderr
    told = read_json(done)
    (cell,) = told["cells"]
    assert cell["verdict"] == "regressed" and cell["look"] == 1 and cell["blocks"] == 12
    assert cell["p"] == pytest.approx(1 / 4096)
    assert 0 < cell["low"] < cell["slower"]
    assert (told["base"], told["head"]) == tuple(repository.commits[:2])
    blocks = repository.blocks()
    assert sum(block["state"] == "valid" for block in blocks) == 12
    assert {block["sides"] for block in blocks} == {"ABBA", "BAAB"}
    assert len({block["layout_seed"] for block in blocks}) == len(blocks)
    samples = {row["position"]: row for row in repository.samples()
               if row["session_id"] == told["session"]}
    builds = set()
    for block in blocks:
        places = [samples[block["position"] + i] for i in range(4 * ROUNDS)]
        assert "".join(sample["side"] for sample in places) == ROUNDS * block["sides"]
        logs = {side: [math.log(one["elapsed_ns"] / one["ops"]) for one in places
                       if one["side"] == side] for side in "AB"}
        assert block["difference"] == pytest.approx(mean(logs["B"]) - mean(logs["A"]))
        builds |= {sample["malloc_build_id"] for sample in places}
    assert len(builds) == 2 * len(blocks), "every block has layouts of its own"


def test_a_faster_head_is_proven_not_slower(repository: GateRepository) -> None:
    done = repository.gate(SLOWER, PLAIN, "--timed", "--json")
    assert done.returncode == 0, done.stderr
    assert read_json(done)["cells"][0]["verdict"] == "proven"


def test_too_few_blocks_decide_nothing(repository: GateRepository) -> None:
    done = repository.gate(PLAIN, SLOWER, "--timed", "--blocks", 2)
    assert done.returncode == 3, done.stderr
    assert "INCONCLUSIVE" in done.stdout and "A/A: none yet" in done.stdout


@pytest.mark.parametrize(("head", "plant", "text"), [
    (CRASHES, None, r"crash: SIG(ILL|TRAP)"),
    (CORRUPT, None, "found 3 corruptions"),
    (PLAIN, "canary", "audit: "),
])
def test_trouble_comes_before_statistics(repository: GateRepository, head: int, plant: str | None,
                                         text: str) -> None:
    words = () if plant is None else ("--plant", plant)
    done = repository.gate(PLAIN, head, "--timed", *words)
    assert done.returncode == 4, (done.stdout, done.stderr)

    assert re.search(r"head \(hakmem@\w+\+?\w*\) on audit:ws8192: " + ".*" + text, done.stdout)
    assert repository.blocks() == []
    (row,) = repository.rows_of("SELECT exit_code, trouble FROM gate ORDER BY session_id DESC"
                                " LIMIT 1")
    assert row["exit_code"] == 4 and row["trouble"] in done.stdout


def test_a_crash_is_what_a_canary_comes_to_and_no_detection_of_anything_else(
        tmp_path: pathlib.Path) -> None:
    repository = GateRepository(tmp_path)
    slowed = repository.gate(CRASHES, CRASHES, "--timed", "--plant", "slowdown=5%")
    flipped = repository.gate(PLAIN, PLAIN, "--timed", "--plant", "canary")
    assert (slowed.returncode, flipped.returncode) == (4, 4)
    assert repository.rows_of("SELECT verdict FROM gate_ledger WHERE plant = 'slowdown=5%'")
    assert "slowdown" not in flipped.stdout.split("called regressed")[1], flipped.stdout
    assert re.search(r"canary +ws8192 1/1", flipped.stdout), flipped.stdout


def test_a_head_that_does_not_build_is_told_by_the_compilers_line(
        repository: GateRepository) -> None:
    done = repository.gate(PLAIN, BROKEN)
    assert done.returncode == 2
    assert "hakbench gate: head: commit " in done.stderr
    assert "allocator.c:" in done.stderr and "error: expected expression" in done.stderr


def test_a_killed_checkout_leaves_no_lock_that_matters(repository: GateRepository) -> None:
    repository.gate(PLAIN, PLAIN, "--timed", "--blocks", 1)
    trees = list((repository.top / ".git/worktrees").iterdir())
    assert trees
    for tree in trees:
        (tree / "index.lock").touch()
    done = repository.gate(PLAIN, PLAIN, "--timed", "--blocks", 1)
    assert done.returncode == 3, done.stderr


@pytest.mark.skipif(shutil.which("valgrind") is None or shutil.which("strace") is None,
                    reason="valgrind or strace is not installed")
def test_counts_find_one_per_cent_and_nothing_in_nothing(repository: GateRepository) -> None:
    words = ("--deterministic", "--workloads", "ws8192", "--json")
    same = repository.gate(PLAIN, PLAIN, *words)
    assert same.returncode == 0, same.stderr
    counts = {row["metric"]: row for row in read_json(same)["deterministic"]}
    assert set(counts) == {"instructions", "faults_start", "faults", "syscalls", "bytes_mapped"}
    assert {row["verdict"] for row in counts.values()} == {"same"}
    assert counts["instructions"]["base"] > 4e5 and counts["syscalls"]["base"] > 10
    planted = repository.gate(PLAIN, PLAIN, "--plant", "instructions=1%", *words)
    assert planted.returncode == 1, planted.stderr
    (row,) = [row for row in read_json(planted)["deterministic"]
              if row["metric"] == "instructions"]
    assert row["verdict"] == "more"
    assert row["head"] / row["base"] == pytest.approx(1.01, abs=0.002)
    faults = repository.gate(PLAIN, PLAIN, "--plant", "faults", *words)
    assert faults.returncode == 1, faults.stderr
    (row,) = [row for row in read_json(faults)["deterministic"] if row["metric"] == "faults"]
    assert row["verdict"] == "more" and row["head"] - row["base"] > 300


@pytest.mark.skipif(shutil.which("valgrind") is None or shutil.which("strace") is None,
                    reason="valgrind or strace is not installed")
def test_a_plant_is_as_large_as_it_says_where_few_calls_carry_it(tmp_path: pathlib.Path) -> None:
    repository = GateRepository(tmp_path)
    (repository.top / "workloads/counted.txt").write_text(
        "ws8192  about  Too short.\nws8192  default  --ops 10\n")
    done = repository.gate(PLAIN, PLAIN, "--deterministic", "--plant", "instructions=5%", "--json")
    assert done.returncode == 1, done.stderr
    (row,) = [row for row in read_json(done)["deterministic"] if row["metric"] == "instructions"]
    assert row["head"] / row["base"] == pytest.approx(1.05, abs=0.005)


def test_a_killed_gate_goes_on(tmp_path: pathlib.Path) -> None:
    repository = GateRepository(tmp_path)
    process = repository.start("gate", "--base", repository.commits[PLAIN], "--head",
                               repository.commits[SLOWER], "--timed", "--seed", "3")
    deadline = time.monotonic() + SECONDS_MAX
    while process.poll() is None and time.monotonic() < deadline:
        if repository.database.exists() and count_valid(repository) >= 2:
            break
        time.sleep(0.01)  # polls; what is waited for is the block, not the time
    assert process.poll() is None, "it ended before it was killed"
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=SECONDS_MAX)
    before = [tuple(row) for row in repository.blocks() if row["state"] == "valid"]
    assert 2 <= len(before) < 12
    done = repository.call("gate", "--resume", "--json")
    assert done.returncode == 1, done.stderr
    blocks = repository.blocks()
    assert [tuple(row) for row in blocks if row["state"] == "valid"][:len(before)] == before
    assert sum(row["state"] == "valid" for row in blocks) == 12
    assert sum(row["reason"] == "interrupted" for row in blocks) <= 1
    assert repository.call("gate", "--resume").returncode == 2


def count_valid(repository: GateRepository) -> int:
    try:
        return sum(row["state"] == "valid" for row in repository.blocks())
    except Exception:  # the tables are just being made
        return 0


def test_stored_null_blocks_are_replayed_and_planned_with(tmp_path: pathlib.Path) -> None:
    repository = GateRepository(tmp_path)
    assert repository.call("gate", "--replay", 10).returncode == 2
    repository.gate(PLAIN, PLAIN, "--timed", "--blocks", 12)
    replay = repository.call("gate", "--replay", 400, "--seed", 5, "--json")
    assert replay.returncode == 0, replay.stderr
    told = read_json(replay)
    assert told["gates"] == 400 and told["red"] <= 4
    assert told["cells"][0]["blocks"] == 12
    with open(repository.environment["HAKBENCH_LOCK"], "w") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)  # somebody measures: who only reads need not wait
        again = repository.call("gate", "--replay", 400, "--seed", 5, "--json")
        assert again.stdout == replay.stdout, again.stderr
        plan = read_json(repository.call("gate", "--plan", 60, "--json"))
    assert plan["cells"][0]["blocks"] == 48 and plan["round_seconds"] > 0
    delta = repository.rows_of("SELECT estimate FROM gate_ledger WHERE plant IS NULL")
    assert len(delta) == 1
    assert told["cells"][0]["delta"] == pytest.approx(
        max(0.03, math.expm1(abs(delta[0]["estimate"]))))


def test_a_proof_fills_the_ledger_until_it_is_interrupted(tmp_path: pathlib.Path) -> None:
    repository = GateRepository(tmp_path)
    process = repository.start("gate", "--base", repository.commits[PLAIN], "--prove", "5",
                               "--timed", "--blocks", "12", "--plant", "slowdown=12%", "--json")
    deadline = time.monotonic() + SECONDS_MAX
    ledger = "SELECT plant, workload, verdict FROM gate_ledger"
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if repository.database.exists() and repository.rows_of(ledger):
                break
        except Exception:  # the tables are just being made
            pass
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=SECONDS_MAX)
    assert process.returncode == 130, errors
    (line,) = json.loads(output)["ledger"]["planted"]
    assert line["plant"] == "slowdown=12%" and line["workload"] == "ws8192"
    assert line["cells"] >= 1


@pytest.mark.parametrize(("words", "text"), [
    ((), "Give --base REF"),
    (("--base", "nonesuch"), "no commit is called 'nonesuch'"),
    (("--base", "HEAD", "--plant", "bug"), "--plant bug: give slowdown=5%"),
    (("--base", "HEAD", "--plant", "instructions=1%"), "is for --deterministic"),
    (("--base", "HEAD", "--timed", "--deterministic"), "exclude each other"),
    (("--base", "HEAD", "--blocks", "49"), "the last look is at 48"),
    (("--base", "HEAD~4", "--head", "HEAD~3", "--workloads", "x"), "unknown workload 'x'"),
    (("--resume", "--prove", "1"), "exclude each other"),
    (("--prove", "1", "--plant", "bug"), "nothing to prove"),
    (("HEAD",), "takes no arguments"),
])
def test_bad_input_is_one_line(repository: GateRepository, words: tuple[str, ...],
                               text: str) -> None:
    done = repository.call("gate", *words)
    assert done.returncode == 2
    assert text in done.stderr.splitlines()[-1]
