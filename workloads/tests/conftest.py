"""What the tests of the workloads build: small libraries to preload."""
from __future__ import annotations

import pathlib
import subprocess
from collections.abc import Callable

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent


@pytest.fixture(scope="session")
def shared_object(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], pathlib.Path]:
    """Builds tests/preload/<name>.c as a shared object, once a session."""
    folder = tmp_path_factory.mktemp("preload")
    built: dict[str, pathlib.Path] = {}

    def build(name: str) -> pathlib.Path:
        if name not in built:
            target = folder / f"{name}.so"
            subprocess.run(["gcc", "-std=gnu11", "-O2", "-fPIC", "-shared", "-fno-builtin",
                            "-Wl,--build-id=sha1", "-o", target,
                            FOLDER / "preload" / f"{name}.c"], check=True)
            built[name] = target
        return built[name]
    return build
