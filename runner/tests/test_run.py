"""hakbench run: what is measured, how the children are kept, what the table says."""
from __future__ import annotations

import collections
import json
import os
import pathlib
import re
from collections.abc import Callable

import pytest

from runner.tests.bench import ROOT, Bench, read_json

PEERS = ["glibc", "jemalloc", "mimalloc", "tcmalloc", "tbbmalloc"]


def test_a_run_measures_every_cell_in_every_block(bench: Bench) -> None:
    done = bench.quick(",".join(PEERS), workloads="ws8192,pairs", repeats=3)
    assert done.returncode == 0, done.stderr
    samples = bench.samples()
    cells = {(a, w) for a in PEERS for w in ("ws8192", "pairs")}
    assert len(samples) == 3 * len(cells)
    for block in range(3):
        assert {(s["allocator"], s["workload"]) for s in samples if s["block"] == block} == cells
    assert {s["status"] for s in samples} == {"ok"}
    for sample in samples:
        answer = json.loads(sample["output"])
        assert sample["ops"] == answer["ops"] > 0
        assert sample["elapsed_ns"] == answer["elapsed_ns"] > 0
        assert sample["wall_ns"] > sample["elapsed_ns"]
        # The kernel's counters lag by some pages; what must not happen is a peak of the runner's.
        assert sample["peak_rss"] == pytest.approx(answer["peak_rss"], rel=0.2)
    (session,) = bench.rows_of("SELECT * FROM session")
    assert session["ended_utc"] is not None
    assert session["mode"] == "quick"
    lines = done.stdout.strip().splitlines()
    assert lines[-1] == f"{bench.database} · session 1 · mode quick · seed {session['seed']}"
    for peer in PEERS:
        assert len(re.findall(rf"^  {peer} .* MiB|^  {peer} ", done.stdout, re.M)) == 2


def test_hakmem_variants_prove_build_and_prewarm(bench: Bench) -> None:
    names = ["hakmem", "hakmem:layout=headered,front=cache,prewarm=0", "hakmem:prewarm=3"]
    done = bench.quick(",".join(names), repeats=1)
    assert done.returncode == 0, done.stderr
    samples = {s["allocator"]: s for s in bench.samples()}
    assert set(samples) == set(names)
    assert samples[names[1]]["variant"] == "layout=headered,front=cache,layers=off,geometry=fine"
    prewarm = [json.loads(samples[n]["output"])["identity"]["prewarm"] for n in names]
    assert prewarm == [1, 0, 3]


def test_the_mode_decides_what_is_taken(bench: Bench) -> None:
    done = bench.call("run", "--mode", "quick", "--workloads", "ws8192", "--repeats", 1, "--json")
    assert done.returncode == 0, done.stderr
    names = {cell["allocator"] for cell in read_json(done)["cells"]}
    assert set(PEERS) < names
    assert len({n for n in names if n.startswith("hakmem")}) >= 8


def test_the_same_seed_gives_the_same_order(bench: Bench) -> None:
    orders = []
    for seed in (5, 5, 6):
        bench.quick("glibc,jemalloc,mimalloc,tcmalloc", "--seed", seed, repeats=4)
        orders.append([row["allocator"] for row in bench.rows_of(
            "SELECT c.allocator FROM plan p JOIN cell c ON c.id = p.cell_id WHERE p.session_id ="
            " (SELECT max(id) FROM session) ORDER BY p.position")])
    assert orders[0] == orders[1] != orders[2]


def test_json_agrees_with_the_database(bench: Bench) -> None:
    done = bench.quick("glibc,mimalloc", "--json", "--seed", 77, repeats=3)
    answer = read_json(done)
    assert answer["command"] == "run"
    assert answer["seed"] == 77
    assert answer["exit_code"] == done.returncode == 0
    for cell in answer["cells"]:
        rates = sorted(s["ops"] * 1e9 / s["elapsed_ns"] for s in bench.samples()
                       if s["allocator"] == cell["allocator"])
        assert cell["ops_per_s"]["median"] == pytest.approx(rates[1])
        assert cell["ops_per_s"]["low"] == pytest.approx(rates[0])
        assert cell["ops_per_s"]["coverage"] == pytest.approx(0.75)
        assert cell["ok"] == 3
    assert max(cell["ratio_to_best_peer"] for cell in answer["cells"]) == pytest.approx(1)


def test_children_are_kept_well(bench: Bench, preload: Callable[[str], str]) -> None:
    spy = bench.folder / "spy"
    hold = preload("hold")
    done = bench.quick(hold, workloads="ws8192,pairs", repeats=1,
                       environment={"HAKMEM_SPY": str(spy), "LD_PRELOAD": "", "STRAY": "1"})
    assert done.returncode == 0, done.stderr
    notes = [json.loads(line) for line in spy.read_text().splitlines()]
    allowed = len(os.sched_getaffinity(0))
    assert sorted(note["cores"] for note in notes) == sorted([1, allowed])
    for note in notes:
        assert (note["leads"], note["death"], note["stray"]) == (1, 9, 0)
        assert note["preload"] == hold
    assert bench.facts()["env.HAKMEM_SPY"] == str(spy)


def test_the_fingerprint_is_complete(bench: Bench) -> None:
    bench.quick("glibc,hakmem", repeats=1, environment={"HAKMEM_TRACE": "0"})
    facts = bench.facts()
    for key in ("cpu.model", "cpu.cores", "cpu.governor", "kernel.release", "thp.enabled",
                "thp.defrag", "aslr", "overcommit", "glibc.version", "memory.total_bytes",
                "virtualisation", "pin.one", "pin.many", "load.start", "steal.start", "load.end",
                "steal.end", "steal.percent", "compiler.allocator", "compiler.workloads",
                "plan.mode", "plan.repeats"):
        assert facts.get(key), key
    assert facts["env.HAKMEM_TRACE"] == "0"
    assert re.fullmatch("[0-9a-f]{40}", facts["build_id.hakmem"])
    assert re.fullmatch("[0-9a-f]{40}", facts["build_id.glibc"])
    assert "-O2" in facts["compiler.allocator"]
    (session,) = bench.rows_of("SELECT * FROM session")
    if (ROOT / ".git").exists():
        assert re.fullmatch("[0-9a-f]{40}", session["commit_id"])
        assert session["dirty"] in (0, 1)


def test_a_preload_without_malloc_is_void(bench: Bench, preload: Callable[[str], str]) -> None:
    done = bench.quick(f"{preload('inert')},glibc")
    assert done.returncode == 3
    samples = [s for s in bench.samples() if s["allocator"] == preload("inert")]
    assert [s["status"] for s in samples] == ["void", "void"]
    assert "the preload did not take effect" in samples[0]["reason"]
    assert "libc.so.6" in samples[0]["malloc_object"]
    assert "2 of 2 void" in done.stdout


def test_a_crash_is_a_row_and_exit_4(bench: Bench, preload: Callable[[str], str]) -> None:
    done = bench.quick(f"glibc,{preload('crash')}", repeats=3)
    assert done.returncode == 4
    counts = collections.Counter((s["allocator"], s["status"], s["signal"])
                                 for s in bench.samples())
    assert counts == {("glibc", "ok", None): 3, (preload("crash"), "crash", 11): 3}
    assert "3 of 3 crashed: SIGSEGV" in done.stdout
    assert "3 ok, 3 crashed" in done.stdout


def test_an_audit_error_is_exit_4(bench: Bench, preload: Callable[[str], str]) -> None:
    bench.rows = bench.write("rows.txt", "ws8192 quick --ops 20000 --audit\n")
    done = bench.quick(f"glibc,{preload('overlap')}", repeats=1)
    assert done.returncode == 4
    (bad,) = [s for s in bench.samples() if s["allocator"] != "glibc"]
    assert bad["status"] == "failed"
    assert bad["audit_errors"] > 0
    assert bad["reason"] == f"audit: {bad['audit_errors']} errors"


def test_a_corruption_found_is_exit_4(bench: Bench, preload: Callable[[str], str]) -> None:
    done = bench.quick(preload("detector"))
    assert done.returncode == 4
    assert {s["corruptions"] for s in bench.samples()} == {3}
    assert "6 corruptions found" in done.stdout


def test_time_up_is_a_row(bench: Bench) -> None:
    bench.rows = bench.write("rows.txt", "ws8192 quick --seconds 1000\n")
    done = bench.quick("glibc", "--timeout", 1, repeats=1)
    assert done.returncode == 3
    (sample,) = bench.samples()
    assert sample["status"] == "timeout"
    assert sample["wall_ns"] >= 1e9
    assert "1 of 1 timed out" in done.stdout


def test_wrong_arguments_of_a_row_are_told(bench: Bench) -> None:
    bench.rows = bench.write("rows.txt", "ws8192 quick --opps 5\n")
    done = bench.quick("glibc", repeats=1)
    assert done.returncode == 3
    (sample,) = bench.samples()
    assert (sample["status"], sample["exit_code"]) == ("failed", 2)
    assert "opps" in sample["reason"]


def test_a_missing_peer_is_shown_and_never_measured(bench: Bench) -> None:
    matrix = (ROOT / "allocator/variants/matrix.txt").read_text()
    matrix += "\npeer ghost libghost.so.9 libghost9\n"
    path = bench.write("matrix.txt", matrix)
    done = bench.quick("glibc,ghost", "--matrix", path)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^  ghost +missing \(apt-get install libghost9\)$", done.stdout, re.M)
    assert {s["allocator"] for s in bench.samples()} == {"glibc"}
    (cell,) = bench.rows_of("SELECT * FROM cell WHERE allocator = 'ghost'")
    assert (cell["state"], cell["reason"]) == ("missing", "apt-get install libghost9")
    alone = bench.quick("ghost", "--matrix", path)
    assert alone.returncode == 2
    assert "apt-get install libghost9" in alone.stderr


@pytest.mark.parametrize(("words", "said"), [
    (["--allocators", "nope"], "choose from glibc, jemalloc"),
    (["--allocators", "hakmem:layout=odd"], "choose from headerless, headered"),
    (["--allocators", "hakmem:colour=red"], "choose from layout, front"),
    (["--allocators", "/nowhere.so"], "No such file"),
    (["--workloads", "nope"], "choose from ws8192, pairs"),
    (["--mode", "slow"], "choose from quick, default, full"),
    (["--repeats", "0"], "--repeats 0: give a whole number"),
    (["--colour"], "unknown option --colour"),
    (["extra"], "takes no arguments"),
    (["--matrix", "/nowhere"], "cannot read /nowhere"),
])
def test_bad_input_is_one_clear_line(bench: Bench, words: list[str], said: str) -> None:
    done = bench.call("run", *words)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert said in done.stderr
    assert done.stdout == ""
    assert not bench.results.exists()


def test_it_runs_from_any_folder(bench: Bench, tmp_path: pathlib.Path) -> None:
    done = bench.quick("glibc", repeats=1, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_trouble_is_told_once_and_a_crash_is_never_hidden(bench: Bench,
                                                          preload: Callable[[str], str]) -> None:
    done = bench.quick(f"{preload('inert')},{preload('crash')}", workloads="ws8192,pairs",
                       repeats=3)
    assert done.returncode == 4
    assert done.stderr.count("void  ") == 1
    assert done.stderr.count("crash  ") == 2
