"""`make trend-proof`: twelve commits of a tiny allocator, of which the eighth is slower by 8 %, are
measured for real; the trend must mark it, bisect name it, accept clear it.

For a quiet machine, which it takes about four minutes. The folder stays, and calling it again
goes on where it was. Exit code 0: all three; 1: not.

usage: python3 -m runner.tests.eight_percent FOLDER [trend | bisect]
"""
from __future__ import annotations

import pathlib
import subprocess
import sys

from runner.tests.bench import ROOT
from runner.tests.repository import Repository

COMMITS, GUILTY = 12, 7
TURNS = 10_000  # of a loop in each malloc: nearly all the time is there
SLOWER = 1.08
BLOCKS = 30  # of short processes, 50 ms each: see docs/BENCHMARKING.md on flicker
ROWS = "ws8192  quick --ops 6000\nws8192  default --ops 6000\n"


class Live(Repository):
    """Real measurements: they wait for the machine, and hold others up."""

    def __init__(self, folder: pathlib.Path) -> None:
        work = [round(TURNS * (SLOWER if number >= GUILTY else 1)) for number in range(COMMITS)]
        if (folder / "repository").exists():
            self.reopen(folder)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            super().__init__(folder, work)
        self.rows = self.write("rows.txt", ROWS)
        del self.environment["HAKBENCH_LOCK"]

    def say(self, name: str, *words: object) -> int:
        """The command's own output, as it comes."""
        print(f"$ hakbench {name} {' '.join(map(str, words))}", flush=True)
        return subprocess.run(self.command(name, *words), env=self.environment,
                              check=False).returncode

    def trend(self) -> int:
        return subprocess.run(["/usr/bin/python3", "-m", "reports", "trend", "--results",
                               self.results, "--repository", self.top], cwd=ROOT,
                              check=False).returncode


def main(words: list[str]) -> int:
    if len(words) not in (1, 2) or words[1:] not in ([], ["trend"], ["bisect"]):
        print(__doc__)
        return 2
    live = Live(pathlib.Path(words[0]).resolve())
    guilty, passed = live.commits[GUILTY], True
    if words[1:] != ["bisect"]:
        passed &= live.say("backfill", "--commits", "..main", "--pass", "throughput", "--blocks",
                           BLOCKS, "--wait") == 0
        passed &= live.trend() == 1
        passed &= live.say("accept", guilty, "--why", "planted") == 0
        passed &= live.trend() == 0
        live.execute("DELETE FROM accepted")
    if words[1:] != ["trend"]:
        passed &= live.say("bisect", "--good", live.commits[0], "--bad", "main", "--workload",
                           "ws8192", "--wait") == 0
    print(f"planted: {guilty[:12]} allocator: step {GUILTY}, {SLOWER - 1:.0%} slower\n"
          f"{'all as it must be' if passed else 'NOT as it must be'}; {live.results}")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
