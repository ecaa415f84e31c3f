"""Starts build/hakbench and reads its database."""
from __future__ import annotations

import json
import os
import pathlib
import signal
import sqlite3
import subprocess
from typing import Any

from ci.surroundings import SECONDS_MAX

ROOT = pathlib.Path(__file__).resolve().parents[2]
HAKBENCH = ROOT / "build" / "hakbench"
ROWS = """\
ws8192    about    Random mixed sizes.
ws8192    quick    --ops 2000
ws8192    default  --ops 2000
pairs     program  ws8192
pairs     about    Two threads.
pairs     quick    --ops 2000 --threads 2
"""


def heed_signals() -> None:
    """What started the tests in the background may have had them ignored; a person's shell has
    not, and an ignored signal is inherited."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


class Bench:
    """A results folder, and a lock so that tests neither wait for nor hold up real runs."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.results = folder / "results"
        self.database = self.results / "results.sqlite"
        self.rows = self.write("rows.txt", ROWS)
        self.environment = {**os.environ, "HAKBENCH_LOCK": str(folder / "lock"),
                            "NO_COLOR": "1"}

    def write(self, name: str, text: str) -> pathlib.Path:
        path = self.folder / name
        path.write_text(text)
        return path

    def command(self, name: str, *words: object) -> list[str]:
        """The options of this folder come before a -- of the words. A run times no single calls,
        but with `--pass all`."""
        own = ["--results", str(self.results)]
        if name in ("run", "compare", "peers", "soak"):
            own += ["--rows", str(self.rows)]
        if name == "run" and "--pass" not in words and "--resume" not in words:
            own += ["--pass", "throughput"]
        given = [str(word) for word in words]
        if given[-2:] == ["--pass", "all"]:
            given = given[:-2]
        return [str(HAKBENCH), name, *own, *given]

    def call(self, name: str, *words: object, **options: Any) -> subprocess.CompletedProcess[str]:
        environment = {**self.environment, **options.pop("environment", {})}
        return subprocess.run(self.command(name, *words), capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=SECONDS_MAX, check=False,
                              env=environment, **options)

    def start(self, name: str, *words: object, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(self.command(name, *words), stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
                                preexec_fn=heed_signals,
                                env={**self.environment, **environment})

    def quick(self, allocators: str, *words: object, workloads: str = "ws8192", repeats: int = 2,
              **options: Any) -> subprocess.CompletedProcess[str]:
        return self.call("run", "--mode", "quick", "--allocators", allocators, "--workloads",
                         workloads, "--repeats", repeats, *words, **options)

    def rows_of(self, sql: str, *values: object) -> list[sqlite3.Row]:
        connection = sqlite3.connect(self.database)
        connection.row_factory = sqlite3.Row
        try:
            return connection.execute(sql, values).fetchall()
        finally:
            connection.close()

    def execute(self, sql: str) -> None:
        connection = sqlite3.connect(self.database)
        # What belongs to a sample that is deleted goes with it.
        connection.execute("PRAGMA foreign_keys = ON")
        with connection:
            connection.execute(sql)
        connection.close()

    def samples(self) -> list[sqlite3.Row]:
        return self.rows_of("SELECT s.*, c.allocator, c.workload, c.side, c.pass, p.block"
                            " FROM sample s"
                            " JOIN cell c ON c.id = s.cell_id JOIN plan p ON p.session_id ="
                            " s.session_id AND p.position = s.position ORDER BY s.position")

    def facts(self) -> dict[str, str]:
        return {row["key"]: row["value"] for row in self.rows_of("SELECT key, value FROM fact")}


def read_json(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.stdout.count("\n") == 1, done.stdout
    return json.loads(done.stdout)
