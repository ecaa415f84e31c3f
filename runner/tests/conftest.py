"""What the tests of the runner share: a results folder and a lock of their own, short rows, and
small allocators to preload that misbehave in one way each."""
from __future__ import annotations

import pathlib
import subprocess
from collections.abc import Callable

import pytest

from runner.tests.bench import ROOT, Bench

FOLDER = pathlib.Path(__file__).resolve().parent


@pytest.fixture
def bench(tmp_path: pathlib.Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture(scope="session")
def preload(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Builds tests/preload/<name>.c as a shared object, once a session."""
    folder = tmp_path_factory.mktemp("preload")
    built: dict[str, str] = {}

    def build(name: str) -> str:
        if name not in built:
            built[name] = compile_preload(FOLDER / "preload" / f"{name}.c", folder / f"{name}.so")
        return built[name]
    return build


def compile_preload(source: pathlib.Path, target: pathlib.Path, *flags: str) -> str:
    subprocess.run(["gcc", "-std=gnu11", "-O1", "-fPIC", "-shared", "-fno-builtin", "-iquote",
                    ROOT, "-Wl,--build-id=sha1", *flags, "-o", target, source], check=True)
    return str(target.resolve())
