"""hakbench exec: any program, with the same proof as a workload of ours."""
from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable

import pytest

from runner.tests.bench import Bench, read_json

PEERS = {"glibc", "jemalloc", "mimalloc", "tcmalloc", "tbbmalloc"}


def compile_program(bench: Bench, text: str, *flags: str) -> str:
    source, program = bench.write("program.c", text), bench.folder / "program"
    subprocess.run(["gcc", "-o", program, source, *flags], check=True)
    return str(program)


def test_every_peer_and_hakmem_run_the_program(bench: Bench) -> None:
    done = bench.call("exec", "--repeats", 2, "--json", "--", "perl", "-e", "my @a = (1) x 10000;")
    assert done.returncode == 0, done.stderr
    cells = {cell["allocator"]: cell for cell in read_json(done)["cells"]}
    assert set(cells) == PEERS | {"hakmem"}
    for cell in cells.values():
        assert cell["ok"] == 2
        assert cell["wall_s"]["median"] > 0
        assert cell["soft_faults"] > 0 and cell["peak_rss_bytes"] > 1 << 20
    for sample in bench.samples():
        owner = "libc.so.6" if sample["allocator"] == "glibc" else sample["allocator"]
        assert owner.removesuffix("malloc") in sample["malloc_object"]
        assert sample["ops"] is None and sample["minflt_phase"] is None


def test_a_program_that_is_not_position_independent_is_proved(bench: Bench) -> None:
    program = compile_program(
        bench, "#include <stdlib.h>\nvoid *(*volatile m)(size_t) = malloc;\n"
               "void (*volatile f)(void *) = free;\nint main(void) { f(m(9)); return 0; }\n",
        "-no-pie", "-fno-pie")
    done = bench.call("exec", "--repeats", 1, "--", program)
    assert done.returncode == 0, done.stdout
    assert len(bench.samples()) == 6


def test_a_static_program_is_void(bench: Bench) -> None:
    program = compile_program(bench, "int main(void) { return 0; }\n", "-static")
    done = bench.call("exec", "--repeats", 1, "--allocators", "jemalloc", "--", program)
    assert done.returncode == 3
    (sample,) = bench.samples()
    assert sample["status"] == "void"
    assert f"{program} is statically linked: LD_PRELOAD has no effect" in sample["reason"]


def test_a_program_with_its_own_malloc_is_void(bench: Bench) -> None:
    text = ("#include <stddef.h>\nstatic char b[1 << 24]; static size_t u;\n"
            "void *malloc(size_t s) { void *p = b + u; u += (s + 15) & ~15ul; return p; }\n"
            "void free(void *p) { (void)p; }\nint main(void) { return malloc(3) == NULL; }\n")
    program = compile_program(bench, text, "-rdynamic", "-fno-builtin")
    done = bench.call("exec", "--repeats", 1, "--allocators", "jemalloc", "--", program)
    assert done.returncode == 3
    (sample,) = bench.samples()
    assert f"malloc is served by {program}" in sample["reason"]


def test_a_preload_without_malloc_is_void(bench: Bench, preload: Callable[[str], str]) -> None:
    done = bench.call("exec", "--repeats", 1, "--allocators", preload("inert"), "--", "true")
    assert done.returncode == 3
    assert "the preload did not take effect" in bench.samples()[0]["reason"]


def test_exit_status_and_crash_are_shown(bench: Bench) -> None:
    done = bench.call("exec", "--repeats", 2, "--allocators", "glibc", "--", "sh", "-c",
                      "echo sorry >&2; exit 3")
    assert done.returncode == 3
    assert "2 of 2 failed: exit 3: sorry" in done.stdout
    done = bench.call("exec", "--repeats", 2, "--allocators", "glibc", "--", "sh", "-c",
                      "kill -ABRT $$")
    assert done.returncode == 4
    assert "2 of 2 crashed: SIGABRT" in done.stdout


def test_output_is_dropped_or_shown_once(bench: Bench) -> None:
    words = ["--repeats", 3, "--allocators", "glibc,jemalloc"]
    done = bench.call("exec", *words, "--", "sh", "-c", "printf 'hel''lo\\n'")
    assert "\nhello\n" not in f"\n{done.stdout}"
    done = bench.call("exec", *words, "--show-output", "--", "sh", "-c", "printf 'hel''lo\\n'")
    assert f"\n{done.stdout}".count("\nhello\n") == 1


def test_the_users_environment_is_passed_on(bench: Bench) -> None:
    done = bench.call("exec", "--repeats", 1, "--allocators", "jemalloc", "--", "sh", "-c",
                      'test "$MARK" = 5 && test -z "$HAKBENCH_IDENTITY_FD"',
                      environment={"MARK": "5", "LD_PRELOAD": "/nowhere.so"})
    assert done.returncode == 0, done.stdout


def test_a_small_program_shows_its_own_memory(bench: Bench) -> None:
    """The peak of a forked child starts with what it inherits; ours must stay out of it."""
    done = bench.call("exec", "--repeats", 30, "--allocators", "glibc", "--json", "--", "true")
    (cell,) = read_json(done)["cells"]
    assert cell["peak_rss_bytes"] < 3 << 20


@pytest.mark.skipif(os.geteuid() != 0, reason="changes the owner of a file")
def test_a_set_user_id_program_for_another_user_is_void(bench: Bench) -> None:
    program = shutil.copy("/usr/bin/true", bench.folder / "setuid")
    os.chown(program, 65534, 65534)
    os.chmod(program, 0o4755)
    done = bench.call("exec", "--repeats", 1, "--allocators", "jemalloc", "--", program)
    if done.returncode == 0:
        pytest.skip("this file system ignores the set-user-ID bit")
    assert f"{program} is set-user-ID" in bench.samples()[0]["reason"]


@pytest.mark.parametrize(("words", "said"), [
    (["true"], "put the command behind --"),
    (["--"], "put the command behind --"),
    (["--", "no-such-program"], "no-such-program is not in PATH"),
    (["--", "/etc"], "/etc is no executable file"),
    (["--allocators", "nope", "--", "true"], "unknown allocator 'nope'"),
])
def test_bad_input_is_one_clear_line(bench: Bench, words: list[str], said: str) -> None:
    done = bench.call("exec", *words)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert said in done.stderr


def test_seed_and_database_end_the_table(bench: Bench) -> None:
    done = bench.call("exec", "--repeats", 1, "--allocators", "glibc", "--seed", 4, "--", "true")
    assert re.fullmatch(rf"{bench.database} · session 1 · seed 4", done.stdout.splitlines()[-1])
