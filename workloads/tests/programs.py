"""Starts the workload programs and reads what they print."""
from __future__ import annotations

import json
import os
import pathlib
import subprocess
from typing import Any

from ci.surroundings import SECONDS_MAX

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORKLOADS = ROOT / "build" / "workloads"
PROBE = ROOT / "build" / "libhakprobe.so"

# A small run of each program: every mechanism is used, in well under a second.
SMALL: dict[str, list[str]] = {
    "ws8192": ["--ops", "200000", "--slots", "500"],
    "cfrac": ["--digits", "24"],
    "sh8bench": ["--iterations", "300", "--eights", "30000", "--slots", "20000"],
}
PROGRAMS = sorted(SMALL)


def environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """Ours without what would choose or tune a malloc, and with `extra`."""
    kept = {name: value for name, value in os.environ.items()
            if name != "LD_PRELOAD" and not name.startswith(("HAKMEM_", "HAKBENCH_"))}
    return kept | (extra or {})


def start(program: str | pathlib.Path, *arguments: str, wrapper: list[str] | None = None,
          **extra: str) -> subprocess.CompletedProcess[str]:
    """Runs a program of build/workloads, or any other by its path, to its end."""
    path = program if isinstance(program, pathlib.Path) else WORKLOADS / program
    assert path.exists(), f"{path} is missing: run make first"
    return subprocess.run([*(wrapper or []), str(path), *arguments], capture_output=True, text=True,
                          env=environment(extra), timeout=SECONDS_MAX, check=False)


def result(program: str | pathlib.Path, *arguments: str, **extra: str) -> dict[str, Any]:
    """The JSON line of a run that has to pass."""
    done = start(program, *arguments, **extra)
    assert done.returncode == 0, done
    assert done.stdout.count("\n") == 1 and done.stdout.endswith("\n"), done.stdout
    return json.loads(done.stdout)
