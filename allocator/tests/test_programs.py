"""Real programs give the same output with hakmem preloaded as without, layout by front."""
from __future__ import annotations

import functools
import os
import pathlib
import re
import subprocess
import tempfile
from collections.abc import Callable

import pytest

from ci.surroundings import SECONDS_MAX

from .conftest import ROOT, Malloc, all_mallocs
from .redis_session import Client, poll_until, redis_server

HERE = pathlib.Path(__file__).parent / "programs"
LIBC, *HAKMEM = all_mallocs()
CHOSEN = [m for m in HAKMEM if m.name.endswith("off-fine-prewarm1")]
Environment = dict[str, str]


def run(environment: Environment, folder: pathlib.Path, *command: str | pathlib.Path,
        text: str = "") -> str:
    done = subprocess.run([str(word) for word in command], env=environment, cwd=folder, input=text,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", timeout=SECONDS_MAX, check=False)
    assert done.returncode == 0, f"{command}: exit {done.returncode}\n{done.stdout[-2000:]}"
    return done.stdout


def bash(environment: Environment, folder: pathlib.Path) -> str:
    return run(environment, folder, "bash", HERE / "words.bash")


def python(environment: Environment, folder: pathlib.Path) -> str:
    chosen = {**environment, "PYTHONMALLOC": "malloc", "PYTHONHASHSEED": "1"}
    return run(chosen, folder, "/usr/bin/python3", HERE / "words.py")


def perl(environment: Environment, folder: pathlib.Path) -> str:
    # Perl says how it walks its hashes by these; the output does not depend on it, the memory does.
    return run({**environment, "PERL_HASH_SEED": "0"}, folder, "perl", HERE / "words.pl")


def sqlite(environment: Environment, folder: pathlib.Path) -> str:
    return run(environment, folder, "sqlite3", "table.db", text=(HERE / "table.sql").read_text())


def gcc(environment: Environment, folder: pathlib.Path) -> str:
    """The assembly of a C and a C++ file, optimised, and what the linked program says."""
    c_file = run(environment, ROOT, "gcc", "-O2", "-S", "-o", "-", "-D_GNU_SOURCE", "-iquote", ".",
                 "workloads/identity.c")
    run(environment, folder, "g++", "-std=c++17", "-O1", "-pthread", "-save-temps=obj", "-o",
        folder / "words", HERE / "words.cc")
    assembly = next(folder.glob("*words.s")).read_text()
    return c_file + assembly + run(environment, folder, folder / "words")


def git(environment: Environment, folder: pathlib.Path) -> str:
    """The same files, author and dates make the same hashes; gc packs them with threads."""
    fixed = {**environment, "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1",
             "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "A",
             "GIT_COMMITTER_EMAIL": "a@b", "GIT_AUTHOR_DATE": "2000-01-01T00:00:00Z",
             "GIT_COMMITTER_DATE": "2000-01-01T00:00:00Z"}

    def here(*words: str) -> str:
        return run(fixed, folder, "git", *words)

    here("init", "-q", "-b", "main")
    for version in range(3):
        for n in range(120):
            lines = (f"line {i} of file {n} {'changed' if i % 7 == version else ''}\n"
                     for i in range(40 + n))
            (folder / f"file{n}.txt").write_text("".join(lines))
        here("add", "-A")
        here("commit", "-q", "-m", f"version {version}")
    here("-c", "pack.threads=2", "repack", "-a", "-d", "-q", "-f")
    here("-c", "gc.auto=0", "gc", "--quiet")
    here("clone", "-q", ".", "copy")
    return (here("log", "--stat", "--format=%H") + here("diff", "HEAD~2", "HEAD", "--", "file7.txt")
            + here("fsck", "--full", "--no-progress") + here("blame", "-s", "file9.txt")
            + here("-C", "copy", "rev-parse", "HEAD^{tree}") + here("grep", "-c", "changed"))


PROGRAMS: list[Callable[[Environment, pathlib.Path], str]] = [bash, python, perl, sqlite, gcc, git]
COMMANDS = {"bash": ("bash", "-c", ":"), "python": ("/usr/bin/python3", "-c", ""),
            "perl": ("perl", "-e", "1"), "sqlite": ("sqlite3", "-version"),
            "gcc": ("gcc", "-fsyntax-only", "-x", "c", "/dev/null"), "git": ("git", "--version"),
            "redis": ("redis-server", "--version")}


@functools.cache
def output_without(program: Callable[[Environment, pathlib.Path], str]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        return program(LIBC.environment(), pathlib.Path(folder))


@pytest.mark.parametrize("malloc", CHOSEN, ids=lambda malloc: malloc.name)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_same_output(program, malloc, tmp_path):
    without = output_without(program)
    with_hakmem = program(malloc.environment(), tmp_path)
    assert without.strip() and with_hakmem == without


@pytest.mark.parametrize("program", COMMANDS)
def test_preload_takes_effect(program, tmp_path):
    """Equal outputs prove nothing where the preload did not work: the dynamic linker itself says
    where it finds malloc. A program at a fixed address may name its own jump to it instead."""
    malloc = CHOSEN[0]
    environment = {**malloc.environment(), "LD_DEBUG": "bindings", "LD_BIND_NOW": "1",
                   "LD_DEBUG_OUTPUT": str(tmp_path / "bindings")}
    run(environment, tmp_path, *COMMANDS[program])
    text = "".join(path.read_text() for path in tmp_path.glob("bindings.*"))
    bound = re.findall(r"to (\S+) \[0\]: normal symbol `malloc'", text)
    assert malloc.library in bound
    assert not re.findall(r"to (\S*/lib(?:c|jemalloc)\.so\S*) \[0\]: normal symbol `malloc'", text)


# --- redis: a server with I/O threads, under load ----------------------------------------------

BENCHMARK = ("set", "get", "lpush", "lrange")


def fill(client: Client) -> str:
    """A fixed set of keys of many sizes and kinds, some changed and deleted; its digest."""
    client.ask("FLUSHALL")
    values = {f"key{n}": chr(97 + n % 26) * (n * n % 3000) for n in range(2500)}
    client.ask_all([("SET", key, value) for key, value in values.items()])
    client.ask_all([("APPEND", f"key{n}", "tail" * (n % 50)) for n in range(0, 2500, 3)])
    client.ask_all([("DEL", f"key{n}") for n in range(0, 2500, 4)])
    client.ask_all([("RPUSH", "list", "item" * (n % 30)) for n in range(3000)])
    client.ask_all([("HSET", f"hash{n % 20}", f"field{n}", "v" * (n % 90)) for n in range(3000)])
    client.ask_all([("ZADD", "sorted", n * 7919 % 1009, f"member{n}") for n in range(2000)])
    assert client.ask("GET", "key1001") == values["key1001"]
    assert client.ask("GET", "key3") == values["key3"] + "tail" * 3
    assert client.ask("GET", "key4") is None
    return f"{client.ask('DBSIZE')} {client.ask('DEBUG', 'DIGEST')}"


def save_in_child(client: Client) -> None:
    """A fork of the threaded server writes the database."""
    client.ask("BGSAVE")
    poll_until("BGSAVE ends", lambda: client.info()["rdb_bgsave_in_progress"] == "0")
    assert client.info()["rdb_last_bgsave_status"] == "ok"


def redis(malloc: Malloc) -> str:
    with tempfile.TemporaryDirectory(prefix="redis") as name:
        folder = pathlib.Path(name)
        environment = malloc.environment()
        with redis_server(folder, environment) as (client, server, path):
            maps = pathlib.Path(f"/proc/{server.pid}/maps").read_text()
            assert malloc.library is None or os.path.realpath(malloc.library) in maps
            told = run(environment, folder, "redis-benchmark", "-s", path, "-n", "5000", "-q", "-t",
                       ",".join(BENCHMARK), "-P", "4", "-d", "200")
            for name in BENCHMARK:
                assert re.search(rf"^{name}.*requests per second", told, re.I | re.M), told
            information = client.info()
            assert int(information["io_threaded_reads_processed"]) > 0
            assert int(information["io_threaded_writes_processed"]) > 0
            assert int(information["total_commands_processed"]) >= 5000 * len(BENCHMARK)
            digest = fill(client)
            save_in_child(client)
            client.ask("DEBUG", "RELOAD")
            assert f"{client.ask('DBSIZE')} {client.ask('DEBUG', 'DIGEST')}" == digest
            try:
                client.ask("SHUTDOWN", "NOSAVE")
            except ConnectionError:
                pass
            assert server.wait(SECONDS_MAX) == 0
            return digest


redis_without = functools.cache(lambda: redis(LIBC))


@pytest.mark.parametrize("malloc", CHOSEN, ids=lambda malloc: malloc.name)
def test_redis_server_under_load(malloc):
    assert redis(malloc) == redis_without()
