"""Does what reaches a collector, byte for byte, leave out whom a decision is about?"""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import TCPServer
from threading import Thread

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from credence.circuits.encoding import b64u
from credence.service.settings import Settings
from tests.circuits.journey import ISSUER
from tests.service.databases import Database
from tests.service.verifier.conftest import Venue


class Collector(TCPServer):
    """Keeps what is posted to it."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        collector = self

        class Answers(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                collector.received.append(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *arguments: object) -> None:
                """Quiet."""

        super().__init__(("127.0.0.1", 0), Answers)

    @property
    def names(self) -> set[str]:
        requests = map(ExportTraceServiceRequest.FromString, self.received)
        return {
            span.name
            for request in requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        }


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def settings(tmp_path: Path, issuer_file: Path, database: Database, collector: Collector) -> Settings:
    return Settings.load(
        data_dir=tmp_path / "data",
        ledger_interval_ms=60,
        verifier_id="verifier.example",
        trusted_issuers={ISSUER: issuer_file},
        otlp_endpoint=f"http://127.0.0.1:{collector.server_address[1]}/v1/traces",
        **database.settings,
    )


def test_a_collector_learns_how_long_and_not_of_whom(venue: Venue, collector: Collector) -> None:
    request = venue.open()
    presentation = venue.prove(request)
    decision = venue.answer(request.session_id, presentation).json()
    assert decision["decision"] == "accepted"
    venue.running.services.spans.flush()
    told = b"".join(collector.received)
    assert {
        "POST /v1/verifier/sessions/{session_id}/presentation",
        "verify.proof",
        "store.reading",
        "store.transaction",
    } <= collector.names
    secrets = [request.session_id, b64u(request.nonce), decision["pseudonym"], venue.client_id, venue.keys["both"]]
    assert all(len(secret) > 6 for secret in secrets)
    assert [secret for secret in secrets if secret.encode() in told] == []
    assert b"testserver" not in told
    assert b"url.path" not in told
