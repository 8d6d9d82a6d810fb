"""Does a service start only where it can work, once on one file, and stop when it is told to?"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from credence.service.app import PARTIES
from credence.service.cli.sole import sole
from tests.service.cli.conftest import Run

SERVE = [sys.executable, "-c", "from credence.service.cli import main; main()", "serve", "--port", "0"]


class Serving:
    """``credence serve`` in a process of its own."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen([*SERVE, *arguments], stderr=subprocess.PIPE, text=True, env=dict(os.environ))
        assert self.process.stderr is not None
        self.log: list[str] = []
        for line in self.process.stderr:
            self.log.append(line)
            found = re.search(r"serving (.+) at (http://[0-9.:]+);", line)
            if found:
                self.parties, self.url = found.groups()
                return
        pytest.fail("".join(self.log))

    def stop(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        _, rest = self.process.communicate(timeout=30)
        self.log.append(rest)
        return self.process.returncode


def answers(url: str) -> bool:
    """Whether it is 200, within ten seconds: who has just started may not be ready yet."""
    end = time.monotonic() + 10
    while (status := httpx2.get(url, trust_env=False).status_code) == 503 and time.monotonic() < end:
        time.sleep(0.1)
    return status == 200


@pytest.fixture
def served(data: Path) -> Iterator[Serving]:
    serving = Serving()
    yield serving
    if serving.process.poll() is None:
        serving.process.kill()
        serving.process.communicate()


@pytest.mark.slow
def test_serves_once_and_stops_when_told(served: Serving, run: Run, data: Path) -> None:
    assert served.parties == ", ".join(sorted(PARTIES))
    for path in ("/healthz", "/readyz", "/v1/issuer/document"):
        assert answers(served.url + path)
    second = run("serve", "--port", "0")
    assert second.code == 3
    assert "another process" in second.complaint
    assert run("db", "upgrade").code == 3
    assert run("doctor").code == 0
    assert run("ledger", "verify").code == 0
    assert served.stop(signal.SIGTERM) == 0
    assert "stopped" in served.log[-1]
    assert "Traceback" not in "".join(served.log)
    assert run("db", "upgrade").code == 0


@pytest.mark.slow
def test_a_subset_of_parties(data: Path) -> None:
    serving = Serving("--parties", "log")
    try:
        assert serving.parties == "log"
        assert httpx2.get(serving.url + "/v1/issuer/document", trust_env=False).status_code == 404
    finally:
        assert serving.stop(signal.SIGINT) == 0


@pytest.mark.slow
def test_metrics_are_served_at_a_port_of_their_own(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("CREDENCE_METRICS_PORT", str(port))
    serving = Serving("--parties", "log")
    try:
        assert f"metrics at 127.0.0.1, port {port}, /metrics" in "".join(serving.log)
        assert httpx2.get(serving.url + "/healthz", trust_env=False).status_code == 200
        assert httpx2.get(serving.url + "/metrics", trust_env=False).status_code == 404
        told = httpx2.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
        assert 'credence_requests_total{method="GET",route="/healthz",status="2xx"} 1.0' in told
    finally:
        assert serving.stop(signal.SIGTERM) == 0


@pytest.mark.slow
def test_the_server_believes_no_proxy_that_the_settings_do_not_name(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")  # what the server itself would go by
    monkeypatch.setenv("CREDENCE_LIMITS", "failures=2/hour")
    serving = Serving("--parties", "issuer")
    address = serving.url + "/v1/issuer/cases/none"
    try:
        claimed = [{"x-forwarded-for": f"203.0.113.{number}"} for number in range(3)]
        answers = [httpx2.get(address, headers=headers, trust_env=False).status_code for headers in claimed]
    finally:
        assert serving.stop(signal.SIGTERM) == 0
    assert answers == [401, 401, 429], "whoever names another address counts as another caller"


@pytest.mark.parametrize("parties", ["nobody", "issuer,nobody", ","])
def test_unknown_parties_are_bad_usage(parties: str, run: Run, data: Path) -> None:
    outcome = run("serve", "--parties", parties)
    assert outcome.code == 2
    assert all(party in outcome.complaint for party in PARTIES)


def test_what_doctor_calls_failed_keeps_it_from_starting(run: Run, data: Path) -> None:
    (data / "keyring.json").chmod(0o640)
    outcome = run("serve", "--port", "0")
    assert outcome.code == 3
    assert "credence doctor finds: keyring: " in outcome.complaint


def test_a_port_that_is_taken(run: Run, data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        outcome = run("serve", "--port", taken.getsockname()[1])
    assert outcome.code == 3
    assert "cannot listen" in outcome.complaint


def test_an_address_that_is_none(run: Run, data: Path) -> None:
    outcome = run("serve", "--host", "203.0.113.1", "--port", "0")
    assert outcome.code == 3
    assert "cannot listen" in outcome.complaint


def test_a_lock_ends_with_its_holder(room: Path) -> None:
    with sole([room / "one", room / "two"]):
        pass
    with sole([room / "one"]), sole([room / "two"]):
        pass
