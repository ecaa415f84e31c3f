"""HAKMEM_DEEPBIND: what dlopen makes of RTLD_DEEPBIND."""
from __future__ import annotations

import subprocess

import pytest

from .conftest import ROOT, all_mallocs

HAKMEM = all_mallocs(libc=False)[0]
# libc's malloc gives exactly 1000 bytes, hakmem's none of its classes has so many.
PROGRAM = """
import ctypes, os
maker = ctypes.CDLL("build/test/plugins/maker.so", mode=os.RTLD_NOW | os.RTLD_DEEPBIND)
here = ctypes.CDLL(None)
maker.maker_make.restype = ctypes.c_void_p
here.malloc_usable_size.restype = ctypes.c_size_t
size = here.malloc_usable_size(ctypes.c_void_p(maker.maker_make(ctypes.c_size_t(1000))))
print("libc" if size == 1000 else "hakmem" if size > 1000 else size)
"""


def run(value: str | None) -> subprocess.CompletedProcess:
    chosen = {} if value is None else {"HAKMEM_DEEPBIND": value}
    return subprocess.run(["/usr/bin/python3", "-c", PROGRAM], cwd=ROOT, text=True,
                          env={**HAKMEM.environment(), **chosen}, capture_output=True, check=False,
                          timeout=60)


@pytest.mark.parametrize("value, malloc", [(None, "hakmem"), ("drop", "hakmem"), ("keep", "libc")])
def test_the_flag_is_left_out_unless_told(value: str | None, malloc: str) -> None:
    done = run(value)
    assert (done.returncode, done.stdout, done.stderr) == (0, malloc + "\n", "")


def test_another_value_is_told() -> None:
    done = run("perhaps")
    assert done.stdout == "hakmem\n"
    assert "HAKMEM_DEEPBIND=perhaps is not drop or keep; taking drop" in done.stderr
