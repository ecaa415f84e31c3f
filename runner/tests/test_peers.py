"""hakbench peers and curves: order and sides of the blocks, what stands for hakmem, resuming."""
from __future__ import annotations

import pathlib

import pytest

from runner.tests.bench import ROOT, Bench, read_json

MATRIX = (ROOT / "allocator" / "variants" / "matrix.txt").read_text()
ROWS = """\
short    program  ws8192
short    default  --ops 2000
pairs    program  ws8192
pairs    default  --ops 2000 --threads 2
"""


@pytest.fixture
def rows(bench: Bench) -> pathlib.Path:
    bench.rows = bench.write("rows.txt", ROWS)
    return bench.rows


def places(bench: Bench) -> list[tuple[int, str, str]]:
    return [(s["block"], s["workload"], s["allocator"]) for s in bench.samples()]


@pytest.mark.usefixtures("rows")
def test_a_block_goes_there_and_back(bench: Bench) -> None:
    done = bench.call("peers", "--allocators", "glibc,jemalloc,mimalloc", "--blocks", 7)
    assert done.returncode == 0, done.stderr
    found = places(bench)
    allocators = {"hakmem", "glibc", "jemalloc", "mimalloc"}
    assert len(found) == 7 * 2 * 8
    orders = set()
    for start in range(0, len(found), 8):
        part = found[start:start + 8]
        assert {place[:2] for place in part} == {(start // 16, part[0][1])}
        order = [allocator for _, _, allocator in part]
        assert order == order[::-1]
        assert set(order) == allocators
        orders.add(tuple(order))
    assert len(orders) > 3
    for block in range(7):
        assert {workload for number, workload, _ in found if number == block} == {"short", "pairs"}
    (session,) = bench.rows_of("SELECT * FROM session")
    assert (session["kind"], session["mode"]) == ("compare", "peers")
    assert bench.facts()["plan.blocks"] == "7"


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize(("asked", "first"), [
    ([], "hakmem"),
    (["--allocators", "glibc"], "hakmem"),
    (["--allocators", "hakmem:front=cache,glibc"], "hakmem:front=cache"),
])
def test_hakmem_stands_first(bench: Bench, asked: list[str], first: str) -> None:
    done = bench.call("peers", "--blocks", 1, "--workloads", "short", *asked, "--json")
    assert done.returncode == 0, done.stderr
    assert read_json(done)["command"] == "peers"
    names = [c["allocator"] for c in bench.rows_of("SELECT allocator FROM cell ORDER BY id")]
    assert names[0] == first
    assert len(names) == (2 if asked else 6)


@pytest.mark.usefixtures("rows")
def test_a_missing_peer_is_told_and_the_others_measured(bench: Bench) -> None:
    matrix = bench.write("matrix.txt", MATRIX.replace("libjemalloc.so.2", "libjemalloc.so.none"))
    done = bench.call("peers", "--matrix", matrix, "--blocks", 1, "--workloads", "short")
    assert done.returncode == 0, done.stderr
    cells = {c["allocator"]: c["state"] for c in bench.rows_of("SELECT * FROM cell")}
    assert [name for name, state in cells.items() if state == "missing"] == ["jemalloc"]
    assert len(places(bench)) == 10


@pytest.mark.usefixtures("rows")
def test_what_was_interrupted_goes_on_and_other_commands_leave_it_alone(bench: Bench) -> None:
    words = ["--allocators", "glibc", "--blocks", 3, "--workloads", "pairs"]
    assert bench.call("peers", *words).returncode == 0
    bench.execute("DELETE FROM sample WHERE position > 4")
    bench.execute("UPDATE session SET ended_utc = NULL")
    for command in ("curves", "run"):
        other = bench.call(command, "--resume")
        assert other.returncode == 2
        assert f"no unfinished {command}" in other.stderr
    done = bench.call("peers", "--resume")
    assert done.returncode == 0, done.stderr
    assert "session 1 goes on: 5 of 12 samples are there" in done.stderr
    assert len(places(bench)) == 12


def test_without_hakmem_there_is_nothing_to_compare(bench: Bench) -> None:
    matrix = bench.write("matrix.txt", MATRIX.replace("geometry build fine", "geometry build nope"))
    done = bench.call("peers", "--matrix", matrix)
    assert done.returncode == 2
    assert "hakmem is missing: not built: run make" in done.stderr
    assert done.stderr.count("\n") == 1


def test_curves_take_their_own_rows(bench: Bench) -> None:
    """Of the real list, because it is found without --rows."""
    done = bench.call("curves", "--blocks", 1, "--allocators", "glibc", "--workloads",
                      "ws8192-threads-2")
    assert done.returncode == 0, done.stderr
    (session,) = bench.rows_of("SELECT * FROM session")
    assert (session["kind"], session["mode"]) == ("compare", "curves")
    cells = bench.rows_of("SELECT * FROM cell")
    assert {c["program"].rsplit("/", 1)[-1] for c in cells} == {"ws8192"}
    assert len(bench.samples()) == 4
