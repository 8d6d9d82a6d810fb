"""Does one command make a sandbox from nothing, and over nothing that is somebody's?"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from credence.service.app.sandboxed import MARK, PASSPHRASE
from credence.service.cli.exits import BadUsage
from credence.service.cli.sandbox import _read_time
from credence.service.sandbox import claim
from credence.service.sandbox.names import START
from tests.service.cli.conftest import Run

SERVE = [sys.executable, "-c", "from credence.service.cli import main; main()", "serve", "--sandbox", "--port", "0"]


@pytest.fixture
def served(room: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A sandbox in the folder ``sand``, in an environment that is an installation's."""
    theirs = {"CREDENCE_DATABASE_URL": "postgresql://u@127.0.0.1:1/people", "CREDENCE_DATA_DIR": str(room / "theirs")}
    command = [*SERVE, "--data-dir", str(room / "sand"), "--now", "2027-01-01T00:00:00Z"]
    process = subprocess.Popen(
        command, env={**os.environ, **theirs}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    log = []
    for line in process.stderr:
        log.append(line)
        if found := re.search(r"serving a sandbox at (http://[0-9.:]+);", line):
            yield process, found[1]
            break
    else:
        pytest.fail("".join(log))
    if process.poll() is None:
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_a_sandbox_from_nothing(served: tuple[subprocess.Popen[str], str], run: Run, room: Path) -> None:
    process, url = served
    ready = httpx2.get(url + "/readyz", trust_env=False)
    assert ready.json()["sandbox"] is True
    page = httpx2.get(url + "/sandbox", headers={"accept": "application/json"}, trust_env=False).json()
    assert page["clock"]["time"] == "2027-01-01T00:00:00Z"
    second = run("serve", "--sandbox", "--port", "0", "--data-dir", room / "sand")
    assert second.code == 3
    assert "another process" in second.complaint
    process.send_signal(signal.SIGTERM)
    printed, rest = process.communicate(timeout=30)
    assert process.returncode == 0, rest
    assert [line.split() for line in printed.splitlines()] == [
        [client["client_id"], client["api_key"]] for client in page["clients"]
    ]
    assert {path.name for path in room.iterdir()} == {"sand"}


def test_an_installation_is_refused(run: Run, data: Path) -> None:
    before = {path: path.read_bytes() for path in data.iterdir()}
    refused = run("serve", "--sandbox", "--port", "0", "--data-dir", data)
    assert refused.code == 3
    assert "no sandbox's folder" in refused.complaint
    assert {path: path.read_bytes() for path in data.iterdir()} == before


def test_a_sandbox_is_not_served_as_an_installation(run: Run, room: Path) -> None:
    folder = claim(room / "sand")
    folder.empty()
    for path in (folder.path, folder.installation):
        refused = run("serve", "--port", "0", "--data-dir", path)
        assert refused.code == 3
        assert "every key in it is public" in refused.complaint
        looked = run("doctor", "--json", "--data-dir", path)
        assert (looked.code, looked.json["ok"]) == (1, False)
        assert [check["state"] for check in looked.json["checks"] if check["name"] == "sandbox"] == ["failed"]
        assert run("init", "--data-dir", path).code == 1
        assert {found.name for found in folder.installation.iterdir()} == {MARK}


def test_a_copy_of_its_keyring_is_not_either(run: Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("doctor", "--data-dir", data).code == 0  # the twin
    monkeypatch.setenv("CREDENCE_MASTER_PASSPHRASE", PASSPHRASE)
    refused = run("serve", "--port", "0", "--data-dir", data)
    assert refused.code == 3
    assert "every key in it is public" in refused.complaint


@pytest.mark.parametrize(
    "arguments",
    [
        ("--now", "2026-09-01T09:00:00Z"),
        ("--sandbox", "--parties", "log"),
        ("--sandbox", "--now", "tomorrow"),
        ("--sandbox", "--now", "2026-09-01T09:00:00"),
        ("--sandbox", "--now", "2026-07-31T23:59:59Z"),
        ("--sandbox", "--now", "2100-01-01T00:00:00Z"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: tuple[str, ...], run: Run, room: Path) -> None:
    assert run("serve", "--port", "0", *arguments).code == 2
    assert not list(room.iterdir())


def test_times() -> None:
    assert _read_time(None) == _read_time("2026-09-01T09:00:00Z") == _read_time(str(START)) == START
    assert _read_time("2026-09-01T11:00:00+02:00") == START
    with pytest.raises(BadUsage):
        _read_time("-1")
