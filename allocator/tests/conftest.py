"""Runs black-box programs under every malloc: the C library's, and each variant of hakmem.

A test hands its Case to the fixture `check`.
"""
from __future__ import annotations

import itertools
import os
import pathlib
import signal
import subprocess
import tempfile
from typing import NamedTuple

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Which set of the matrix file to run on: `make conformance-all` asks for full.
VARIANT_SET = os.environ.get("HAKMEM_TEST_VARIANTS", "blackbox")
HUNG = 124  # stands for the exit code of a program that did not end, as in timeout(1)
SKIPPED = 77  # a program's exit code when the machine does not allow what it tests


class Malloc(NamedTuple):
    """A malloc to run under: the C library's when `library` is None."""
    name: str
    library: str | None
    prewarm: str | None

    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items()
                if not k.startswith("HAKMEM_") and k not in ("LD_PRELOAD", "EXPECTED_MALLOC")}
        if self.library:
            kept |= {"LD_PRELOAD": self.library, "EXPECTED_MALLOC": self.library}
        if self.prewarm is not None:
            kept["HAKMEM_PREWARM"] = self.prewarm
        return kept


class Case(NamedTuple):
    """One run of a program. `command` may hold LIBRARY where the malloc's path is meant."""
    name: str
    command: tuple[str, ...]
    malloc: Malloc
    environment: dict[str, str]
    seconds_max: float

    def __str__(self) -> str:
        return f"{self.name}-{self.malloc.name}"


class Ended(NamedTuple):
    status: int
    output: str


def read_matrix() -> list[list[str]]:
    lines = (ROOT / "allocator/variants/matrix.txt").read_text().splitlines()
    return [line.split() for line in lines if line and not line.startswith("#")]


def read_axes() -> dict[str, list[str]]:
    """The values of each axis, the default first; parts make every choice of themselves."""
    axes: dict[str, list[str]] = {}
    for words in read_matrix():
        if words[0] == "axis":
            axes[words[1]] = words[3:]
        elif words[0] == "parts":
            axes[words[1]] += ["+".join(chosen) for size in range(1, len(words) - 2)
                               for chosen in itertools.combinations(words[2:], size)]
    return axes


def build_axes() -> list[str]:
    return [words[1] for words in read_matrix() if words[0] == "axis" and words[2] == "build"]


def variants_of(chosen: str) -> list[dict[str, str]]:
    """The variants of a set, each a value per axis, the release default first."""
    axes = read_axes()
    takes: list[dict[str, list[str]]] = [{}]
    for words in read_matrix():
        if words[:2] == ["take", chosen]:
            pairs = (word.split("=", 1) for word in words[2:])
            takes.append({axis: axes[axis] if text == "*" else text.split("|")
                          for axis, text in pairs})
    found = [dict(zip(axes, values)) for take in takes for values in
             itertools.product(*(take.get(axis, values[:1]) for axis, values in axes.items()))]
    return [variant for n, variant in enumerate(found) if variant not in found[:n]]


def slug_of(variant: dict[str, str]) -> str:
    return "-".join(variant[axis] for axis in build_axes())


def library_of(slug: str) -> str:
    return str(ROOT / "build/variants" / slug / "libhakmem.so")


def all_mallocs(libc: bool = True) -> list[Malloc]:
    hakmem = [Malloc(f"{slug_of(variant)}-prewarm{variant['prewarm']}",
                     library_of(slug_of(variant)), variant["prewarm"])
              for variant in variants_of(VARIANT_SET)]
    return ([Malloc("libc", None, None)] if libc else []) + hakmem


def programs_of(folder: str) -> list[str]:
    """The programs of a folder are its C and C++ files; `make blackbox` builds them."""
    here = pathlib.Path(__file__).parent / folder
    return sorted(path.stem for path in here.iterdir() if path.suffix in (".c", ".cc"))


def end_group(process: subprocess.Popen) -> None:
    """Ends what a program left running, its children too: each runs in a session of its own."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def run_case(case: Case) -> Ended:
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(case.command, env=case.environment, stdout=output,
                                       stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                       start_new_session=True, cwd=ROOT)
        except OSError as error:
            return Ended(HUNG, f"cannot run {case.command[0]}: {error.strerror}: make all blackbox")
        try:
            status = process.wait(case.seconds_max)
            note = ""
        except subprocess.TimeoutExpired:
            status, note = HUNG, f"no end after {case.seconds_max:g} s"
        end_group(process)
        process.wait()
        output.seek(0)
        return Ended(status, output.read().decode(errors="replace")[-4000:] + note)


@pytest.fixture
def check():
    """Runs a case and fails with the way to run it by hand."""
    def check_case(case: Case) -> None:
        library = case.malloc.library
        if library and not os.path.exists(library):
            pytest.fail(f"{library} is not built: make {os.path.relpath(library, ROOT)}",
                        pytrace=False)
        status, output = run_case(case)
        if status == SKIPPED:
            pytest.skip(output.strip() or "this machine does not allow what it tests")
        set_here = " ".join(f"{k}={v}" for k, v in case.environment.items()
                            if k in ("LD_PRELOAD", "EXPECTED_MALLOC", "HAKMEM_PREWARM"))
        if status != 0:
            end = f"killed by signal {-status}" if status < 0 else f"exit {status}"
            pytest.fail(f"{case}: {end}\n{output.strip()}\n"
                        f"again: {set_here} {' '.join(case.command)}", pytrace=False)
    return check_case
