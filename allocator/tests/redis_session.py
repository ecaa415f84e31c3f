"""A threaded redis-server on its own socket, and what a test needs of its protocol."""
from __future__ import annotations

import os
import pathlib
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ci.surroundings import SECONDS_MAX

Reply = "str | int | None | list[Reply]"


class Client:
    """Speaks RESP 2 over a Unix socket; an error reply is an exception."""

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(SECONDS_MAX)
        self._socket.connect(path)
        self._file = self._socket.makefile("rb")

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def ask(self, *words: str | int) -> Reply:
        return self.ask_all([words])[0]

    def ask_all(self, commands: list[tuple[str | int, ...]]) -> list[Reply]:
        """Sends all before it reads any answer."""
        sent = bytearray()
        for words in commands:
            sent += b"*%d\r\n" % len(words)
            for word in words:
                text = str(word).encode()
                sent += b"$%d\r\n%s\r\n" % (len(text), text)
        self._socket.sendall(sent)
        return [self._read() for _ in commands]

    def _read(self) -> Reply:
        line = self._file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("redis-server closed the connection")
        kind, rest = line[:1], line[1:-2].decode()
        if kind == b"-":
            raise RuntimeError(f"redis-server answers: {rest}")
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == "-1" else self._file.read(int(rest) + 2)[:-2].decode()
        if kind == b"*":
            return [self._read() for _ in range(int(rest))]
        return rest

    def info(self) -> dict[str, str]:
        lines = str(self.ask("INFO", "everything")).splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)


def poll_until(what: str, ready) -> object:
    """Asks again and again until there is an answer that is true; fails after the deadline."""
    deadline = time.monotonic() + SECONDS_MAX
    while not (answer := ready()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not after {SECONDS_MAX:g} s")
        time.sleep(0.01)
    return answer


def connect(path: str, server: subprocess.Popen) -> Client | None:
    if server.poll() is not None:
        raise RuntimeError(f"redis-server ended with status {server.returncode}")
    try:
        client = Client(path)
    except OSError:
        return None
    return client if client.ask("PING") == "PONG" else None


@contextmanager
def redis_server(folder: pathlib.Path, environment: dict[str, str],
                 ) -> Iterator[tuple[Client, subprocess.Popen, str]]:
    """The folder's path must be short: a socket's name has room for 107 bytes."""
    path = str(folder / "socket")
    log = folder / "log"
    command = ["redis-server", "--port", "0", "--unixsocket", path, "--dir", str(folder),
               "--io-threads", "2", "--io-threads-do-reads", "yes", "--save", "",
               "--enable-debug-command", "yes", "--logfile", str(log)]
    server = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT,
                              start_new_session=True)
    try:
        client = poll_until("redis-server answers", lambda: connect(path, server))
        yield client, server, path
        client.close()
    except Exception as error:
        error.add_note(log.read_text()[-3000:] if log.exists() else "no log")
        raise
    finally:
        try:
            os.killpg(server.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        server.wait()
