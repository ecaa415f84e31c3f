"""What goes wrong around an allocator: the system refuses, threads end, forks and signals come."""
from __future__ import annotations

import pytest

from ci.surroundings import SECONDS_MAX

from .conftest import ROOT, Case, Malloc, all_mallocs, programs_of

LOADER = "/lib64/ld-linux-x86-64.so.2"
SPECIAL = ("load_unload", "no_environment")


def path_of(program: str) -> str:
    return str(ROOT / "build/test/faults" / program)


def preloaded(malloc: Malloc) -> list[Case]:
    return [Case(program, (path_of(program),), malloc, malloc.environment(), SECONDS_MAX)
            for program in programs_of("faults") if program not in SPECIAL]


def loaded(malloc: Malloc) -> list[Case]:
    """Not preloaded but opened by the program, beside the C library's malloc."""
    if malloc.library is None:
        return []
    environment = malloc._replace(library=None).environment()
    return [Case("load_unload", (path_of("load_unload"), malloc.library), malloc, environment,
                 SECONDS_MAX)]


def without_environment(malloc: Malloc) -> list[Case]:
    """LD_PRELOAD cannot be used where there is no environment; the loader's own option can."""
    if malloc.prewarm not in (None, "1"):
        return []
    preload = ("--preload", malloc.library) if malloc.library else ()
    command = (LOADER, *preload, path_of("no_environment"), malloc.library or "-")
    return [Case("no_environment", command, malloc, {}, SECONDS_MAX)]


CASES = [case for malloc in all_mallocs()
         for case in (*preloaded(malloc), *loaded(malloc), *without_environment(malloc))]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(check, case):
    check(case)
