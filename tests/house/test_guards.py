"""Do the guards of tests/conftest.py guard?"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from tests.conftest import SeededBytes
from tests.house.tree import ROOT

ELSEWHERE = "192.0.2.1"  # an address that is documented to belong to nobody (RFC 5737)

SKIPPED = """
import pytest

@pytest.mark.official
def test_needs_the_shared_folder(shared): ...

@pytest.mark.interop
def test_needs_node():
    pytest.skip("no node")

def test_needs_another_system():
    pytest.skip("not here")
"""


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname(), timeout=1):
        pass


def test_connecting_elsewhere_is_refused() -> None:
    with pytest.raises(RuntimeError, match="tests talk to loopback only"):
        socket.create_connection((ELSEWHERE, 443), timeout=1)


def test_sending_elsewhere_is_refused() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client, pytest.raises(RuntimeError, match="loopback only"):
        client.sendto(b"", (ELSEWHERE, 53))


def test_asking_for_a_name_is_refused() -> None:
    with pytest.raises(RuntimeError, match="tests talk to loopback only"):
        socket.getaddrinfo("venue.example", 443)


@pytest.mark.parametrize(
    "place", [f"u@{ELSEWHERE}/db", f"u@/db?hostaddr={ELSEWHERE}", "u@venue.example/db", "u@localhost,venue.example/db"]
)
def test_a_database_elsewhere_is_refused(place: str) -> None:
    with pytest.raises(RuntimeError, match="tests talk to loopback only"):
        create_engine(f"postgresql://{place}").connect()


def test_a_database_here_is_let_through(tmp_path: Path) -> None:
    for place in (f"u@/db?host={tmp_path}", "u@127.0.0.1:1/db"):
        with pytest.raises(OperationalError, match="connection"):
            create_engine(f"postgresql://{place}").connect()


def test_rng_draws_the_same_bytes_however_they_are_cut(rng: SeededBytes) -> None:
    assert rng(5) + rng(0) + rng(70) == SeededBytes(rng.seed)(75)
    assert rng(75) != SeededBytes(rng.seed)(75)
    assert SeededBytes("another")(75) != SeededBytes(rng.seed)(75)


def outcome(folder: Path, *options: str, ci: str = "") -> str:
    """The closing line of a run of ``SKIPPED`` in a folder of its own, with no shared folder beside it."""
    shutil.copy(ROOT / "tests" / "conftest.py", folder)
    (folder / "test_skipped.py").write_text(SKIPPED, encoding="utf-8")
    markers = "[pytest]\nmarkers =\n  official: vectors\n  data: data\n  interop: node\n"
    (folder / "pytest.ini").write_text(markers, encoding="utf-8")
    environment = {**os.environ, "CREDENCE_SHARED": str(folder / "absent"), "PYTEST_ADDOPTS": "", "CI": ci}
    command = [sys.executable, "-m", "pytest", "-q", *options]
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)
    return result.stdout.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("options", "ci", "expected"),
    [
        ((), "", "3 skipped"),
        (("--require-shared",), "", "2 skipped, 1 error"),
        (("--require-interop",), "", "1 failed, 2 skipped"),
        (("--require-shared",), "true", "1 failed, 1 skipped, 1 error"),
    ],
)
@pytest.mark.slow
def test_what_is_required_is_not_skipped(tmp_path: Path, options: tuple[str, ...], ci: str, expected: str) -> None:
    assert outcome(tmp_path, *options, ci=ci).startswith(expected)
