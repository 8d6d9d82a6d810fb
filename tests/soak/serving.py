"""Servers to measure: ``credence serve`` in a process of its own, and a nursery where one is born in a tenth of a second.

A nursery imports the program once, tabulates what every verifier tabulates, and forks. The child runs the very command.
"""

from __future__ import annotations

import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.soak.bearing import PATIENCE, Bearing, bear
from tests.soak.installations import Installation

_SERVE: Final = [sys.executable, "-c", "from credence.service.cli import main; main()", "serve"]
_READY: Final = re.compile(r"serving .+ at (http://[0-9.:]+);")


def environment(installation: Installation) -> dict[str, str]:
    """The environment of a server: this process' own, without its settings."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CREDENCE_")}
    return clean | installation.environment


def free_port() -> int:
    """A port of loopback that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Returns as soon as somebody listens at a port of loopback. Raises :class:`RuntimeError` where nobody ever will."""
    end = time.monotonic() + PATIENCE
    while not _listens(port):
        if time.monotonic() > end or process.poll() is not None:
            raise RuntimeError(f"nobody listens at port {port}")
        time.sleep(0.01)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


class Server:
    """``credence serve`` for one installation, started and answering. ``port`` 0 lets the system choose; ``parties`` are
    those that it answers for, all unless named."""

    def __init__(self, installation: Installation, log: Path, *, port: int = 0, parties: str = "", **settings: str) -> None:
        more = {f"CREDENCE_{name.upper()}": value for name, value in settings.items()}
        self._log = log
        with log.open("ab") as output:
            self._from = output.tell()
            self.process = subprocess.Popen(
                [*_SERVE, "--port", str(port), *(["--parties", parties] if parties else [])],
                env=environment(installation) | more,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        self.url = self._announced()

    def _announced(self) -> str:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = _READY.search(self._said())
            if found and self.process.poll() is None:
                return found.group(1)
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        self.kill()
        raise RuntimeError(f"the server did not start: {self._said()[-500:]}")

    def _said(self) -> str:
        return self._log.read_bytes()[self._from :].decode(errors="replace")

    def kill(self) -> None:
        """At once, as if the machine had stopped it."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """As an operator does."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()


@contextmanager
def serving(installation: Installation, log: Path, *, port: int = 0, parties: str = "", **settings: str) -> Iterator[Server]:
    """A server that runs as long as the block does."""
    server = Server(installation, log, port=port, parties=parties, **settings)
    try:
        yield server
    finally:
        server.stop()


class Nursery(Bearing):
    """Bears servers of one installation, one at a time, at one port of loopback."""

    def __init__(self, installation: Installation, log: Path) -> None:
        self.port: Final = free_port()
        self.url: Final = f"http://127.0.0.1:{self.port}"
        self._log = log
        super().__init__(__name__, (str(self.port), str(log)), environment(installation), log)

    def start(self) -> None:
        """Returns as soon as the new server answers."""
        super().start()
        end = time.monotonic() + PATIENCE
        while not _listens(self.port):
            if time.monotonic() > end or not self.lives():
                raise RuntimeError(f"the server did not start: {self._log.read_text(errors='replace')[-500:]}")
            time.sleep(0.005)


def nurse(port: str, log: str) -> None:
    """The nursery's own process: answers ``start`` with a forked server, and says when that is dead."""
    from credence.service.app import create_app, open_services
    from credence.service.cli import main
    from credence.service.cli.doctor import examine
    from credence.service.clock import system_clock
    from credence.service.reputation import standing  # noqa: F401 - with the rest of what a server warms itself by
    from credence.service.reputation.features.engine import statement
    from credence.service.settings import Settings
    from credence.service.verifier.desk import open_desk

    for name in ("by_event", "cells"):
        statement(name)
    settings = Settings.load()
    create_app(settings)  # imports whatever is imported on the way
    services = open_services(settings, clock=system_clock, rng=secrets.token_bytes, checkpoints=False)
    open_desk(services)
    examine(None)
    for store in services.stores.values():
        store.close()

    def serve() -> None:
        output = os.open(log, os.O_WRONLY | os.O_APPEND)
        for number in (1, 2):
            os.dup2(output, number)
        sys.argv = ["credence", "serve", "--port", port]
        main()

    bear(serve)


if __name__ == "__main__":
    nurse(*sys.argv[1:])
