"""The proof of whose malloc a process runs with."""
from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import subprocess
from collections.abc import Callable

import pytest

from ci.surroundings import SECONDS_MAX
from workloads.tests.programs import PROBE, PROGRAMS, ROOT, SMALL, environment, result

Build = Callable[[str], pathlib.Path]
JEMALLOC = pathlib.Path("/usr/lib/x86_64-linux-gnu/libjemalloc.so.2")
HAKMEM = ROOT / "build" / "libhakmem.so"


def build_id(path: str | pathlib.Path) -> str:
    notes = subprocess.run(["readelf", "-n", path], capture_output=True, text=True, check=True)
    return re.search(r"Build ID: ([0-9a-f]+)", notes.stdout)[1]


@pytest.mark.parametrize("program", PROGRAMS)
def test_without_preload_it_is_the_c_library(program: str) -> None:
    line = result(program, *SMALL[program])
    found = line["identity"]
    assert set(found) == {"malloc_object", "malloc_build_id", "free_object", "free_build_id",
                          "variant", "prewarm"}
    assert pathlib.Path(found["malloc_object"]).name.startswith("libc.so")
    assert found["malloc_object"] == found["free_object"] == os.path.realpath(
        found["malloc_object"])
    assert found["malloc_build_id"] == found["free_build_id"] == build_id(found["malloc_object"])
    assert found["variant"] is found["prewarm"] is line["corruptions"] is None


@pytest.mark.parametrize("program", PROGRAMS)
def test_preload_is_seen(program: str) -> None:
    found = result(program, *SMALL[program], LD_PRELOAD=str(JEMALLOC))["identity"]
    assert found["malloc_object"] == found["free_object"] == str(JEMALLOC.resolve())
    assert found["malloc_build_id"] == build_id(JEMALLOC)
    assert found["variant"] is None


def test_preload_by_soname_and_by_link_is_resolved(tmp_path: pathlib.Path) -> None:
    link = tmp_path / "link.so"
    link.symlink_to(JEMALLOC)
    for preload in (JEMALLOC.name, str(link)):
        found = result("ws8192", "--ops", "9", LD_PRELOAD=preload)["identity"]
        assert found["malloc_object"] == str(JEMALLOC.resolve())


def test_ignored_preload_shows_the_c_library(tmp_path: pathlib.Path) -> None:
    missing = tmp_path / "missing.so"
    found = result("ws8192", "--ops", "9", LD_PRELOAD=str(missing))["identity"]
    assert pathlib.Path(found["malloc_object"]).name.startswith("libc.so")


@pytest.mark.parametrize("name", ['quo"te', "back\\slash", "müßig-日本", "new\nline"])
def test_odd_paths_are_valid_json(tmp_path: pathlib.Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    copy = folder / "malloc.so"
    shutil.copy(JEMALLOC, copy)
    found = result("ws8192", "--ops", "9", LD_PRELOAD=str(copy))["identity"]
    assert found["malloc_object"] == str(copy)


def test_what_a_hakmem_exports_is_reported(shared_object: Build) -> None:
    library = shared_object("hakmem_like")
    line = result("ws8192", "--ops", "9", LD_PRELOAD=str(library))
    assert line["identity"]["variant"] == "layout=imaginary,front=none"
    assert line["identity"]["prewarm"] == 7 and line["corruptions"] == 9


def test_who_does_not_own_malloc_is_not_believed(shared_object: Build) -> None:
    line = result("ws8192", "--ops", "9", LD_PRELOAD=f"{shared_object('claims')} {JEMALLOC}")
    assert line["identity"]["variant"] is line["identity"]["prewarm"] is None
    assert line["corruptions"] is None


@pytest.mark.parametrize("prewarm", ["0", "2"])
def test_our_hakmem(prewarm: str) -> None:
    line = result("ws8192", "--ops", "9", LD_PRELOAD=str(HAKMEM), HAKMEM_PREWARM=prewarm)
    found = line["identity"]
    assert found["malloc_object"] == found["free_object"] == str(HAKMEM.resolve())
    assert found["malloc_build_id"] == build_id(HAKMEM)
    assert re.fullmatch(r"(\w+=[\w+]+,)*\w+=[\w+]+", found["variant"])
    assert found["prewarm"] == int(prewarm) and line["corruptions"] == 0


def ask_probe(command: list[str], preload: str, fd: str | None = None) -> tuple[str, str]:
    """What a command prints, and what the probe in it writes to a pipe."""
    reader, writer = os.pipe()
    extra = {"LD_PRELOAD": preload, "HAKBENCH_IDENTITY_FD": str(writer) if fd is None else fd}
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True,
                              pass_fds=[writer], env=environment(extra), timeout=SECONDS_MAX)
        assert done.stderr == ""
    finally:
        os.close(writer)
    with os.fdopen(reader) as pipe:
        return done.stdout, pipe.read()


@pytest.mark.parametrize("first", ["probe", "allocator"])
def test_probe_answers_for_the_first_process_only(first: str) -> None:
    order = [str(PROBE), str(JEMALLOC)] if first == "probe" else [str(JEMALLOC), str(PROBE)]
    script = 'echo "${HAKBENCH_IDENTITY_FD-unset}"; /bin/echo child; true | cat'
    output, answer = ask_probe(["bash", "-c", script], " ".join(order))
    assert output == "unset\nchild\n"
    assert answer.count("\n") == 1
    assert json.loads(answer)["malloc_object"] == str(JEMALLOC.resolve())
    assert json.loads(answer)["malloc_build_id"] == build_id(JEMALLOC)


def test_probe_without_allocator_names_the_c_library() -> None:
    _, answer = ask_probe(["/bin/true"], str(PROBE))
    assert pathlib.Path(json.loads(answer)["malloc_object"]).name.startswith("libc.so")


@pytest.mark.parametrize("fd", ["", "junk", "-1", "1", "2", "99999999999999999999", "873"])
def test_probe_leaves_the_program_alone_without_a_useful_descriptor(fd: str) -> None:
    output, answer = ask_probe(["/bin/echo", "hello"], str(PROBE), fd)
    assert (output, answer) == ("hello\n", "")
