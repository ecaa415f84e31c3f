"""The programs under ThreadSanitizer, AddressSanitizer and UBSan."""
from __future__ import annotations

import concurrent.futures
import functools
import json
import os
import pathlib
import platform
import subprocess
from collections.abc import Collection

import pytest

from workloads.tests.programs import PROGRAMS, ROOT, start

SANITIZERS = {"tsan": ["-fsanitize=thread"],
              "asan": ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]}
RUNS = {
    "ws8192": ["--ops", "60000", "--slots", "300", "--threads", "3"],
    "ws8192 --startup": ["--startup", "--slots", "500", "--threads", "3"],
    "cfrac": ["--digits", "20", "--threads", "2"],
    "sh8bench": ["--iterations", "120", "--eights", "20000", "--slots", "3000", "--threads", "3"],
    "sh8bench --seconds": ["--seconds", "0.3", "--iterations", "60", "--eights", "2000",
                           "--slots", "3000", "--threads", "3"],
}


@functools.cache
def makefile_flags() -> list[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    shown = subprocess.run(["make", "-s", "--eval", "show: ; @echo $(WORKLOAD_CFLAGS)", "show"],
                           cwd=ROOT, env=kept, capture_output=True, text=True, check=True)
    flags = shown.stdout.split()
    assert "-Werror" in flags and "-fno-builtin-malloc" in flags
    return [flag for flag in flags if flag not in ("-MMD", "-MP")]


def compile_object(source: pathlib.Path, folder: pathlib.Path, sanitize: list[str]) -> pathlib.Path:
    target = folder / (source.relative_to(ROOT).as_posix().replace("/", "-") + ".o")
    subprocess.run(["gcc", *makefile_flags(), "-O1", *sanitize, "-c", "-o", target, source],
                   cwd=ROOT, check=True)
    return target


def build_sanitized(folder: pathlib.Path, kind: str, programs: Collection[str]) -> pathlib.Path:
    """Builds the programs under one sanitizer in the folder, which it returns."""
    sanitize = SANITIZERS[kind]
    common = sorted((ROOT / "workloads").glob("*.c"))
    own = {program: sorted((ROOT / "workloads" / program).glob("*.c")) for program in programs}
    sources = common + sum(own.values(), [])
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        built = pool.map(lambda source: compile_object(source, folder, sanitize), sources)
        objects = dict(zip(sources, built))
        list(pool.map(lambda program: subprocess.run(
            ["gcc", "-pthread", *sanitize, "-o", folder / program,
             *(objects[source] for source in common + own[program]), "-lm"], check=True), own))
    return folder


@pytest.fixture(scope="module", params=SANITIZERS)
def sanitized(request: pytest.FixtureRequest,
              tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A folder with the programs under one sanitizer, and in its name which."""
    return build_sanitized(tmp_path_factory.mktemp(request.param), request.param, PROGRAMS)


def without_aslr() -> list[str]:
    """ThreadSanitizer of gcc 12 cannot cope with more than 28 random bits of address."""
    bits = int(pathlib.Path("/proc/sys/vm/mmap_rnd_bits").read_text())
    return ["setarch", platform.machine(), "-R"] if bits > 28 else []


@pytest.mark.parametrize("audit", [[], ["--audit"]], ids=["plain", "audit"])
@pytest.mark.parametrize("run", RUNS)
def test_clean(sanitized: pathlib.Path, run: str, audit: list[str]) -> None:
    wrapper = without_aslr() if "tsan" in sanitized.name else []
    done = start(sanitized / run.split()[0], *RUNS[run], *audit, wrapper=wrapper)
    assert done.returncode == 0 and done.stderr == "", done
    line = json.loads(done.stdout)
    assert line["allocs"] == line["frees"] > 0


def test_the_sanitizer_is_there(sanitized: pathlib.Path) -> None:
    kind = "__tsan_init" if "tsan" in sanitized.name else "__asan_init"
    names = subprocess.run(["nm", "-D", sanitized / "sh8bench"], capture_output=True, text=True,
                           check=True)
    assert kind in names.stdout
