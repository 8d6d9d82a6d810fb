"""Is the service measured as it is run, and is everything an error that is not the right answer?"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from credence.circuits.curve import Curve
from credence.service import bench
from credence.service.bench import load
from credence.service.bench.callers import Tally, call_all, post
from credence.service.settings import PREFIX


class Answers(BaseHTTPRequestHandler):
    """What the body asks for: a status, or to hang up, or to say nothing for as long as the caller waits."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers["content-length"])).decode()
        if asked == "hang-up":
            self.close_connection = True
            return
        if asked == "nothing":
            self.rfile.read(1)
            return
        status, body = (200, b"something else") if asked == "other" else (int(asked), b"the mark")
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Quiet."""


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def called(port: int, *asked: str, clients: int = 1, patience: float = 10.0) -> Tally:
    calls = [post("/", one.encode(), b"mark") for one in asked]
    return call_all("127.0.0.1", port, calls, clients=clients, patience=patience)


def test_right_answers_are_timed(port: int) -> None:
    tally = called(port, *["200"] * 30, clients=3)
    assert (tally.sent, tally.errors, len(tally.times)) == (30, 0, 30)
    assert 0 < tally.percentile_ms(50) <= tally.percentile_ms(95) <= tally.percentile_ms(99) <= 1000 * max(tally.times)
    assert tally.per_second == pytest.approx(30 / tally.seconds)


@pytest.mark.parametrize("wrong", ["503", "201", "other", "hang-up"])
def test_everything_else_is_an_error(port: int, wrong: str) -> None:
    tally = called(port, "200", wrong)
    assert (tally.sent, tally.errors) == (2, 1)


def test_who_gets_no_answer_stops_waiting_and_whoever_was_not_served_counts(port: int) -> None:
    tally = called(port, "200", "nothing", "200", patience=0.3)
    assert (tally.sent, tally.errors) == (3, 2)


def test_nothing_that_was_served_has_no_rate() -> None:
    assert (Tally().per_second, Tally().percentile_ms(99)) == (0.0, 0.0)


@pytest.mark.slow
def test_the_service_answers_what_was_made_before_and_leaves_nothing(
    curve: Curve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seventeen proofs: the last one is another holder's, since the first one has no more uses today."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(load, "WARM", 2)
    monkeypatch.setattr(load, "COUNTS", {1: (99, 3), 4: (99, 12)})
    for name in ("DATABASE_URL", "DATA_DIR"):
        monkeypatch.setenv(PREFIX + name, str(tmp_path / "an operator's own"))
    (alone, crowd) = bench.run(curve, only={"service"}, rounds=1, quick=True).to_json()["service"]
    assert (alone["clients"], alone["requests"], alone["errors"], alone["batch_mean"]) == (1, 3, 0, 1.0)
    assert (crowd["clients"], crowd["requests"], crowd["errors"]) == (4, 12, 0)
    for row in (alone, crowd):
        assert 0 < row["p50_ms"] <= row["p95_ms"] <= row["p99_ms"]
        assert row["per_second"] > 0
        assert row["cpu_ms"] > 0
        assert 1 <= row["batch_mean"] <= row["clients"]
        assert 4_000 < row["bytes"] <= 4_496
    assert not os.listdir(tmp_path)


def test_a_service_that_does_not_start_is_said(curve: Curve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "WARM", 1)
    monkeypatch.setattr(load, "COUNTS", {})
    monkeypatch.setattr(load, "_SERVE", ("-c", "raise SystemExit('it has a reason')"))
    with pytest.raises(load.NotMeasured, match="it has a reason"):
        load.measure(curve, None)
