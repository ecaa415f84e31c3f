"""A repository made by a test: commits of a tiny allocator, with a hakbench of its own that
measures them. Its Makefile's goal is the real one's, and a build takes a moment."""
from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
from collections.abc import Iterable

from runner.tests.bench import ROOT, Bench

MAKEFILE = """\
build/libhakmem.so: allocator.c
\tmkdir -p build/tiny
\tgcc -std=gnu11 -O1 -g -fPIC -fno-builtin -iquote {root} -c -o build/tiny/allocator.o allocator.c
\tgcc -shared -Wl,--build-id=sha1 -o build/tiny/libhakmem.so build/tiny/allocator.o
\tln -sfr build/tiny/libhakmem.so $@
workloads:
\tmkdir -p build
\tln -sfn {root}/build/workloads build/workloads
"""
# A malloc that does nothing but take its time: work is the only thing that costs. A chain of
# multiplications takes as long at every address; a loop through memory may take twice as long.
SOURCE = """\
/* commit {number} */
#define BUMP_OWN_MALLOC 1
#include "runner/tests/preload/bump.h"
#include <stdint.h>
void *malloc(size_t size)
{{
    uint64_t x = size;
    for (int i = 0; i < {work}; i++)
        x = x * 6364136223846793005u + 1;
    __asm__ volatile("" : : "r"(x));
    return bump(size, 16);
}}
"""
ROWS = """\
ws8192    about    Random mixed sizes.
ws8192    quick    --ops 4000
other     program  ws8192
other     about    The same from another seed.
other     quick    --ops 4000 --seed 9
"""
COUNTED = "ws8192 default --ops 400\n"
IDENTITY = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a",
            "GIT_COMMITTER_EMAIL": "a@b", "GIT_CONFIG_GLOBAL": "/dev/null"}
BROKEN = -1


class Repository(Bench):
    """`work`: what a malloc of each commit costs, in turns of a loop; BROKEN does not compile."""

    def __init__(self, folder: pathlib.Path, work: Iterable[int]) -> None:
        super().__init__(folder)
        self.top = folder / "repository"
        (self.top / "build").mkdir(parents=True)
        # A copy: hakbench finds its repository by where its own binary is.
        shutil.copy2(ROOT / "build/hakbench", self.top / "build/hakbench")
        for programs in ("workloads", "latency"):
            (self.top / "build" / programs).symlink_to(ROOT / "build" / programs)
        for folder_name in ("runner", "allocator"):
            (self.top / folder_name).symlink_to(ROOT / folder_name)
        (self.top / "workloads").mkdir()
        (self.top / "workloads/counted.txt").write_text(COUNTED)
        self.rows = self.write("rows.txt", ROWS)
        self.git("init", "-q", "-b", "main")
        (self.top / ".gitignore").write_text("/build\n/runner\n/workloads\n/allocator\n")
        (self.top / "Makefile").write_text(MAKEFILE.format(root=ROOT))
        self.commits: list[str] = []
        for number, turns in enumerate(work):
            self.commit(number, turns)

    def reopen(self, folder: pathlib.Path) -> None:
        """One that was made before."""
        super().__init__(folder)
        self.top = folder / "repository"
        self.commits = self.git("rev-list", "--reverse", "main").split()

    def commit(self, number: int, turns: int) -> None:
        text = SOURCE.format(number=number, work=turns)
        (self.top / "allocator.c").write_text(text if turns != BROKEN else text + "int x = ;\n")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", f"allocator: step {number}")
        self.commits.append(self.git("rev-parse", "HEAD"))

    def git(self, *words: str) -> str:
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith("GIT_")}
        done = subprocess.run(["git", *words], cwd=self.top, capture_output=True, text=True,
                              check=True, env={**environment, **IDENTITY})
        return done.stdout.strip()

    def command(self, name: str, *words: object) -> list[str]:
        return [str(self.top / "build/hakbench"), name, "--results", str(self.results),
                "--rows", str(self.rows), *map(str, words)]
