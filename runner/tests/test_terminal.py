"""What a person sees: on a terminal, without colours, in a log; list and help."""
from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios

import pytest

from runner.tests.bench import HAKBENCH, ROOT, SECONDS_MAX, Bench, read_json

ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def on_terminal(bench: Bench, columns: int, command: list[str], **environment: str) -> str:
    """What arrives at a terminal of that width."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    own = {**bench.environment, "TERM": "xterm-256color", **environment}
    own = {name: value for name, value in own.items() if value}
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=own)
    os.close(slave)
    seen = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # EIO: the other side is closed.
            break
        if not part:
            break
        seen += part
    os.close(master)
    assert process.wait(timeout=SECONDS_MAX) == 0
    return seen.decode()


def quick(bench: Bench, *words: object) -> list[str]:
    return bench.command("run", "--mode", "quick", "--workloads", "ws8192", "--repeats", 2, *words)


@pytest.mark.parametrize("columns", [60, 80, 100, 160])
def test_no_line_is_wider_than_the_terminal(bench: Bench, columns: int) -> None:
    seen = on_terminal(bench, columns, quick(bench), NO_COLOR="")
    bars = [ESCAPE.sub("", part) for part in re.split(r"[\r\n]+", seen) if " left  " in part]
    assert bars and all(len(bar) < columns for bar in bars)
    table = ESCAPE.sub("", seen.replace("\r", "")).split("allocator  ", 1)[1].split("\n\n")[0]
    rows = table.split("\n")[1:]
    assert len(rows) > 12
    assert max(map(len, rows)) <= max(min(columns, 100), 62)


@pytest.mark.parametrize("columns", [60, 100])
def test_latencies_fit_the_terminal(bench: Bench, columns: int) -> None:
    command = quick(bench, "--pass", "latency", "--allocators", "glibc,hakmem")
    seen = ESCAPE.sub("", on_terminal(bench, columns, command, NO_COLOR="").replace("\r", ""))
    table = seen.split("latency of single calls", 1)[1].split("\n\n")[0].split("\n")[1:]
    assert len(table) == 4
    assert len({len(row) for row in table}) == 1 and len(table[0]) <= columns
    assert ("max" in table[1]) == (columns == 100)


def test_the_table_has_aligned_columns(bench: Bench) -> None:
    done = bench.call("run", "--mode", "default", "--repeats", 1, "--workloads", "ws8192")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("  allocator"))
    rows = lines[start:lines.index("", start)]
    # A name that is too long for its column stands alone, its numbers below.
    ends = {len(row) for row in rows if len(row.split()) > 2}
    assert ends == {len(lines[start])}
    assert max(len(line) for line in lines[:-1]) <= 100
    ours = [row for row in rows if "hakmem" in row]
    assert len(ours) >= 12 and all(row.startswith("▸ ") for row in ours)


def test_colour_is_for_terminals_that_want_it(bench: Bench) -> None:
    command = quick(bench, "--allocators", "glibc,hakmem")
    assert "\x1b[1;36m" in on_terminal(bench, 100, command, NO_COLOR="")
    assert "\x1b[1" not in on_terminal(bench, 100, command, NO_COLOR="1")
    assert "\x1b[1" not in on_terminal(bench, 100, command, NO_COLOR="", TERM="dumb")
    done = subprocess.run(command, capture_output=True, text=True, check=False,
                          env={**bench.environment, "NO_COLOR": ""})
    assert "\x1b" not in done.stdout + done.stderr
    assert "▏" not in done.stderr


def test_list_shows_everything_there_is(bench: Bench) -> None:
    done = subprocess.run([HAKBENCH, "list", "--json"], capture_output=True, text=True, check=True)
    answer = read_json(done)
    assert [v["name"] for v in answer["variants"]][0] == "hakmem"
    assert len(answer["variants"]) >= 16
    assert {p["name"] for p in answer["peers"]} == {"glibc", "jemalloc", "mimalloc", "tcmalloc",
                                                    "tbbmalloc"}
    assert {"ws8192", "cfrac", "sh8bench"} <= {w["name"] for w in answer["workloads"]}
    assert all(w["available"] for w in answer["workloads"])
    matrix = (ROOT / "allocator/variants/matrix.txt").read_text()
    matrix += "\npeer ghost libghost.so.9 libghost9\n"
    rows = bench.write("absent.txt", "absent quick\n")
    words = ["--matrix", str(bench.write("matrix.txt", matrix)), "--rows", str(rows)]
    done = subprocess.run([HAKBENCH, "list", *words], capture_output=True, text=True, check=True)
    assert re.search(r"^  ghost +missing: apt-get install libghost9$", done.stdout, re.M)
    assert re.search(r"^  absent .*not built: run make$", done.stdout, re.M)


def test_a_variant_that_is_not_built_is_listed_so(bench: Bench) -> None:
    matrix = (ROOT / "allocator/variants/matrix.txt").read_text()
    matrix = re.sub(r"^(axis geometry .*)$", r"\1 unheard", matrix, flags=re.M)
    matrix += "\ntake quick geometry=unheard\n"
    words = ["--matrix", str(bench.write("matrix.txt", matrix))]
    done = subprocess.run([HAKBENCH, "list", *words], capture_output=True, text=True, check=True)
    assert re.search(r"^  hakmem:geometry=unheard +not built: run make$", done.stdout, re.M)
    run = bench.quick("glibc,hakmem:geometry=unheard", *words, repeats=1)
    assert run.returncode == 0
    assert re.search(r"hakmem:geometry=unheard +missing \(not built: run make\)", run.stdout)


def test_help_lists_what_there_is() -> None:
    done = subprocess.run([HAKBENCH, "--help"], capture_output=True, text=True, check=True)
    names = re.findall(r"^  ([a-z]+)  ", done.stdout, re.M)
    unknown = subprocess.run([HAKBENCH, "nope"], capture_output=True, text=True, check=False)
    assert names == unknown.stderr.partition("choose from ")[2].strip().split(", ")
    assert {"list", "run", "compare", "peers", "exec", "micro", "misuse", "export"} <= set(names)
    for name in names:
        own = subprocess.run([HAKBENCH, name, "--help"], capture_output=True, text=True, check=True)
        assert own.stdout.startswith(f"usage: hakbench {name}")
        assert "--json" in own.stdout
        assert own.stderr == ""


@pytest.mark.parametrize("words", [[], ["gates"], ["nope"]])
def test_an_unknown_command_lists_the_known(words: list[str]) -> None:
    done = subprocess.run([HAKBENCH, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert all(name in done.stderr for name in ("list", "run", "compare", "exec"))
