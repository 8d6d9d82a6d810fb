"""Can a span tell what is in a request, or whose request went with whose?"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.telemetry import _runtime
from fastapi.testclient import TestClient
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode

from credence.service.errors import Misconfigured
from credence.service.settings import Settings
from credence.service.telemetry import NOWHERE, Spans, open_spans
from credence.service.telemetry.export import ALLOWED, Discreet, discreet, resource
from tests.conftest import SeededBytes

CANARY = "canary7f3a"
GIVEN = "0af7651916cd43dd8448eb211c80319c"
CLAIMED = {"traceparent": f"00-{GIVEN}-b7ad6b7169203331-01", "tracestate": f"a={CANARY}", "baggage": f"b={CANARY}"}


class Collected:
    """What an exporter was given, with the filter before it and without."""

    def __init__(self) -> None:
        self.provider = TracerProvider(resource=resource("1.2.3", "0123456789abcdef"), shutdown_on_exit=False)
        self._discreet, self._raw = InMemorySpanExporter(), InMemorySpanExporter()
        self.provider.add_span_processor(SimpleSpanProcessor(Discreet(self._discreet)))
        self.provider.add_span_processor(SimpleSpanProcessor(self._raw))

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        return self._discreet.get_finished_spans()

    @property
    def raw(self) -> tuple[ReadableSpan, ...]:
        return self._raw.get_finished_spans()


@pytest.fixture
def collected() -> Iterator[Collected]:
    made = Collected()
    yield made
    made.provider.shutdown()


def application(config: Any, spans: Spans = NOWHERE) -> TestClient:
    app = FastAPI(telemetry=config)

    @app.get("/v1/issuer/cases/{case_id}")
    def issuer(case_id: str) -> dict[str, str]:
        with spans.step("store.reading"):
            return {"read": case_id}

    @app.post("/v1/verifier/sessions/{session_id}/presentation")
    def verifier(session_id: str, body: dict[str, int]) -> None:
        with spans.step("verify.proof"):
            raise ValueError(f"{session_id} {body}")

    @app.get("/healthz")
    def health() -> None:
        """Is asked every few seconds."""

    return TestClient(app, raise_server_exceptions=False, base_url=f"http://{CANARY}.example")


def ask_everything(client: TestClient) -> None:
    """Every place of a request that a caller can write into."""
    headers = {**CLAIMED, "user-agent": CANARY, "x-request-id": CANARY, "referer": CANARY, "x-forwarded-for": CANARY}
    client.get(f"/v1/issuer/cases/{CANARY}?name={CANARY}", headers=headers)
    client.post(f"/v1/verifier/sessions/{CANARY}/presentation", json={CANARY: 1}, headers=headers)
    client.post(f"/v1/verifier/sessions/{CANARY}/presentation", json={CANARY: CANARY}, headers=headers)
    client.get(f"/{CANARY}", headers=headers)
    client.request(CANARY, f"/v1/issuer/cases/{CANARY}", headers=headers)


def test_nothing_that_was_sent_is_in_a_span(collected: Collected) -> None:
    spans = Spans(collected.provider)
    ask_everything(application(spans.framework, spans))
    assert {span.name for span in collected.spans} == {
        "GET /v1/issuer/cases/{case_id}",
        "POST /v1/verifier/sessions/{session_id}/presentation",
        "GET",
        "_OTHER /v1/issuer/cases/{case_id}",
        "store.reading",
        "verify.proof",
    }
    told = "".join(span.to_json() for span in collected.spans)
    assert CANARY not in told
    assert GIVEN not in told
    assert any(CANARY in span.to_json() for span in collected.raw), "the framework records less now: is the filter needed?"
    for span in collected.spans:
        assert set(span.attributes or {}) <= ALLOWED
        assert not span.events
        assert not span.links
        assert not span.status.description
        assert set(span.resource.attributes) == {"service.name", "service.version", "service.instance.id"}


def test_a_failure_is_its_kind_alone(collected: Collected) -> None:
    spans = Spans(collected.provider)
    application(spans.framework, spans).post(f"/v1/verifier/sessions/{CANARY}/presentation", json={"a": 1})
    proof, request = collected.spans
    assert (proof.name, proof.status.status_code, dict(proof.attributes or {})) == (
        "verify.proof",
        StatusCode.ERROR,
        {"error.type": "ValueError"},
    )
    assert dict(request.attributes or {}) == {
        "http.request.method": "POST",
        "http.response.status_code": 500,
        "http.route": "/v1/verifier/sessions/{session_id}/presentation",
        "error.type": "ValueError",
    }


def test_what_a_library_may_add_one_day_stays_here() -> None:
    trace = SpanContext(1, 2, is_remote=True)
    span = ReadableSpan(
        name=f"GET /{CANARY}",
        context=trace,
        parent=SpanContext(1, 3, is_remote=True),
        attributes={"url.path": CANARY, "credence.person": CANARY, "http.route": "/healthz", "http.request.method": "GET"},
        links=[Link(trace, {"a": CANARY})],
        kind=SpanKind.SERVER,
        status=Status(StatusCode.ERROR, CANARY),
    )
    told = discreet(span)
    assert CANARY not in told.to_json()
    assert (told.name, told.status.status_code) == ("GET /healthz", StatusCode.ERROR)
    assert discreet(ReadableSpan(name=f"{CANARY} of a library", context=trace)).name == "unnamed"


# --- traces ---


def test_no_caller_chooses_a_trace(collected: Collected) -> None:
    spans = Spans(collected.provider)
    client = application(spans.framework, spans)
    for _ in range(2):
        client.get("/v1/issuer/cases/a", headers=CLAIMED)
        client.post("/v1/verifier/sessions/a/presentation", json={"a": 1}, headers=CLAIMED)
    requests = [span for span in collected.spans if span.kind is SpanKind.SERVER]
    traces = {span.context.trace_id for span in requests if span.context}
    assert len(requests) == len(traces) == 4
    assert int(GIVEN, 16) not in traces
    assert {span.parent for span in requests} == {None}


def test_the_framework_alone_would_let_it(collected: Collected) -> None:
    application({"tracer_provider": collected.provider}).get("/v1/issuer/cases/a", headers=CLAIMED)
    assert {span.context.trace_id for span in collected.spans if span.context} == {int(GIVEN, 16)}


def test_a_step_is_a_child_of_its_request(collected: Collected) -> None:
    spans = Spans(collected.provider)
    application(spans.framework, spans).get("/v1/issuer/cases/a")
    step, request = collected.spans
    assert step.parent is not None
    assert request.context is not None
    assert (step.name, step.parent.span_id, step.parent.trace_id) == (
        "store.reading",
        request.context.span_id,
        request.context.trace_id,
    )


def test_outside_a_request_only_the_log_is_traced(collected: Collected) -> None:
    spans = Spans(collected.provider)
    with spans.step("store.reading"):
        pass
    application(spans.framework).get("/healthz")
    assert not collected.spans
    spans.sequenced(3, 0.5)
    (run,) = collected.spans
    assert (run.name, dict(run.attributes or {}), run.parent) == ("ledger.sequence", {"credence.count": 3}, None)
    assert run.end_time is not None
    assert run.start_time is not None
    assert run.end_time - run.start_time == 500_000_000


# --- where they go ---


def test_by_default_nothing_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    spans = open_spans(Settings.load().otlp_endpoint, version="1", rng=SeededBytes("unused"))
    assert spans is NOWHERE
    with application(spans.framework, spans) as client:
        assert client.get("/v1/issuer/cases/a").status_code == 200
        assert not client.app._native_telemetry.enabled()  # type: ignore[attr-defined] - what the framework would do
    assert not _runtime._configured


def test_without_the_extra_an_endpoint_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "credence.service.telemetry.export", raising=False)
    monkeypatch.delattr("credence.service.telemetry.export", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(Misconfigured, match=r"credence-kyc\[otlp\]"):
        open_spans("http://127.0.0.1:9/v1/traces", version="1", rng=SeededBytes("unused"))
    assert open_spans(None, version="1", rng=SeededBytes("unused")) is NOWHERE


@pytest.mark.parametrize("endpoint", ["collector:4318", "ftp://collector", "http://user:secret@collector/v1/traces"])
def test_an_endpoint_is_an_address(endpoint: str) -> None:
    with pytest.raises(Misconfigured, match="CREDENCE_OTLP_ENDPOINT"):
        Settings.load(otlp_endpoint=endpoint)
    assert Settings.load(otlp_endpoint="https://collector/v1/traces").otlp_endpoint == "https://collector/v1/traces"
