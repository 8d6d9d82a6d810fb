"""Are the numbers given at their own port, to whoever asks for them and for nothing else?"""

from __future__ import annotations

import socket
import time

import httpx2
import pytest

from credence.service.errors import Misconfigured
from credence.service.telemetry import Metrics, listener
from credence.service.telemetry.listener import listening

CANARY = "canary7f3a"


def test_get_metrics_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    metrics = Metrics(version="1.2.3")
    metrics.replayed()
    with listening(metrics, "127.0.0.1", 0) as port:
        address = f"http://127.0.0.1:{port}"
        answer = httpx2.get(f"{address}/metrics", trust_env=False)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        assert "credence_idempotent_replays_total 1.0" in answer.text
        assert "Python" not in answer.headers["server"]
        for path in ("/", "/metrics/", f"/{CANARY}", "/metrics?name[]=up"):
            assert httpx2.get(address + path, trust_env=False).status_code == 404
        refused = httpx2.post(f"{address}/metrics", content=CANARY, trust_env=False)
        assert refused.status_code == 501
    printed = capsys.readouterr()
    assert not printed.out + printed.err


def test_the_port_is_free_again_afterwards() -> None:
    with listening(Metrics(), "127.0.0.1", 0) as port:
        pass
    with listening(Metrics(), "127.0.0.1", port) as again:
        assert again == port


def test_a_port_that_is_taken_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Misconfigured, match="metrics cannot be served"), listening(Metrics(), "127.0.0.1", port):
            pass


def test_whoever_hangs_up_leaves_no_trace(capsys: pytest.CaptureFixture[str]) -> None:
    with listening(Metrics(), "127.0.0.1", 0) as port:
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"\x00" + CANARY.encode() + b"\r\n")
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"GET /metrics HTTP/1.1\r\n")
        assert httpx2.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).status_code == 200
    printed = capsys.readouterr()
    assert CANARY not in printed.out + printed.err


def test_who_sends_a_byte_now_and_then_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the next scraper nor whoever stops the process."""
    monkeypatch.setattr(listener, "PATIENCE", 0.3)
    with listening(Metrics(), "127.0.0.1", 0) as port, socket.create_connection(("127.0.0.1", port), timeout=10) as slow:
        started = time.monotonic()
        while time.monotonic() < started + 5 and _takes(slow):
            time.sleep(0.05)
        assert 0.2 < time.monotonic() - started < 5, "it was cut off, and not at once"
        assert httpx2.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).status_code == 200


def _takes(connection: socket.socket) -> bool:
    try:
        connection.sendall(b"G")
    except OSError:
        return False
    return True
