"""What leaves of a span, and where it goes. Needs the extra ``otlp``, and is imported only where an endpoint is set.

:class:`Discreet` is the last thing before the exporter: it builds each span anew from an allow-list, because the framework
records the path, the query and the host of a request, a path holds ids of sessions and cases, and the next release of any
library may record more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, Status

ALLOWED: Final = frozenset(
    {"http.request.method", "http.response.status_code", "http.route", "error.type", "credence.count"}
)
"""Every attribute that may leave. The values of all of them stand in the code, or are numbers that it counted."""

_OWN_NAME: Final = re.compile(r"[a-z]+\.[a-z]+")


class Discreet(SpanExporter):
    """Hands on spans to ``exporter`` that hold a name, times, a status without words, and what :data:`ALLOWED` lists.

    Events and links are left out, and so is the resource but for the service's name, version and a number of this start.
    """

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter: Final = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """As the exporter."""
        return self._exporter.export([discreet(span) for span in spans])

    def shutdown(self) -> None:
        """As the exporter."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """As the exporter."""
        return self._exporter.force_flush(timeout_millis)


def discreet(span: ReadableSpan) -> ReadableSpan:
    """The span as far as it may be told."""
    attributes = {key: value for key, value in (span.attributes or {}).items() if key in ALLOWED}
    return ReadableSpan(
        name=_name(span.name, attributes.get("http.request.method"), attributes.get("http.route")),
        context=_plain(span.context),
        parent=_plain(span.parent),
        resource=span.resource,
        attributes=attributes,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=InstrumentationScope("credence"),
    )


def _name(name: str, method: object, route: object) -> str:
    if method is not None:
        return f"{method} {'' if route is None else route}".strip()
    return name if _OWN_NAME.fullmatch(name) else "unnamed"


def _plain(context: SpanContext | None) -> SpanContext | None:
    """Without a trace state, which is text."""
    if context is None:
        return None
    return SpanContext(context.trace_id, context.span_id, is_remote=False, trace_flags=context.trace_flags)


def provider(exporter: SpanExporter, *, version: str, instance: str) -> TracerProvider:
    """Records every span, and hands them on in batches. No resource is read from the environment."""
    made = TracerProvider(resource=resource(version, instance))
    made.add_span_processor(BatchSpanProcessor(Discreet(exporter)))
    return made


def resource(version: str, instance: str) -> Resource:
    """What every span says of the process."""
    return Resource({"service.name": "credence", "service.version": version, "service.instance.id": instance})


def collector(endpoint: str) -> SpanExporter:
    """OTLP over HTTP to ``endpoint``, the full address; headers and certificates come from the ``OTEL_`` variables."""
    return OTLPSpanExporter(endpoint=endpoint)
