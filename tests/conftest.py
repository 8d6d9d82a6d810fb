"""What every test may lean on: engines, seeded randomness, the shared folder, and no network.

``--require-shared`` turns a test that was skipped for want of the shared folder into a failure, and ``--require-interop``
(or ``CI=true``) does the same for node: a skipped proof is no proof.
"""

from __future__ import annotations

import gc
import hashlib
import ipaddress
import os
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from credence.circuits import curve as curves
from credence.circuits.curve import Curve, reference  # noqa: F401 - before any test imports py-ecc, whose limit it undoes

ROOT = Path(__file__).resolve().parent.parent


gc.set_threshold(50_000, 5, 5)  # as the command does


def shared_folder() -> Path:
    """Where official vectors and real data lie: ``CREDENCE_SHARED``, else ``../shared`` beside the repository."""
    return Path(os.environ.get("CREDENCE_SHARED") or ROOT.parent / "shared").resolve()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("credence")
    group.addoption("--require-shared", action="store_true", help="fail official and data tests that would be skipped")
    group.addoption("--require-interop", action="store_true", help="fail interop tests that would be skipped")


def _required(item: pytest.Item) -> bool:
    needs_shared = any(item.get_closest_marker(name) for name in ("official", "data"))
    if needs_shared and item.config.getoption("--require-shared"):
        return True
    interop = item.config.getoption("--require-interop") or os.environ.get("CI") == "true"
    return bool(interop and item.get_closest_marker("interop"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The soak takes longest, and begins first: were it last, one process would end alone, minutes after the others."""
    items.sort(key=lambda item: item.path.parent.name != "soak")


def pytest_collection_finish() -> None:
    """Thousands of tests are collected and stay to the end: nobody needs to look through them for cycles again and again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and _required(item):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} is required here, yet it was skipped. {reason}"
    return report


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared folder; skips where there is none."""
    folder = shared_folder()
    if not folder.is_dir():
        pytest.skip(f"no shared folder at {folder}; set CREDENCE_SHARED to one that has vectors/ and data/")
    return folder


@pytest.fixture(scope="session")
def curve() -> Curve:
    """The native engine."""
    return curves.load("native")


@pytest.fixture(scope="session")
def reference_curve() -> Curve:
    """The slow engine that the native one is compared with."""
    return curves.load("reference")


class SeededBytes:
    """Deterministic bytes: SHA-256 over a seed and a counter. The same test draws the same bytes every run."""

    def __init__(self, seed: str) -> None:
        self.seed = seed
        self._key = hashlib.sha256(seed.encode()).digest()
        self._counter = 0
        self._buffer = b""

    def __call__(self, length: int) -> bytes:
        while len(self._buffer) < length:
            self._buffer += hashlib.sha256(self._key + self._counter.to_bytes(8, "big")).digest()
            self._counter += 1
        taken, self._buffer = self._buffer[:length], self._buffer[length:]
        return taken


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> SeededBytes:
    """Randomness for the code under test, ``n -> n bytes``, seeded by the test's own name."""
    return SeededBytes(request.node.nodeid)


class NetworkBlocked(RuntimeError):
    """A test tried to leave the machine."""


def _is_loopback(host: object) -> bool:
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else str(host)).is_loopback
    except ValueError:
        return False


class _SocketGuard:
    """An audit hook: it sees every socket call of the interpreter, whoever makes it, and cannot be patched around."""

    active = False

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.active or not event.startswith("socket."):
            return
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            address = arguments[1]
            if isinstance(address, tuple) and address and not _is_loopback(address[0]):
                raise NetworkBlocked(f"{event} to {address[0]}: tests talk to loopback only")
        elif event in ("socket.getaddrinfo", "socket.gethostbyname") and not _is_loopback(arguments[0]):
            raise NetworkBlocked(f"{event} of {arguments[0]}: tests talk to loopback only")


_GUARD = _SocketGuard()
sys.addaudithook(_GUARD)


@event.listens_for(Engine, "do_connect")
def _databases_are_here(dialect: Any, _entry: object, _arguments: object, options: dict[str, Any]) -> None:
    """PostgreSQL's own library opens its sockets where no audit hook sees them, so its hosts are looked at before."""
    if not _GUARD.active or dialect.name != "postgresql":
        return
    hosts = options.get("host") or os.environ.get("PGHOST") or "localhost"
    for host in (*str(hosts).split(","), options.get("hostaddr")):
        if not (str(host).startswith("/") or _is_loopback(host)):
            raise NetworkBlocked(f"a database at {host}: tests talk to loopback only")


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    _GUARD.active = True
    yield
    _GUARD.active = False
