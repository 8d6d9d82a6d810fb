"""Spans: where the time of a request goes, and nothing of what is in it.

The framework takes over the trace that a caller names. Here it may not: a trace id that a wallet chose would join its calls
to the issuer with its calls to the venue. So every request begins a trace of its own
(docs/decisions/0015-what-may-be-measured.md). What a span may carry is decided where it leaves, in
:mod:`credence.service.telemetry.export`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, MutableMapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final, Literal, Protocol

from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, TracerProvider

StepName = Literal["verify.proof", "store.transaction", "store.reading"]
"""What is timed inside a request."""

_UNTRACED: Final = frozenset({"/healthz", "/readyz"})


class Provider(Protocol):
    """What is needed of an SDK's provider."""

    def get_tracer(self, instrumenting_module_name: str) -> Tracer:
        """A tracer."""
        ...

    def force_flush(self) -> bool:
        """Returns once everything recorded was handed on."""
        ...


class Spans:
    """Where spans go; without a ``provider`` nowhere, and then nothing is recorded either. Safe for many threads."""

    def __init__(self, provider: Provider | None = None) -> None:
        self._provider: Final = provider
        self._tracer: Final = None if provider is None else provider.get_tracer("credence")

    @property
    def framework(self) -> TelemetryConfig:
        """What the framework is told. Every word is said, so that no environment variable can make it send anything."""
        config = TelemetryConfig(
            tracing=False, metrics=False, logs=False, operation_spans=False, auto_configure=False, exclude=_is_untraced
        )
        if self._provider is not None:
            config |= {"tracing": True, "tracer_provider": _Rootward(self._provider)}
        return config

    def step(self, name: StepName) -> AbstractContextManager[None]:
        """Times a step of the request that is under way; outside a request, or where no spans go anywhere, nothing."""
        if self._tracer is None or not trace.get_current_span().is_recording():
            return nullcontext()
        return _timed(self._tracer, name)

    def sequenced(self, count: int, seconds: float) -> None:
        """The log took ``count`` leaves in a run of ``seconds`` that has just ended: a trace of its own."""
        if self._tracer is not None:
            end = time.time_ns()
            start = end - int(seconds * 1e9)
            attributes = {"credence.count": count}
            self._tracer.start_span("ledger.sequence", Context(), attributes=attributes, start_time=start).end(end)

    def flush(self) -> None:
        """Hands on what was recorded. Blocks."""
        if self._provider is not None:
            self._provider.force_flush()


NOWHERE: Final = Spans()


@contextmanager
def _timed(tracer: Tracer, name: str) -> Iterator[None]:
    span = tracer.start_span(name)
    with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        try:
            yield
        except Exception as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(StatusCode.ERROR)
            raise


def _is_untraced(scope: MutableMapping[str, Any]) -> bool:
    return scope.get("path") in _UNTRACED


class _Rootward(TracerProvider):
    """A provider whose requests have no parent, whatever their headers say."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def get_tracer(self, instrumenting_module_name: str, *_more: Any, **_options: Any) -> Tracer:
        return _RootTracer(self._provider.get_tracer(instrumenting_module_name))


class _RootTracer(Tracer):
    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def start_span(
        self, name: str, context: Context | None = None, kind: SpanKind = SpanKind.INTERNAL, *more: Any, **options: Any
    ) -> Span:
        return self._tracer.start_span(name, Context() if kind is SpanKind.SERVER else context, kind, *more, **options)

    def start_as_current_span(self, *arguments: Any, **options: Any) -> Any:
        return self._tracer.start_as_current_span(*arguments, **options)
