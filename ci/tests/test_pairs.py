"""ci/pairs counts what is there: known functions to the instruction, and hakmem as ci/hotpath."""
from __future__ import annotations

import csv
import importlib.machinery
import importlib.util
import pathlib
import subprocess
import sys
from types import ModuleType

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
# A malloc that only goes on and a free that does nothing: 5 + 1 instructions and the nops. The
# dynamic linker calls the other two.
KNOWN = """
.globl malloc, free, calloc, realloc
.type malloc, @function
.type free, @function
.type calloc, @function
.type realloc, @function
.text
malloc: mov next(%rip), %rax
        add $15, %rdi
        and $-16, %rdi
        add %rdi, next(%rip)
        {nops}
        ret
free:   {nops}
        ret
calloc: imul %rsi, %rdi
        jmp malloc
realloc:
        push %rdi
        push %rsi
        mov %rsi, %rdi
        call malloc
        pop %rcx
        pop %rsi
        test %rsi, %rsi
        je 1f
        mov %rax, %rdi
        rep movsb
1:      ret
.data
next:   .quad area
.bss
.balign 16
area:   .zero 67108864
.section .note.GNU-stack,"",@progbits
"""


@pytest.fixture(scope="module")
def pairs() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("pairs", str(ROOT / "ci" / "pairs"))
    spec = importlib.util.spec_from_loader("pairs", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["pairs"] = module  # where its dataclasses look for their own module
    loader.exec_module(module)
    return module


def build_known(folder: pathlib.Path, nops: int) -> str:
    source, built = folder / f"{nops}.s", folder / f"{nops}.so"
    source.write_text(KNOWN.format(nops="nop;" * nops))
    subprocess.run(["gcc", "-shared", "-nostdlib", "-Wl,-Bsymbolic", "-o", built, source],
                   check=True)
    return str(built.resolve())


def test_known_functions_are_counted_to_the_instruction(pairs: ModuleType,
                                                        tmp_path: pathlib.Path) -> None:
    subjects = []
    for nops in (0, 7):
        path = build_known(tmp_path, nops)
        subjects.append(pairs.Subject(f"known{nops}", path, path, "", None))
    counts = pairs.count_all(subjects)
    assert counts["known0"] == pytest.approx(6, abs=0.02)
    assert counts["known7"] == pytest.approx(20, abs=0.02)


def test_a_preload_without_effect_is_no_number(pairs: ModuleType, tmp_path: pathlib.Path) -> None:
    source, inert = tmp_path / "inert.c", tmp_path / "inert.so"
    source.write_text("int nothing;\n")
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", inert, source], check=True)
    subject = pairs.Subject("inert", str(inert.resolve()), str(inert), "", None)
    crash = pairs.Subject("gone", None, None, "", "not installed")
    counts = pairs.count_all([subject, crash])
    assert "the preload took no effect" in str(counts["inert"])
    assert str(counts["gone"]) == "not installed"
    pairs.write_csv(tmp_path / "out" / "pairs.csv", [subject, crash], counts)
    with (tmp_path / "out" / "pairs.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert [(line["allocator"], line["instructions"]) for line in lines] == [
        ("inert", ""), ("gone", "")]
    assert lines[1]["reason"] == "not installed"


def test_hakmem_is_what_the_fast_path_says(tmp_path: pathlib.Path) -> None:
    """Two ways to the same number: what callgrind counts, and what ci/hotpath disassembles."""
    done = subprocess.run([ROOT / "ci" / "pairs", "hakmem", "--csv", tmp_path / "pairs.csv"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "pairs.csv").open() as file:
        (line,) = csv.DictReader(file)
    library = (ROOT / "build" / "libhakmem.so").resolve()
    loader = importlib.machinery.SourceFileLoader("hotpath", str(ROOT / "ci" / "hotpath"))
    hotpath = importlib.util.module_from_spec(
        importlib.util.spec_from_loader("hotpath", loader))  # type: ignore[arg-type]
    loader.exec_module(hotpath)
    where = hotpath.addresses(library)
    fast = sum(len(hotpath.fast_path(library, where[name])) for name in ("malloc", "free"))
    # Refills and drains add a share; the fast paths themselves are the floor.
    assert fast <= float(line["instructions"]) < fast + 2


def test_an_unknown_name_is_one_clear_line() -> None:
    done = subprocess.run([ROOT / "ci" / "pairs", "nope"], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "choose from hakmem" in done.stderr
